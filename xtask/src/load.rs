//! `cargo xtask load`: how much one server takes, with the voters on the same machine.
//!
//! A cast is measured from the authenticated request to the promise. Sessions are real ones, from
//! real first accesses before the measurement; ballots are sealed before as well.

mod casts;
pub(crate) mod figures;
mod logins;
mod raw;

use core::time::Duration;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use escrutinio_core::manifest::SecondFactor;
use escrutinio_driver::{Api, Factor, Outbox};
use lexopt::prelude::*;
use serde_json::json;

use crate::lab::election::{Election, Scale};
use crate::lab::house::House;
use crate::lab::process;
use crate::lab::voters::{self, Way};
use crate::shell::{Failure, Outcome, target};

/// What was asked for.
#[derive(Debug)]
struct Options {
    casts: u32,
    contests: u32,
    seconds: u64,
    login_seconds: u64,
    connections: usize,
    rate: Option<u32>,
    postgres: bool,
    json: Option<PathBuf>,
}

const HELP: &str = "\
cargo xtask load [--casts N] [--seconds S] [--rate R] [--connections C] [--contests K]
                 [--login-seconds S] [--postgres] [--json FILE]

  --casts N          ballots that are prepared, and cast at most (80000)
  --seconds S        how long casts are measured (60)
  --rate R           casts a second that are begun, whatever the answers; without it every connection
                     sends the next one when it has the answer
  --connections C    connections that are kept (128)
  --contests K       ballots a voter (4)
  --login-seconds S  how long logins are measured (20)
  --postgres         one server on two private PostgreSQL clusters
  --json FILE        the figures for machines too
";

impl Options {
    fn read(arguments: Vec<OsString>) -> Result<Option<Self>, Failure> {
        let mut options = Self {
            casts: 80_000,
            contests: 4,
            seconds: 60,
            login_seconds: 20,
            connections: 128,
            rate: None,
            postgres: false,
            json: None,
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("casts") => options.casts = parser.value()?.parse()?,
                Long("contests") => options.contests = parser.value()?.parse::<u32>()?.clamp(1, 60),
                Long("seconds") => options.seconds = parser.value()?.parse()?,
                Long("login-seconds") => options.login_seconds = parser.value()?.parse()?,
                Long("connections") => options.connections = parser.value()?.parse::<usize>()?.max(1),
                Long("rate") => options.rate = Some(parser.value()?.parse::<u32>()?.max(1)),
                Long("postgres") => options.postgres = true,
                Long("json") => options.json = Some(parser.value()?.into()),
                Long("help") | Short('h') => {
                    print!("{HELP}");
                    return Ok(None);
                }
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(Some(options))
    }
}

pub(crate) fn run(arguments: Vec<OsString>) -> Outcome {
    let Some(options) = Options::read(arguments)? else { return Ok(()) };
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(error.to_string()))?;
    runtime.block_on(measure(&options))
}

async fn measure(options: &Options) -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let voters = options.casts.div_ceil(options.contests).max(100);
    println!("   an election of {voters} voters with {} ballots each", options.contests);
    let scale = Scale { voters, contests: options.contests, min_group: 10, factor: SecondFactor::Totp, witnesses: 0 };
    let election = Arc::new(Election::make(&folder.path().join("election"), scale, 2021)?);
    let all: Vec<usize> = (0..election.voters.len()).collect();
    let kept = target().join("load").join(format!("{}.ballots", election.record.election.election_id));
    let bar = figures::bar(options.casts.into(), "ballots sealed");
    let ballots = voters::ballots_kept(&election, &all, &kept, &bar)?;
    bar.finish_and_clear();

    let house = House::open(&election, &folder.path().join("server"), options.postgres, 1, (60, 4096))?;
    let site = house.first()?;
    let way = Way {
        apis: vec![Api::new(&site.url())?],
        phones: Arc::new(Outbox::new(&house.plan.messages.join("phones"), Duration::from_secs(60))),
        clock: house.plan.clock.clone(),
        factor: Factor::Totp,
        devices: 64,
    };
    let bar = figures::bar(voters.into(), "first accesses");
    let started = std::time::Instant::now();
    let mut entered = voters::enter(&election, &way, all.iter().copied(), &bar).await?;
    bar.finish_and_clear();
    let accesses = f64::from(voters) / started.elapsed().as_secs_f64();

    // An authenticator's code serves once: the next one is due.
    house.plan.clock.set(house.plan.clock.now().saturating_add(90))?;
    let logins = logins::measure(&election, &way, &mut entered, options.login_seconds).await?;

    let pid = house.pid()?;
    let (memory_before, ticks_before) = (process::resident(pid), process::ticks(pid));
    let casts = casts::measure(&site.url(), &entered, &ballots, options).await?;
    let (memory_after, ticks_after) = (process::resident(pid), process::ticks(pid));
    let raw = raw::batch_speed(&election, &ballots)?;
    house.stop()?;

    let per_second = casts.per_second();
    let growth =
        i64::try_from(memory_after.unwrap_or(0)).unwrap_or(0) - i64::try_from(memory_before.unwrap_or(0)).unwrap_or(0);
    let busy = ticks_after.unwrap_or(0).saturating_sub(ticks_before.unwrap_or(0));
    let cores = f64::from(u32::try_from(busy).unwrap_or(u32::MAX)) / 100.0 / casts.took.as_secs_f64().max(0.001);
    println!();
    figures::line("first accesses", format!("{accesses:.0} a second (5 requests each)"));
    figures::line(
        "logins",
        format!("{:.0} a second (4 requests each), {} errors", logins.per_second(), logins.errors()),
    );
    figures::line("login", logins.latencies());
    figures::line("casts", format!("{} in {:.1} s", casts.done(), casts.took.as_secs_f64()));
    figures::line("throughput", format!("{per_second:.0} casts a second, {} errors", casts.errors()));
    figures::line("cast", casts.latencies());
    figures::line(
        "raw batch verification",
        format!("{raw:.0} a second on all cores; the server reaches {:.0} % of it", per_second / raw * 100.0),
    );
    figures::line("server's processors", format!("{cores:.2} busy while casting"));
    figures::line(
        "resident memory",
        format!("{} KiB before, {} KiB after: {growth:+} KiB", memory_before.unwrap_or(0), memory_after.unwrap_or(0)),
    );
    for (what, count) in casts.faults.iter().chain(&logins.faults) {
        figures::line("error", format!("{count} times: {what}"));
    }
    let report = json!({
        "database": if options.postgres { "postgresql" } else { "sqlite" },
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "first_accesses_per_second": accesses,
        "logins": logins.json(),
        "casts": casts.json(),
        "raw_batch_per_second": raw,
        "share_of_raw": per_second / raw,
        "resident_kib": { "before": memory_before, "after": memory_after },
        "server_cores_busy": cores,
    });
    println!("\n{report}");
    if let Some(path) = &options.json {
        std::fs::write(path, format!("{report}\n")).map_err(|error| Failure::file(path, &error))?;
    }
    if casts.errors() + logins.errors() > 0 {
        return Err(Failure::new("there were errors"));
    }
    Ok(())
}
