//! What is checked before anything else.

use sqlx::Executor;

use crate::clock::Clock;
use crate::config::Policy;
use crate::election::LoadedElection;
use crate::phase::{Facts, Lifecycle};
use crate::store::{Database, Store, StoreError, meta, roll};

/// Seconds that a clock may lie behind the latest time known.
const BEHIND: i64 = 60;
/// Seconds that it may lie ahead of it, and be believed: in sum over all starts since somebody confirmed it last. The
/// latest is kept to the minute.
pub(super) const JUMP: i64 = 120;

fn refused(what: impl Into<String>) -> StoreError {
    StoreError::Refused { what: what.into() }
}

/// Gives empty databases to an election, and refuses those of another: a database belongs to one election
/// for ever.
///
/// # Errors
/// [`StoreError::Refused`] if one is another's.
pub async fn bind(store: &Store, election: &LoadedElection) -> Result<(), StoreError> {
    let id = election.election.election_id.as_bytes().to_vec();
    let roll = election.roll_id.as_bytes().to_vec();
    let own = [
        ("roll", &store.roll, meta::ELECTION, id.clone()),
        ("roll", &store.roll, meta::ROLL, roll),
        ("box", &store.ballots, meta::ELECTION, id),
    ];
    for (side, database, name, value) in own {
        let wanted = value.clone();
        database.run(move |c| Box::pin(async move { meta::insert(c, name, &value).await })).await?;
        let found = meta::value(&mut *database.read().await?, name).await?;
        if found != Some(wanted) {
            return Err(refused(format!("the {side} database belongs to another {name}, for ever")));
        }
        if has(database, meta::WIPED).await? {
            return Err(refused(format!("the {side} database is that of a rehearsal that was wiped")));
        }
    }
    Ok(())
}

async fn has(database: &Database, name: &str) -> Result<bool, StoreError> {
    Ok(meta::value(&mut *database.read().await?, name).await?.is_some())
}

/// What has been done, as both databases say. The box is written first: one that says less than the roll
/// is an old copy.
///
/// # Errors
/// [`StoreError::OldCopy`] if it is.
pub async fn facts(store: &Store) -> Result<Facts, StoreError> {
    for name in [meta::OPENED, meta::CLOSED, meta::PUBLISHED] {
        // The roll is read first, as it is written last: what another notes meanwhile is no contradiction.
        let roll = has(&store.roll, name).await?;
        if roll && !has(&store.ballots, name).await? {
            return Err(StoreError::OldCopy { what: format!("the roll says {name}, the box does not") });
        }
    }
    Ok(Facts {
        opened: has(&store.ballots, meta::OPENED).await?,
        closed: has(&store.ballots, meta::CLOSED).await? || has(&store.ballots, meta::EXCEPTION).await?,
        published: has(&store.ballots, meta::PUBLISHED).await?,
    })
}

/// Refuses another policy or staff than those that were opened with, until the close (R-OPEN-14).
///
/// # Errors
/// [`StoreError::Refused`] if it is another.
pub async fn check_policy(store: &Store, facts: Facts, policy: &Policy) -> Result<(), StoreError> {
    if !facts.opened || facts.closed {
        return Ok(());
    }
    let kept = meta::value(&mut *store.ballots.read().await?, meta::POLICY).await?;
    if kept.is_none_or(|kept| kept == policy.line().as_bytes()) {
        return Ok(());
    }
    Err(refused(
        "staff or configuration (epochs, access, witnesses, components) are not those of the act open, and cannot change \
         before the close",
    ))
}

/// Writes a fact down, in the box first.
pub(super) async fn note(store: &Store, name: &'static str, value: String) -> Result<(), StoreError> {
    for database in [&store.ballots, &store.roll] {
        let value = value.clone();
        database.run(move |c| Box::pin(async move { meta::insert(c, name, value.as_bytes()).await })).await?;
    }
    Ok(())
}

/// Refuses a time before the latest that was seen. One that is so much later, or was by so many starts one after the other,
/// that the clock may be wrong is in doubt, and so is, where witnesses can be asked, one past an instant at which something begins or ends: the answer is
/// the latest then, and the present time is not noted.
///
/// # Errors
/// [`StoreError::Refused`] if the clock has gone back.
pub async fn check_clock(
    store: &Store,
    clock: &dyn Clock,
    lifecycle: &Lifecycle,
    witnesses: bool,
) -> Result<Option<i64>, StoreError> {
    let (now, latest) = (clock.now(), latest(store).await?);
    if now < latest.saturating_sub(BEHIND) {
        let (now, latest) = (crate::board::utc(now), crate::board::utc(latest));
        return Err(refused(format!("the clock says {now}, and it was {latest} already: repair the clock")));
    }
    let turns = witnesses && lifecycle.would_turn(latest, now);
    let leapt = leapt(store).await?.saturating_add(now.saturating_sub(latest).max(0));
    if (leapt > JUMP || turns) && !clock.is_moved() {
        return Ok(Some(latest));
    }
    note_time(store, now).await?;
    note_leap(store, leapt).await?;
    Ok(None)
}

/// Seconds that starts have gone ahead and nobody has confirmed.
async fn leapt(store: &Store) -> Result<i64, StoreError> {
    let kept = meta::value(&mut *store.roll.read().await?, meta::LEAPT).await?;
    let Some(kept) = kept else { return Ok(0) };
    let seconds = core::str::from_utf8(&kept).ok().and_then(|text| text.parse().ok());
    seconds.ok_or_else(|| StoreError::corrupt("what starts have added to the time is no number"))
}

async fn note_leap(store: &Store, seconds: i64) -> Result<(), StoreError> {
    let value = seconds.to_string();
    store.roll.run(move |c| Box::pin(async move { meta::replace(c, meta::LEAPT, value.as_bytes()).await })).await
}

/// Notes a time that witnesses or staff have confirmed.
pub(super) async fn note_confirmed(store: &Store, now: i64) -> Result<(), StoreError> {
    note_time(store, now).await?;
    if leapt(store).await? > 0 { note_leap(store, 0).await } else { Ok(()) }
}

pub(super) async fn latest(store: &Store) -> Result<i64, StoreError> {
    roll::latest_time(&mut *store.roll.read().await?).await
}

/// Notes a time that is believed, to the minute.
pub(super) async fn note_time(store: &Store, now: i64) -> Result<(), StoreError> {
    let minute = now.div_euclid(60).saturating_mul(60);
    if minute <= latest(store).await? {
        return Ok(());
    }
    let job = store.roll.run(move |c| {
        Box::pin(async move {
            let statement = "INSERT INTO clock (one, latest) VALUES (1, $1) \
                             ON CONFLICT (one) DO UPDATE SET latest = excluded.latest \
                             WHERE clock.latest < excluded.latest";
            c.execute(sqlx::query(statement).bind(minute)).await?;
            Ok(())
        })
    });
    job.await
}
