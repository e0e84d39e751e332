//! What can go wrong with these files. No message holds anything of their content.

use std::io;
use std::path::{Path, PathBuf};

/// Result of every function of this crate.
pub type Result<T> = core::result::Result<T, Error>;

/// Why a file was not read or not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A wrong password, a damaged file, a file of another kind: no difference is told.
    #[error("wrong password, damaged file, or file of another kind")]
    Open,
    /// The signature is not that of who has to sign it, or it is of another roll.
    #[error("not signed by the registrar, or of another roll")]
    Unsigned,
    /// The machine does not give the memory that the key takes.
    #[error("not enough memory to derive the key of a sealed file")]
    Seal,
    /// It is no card, or its signature does not hold.
    #[error("{}: no card, or its signature does not hold", .path.display())]
    Card {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{}: {why}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// Nobody could be asked for a password.
    #[error("no password: {0}")]
    Prompt(io::Error),
    /// The password is empty, too long, or no text.
    #[error("the password is empty, longer than {} bytes, or not UTF-8", crate::password::LONGEST)]
    Password,
}

impl Error {
    /// The file at `path` could not be read or written.
    #[must_use]
    pub fn file(path: &Path, why: io::Error) -> Self {
        Self::File { path: path.to_path_buf(), why }
    }
}
