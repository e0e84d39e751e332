//! Kills at random instants, under load.

use core::sync::atomic::Ordering;
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use escrutinio_core::manifest::SecondFactor;
use escrutinio_driver::{Api, Factor, Outbox};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use super::checks::{self, Heads, board_keys};
use super::traffic::Traffic;
use crate::lab::desk;
use crate::lab::election::{Election, Scale};
use crate::lab::house::{House, wait_for};
use crate::lab::server::Server;
use crate::lab::voters::{self, Way};
use crate::load::figures::bar;
use crate::shell::{Failure, Outcome};

/// Ballots that a life between two kills takes, roughly.
const BALLOTS_A_LIFE: u32 = 60;
/// Contests of every voter.
const CONTESTS: u32 = 20;
/// Tracking codes that are asked for after a restart.
const CODES: usize = 20;

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) kills: u32,
    pub(crate) postgres: bool,
    pub(crate) seed: u64,
}

/// What can be killed.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Server(usize),
    Cluster(usize),
}

pub(crate) fn run(plan: Plan) -> Outcome {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(error.to_string()))?;
    runtime.block_on(crash(plan))
}

async fn crash(plan: Plan) -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let database = if plan.postgres { "two servers on PostgreSQL" } else { "one server on SQLite" };
    println!("   {} kills, {database}, --seed {}", plan.kills, plan.seed);
    let voters = plan.kills.saturating_mul(BALLOTS_A_LIFE).div_ceil(CONTESTS).max(20);
    let scale = Scale { voters, contests: CONTESTS, min_group: 5, factor: SecondFactor::Totp, witnesses: 1 };
    let election = Arc::new(Election::make(&folder.path().join("election"), scale, plan.seed)?);
    let all: Vec<usize> = (0..election.voters.len()).collect();
    let progress = bar(u64::from(voters).saturating_mul(u64::from(CONTESTS)), "ballots sealed");
    let ballots = voters::ballots(&election, &all, plan.seed, &progress)?;
    progress.finish_and_clear();

    let instances = if plan.postgres { 2 } else { 1 };
    let mut house = House::open(&election, &folder.path().join("house"), plan.postgres, instances, (1, 64))?;
    let urls: Vec<String> = house.sites.iter().map(crate::lab::site::Site::url).collect();
    let apis = urls.iter().map(|url| Api::new(url)).collect::<Result<Vec<_>, _>>()?;
    let way = Way {
        apis: apis.clone(),
        phones: Arc::new(Outbox::new(&house.plan.messages.join("phones"), Duration::from_secs(60))),
        clock: house.plan.clock.clone(),
        factor: Factor::Totp,
        devices: 16,
    };
    let progress = bar(voters.into(), "first accesses");
    let entered = voters::enter(&election, &way, all.iter().copied(), &progress).await?;
    progress.finish_and_clear();

    let key = election.rehearsal.manifest.server.key;
    let traffic = Arc::new(Traffic::new(urls, &entered, &ballots, Duration::from_millis(25), key));
    let mut workers = traffic.start(plan.seed);
    let (mut rng, mut heads, keys) = (ChaCha20Rng::seed_from_u64(plan.seed), Heads::default(), board_keys(&election)?);
    let started = Instant::now();
    for number in 1..=plan.kills {
        let quiet = Duration::from_millis(u64::from(rng.next_u32() % 700).saturating_add(20));
        tokio::time::sleep(quiet).await;
        let victim = choose(&house, &mut rng);
        kill(&mut house, victim, &mut rng)?;
        for api in &apis {
            heads.see(&api.file("/board/checkpoint").await?, &keys)?;
        }
        let asked = usize::try_from(number).unwrap_or(0).checked_rem(apis.len()).unwrap_or(0);
        if let Some(api) = apis.get(asked) {
            checks::recorded(api, &traffic.some_codes(CODES, &mut rng)).await?;
        }
        traffic.pause().await;
        let counts = checks::settled(&house, traffic.promised().len()).await;
        traffic.resume();
        traffic.verdict().map_err(|why| Failure::new(format!("kill {number} ({victim:?}): {why}")))?;
        let counts = counts.map_err(|why| Failure::new(format!("kill {number} ({victim:?}): {why}")))?;
        if number % 10 == 0 || number == plan.kills {
            println!(
                "   {number:>5} kills: {} ballots, {} promised, {} answers lost, {} refused, {} repeated, {} checkpoints, {:.0} s",
                counts.ballots,
                traffic.promised().len(),
                traffic.lost.load(Ordering::SeqCst),
                traffic.refused.load(Ordering::SeqCst),
                traffic.repeated.load(Ordering::SeqCst),
                heads.len(),
                started.elapsed().as_secs_f64(),
            );
        }
    }
    finish(&election, house, &traffic, &mut heads, &keys, &apis).await?;
    traffic.end();
    while workers.join_next().await.is_some() {}
    Ok(())
}

