//! Kills at random instants, under load. Who is killed leaves to the system what it has written: that it is on the disk
//! before it is promised is shown by the scenario of the disk that fails, and by `synchronous = FULL`, `fsync = on`.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use escrutinio_core::manifest::SecondFactor;
use escrutinio_driver::{Api, Factor, Outbox};
use indicatif::{ProgressBar, ProgressStyle};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tokio::task::JoinSet;

use super::books::Books;
use super::heads::Heads;
use super::rows::{self, Side};
use super::traffic::{Sums, Traffic};
use super::victims::{self, Kills, Victim, a_while};
use super::{checks, told};
use crate::lab::desk;
use crate::lab::election::{Election, Scale};
use crate::lab::house::{House, wait_for};
use crate::lab::site::Site;
use crate::lab::voters::{self, Way};
use crate::load::figures::bar;
use crate::shell::{Failure, Outcome};

/// Ballots that are sent for the first time in a life between two kills.
const BALLOTS_A_LIFE: u32 = 60;
/// Contests of every voter.
const CONTESTS: u32 = 20;
/// An epoch leaves when so many ballots wait: about one in every life.
const EPOCH: u32 = 48;
/// Milliseconds from when voters go on to the next kill, at most.
const LIFE: u32 = 400;
/// Tracking codes that are asked for after a restart, as a voter would.
const CODES: usize = 20;
/// How long a server may take to find a database again.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) kills: u32,
    pub(crate) postgres: bool,
    pub(crate) seed: u64,
}

/// What a run, or several, came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    kills: Kills,
    sums: Sums,
    ballots: u64,
    heads: u64,
    proofs: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.kills.add(&other.kills);
        self.sums.add(&other.sums);
        self.ballots = self.ballots.saturating_add(other.ballots);
        self.heads = self.heads.saturating_add(other.heads);
        self.proofs = self.proofs.saturating_add(other.proofs);
    }

    pub(crate) fn tell(&self) {
        let Sums { promised, lost, absent, refused, retried, repeated } = self.sums;
        told("kills", &self.kills.to_string());
        told("promises", &format!("{promised}; found on the board: {}, each once", self.ballots));
        told("no promise", &format!("{lost} cut off, {refused} told to come again, {absent} found nobody"));
        told("ballots sent again", &format!("{retried} of those cut off or told so: all promised"));
        told("promises again", &format!("{repeated}, each the same bytes as the first"));
        told("heads seen", &format!("{}, and {} proofs that one begins with the other", self.heads, self.proofs));
    }
}

pub(crate) fn run(plan: Plan) -> Result<Tally, Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(error.to_string()))?;
    runtime.block_on(crash(plan))
}

/// Everything that a run needs at hand.
struct Run {
    election: Arc<Election>,
    house: House,
    apis: Vec<Api>,
    traffic: Arc<Traffic>,
    books: Books,
    heads: Arc<Mutex<[Heads; 2]>>,
    rng: ChaCha20Rng,
    kills: Kills,
}

