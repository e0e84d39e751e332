//! One database: connections to read with, one writer.

use core::fmt;
use core::time::Duration;
use std::fs::File;
use std::sync::{Arc, Mutex, Once, PoisonError};

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions, Connection, Executor, Row};

use super::fault::Fault;
use super::migrations::migrator;
use super::writer::{BoxFuture, Sharing, Writer};
use super::{OpenError, StoreError, files, meta};

/// Connections that read.
const READERS: u32 = 8;
/// How long somebody waits for one of them.
const READ: Duration = Duration::from_secs(3);
/// How long a database may take to answer at all.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Persons.
    Roll,
    /// Ballots.
    Box,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Roll => "roll",
            Self::Box => "box",
        })
    }
}

/// Which program keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file of this machine.
    Sqlite,
    /// A server.
    Postgres,
}

impl Backend {
    /// The statement that begins a transaction that writes.
    pub(super) fn begin(self) -> &'static str {
        match self {
            // Without it two transactions may both read and then neither can write.
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// The statement that begins a transaction that reads everything at one moment.
    pub(crate) fn moment(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// What every connection is told first.
    fn settings(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; \
                 PRAGMA busy_timeout = 10000; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY"
            }
            // Only what is on the disk is answered. And whoever is gone without a word, as a machine that loses its
            // power, is noticed within seconds: what it has locked is free again.
            Self::Postgres => {
                "SET synchronous_commit = on; SET lock_timeout = '10s'; SET statement_timeout = '60s'; \
                 SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = warning; \
                 SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; \
                 SET tcp_user_timeout = '20s'"
            }
        }
    }
}

/// One of the two databases. Copies are the same database.
#[derive(Clone)]
pub struct Database {
    backend: Backend,
    fault: Arc<Fault>,
    options: AnyConnectOptions,
    pool: AnyPool,
    writer: Writer,
    casts: Writer,
    /// Of SQLite's file, while it is open.
    lock: Arc<Mutex<Option<File>>>,
}

/// Without its URL, which may hold a password.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({:?})", self.backend)
    }
}

impl Database {
    pub(super) async fn open(url: &str, side: Side) -> Result<Self, OpenError> {
        let name = format!("{side} database{}", place(url).map(|place| format!(" ({place})")).unwrap_or_default());
        Self::open_named(url, side, &name).await.map_err(|why| OpenError { which: name, why })
    }

