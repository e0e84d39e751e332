//! How far a database was when this instance looked last, in a file of its own: of the box the number of the last
//! ballot, of the roll the latest time. One that is behind it was restored from before, even if no checkpoint tells.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use super::mirror;
use crate::store::StoreError;

/// The file, and what it says.
#[derive(Debug)]
pub(super) struct Seen {
    path: PathBuf,
    last: Mutex<i64>,
}

impl Seen {
    /// Reads the file; one that is absent has seen nothing.
    pub(super) fn open(path: PathBuf) -> Result<Self, StoreError> {
        let last = match fs::read_to_string(&path) {
            Ok(text) => {
                let broken = |_| StoreError::corrupt(format!("{} holds no number", path.display()));
                text.trim().parse().map_err(broken)?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(StoreError::Unavailable { what: format!("{}: {error}", path.display()) }),
        };
        Ok(Self { path, last: Mutex::new(last) })
    }

    /// How far that is: to be asked before the database is, as others note meanwhile what is later.
    pub(super) fn last(&self) -> i64 {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a database that is behind what was seen of it.
    pub(super) fn check(&self, seen: i64, last: i64) -> Result<(), StoreError> {
        if last >= seen {
            return Ok(());
        }
        let what = format!("it is at {last}, and {} says that it was at {seen}", self.path.display());
        Err(StoreError::OldCopy { what })
    }

    /// Notes how far it is.
    pub(super) fn note(&self, last: i64) -> Result<(), StoreError> {
        let mut seen = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last > *seen {
            mirror::write(&self.path, format!("{last}\n").as_bytes())?;
            *seen = last;
        }
        Ok(())
    }
}
