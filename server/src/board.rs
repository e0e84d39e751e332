//! The two logs: ballots and acts (`spec/board.md`, `spec/server.md`).
//!
//! - [`log`]: how either grows: written down, then signed;
//! - [`sequencer`]: when ballots enter the board, [`leaving`]: which; [`acts`]: what else is public at once;
//! - [`witness`]: signatures of those who watch, [`evidence`]: what they can prove; [`mirror`]: static files.

mod acts;
mod codes;
mod evidence;
mod leaving;
mod log;
mod mirror;
mod rows;
mod seen;
mod sequencer;
mod tree;
mod witness;

use core::fmt;
use core::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use escrutinio_core::board::checkpoint::VerifiedCheckpoint;
use escrutinio_core::signature::SigningKey;

pub use acts::{Act, utc};
pub(crate) use codes::codes;
pub use log::LogName;
pub(crate) use mirror::write as write_file;
pub use rows::Head;
pub(crate) use sequencer::Leader;
pub use sequencer::Pace;
pub(crate) use tree::paths as file_paths;
pub use witness::{WitnessAddress, WitnessStatus};

use crate::clock::Clock;
use crate::election::LoadedElection;
use crate::keys::ServerKeys;
use crate::store::{Store, StoreError, meta, roll};
use log::Log;
use mirror::Mirror;
use seen::Seen;
use witness::{Errand, Witnesses};

/// Before the end of reception, seconds in which no witness is asked: what it signed too late would be its
/// last signature, and the closing one would be refused.
const QUIET: i64 = 60;
/// Seconds by which the clocks of the witnesses may differ from ours.
pub const SKEW: i64 = 5;

/// What the logs need of the rest of the server.
#[derive(Clone)]
pub struct BoardParts {
    /// The sealed election.
    pub election: Arc<LoadedElection>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Both databases.
    pub store: Store,
    /// The box key.
    pub keys: Arc<ServerKeys>,
    /// Signs checkpoints.
    pub log_key: Arc<SigningKey>,
    /// Where this instance keeps the static files of both logs, in `board` and `acts`, and beside them, not to
    /// be served, how far it has seen both databases.
    pub folder: PathBuf,
    /// When epochs leave.
    pub pace: Pace,
    /// Who is asked for cosignatures.
    pub witnesses: Vec<WitnessAddress>,
}

impl fmt::Debug for BoardParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoardParts(..)")
    }
}

/// How the logs are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardStatus {
    /// Number of the last checkpoint of the board.
    pub checkpoint: u64,
    /// Its size.
    pub size: u64,
    /// Whether it is the closing one.
    pub closed: bool,
    /// How many witnesses signed it.
    pub cosignatures: usize,
    /// Acts.
    pub acts: u64,
    /// The witnesses.
    pub witnesses: Vec<WitnessStatus>,
    /// Median of the witnesses' clocks less ours.
    pub skew: Option<i64>,
}

impl BoardStatus {
    /// Whether the clocks of the witnesses differ too much.
    #[must_use]
    pub fn skewed(&self) -> bool {
        self.skew.is_some_and(|skew| skew.saturating_abs() > SKEW)
    }
}

/// What witnesses say of our clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// So many agree with it.
    pub agree: usize,
    /// So many say another time.
    pub differ: usize,
    /// The median of their clocks less ours.
    pub skew: Option<i64>,
}

impl Told {
    fn of(witnesses: &[WitnessStatus]) -> Self {
        let offsets = || witnesses.iter().filter_map(|witness| witness.offset);
        let agree = offsets().filter(|offset| offset.saturating_abs() <= SKEW).count();
        Self { agree, differ: offsets().count().saturating_sub(agree), skew: witness::median(witnesses) }
    }
}

/// Both logs.
#[derive(Debug)]
pub struct BoardService {
    parts: BoardParts,
    board: Log,
    acts: Log,
    mirror: Mirror,
    ballots_seen: Seen,
    roll_seen: Seen,
    witnesses: Arc<Witnesses>,
}

impl BoardService {
    /// Begins both logs, or takes them up.
    ///
    /// # Errors
    /// [`StoreError::OldCopy`] if the folder holds more than the box, [`StoreError::Refused`] if
    /// the key is not the log's.
    pub async fn start(parts: BoardParts) -> Result<Self, StoreError> {
        let log = |name| Log::new(&parts.election.election, name, Arc::clone(&parts.log_key));
        let (board, acts) = (log(LogName::Board)?, log(LogName::Acts)?);
        let service = Self {
            mirror: Mirror::new(&parts.folder),
            ballots_seen: Seen::open(parts.folder.join("ballots.seen"))?,
            roll_seen: Seen::open(parts.folder.join("roll.seen"))?,
            witnesses: Arc::new(Witnesses::new(parts.witnesses.clone())?),
            board,
            acts,
            parts,
        };
        for log in [&service.board, &service.acts] {
            service.refuse_old_copy(log).await?;
        }
        let store = &service.parts.store;
        service.see().await?;
        service.board.begin(store, service.parts.election.zero_checkpoint.as_deref()).await?;
        service.acts.begin(store, None).await?;
        service.compare().await?;
        service.sync().await?;
        Ok(service)
    }

