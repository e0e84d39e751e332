//! The numbered checks (`spec/verification.md`), over a record and nothing else.
//!
//! The checks run phase by phase in the order of the specification. A phase that cannot go on
//! ends the run, and every check that was not answered counts as failed.

mod check;
mod report;

pub use check::Check;
pub use report::{CheckResult, Report};
