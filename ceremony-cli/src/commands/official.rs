//! Registration of whoever holds a key: custodians, registrar, server, log, witnesses.

use std::path::{Path, PathBuf};

use crate::error::{Result, refused};
use crate::files;
use crate::person::{self, Card, Person, Role};
use crate::report::Report;
use crate::sealed;
use crate::session::Session;

/// Makes a key, seals it into `secret`, and writes the public card beside it (or to
/// `card`). Repeated, it opens the secret and completes the card.
///
/// # Errors
/// If the name is not fit for its role, the password does not open an existing secret, or
/// a file cannot be written.
pub fn register(session: &mut Session<'_>, role: Role, secret: &Path, card: Option<&Path>) -> Result<Report> {
    let card_path = card.map_or_else(|| files::with_suffix(secret, ".card.toml"), PathBuf::from);
    let (card, already) = if secret.exists() {
        let password = session.password()?;
        let person = Person::open(secret, &password)?;
        if person.role != role {
            return Err(sealed::bad());
        }
        (person.card(), card_path.exists())
    } else {
        let name = session.ask("person.name")?;
        let designation = if role == Role::Custodian { session.ask("person.designation")? } else { String::new() };
        let bad = name.is_empty() || name.len() > 200 || designation.len() > 1000;
        // Names of the log and of witnesses stand in signed notes, where a space or a plus ends them.
        let in_note = matches!(role, Role::Log | Role::Witness);
        if bad || (in_note && name.contains([' ', '+'])) || name.chars().any(char::is_control) {
            return Err(refused("error.person.name", &[("name", &name)]));
        }
        (person::register(session, secret, role, &name, &designation)?, false)
    };
    files::write_or_same(&card_path, card.to_text().as_bytes())?;
    Ok(figures(Report::new("register", already), &card, &card_path))
}

fn figures(report: Report, card: &Card, path: &Path) -> Report {
    report.with("person", &card.name).with("role", card.role.name()).with("key", &card.key).with("file", path.display())
}
