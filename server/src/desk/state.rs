//! The state of every component (R-MON-09), for the desk, the monitor, the metrics and the balancer. Nothing here is
//! finer than an epoch: how many ballots wait is told to nobody.

use core::time::Duration;
use std::path::Path;
use std::sync::PoisonError;

use serde::Serialize;

use crate::board::{BoardStatus, LogName, WitnessStatus};
use crate::clock::ClockHealth;
use crate::delivery::{ChannelStatus, Health};
use crate::phase::Phase;
use crate::server::Server;
use crate::store::{Database, StoreError};

/// For how long a database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Share of a disk that is to stay free, in hundredths.
const FREE: u64 = 10;
/// Seconds beyond an epoch's minutes after which a checkpoint is too old while people vote.
const LATE: i64 = 300;

/// Whether something works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Light {
    /// It does.
    Good,
    /// It does not, or not as it should.
    Red,
    /// It is not used.
    Off,
}

/// A component.
#[derive(Clone, Debug, Serialize)]
pub struct Component {
    /// roll, box, disk, clock, mail, sms, board, witness .., components.
    pub name: String,
    /// Whether it works.
    pub light: Light,
    /// What is known of it, for people.
    pub detail: String,
}

/// The server as it is.
#[derive(Clone, Debug, Serialize)]
pub struct State {
    /// The phase.
    pub phase: &'static str,
    /// The server's time, in seconds since 1970.
    pub now: i64,
    /// Whether this instance is the sequencer.
    pub sequencer: bool,
    /// Number of the last checkpoint.
    pub checkpoint: u64,
    /// Ballots that it holds.
    pub ballots: u64,
    /// Entries of the log of acts.
    pub acts: u64,
    /// Every component.
    pub components: Vec<Component>,
}

impl State {
    /// Whether the balancer may send voters here.
    #[must_use]
    pub fn ready(&self) -> bool {
        let needed = ["roll", "box", "disk", "clock"];
        !self.components.iter().any(|part| part.light == Light::Red && needed.contains(&part.name.as_str()))
    }
}

/// Looks at everything.
pub async fn look(server: &Server) -> State {
    let now = server.clock.now();
    let board = server.board.status().await;
    let mut components = vec![
        database("roll", &server.store.roll).await,
        database("box", &server.store.ballots).await,
        disk(&server.config.data),
        clock(server.clock.health(), board.as_ref().ok()),
    ];
    let delivery = server.access.delivery().status();
    components.push(channel("mail", &delivery.mail));
    components.push(channel("sms", &delivery.sms));
    let sequencer = server.conductor.leads().await;
    components.push(log(server, &board, now).await);
    if let Ok(board) = &board {
        components.extend(board.witnesses.iter().map(|witness| self::witness(witness, board)));
    }
    components.push(compared(server));
    let board = board.ok();
    State {
        phase: server.lifecycle.phase(now).name(),
        now,
        sequencer,
        checkpoint: board.as_ref().map_or(0, |board| board.checkpoint),
        ballots: board.as_ref().map_or(0, |board| board.size),
        acts: board.as_ref().map_or(0, |board| board.acts),
        components,
    }
}

fn component(name: &str, light: Light, detail: impl Into<String>) -> Component {
    Component { name: name.to_owned(), light, detail: detail.into() }
}

fn light(good: bool) -> Light {
    if good { Light::Good } else { Light::Red }
}

async fn database(name: &str, database: &Database) -> Component {
    let asking = async {
        let mut connection = database.read().await?;
        sqlx::query("SELECT count(*) FROM meta").fetch_one(&mut *connection).await?;
        Ok::<_, StoreError>(())
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(Ok(())) => component(name, Light::Good, format!("{:?}", database.backend()).to_lowercase()),
        Ok(Err(error)) => component(name, Light::Red, error.to_string()),
        Err(_) => component(name, Light::Red, "no answer"),
    }
}

/// Free space in hundredths of the disk of a folder.
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.saturating_mul(100).checked_div(disk.f_blocks)
}

fn disk(folder: &Path) -> Component {
    match free(folder) {
        Some(hundredths) => component("disk", light(hundredths >= FREE), format!("{hundredths} % free")),
        None => component("disk", Light::Red, "the folder of this instance's files is not there"),
    }
}

fn clock(health: ClockHealth, board: Option<&BoardStatus>) -> Component {
    let skew = board.and_then(|board| board.skew);
    match health {
        ClockHealth::Good if board.is_some_and(BoardStatus::skewed) => {
            let seconds = skew.unwrap_or(0);
            component("clock", Light::Red, format!("{seconds} s off against the witnesses"))
        }
        ClockHealth::Good => component("clock", Light::Good, skew.map_or(String::new(), |skew| format!("{skew} s"))),
        ClockHealth::Red { offset } | ClockHealth::Unusable { offset } => {
            component("clock", Light::Red, format!("{offset} s off against the machine"))
        }
    }
}

fn channel(name: &str, status: &ChannelStatus) -> Component {
    let failure = status.last_failure.as_deref().unwrap_or("");
    let counts = format!("{} waiting, {} failed", status.waiting, status.failed);
    match status.health {
        Health::Up => component(name, Light::Good, counts),
        Health::Down | Health::Full => component(name, Light::Red, format!("{counts}: {failure}")),
    }
}

async fn log(server: &Server, board: &Result<BoardStatus, StoreError>, now: i64) -> Component {
    let status = match board {
        Ok(status) => status,
        Err(error) => return component("board", Light::Red, error.to_string()),
    };
    let detail = format!("checkpoint {}, {} ballots", status.checkpoint, status.size);
    // Epochs that must leave by time: what is older than two of them stands still.
    let minutes = i64::from(server.config.epochs.minutes);
    let voting = matches!(server.lifecycle.phase(now), Phase::Voting | Phase::Grace);
    let signed = match server.board.last(LogName::Board).await {
        Ok(head) => !head.note.is_empty(),
        Err(_) => false,
    };
    let oldest =
        server.lifecycle.schedule().voting_start.saturating_add(minutes.saturating_mul(120)).saturating_add(LATE);
    let stalled = voting && minutes > 0 && now > oldest && !signed;
    component("board", light(!stalled && signed), detail)
}

fn witness(status: &WitnessStatus, board: &BoardStatus) -> Component {
    let name = format!("witness {}", status.name);
    if let Some(size) = status.ahead {
        return component(&name, Light::Red, format!("ALARM: it knows {size} entries, this log has fewer"));
    }
    match &status.failure {
        Some(failure) => component(&name, Light::Red, failure.clone()),
        None => {
            let signed = status.signed.get(LogName::Board.name());
            let detail = signed.map_or("not asked yet".to_owned(), |number| format!("checkpoint {number}"));
            let behind = signed.is_some_and(|number| number.saturating_add(2) < board.checkpoint);
            component(&name, light(!behind), detail)
        }
    }
}

fn compared(server: &Server) -> Component {
    let report = server.compared.read().unwrap_or_else(PoisonError::into_inner);
    match &*report {
        None => component("components", Light::Off, "not compared yet"),
        Some(report) if report.baseline.is_none() => component("components", Light::Off, "no baseline"),
        Some(report) if report.same() => {
            component("components", Light::Good, format!("as the baseline, {}", report.at))
        }
        Some(report) => {
            component("components", Light::Red, format!("{} differ, {}", report.differences.len(), report.at))
        }
    }
}
