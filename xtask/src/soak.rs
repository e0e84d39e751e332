//! The long checks, for a night before a release and not for every change.

use crate::fuzz;
use crate::secrecy;
use crate::shell::{Outcome, cargo_with, step};

/// Cases of every property; an ordinary run has 256.
const CASES: &str = "20000";

/// `minutes` go to fuzzing, shared among the targets.
pub(crate) fn run(minutes: u64) -> Outcome {
    step(
        "tests, many cases of every property",
        cargo_with(&["test", "--locked", "--release", "--workspace"]).env("PROPTEST_CASES", CASES),
    )?;
    secrecy::run()?;
    fuzz::smoke(minutes.saturating_mul(60).checked_div(fuzz::count()?).unwrap_or(1).max(1))
}
