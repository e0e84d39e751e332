//! Steps 5 to 9, in two stages, so that one batch is verified while the one before is written.

use core::fmt;
use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use escrutinio_core::ballot::{BallotFault, verify_batch};
use escrutinio_core::board::Receipt;
use escrutinio_core::ids::TrackingCode;
use tokio::sync::{mpsc, oneshot};

use super::ballots::{Outcome, SealedBallot, Taken};
use super::before::Question;
use super::check::Checked;
use super::intent::{self, Entry};
use super::tags::Tags;
use super::trust::Admitted;
use super::{CastParts, Faults, Step, ballots, recovery};
use crate::random;
use crate::refusal::Refusal;
use crate::store::StoreError;
use crate::store::roll::AccountNumber;

/// Requests that may wait; who comes then is told to come again.
const QUEUE: usize = 2048;
/// Ballots in one batch.
const BATCH: usize = 256;

/// A ballot between its request and its answer.
pub(super) struct Pending {
    pub(super) account: AccountNumber,
    pub(super) list: u32,
    pub(super) checked: Checked,
    pub(super) tags: Tags,
    pub(super) admitted: Admitted,
    pub(super) answer: oneshot::Sender<Result<Receipt, Refusal>>,
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pending(..)")
    }
}

impl Pending {
    fn contest(&self) -> u32 {
        self.checked.cast.body.contest
    }

    fn code(&self) -> TrackingCode {
        self.checked.cast.body.tracking_code()
    }

    fn question(&self) -> Question<'_> {
        Question::new(self.account, &self.checked, &self.tags)
    }

    fn answer(self, answer: Result<Receipt, Refusal>) {
        if let Err(refusal) = &answer {
            metrics::counter!("escrutinio_casts_refused_total", "reason" => refusal.name()).increment(1);
            if matches!(
                refusal,
                Refusal::BallotSignature | Refusal::BallotProof | Refusal::BallotCopied | Refusal::CredentialUsed
            ) {
                self.admitted.is_wrong(Instant::now());
            }
        }
        // Who asked may have gone away; the same bytes get the same answer later.
        let _ = self.answer.send(answer);
    }
}

/// What this instance has begun and not finished.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    requests: AtomicUsize,
    /// Ballots that found the box closed, and that nobody has written down yet.
    late: AtomicUsize,
    intents: Mutex<BTreeSet<i64>>,
}

/// Counts a request while it lives.
pub(super) struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl InFlight {
    pub(super) fn enter(&self) -> Counted<'_> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        Counted(&self.requests)
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(super) fn late(&self) -> usize {
        self.late.load(Ordering::SeqCst)
    }

    pub(super) fn count_late(&self, ballots: usize) {
        self.late.fetch_add(ballots, Ordering::SeqCst);
    }

    pub(super) fn told_late(&self, ballots: usize) {
        self.late.fetch_sub(ballots, Ordering::SeqCst);
    }

    fn own(&self) -> std::sync::MutexGuard<'_, BTreeSet<i64>> {
        self.intents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn has(&self, intent: i64) -> bool {
        self.own().contains(&intent)
    }
}

/// An act of which only the end is missing.
#[derive(Clone)]
struct Unfinished {
    intent: i64,
    unmark: Vec<(AccountNumber, u32)>,
}

pub(super) fn start(parts: CastParts, in_flight: Arc<InFlight>, faults: Arc<Faults>) -> mpsc::Sender<Pending> {
    let (queue, waiting) = mpsc::channel(QUEUE);
    // One batch waits while one is written: a third is verified.
    let (verified, written) = mpsc::channel(1);
    tokio::spawn(verify(parts.clone(), Arc::clone(&faults), waiting, verified));
    tokio::spawn(Committer { parts, in_flight, faults, unfinished: None, left: None }.work(written));
    queue
}

