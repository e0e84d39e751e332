//! The long checks, for a night before a release and not for every change; and the crash test alone.

mod books;
pub(crate) mod checks;
mod crash;
mod heads;
mod rows;
mod scenarios;
mod traffic;
mod victims;

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

/// Which databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Only {
    Both,
    Sqlite,
    Postgres,
}

pub(crate) fn run(arguments: Vec<OsString>) -> Outcome {
    let mut parser = lexopt::Parser::from_args(arguments);
    let (mut minutes, mut kills, mut only, mut seed) = (60u64, None, Only::Both, 2021u64);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("minutes") => minutes = parser.value()?.parse()?,
            Long("kills") => kills = Some(parser.value()?.parse()?),
            Long("only") => {
                only = match parser.value()?.to_str() {
                    Some("sqlite") => Only::Sqlite,
                    Some("postgres") => Only::Postgres,
                    _ => return Err(Failure::new("--only sqlite, or --only postgres")),
                }
            }
            Long("seed") => seed = parser.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    match kills {
        Some(kills) => crashes(kills, only, seed),
        None => everything(minutes, seed),
    }
}

/// What is around the program breaks; then everything is killed, so many times in all.
fn crashes(kills: u32, only: Only, seed: u64) -> Outcome {
    let started = std::time::Instant::now();
    let halves: &[(bool, u32)] = match only {
        Only::Both => &[(false, kills.div_ceil(2)), (true, kills / 2)],
        Only::Sqlite => &[(false, kills)],
        Only::Postgres => &[(true, kills)],
    };
    let mut sum = crash::Tally::default();
    for (postgres, kills) in halves {
        scenarios::run(*postgres)?;
        if *kills > 0 {
            sum.add(&crash::run(crash::Plan { kills: *kills, postgres: *postgres, seed })?);
        }
    }
    println!("   all of it took {:.0} s", started.elapsed().as_secs_f64());
    if only == Only::Both {
        println!("== together");
        sum.tell();
    }
    Ok(())
}

/// A line of the report.
fn told(what: &str, how: &str) {
    println!("   {what:<22} {how}");
}

/// `minutes` go to fuzzing, shared among the targets.
fn everything(minutes: u64, seed: u64) -> Outcome {
    step(
        "tests, many cases of every property",
        cargo_with(&["test", "--locked", "--release", "--workspace"]).env("PROPTEST_CASES", CASES),
    )?;
    crashes(KILLS, Only::Both, seed)?;
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
