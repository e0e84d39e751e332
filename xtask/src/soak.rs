//! The long checks, for a night before a release and not for every change; and the crash test alone.

mod checks;
mod crash;
mod scenarios;
mod traffic;

use std::ffi::OsString;

use lexopt::prelude::*;

use crate::shell::{Failure, Outcome, cargo_with, step, target};
use crate::{fuzz, mutate, rehearse, secrecy};

/// Cases of every property; an ordinary run has 256.
const CASES: &str = "20000";

/// Ballots of the large record.
const BALLOTS: u32 = 200_000;
/// Kills of a long run.
const KILLS: u32 = 500;

pub(crate) fn run(arguments: Vec<OsString>) -> Outcome {
    let mut parser = lexopt::Parser::from_args(arguments);
    let (mut minutes, mut kills, mut postgres, mut seed) = (60u64, None, false, 2021u64);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("minutes") => minutes = parser.value()?.parse()?,
            Long("kills") => kills = Some(parser.value()?.parse()?),
            Long("postgres") => postgres = true,
            Long("seed") => seed = parser.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    match kills {
        Some(kills) => {
            scenarios::run(postgres)?;
            crash::run(crash::Plan { kills, postgres, seed })
        }
        None => everything(minutes, seed),
    }
}

/// `minutes` go to fuzzing, shared among the targets.
fn everything(minutes: u64, seed: u64) -> Outcome {
    step(
        "tests, many cases of every property",
        cargo_with(&["test", "--locked", "--release", "--workspace"]).env("PROPTEST_CASES", CASES),
    )?;
    for postgres in [false, true] {
        scenarios::run(postgres)?;
        crash::run(crash::Plan { kills: KILLS, postgres, seed })?;
    }
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
