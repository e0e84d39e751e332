//! Why an act of the lifecycle is not done.

use crate::lifecycle::keyfile::KeyFileError;
use crate::phase::Phase;
use crate::refusal::Refusal;
use crate::store::StoreError;

/// An act that is not done. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LifecycleError {
    /// It belongs to another phase.
    #[error("this cannot be done in the phase {}", .0.name())]
    Phase(Phase),
    /// The clock cannot be relied on.
    #[error("the clock is off by {0} s against the machine or the witnesses")]
    Clock(i64),
    /// Nobody has compared it with another.
    #[error("no witness has told its time: it cannot be said whether the clock is right")]
    Alone,
    /// It has jumped, and nobody has confirmed it.
    #[error("the time has jumped since {0}: witnesses have to confirm it, or staff, by the act `clock`")]
    Doubt(String),
    /// Witnesses have not signed.
    #[error("checkpoint {0} of the board does not have a quorum of witnesses yet")]
    Quorum(u64),
    /// A witness knows a longer log.
    #[error("the witness {0} says that the log has more entries than the box: find out why first")]
    Ahead(String),
    /// Something is in a table that must be empty.
    #[error("the table {table} holds {rows} rows and must hold {expected}")]
    NotEmpty {
        /// Which.
        table: &'static str,
        /// How many.
        rows: i64,
        /// How many there must be.
        expected: i64,
    },
    /// An act before this one is missing.
    #[error("{0} comes first")]
    Missing(&'static str),
    /// Other instances have the box key.
    #[error(
        "the box key is destroyed here, and {0} other instances have it in their files: restart them, and ask again"
    )]
    Keeps(usize),
    /// What was asked is not of this election.
    #[error("{0}")]
    Refused(String),
    /// The file of keys.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// A database or a file.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the desk is told as a problem; the text says more.
impl From<&LifecycleError> for Refusal {
    fn from(error: &LifecycleError) -> Self {
        match error {
            LifecycleError::Phase(_)
            | LifecycleError::Missing(_)
            | LifecycleError::Quorum(_)
            | LifecycleError::Ahead(_)
            | LifecycleError::Keeps(_)
            | LifecycleError::NotEmpty { .. } => Self::WrongPhase,
            LifecycleError::Clock(_) | LifecycleError::Alone | LifecycleError::Doubt(_) => Self::Clock,
            LifecycleError::Refused(_) | LifecycleError::Keys(_) => Self::BadRequest,
            LifecycleError::Store(error) => error.clone().into(),
        }
    }
}