/// Step 5: whatever waits is one batch, but for what comes from where a ballot has not held before.
async fn verify(
    parts: CastParts,
    stops: Arc<Faults>,
    mut waiting: mpsc::Receiver<Pending>,
    verified: mpsc::Sender<Vec<Pending>>,
) {
    // Batches are begun only when there is room for them: what comes meanwhile makes the next one larger.
    while let Ok(room) = verified.reserve().await {
        let mut batch = Vec::with_capacity(BATCH);
        let received = tokio::select! {
            received = waiting.recv_many(&mut batch, BATCH) => received,
            // Nobody would write what is verified: whoever asks is told so.
            () = verified.closed() => 0,
        };
        if received == 0 {
            return;
        }
        let (suspect, trusted): (Vec<_>, Vec<_>) = batch.into_iter().partition(|p| p.admitted.is_suspect());
        let mut good = Vec::with_capacity(trusted.len());
        for batch in [trusted, suspect] {
            let (batch, faults) = judge(&parts, &stops, batch).await;
            for (pending, fault) in batch.into_iter().zip(faults) {
                match fault {
                    None => good.push(pending),
                    Some(refusal) => pending.answer(Err(refusal)),
                }
            }
        }
        if good.is_empty() {
            continue;
        }
        room.send(good);
    }
}

/// What is wrong with each. Should the program itself fail at one, it fails at that one only.
async fn judge(parts: &CastParts, stops: &Arc<Faults>, batch: Vec<Pending>) -> (Vec<Pending>, Vec<Option<Refusal>>) {
    let batch = Arc::new(batch);
    let work = |places: Range<usize>| {
        let (election, batch, stops) = (Arc::clone(&parts.election), Arc::clone(&batch), Arc::clone(stops));
        tokio::task::spawn_blocking(move || {
            stops.stops(Step::Received);
            faults(&election.election, batch.get(places).unwrap_or_default())
        })
    };
    let found = match work(0..batch.len()).await {
        Ok(found) => found,
        Err(_) => {
            tracing::error!(
                "a batch could not be verified: a fault of the program; each of its ballots is verified alone"
            );
            let mut found = Vec::with_capacity(batch.len());
            for place in 0..batch.len() {
                let one = work(place..place.saturating_add(1)).await.unwrap_or_default();
                found.push(one.into_iter().next().unwrap_or(Some(Refusal::Internal)));
            }
            found
        }
    };
    // Nobody else holds it: all work is done.
    (Arc::into_inner(batch).unwrap_or_default(), found)
}

/// V1.6 and V1.7 of all, contest by contest.
fn faults(election: &escrutinio_core::verify::Election, batch: &[Pending]) -> Vec<Option<Refusal>> {
    let mut of_contest: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, pending) in batch.iter().enumerate() {
        of_contest.entry(pending.contest()).or_default().push(place);
    }
    // What nobody looked at is not good.
    let mut faults = vec![Some(Refusal::Internal); batch.len()];
    for (contest, places) in of_contest {
        let parameters = usize::try_from(contest).ok().and_then(|contest| election.parameters.get(contest));
        let ballots: Option<Vec<_>> = places
            .iter()
            .map(|place| batch.get(*place).and_then(|p| Some((&p.checked.cast, election.base(p.list)?))))
            .collect();
        let (Some(parameters), Some(ballots)) = (parameters, ballots) else { continue };
        let found = verify_batch(parameters, &ballots, &mut random::system());
        for (place, fault) in places.into_iter().zip(found) {
            if let Some(slot) = faults.get_mut(place) {
                *slot = fault.map(|fault| match fault {
                    BallotFault::Signature => Refusal::BallotSignature,
                    BallotFault::Proof => Refusal::BallotProof,
                });
            }
        }
    }
    faults
}

#[derive(Clone)]
struct Committer {
    parts: CastParts,
    in_flight: Arc<InFlight>,
    faults: Arc<Faults>,
    unfinished: Option<Unfinished>,
    /// An intent whose ballots the box did not take: nobody else is marked before it does.
    left: Option<i64>,
}