    async fn open_named(url: &str, side: Side, name: &str) -> Result<Self, StoreError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let (backend, lock, url) = match files::sqlite_path(url) {
            Some(path) => {
                (Backend::Sqlite, Some(files::lock(&path).await?), format!("sqlite://{}?mode=rwc", path.display()))
            }
            None if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                (Backend::Postgres, None, url.to_owned())
            }
            None => return Err(StoreError::Refused { what: "a URL begins with sqlite: or postgres://".to_owned() }),
        };
        // A statement in the log would have its time beside it.
        let options = url.parse::<AnyConnectOptions>()?.disable_statement_logging();
        let mut connection = connect(&options, backend).await?;
        migrator(side, backend).run(&mut connection).await?;
        if backend == Backend::Postgres {
            refuse_settings(&mut connection).await?;
            warn_of_loss(&mut connection, name).await?;
        }
        let pool = AnyPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(READ)
            // Who waits is told so; a line of a log would say when somebody came.
            .acquire_slow_threshold(PATIENCE)
            // A file does not hang up.
            .test_before_acquire(backend == Backend::Postgres)
            .after_connect(move |connection, _| {
                Box::pin(async move { connection.execute(backend.settings()).await.map(drop) })
            })
            .connect_with(options.clone())
            .await?;
        connection.close().await?;
        let fault = Arc::new(Fault::none(name));
        let start = |sharing| Writer::start(&options, backend, sharing, &fault);
        // Whoever writes meets others who write at other instances, in every order: no transaction but those of casts
        // waits for one while another waits for it, and none of it concerns who casts.
        let apart = backend == Backend::Postgres;
        let writer = start(if apart { Sharing::Apart } else { Sharing::Together });
        let casts = if apart { start(Sharing::Together) } else { writer.clone() };
        Ok(Self { backend, fault, options, pool, writer, casts, lock: Arc::new(Mutex::new(lock)) })
    }

    /// Which it is, and where: without user and password.
    #[must_use]
    pub fn name(&self) -> &str {
        self.fault.name()
    }

    /// Whether it can be written. Only if the last attempt failed something is written to find out, which
    /// changes nothing: whoever cannot write is perhaps not sent anything to write any more.
    ///
    /// # Errors
    /// [`StoreError`], as the last attempt.
    pub async fn writes(&self) -> Result<(), StoreError> {
        if !self.fault.stands() {
            return Ok(());
        }
        let statement = "UPDATE meta SET value = value WHERE name = $1";
        self.run(move |c| {
            Box::pin(async move { Ok(sqlx::query(statement).bind(meta::ELECTION).execute(c).await.map(drop)?) })
        })
        .await
    }

    /// Which program keeps it.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if there is none within three seconds.
    pub async fn read(&self) -> Result<PoolConnection<Any>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// A connection of one's own, outside of the pool.
    pub(crate) async fn connect(&self) -> Result<AnyConnection, StoreError> {
        connect(&self.options, self.backend).await
    }

    /// The statement that begins a transaction that writes, on a connection of one's own.
    pub(crate) fn begin(&self) -> &'static str {
        self.backend.begin()
    }

    /// The writer.
    #[must_use]
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// The writer of the act of casting, which nobody else's jobs hold up.
    #[must_use]
    pub fn casts(&self) -> &Writer {
        &self.casts
    }

    /// Writes, perhaps together with whoever writes at the same time; see [`Writer::run`].
    ///
    /// # Errors
    /// As [`Writer::run`].
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.run(job).await
    }

    /// What no other database shares: of PostgreSQL the cluster.
    pub(super) async fn identity(&self) -> Result<String, StoreError> {
        match self.backend {
            Backend::Sqlite => Ok(self.options.database_url.path().to_owned()),
            Backend::Postgres => {
                let statement = "SELECT system_identifier::text FROM pg_control_system()";
                Ok(sqlx::query(statement).fetch_one(&mut *self.read().await?).await?.try_get(0)?)
            }
        }
    }

    /// Moves what the write-ahead log holds into the database, and empties it. PostgreSQL does it by itself.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn truncate_log(&self) -> Result<(), StoreError> {
        if self.backend == Backend::Sqlite {
            self.read().await?.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
        Ok(())
    }

    pub(super) async fn close(&self) {
        self.writer.close().await;
        self.casts.close().await;
        // What is left there is moved by the next start.
        let _ = self.truncate_log().await;
        self.pool.close().await;
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

pub(super) async fn connect(options: &AnyConnectOptions, backend: Backend) -> Result<AnyConnection, StoreError> {
    let connecting = async {
        let mut connection = options.connect().await?;
        connection.execute(backend.settings()).await?;
        Ok(connection)
    };
    let late = |_| StoreError::Unavailable { what: "no answer within ten seconds".to_owned() };
    tokio::time::timeout(PATIENCE, connecting).await.map_err(late)?
}

/// Where the database of a URL is.
fn place(url: &str) -> Option<String> {
    if let Some(path) = files::sqlite_path(url) {
        return Some(path.display().to_string());
    }
    let (_, rest) = url.split_once("://")?;
    let rest = rest.split(['?', '#']).next()?;
    // What stands before it may be a password.
    Some(rest.rsplit_once('@').map_or(rest, |(_, place)| place).to_owned())
}

/// What must hold of a server of PostgreSQL: what it answers is on the disk; it notes no time of a commit; and
/// none of its logs says, beside a time, what a statement was about.
const SETTINGS: [(&str, &[&str]); 13] = [
    ("fsync", &["on"]),
    ("full_page_writes", &["on"]),
    ("track_commit_timestamp", &["off"]),
    ("log_statement", &["none", "ddl"]),
    ("log_duration", &["off"]),
    ("log_min_duration_statement", &["-1"]),
    ("log_min_duration_sample", &["-1"]),
    ("log_transaction_sample_rate", &["0"]),
    ("log_parameter_max_length_on_error", &["0"]),
    ("debug_print_parse", &["off"]),
    ("debug_print_rewritten", &["off"]),
    ("debug_print_plan", &["off"]),
    // Of a module; where it is not loaded there is no such setting.
    ("auto_explain.log_min_duration", &["-1"]),
];

/// Refuses a server that is not set as it must be.
async fn refuse_settings(connection: &mut AnyConnection) -> Result<(), StoreError> {
    for (setting, wanted) in SETTINGS {
        let row = sqlx::query("SELECT current_setting($1, true)").bind(setting).fetch_one(&mut *connection).await?;
        let found: Option<String> = row.try_get(0)?;
        if let Some(found) = found.filter(|found| !wanted.contains(&found.as_str())) {
            let what = format!("{setting} is {found} and must be {}", wanted.join(" or "));
            return Err(StoreError::Refused { what });
        }
    }
    connection.ping().await?;
    Ok(())
}

/// Says so where a server's disk is the only one that has what is promised.
async fn warn_of_loss(connection: &mut AnyConnection, name: &str) -> Result<(), StoreError> {
    let statement = "SELECT current_setting('synchronous_standby_names')";
    let standbys: String = sqlx::query(statement).fetch_one(connection).await?.try_get(0)?;
    if standbys.is_empty() {
        tracing::warn!(name, "synchronous_standby_names is empty: a standby that takes over lacks promised ballots");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_no_password() {
        for (url, expected) in [
            ("sqlite:/var/lib/roll.db", Some("/var/lib/roll.db")),
            ("postgres://roll_server:p@ss@10.0.0.1:5432/roll?sslmode=verify-full", Some("10.0.0.1:5432/roll")),
            ("postgres://localhost/box", Some("localhost/box")),
            ("nothing", None),
        ] {
            assert_eq!(place(url).as_deref(), expected);
        }
    }
}
