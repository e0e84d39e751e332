//! What can keep the program from sending. No message holds an address, a name or a link.

use std::io;
use std::path::{Path, PathBuf};

/// Result of every function of this crate.
pub type Result<T> = core::result::Result<T, Error>;

/// Why the program does not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Called wrongly.
    #[error("{0}")]
    Use(String),
    /// A file cannot be read or written.
    #[error("{}: {why}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// The folder is none that the ceremony tool wrote, or not all of one.
    #[error("{}: no complete outbox: {what}", .path.display())]
    Outbox {
        /// The folder.
        path: PathBuf,
        /// What is missing or too much.
        what: String,
    },
    /// A line of the journal cannot be read, or is of another outbox.
    #[error("{}: line {line} is none of this outbox' journal", .path.display())]
    Journal {
        /// The journal.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// Another run holds the journal.
    #[error("{}: another run is sending this outbox", .path.display())]
    Running {
        /// The journal.
        path: PathBuf,
    },
    /// The relay does not let us in, or refuses the sender: it would refuse every message.
    #[error("the relay refuses to take messages from us: {0}")]
    Relay(String),
    /// The relay cannot be reached any more.
    #[error("the relay cannot be reached ({attempts} attempts): {why}")]
    Unreachable {
        /// How often it was tried.
        attempts: u32,
        /// What happened last.
        why: String,
    },
    /// So many refusals in succession are the relay's, not the addresses'.
    #[error("{0} messages in succession were refused for good; see the codes in the journal before going on")]
    Refusals(u32),
    /// A password cannot be read.
    #[error(transparent)]
    Password(#[from] escrutinio_sealed::Error),
}

impl Error {
    /// The file at `path` could not be read or written.
    #[must_use]
    pub fn file(path: &Path, why: io::Error) -> Self {
        Self::File { path: path.to_path_buf(), why }
    }
}
