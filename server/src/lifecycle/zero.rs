//! The zero check (R-OPEN-02 to 04): what may be there, what must be empty, and every counter at zero.

use sqlx::Row;

use super::LifecycleError;
use crate::election::LoadedElection;
use crate::store::{Backend, Database, Store, StoreError};

/// How many rows a table must hold.
#[derive(Clone, Copy)]
enum Must {
    Be(i64),
    /// What is needed to run: parameters, the log of what was done.
    Any,
}

async fn rows(database: &Database, statement: &'static str) -> Result<i64, StoreError> {
    Ok(sqlx::query(statement).fetch_one(&mut *database.read().await?).await?.try_get(0)?)
}

/// The tables that there are, whatever this program knows of.
async fn catalogue(database: &Database) -> Result<Vec<String>, StoreError> {
    let statement = match database.backend() {
        Backend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
        Backend::Postgres => {
            "SELECT CAST(tablename AS TEXT) FROM pg_catalog.pg_tables \
             WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        }
    };
    let rows = sqlx::query(statement).fetch_all(&mut *database.read().await?).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Entries of the roll, base and addenda.
fn entries(election: &LoadedElection) -> i64 {
    i64::try_from(election.election.credentials.len()).unwrap_or(i64::MAX)
}

/// Looks at every table, and writes the report.
///
/// # Errors
/// [`LifecycleError::NotEmpty`] naming the first table that is not as it must be.
pub(super) async fn report(
    store: &Store,
    election: &LoadedElection,
    skew: Option<i64>,
) -> Result<String, LifecycleError> {
    let (roll, ballots) = (&store.roll, &store.ballots);
    let tables: [(&Database, &'static str, &'static str, Must); 25] = [
        (roll, "roll.accounts", "SELECT count(*) FROM accounts", Must::Be(entries(election))),
        (roll, "roll.accounts with a session", "SELECT count(*) FROM accounts WHERE session IS NOT NULL", Must::Be(0)),
        (roll, "roll.accounts with a password", "SELECT count(*) FROM accounts WHERE auth IS NOT NULL", Must::Be(0)),
        (
            roll,
            "roll.accounts with an authenticator",
            "SELECT count(*) FROM accounts WHERE totp IS NOT NULL",
            Must::Be(0),
        ),
        (
            roll,
            "roll.accounts with wrong tries",
            "SELECT count(*) FROM accounts WHERE failures > 0 OR locked_until > 0 OR digit_tries > 0",
            Must::Be(0),
        ),
        (roll, "roll.accounts to send the link again", "SELECT count(*) FROM accounts WHERE resend <> 0", Must::Any),
        (roll, "roll.codes of accounts", "SELECT count(*) FROM codes WHERE account >= 0", Must::Be(0)),
        (roll, "roll.codes", "SELECT count(*) FROM codes", Must::Any),
        (roll, "roll.contacts", "SELECT count(*) FROM contacts", Must::Any),
        (roll, "roll.hosts", "SELECT count(*) FROM hosts", Must::Any),
        (roll, "roll.instances", "SELECT count(*) FROM instances", Must::Any),
        (roll, "roll.marks", "SELECT count(*) FROM marks", Must::Be(0)),
        (roll, "roll.intents", "SELECT count(*) FROM intents", Must::Be(0)),
        (roll, "roll.meta", "SELECT count(*) FROM meta", Must::Any),
        (roll, "roll.events", "SELECT count(*) FROM events", Must::Any),
        (roll, "roll.approvals", "SELECT count(*) FROM approvals", Must::Any),
        (roll, "roll._sqlx_migrations", "SELECT count(*) FROM _sqlx_migrations", Must::Any),
        (roll, "roll.clock", "SELECT count(*) FROM clock", Must::Any),
        (ballots, "box.ballots", "SELECT count(*) FROM ballots", Must::Be(0)),
        (ballots, "box.heads of ballots", "SELECT count(*) FROM heads WHERE log = 'board' AND number > 0", Must::Be(0)),
        (ballots, "box.files of ballots", "SELECT count(*) FROM files WHERE path LIKE 'board/%'", Must::Be(0)),
        (ballots, "box.heads", "SELECT count(*) FROM heads", Must::Any),
        (ballots, "box.files", "SELECT count(*) FROM files", Must::Any),
        (ballots, "box._sqlx_migrations", "SELECT count(*) FROM _sqlx_migrations", Must::Any),
        (ballots, "box.meta", "SELECT count(*) FROM meta", Must::Any),
    ];
    for (side, database) in [("roll", roll), ("box", ballots)] {
        for name in catalogue(database).await? {
            let table = format!("{side}.{name}");
            if !tables.iter().any(|(_, known, ..)| *known == table) {
                return Err(LifecycleError::Refused(format!("nobody knows what the table {table} is for")));
            }
        }
    }
    let id = election.election.election_id;
    let mut text = format!("escrutinio/server-zero-report/v1\nelection {id}\n");
    for (database, table, statement, must) in tables {
        let rows = rows(database, statement).await?;
        match must {
            Must::Be(expected) if rows != expected => return Err(LifecycleError::NotEmpty { table, rows, expected }),
            Must::Be(0) => text.push_str(&format!("empty {table} {rows}\n")),
            _ => text.push_str(&format!("loaded {table} {rows}\n")),
        }
    }
    let hash = |path| election.file_hash(path).unwrap_or_default();
    for path in [escrutinio_core::record::MANIFEST, escrutinio_core::record::ROLL, escrutinio_core::record::LISTS] {
        text.push_str(&format!("file {path} {}\n", hash(path)));
    }
    // Median of the witnesses' clocks less ours; nobody was asked where the manifest names no quorum.
    let skew = skew.map_or("not compared".to_owned(), |skew| format!("{skew} s"));
    text.push_str(&format!("clock {skew}\n"));
    text.push_str("ballots 0\nparticipants 0\n");
    let manifest = &election.election.manifest;
    for (number, contest) in (0u32..).zip(&manifest.contests) {
        text.push_str(&format!("contest {number} {}\n", contest.name));
        for option in (0u32..).zip(&contest.options).map(|(option, _)| option) {
            let name = manifest.option_name(number, option).unwrap_or_default();
            text.push_str(&format!("option {option} 0 {name}\n"));
        }
    }
    Ok(text)
}
