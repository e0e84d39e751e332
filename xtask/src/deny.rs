//! Licences, sources, bans and advisories of every dependency, by cargo-deny.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{Failure, Outcome, available, files, output, read, root, step, target};

/// The version that the configuration is written for.
const VERSION: &str = "0.20.2";

pub(crate) fn run(advisories: Option<PathBuf>) -> Outcome {
    let program = program()?;
    let deny = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.current_dir(root()).args(["--locked", "--all-features", "check"]).args(arguments);
        command
    };
    step("licences, bans, sources", &mut deny(&["licenses", "bans", "sources"]))?;
    let Some(folder) = advisories else {
        println!("   advisories: skipped, no --advisories DIR with a copy of the database was given");
        return Ok(());
    };
    let config = with_database(&folder)?;
    step("advisories", deny(&["--config"]).arg(config).arg("advisories"))
}

fn program() -> Result<PathBuf, Failure> {
    let ours = target().join("tools/bin/cargo-deny");
    [ours.clone(), "cargo-deny".into()].into_iter().find(|program| available(program)).ok_or_else(|| {
        let tools = target().join("tools");
        Failure::new(format!(
            "cargo-deny is not installed; run\n\n    \
             cargo install --locked --version {VERSION} --root {} cargo-deny\n",
            tools.display()
        ))
    })
}

/// Writes a configuration that reads the advisories from a folder.
///
/// cargo-deny fetches a database with git and nothing else, so the copy becomes the only commit
/// of a scratch repository.
fn with_database(folder: &Path) -> Result<PathBuf, Failure> {
    let scratch = target().join("advisories");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch).map_err(|error| Failure::file(&scratch, &error))?;
    }
    let source = scratch.join("source");
    copy(folder, &source)?;
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(&source).args(["-c", "user.name=scratch", "-c", "user.email=scratch@localhost"]);
        command.args(arguments);
        output(&mut command)
    };
    git(&["init", "--quiet", "--initial-branch", "main"])?;
    git(&["add", "--all"])?;
    git(&["commit", "--quiet", "--no-gpg-sign", "--message", "copy"])?;
    let config = read(&root().join("deny.toml"))?;
    let database = format!(
        "[advisories]\ndb-path = \"{}\"\ndb-urls = [\"file://{}\"]\n",
        scratch.join("database").display(),
        source.display()
    );
    let config = config.replacen("[advisories]\n", &database, 1);
    let path = scratch.join("deny.toml");
    std::fs::write(&path, config).map_err(|error| Failure::file(&path, &error))?;
    Ok(path)
}

/// Copies the advisories and what says how to read them.
fn copy(from: &Path, to: &Path) -> Outcome {
    if !from.join("crates").is_dir() {
        return Err(Failure::new(format!("{} holds no folder `crates`: not an advisory database", from.display())));
    }
    for path in files(from, &[".md", ".toml"])? {
        let target = to.join(path.strip_prefix(from).unwrap_or(&path));
        let folder = target.parent().unwrap_or(to);
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        std::fs::copy(&path, &target).map_err(|error| Failure::file(&path, &error))?;
    }
    Ok(())
}
