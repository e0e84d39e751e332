//! What breaks beside the program: disk full, read-only disk, database gone, clock stepped. Errors are clear, nothing
//! promised is lost, and voting goes on when the cause is gone.

mod clock;
mod database;
mod disk;

use core::time::Duration;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use escrutinio_core::manifest::SecondFactor;
use escrutinio_driver::{Api, Factor, Outbox};
use indicatif::ProgressBar;

use super::traffic::problem;
use super::{rows, told};
use crate::lab::election::{Election, Scale};
use crate::lab::house::House;
use crate::lab::server::{Server, get};
use crate::lab::site::Site;
use crate::lab::voters::{self, Entered, Way};
use crate::lab::wire::{Reply, Wire};
use crate::shell::{Failure, Outcome};

/// How long a server may take to notice that a cause is gone.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn run(postgres: bool) -> Outcome {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(error.to_string()))?;
    runtime.block_on(async {
        if postgres {
            println!("== what breaks around a server on PostgreSQL");
            return database::gone_and_read_only().await;
        }
        println!("== what breaks around a server on SQLite");
        clock::stepped().await?;
        disk::full_and_read_only().await?;
        disk::fails_while_it_runs().await
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

    /// The next ballot is refused with a problem of this name, and the server says to those who run it what is broken,
    /// in a line with this word. The line, and the ballot.
    async fn refused(&mut self, name: &str, word: &str) -> Result<(String, (String, Vec<u8>)), Failure> {
        let (token, ballot) = self.take()?;
        let reply = self.send(&token, &ballot).await?;
        if reply.status != 503 || problem(&reply) != name {
            return Err(odd(&reply));
        }
        let (admin, site) = (self.house.first()?.admin(), self.house.first()?.url());
        if get(&admin, "/healthz")?.status != 200 || get(&site, "/api/v1/election")?.status != 200 {
            return Err(Failure::new("the server does not answer any more"));
        }
        // One connection may have found out, and another not yet.
        let give_up = Instant::now().checked_add(PATIENCE);
        loop {
            let ready = get(&admin, "/readyz")?;
            let line = ready.body.lines().find(|line| line.starts_with("Red ") && line.contains(word));
            match line {
                Some(line) if ready.status == 503 => return Ok((line.to_owned(), (token, ballot))),
                _ if give_up.is_some_and(|give_up| Instant::now() < give_up) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                _ => return Err(Failure::new(format!("/readyz says nothing of it: {} {}", ready.status, ready.body))),
            }
        }
    }

    /// A ballot that was refused is promised once the cause is gone, and the balancer may send voters again.
    async fn taken(&self, (token, ballot): (String, Vec<u8>)) -> Outcome {
        let give_up = Instant::now().checked_add(PATIENCE);
        loop {
            let reply = self.send(&token, &ballot).await?;
            if reply.status == 200 && get(&self.house.first()?.admin(), "/readyz")?.status == 200 {
                return Ok(());
            }
            if give_up.is_none_or(|give_up| Instant::now() > give_up) {
                return Err(odd(&reply));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Both, with what takes the cause away in between.
    async fn refused_until(
        &mut self,
        name: &str,
        word: &str,
        gone: impl FnOnce(&House) -> Outcome,
    ) -> Result<String, Failure> {
        let (line, refused) = self.refused(name, word).await?;
        gone(&self.house)?;
        self.taken(refused).await?;
        Ok(line)
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

    /// The server, for who ends it.
    fn server(&mut self) -> Result<Server, Failure> {
        self.house.servers.pop().ok_or_else(|| Failure::new("no server"))
    }

    fn start(&mut self) -> Outcome {
        let server = self.house.first()?.start()?;
        self.house.servers.push(server);
        Ok(())
    }

    /// It does not start, and says why in a line with this word.
    fn does_not_start(&self, word: &str) -> Result<String, Failure> {
        let why = match attempt(self.house.first()?) {
            Ok(()) => return Err(Failure::new(format!("it starts, though {word}"))),
            Err(why) => why.to_string(),
        };
        let line = why.lines().find(|line| line.contains(word));
        line.map(str::to_owned).ok_or_else(|| Failure::new(format!("it says nothing of {word}: {why}")))
    }
}

fn odd(reply: &Reply) -> Failure {
    Failure::new(format!("answered {}: {}", reply.status, String::from_utf8_lossy(&reply.body)))
}

/// A start whose last words are heard here: perhaps nothing can be written where its log would be.
fn attempt(site: &Site) -> Outcome {
    let mut command = site.command(&["run", "--config"]);
    let child = command.arg(site.config()).stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let mut child = child.spawn().map_err(|error| Failure::new(error.to_string()))?;
    let give_up = Instant::now().checked_add(PATIENCE);
    let outcome = loop {
        if get(&site.admin(), "/healthz").is_ok() {
            break Ok(());
        }
        if child.try_wait().is_ok_and(|status| status.is_some()) {
            let mut why = String::new();
            if let Some(mut stderr) = child.stderr.take() {
                let _ = std::io::Read::read_to_string(&mut stderr, &mut why);
            }
            return Err(Failure::new(why.trim().to_owned()));
        }
        if give_up.is_none_or(|give_up| Instant::now() > give_up) {
            break Err(Failure::new("it neither starts nor ends"));
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    // It has not ended by itself.
    let _ = child.kill();
    let _ = child.wait();
    outcome
}
