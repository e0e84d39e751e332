//! What a custodian keeps beside the sealed signing key, one file for each purpose and
//! ceremony: round secrets, what was published (so that nothing is ever signed twice for
//! one step), the key share, and a journal of what must never be done twice.

use std::fs;
use std::path::{Path, PathBuf};

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
    secret: PathBuf,
    password: Zeroizing<String>,
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
        Ok(Self { person, index, secret: secret.to_path_buf(), password })
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
    pub fn once(
        &self,
        setup_id: &SetupId,
        what: &str,
        make: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        let kept = self.beside(setup_id, what);
        if kept.exists() {
            return files::read(&kept);
        }
        let message = make()?;
        files::write_secret(&kept, &message)?;
        Ok(message)
    }

    fn journal(&self) -> PathBuf {
        files::with_suffix(&self.secret, ".journal")
    }

    /// The value that the journal holds for a subject.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn noted(&self, subject: &str) -> Result<Option<String>> {
        let path = self.journal();
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).map_err(|why| Error::file(&path, &why))?;
        Ok(text
            .lines()
            .filter_map(|line| line.split_once(' '))
            .find(|(found, _)| *found == subject)
            .map(|(_, value)| value.to_owned()))
    }

    /// Notes something for good, on the disk before it returns.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn note(&self, subject: &str, value: &str) -> Result<()> {
        let path = self.journal();
        let before = if path.exists() { files::read(&path)? } else { Vec::new() };
        let mut text = before;
        text.extend_from_slice(format!("{subject} {value}\n").as_bytes());
        files::replace(&path, &text)
    }
}
