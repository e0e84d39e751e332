//! The long checks, for a night before a release and not for every change.

use crate::shell::{Failure, Outcome, cargo_with, step, target};
use crate::{fuzz, mutate, rehearse, secrecy};

/// Cases of every property; an ordinary run has 256.
const CASES: &str = "20000";

/// Ballots of the large record.
const BALLOTS: u32 = 200_000;

/// `minutes` go to fuzzing, shared among the targets.
pub(crate) fn run(minutes: u64) -> Outcome {
    step(
        "tests, many cases of every property",
        cargo_with(&["test", "--locked", "--release", "--workspace"]).env("PROPTEST_CASES", CASES),
    )?;
    secrecy::run()?;
    mutate::run(None)?;
    large_record()?;
    fuzz::smoke(minutes.saturating_mul(60).checked_div(fuzz::count()?).unwrap_or(1).max(1))
}

/// A record as large as the largest election, made and verified.
fn large_record() -> Outcome {
    let folder = target().join("soak-record");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
    }
    rehearse::run(BALLOTS, &folder, None)?;
    step(
        "verify the large record",
        cargo_with(&["run", "--locked", "--release", "-p", "escrutinio-verify", "--", "--quiet"]).arg(&folder),
    )
}
