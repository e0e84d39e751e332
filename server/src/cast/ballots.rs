//! The table `ballots`: sealed ballots in the order of arrival. Rows are inserted, never changed.

use sqlx::{AnyConnection, Executor, Row};
use zeroize::Zeroizing;

use super::tags::Tags;
use crate::keys::BoxCipher;
use crate::random;
use crate::store::{Backend, StoreError, meta};

/// Number of the lock of PostgreSQL under which ballots are inserted: shared by those who insert,
/// exclusive for whoever needs that nobody does. SQLite has one writer anyway.
const LOCK: i64 = 0x6573_6372_7574;

/// What of a ballot is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// The ballot itself.
    Code,
    /// Its credential, for this contest.
    Credential,
    /// Its randomness.
    Nonce,
}

/// What became of a ballot of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is in the box.
    Accepted,
    /// Something of it was in use, by a ballot of another act.
    Conflict(Taken),
    /// The box is closed.
    Closed,
}

/// A ballot as it lies in the box.
#[derive(Debug)]
pub(crate) struct SealedBallot {
    tags: Tags,
    sealed: Vec<u8>,
}

fn aad(code_tag: &[u8]) -> Vec<u8> {
    [b"ballots sealed ".as_slice(), code_tag].concat()
}

impl SealedBallot {
    /// Seals a ballot together with the intent that it belongs to.
    pub(super) fn seal(cipher: &BoxCipher, intent: i64, tags: Tags, bytes: &[u8]) -> Self {
        let plain = Zeroizing::new([intent.to_le_bytes().as_slice(), bytes].concat());
        let sealed = cipher.seal(&aad(&tags.code), &plain, &mut random::system());
        Self { tags, sealed }
    }

    /// Opens a row: intent and ballot.
    pub(crate) fn open(cipher: &BoxCipher, code_tag: &[u8], sealed: &[u8]) -> Result<(i64, Vec<u8>), StoreError> {
        let broken = || StoreError::corrupt("a sealed ballot does not open");
        let plain = cipher.open(&aad(code_tag), sealed).map_err(|_| broken())?;
        let (intent, bytes) = plain.split_first_chunk().ok_or_else(broken)?;
        Ok((i64::from_le_bytes(*intent), bytes.to_vec()))
    }

    /// By what the rows of a batch are put in order: it is random to whoever lacks the key, so the order
    /// says nothing of the ballots. Their hashes, which are public later, would.
    pub(super) fn place(&self) -> &[u8; 32] {
        &self.tags.code
    }
}

/// What of a ballot is in use, the ballot itself before anything else.
pub(super) async fn taken(connection: &mut AnyConnection, tags: &Tags) -> Result<Option<Taken>, StoreError> {
    let statement = "SELECT credential_tag, code_tag FROM ballots \
                     WHERE code_tag = $1 OR credential_tag = $2 OR nonce_tag = $3";
    let rows = sqlx::query(statement)
        .bind(tags.code.as_slice())
        .bind(tags.credential.as_slice())
        .bind(tags.nonce.as_slice())
        .fetch_all(connection)
        .await?;
    let mut found = None;
    for row in rows {
        let (credential, code): (Vec<u8>, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
        if code == tags.code {
            return Ok(Some(Taken::Code));
        }
        if credential == tags.credential {
            found = Some(Taken::Credential);
        }
        found = found.or(Some(Taken::Nonce));
    }
    Ok(found)
}

pub(super) async fn is_recorded(connection: &mut AnyConnection, code_tag: &[u8; 32]) -> Result<bool, StoreError> {
    let statement = "SELECT 1 FROM ballots WHERE code_tag = $1";
    Ok(sqlx::query(statement).bind(code_tag.as_slice()).fetch_optional(connection).await?.is_some())
}

/// Whether the ballot of an intent is in the box, and no other's.
pub(super) async fn is_of(
    connection: &mut AnyConnection,
    cipher: &BoxCipher,
    intent: i64,
    ballot: &SealedBallot,
) -> Result<bool, StoreError> {
    Ok(owner(connection, cipher, ballot).await? == Some(intent))
}

/// The intent of the row of a ballot's code.
async fn owner(
    connection: &mut AnyConnection,
    cipher: &BoxCipher,
    ballot: &SealedBallot,
) -> Result<Option<i64>, StoreError> {
    let code = ballot.tags.code.as_slice();
    let statement = "SELECT sealed FROM ballots WHERE code_tag = $1";
    let Some(row) = sqlx::query(statement).bind(code).fetch_optional(connection).await? else { return Ok(None) };
    let sealed: Vec<u8> = row.try_get(0)?;
    Ok(Some(SealedBallot::open(cipher, code, &sealed)?.0))
}

/// Within a transaction of PostgreSQL: waits until no other inserts ballots, and lets none begin.
pub(crate) async fn lock_ballots(connection: &mut AnyConnection, backend: Backend) -> Result<(), StoreError> {
    if backend == Backend::Postgres {
        sqlx::query("SELECT pg_advisory_xact_lock($1)::text").bind(LOCK).execute(connection).await?;
    }
    Ok(())
}

async fn share_ballots(connection: &mut AnyConnection, backend: Backend) -> Result<(), StoreError> {
    if backend == Backend::Postgres {
        sqlx::query("SELECT pg_advisory_xact_lock_shared($1)::text").bind(LOCK).execute(connection).await?;
    }
    Ok(())
}

/// Step 7: inserts the ballots of an intent. To be repeated as often as one likes: a row of the same
/// code and the same intent is the same ballot.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    backend: Backend,
    cipher: &BoxCipher,
    intent: i64,
    ballots: &[SealedBallot],
) -> Result<Vec<Outcome>, StoreError> {
    share_ballots(connection, backend).await?;
    let closed = meta::value(connection, meta::CLOSED).await?.is_some();
    let mut outcomes = Vec::with_capacity(ballots.len());
    for ballot in ballots {
        let inserted = if closed { false } else { insert_one(connection, ballot).await? };
        outcomes.push(match inserted {
            true => Outcome::Accepted,
            false => stands(connection, cipher, intent, ballot, closed).await?,
        });
    }
    Ok(outcomes)
}

async fn insert_one(connection: &mut AnyConnection, ballot: &SealedBallot) -> Result<bool, StoreError> {
    let statement = "INSERT INTO ballots (credential_tag, code_tag, nonce_tag, sealed) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT DO NOTHING";
    let query = sqlx::query(statement)
        .bind(ballot.tags.credential.as_slice())
        .bind(ballot.tags.code.as_slice())
        .bind(ballot.tags.nonce.as_slice())
        .bind(ballot.sealed.as_slice());
    Ok(connection.execute(query).await?.rows_affected() == 1)
}

/// Why a ballot was not inserted.
async fn stands(
    connection: &mut AnyConnection,
    cipher: &BoxCipher,
    intent: i64,
    ballot: &SealedBallot,
    closed: bool,
) -> Result<Outcome, StoreError> {
    if let Some(owner) = owner(&mut *connection, cipher, ballot).await? {
        return Ok(if owner == intent { Outcome::Accepted } else { Outcome::Conflict(Taken::Code) });
    }
    if closed {
        return Ok(Outcome::Closed);
    }
    match taken(connection, &ballot.tags).await? {
        Some(taken) => Ok(Outcome::Conflict(taken)),
        None => Err(StoreError::Unavailable { what: "a ballot was neither inserted nor in conflict".to_owned() }),
    }
}
