//! `cargo xtask canaries`: nothing that a whole election leaves anywhere names a voter or holds a secret.
//!
//! An election on the real server: first accesses, logins, recovery, new addresses, wrong passwords and codes, locks, the
//! desk, ballots that are refused, secrets in paths and headers, the close, the export, the list of those who voted. Then everything that
//! is left is searched: every cell of every table, the files of both databases with their logs, the data folder, what programs
//! said, PostgreSQL's own log, metrics, every answer. Looked for are names, claves, e-mail addresses, telephones, user names, numbers of
//! accounts, codes, passwords, what devices make of them, halves of credentials, tokens, seeds, tracking codes and leaf hashes: as they are, in
//! hexadecimal, base64, percent-encoded, as JSON escapes, and hashed without a key. What may be where stands in `places`; it
//! is a list of what is allowed. That the search finds what it should is shown by canaries that are let loose (`planted`).

mod collect;
mod flock;
mod harvest;
mod people;
mod places;
mod planted;
mod relay;
mod tap;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use escrutinio_core::manifest::SecondFactor;
use lexopt::prelude::*;

use self::flock::Watch;
use self::people::Scene;
use self::places::{Kind, Place, strays};
use self::relay::Relay;
use crate::lab::desk;
use crate::lab::election::{Election, Scale};
use crate::lab::house::House;
use crate::lab::postgres::programs;
use crate::shell::{Failure, Outcome};

const HELP: &str = "\
cargo xtask canaries [--sqlite] [--postgres]

  --sqlite       SQLite only
  --postgres     PostgreSQL only; without either both, PostgreSQL where it is installed
";

/// Findings that are shown.
const SHOWN: usize = 40;

pub(crate) fn run(arguments: Vec<OsString>) -> Outcome {
    let (mut sqlite, mut postgres) = (false, false);
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("sqlite") => sqlite = true,
            Long("postgres") => postgres = true,
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    if !sqlite && !postgres {
        (sqlite, postgres) = (true, programs().is_some());
        if !postgres {
            println!("   PostgreSQL is not installed: SQLite only");
        }
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(error.to_string()))?;
    runtime.block_on(async {
        if sqlite {
            scan(false).await?;
        }
        if postgres {
            scan(true).await?;
        }
        Ok(())
    })
}

async fn scan(postgres: bool) -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let scale = Scale { voters: 8, contests: 2, min_group: 2, factor: SecondFactor::TotpAndSms, witnesses: 1 };
    let election = Arc::new(Election::make(&folder.path().join("election"), scale, 4711)?);
    let mut house = House::open(&election, &folder.path().join("house"), postgres, 1, (0, 4096))?;
    let (watch, mut places) = play(&election, &house, folder.path()).await?;

    house.servers.drain(..).try_for_each(crate::lab::server::Server::stop)?;
    places.extend(collect::cells(&house).await?);
    house.halt()?;
    places.extend(collect::files(&house)?);
    let database = if postgres { "PostgreSQL" } else { "SQLite" };
    report(database, &places, &watch)?;
    planted::everywhere(&places, &watch)?;
    planted::on_the_disk(&house, &watch).await
}

/// The election, and what is left that does not lie on the disk.
async fn play(election: &Arc<Election>, house: &House, folder: &Path) -> Result<(Watch, Vec<Place>), Failure> {
    let phones = Relay::open(&house.plan.messages.join("phones"), &folder.join("phones"))?;
    let mails = Relay::open(&house.plan.messages.join("mails"), &folder.join("mails"))?;
    let mut scene = Scene::open(election, house, &phones, &mails).await?;
    scene.play().await?;
    let site = house.first()?;
    let mut places = collect::public(site)?;
    // What lies there while people vote, and is perhaps gone later.
    places.extend(collect::files(house)?);
    house.plan.clock.end_reception(election.rehearsal.manifest.reception_end())?;
    house.wait_for("closed")?;
    let two = election.two();
    for act in ["state", "check", "incidents", "report"] {
        let staff = two.first().copied().ok_or_else(|| Failure::new("no staff"))?;
        scene.desk.push((act.to_owned(), desk::alone(site, staff, act, &[])?.to_string()));
    }
    scene.desk.push(("export".to_owned(), desk::in_the_end(site, &two, "export")?.to_string()));
    for act in ["voters", "destroy-box-key"] {
        scene.desk.push((act.to_owned(), desk::together(site, &two, act, &[])?.to_string()));
    }
    places.extend(collect::public(site)?);
    let messages = [phones.messages(), mails.messages()].concat();
    let watch = harvest::watch(&scene, &messages)?;
    places.extend(harvest::places(&scene, &messages));
    Ok((watch, places))
}

/// Says what was searched and what was found; anything found is a failure.
fn report(database: &str, places: &[Place], watch: &Watch) -> Outcome {
    let bytes: usize = places.iter().map(|place| place.bytes.len()).sum();
    let mut classes = BTreeMap::new();
    for canary in &watch.canaries {
        let count: &mut usize = classes.entry(format!("{:?}", canary.class).to_lowercase()).or_default();
        *count = count.saturating_add(1);
    }
    let classes: Vec<String> = classes.into_iter().map(|(class, count)| format!("{count} {class}")).collect();
    println!("   {database}: {} places, {} KiB, searched for {}", places.len(), bytes / 1024, classes.join(", "));
    let mut found = Vec::new();
    for place in places {
        for number in strays(place, watch) {
            if let Some(canary) = watch.canaries.get(number) {
                found.push(format!("{}: {} of voter {:?} ({:?})", place.name, canary.what, canary.owner, canary.class));
            }
        }
    }
    if found.is_empty() {
        let cells = places.iter().filter(|place| matches!(place.kind, Kind::RollCell(_) | Kind::BoxCell(_))).count();
        println!("   none is where it should not be; {cells} cells among the places");
        return Ok(());
    }
    found.sort();
    let shown = found.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
    Err(Failure::new(format!("{} canaries are where they should not be:\n{shown}", found.len())))
}
