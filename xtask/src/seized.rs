//! `cargo xtask seized`: who has every disk matches no voter with a ballot.
//!
//! The real server and its databases; voters over HTTP. Everything on the disk is copied while people vote (all programs
//! stand still meanwhile, so that it is one instant: what a power cut leaves) and again when the vote is exported and the
//! box key destroyed. The attacker then has every file, write-ahead logs included, every password, the board, and knows who voted in
//! which order; and tries every trick of `carve` and `tables`: in which order parts of ballots, or hashes of parts, stand in a file, in
//! pages and in logs; rows by number, place and transaction; files by time; voters beside ballots.
//!
//! First come positive controls (`controls`): each trick against a schema as it is often written, in which it must find
//! everybody. How the rest is judged stands in `statistics`.

pub(crate) mod carve;
mod controls;
mod naive;
pub(crate) mod needles;
mod run;
mod scene;
mod stage;
mod statistics;
pub(crate) mod tables;
mod wanted;

use std::ffi::OsString;

use lexopt::prelude::*;

use crate::lab::postgres::programs;
use crate::shell::{Failure, Outcome};

/// What was asked for.
#[derive(Clone, Copy, Debug)]
struct Plan {
    runs: u32,
    voters: u32,
    sqlite: bool,
    postgres: bool,
    seed: u64,
    every: bool,
}

impl Plan {
    /// Whether it is PostgreSQL, for every database.
    fn databases(&self) -> Vec<bool> {
        let wanted = [(self.sqlite, false), (self.postgres, true)];
        wanted.into_iter().filter(|(wanted, _)| *wanted).map(|(_, postgres)| postgres).collect()
    }
}

const HELP: &str = "\
cargo xtask seized [--runs N] [--voters N] [--sqlite] [--postgres] [--seed S] [--every] [--controls]

  --runs N       votes of each kind: serial and concurrent, by turns in epochs and all at the close (20)
  --voters N     voters of each vote (1000)
  --sqlite       SQLite only
  --postgres     PostgreSQL only; without either both, PostgreSQL where it is installed
  --seed S       another election, other orders (2021)
  --every        shows every trick, and not only those that came farthest
  --controls     the positive controls alone
";

/// Plays the attacker.
pub(crate) fn run(arguments: Vec<OsString>) -> Outcome {
    let mut plan = Plan { runs: 20, voters: 1000, sqlite: false, postgres: false, seed: 2021, every: false };
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("runs") => plan.runs = parser.value()?.parse::<u32>()?.max(1),
            Long("voters") => plan.voters = parser.value()?.parse::<u32>()?.max(20),
            Long("sqlite") => plan.sqlite = true,
            Long("postgres") => plan.postgres = true,
            Long("seed") => plan.seed = parser.value()?.parse()?,
            Long("every") => plan.every = true,
            Long("controls") => plan.runs = 0,
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    if !plan.sqlite && !plan.postgres {
        (plan.sqlite, plan.postgres) = (true, programs().is_some());
        if !plan.postgres {
            println!("   PostgreSQL is not installed: SQLite only");
        }
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(error.to_string()))?;
    runtime.block_on(run::run(&plan))
}
