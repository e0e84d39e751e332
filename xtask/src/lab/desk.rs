//! The staff at their desk, each with the own key.

use std::path::{Path, PathBuf};

use escrutinio_sealed::Role;

use super::site::{Site, private, put};
use crate::shell::{Failure, Outcome};

/// A person of the staff.
#[derive(Clone, Debug)]
pub(crate) struct Staff {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The sealed key and its password.
    pub(crate) key: PathBuf,
    pub(crate) password: String,
    /// The card that names the key.
    pub(crate) card: PathBuf,
}

/// Writes `staff.toml`.
pub(crate) fn write_staff(path: &Path, staff: &[Staff]) -> Outcome {
    let mut text = String::new();
    for person in staff {
        let card = std::fs::read_to_string(&person.card).map_err(|error| Failure::file(&person.card, &error))?;
        text.push_str("[[person]]\n");
        text.push_str(&card);
        text.push('\n');
    }
    put(path, &text)
}

/// Everybody asks for the same act; the answer to the last.
pub(crate) fn together(site: &Site, staff: &[&Staff], act: &str, arguments: &[&str]) -> Result<String, Failure> {
    let mut answer = String::new();
    for person in staff {
        answer = alone(site, person, act, arguments)?;
    }
    Ok(answer)
}

/// One person asks for an act.
pub(crate) fn alone(site: &Site, person: &Staff, act: &str, arguments: &[&str]) -> Result<String, Failure> {
    let passwords = site.folder.join("desk").join(person.name.replace(' ', "-"));
    private(&passwords)?;
    put(&passwords.join("password"), &person.password)?;
    let mut command = site.command(&["desk", "--url", &site.admin(), "--key"]);
    command.arg(&person.key).arg("--passwords").arg(&passwords).arg(act).args(arguments);
    let answer = command.output().map_err(|error| Failure::new(format!("the desk does not start: {error}")))?;
    if !answer.status.success() {
        let why = String::from_utf8_lossy(&answer.stderr).into_owned();
        return Err(Failure::new(format!("{}, {act}: {}", person.name, why.trim())));
    }
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}
