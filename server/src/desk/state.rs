//! The state of every component (R-MON-09), for the desk, the monitor, the metrics and the balancer. Nothing here is
//! finer than an epoch: how many ballots wait is told to nobody.

use core::time::Duration;
use std::path::Path;
use std::sync::PoisonError;

use serde::Serialize;
use utoipa::ToSchema;

use crate::board::{BoardStatus, LogName, WitnessStatus};
use crate::clock::ClockHealth;
use crate::delivery::{ChannelStatus, Health};
use crate::phase::Phase;
use crate::server::Server;
use crate::store::{Database, StoreError};

/// For how long a database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// For how long nothing of what the clock asks for may be done: looking at it takes less than a second.
const STILL: Duration = Duration::from_secs(30);
/// Share of a disk that is to stay free, in hundredths.
const FREE: u64 = 10;

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

/// What is known of a component, for people, in two languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Detail {
    /// Spanish.
    pub es: String,
    /// English.
    pub en: String,
    /// Whether it has what a library or a system says: machines, paths, users.
    #[serde(skip)]
    raw: bool,
}

impl Detail {
    pub(crate) fn new(es: impl Into<String>, en: impl Into<String>) -> Self {
        Self { es: es.into(), en: en.into(), raw: false }
    }

    /// What a library says has one language, and is for the desk.
    pub(crate) fn raw(text: impl ToString) -> Self {
        Self { raw: true, ..Self::new(text.to_string(), text.to_string()) }
    }

    /// Whether it is a text of this program: what names a machine, a path or a user is not.
    pub(crate) fn is_own(&self) -> bool {
        !self.raw
    }
}

/// A component.
#[derive(Clone, Debug, Serialize)]
pub struct Component {
    /// roll, box, disk, clock, mail, sms, board, witness .., casting, conductor, components.
    pub name: String,
    /// Whether it works.
    pub light: Light,
    /// What is known of it.
    pub detail: Detail,
    /// Whether voters have to be sent elsewhere.
    #[serde(skip)]
    pub stops: bool,
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
        !self.components.iter().any(|part| part.stops)
    }
}

