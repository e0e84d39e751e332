//! The act of casting (`spec/server.md`). It reads as the specification's steps:
//!
//! 1. to 3.: [`check`]: phase, session, bytes, style, credential;
//! 4. [`before`]: a ballot that came before, a voter who voted before;
//! 5. to 9.: [`pipeline`]: all that wait verified as one batch, unless [`trust`] has reasons; mark, ballot, promise;
//!
//! and what a crash in between left is done by [`recovery`]. Nothing here writes a line of a log
//! that says when, or for whom.

mod ballots;
mod before;
mod check;
mod fault;
#[cfg(feature = "fuzzing")]
#[allow(clippy::missing_panics_doc, reason = "a finding is a panic")]
pub(crate) mod fuzzing;
mod intent;
mod pipeline;
mod recovery;
mod tags;
mod trust;

use core::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use escrutinio_core::board::Receipt;
use escrutinio_core::ids::TrackingCode;
use escrutinio_core::signature::SigningKey;
use tokio::sync::{mpsc, oneshot};

pub(crate) use ballots::{SealedBallot, lock_ballots};
pub use fault::{Faults, Step};

use crate::access::session::VoterSession;
use crate::clock::{Clock, ClockHealth};
use crate::election::LoadedElection;
use crate::keys::{BoxCipher, ServerKeys};
use crate::phase::Lifecycle;
use crate::refusal::Refusal;
use crate::store::roll::AccountNumber;
use crate::store::{Store, StoreError};
use before::Question;
use pipeline::{InFlight, Pending};
use tags::Tags;
use trust::Trust;

/// What casting needs of the rest of the server.
#[derive(Clone)]
pub struct CastParts {
    /// The sealed election.
    pub election: Arc<LoadedElection>,
    /// What may be done when.
    pub lifecycle: Arc<Lifecycle>,
    /// Whether the clock can be relied on.
    pub clock: Arc<dyn Clock>,
    /// Both databases.
    pub store: Store,
    /// The box key.
    pub keys: Arc<ServerKeys>,
    /// Signs promises.
    pub server_key: Arc<SigningKey>,
}

impl fmt::Debug for CastParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CastParts(..)")
    }
}

impl CastParts {
    /// The box key; whoever asks for it when it is destroyed comes too late.
    fn cipher(&self) -> Result<Arc<BoxCipher>, Refusal> {
        self.keys.ballots().ok_or(Refusal::Closed)
    }

    fn promise(&self, contest: u32, code: TrackingCode) -> Receipt {
        Receipt::promise(self.election.election.election_id, contest, code, &self.server_key)
    }
}

/// Takes ballots.
#[derive(Debug)]
pub struct CastService {
    parts: CastParts,
    queue: mpsc::Sender<Pending>,
    in_flight: Arc<InFlight>,
    faults: Arc<Faults>,
    trust: Arc<Trust>,
    /// Tracking codes of the board, once the box key is gone.
    published: RwLock<Option<Arc<[TrackingCode]>>>,
}

impl CastService {
    /// Finishes what a crash left, and starts taking ballots.
    ///
    /// # Errors
    /// [`StoreError::OldCopy`] if marks and ballots contradict each other.
    pub async fn start(parts: CastParts) -> Result<Self, StoreError> {
        let faults = Arc::new(Faults::default());
        let in_flight = Arc::new(InFlight::default());
        recovery::refuse_old_copy(&parts).await?;
        recovery::finish_all(&parts, &faults).await?;
        let queue = pipeline::start(parts.clone(), Arc::clone(&in_flight), Arc::clone(&faults));
        recovery::watch(parts.clone(), &in_flight, Arc::clone(&faults));
        let styles = &parts.election.election.manifest.styles;
        let trust = Arc::new(Trust::new(styles.iter().map(|style| style.contests.len()).max().unwrap_or(0)));
        Ok(Self { parts, queue, in_flight, faults, trust, published: RwLock::new(None) })
    }