/// It was stopped by a test.
struct Stopped;

impl Committer {
    async fn work(mut self, mut batches: mpsc::Receiver<Vec<Pending>>) {
        loop {
            let batch = match (&self.unfinished, batches.try_recv()) {
                (_, Ok(batch)) => batch,
                // Nobody to share a transaction with.
                (Some(_), Err(_)) => {
                    self.finish().await;
                    continue;
                }
                (None, Err(_)) => match batches.recv().await {
                    Some(batch) => batch,
                    None => return,
                },
            };
            // A task of its own: a panic ends that one.
            let mut once = Self { unfinished: self.unfinished.take(), ..self.clone() };
            let done = tokio::spawn(async move {
                let done = once.commit(batch).await;
                done.map(|()| (once.unfinished, once.left))
            });
            match done.await {
                Ok(Ok((unfinished, left))) => (self.unfinished, self.left) = (unfinished, left),
                Ok(Err(Stopped)) => return,
                Err(_) => {
                    tracing::error!("a batch was not finished: a fault of the program");
                    // Whoever watches the intents finishes what stands.
                    self.in_flight.own().clear();
                }
            }
        }
    }

    fn stops(&self, step: Step) -> Result<(), Stopped> {
        if self.faults.stops(step) { Err(Stopped) } else { Ok(()) }
    }

    /// Step 8 alone.
    async fn finish(&mut self) {
        let Some(Unfinished { intent, unmark }) = self.unfinished.take() else { return };
        let job = self
            .parts
            .store
            .roll
            .casts()
            .run(move |c| Box::pin(async move { intent::finish(c, intent, &unmark).await }));
        if let Err(error) = job.await {
            tracing::warn!(%error, "an intent is left for later");
        }
        self.in_flight.own().remove(&intent);
    }

    /// Steps 6 to 9.
    async fn commit(&mut self, batch: Vec<Pending>) -> Result<(), Stopped> {
        self.stops(Step::Verified)?;
        let Ok(cipher) = self.parts.cipher() else {
            batch.into_iter().for_each(|pending| pending.answer(Err(Refusal::Closed)));
            return Ok(());
        };
        // While the box cannot be written one intent stands, and not one of every batch that comes: the roll would fill
        // with them, and whoever asks again would have to look through all.
        if let Some(left) = self.left {
            match recovery::finish(&self.parts, &self.faults, left).await {
                Ok(late) => self.in_flight.count_late(late),
                Err(error) => {
                    fail(batch, Vec::new(), &error);
                    return Ok(());
                }
            }
            self.left = None;
        }
        let (mut batch, twins) = apart(batch);
        // The rows of a batch stand in the order of their tags, which says nothing of the ballots.
        batch.sort_unstable_by_key(|pending| pending.tags.code);

        let id = intent::new_id();
        self.in_flight.own().insert(id);
        let marked = self.mark(id, &batch).await;
        self.stops(Step::Marked)?;
        let (marked, standing): (Vec<_>, Vec<_>) = match marked {
            Ok(Some(marked)) => batch.into_iter().zip(marked).partition(|(_, new)| *new),
            Ok(None) => {
                self.in_flight.own().remove(&id);
                self.in_flight.count_late(batch.len());
                batch.into_iter().chain(twins).for_each(|pending| pending.answer(Err(Refusal::Closed)));
                return Ok(());
            }
            Err(error) => {
                fail(batch, twins, &error);
                self.in_flight.own().remove(&id);
                return Ok(());
            }
        };
        for (pending, _) in standing {
            let parts = self.parts.clone();
            tokio::spawn(async move {
                let answer = pending.question().marked(&parts).await;
                pending.answer(answer);
            });
        }
        let marked: Vec<Pending> = marked.into_iter().map(|(pending, _)| pending).collect();
        if marked.is_empty() {
            self.in_flight.own().remove(&id);
            answer_twins(&self.parts, twins);
            return Ok(());
        }

        let sealed: Vec<SealedBallot> =
            marked.iter().map(|p| SealedBallot::seal(&cipher, id, p.tags.clone(), &p.checked.bytes)).collect();
        let backend = self.parts.store.ballots.backend();
        let job = self
            .parts
            .store
            .ballots
            .casts()
            .run(move |c| Box::pin(async move { ballots::insert(c, backend, &cipher, id, &sealed).await }));
        let outcomes = job.await;
        self.stops(Step::Stored)?;
        let outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(error) => {
                // The intent stands: it is finished as soon as the box can be written.
                fail(marked, twins, &error);
                self.in_flight.own().remove(&id);
                self.left = Some(id);
                return Ok(());
            }
        };

