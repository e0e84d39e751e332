//! What can go wrong, by what the operator has to do about it. The class gives the exit
//! code; the key names one message of the catalogues, in whichever language is spoken.

use core::fmt;
use std::io;
use std::path::Path;

use crate::text::{self, Lang};

/// Result of every library function.
pub type Result<T> = core::result::Result<T, Error>;

/// One message of the catalogue with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Key in `text/*.toml`.
    pub key: &'static str,
    /// Placeholders and what stands for them.
    pub args: Vec<(&'static str, String)>,
}

/// Why a command did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A check did not hold: the data are wrong, or somebody's.
    #[error("{0}")]
    Refused(Message),
    /// Called wrongly, before its time, or without an answer that it needs.
    #[error("{0}")]
    OutOfOrder(Message),
    /// A file cannot be read or written.
    #[error("{0}")]
    File(Message),
    /// A wrong password or a damaged secret file: no difference is told.
    #[error("{0}")]
    Secret(Message),
}

/// Exit code of success.
pub const DONE: u8 = 0;
/// Exit code of a step that had been done before.
pub const ALREADY_DONE: u8 = 5;

impl Error {
    /// The exit code that `escrutinio exit-codes` documents.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::OutOfOrder(_) => 2,
            Self::File(_) => 3,
            Self::Secret(_) => 4,
        }
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &Message {
        match self {
            Self::Refused(m) | Self::OutOfOrder(m) | Self::File(m) | Self::Secret(m) => m,
        }
    }

    /// The file at `path` could not be read or written.
    #[must_use]
    pub fn file(path: &Path, why: &io::Error) -> Self {
        Self::File(message("error.file", &[("path", &path.display()), ("why", &why)]))
    }
}

impl From<escrutinio_sealed::Error> for Error {
    fn from(error: escrutinio_sealed::Error) -> Self {
        use escrutinio_sealed::Error as Sealed;
        match error {
            Sealed::Open => Self::Secret(message("error.secret.open", &[])),
            Sealed::Seal => Self::Secret(message("error.secret.seal", &[])),
            Sealed::Card { path } => refused("error.card", &[("path", &path.display())]),
            Sealed::File { path, why } => match why.kind() {
                io::ErrorKind::AlreadyExists => Self::File(message("error.file.exists", &[("path", &path.display())])),
                io::ErrorKind::FileTooLarge => Self::File(message("error.file.large", &[("path", &path.display())])),
                _ => Self::file(&path, &why),
            },
            other => Self::File(message("error.terminal", &[("id", &"password"), ("why", &other)])),
        }
    }
}

impl Message {
    /// The message in a language.
    #[must_use]
    pub fn in_language(&self, lang: Lang) -> String {
        text::fill(text::lookup(lang, self.key), &self.args)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Lang::En))
    }
}

/// Builds a message.
#[must_use]
pub fn message(key: &'static str, args: &[(&'static str, &dyn fmt::Display)]) -> Message {
    Message { key, args: args.iter().map(|(name, value)| (*name, value.to_string())).collect() }
}

/// A check did not hold.
#[must_use]
pub fn refused(key: &'static str, args: &[(&'static str, &dyn fmt::Display)]) -> Error {
    Error::Refused(message(key, args))
}

/// Wrong order or wrong use.
#[must_use]
pub fn out_of_order(key: &'static str, args: &[(&'static str, &dyn fmt::Display)]) -> Error {
    Error::OutOfOrder(message(key, args))
}
