//! What breaks beside the program: disk full, read-only disk, database gone, clock stepped. Errors
//! are clear, nothing promised is lost, and voting goes on when the cause is gone.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use escrutinio_core::manifest::SecondFactor;
use escrutinio_driver::{Api, Factor, Outbox};
use indicatif::ProgressBar;
use serde_json::Value;

use super::{rows, told};
use crate::lab::election::{Election, Scale};
use crate::lab::house::House;
use crate::lab::postgres::Cluster;
use crate::lab::server::get;
use crate::lab::voters::{self, Entered, Way};
use crate::lab::wire::{Reply, Wire};
use crate::shell::{Failure, Outcome};

/// How long a server may take to notice that a cause is gone.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn run(postgres: bool) -> Outcome {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(error.to_string()))?;
    runtime.block_on(async {
        if postgres {
            return database_gone().await;
        }
        clock_stepped().await?;
        disk_full_and_read_only().await
    })
}

/// A few voters who have entered, and their ballots.
struct Scene {
    house: House,
    entered: Vec<Entered>,
    ballots: Vec<Vec<Vec<u8>>>,
    next: usize,
}

impl Scene {
    async fn open(folder: &Path, elections: &Path, postgres: bool) -> Result<Self, Failure> {
        let scale = Scale { voters: 12, contests: 4, min_group: 2, factor: SecondFactor::Totp, witnesses: 0 };
        let election = Arc::new(Election::make(elections, scale, 7)?);
        let all: Vec<usize> = (0..election.voters.len()).collect();
        let bar = ProgressBar::hidden();
        let ballots = voters::ballots(&election, &all, 7, &bar)?;
        let house = House::open(&election, folder, postgres, 1, (0, 4096))?;
        let way = Way {
            apis: vec![Api::new(&house.first()?.url())?],
            phones: Arc::new(Outbox::new(&house.plan.messages.join("phones"), Duration::from_secs(30))),
            clock: house.plan.clock.clone(),
            factor: Factor::Totp,
            devices: 4,
        };
        let entered = voters::enter(&election, &way, all, &bar).await?;
        Ok(Self { house, entered, ballots, next: 0 })
    }

    /// The next ballot that nobody has sent.
    fn take(&mut self) -> Result<(String, Vec<u8>), Failure> {
        let (contest, voter) = (self.next / self.entered.len().max(1), self.next % self.entered.len().max(1));
        self.next = self.next.saturating_add(1);
        let ballot = self.ballots.get(voter).and_then(|of_one| of_one.get(contest));
        let voter = self.entered.get(voter);
        let (Some(ballot), Some(voter)) = (ballot, voter) else { return Err(Failure::new("no more ballots")) };
        Ok((voter.session.expose_token().to_owned(), ballot.clone()))
    }

    async fn send(&self, token: &str, ballot: &[u8]) -> Result<Reply, Failure> {
        let mut wire = Wire::new(&self.house.first()?.url());
        let request = wire.post("/api/v1/session/ballots", Some(token), "application/octet-stream", ballot);
        wire.ask(&request).await
    }

    /// The next ballot is promised.
    async fn promised(&mut self) -> Outcome {
        let (token, ballot) = self.take()?;
        let reply = self.send(&token, &ballot).await?;
        if reply.status == 200 { Ok(()) } else { Err(odd(&reply)) }
    }

