//! Licences, sources, bans and advisories of every dependency, by cargo-deny.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{Failure, Outcome, available, files, output, read, root, step, target};

/// The version that the configuration is written for.
const VERSION: &str = "0.20.2";

const DATABASE: &str = "https://github.com/rustsec/advisory-db";

const CONFIG: &str = "deny.toml";

pub(crate) fn run(advisories: Option<PathBuf>) -> Outcome {
    let program = program()?;
    let deny = |config: &Path, checks: &[&str]| {
        let mut command = Command::new(&program);
        command
            .current_dir(root())
            .args(["--locked", "--all-features", "--config"])
            .arg(config)
            .arg("check")
            .args(checks);
        command
    };
    step("licences, bans, sources", &mut deny(&root().join(CONFIG), &["licenses", "bans", "sources"]))?;
    let Some(folder) = advisories else {
        println!("   advisories: skipped, no --advisories DIR with a copy of the database was given");
        return Ok(());
    };
    let scratch = scratch()?;
    let source = repository(&folder, &scratch)?;
    step(
        "advisories",
        deny(&configuration(&scratch)?, &["advisories"])
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", format!("url.file://{}.insteadOf", source.display()))
            .env("GIT_CONFIG_VALUE_0", DATABASE),
    )
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

/// An empty folder.
fn scratch() -> Result<PathBuf, Failure> {
    let scratch = target().join("advisories");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch).map_err(|error| Failure::file(&scratch, &error))?;
    }
    std::fs::create_dir_all(&scratch).map_err(|error| Failure::file(&scratch, &error))?;
    Ok(scratch)
}

/// Makes the copy of the database the only commit of a repository.
///
/// cargo-deny fetches a database by git from a host and in no other way, so git is told that the
/// host is this repository.
fn repository(folder: &Path, scratch: &Path) -> Result<PathBuf, Failure> {
    let source = scratch.join("source");
    copy(folder, &source)?;
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(&source).args(["-c", "user.name=scratch", "-c", "user.email=scratch@localhost"]);
        output(command.args(arguments))
    };
    git(&["init", "--quiet", "--initial-branch", "main"])?;
    git(&["add", "--all"])?;
    git(&["commit", "--quiet", "--no-gpg-sign", "--message", "copy"])?;
    Ok(source)
}

/// The configuration, but with a place of its own for the database: the person's is left alone.
fn configuration(scratch: &Path) -> Result<PathBuf, Failure> {
    let place =
        format!("[advisories]\ndb-path = \"{}\"\ndb-urls = [\"{DATABASE}\"]\n", scratch.join("database").display());
    let path = scratch.join(CONFIG);
    std::fs::write(&path, read(&root().join(CONFIG))?.replacen("[advisories]\n", &place, 1))
        .map_err(|error| Failure::file(&path, &error))?;
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
