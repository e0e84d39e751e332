//! The folder of messages. It takes its name only when all of it is there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files;

/// What the public may know of it.
pub(super) const ABOUT: &str = "sent.txt";

/// An outbox that is being written.
#[derive(Debug)]
pub(super) struct Outbox {
    path: PathBuf,
    part: PathBuf,
    entities: String,
    /// Messages so far.
    pub(super) messages: u64,
}

impl Outbox {
    /// Begins a folder beside `path`, in the place of one that was cut off.
    pub(super) fn begin(path: &Path) -> Result<Self> {
        let part = files::with_suffix(path, ".part");
        if part.exists() {
            fs::remove_dir_all(&part).map_err(|why| Error::file(&part, &why))?;
        }
        files::private_folder(&part.join("mail"))?;
        Ok(Self { path: path.to_path_buf(), part, entities: String::new(), messages: 0 })
    }

    /// Adds a message.
    pub(super) fn add(&mut self, mail: &str, entity: &str) -> Result<()> {
        self.messages = self.messages.saturating_add(1);
        let number = self.messages;
        self.entities.push_str(&format!("{number:07} {entity}\n"));
        files::write_part(&self.part.join(format!("mail/{number:07}.eml")), mail.as_bytes())
    }

    /// Where a file beside the messages goes.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.part.join(name)
    }

    /// Brings it to the disk and gives it its name.
    pub(super) fn finish(self, about: &str) -> Result<()> {
        files::write_part(&self.beside("entities.txt"), self.entities.as_bytes())?;
        files::write_new(&self.beside(ABOUT), about.as_bytes())?;
        files::write_through();
        fs::rename(&self.part, &self.path).map_err(|why| Error::file(&self.path, &why))
    }
}
