//! Why a call failed.

use core::fmt;

/// The result of every call.
pub type Result<T> = core::result::Result<T, Error>;

/// A code that texts for voters hang on (`web/src/crypto.js` lists them), and a message for developers.
/// Neither holds a secret, nor anything of the voter's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The code.
    pub code: &'static str,
    /// The message.
    pub message: String,
}

impl Error {
    /// An error with a code.
    #[must_use]
    pub fn new(code: &'static str, message: impl fmt::Display) -> Self {
        Self { code, message: message.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl core::error::Error for Error {}
