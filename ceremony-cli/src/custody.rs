//! What a custodian keeps beside the sealed signing key, one file for each purpose and
//! ceremony: round secrets, what was published (so that nothing is ever signed twice for
//! one step), the key share, and a journal of what must never be done twice.

use std::fs;
use std::path::{Path, PathBuf};

use escrutinio_core::hash::sha256;
use escrutinio_core::ids::{CustodianIndex, SetupId, hex};
use escrutinio_core::manifest::ValidManifest;
use zeroize::Zeroizing;

use crate::error::{Error, Result, refused};
use crate::files;
use crate::person::{Person, Role};
use crate::session::Session;

/// A custodian who has opened their key.
#[derive(Debug)]
pub struct Holder {
    /// Name and signing key.
    pub person: Person,
    /// Number in the manifest.
    pub index: CustodianIndex,
    /// What must never be done twice.
    pub journal: Journal,
    secret: PathBuf,
    password: Zeroizing<String>,
}

/// A file beside a sealed key: one line for each thing that its holder has done and must
/// not do otherwise a second time. It is on the disk before the thing is done.
#[derive(Debug)]
pub struct Journal(PathBuf);

impl Journal {
    /// The journal of the holder of a sealed key.
    #[must_use]
    pub fn of(secret: &Path) -> Self {
        Self(files::with_suffix(secret, ".journal"))
    }

    /// The value noted for a subject.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn noted(&self, subject: &str) -> Result<Option<String>> {
        if !self.0.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&self.0).map_err(|why| Error::file(&self.0, &why))?;
        Ok(text
            .lines()
            .filter_map(|line| line.split_once(' '))
            .find(|(found, _)| *found == subject)
            .map(|(_, value)| value.to_owned()))
    }

    /// Notes a value, or finds the same one noted.
    ///
    /// # Errors
    /// If another value is noted, or the file cannot be written.
    pub fn note_once(&self, subject: &str, value: &str) -> Result<()> {
        match self.noted(subject)? {
            Some(before) if before == value => Ok(()),
            Some(before) => Err(refused("error.done_otherwise", &[("before", &before), ("now", &value)])),
            None => {
                let mut text = if self.0.exists() { files::read(&self.0)? } else { Vec::new() };
                text.extend_from_slice(format!("{subject} {value}\n").as_bytes());
                files::replace(&self.0, &text)
            }
        }
    }
}

/// Opens somebody's signing key, asking for the password.
///
/// # Errors
/// If the file does not open, or is of another role.
pub fn open_person(session: &mut Session<'_>, secret: &Path, role: Role) -> Result<Person> {
    let password = session.password()?;
    let person = Person::open(secret, &password)?;
    if person.role == role {
        Ok(person)
    } else {
        Err(refused("error.role", &[("name", &person.name), ("role", &role.name())]))
    }
}

impl Holder {
    /// Opens a custodian's key and finds them in the manifest (R-KEY-05).
    ///
    /// # Errors
    /// If the file does not open, or the manifest does not name the key.
    pub fn open(session: &mut Session<'_>, manifest: &ValidManifest, secret: &Path) -> Result<Self> {
        let password = session.password()?;
        let person = Person::open(secret, &password)?;
        let key = person.key.verifying_key();
        let index = (1u32..)
            .zip(&manifest.custodians)
            .find(|(_, custodian)| custodian.key == key)
            .and_then(|(number, _)| CustodianIndex::new(number))
            .ok_or_else(|| refused("error.custodian.unknown", &[("name", &person.name)]))?;
        Ok(Self { person, index, journal: Journal::of(secret), secret: secret.to_path_buf(), password })
    }

    /// The password, for the other sealed files of this custodian.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// A file beside the sealed key that belongs to one ceremony.
    #[must_use]
    pub fn beside(&self, setup_id: &SetupId, what: &str) -> PathBuf {
        let id: String = hex(setup_id.as_bytes()).chars().take(16).collect();
        files::with_suffix(&self.secret, &format!(".{id}.{what}"))
    }

    /// The message of a step: the one that was made before, or a new one, which is kept
    /// before it is published.
    ///
    /// # Errors
    /// If a file cannot be read or written, or the message cannot be made.
    pub fn once(&self, setup_id: &SetupId, what: &str, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        let kept = self.beside(setup_id, what);
        let subject = format!("{what}:{setup_id}");
        let noted = self.journal.noted(&subject)?;
        if !kept.exists() {
            if noted.is_some() {
                // Signed once, ever: a second message for one round would convict its author.
                return Err(refused("error.second_run", &[("setup", setup_id)]));
            }
            files::write_secret(&kept, &make()?)?;
        }
        let message = files::read(&kept)?;
        self.journal.note_once(&subject, &hex(&sha256(&[&message])))?;
        Ok(message)
    }
}
