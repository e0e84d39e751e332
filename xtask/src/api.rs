//! `cargo xtask api`: requests made from the server's OpenAPI document, right ones and wrong ones, by a
//! generator that shares no code with it (Schemathesis). Every answer must be one that the document
//! states, and none may be a fault of the server's.
//!
//! The server is the real one, on loopback: asked by somebody without a session, by a voter, and after the
//! close. In between an honest voter casts, as if nothing had happened.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use escrutinio_core::manifest::SecondFactor;
use escrutinio_driver::{Api, Booth, Factor, Outbox};
use indicatif::ProgressBar;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::Value;

use crate::lab::counts::count;
use crate::lab::desk::OBSERVER;
use crate::lab::election::{Election, Scale};
use crate::lab::house::House;
use crate::lab::voters::{self, Entered, Way};
use crate::shell::{Failure, Outcome, quiet_step, read, root, target};

/// What is installed, down to the last of its parts.
const REQUIREMENTS: &str = "xtask/src/api/requirements.txt";
/// All of them but one: a document cannot say which code or token is the right one, so that most
/// requests which follow it are rightly refused.
const CHECKS: [&str; 4] = ["--checks", "all", "--exclude-checks", "positive_data_acceptance"];

/// What is asked in one phase.
struct Round<'a> {
    name: &'a str,
    /// The session that is shown, if one is.
    session: Option<&'a str>,
    /// Further arguments: which operations.
    which: &'a [&'a str],
    /// An operation that answers some of the requests as it should: the sign-in is one.
    works: &'a str,
}

/// Generated requests to each operation and round, beside those that cover the document.
pub(crate) const EXAMPLES: u32 = 100;
pub(crate) fn run(examples: u32) -> Outcome {
    let program = install()?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(error.to_string()))?;
    runtime.block_on(everything(&program, examples))
}

/// A virtual environment below the build folder, made once for each list of requirements.
fn install() -> Result<PathBuf, Failure> {
    let (folder, wanted) = (target().join("tools/schemathesis"), read(&root().join(REQUIREMENTS))?);
    let (program, installed) = (folder.join("bin/schemathesis"), folder.join("requirements.txt"));
    if std::fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        return Ok(program);
    }
    quiet_step("virtual environment", Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement", REQUIREMENTS]);
    quiet_step("install schemathesis", pip.current_dir(root()))?;
    std::fs::write(&installed, wanted).map_err(|error| Failure::file(&installed, &error))?;
    Ok(program)
}

