//! The act *wipe*: a rehearsal leaves nothing behind (R-SIM-06). For elections that do not bind only. What is left
//! is the election id, so that the databases serve no other; the log of acts; and the log of events.

use core::time::Duration;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sqlx::{AnyConnection, Executor};

use super::conductor::count;
use super::{Conductor, LifecycleError, start};
use crate::board::Act;
use crate::phase::Facts;
use crate::store::{Backend, Database, StoreError, meta};

/// A table: its name, what of it goes, how much that is.
type Table = (&'static str, &'static str, &'static str);

/// Tables and what of them goes, roll and box.
const ROLL: &[Table] = &[
    ("roll.accounts", "DELETE FROM accounts", "SELECT count(*) FROM accounts"),
    ("roll.marks", "DELETE FROM marks", "SELECT count(*) FROM marks"),
    ("roll.intents", "DELETE FROM intents", "SELECT count(*) FROM intents"),
    ("roll.contacts", "DELETE FROM contacts", "SELECT count(*) FROM contacts"),
    ("roll.codes", "DELETE FROM codes", "SELECT count(*) FROM codes"),
];
const BOX: &[Table] = &[
    ("box.ballots", "DELETE FROM ballots", "SELECT count(*) FROM ballots"),
    (
        "box.heads of ballots",
        "DELETE FROM heads WHERE log = 'board' AND number > 0",
        "SELECT count(*) FROM heads WHERE log = 'board' AND number > 0",
    ),
    (
        "box.files of ballots",
        "DELETE FROM files WHERE path LIKE 'board/%'",
        "SELECT count(*) FROM files WHERE path LIKE 'board/%'",
    ),
];

/// How often it is looked whether ballots are being taken, and how many times.
const LOOK: Duration = Duration::from_millis(250);
const LOOKS: u32 = 20;

fn refused(what: &str) -> LifecycleError {
    LifecycleError::Refused(what.to_owned())
}

impl Conductor {
    /// Removes everything of a rehearsal: accounts, marks, ballots, board, keys, and the messages in these
    /// outboxes. Returns the zero report.
    ///
    /// # Errors
    /// [`LifecycleError`] if the election binds, or something could not be removed.
    pub async fn wipe(&self, keys: &Path, board: &Path, outboxes: &[PathBuf]) -> Result<String, LifecycleError> {
        let parts = &self.parts;
        let manifest = &parts.election.election.manifest;
        if manifest.binding {
            return Err(refused("this election binds: nothing of it is wiped"));
        }
        // From here on nothing is taken; what is being taken is finished first.
        parts.lifecycle.hold(true);
        if !self.is_idle_soon().await {
            parts.lifecycle.hold(false);
            return Err(refused("ballots are being taken: ask again in a moment"));
        }
        parts.lifecycle.note(Facts { closed: true, ..Facts::default() });
        let now = parts.clock.now();
        let mut act = Act::new("wipe", now);
        for ((name, _, statement), database) in self.tables() {
            act = act.with(&name.replace(['.', ' '], "-"), count(database, statement).await?);
        }
        parts.board.act_once(&act).await?;
        *self.leader.lock().await = None;
        // Closed for good: a start finds nothing to do, and the databases are not loaded again.
        start::note(&parts.store, meta::WIPED, now.to_string()).await?;
        start::note(&parts.store, meta::CLOSED, now.to_string()).await?;
        empty(&parts.store.roll, ROLL, None).await?;
        empty(&parts.store.ballots, BOX, Some(meta::CLOSING)).await?;
        parts.keys.forget_ballots();
        let files = (keys.to_path_buf(), board.to_path_buf(), outboxes.to_vec());
        let removed = tokio::task::spawn_blocking(move || remove(&files.0, &files.1, &files.2)).await;
        removed.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(|error| refused(&error.to_string()))?;
        self.zero(now).await
    }

    /// Whether every act of casting comes to its end within a moment.
    async fn is_idle_soon(&self) -> bool {
        for _ in 0..LOOKS {
            if self.parts.cast.is_idle().await == Ok(true) {
                return true;
            }
            tokio::time::sleep(LOOK).await;
        }
        false
    }

    fn tables(&self) -> impl Iterator<Item = (Table, &Database)> {
        let store = &self.parts.store;
        let of = |tables: &'static [Table], database| tables.iter().map(move |table| (*table, database));
        of(ROLL, &store.roll).chain(of(BOX, &store.ballots))
    }

    /// That nothing is left.
    async fn zero(&self, at: i64) -> Result<String, LifecycleError> {
        let id = self.parts.election.election.election_id;
        let at = crate::board::utc(at);
        let mut text = format!("escrutinio/server-zero-report/v1\nelection {id}\nwiped {at}\n");
        for ((table, _, statement), database) in self.tables() {
            let rows = count(database, statement).await?;
            if rows != 0 {
                return Err(LifecycleError::NotEmpty { table, rows, expected: 0 });
            }
            text.push_str(&format!("empty {table} 0\n"));
        }
        text.push_str("ballots 0\nparticipants 0\n");
        Ok(text)
    }
}

/// Deletes rows, and has the database give their place back.
async fn empty(database: &Database, tables: &'static [Table], closing: Option<&'static str>) -> Result<(), StoreError> {
    database
        .run(move |connection: &mut AnyConnection| {
            Box::pin(async move {
                for (_, statement, _) in tables {
                    connection.execute(*statement).await?;
                }
                if let Some(name) = closing {
                    meta::insert(connection, name, b"0").await?;
                }
                Ok(())
            })
        })
        .await?;
    let mut connection = database.read().await?;
    match database.backend() {
        Backend::Sqlite => connection.execute("VACUUM").await?,
        Backend::Postgres => connection.execute("VACUUM FULL").await?,
    };
    drop(connection);
    database.truncate_log().await
}

/// Overwrites the keys, and removes what lies in folders.
fn remove(keys: &Path, board: &Path, outboxes: &[PathBuf]) -> io::Result<()> {
    if keys.exists() {
        let length = usize::try_from(fs::metadata(keys)?.len()).unwrap_or(0);
        let mut file = OpenOptions::new().write(true).open(keys)?;
        file.write_all(&vec![0u8; length])?;
        file.sync_all()?;
        fs::remove_file(keys)?;
    }
    if board.exists() {
        fs::remove_dir_all(board)?;
    }
    for outbox in outboxes.iter().filter(|outbox| outbox.exists()) {
        for entry in fs::read_dir(outbox)? {
            fs::remove_file(entry?.path())?;
        }
    }
    Ok(())
}
