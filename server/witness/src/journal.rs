//! The file beside a sealed key that says what its holder has done and must not do otherwise a
//! second time. The offline tool writes the same lines when a witness signs with it: whichever of
//! the two signs, there is one election and one closing.

use std::path::{Path, PathBuf};

use escrutinio_core::board::Checkpoint;
use escrutinio_core::ids::hex;
use escrutinio_sealed::files::{self, Readers};

use crate::election::Election;
use crate::error::Result;

/// One line for each subject, with its value.
#[derive(Clone, Debug)]
pub struct Journal(PathBuf);

impl Journal {
    /// The journal of the holder of a sealed key.
    #[must_use]
    pub fn of(secret: &Path) -> Self {
        let mut path = secret.as_os_str().to_owned();
        path.push(".journal");
        Self(path.into())
    }

    /// The election id of this manifest that the witness has vouched for.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn election(&self, election: &Election) -> Result<Option<String>> {
        self.noted(&zero(election))
    }

    /// Notes that the witness vouches for this election.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn note_election(&self, election: &Election) -> Result<()> {
        self.note(&zero(election), &election.id.to_string())
    }

    /// Size and root of the closing that the witness has signed.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn closing(&self, election: &Election) -> Result<Option<String>> {
        self.noted(&format!("closing:{}", election.id))
    }

    /// Notes the closing.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn note_closing(&self, election: &Election, closing: &Checkpoint) -> Result<()> {
        self.note(&format!("closing:{}", election.id), &closing_value(closing))
    }

    fn noted(&self, subject: &str) -> Result<Option<String>> {
        let text = self.read()?;
        let mut lines = text.lines().filter_map(|line| line.split_once(' '));
        Ok(lines.find(|(found, _)| *found == subject).map(|(_, value)| value.to_owned()))
    }

    /// On the disk before the thing is done. A subject that is noted stays as it is.
    fn note(&self, subject: &str, value: &str) -> Result<()> {
        let text = self.read()?;
        if text.lines().any(|line| line.split_once(' ').is_some_and(|(found, _)| found == subject)) {
            return Ok(());
        }
        Ok(files::replace(&self.0, format!("{text}{subject} {value}\n").as_bytes(), Readers::Everybody)?)
    }

    fn read(&self) -> Result<String> {
        if !self.0.exists() {
            return Ok(String::new());
        }
        Ok(String::from_utf8_lossy(&files::read(&self.0)?).into_owned())
    }
}

fn zero(election: &Election) -> String {
    format!("zero:{}", election.manifest)
}

/// How a closing is noted.
#[must_use]
pub fn closing_value(closing: &Checkpoint) -> String {
    format!("{}:{}", closing.size, hex(&closing.root))
}