    /// The next ballot is refused with a problem of this name; it is promised once the cause is gone.
    async fn refused_until(&mut self, problem: &str, gone: impl FnOnce(&House) -> Outcome) -> Outcome {
        let (token, ballot) = self.take()?;
        let reply = self.send(&token, &ballot).await?;
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let kind = answer.get("type").and_then(Value::as_str).unwrap_or_default();
        if reply.status != 503 || kind != format!("urn:escrutinio:problem:{problem}") {
            return Err(odd(&reply));
        }
        let (admin, site) = (self.house.first()?.admin(), self.house.first()?.url());
        if get(&admin, "/healthz")?.status != 200 || get(&site, "/api/v1/election")?.status != 200 {
            return Err(Failure::new("the server does not answer any more"));
        }
        if get(&admin, "/readyz")?.status == 200 {
            return Err(Failure::new("/readyz says that all is well"));
        }
        gone(&self.house)?;
        let give_up = Instant::now().checked_add(PATIENCE);
        loop {
            let reply = self.send(&token, &ballot).await?;
            if reply.status == 200 {
                return Ok(());
            }
            if give_up.is_none_or(|give_up| Instant::now() > give_up) {
                return Err(odd(&reply));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// All that was promised is there, once.
    async fn intact(&self, promised: usize) -> Outcome {
        let rows = rows::settled(&self.house).await?;
        if (rows.ballots.len(), rows.marks.len()) == (promised, promised) {
            return Ok(());
        }
        let what = format!("{} ballots and {} marks", rows.ballots.len(), rows.marks.len());
        Err(Failure::new(format!("{promised} were promised; there are {what}")))
    }
}

fn odd(reply: &Reply) -> Failure {
    Failure::new(format!("answered {}: {}", reply.status, String::from_utf8_lossy(&reply.body)))
}

/// PostgreSQL stops, one cluster after the other.
async fn database_gone() -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let mut scene = Scene::open(&folder.path().join("house"), &folder.path().join("election"), true).await?;
    scene.promised().await?;
    for number in 0..2usize {
        let cluster = |house: &House, act: fn(&Cluster) -> Outcome| {
            house.clusters.get(number).map_or_else(|| Err(Failure::new("no cluster")), act)
        };
        cluster(&scene.house, Cluster::stop)?;
        scene.refused_until("storage", |house| cluster(house, Cluster::start)).await?;
    }
    scene.intact(3).await?;
    told("database gone", "refused clearly; goes on by itself when it is back");
    scene.house.stop()
}

/// The machine's clock steps; then a program starts before its own past.
async fn clock_stepped() -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let mut scene = Scene::open(&folder.path().join("house"), &folder.path().join("election"), false).await?;
    scene.promised().await?;
    let clock = scene.house.plan.clock.clone();
    for step in [61, -61] {
        clock.step_machine(step)?;
        let back = clock.clone();
        scene.refused_until("clock", move |_| back.step_machine(0)).await?;
    }
    clock.step_machine(-30)?;
    scene.promised().await?;
    clock.step_machine(0)?;
    told("clock stepped", "seen both ways: beyond 60 s nothing is taken, up to then it goes on");

    let now = clock.now();
    // The latest time is kept to the minute.
    clock.set(now.saturating_add(300))?;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let server = scene.house.servers.pop().ok_or_else(|| Failure::new("no server"))?;
    server.stop()?;
    clock.set(now)?;
    let site = scene.house.first()?;
    match site.start() {
        Ok(_) => return Err(Failure::new("it starts five minutes before its own past")),
        Err(why) => told("started too early", last_line(&why.to_string())),
    }
    clock.set(now.saturating_add(310))?;
    let server = site.start()?;
    scene.house.servers.push(server);
    scene.promised().await?;
    scene.intact(5).await?;
    scene.house.stop()
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

/// A file system in memory; unmounted when dropped.
struct Mount(PathBuf);

impl Mount {
    /// Nothing where this user may not mount.
    fn new(at: &Path) -> Result<Option<Self>, Failure> {
        std::fs::create_dir_all(at).map_err(|error| Failure::file(at, &error))?;
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=96m", "tmpfs"]).arg(at).output();
        Ok(mounted.is_ok_and(|answer| answer.status.success()).then(|| Self(at.to_owned())))
    }

    fn remount(&self, how: &str) -> Outcome {
        let answer = Command::new("mount").arg("-o").arg(format!("remount,{how}")).arg(&self.0).output();
        match answer {
            Ok(answer) if answer.status.success() => Ok(()),
            Ok(answer) => Err(Failure::new(String::from_utf8_lossy(&answer.stderr).into_owned())),
            Err(error) => Err(Failure::new(format!("mount: {error}"))),
        }
    }

    /// Takes all the room that there is.
    fn fill(&self) -> Result<PathBuf, Failure> {
        let path = self.0.join("ballast");
        let mut file = std::fs::File::create(&path).map_err(|error| Failure::file(&path, &error))?;
        let piece = vec![0u8; 65_536];
        for length in [piece.len(), 4096, 1] {
            let piece = piece.get(..length).unwrap_or_default();
            while std::io::Write::write_all(&mut file, piece).is_ok() {}
        }
        Ok(path)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // What holds it has ended; if not, it goes with the machine.
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

async fn disk_full_and_read_only() -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
    let Some(mount) = Mount::new(&folder.path().join("disk"))? else {
        told("disk full, read-only", "left out: this user may not mount a disk of its own");
        return Ok(());
    };
    let mut scene = Scene::open(&mount.0.join("house"), &folder.path().join("election"), false).await?;
    scene.promised().await?;
    let ballast = mount.fill()?;
    scene
        .refused_until("storage", |_| std::fs::remove_file(&ballast).map_err(|error| Failure::file(&ballast, &error)))
        .await?;
    scene.intact(2).await?;
    told("disk full", "refused clearly; goes on by itself when there is room");

    let server = scene.house.servers.pop().ok_or_else(|| Failure::new("no server"))?;
    server.stop()?;
    mount.remount("ro")?;
    let site = scene.house.first()?;
    match on_read_only(site) {
        Ok(()) => return Err(Failure::new("it starts on a disk that it cannot write to")),
        Err(why) => told("read-only disk", last_line(&why.to_string())),
    }
    mount.remount("rw")?;
    let server = site.start()?;
    scene.house.servers.push(server);
    scene.promised().await?;
    scene.intact(3).await?;
    scene.house.stop()
}

/// Nothing can be written there, so the program's own log goes elsewhere.
fn on_read_only(site: &crate::lab::site::Site) -> Outcome {
    let mut command = site.command(&["run", "--config"]);
    let child = command.arg(site.config()).stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let mut child = child.spawn().map_err(|error| Failure::new(error.to_string()))?;
    let give_up = Instant::now().checked_add(PATIENCE);
    while give_up.is_some_and(|give_up| Instant::now() < give_up) {
        if get(&site.admin(), "/healthz").is_ok() {
            let _ = child.kill();
            let _ = child.wait();
            return Ok(());
        }
        if child.try_wait().is_ok_and(|status| status.is_some()) {
            let mut why = String::new();
            if let Some(mut stderr) = child.stderr.take() {
                let _ = std::io::Read::read_to_string(&mut stderr, &mut why);
            }
            return Err(Failure::new(why.trim().to_owned()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = child.kill();
    let _ = child.wait();
    Err(Failure::new("it neither starts nor ends"))
}
