//! Whether a database can be written, as its writers have found. It is said once that it cannot, and once that it
//! can be again.

use std::sync::{Mutex, PoisonError};

use super::StoreError;

/// Why nothing could be written, the last time that it was tried.
#[derive(Debug)]
pub(super) struct Fault {
    /// Which database, and where.
    name: String,
    last: Mutex<Option<StoreError>>,
}

impl Fault {
    pub(super) fn none(name: &str) -> Self {
        Self { name: name.to_owned(), last: Mutex::default() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn stands(&self) -> bool {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// What became of a transaction, or of the connection that it would have had. A job may refuse what it is asked
    /// for; that the disk is full is not of its making.
    pub(super) fn note(&self, through: &Result<(), StoreError>, refused_by_job: bool) {
        if refused_by_job && !matches!(through, Err(StoreError::Full | StoreError::ReadOnly)) {
            return;
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let database = self.name();
        match (last.is_some(), through) {
            (false, Err(error)) => {
                tracing::error!(database, %error, remedy = error.remedy(), "nothing can be written; what was promised is there");
            }
            (true, Ok(())) => tracing::warn!(database, "it can be written again"),
            _ => {}
        }
        *last = through.clone().err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_refuses_is_no_fault_of_the_disk() {
        let fault = Fault::none("roll database");
        for (through, by_job, stands) in [
            (Err(StoreError::corrupt("its own")), true, false),
            (Err(StoreError::Full), true, true),
            (Err(StoreError::corrupt("its own")), true, true),
            (Ok(()), false, false),
            (Err(StoreError::Unavailable { what: "gone".to_owned() }), false, true),
        ] {
            fault.note(&through, by_job);
            assert_eq!(fault.stands(), stands, "{through:?}");
        }
    }
}
