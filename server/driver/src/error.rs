//! What can go wrong, and whose fault it is.

use escrutinio_core::access::{LinkError, NotOpened};
use escrutinio_core::board::receipt::{NotPromised, ReceiptError};
use escrutinio_core::credential::CredentialError;
use escrutinio_core::encoding::DecodeError;
use escrutinio_core::ids::ElectionId;

use crate::api::Problem;

/// The result of everything here.
pub type Result<T> = core::result::Result<T, Error>;

/// Why a device cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No answer: whether the request was carried out is not known.
    #[error("no answer: {0}")]
    Transport(#[from] reqwest::Error),
    /// The server refuses.
    #[error("refused: {0}")]
    Refused(Box<Problem>),
    /// An answer that is not of the form that `spec/server.md` says.
    #[error("{request}: the answer is not as specified: {why}")]
    Answer {
        /// Which request.
        request: String,
        /// What is wrong with it.
        why: String,
    },
    /// The access mail.
    #[error("access mail: {0}")]
    Mail(&'static str),
    /// Its link.
    #[error("access link: {0}")]
    Link(#[from] LinkError),
    /// The record does not verify.
    #[error("the sealed record does not hold: {0}")]
    Record(String),
    /// The server's record is of another election.
    #[error("the record is of election {found}, not {expected}")]
    OtherElection {
        /// The election that the device was made for.
        expected: ElectionId,
        /// That of the record.
        found: ElectionId,
    },
    /// A half that does not decode.
    #[error("a half of the credential: {0}")]
    Half(#[from] DecodeError),
    /// The halves are not those that were published.
    #[error("credential: {0}")]
    Credential(#[from] CredentialError),
    /// The list's contest does not exist, or a choice is not on offer.
    #[error("ballot: {0}")]
    Ballot(String),
    /// The receipt has not its form.
    #[error("receipt: {0}")]
    Receipt(#[from] ReceiptError),
    /// The receipt is of another ballot, or its promise is not the server's.
    #[error("{0}")]
    Promise(#[from] NotPromised),
    /// The key derivation's cost or salt cannot be used.
    #[error("key derivation: {0}")]
    Kdf(String),
    /// The authenticator's address is none.
    #[error("authenticator: {0}")]
    Authenticator(String),
    /// The half that lies on the device was sealed under another password.
    #[error("{0}")]
    Sealed(#[from] NotOpened),
    /// A factor is asked for that this device has not.
    #[error("the server offers {offered} as second factor, not {wanted}")]
    Factor {
        /// What the device can do.
        wanted: &'static str,
        /// What the server offers.
        offered: String,
    },
    /// No message came.
    #[error("no code came to the outbox in time")]
    NoCode,
    /// The outbox cannot be read.
    #[error("outbox: {0}")]
    Outbox(#[from] std::io::Error),
}

impl Error {
    /// The name of the problem, if the server refused.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        if let Self::Refused(problem) = self { Some(problem.name()) } else { None }
    }

    /// Whether the same request may be sent again: no answer came, or the server is not ready.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Refused(problem) => matches!(problem.status, 429 | 502 | 503 | 504),
            _ => false,
        }
    }
}
