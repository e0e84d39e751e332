//! Names and values, in both databases: which election, what was loaded, what has been done.

use sqlx::{AnyConnection, Row};

use super::StoreError;

/// The election that the database belongs to, for ever.
pub const ELECTION: &str = "election";
/// The roll.
pub const ROLL: &str = "roll";
/// The zero report, in the box, from before the act *open*.
pub const REPORT: &str = "zero-report";
/// Policy and staff, in the box, from before the act *open*.
pub const POLICY: &str = "policy";
/// Set when the act *open* is done.
pub const OPENED: &str = "opened";
/// Set, in both databases, when no ballot is taken any more.
pub const CLOSED: &str = "closed";
/// Set, in the box, when a signed exception has ended voting early.
pub const EXCEPTION: &str = "exception";
/// The hash of the export, in the box.
pub const EXPORTED: &str = "exported";
/// The number of the closing checkpoint, once it is known.
pub const CLOSING: &str = "closing";
/// Set, in the box, when the box key is to be nowhere any more.
pub const DESTROYED: &str = "destroyed";
/// Set when a rehearsal was wiped: nothing is loaded again.
pub const WIPED: &str = "wiped";
/// Set when the act *publish* is done.
pub const PUBLISHED: &str = "published";

/// Seconds that starts have gone ahead of the latest time since somebody confirmed it last, in the roll.
pub const LEAPT: &str = "leapt";

/// The number of the registrar's last update of links, in the roll: big-endian, so that it is compared as bytes.
const LINKS: &str = "links";

/// Set, in the box, when an act that is done once is on the log.
#[must_use]
pub fn act(name: &str) -> String {
    format!("act {name}")
}

/// Takes note of the registrar's update of this number; `false` if a later one was taken before.
///
/// # Errors
/// [`StoreError`].
pub async fn note_links(connection: &mut AnyConnection, number: u32) -> Result<bool, StoreError> {
    let statement = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) \
                     DO UPDATE SET value = excluded.value WHERE meta.value <= excluded.value";
    let query = sqlx::query(statement).bind(LINKS).bind(number.to_be_bytes().to_vec());
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

/// A value.
///
/// # Errors
/// [`StoreError`].
pub async fn value(connection: &mut AnyConnection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sqlx::query("SELECT value FROM meta WHERE name = $1").bind(name).fetch_optional(connection).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Writes a value if there is none of that name, and says whether it did.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(connection: &mut AnyConnection, name: &str, value: &[u8]) -> Result<bool, StoreError> {
    let statement = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    let done = sqlx::query(statement).bind(name).bind(value).execute(connection).await?;
    Ok(done.rows_affected() == 1)
}

/// Writes a value, in place of another if there is one.
///
/// # Errors
/// [`StoreError`].
pub async fn replace(connection: &mut AnyConnection, name: &str, value: &[u8]) -> Result<(), StoreError> {
    let statement = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) \
                     DO UPDATE SET value = excluded.value";
    sqlx::query(statement).bind(name).bind(value).execute(connection).await?;
    Ok(())
}
