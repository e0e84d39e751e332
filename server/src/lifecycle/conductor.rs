//! What happens by the clock, and what staff may ask for.

use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use core::time::Duration;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use escrutinio_core::hash::sha256;
use escrutinio_core::ids::hex;
use sqlx::Row;
use tokio::sync::Mutex;

use super::instances::{self, Sign};
use super::time::{Look, Trust};
use super::{Exported, KeyFile, LifecycleError, VotersList, export, start, voters, zero};
use crate::board::{Act, BoardService, Head, Leader, utc};
use crate::cast::CastService;
use crate::clock::{Clock, ClockHealth};
use crate::config::Policy;
use crate::election::LoadedElection;
use crate::events::{Event, EventLog};
use crate::keys::ServerKeys;
use crate::phase::{Lifecycle, Phase};
use crate::store::{Database, Store, StoreError, meta};

/// How often it looks at the clock.
const TICK: Duration = Duration::from_millis(500);
/// How often write-ahead logs are emptied.
const EMPTY: Duration = Duration::from_secs(60);
/// Seconds after the last moment of reception in which ballots that were received are finished.
const DRAIN: i64 = 10;
/// Seconds before that moment from which on every instance says that it is there: by its own clock, which may be two
/// minutes behind when it starts.
const GATHER: i64 = 300;
/// Seconds of an hour.
const HOUR: i64 = 3600;

/// What the conductor needs of the rest of the server.
#[derive(Clone)]
pub struct ConductorParts {
    /// The sealed election.
    pub election: Arc<LoadedElection>,
    /// What may be done when.
    pub lifecycle: Arc<Lifecycle>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Both databases.
    pub store: Store,
    /// The keys.
    pub keys: Arc<ServerKeys>,
    /// The file that they are from.
    pub key_file: KeyFile,
    /// Takes ballots.
    pub cast: Arc<CastService>,
    /// Both logs.
    pub board: Arc<BoardService>,
    /// The log of events.
    pub events: Arc<EventLog>,
    /// What the opening fixes.
    pub policy: Policy,
}

impl fmt::Debug for ConductorParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConductorParts(..)")
    }
}

/// Leads the election through its phases.
#[derive(Debug)]
pub struct Conductor {
    pub(super) parts: ConductorParts,
    /// Its name for the other instances.
    instance: i64,
    /// When a signed exception has ended voting.
    ended: AtomicI64,
    /// Whether the file of keys has the box key.
    pub(super) keeps_key: AtomicBool,
    /// Whether it was tried to overwrite it there.
    pub(super) tried: AtomicBool,
    /// What it told them last, and when.
    told: std::sync::Mutex<Option<(Instant, Sign)>>,
    /// It has said that it ends.
    left: AtomicBool,
    /// Of one instance only.
    pub(super) leader: Mutex<Option<Leader>>,
    /// Ballots that waited at the last tick; negative where another instance is the sequencer.
    waiting: AtomicI64,
    /// Why the last tick did not do what was due.
    fault: std::sync::Mutex<Option<StoreError>>,
    /// The hour in which the events were anchored last.
    anchored: AtomicI64,
    /// When the write-ahead logs were emptied last.
    emptied: std::sync::Mutex<Instant>,
    pub(super) look: std::sync::Mutex<Look>,
    /// What witnesses and staff have said of the clock.
    pub(super) trust: std::sync::Mutex<Trust>,
    /// When everything that was due was done last.
    pulse: std::sync::Mutex<Instant>,
    /// When the witnesses were asked last whether they know more than the box.
    pub(super) compared: std::sync::Mutex<Option<Instant>>,
}

pub(super) async fn count(database: &Database, statement: &'static str) -> Result<i64, StoreError> {
    Ok(sqlx::query(statement).fetch_one(&mut *database.read().await?).await?.try_get(0)?)
}