async fn everything(program: &Path, examples: u32) -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let scale = Scale { voters: 12, contests: 2, min_group: 2, factor: SecondFactor::Sms, witnesses: 0 };
    let election = Arc::new(Election::make(&folder.path().join("election"), scale, 2021)?);
    let house = House::open(&election, &folder.path().join("server"), false, 1, (0, 64))?;
    let url = house.first()?.url();
    let way = Way {
        apis: vec![Api::new(&url)?],
        phones: Arc::new(Outbox::new(&house.plan.messages.join("phones"), Duration::from_secs(60))),
        clock: house.plan.clock.clone(),
        factor: Factor::Sms,
        devices: 1,
    };
    let entered = voters::enter(&election, &way, 0..3, &ProgressBar::hidden()).await?;
    let token = |voter: usize| entered.get(voter).map(|one| one.session.expose_token());
    let logout: &[&str] = &["--include-by", "/operationId == \"logout\""];
    let but_logout: &[&str] = &["--exclude-by", "/operationId == \"logout\""];
    let begun = Instant::now();
    let mut cases = 0u64;
    for round in [
        Round { name: "without a session", session: None, which: &[], works: "POST /api/v1/access/kdf" },
        Round { name: "in a session", session: token(0), which: but_logout, works: "GET /api/v1/session" },
        Round { name: "the end of a session", session: token(1), which: logout, works: "DELETE /api/v1/session" },
    ] {
        cases = cases.saturating_add(ask(program, folder.path(), &url, &round, examples)?);
    }
    still_counts(&election, &house, entered.get(2)).await?;
    house.plan.clock.end_reception(election.rehearsal.manifest.reception_end())?;
    house.wait_for("closed")?;
    let after = Round { name: "after the close", session: token(0), which: &[], works: "GET /monitor.json" };
    cases = cases.saturating_add(ask(program, folder.path(), &url, &after, examples)?);
    nothing_bad(&house)?;
    house.stop()?;
    println!(
        "   api: {cases} requests in {:.0} s, every answer one that the document states",
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

/// One round; the answer is how many requests it made.
fn ask(program: &Path, folder: &Path, url: &str, round: &Round<'_>, examples: u32) -> Result<u64, Failure> {
    let (settings, report) = (folder.join("schemathesis.toml"), folder.join("report.json"));
    let (name, token) = OBSERVER;
    let sign_in = round.session.map_or_else(String::new, |session| {
        format!(
            "[auth.openapi.session]\nbearer = \"{session}\"\n\n\
             [auth.openapi.observer]\nusername = \"{name}\"\npassword = \"{token}\"\n"
        )
    });
    std::fs::write(&settings, sign_in).map_err(|error| Failure::file(&settings, &error))?;
    println!("== api, {}", round.name);
    let begun = Instant::now();
    let mut command = Command::new(program);
    command.current_dir(folder).arg("--config-file").arg(&settings);
    // One after the other: what reads its own source does not, in some versions of Python, do it side by side.
    command.args(["run", "--no-color", "--phases", "examples,coverage,fuzzing", "--workers", "1"]);
    command.args(["--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off"]);
    command.args(["--request-timeout", "10", "--generation-deterministic", "--max-examples", &examples.to_string()]);
    command.args(CHECKS).args(round.which);
    command.args(["--report", "json", "--report-json-path"]).arg(&report).arg(format!("{url}/openapi.json"));
    let ran = command.output().map_err(|error| Failure::file(program, &error))?;
    if !ran.status.success() {
        println!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        return Err(Failure::new(format!("api, {}: an answer is not as the document states it", round.name)));
    }
    let bad = |why: &str| Failure::new(format!("api, {}: the report {why}", round.name));
    let report: Value = serde_json::from_str(&read(&report)?).map_err(|why| bad(&why.to_string()))?;
    let figure = |pointer: &str| report.pointer(pointer).and_then(Value::as_u64);
    let operations = figure("/operations/tested").ok_or_else(|| bad("names no operations"))?;
    let cases = figure("/test_cases/generated").filter(|cases| *cases > 0).ok_or_else(|| bad("has no requests"))?;
    let rates = report.pointer("/valid_rates").and_then(|rates| rates.get(round.works));
    let phases = rates.and_then(Value::as_object).into_iter().flat_map(|phases| phases.values());
    if !phases.into_iter().any(|phase| phase.get("accepted").and_then(Value::as_u64).is_some_and(|count| count > 0)) {
        return Err(bad(&format!("has no success of {}: {rates:?}", round.works)));
    }
    println!("   {operations} operations, {cases} requests in {:.0} s", begun.elapsed().as_secs_f64());
    Ok(cases)
}

/// Somebody votes, and it is the only vote.
async fn still_counts(election: &Election, house: &House, voter: Option<&Entered>) -> Outcome {
    let voter = voter.ok_or_else(|| Failure::new("nobody has entered"))?;
    let (first, _) = election.rehearsal.issued(0, u32::try_from(voter.voter).unwrap_or(0));
    let booth = Booth::enter(Arc::clone(&election.record), &first, &voter.session.half().await?)?;
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let contests = booth.contests();
    for contest in &contests {
        voter.session.cast(&booth.seal(*contest, 1, None, &mut rng)?, &booth).await?;
    }
    let counts = count(house).await?;
    if (counts.marks, counts.ballots) != (contests.len(), contests.len()) {
        return Err(Failure::new(format!("{} ballots were cast, the databases hold {counts:?}", contests.len())));
    }
    Ok(())
}

/// The server has complained of nothing.
fn nothing_bad(house: &House) -> Outcome {
    let log = read(&house.first()?.log())?;
    match log.lines().find(|line| line.contains("\"ERROR\"") || line.contains("panicked")) {
        Some(line) => Err(Failure::new(format!("the server's log: {line}"))),
        None => Ok(()),
    }
}
