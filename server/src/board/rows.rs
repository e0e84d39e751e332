//! The tables `heads` and `files`.

use escrutinio_core::hash::Hash;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Executor, Row};

use super::LogName;
use crate::store::StoreError;

/// A checkpoint as the box keeps it. What is signed never changes; cosignatures are added to the note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// From 0.
    pub number: u64,
    /// Entries.
    pub size: u64,
    /// Merkle root.
    pub root: Hash,
    /// The signed note; empty between the two moments of writing down and signing.
    pub note: String,
}

fn unsigned(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::corrupt("a head with a negative number"))
}

fn signed(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::corrupt("a number beyond 2^63"))
}

fn read(row: &AnyRow) -> Result<Head, StoreError> {
    let root: Vec<u8> = row.try_get(2)?;
    Ok(Head {
        number: unsigned(row.try_get(0)?)?,
        size: unsigned(row.try_get(1)?)?,
        root: root.try_into().map_err(|_| StoreError::corrupt("a root of another length"))?,
        note: row.try_get(3)?,
    })
}

/// The last head of a log.
pub(super) async fn last(connection: &mut AnyConnection, log: LogName) -> Result<Option<Head>, StoreError> {
    let statement = "SELECT number, size, root, note FROM heads WHERE log = $1 ORDER BY number DESC LIMIT 1";
    let row = sqlx::query(statement).bind(log.name()).fetch_optional(connection).await?;
    row.as_ref().map(read).transpose()
}

/// A head by its number.
pub(super) async fn head(
    connection: &mut AnyConnection,
    log: LogName,
    number: u64,
) -> Result<Option<Head>, StoreError> {
    let statement = "SELECT number, size, root, note FROM heads WHERE log = $1 AND number = $2";
    let row = sqlx::query(statement).bind(log.name()).bind(signed(number)?).fetch_optional(connection).await?;
    row.as_ref().map(read).transpose()
}

/// The root of a log at a size, if it has a head of it. Every head of a log has a size of its own.
pub(super) async fn root(connection: &mut AnyConnection, log: LogName, size: u64) -> Result<Option<Hash>, StoreError> {
    let statement = "SELECT number, size, root, note FROM heads WHERE log = $1 AND size = $2 ORDER BY number LIMIT 1";
    let row = sqlx::query(statement).bind(log.name()).bind(signed(size)?).fetch_optional(connection).await?;
    Ok(row.as_ref().map(read).transpose()?.map(|head| head.root))
}

/// Heads that were written down and not signed.
pub(super) async fn not_signed(connection: &mut AnyConnection, log: LogName) -> Result<Vec<Head>, StoreError> {
    let statement = "SELECT number, size, root, note FROM heads WHERE log = $1 AND note = '' ORDER BY number";
    let rows = sqlx::query(statement).bind(log.name()).fetch_all(connection).await?;
    rows.iter().map(read).collect()
}

/// Writes a head down, unless one of its number is there; says whether it did.
pub(super) async fn insert(connection: &mut AnyConnection, log: LogName, head: &Head) -> Result<bool, StoreError> {
    let statement = "INSERT INTO heads (log, number, size, root, note) VALUES ($1, $2, $3, $4, $5) \
                     ON CONFLICT (log, number) DO NOTHING";
    let query = sqlx::query(statement)
        .bind(log.name())
        .bind(signed(head.number)?)
        .bind(signed(head.size)?)
        .bind(head.root.as_slice())
        .bind(head.note.as_str());
    Ok(connection.execute(query).await?.rows_affected() == 1)
}

/// Puts another note in the place of the one that is known; says whether it did.
pub(super) async fn set_note(
    connection: &mut AnyConnection,
    log: LogName,
    known: &Head,
    note: &str,
) -> Result<bool, StoreError> {
    let statement = "UPDATE heads SET note = $1 WHERE log = $2 AND number = $3 AND note = $4";
    let query =
        sqlx::query(statement).bind(note).bind(log.name()).bind(signed(known.number)?).bind(known.note.as_str());
    Ok(connection.execute(query).await?.rows_affected() == 1)
}

/// A file of a log, by its path below the log's folder.
pub(super) async fn file(
    connection: &mut AnyConnection,
    log: LogName,
    path: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let path = format!("{}/{path}", log.name());
    let row = sqlx::query("SELECT bytes FROM files WHERE path = $1").bind(path).fetch_optional(connection).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

pub(super) async fn put_file(
    connection: &mut AnyConnection,
    log: LogName,
    path: &str,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let statement = "INSERT INTO files (path, bytes) VALUES ($1, $2) \
                     ON CONFLICT (path) DO UPDATE SET bytes = excluded.bytes";
    let path = format!("{}/{path}", log.name());
    connection.execute(sqlx::query(statement).bind(path).bind(bytes)).await?;
    Ok(())
}

pub(super) async fn delete_file(connection: &mut AnyConnection, log: LogName, path: &str) -> Result<(), StoreError> {
    let path = format!("{}/{path}", log.name());
    connection.execute(sqlx::query("DELETE FROM files WHERE path = $1").bind(path)).await?;
    Ok(())
}