/// Looks at everything.
pub async fn look(server: &Server) -> State {
    let now = server.clock.now();
    let board = server.board.status().await;
    let mut components = vec![
        database("roll", &server.store.roll).await,
        ballots(server).await,
        disk(&server.config.data),
        clock(server, board.as_ref().ok()),
    ];
    let delivery = server.access.delivery().status();
    components.push(channel("mail", &delivery.mail));
    components.push(channel("sms", &delivery.sms));
    let sequencer = server.conductor.leads();
    components.push(log(server, &board, now).await);
    if let Ok(board) = &board {
        components.extend(board.witnesses.iter().map(|witness| self::witness(witness, board)));
    }
    components.push(casting(server));
    components.push(conductor(server));
    if server.conductor.must_destroy_key() {
        let detail = Detail::new(
            "keys.sealed aún tiene la llave de la urna, que fue destruida: hay que reiniciar",
            "keys.sealed still has the box key, which was destroyed: restart",
        );
        components.push(component("keys", Light::Red, detail));
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

fn component(name: &str, light: Light, detail: Detail) -> Component {
    Component { name: name.to_owned(), light, detail, stops: false }
}

/// A component without which nobody can vote here.
fn stopping(name: &str, detail: Detail) -> Component {
    Component { stops: true, ..component(name, Light::Red, detail) }
}

fn light(good: bool) -> Light {
    if good { Light::Good } else { Light::Red }
}

async fn database(name: &str, database: &Database) -> Component {
    let asking = async {
        let mut connection = database.read().await?;
        sqlx::query("SELECT count(*) FROM meta").fetch_one(&mut *connection).await?;
        drop(connection);
        database.writes().await
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(Ok(())) => component(name, Light::Good, Detail::raw(format!("{:?}", database.backend()).to_lowercase())),
        Ok(Err(error)) => stopping(name, Detail::raw(format!("{error}: {}", error.remedy()))),
        Err(_) => stopping(name, Detail::new("no responde", "no answer")),
    }
}

/// The box; one that is proved to be an old copy takes nothing.
async fn ballots(server: &Server) -> Component {
    if server.lifecycle.is_stopped() {
        return stopping("box", Detail::new("ALARMA: es una copia vieja", "ALARM: it is an old copy"));
    }
    database("box", &server.store.ballots).await
}

/// Free space in hundredths of the disk of a folder.
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.saturating_mul(100).checked_div(disk.f_blocks)
}

fn disk(folder: &Path) -> Component {
    match free(folder) {
        Some(0) => stopping("disk", Detail::new("lleno", "full")),
        Some(share) => {
            component("disk", light(share >= FREE), Detail::new(format!("{share} % libre"), format!("{share} % free")))
        }
        None => stopping("disk", Detail::new("no está la carpeta de datos", "the folder of data is not there")),
    }
}

fn clock(server: &Server, board: Option<&BoardStatus>) -> Component {
    if let Some(since) = server.lifecycle.doubted() {
        let since = crate::board::utc(since);
        let detail = Detail::new(
            format!("saltó desde {since}: falta que los testigos o el acto `clock` lo confirmen"),
            format!("it has jumped since {since}: witnesses or the act `clock` must confirm it"),
        );
        return component("clock", Light::Red, detail);
    }
    let against = |seconds: i64| {
        Detail::new(format!("{seconds} s respecto de los testigos"), format!("{seconds} s off against the witnesses"))
    };
    let off = |seconds: i64| {
        Detail::new(format!("{seconds} s respecto de la máquina"), format!("{seconds} s off against the machine"))
    };
    let skew = board.and_then(|board| board.skew);
    match server.clock.health() {
        ClockHealth::Good => {
            let skewed = board.is_some_and(BoardStatus::skewed);
            component("clock", light(!skewed), skew.map_or(Detail::default(), against))
        }
        ClockHealth::Red { offset } => component("clock", Light::Red, off(offset)),
        ClockHealth::Unusable { offset } => stopping("clock", off(offset)),
    }
}

fn channel(name: &str, status: &ChannelStatus) -> Component {
    // How many are on their way is how many voters come in now.
    let failed = status.failed;
    let failure = status.last_failure.as_deref().unwrap_or_default();
    let detail = Detail::new(format!("{failed} sin entregar {failure}"), format!("{failed} failed {failure}"));
    component(name, light(status.health == Health::Up), detail)
}

async fn log(server: &Server, board: &Result<BoardStatus, StoreError>, now: i64) -> Component {
    let status = match board {
        Ok(status) => status,
        Err(error) => return component("board", Light::Red, Detail::raw(error)),
    };
    let (number, size) = (status.checkpoint, status.size);
    let detail = Detail::new(
        format!("punto de control {number}, {size} boletas"),
        format!("checkpoint {number}, {size} ballots"),
    );
    // A head that was written down is signed within seconds; one that is not stands still.
    let head = server.board.last(LogName::Board).await;
    let signed = head.is_ok_and(|head| !head.note.is_empty());
    let voting = matches!(server.lifecycle.phase(now), Phase::Voting | Phase::Grace);
    component("board", light(signed || !voting), detail)
}

fn witness(status: &WitnessStatus, board: &BoardStatus) -> Component {
    let name = format!("witness {}", status.name);
    if let Some(size) = status.ahead {
        let detail = Detail::new(
            format!("ALARMA: conoce {size} entradas, más que esta bitácora"),
            format!("ALARM: it knows {size} entries, more than this log has"),
        );
        return component(&name, Light::Red, detail);
    }
    match (&status.failure, status.signed.get(LogName::Board.name())) {
        (Some(failure), _) => component(&name, Light::Red, Detail::raw(failure)),
        (None, None) => component(&name, Light::Off, Detail::new("sin firmas todavía", "has not signed yet")),
        (None, Some(number)) => {
            let behind = number.saturating_add(2) < board.checkpoint;
            let detail =
                Detail::new(format!("firmó el punto de control {number}"), format!("signed checkpoint {number}"));
            component(&name, light(!behind), detail)
        }
    }
}

/// What takes ballots; once it has ended by a fault of the program, another instance has to.
fn casting(server: &Server) -> Component {
    match server.cast.is_alive() {
        true => component("casting", Light::Good, Detail::default()),
        false => stopping("casting", Detail::new("se detuvo: hay que reiniciar", "it has ended: restart")),
    }
}

/// What happens by the clock: epochs, grace, close.
fn conductor(server: &Server) -> Component {
    let still = server.conductor.still_for();
    match server.conductor.fault() {
        Some(error) => component("conductor", Light::Red, Detail::raw(error)),
        None if still > STILL => {
            let seconds = still.as_secs();
            let detail =
                Detail::new(format!("detenido desde hace {seconds} s"), format!("it stands still for {seconds} s"));
            component("conductor", Light::Red, detail)
        }
        None => component("conductor", Light::Good, Detail::default()),
    }
}

fn compared(server: &Server) -> Component {
    let report = server.compared.read().unwrap_or_else(PoisonError::into_inner);
    let (light, es, en) = match &*report {
        None => (Light::Off, "sin comparar".to_owned(), "not compared yet".to_owned()),
        Some(report) if report.baseline.is_none() => (Light::Off, "sin línea base".into(), "no baseline".into()),
        Some(report) if report.same() => {
            let at = &report.at;
            (Light::Good, format!("iguales a la línea base, {at}"), format!("as the baseline, {at}"))
        }
        Some(report) => {
            let (count, at) = (report.differences.len(), &report.at);
            (Light::Red, format!("{count} distintos, {at}"), format!("{count} differ, {at}"))
        }
    };
    component("components", light, Detail::new(es, en))
}