    /// Refuses a box that lacks what a witness proves that the log has signed.
    ///
    /// # Errors
    /// [`StoreError::OldCopy`].
    pub async fn compare(&self) -> Result<(), StoreError> {
        // First what they hold, then what the box has: others add to it.
        let held = evidence::collect(self.witnesses.client(), self.witnesses.addresses()).await;
        evidence::compare(&self.parts.store, [&self.board, &self.acts], &held).await
    }

    /// What the folder has was signed: a box that says less was restored from before.
    async fn refuse_old_copy(&self, log: &Log) -> Result<(), StoreError> {
        let Some(signed) = self.mirror.checkpoint(log)? else { return Ok(()) };
        let claimed = signed.claimed();
        mirror::refuse_without(&mut *self.parts.store.ballots.read().await?, log.name, claimed.size, claimed.root).await
    }

    /// Refuses databases that lack what they had when this instance looked last, and stops nobody itself.
    ///
    /// # Errors
    /// [`StoreError::OldCopy`].
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        if self.is_wiped().await? {
            return Ok(());
        }
        for log in [&self.board, &self.acts] {
            self.mirror.check(&self.parts.store, log).await?;
        }
        self.see().await.map(drop)
    }

    async fn is_wiped(&self) -> Result<bool, StoreError> {
        Ok(meta::value(&mut *self.parts.store.ballots.read().await?, meta::WIPED).await?.is_some())
    }

    /// How far both databases are, if that is no less than before.
    async fn see(&self) -> Result<(i64, i64), StoreError> {
        let store = &self.parts.store;
        let (ballots, times) = (self.ballots_seen.last(), self.roll_seen.last());
        let last = sequencer::last_seq(&mut *store.ballots.read().await?).await?;
        self.ballots_seen.check(ballots, last)?;
        let latest = roll::latest_time(&mut *store.roll.read().await?).await?;
        self.roll_seen.check(times, latest)?;
        Ok((last, latest))
    }

    fn log(&self, name: LogName) -> &Log {
        match name {
            LogName::Board => &self.board,
            LogName::Acts => &self.acts,
        }
    }

    /// Puts an act on the log of acts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn act(&self, act: &Act) -> Result<(), StoreError> {
        self.mirror.check(&self.parts.store, &self.acts).await?;
        acts::append(&self.acts, &self.parts.store, act, false).await?;
        self.show_acts().await;
        Ok(())
    }

    /// Puts an act on the log of acts, unless one of its name is there; says whether it did.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn act_once(&self, act: &Act) -> Result<bool, StoreError> {
        self.mirror.check(&self.parts.store, &self.acts).await?;
        let done = acts::append(&self.acts, &self.parts.store, act, true).await?;
        self.show_acts().await;
        Ok(done)
    }

    /// An act is done when the box has it; the static files follow when they can.
    async fn show_acts(&self) {
        if let Err(error) = self.mirror.sync(&self.parts.store, &self.acts).await {
            tracing::warn!(%error, "the static files of the acts could not be written");
        }
    }

    /// The texts of all acts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn acts(&self) -> Result<Vec<String>, StoreError> {
        acts::all(&mut *self.parts.store.ballots.read().await?, &self.acts).await
    }

    /// The last head of a log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last(&self, log: LogName) -> Result<Head, StoreError> {
        self.log(log).last(&mut *self.parts.store.ballots.read().await?).await
    }

    /// The last head of the log of acts that a quorum of witnesses signed: a voter's page believes no other, and
    /// witnesses that are down keep nobody from voting.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn witnessed(&self) -> Result<Option<Head>, StoreError> {
        self.acts.witnessed(&mut *self.parts.store.ballots.read().await?).await
    }

    /// A head of a log by its number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn head(&self, log: LogName, number: u64) -> Result<Option<Head>, StoreError> {
        rows::head(&mut *self.parts.store.ballots.read().await?, log, number).await
    }

    /// A tile or bundle of a log, by its path below the log's folder.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn file(&self, log: LogName, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        rows::file(&mut *self.parts.store.ballots.read().await?, log, path).await
    }

    /// Writes what the box says to the static files of this instance.
    ///
    /// # Errors
    /// [`StoreError`]; an old copy changes none of them.
    pub async fn sync(&self) -> Result<(), StoreError> {
        self.check().await?;
        for log in [&self.board, &self.acts] {
            log.sign_heads(&self.parts.store).await?;
            self.mirror.sync(&self.parts.store, log).await?;
        }
        if self.is_wiped().await? {
            return Ok(());
        }
        let (last, latest) = self.see().await?;
        self.ballots_seen.note(last)?;
        self.roll_seen.note(latest)
    }

    /// The number of the closing checkpoint, once there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn closing(&self) -> Result<Option<u64>, StoreError> {
        let value = meta::value(&mut *self.parts.store.ballots.read().await?, meta::CLOSING).await?;
        let number = |bytes: Vec<u8>| core::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
        value
            .map(|bytes| number(bytes).ok_or_else(|| StoreError::corrupt("the closing head has no number")))
            .transpose()
    }

    /// Asks the witnesses for what they may sign now.
    ///
    /// # Errors
    /// [`StoreError`]; what a witness does wrong is in its status.
    pub async fn cosign(&self) -> Result<(), StoreError> {
        let now = self.parts.clock.now();
        let end = self.parts.election.election.manifest.reception_end();
        let closed = meta::value(&mut *self.parts.store.ballots.read().await?, meta::CLOSED).await?.is_some();
        let head = self.last(LogName::Board).await?;
        match self.closing().await? {
            // The closing checkpoint is signed after the end of reception, or it does not count.
            Some(number) if number > 0 => {
                if number == head.number && now >= end.saturating_add(SKEW) {
                    self.collect(&self.board, head, false, end..i64::MAX).await?;
                }
            }
            // Nothing else is signed then.
            _ => {
                if (!closed || head.number == 0) && now < end.saturating_sub(QUIET) {
                    self.collect(&self.board, head, false, 0..end).await?;
                }
            }
        }
        let head = self.last(LogName::Acts).await?;
        self.collect(&self.acts, head, false, 0..i64::MAX).await?;
        self.sync().await
    }

    async fn collect(&self, log: &Log, head: Head, anew: bool, times: Range<i64>) -> Result<(), StoreError> {
        let (store, clock) = (self.parts.store.clone(), Arc::clone(&self.parts.clock));
        self.witnesses.collect(Errand { store, log: log.clone(), head, anew, clock, times }).await
    }

    /// The signed checkpoint of a head, verified, with its witnesses.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn verified(&self, log: LogName, number: u64) -> Result<VerifiedCheckpoint, StoreError> {
        let absent = || StoreError::corrupt(format!("the log {} has no head {number}", log.name()));
        let head = self.head(log, number).await?.ok_or_else(absent)?;
        self.log(log).verified(&head)
    }

    /// Whether enough witnesses signed a checkpoint of the board.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_quorum(&self, number: u64) -> Result<bool, StoreError> {
        let quorum = self.parts.election.election.manifest.witness_quorum;
        Ok(self.verified(LogName::Board, number).await?.verify_quorum(quorum).is_ok())
    }

    /// Whether so many witnesses are a quorum. None is not, whatever the manifest says.
    #[must_use]
    pub fn is_quorum(&self, witnesses: usize) -> bool {
        let quorum = self.parts.election.election.manifest.witness_quorum.max(1);
        u32::try_from(witnesses).is_ok_and(|witnesses| witnesses >= quorum)
    }

    /// Asks every witness for a signature that is made now. The answer is how many clocks agree with ours, and how many
    /// do not.
    ///
    /// # Errors
    /// [`StoreError`]; what a witness does wrong is in its status.
    pub async fn ask_time(&self) -> Result<Told, StoreError> {
        self.witnesses.forget_times();
        let head = self.last(LogName::Acts).await?;
        self.collect(&self.acts, head, true, 0..i64::MAX).await?;
        Ok(Told::of(&self.witnesses()))
    }

    /// The witnesses.
    #[must_use]
    pub fn witnesses(&self) -> Vec<WitnessStatus> {
        self.witnesses.status()
    }

    /// How the logs are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn status(&self) -> Result<BoardStatus, StoreError> {
        let head = self.last(LogName::Board).await?;
        let witnesses = self.witnesses.status();
        Ok(BoardStatus {
            checkpoint: head.number,
            size: head.size,
            closed: self.closing().await? == Some(head.number),
            cosignatures: self.verified(LogName::Board, head.number).await?.cosignatures().len(),
            acts: self.last(LogName::Acts).await?.size,
            skew: witness::median(&witnesses),
            witnesses,
        })
    }

    /// Becomes the sequencer, if nobody is.
    pub(crate) async fn lead(&self) -> Result<Option<Leader>, StoreError> {
        let cipher = self.parts.keys.ballots();
        let Some(connection) = sequencer::lock(&self.parts.store).await? else { return Ok(None) };
        // A leader signs: not on the copy that took the place of the one with what is signed already.
        self.check().await?;
        let min_group = self.parts.election.election.manifest.min_group;
        let (store, now) = (self.parts.store.clone(), self.parts.clock.now());
        Leader::start(store, self.board.clone(), min_group, cipher, connection, now).await.map(Some)
    }

    pub(crate) fn pace(&self) -> Pace {
        self.parts.pace
    }
}