/// Every ballot is promised; then reception ends, and the board is compared with the promises.
async fn finish(
    election: &Election,
    house: House,
    traffic: &Traffic,
    heads: &mut Heads,
    keys: &escrutinio_core::board::LogKeys,
    apis: &[Api],
) -> Outcome {
    let give_up = Instant::now().checked_add(Duration::from_secs(300));
    while traffic.waiting() > 0 {
        traffic.verdict()?;
        if give_up.is_none_or(|give_up| Instant::now() > give_up) {
            return Err(Failure::new(format!("{} ballots are never promised", traffic.waiting())));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    traffic.pause().await;
    traffic.verdict()?;
    let promised = traffic.promised();
    checks::settled(&house, promised.len()).await?;
    house.plan.clock.set(election.rehearsal.manifest.reception_end().saturating_add(15))?;
    for site in &house.sites {
        wait_for(site, "closed")?;
    }
    let exported = desk::in_the_end(house.first()?, &election.two(), "export")?;
    for api in apis {
        heads.see(&api.file("/board/checkpoint").await?, keys)?;
    }
    let board = std::path::PathBuf::from(desk::text(&exported, "folder")?).join("board");
    let size = exported.get("ballots").and_then(serde_json::Value::as_u64).unwrap_or(0);
    let entries = checks::entries(&board, size)?;
    checks::board(&entries, &promised, heads)?;
    house.no_alarm()?;
    println!(
        "   the board holds the {} promised ballots, each once, and gives all {} heads that were seen; marks: {}",
        promised.len(),
        heads.len(),
        exported.get("marks").cloned().unwrap_or_default(),
    );
    house.stop()
}

fn choose(house: &House, rng: &mut ChaCha20Rng) -> Victim {
    let pick = |rng: &mut ChaCha20Rng, among: usize| {
        usize::try_from(rng.next_u32()).unwrap_or(0).checked_rem(among).unwrap_or(0)
    };
    if !house.clusters.is_empty() && rng.next_u32() % 3 == 0 {
        return Victim::Cluster(pick(rng, house.clusters.len()));
    }
    Victim::Server(pick(rng, house.servers.len()))
}

/// Kills, and starts again; now and then what was just started is killed in its turn.
fn kill(house: &mut House, victim: Victim, rng: &mut ChaCha20Rng) -> Outcome {
    match victim {
        Victim::Cluster(number) => {
            let cluster = house.clusters.get(number).ok_or_else(|| Failure::new("no cluster"))?;
            cluster.kill()?;
            // Voters are refused meanwhile.
            std::thread::sleep(Duration::from_millis(u64::from(rng.next_u32() % 200)));
            cluster.start()?;
            // The servers find it again by themselves.
            house.sites.iter().try_for_each(|site| wait_for(site, "voting"))
        }
        Victim::Server(number) => {
            house.servers.remove(number).kill()?;
            let site = house.sites.get(number).ok_or_else(|| Failure::new("no site"))?;
            if rng.next_u32() % 5 == 0 {
                let unlucky = Server::spawn(site)?;
                std::thread::sleep(Duration::from_millis(u64::from(rng.next_u32() % 900)));
                unlucky.kill()?;
            }
            house.servers.insert(number, site.start()?);
            wait_for(site, "voting")
        }
    }
}