impl Conductor {
    /// Puts the act *election* on the log, with the hash of every sealed file and these values, unless
    /// it is there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn new(parts: ConductorParts, values: &[(String, String)]) -> Result<Self, StoreError> {
        let election = &parts.election;
        let mut act = Act::new("election", parts.clock.now()).with("election-id", election.election.election_id);
        for path in election.files.keys() {
            act = act.with(path, election.file_hash(path).unwrap_or_default());
        }
        for (name, value) in values {
            act = act.with(name, value);
        }
        parts.board.act_once(&act).await?;
        let look = std::sync::Mutex::new((Instant::now(), parts.clock.now()));
        let (emptied, pulse) = (std::sync::Mutex::new(Instant::now()), std::sync::Mutex::new(Instant::now()));
        let (waiting, compared) = (AtomicI64::new(-1), std::sync::Mutex::new(Some(Instant::now())));
        let (fault, told, trust) =
            (std::sync::Mutex::default(), std::sync::Mutex::default(), std::sync::Mutex::default());
        let instance = instances::new_id();
        let (leader, left) = (Mutex::new(None), AtomicBool::new(false));
        let (keeps_key, tried) = (AtomicBool::new(parts.keys.ballots().is_some()), AtomicBool::new(false));
        let ended = AtomicI64::new(i64::MAX);
        let anchored = AtomicI64::new(parts.clock.now().div_euclid(HOUR));
        Ok(Self {
            parts,
            instance,
            ended,
            keeps_key,
            tried,
            told,
            left,
            leader,
            waiting,
            fault,
            anchored,
            emptied,
            look,
            trust,
            pulse,
            compared,
        })
    }

    /// Looks at the clock, and at the witnesses, again and again, as long as somebody else holds the conductor.
    pub fn run(self: &Arc<Self>) {
        every(self, TICK, |conductor| async move {
            // It says itself what it could not do.
            let _ = conductor.tick().await;
        });
        every(self, TICK.saturating_mul(2), |conductor| async move {
            match conductor.meet_witnesses().await {
                Ok(()) | Err(StoreError::Closed) => {}
                Err(error) => tracing::warn!(%error, "cosignatures were not collected"),
            }
        });
    }

    /// Whether this instance is the sequencer.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) >= 0
    }

    /// Ballots that wait, if this instance is the sequencer.
    #[must_use]
    pub fn waiting(&self) -> Option<usize> {
        usize::try_from(self.waiting.load(Ordering::SeqCst)).ok()
    }

    /// Does what is due.
    ///
    /// # Errors
    /// [`StoreError`]; it is due again at the next call.
    pub async fn tick(&self) -> Result<(), StoreError> {
        let done = self.due().await;
        if let Err(StoreError::OldCopy { what }) = &done
            && !self.parts.lifecycle.is_stopped()
        {
            tracing::error!(what, "no ballot is taken any more");
            self.parts.lifecycle.stop();
        }
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        let now = done.clone().err();
        if *fault != now {
            match &now {
                Some(error) => tracing::error!(%error, "what the clock asks for is not done; it is tried again"),
                None => tracing::info!("what the clock asks for is done again"),
            }
            *fault = now;
        }
        done
    }

    /// Why what the clock asks for is not done, if it is not.
    #[must_use]
    pub fn fault(&self) -> Option<StoreError> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn due(&self) -> Result<(), StoreError> {
        let parts = &self.parts;
        // Another copy may have taken the place of a database: before anything is done on it.
        parts.board.check().await?;
        // What other instances have done.
        parts.lifecycle.note(start::facts(&parts.store).await?);
        parts.events.turn_of_the_hour().await?;
        self.note_late().await?;
        let now = parts.clock.now();
        self.watch_clock(now).await?;
        self.follow_destruction().await?;
        self.tell(now).await?;
        let mut leader = self.leader.lock().await;
        // After an error, or a panic, nobody knows what was written: it begins anew from what the box says.
        let mut own = leader.take();
        let done = self.lead(&mut own, now).await;
        if done.is_ok() {
            *leader = own;
        }
        let waiting = leader.as_ref().map_or(-1, |leader| i64::try_from(leader.waiting()).unwrap_or(i64::MAX));
        self.waiting.store(waiting, Ordering::SeqCst);
        drop(leader);
        done?;
        self.empty_logs().await?;
        parts.board.sync().await?;
        *self.pulse.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Ok(())
    }

    /// An attempt to write into the closed box is written down (R-CLOSE-08).
    async fn note_late(&self) -> Result<(), StoreError> {
        let parts = &self.parts;
        let late = parts.cast.late();
        if late > 0 {
            let result = format!("{late} ballots came after the box was closed: none was taken");
            parts.events.append(Event::server("after-close", result)).await?;
            parts.cast.told_late(late);
        }
        Ok(())
    }

    /// For how long nothing of what the clock asks for was done: seconds, unless something is wrong.
    #[must_use]
    pub fn still_for(&self) -> Duration {
        self.pulse.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Empties the write-ahead logs now and then.
    async fn empty_logs(&self) -> Result<(), StoreError> {
        {
            let mut emptied = self.emptied.lock().unwrap_or_else(PoisonError::into_inner);
            if emptied.elapsed() < EMPTY {
                return Ok(());
            }
            *emptied = Instant::now();
        }
        for database in [&self.parts.store.roll, &self.parts.store.ballots] {
            database.truncate_log().await?;
        }
        Ok(())
    }

    /// What only the sequencer does.
    async fn lead(&self, leader: &mut Option<Leader>, now: i64) -> Result<(), StoreError> {
        let parts = &self.parts;
        if !self.is_sure() {
            // Another may be, and nothing that is done here can be taken back.
            *leader = None;
            return Ok(());
        }
        if leader.is_none() {
            *leader = parts.board.lead().await?;
        }
        let Some(leader) = leader else { return Ok(()) };
        leader.check().await?;
        let facts = parts.lifecycle.facts();
        let schedule = parts.lifecycle.schedule();
        if !facts.opened {
            return Ok(());
        }
        if now.div_euclid(HOUR) > self.anchored.load(Ordering::SeqCst) {
            self.anchor_events(now).await?;
        }
        if now >= schedule.voting_start && self.may_turn_to("voting").await? {
            let act = Act::new("voting", now).with("voting-start", utc(schedule.voting_start));
            parts.board.act_once(&act.with("voting-close", utc(schedule.voting_close))).await?;
        }
        let grace = now >= schedule.voting_close && schedule.voting_close < schedule.last && !facts.closed;
        if grace && self.may_turn_to("grace").await? {
            self.grace(now).await?;
        }
        if parts.board.closing().await?.is_none() {
            if self.is_over(now).await? {
                // What is closed is closed for good.
                parts.cast.compare().await?;
                let head = leader.close(now).await?;
                self.closed(now, &head).await?;
            } else if matches!(parts.lifecycle.phase(now), Phase::Voting | Phase::Grace) {
                let pace = parts.board.pace();
                leader.epoch_if_due(now, pace).await?;
            }
        } else if !is_noted(&parts.store).await? {
            // It stopped in between.
            let head = parts.board.last(crate::board::LogName::Board).await?;
            self.closed(now, &head).await?;
        }
        Ok(())
    }

    /// Whether clock and databases can be relied on.
    fn is_sure(&self) -> bool {
        let lifecycle = &self.parts.lifecycle;
        let usable = !matches!(self.parts.clock.health(), ClockHealth::Unusable { .. });
        usable && lifecycle.doubted().is_none() && !lifecycle.is_stopped()
    }

    /// That the machine's clock agrees with ours.
    pub(super) fn demand_health(&self) -> Result<(), LifecycleError> {
        match self.parts.clock.health() {
            ClockHealth::Good => Ok(()),
            ClockHealth::Red { offset } | ClockHealth::Unusable { offset } => Err(LifecycleError::Clock(offset)),
        }
    }

    /// The last moment of reception: that of the calendar, or that of a signed exception.
    async fn last(&self) -> Result<i64, StoreError> {
        let parts = &self.parts;
        let last = parts.lifecycle.schedule().last;
        if !parts.lifecycle.facts().closed {
            return Ok(last);
        }
        // Known for good: it is asked for at every tick.
        let ended = self.ended.load(Ordering::SeqCst);
        if ended < i64::MAX {
            return Ok(last.min(ended));
        }
        let early = self.exception().await?;
        if let Some(at) = early {
            self.ended.store(at, Ordering::SeqCst);
        }
        Ok(early.unwrap_or(i64::MAX).min(last))
    }

    /// Tells the other instances how it is with this one, from shortly before the end on.
    async fn tell(&self, now: i64) -> Result<(), StoreError> {
        let parts = &self.parts;
        let last = self.last().await?;
        let silent = self.left.load(Ordering::SeqCst) || !parts.lifecycle.facts().opened;
        if silent || now < last.saturating_sub(GATHER) {
            return Ok(());
        }
        // What was received before is counted from the moment when all of it was there.
        let drained = now >= last && parts.cast.requests() == 0;
        let sign = Sign { drained, box_key: self.keeps_key.load(Ordering::SeqCst) };
        let told = *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_some_and(|(at, before)| before == sign && at.elapsed() < instances::BEAT) {
            return Ok(());
        }
        instances::tell(&parts.store.roll, self.instance, sign).await?;
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), sign));
        Ok(())
    }

    /// Tells the other instances that this one ends in good order.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn leave(&self) -> Result<(), StoreError> {
        self.left.store(true, Ordering::SeqCst);
        instances::leave(&self.parts.store.roll, self.instance).await
    }

    /// What the other instances say of themselves.
    pub(super) async fn others(&self) -> Result<Vec<Sign>, StoreError> {
        instances::others(&self.parts.store.roll, self.instance).await
    }

    /// Whether no ballot can come any more: the time is over, and what was received, wherever it was, is finished.
    async fn is_over(&self, now: i64) -> Result<bool, StoreError> {
        let parts = &self.parts;
        if meta::value(&mut *parts.store.ballots.read().await?, meta::CLOSED).await?.is_some() {
            return Ok(true);
        }
        let over = now >= self.last().await?.saturating_add(DRAIN)
            && parts.cast.is_idle().await?
            && self.others().await?.iter().all(|other| other.drained);
        // An exception does not go by the clock.
        Ok(over && (parts.lifecycle.facts().closed || self.may_turn()))
    }

    /// Whether an act that goes by the clock is to be done now: it is not on the log, and the clock can be relied on.
    async fn may_turn_to(&self, act: &str) -> Result<bool, StoreError> {
        let done = meta::value(&mut *self.parts.store.ballots.read().await?, &meta::act(act)).await?.is_some();
        Ok(!done && self.may_turn())
    }

    /// Puts the end of the chain of events on the log of acts, whose witnesses no administrator of a database commands.
    async fn anchor_events(&self, now: i64) -> Result<(), StoreError> {
        let (line, hash) = self.parts.events.anchor().await?;
        self.parts.board.act(&Act::new("events", now).with("line", line).with("hash", hex(&hash))).await?;
        self.anchored.store(now.div_euclid(HOUR), Ordering::SeqCst);
        Ok(())
    }

    async fn grace(&self, now: i64) -> Result<(), StoreError> {
        let parts = &self.parts;
        let open = sessions_at(&parts.store, parts.lifecycle.schedule().voting_close).await?;
        let act = Act::new("grace", now).with("sessions", open);
        parts.board.act_once(&act).await.map(drop)
    }

    /// The record of the close (R-CLOSE-10), and that it is closed, in both databases; not before what others began too
    /// late is taken back: what is public once is so for ever.
    async fn closed(&self, now: i64, head: &Head) -> Result<(), StoreError> {
        let parts = &self.parts;
        let schedule = parts.lifecycle.schedule();
        let Some(marks) = parts.cast.settled_marks().await? else { return Ok(()) };
        let ballots = count(&parts.store.ballots, "SELECT count(*) FROM ballots").await?;
        let act = Act::new("closed", now)
            .with("voting-close", utc(schedule.voting_close))
            .with("reception-end", utc(schedule.reception_end))
            .with("sessions-drained", sessions_at(&parts.store, schedule.voting_close).await?)
            .with("ballots", ballots)
            .with("marks", marks)
            .with("size", head.size)
            .with("root", hex(&head.root));
        if parts.board.act_once(&act).await? {
            let result = format!("{ballots} ballots, {marks} marks, {} on the board", head.size);
            parts.events.append(Event::server("closed", result)).await?;
            self.anchor_events(now).await?;
        }
        start::note(&parts.store, meta::CLOSED, now.to_string()).await?;
        parts.lifecycle.note(start::facts(&parts.store).await?);
        for database in [&parts.store.roll, &parts.store.ballots] {
            database.truncate_log().await?;
        }
        Ok(())
    }

    /// Opens: the clock is right, witnesses have signed the empty board, every counter is zero. The
    /// answer is the zero report.
    ///
    /// # Errors
    /// [`LifecycleError`]; nothing is opened.
    pub async fn open(&self) -> Result<String, LifecycleError> {
        let parts = &self.parts;
        let now = parts.clock.now();
        let phase = parts.lifecycle.phase(now);
        if phase != Phase::Loaded || now >= parts.lifecycle.schedule().voting_close {
            return Err(LifecycleError::Phase(phase));
        }
        self.demand_health()?;
        if !parts.board.has_quorum(0).await? {
            return Err(LifecycleError::Quorum(0));
        }
        let mut status = parts.board.status().await?;
        if status.skew.is_none() || parts.lifecycle.doubted().is_some() {
            parts.board.ask_time().await?;
            status = parts.board.status().await?;
        }
        if status.skewed() {
            return Err(LifecycleError::Clock(status.skew.unwrap_or(0)));
        }
        // Nobody compares a clock that is moved on purpose; the report says so.
        let compares = parts.election.election.manifest.witness_quorum > 0 && !parts.clock.is_moved();
        if status.skew.is_none() && compares {
            return Err(LifecycleError::Alone);
        }
        if let Some(witness) = status.witnesses.iter().find(|witness| witness.ahead.is_some()) {
            return Err(LifecycleError::Ahead(witness.name.clone()));
        }
        let report = zero::report(&parts.store, &parts.election, status.skew).await?;
        let report = self.keep_until_open(meta::REPORT, report).await?;
        let hash = hex(&sha256(&[report.as_bytes()]));
        if self.keep_until_open(meta::POLICY, parts.policy.line()).await? != parts.policy.line() {
            let why = "the act open is on the log with another policy or staff: start the program with those";
            return Err(LifecycleError::Refused(why.to_owned()));
        }
        let act = Act::new("open", now).with("zero-report", &hash);
        let Policy { staff, settings } = &parts.policy;
        parts.board.act_once(&act.with("staff", staff).with("policy", settings)).await?;
        self.anchor_events(now).await?;
        start::note(&parts.store, meta::OPENED, now.to_string()).await?;
        parts.lifecycle.note(start::facts(&parts.store).await?);
        // Two persons have signed at this time, and the witnesses do not contradict.
        if parts.lifecycle.doubted().is_some() {
            self.confirm_clock().await?;
        }
        Ok(report)
    }

    /// Closes before the time, by an exception that the competent body signed: only its hash is public.
    ///
    /// # Errors
    /// [`LifecycleError::Phase`] if voting is not open.
    pub async fn close_early(&self, exception: &[u8]) -> Result<(), LifecycleError> {
        let parts = &self.parts;
        let now = parts.clock.now();
        let phase = parts.lifecycle.phase(now);
        if !matches!(phase, Phase::Opened | Phase::Voting | Phase::Grace) {
            return Err(LifecycleError::Phase(phase));
        }
        if let Some(since) = parts.lifecycle.doubted() {
            return Err(LifecycleError::Doubt(utc(since)));
        }
        self.keep(meta::EXCEPTION, format!("{now} {}", hex(&sha256(&[exception])))).await?;
        self.exception().await?;
        parts.lifecycle.note(start::facts(&parts.store).await?);
        Ok(())
    }

    /// Writes down what the act *open* has the hash of, such as the zero report. Once that is public it is the one that
    /// counts, however often it is asked for; an opening that came to nothing before leaves no trace.
    async fn keep_until_open(&self, name: &'static str, value: String) -> Result<String, StoreError> {
        let job = self.parts.store.ballots.run(move |c| {
            Box::pin(async move {
                let public = meta::value(c, &meta::act("open")).await?.is_some();
                let kept = meta::value(c, name).await?.and_then(|kept| String::from_utf8(kept).ok());
                if let Some(kept) = kept.filter(|_| public) {
                    return Ok(kept);
                }
                meta::replace(c, name, value.as_bytes()).await?;
                Ok(value)
            })
        });
        job.await
    }

    /// Writes a value down in the box, unless there is one; the answer is what is there.
    async fn keep(&self, name: &'static str, value: String) -> Result<String, StoreError> {
        let job = self.parts.store.ballots.run(move |c| {
            Box::pin(async move {
                meta::insert(c, name, value.as_bytes()).await?;
                meta::value(c, name).await
            })
        });
        let kept = job.await?.and_then(|kept| String::from_utf8(kept).ok());
        kept.ok_or_else(|| StoreError::corrupt(format!("{name} is no text")))
    }

    /// When a signed exception has ended voting, if one has: the act stands on the log from then on.
    async fn exception(&self) -> Result<Option<i64>, StoreError> {
        let parts = &self.parts;
        let kept = meta::value(&mut *parts.store.ballots.read().await?, meta::EXCEPTION).await?;
        let Some(kept) = kept else { return Ok(None) };
        let broken = || StoreError::corrupt("the exception is none");
        let kept = String::from_utf8(kept).map_err(|_| broken())?;
        let (at, hash) = kept.split_once(' ').ok_or_else(broken)?;
        let at = at.parse().map_err(|_| broken())?;
        parts.board.act_once(&Act::new("exception", at).with("document", hash)).await?;
        Ok(Some(at))
    }

    /// The number of the closing checkpoint, if everything is on the board.
    pub(super) async fn closing(&self) -> Result<u64, LifecycleError> {
        let phase = self.parts.lifecycle.phase(self.parts.clock.now());
        if !matches!(phase, Phase::Closed | Phase::Published) {
            return Err(LifecycleError::Phase(phase));
        }
        self.parts.board.closing().await?.ok_or(LifecycleError::Missing("the closing checkpoint"))
    }

    /// Writes the export into a folder.
    ///
    /// # Errors
    /// [`LifecycleError`] before the close, or while the closing checkpoint lacks witnesses.
    pub async fn export(&self, folder: &Path) -> Result<Exported, LifecycleError> {
        let parts = &self.parts;
        let closing = self.closing().await?;
        if !parts.board.has_quorum(closing).await? {
            return Err(LifecycleError::Quorum(closing));
        }
        self.anchor_events(parts.clock.now()).await?;
        let election = &parts.election.election;
        let exported = export::export(&parts.store, election, &parts.board, &parts.events, folder).await?;
        let act = Act::new("export", parts.clock.now()).with("hash", &exported.hash).with("ballots", exported.ballots);
        parts.board.act(&act).await?;
        let hash = exported.hash.clone();
        let job = parts
            .store
            .ballots
            .run(move |c| Box::pin(async move { meta::insert(c, meta::EXPORTED, hash.as_bytes()).await }));
        job.await?;
        Ok(exported)
    }

    /// The list of those who voted.
    ///
    /// # Errors
    /// [`LifecycleError::Phase`] before the close (R-REC-09).
    pub async fn voters(&self) -> Result<VotersList, LifecycleError> {
        self.closing().await?;
        Ok(voters::list(&self.parts.store, self.parts.keys.roll()).await?)
    }
}

/// Does something again and again, whatever comes of it, as long as somebody else holds the conductor.
fn every<F>(conductor: &Arc<Conductor>, pause: Duration, work: fn(Arc<Conductor>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let weak = Arc::downgrade(conductor);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(pause).await;
            let Some(conductor) = weak.upgrade() else { return };
            // A task of its own: a panic ends that one.
            if tokio::spawn(work(conductor)).await.is_err() {
                tracing::error!("what is due was not done: a fault of the program; it is tried again");
            }
        }
    });
}

/// Sessions that were open at an instant.
async fn sessions_at(store: &Store, at: i64) -> Result<i64, StoreError> {
    let statement = "SELECT count(*) FROM accounts WHERE session_start < $1 AND session_end > $1";
    let row = sqlx::query(statement).bind(at).fetch_one(&mut *store.roll.read().await?).await?;
    Ok(row.try_get(0)?)
}

/// Whether the roll says that it is closed: the last thing that is written.
async fn is_noted(store: &Store) -> Result<bool, StoreError> {
    Ok(meta::value(&mut *store.roll.read().await?, meta::CLOSED).await?.is_some())
}