    /// Takes one ballot of a voter, all of which was received at a time. The answer is the signed
    /// promise, once ballot and mark are on the disk.
    ///
    /// # Errors
    /// [`Refusal`]; the ballot is not taken, or, with one that says to try again, may have been: the
    /// same bytes get the same promise then.
    pub async fn cast(&self, voter: &VoterSession, bytes: Vec<u8>, received_at: i64) -> Result<Receipt, Refusal> {
        let _counted = self.in_flight.enter();
        // 1.
        if let ClockHealth::Unusable { .. } = self.parts.clock.health() {
            return Err(Refusal::Clock);
        }
        self.parts.lifecycle.may_cast(received_at, voter.start, voter.end)?;
        // 2. and 3.
        let checked = check::check(&self.parts.election.election, voter.list, bytes)?;
        // 4.
        let cipher = self.parts.cipher()?;
        let tags = Tags::of(&cipher, &checked.cast);
        if let Some(receipt) = Question::new(voter.account, &checked, &tags).before(&self.parts).await? {
            return Ok(receipt);
        }
        // 5. to 9.
        let admitted = self.trust.admit(voter.account, Instant::now())?;
        let (answer, answered) = oneshot::channel();
        let pending = Pending { account: voter.account, list: voter.list, checked, tags, admitted, answer };
        self.queue.try_send(pending).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refusal::BUSY,
            mpsc::error::TrySendError::Closed(_) => Refusal::Storage,
        })?;
        answered.await.unwrap_or(Err(Refusal::Storage))
    }

    /// Whether a ballot of this code was taken: by its tag, or once the box key is destroyed, by the
    /// codes of the board.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn recorded(&self, code: &TrackingCode) -> Result<bool, StoreError> {
        if let Some(cipher) = self.parts.keys.ballots() {
            let mut connection = self.parts.store.ballots.read().await?;
            return ballots::is_recorded(&mut connection, &tags::code(&cipher, code)).await;
        }
        let known = self.published.read().unwrap_or_else(PoisonError::into_inner).clone();
        let codes = match known {
            Some(codes) => codes,
            None => {
                let codes: Arc<[TrackingCode]> =
                    crate::board::codes(&self.parts.store, &self.parts.election.election).await?.into();
                *self.published.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&codes));
                codes
            }
        };
        Ok(codes.binary_search(code).is_ok())
    }

    /// The contests on which a voter has voted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cast_contests(&self, account: AccountNumber) -> Result<Vec<u32>, StoreError> {
        intent::contests(&mut *self.parts.store.roll.read().await?, account).await
    }

    /// Whether no ballot is between its request and its answer here, and no act is unfinished anywhere.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_idle(&self) -> Result<bool, StoreError> {
        if self.requests() > 0 {
            return Ok(false);
        }
        Ok(intent::all(&mut *self.parts.store.roll.read().await?).await?.is_empty())
    }

    /// Requests between their reception and their answer, here.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.in_flight.requests()
    }

    /// Ballots that found the box closed, here, and that nobody has written down yet.
    #[must_use]
    pub fn late(&self) -> usize {
        self.in_flight.late()
    }

    /// So many of them are written down.
    pub fn told_late(&self, ballots: usize) {
        self.in_flight.told_late(ballots);
    }

    /// How many marks there are, if no act is unfinished anywhere.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settled_marks(&self) -> Result<Option<i64>, StoreError> {
        recovery::settled_marks(&self.parts).await
    }

    /// Compares marks with ballots, while both are written.
    ///
    /// # Errors
    /// [`StoreError::OldCopy`] if some are missing.
    pub async fn compare(&self) -> Result<(), StoreError> {
        recovery::compare(&self.parts).await
    }

    /// Counts as a request, for which the close waits, until the answer is dropped.
    pub fn receive(&self) -> impl Send + '_ {
        self.in_flight.enter()
    }

    /// Whether ballots are being taken: false once one of the tasks that take them has ended.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Where tests let it stop dead.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
}