async fn crash(plan: Plan) -> Result<Tally, Failure> {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let database = if plan.postgres { "two servers on PostgreSQL" } else { "one server on SQLite" };
    println!("== {} kills, {database}, --seed {}", plan.kills, plan.seed);
    let mut run = Run::open(plan, folder.path()).await?;
    let done = run.whole(plan).await;
    // Whoever looks for the cause wants the logs.
    done.map_err(|why| {
        let left = folder.keep();
        Failure::new(format!(
            "{why}\n(--seed {}; {}; logs and databases are left in {})",
            plan.seed,
            run.kills,
            left.display()
        ))
    })
}
/// Looks at the checkpoints all the time: what was shown once must never be taken back.
fn watch(workers: &mut JoinSet<()>, run: &Run) {
    for api in &run.apis {
        let (api, traffic, heads) = (api.clone(), Arc::clone(&run.traffic), Arc::clone(&run.heads));
        workers.spawn(async move {
            while !traffic.is_over() {
                if let Err(why) = look(&api, &heads).await
                    && !why.gone
                {
                    return traffic.fail(why.what.to_string());
                }
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        });
    }
}

/// Why a checkpoint was not seen.
struct NotSeen {
    /// There was none, as somebody is dead.
    gone: bool,
    what: Failure,
}

/// The last checkpoints of both logs, as an instance shows them.
async fn look(api: &Api, heads: &Mutex<[Heads; 2]>) -> Result<(), NotSeen> {
    for log in 0..2usize {
        let lock = || heads.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((path, known)) = lock().get(log).map(|heads| (heads.path(), heads.largest())) else { continue };
        let bytes = api.file(&path).await.map_err(|why| NotSeen { gone: true, what: why.into() })?;
        if let Some(heads) = lock().get_mut(log) {
            heads.see(&bytes, known).map_err(|what| NotSeen { gone: false, what })?;
        }
    }
    Ok(())
}

impl Run {
    async fn whole(&mut self, plan: Plan) -> Result<Tally, Failure> {
        let mut workers = self.traffic.start(plan.seed);
        watch(&mut workers, self);
        let done = match self.lives(plan.kills).await {
            Ok(()) => self.close().await,
            failed => failed,
        };
        let tally = done.and_then(|()| self.board()).map(|ballots| self.tally(ballots));
        self.traffic.end();
        while workers.join_next().await.is_some() {}
        let tally = tally?;
        tally.tell();
        self.control().await?;
        Ok(tally)
    }

    async fn open(plan: Plan, folder: &Path) -> Result<Self, Failure> {
        // Some kills are double, and the last ballots need no kill.
        let voters = plan.kills.saturating_mul(BALLOTS_A_LIFE).div_ceil(CONTESTS).max(20);
        let scale = Scale { voters, contests: CONTESTS, min_group: 5, factor: SecondFactor::Totp, witnesses: 1 };
        let election = Arc::new(Election::make(&folder.join("election"), scale, plan.seed)?);
        let all: Vec<usize> = (0..election.voters.len()).collect();
        let progress = bar(u64::from(voters).saturating_mul(u64::from(CONTESTS)), "ballots sealed");
        let ballots = voters::ballots(&election, &all, plan.seed, &progress)?;
        progress.finish_and_clear();

        let instances = if plan.postgres { 2 } else { 1 };
        let house = House::open(&election, &folder.join("house"), plan.postgres, instances, (1, EPOCH))?;
        let urls: Vec<String> = house.sites.iter().map(Site::url).collect();
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
        let books = Books::new(&election, house.first()?, &entered, &ballots)?;
        let traffic = Arc::new(Traffic::new(urls, &entered, &ballots, election.rehearsal.manifest.server.key));
        let heads = Arc::new(Mutex::new(Heads::both(&election)?));
        let (rng, kills) = (ChaCha20Rng::seed_from_u64(plan.seed), Kills::default());
        Ok(Self { election, house, apis, traffic, books, heads, rng, kills })
    }

    /// Kills, and looks at everything after each.
    async fn lives(&mut self, kills: u32) -> Outcome {
        let style = ProgressStyle::with_template("   kills {bar:30} {pos}/{len} ({eta}) {msg}");
        let bar = ProgressBar::new(kills.into()).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let started = Instant::now();
        let mut told = 0;
        while self.kills.all() < kills {
            self.traffic.resume(BALLOTS_A_LIFE.into());
            tokio::time::sleep(a_while(&mut self.rng, LIFE)).await;
            let victim = victims::choose(&self.house, &mut self.rng);
            let life = self.life(victim).await;
            let ballots = life.map_err(|why| Failure::new(format!("after a kill ({victim}): {why}")))?;
            bar.set_position(self.kills.all().into());
            bar.set_message(format!("{ballots} ballots"));
            if bar.is_hidden() && self.kills.all() / 25 > told {
                told = self.kills.all() / 25;
                let seconds = started.elapsed().as_secs_f64();
                println!("   {:>5} kills, {ballots} ballots, {seconds:.0} s", self.kills.all());
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    async fn life(&mut self, victim: Victim) -> Result<usize, Failure> {
        victims::kill(&mut self.house, victim, &mut self.kills, &mut self.rng)?;
        // While voters go on.
        let give_up = Instant::now() + PATIENCE;
        self.shown(give_up).await?;
        let codes = self.traffic.some_codes(CODES, &mut self.rng);
        for api in &self.apis {
            checks::recorded(api, &codes, give_up).await?;
        }
        self.traffic.pause().await;
        self.traffic.verdict()?;
        let rows = rows::settled(&self.house).await?;
        let ballots = self.books.compare(&rows, &self.traffic.promised())?;
        self.prove()?;
        self.traffic.verdict()?;
        Ok(ballots)
    }

    /// Every instance shows what it showed before, or more.
    async fn shown(&self, give_up: Instant) -> Outcome {
        for api in &self.apis {
            loop {
                match look(api, &self.heads).await {
                    Ok(()) => break,
                    Err(why) if why.gone && Instant::now() < give_up => {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    Err(why) => return Err(why.what),
                }
            }
        }
        Ok(())
    }

    fn prove(&self) -> Outcome {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        let site = self.house.first()?;
        heads.iter_mut().try_for_each(|heads| heads.prove(site))
    }

    /// Every ballot is promised; then reception ends, and who closes is killed too.
    async fn close(&mut self) -> Outcome {
        self.traffic.resume(u64::MAX / 2);
        let give_up = Instant::now().checked_add(Duration::from_secs(300));
        while self.traffic.waiting() > 0 {
            self.traffic.verdict()?;
            if give_up.is_none_or(|give_up| Instant::now() > give_up) {
                return Err(Failure::new(format!("{} ballots are never promised", self.traffic.waiting())));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.traffic.pause().await;
        self.traffic.verdict()?;
        let promised = self.traffic.promised();
        self.books.compare(&rows::settled(&self.house).await?, &promised)?;
        self.house.plan.clock.end_reception(self.election.rehearsal.manifest.reception_end())?;
        for _ in 0..2 {
            tokio::time::sleep(a_while(&mut self.rng, 900)).await;
            let all = if self.house.clusters.is_empty() { Victim::Server } else { Victim::Everything };
            victims::kill_only(&mut self.house, all, &mut self.kills, &mut self.rng)?;
        }
        self.house.sites.iter().try_for_each(|site| wait_for(site, "closed"))?;
        self.shown(Instant::now() + PATIENCE).await
    }

    /// The board of the export holds what was promised, each ballot once, and nothing else; and it grew as it was
    /// seen to.
    fn board(&self) -> Result<usize, Failure> {
        let exported = desk::in_the_end(self.house.first()?, &self.election.two(), "export")?;
        self.prove()?;
        let board = PathBuf::from(desk::text(&exported, "folder")?).join("board");
        let number = |name: &str| exported.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0);
        let entries = checks::entries(&board, number("ballots"))?;
        checks::board(&entries, &self.traffic.promised())?;
        if number("marks") != number("ballots") {
            return Err(Failure::new(format!("the export tells of other marks than ballots: {exported}")));
        }
        let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        heads.first().map_or(Ok(()), |board| board.given_by(&entries))?;
        self.house.no_alarm()?;
        Ok(entries.len())
    }

    fn tally(&self, ballots: usize) -> Tally {
        let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        let figures: Vec<(usize, u64)> = heads.iter().map(Heads::figures).collect();
        Tally {
            kills: self.kills.clone(),
            sums: self.traffic.sums(),
            ballots: u64::try_from(ballots).unwrap_or(0),
            heads: figures.iter().map(|(heads, _)| u64::try_from(*heads).unwrap_or(0)).sum(),
            proofs: figures.iter().map(|(_, proofs)| proofs).sum(),
        }
    }

    /// The test of the test: a mark that is moved and a ballot that is dropped are told; with a ballot less than marks
    /// the server refuses to start.
    async fn control(&mut self) -> Outcome {
        for server in self.house.servers.drain(..) {
            server.stop()?;
        }
        let promised = self.traffic.promised();
        let one = "(SELECT min(account) FROM marks) AND contest = ";
        let drop = "DELETE FROM ballots WHERE seq = (SELECT min(seq) FROM ballots)";
        if rows::spoil(&self.house, Side::Box, drop).await.is_ok() {
            return Err(Failure::new("a ballot can be dropped from the closed box"));
        }
        rows::unguard(&self.house).await?;
        for (side, sql, starts) in [
            (Side::Roll, format!("UPDATE marks SET contest = 9999 WHERE account = {one} 0"), true),
            (Side::Roll, format!("UPDATE marks SET contest = 0 WHERE account = {one} 9999"), true),
            (Side::Box, drop.to_owned(), false),
        ] {
            rows::spoil(&self.house, side, &sql).await?;
            let told = self.books.compare(&rows::settled(&self.house).await?, &promised);
            let mended = sql.contains("SET contest = 0");
            if told.is_ok() != mended {
                return Err(Failure::new(format!("this test is blind: {sql}")));
            }
            if !starts {
                match self.house.first()?.start() {
                    Err(why) if why.to_string().contains("old copy") => {}
                    Err(why) => return Err(why),
                    Ok(_) => return Err(Failure::new("a server starts with a ballot less than marks")),
                }
            }
        }
        told(
            "control",
            "the closed box resists; a mark moved, a ballot dropped by force: both are told, and the server refuses to start",
        );
        Ok(())
    }
}
