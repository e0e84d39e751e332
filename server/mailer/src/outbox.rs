//! The folder that the ceremony tool wrote: `mail/NNNNNNN.eml`, numbered from 1 without a gap;
//! `sent.txt` with what the public may know; `entities.txt` with the entity of every number.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use escrutinio_core::hash::sha256;
use escrutinio_core::ids::hex;

use crate::error::{Error, Result};

const FORM: &str = "escrutinio/accounts/v1";

/// Largest file of an outbox that is read.
const LARGEST: u64 = 256 << 20;

/// A complete outbox.
#[derive(Debug)]
pub struct Outbox {
    folder: PathBuf,
    /// Messages: they are numbered from 1.
    pub messages: u32,
    /// Whether these voters had been sent a message before.
    pub again: bool,
    /// Until when the accounts are to be sent, as the ceremony wrote it.
    pub until: Option<String>,
    /// SHA-256 of `sent.txt`, by which the journal knows its outbox.
    pub id: String,
    entities: BTreeMap<u32, String>,
}

impl Outbox {
    /// Opens an outbox and counts its messages.
    ///
    /// # Errors
    /// If a file is missing or there is one too many: a folder that was copied in part is not sent.
    pub fn open(folder: &Path) -> Result<Self> {
        let bad = |what: &str| Error::Outbox { path: folder.to_path_buf(), what: what.to_owned() };
        let about = text(&folder.join("sent.txt"))?;
        let mut lines = about.lines();
        if lines.next() != Some(FORM) {
            return Err(bad("sent.txt is of another form"));
        }
        let (mut generated, mut again, mut until) = (None, false, None);
        for line in lines {
            match line.split_once(' ') {
                Some(("generated", count)) => generated = count.parse::<u32>().ok(),
                Some(("resend", _)) => again = true,
                Some(("until", moment)) => until = Some(moment.to_owned()),
                _ => {}
            }
        }
        let messages = generated.ok_or_else(|| bad("sent.txt does not say how many messages there are"))?;
        let outbox = Self {
            folder: folder.to_path_buf(),
            messages,
            again,
            until,
            id: hex(&sha256(&[about.as_bytes()])),
            entities: entities(folder, messages)?,
        };
        outbox.count()?;
        Ok(outbox)
    }

    fn count(&self) -> Result<()> {
        let bad = |what: String| Error::Outbox { path: self.folder.clone(), what };
        let mail = self.folder.join("mail");
        let failed = |why| Error::file(&mail, why);
        let found = fs::read_dir(&mail).map_err(failed)?.count();
        if u32::try_from(found) != Ok(self.messages) {
            return Err(bad(format!("{found} files in mail/, sent.txt says {}", self.messages)));
        }
        match (1..=self.messages).find(|number| !self.path(*number).is_file()) {
            Some(number) => Err(bad(format!("message {number:07} is missing"))),
            None => Ok(()),
        }
    }

    fn path(&self, number: u32) -> PathBuf {
        self.folder.join(format!("mail/{number:07}.eml"))
    }

    /// The text of a message.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(&self, number: u32) -> Result<String> {
        text(&self.path(number))
    }

    /// A file beside the messages.
    #[must_use]
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The entity of a message; empty if the outbox does not say.
    #[must_use]
    pub fn entity(&self, number: u32) -> &str {
        self.entities.get(&number).map_or("", String::as_str)
    }
}

fn entities(folder: &Path, messages: u32) -> Result<BTreeMap<u32, String>> {
    let path = folder.join("entities.txt");
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let bad =
        || Error::Outbox { path: folder.to_path_buf(), what: "entities.txt does not fit the messages".to_owned() };
    let entities: BTreeMap<u32, String> = text(&path)?
        .lines()
        .map(|line| line.split_once(' ').and_then(|(number, entity)| Some((number.parse().ok()?, entity.to_owned()))))
        .collect::<Option<_>>()
        .ok_or_else(bad)?;
    if entities.keys().copied().eq(1..=messages) { Ok(entities) } else { Err(bad()) }
}

fn text(path: &Path) -> Result<String> {
    let read = || {
        if fs::metadata(path)?.len() > LARGEST {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        fs::read_to_string(path)
    };
    read().map_err(|why| Error::file(path, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("mail")).unwrap();
        for (path, content) in files {
            fs::write(folder.path().join(path), content).unwrap();
        }
        folder
    }

    const SENT: (&str, &str) =
        ("sent.txt", "escrutinio/accounts/v1\ngenerated 2\nuntil 2021-05-01T06:00:00Z\nentity 2 Nayarit\n");
    const ONE: (&str, &str) = ("mail/0000001.eml", "one");
    const TWO: (&str, &str) = ("mail/0000002.eml", "two");

    #[test]
    fn opens_what_is_complete() {
        let folder = outbox(&[SENT, ONE, TWO, ("entities.txt", "0000001 Nayarit\n0000002 Baja California\n")]);
        let outbox = Outbox::open(folder.path()).unwrap();
        assert_eq!((outbox.messages, outbox.again, outbox.entity(2)), (2, false, "Baja California"));
        assert_eq!(outbox.until.as_deref(), Some("2021-05-01T06:00:00Z"));
        assert_eq!(outbox.read(2).unwrap(), "two");
    }

    #[test]
    fn refuses_what_is_not() {
        let other = ("mail/notes.txt", "");
        let short = ("entities.txt", "0000001 Nayarit\n");
        for files in [&[SENT, ONE][..], &[SENT, ONE, TWO, other], &[SENT, ONE, other], &[SENT, ONE, TWO, short]] {
            assert!(matches!(Outbox::open(outbox(files).path()), Err(Error::Outbox { .. })), "{files:?}");
        }
        let form = ("sent.txt", "escrutinio/accounts/v2\ngenerated 2\n");
        assert!(matches!(Outbox::open(outbox(&[form, ONE, TWO]).path()), Err(Error::Outbox { .. })));
        assert!(matches!(Outbox::open(outbox(&[ONE, TWO]).path()), Err(Error::File { .. })));
    }
}