        let mut unmark = Vec::new();
        for (pending, outcome) in marked.into_iter().zip(outcomes) {
            let refusal = match outcome {
                Outcome::Accepted => {
                    let receipt = self.parts.promise(pending.contest(), pending.code());
                    pending.answer(Ok(receipt));
                    continue;
                }
                Outcome::Conflict(Taken::Nonce) => Refusal::BallotCopied,
                Outcome::Conflict(Taken::Code | Taken::Credential) => Refusal::CredentialUsed,
                Outcome::Closed => {
                    self.in_flight.count_late(1);
                    Refusal::Closed
                }
            };
            unmark.push((pending.account, pending.contest()));
            pending.answer(Err(refusal));
        }
        answer_twins(&self.parts, twins);
        self.stops(Step::Answered)?;
        self.unfinished = Some(Unfinished { intent: id, unmark });
        Ok(())
    }

    /// Step 6, together with step 8 of the batch before.
    async fn mark(&mut self, id: i64, batch: &[Pending]) -> Result<Option<Vec<bool>>, StoreError> {
        let cipher = self.parts.keys.ballots().ok_or(StoreError::Closed)?;
        let entries: Vec<Entry> = batch
            .iter()
            .map(|p| Entry { account: p.account, contest: p.contest(), cast: p.checked.bytes.clone() })
            .collect();
        if self.unfinished.as_ref().is_some_and(|unfinished| !unfinished.unmark.is_empty()) {
            // A transaction that takes marks back as well as makes some could wait for one that waits for it.
            self.finish().await;
        }
        let before = self.unfinished.take();
        let finished = before.as_ref().map(|unfinished| unfinished.intent);
        let job = self.parts.store.roll.casts().run(move |c| {
            Box::pin(async move {
                if let Some(Unfinished { intent, unmark }) = before {
                    intent::finish(c, intent, &unmark).await?;
                }
                intent::begin(c, &cipher, id, &entries).await
            })
        });
        let marked = job.await;
        if let Some(intent) = finished {
            // If it failed, whoever watches the intents finishes it.
            self.in_flight.own().remove(&intent);
        }
        marked
    }
}

/// Splits off those that come a second time within the batch: the same voter and contest, or the
/// same ballot. They are answered when the others are.
fn apart(batch: Vec<Pending>) -> (Vec<Pending>, Vec<Pending>) {
    let (mut voters, mut codes) = (HashMap::new(), BTreeSet::new());
    batch.into_iter().partition(|pending| {
        let first = voters.insert((pending.account, pending.contest()), ()).is_none();
        codes.insert(pending.code()) && first
    })
}

/// By now they are like requests that come again.
fn answer_twins(parts: &CastParts, twins: Vec<Pending>) {
    for pending in twins {
        let parts = parts.clone();
        tokio::spawn(async move {
            let answer = pending.question().before(&parts).await.and_then(|known| known.ok_or(Refusal::BUSY));
            pending.answer(answer);
        });
    }
}

fn fail(batch: Vec<Pending>, twins: Vec<Pending>, error: &StoreError) {
    tracing::warn!(%error, "ballots could not be recorded");
    for pending in batch.into_iter().chain(twins) {
        pending.answer(Err(error.clone().into()));
    }
}

#[cfg(test)]
mod tests;
