//! Acts that somebody began and did not finish. Every instance finishes what it finds standing: step
//! 7 can be repeated, and of step 8 only the first who does it has an effect, so that it does not
//! matter who does, nor whether two do.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

use escrutinio_core::ballot::CastBallot;
use sqlx::{AnyConnection, Connection, Row};

use super::ballots::{Outcome, SealedBallot, lock_ballots};
use super::intent::Entry;
use super::pipeline::InFlight;
use super::tags::Tags;
use super::{CastParts, Faults, Step, ballots, intent};
use crate::keys::BoxCipher;
use crate::store::roll::AccountNumber;
use crate::store::{StoreError, meta};

/// An intent that is seen twice so far apart is left by somebody.
const PATIENCE: Duration = Duration::from_secs(3);

/// Steps 7 and 8 of every intent that stands.
pub(super) async fn finish_all(parts: &CastParts, faults: &Faults) -> Result<(), StoreError> {
    let standing = intent::all(&mut *parts.store.roll.read().await?).await?;
    for id in standing {
        finish(parts, faults, id).await?;
    }
    Ok(())
}

/// Refuses databases that contradict each other, as one of them is an old copy: every mark is that of a ballot in
/// the box, or of an intent that stands and whose ballot is not there yet.
pub(super) async fn refuse_old_copy(parts: &CastParts) -> Result<(), StoreError> {
    let (roll, ballots) = (&parts.store.roll, &parts.store.ballots);
    // While nobody inserts ballots, all marks and intents at one moment.
    let mut connection = ballots.read().await?;
    let mut closed = connection.begin().await?;
    lock_ballots(&mut closed, ballots.backend()).await?;
    let mut connection = roll.read().await?;
    let mut moment = connection.begin_with(roll.backend().moment()).await?;
    let marks = rows(&mut moment, "SELECT count(*) FROM marks").await?;
    let mut expected = rows(&mut closed, "SELECT count(*) FROM ballots").await?;
    for id in intent::all(&mut moment).await? {
        let cipher = cipher(parts)?;
        for entry in intent::entries(&mut moment, &cipher, id).await?.unwrap_or_default() {
            let (ballot, _) = seal(parts, &cipher, id, &entry)?;
            if !ballots::is_of(&mut closed, &cipher, id, &ballot).await? {
                expected = expected.saturating_add(1);
            }
        }
    }
    if marks == expected {
        return Ok(());
    }
    Err(differ(marks, expected))
}

fn differ(marks: i64, ballots: i64) -> StoreError {
    StoreError::OldCopy { what: format!("the roll has {marks} marks, and the box ballots for {ballots}") }
}

/// The same while ballots are being taken, and nothing waits for it: what is in the box was marked before, and what was
/// marked, and is in no intent, is in the box after.
pub(super) async fn compare(parts: &CastParts) -> Result<(), StoreError> {
    let (roll, ballots) = (&parts.store.roll, &parts.store.ballots);
    if meta::value(&mut *ballots.read().await?, meta::WIPED).await?.is_some() {
        return Ok(());
    }
    let stored = "SELECT count(*) FROM ballots";
    let before = rows(&mut *ballots.read().await?, stored).await?;
    let (marks, begun) = {
        let mut connection = roll.read().await?;
        let mut moment = connection.begin_with(roll.backend().moment()).await?;
        let marks = rows(&mut moment, "SELECT count(*) FROM marks").await?;
        let mut begun = 0i64;
        for id in intent::all(&mut moment).await? {
            let entries = intent::entries(&mut moment, &*cipher(parts)?, id).await?.unwrap_or_default();
            begun = begun.saturating_add(i64::try_from(entries.len()).unwrap_or(i64::MAX));
        }
        (marks, begun)
    };
    let after = rows(&mut *ballots.read().await?, stored).await?;
    if marks < before {
        return Err(differ(marks, before));
    }
    if after < marks.saturating_sub(begun) { Err(differ(marks, after)) } else { Ok(()) }
}

/// How many marks there are, at a moment when no intent stands.
pub(super) async fn settled_marks(parts: &CastParts) -> Result<Option<i64>, StoreError> {
    let roll = &parts.store.roll;
    let mut connection = roll.read().await?;
    let mut moment = connection.begin_with(roll.backend().moment()).await?;
    if rows(&mut moment, "SELECT count(*) FROM intents").await? > 0 {
        return Ok(None);
    }
    Ok(Some(rows(&mut moment, "SELECT count(*) FROM marks").await?))
}

async fn rows(connection: &mut AnyConnection, statement: &'static str) -> Result<i64, StoreError> {
    Ok(sqlx::query(statement).fetch_one(connection).await?.try_get(0)?)
}

fn cipher(parts: &CastParts) -> Result<Arc<BoxCipher>, StoreError> {
    parts.keys.ballots().ok_or_else(|| StoreError::corrupt("an act is unfinished, and the box key is gone"))
}

/// Finishes what others left, as long as there is a service.
pub(super) fn watch(parts: CastParts, in_flight: &Arc<InFlight>, faults: Arc<Faults>) {
    let in_flight: Weak<InFlight> = Arc::downgrade(in_flight);
    tokio::spawn(async move {
        let mut seen = BTreeSet::new();
        loop {
            tokio::time::sleep(PATIENCE).await;
            let Some(in_flight) = in_flight.upgrade() else { return };
            match finish_seen(&parts, &in_flight, &faults, &seen).await {
                Ok(standing) => seen = standing,
                // It is taken down: whoever holds the service lets go of it soon.
                Err(StoreError::Closed) => {}
                Err(error) => tracing::warn!(%error, "unfinished acts could not be looked at"),
            }
        }
    });
}

async fn finish_seen(
    parts: &CastParts,
    in_flight: &InFlight,
    faults: &Faults,
    seen: &BTreeSet<i64>,
) -> Result<BTreeSet<i64>, StoreError> {
    let standing: BTreeSet<i64> = intent::all(&mut *parts.store.roll.read().await?).await?.into_iter().collect();
    for id in standing.intersection(seen).filter(|id| !in_flight.has(**id)) {
        // One that cannot be finished is no reason to leave the others.
        match finish(parts, faults, *id).await {
            Ok(late) => in_flight.count_late(late),
            Err(error) => tracing::warn!(%error, "an unfinished act is left for later"),
        }
    }
    Ok(standing)
}

/// Steps 7 and 8 of one intent. Says how many of its ballots found the box closed.
pub(super) async fn finish(parts: &CastParts, faults: &Faults, id: i64) -> Result<usize, StoreError> {
    let cipher = cipher(parts)?;
    let Some(entries) = intent::entries(&mut *parts.store.roll.read().await?, &cipher, id).await? else {
        return Ok(0);
    };
    let mut ballots = entries.iter().map(|entry| seal(parts, &cipher, id, entry)).collect::<Result<Vec<_>, _>>()?;
    ballots.sort_unstable_by_key(|(ballot, _)| *ballot.place());
    let (ballots, voters): (Vec<SealedBallot>, Vec<(AccountNumber, u32)>) = ballots.into_iter().unzip();
    let backend = parts.store.ballots.backend();
    let job = parts
        .store
        .ballots
        .run(move |c| Box::pin(async move { ballots::insert(c, backend, &cipher, id, &ballots).await }));
    let outcomes = job.await?;
    if faults.stops(Step::Stored) {
        return Err(StoreError::Closed);
    }
    let late = outcomes.iter().filter(|outcome| **outcome == Outcome::Closed).count();
    let unmark: Vec<_> =
        voters.into_iter().zip(outcomes).filter(|(_, o)| *o != Outcome::Accepted).map(|(v, _)| v).collect();
    let job = parts.store.roll.run(move |c| Box::pin(async move { intent::finish(c, id, &unmark).await }));
    job.await?;
    Ok(late)
}

fn seal(
    parts: &CastParts,
    cipher: &BoxCipher,
    id: i64,
    entry: &Entry,
) -> Result<(SealedBallot, (AccountNumber, u32)), StoreError> {
    let cast = CastBallot::decode(&entry.cast, &parts.election.election.shapes)
        .map_err(|error| StoreError::corrupt(format!("a ballot of an intent: {error}")))?;
    let sealed = SealedBallot::seal(cipher, id, Tags::of(cipher, &cast), &entry.cast);
    Ok((sealed, (entry.account, entry.contest)))
}
