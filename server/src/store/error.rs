//! What can go wrong with a database, told apart by what somebody can do about it.

use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

/// A database that does not open: which, where it is, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{which}: {why}: {}", .why.remedy())]
pub struct OpenError {
    /// Which, and where.
    pub which: String,
    /// Why.
    pub why: StoreError,
}

impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        error.why
    }
}

/// A store that does not do what it should. Nothing was lost: what was not answered was not promised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It does not answer, or is being taken down or locked: later, or on another instance.
    #[error("the database is not available: {what}")]
    Unavailable {
        /// What it said.
        what: String,
    },
    /// There is no room left.
    #[error("the disk is full")]
    Full,
    /// It cannot be written.
    #[error("it is read-only")]
    ReadOnly,
    /// What it holds makes no sense: stop, and restore.
    #[error("the database is damaged: {what}")]
    Corrupt {
        /// What does not fit.
        what: String,
    },
    /// It is not one that this program may use.
    #[error("the database is refused: {what}")]
    Refused {
        /// Why.
        what: String,
    },
    /// It lacks what it had: whatever is added to it contradicts what was promised and signed.
    #[error("the database is an old copy: {what}")]
    OldCopy {
        /// What shows it.
        what: String,
    },
    /// The program is shutting down.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// What whoever runs the server is to do. Voters are asked to come again meanwhile.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "see to the database and the way to it; then it goes on by itself",
            Self::Full => "free space or enlarge the disk; then it goes on by itself",
            Self::ReadOnly => "find out why before anything else; then make it writable, or move to the standby",
            Self::Corrupt { .. } => "stop, keep everything as it is, and go to the standby or the backup",
            Self::Refused { .. } => "nothing was changed",
            Self::OldCopy { .. } => "keep everything as it is, find the newest copy, and start with that",
            Self::Closed => "start it again",
        }
    }

    /// Damage, said in a few words.
    #[must_use]
    pub fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }

    fn unavailable(error: &impl ToString) -> Self {
        Self::Unavailable { what: error.to_string() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(inner) => {
                if let Some(sqlite) = inner.try_downcast_ref::<SqliteError>() {
                    return of_sqlite(sqlite);
                }
                match inner.try_downcast_ref::<PgDatabaseError>() {
                    Some(postgres) => of_postgres(postgres),
                    None => Self::unavailable(&error),
                }
            }
            E::PoolClosed => Self::Closed,
            E::RowNotFound => Self::corrupt("a row that was there is not"),
            E::ColumnDecode { .. } | E::Decode(_) | E::ColumnNotFound(_) | E::ColumnIndexOutOfBounds { .. } => {
                Self::corrupt(error.to_string())
            }
            E::Migrate(_) | E::Configuration(_) => Self::Refused { what: error.to_string() },
            _ => Self::unavailable(&error),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError as E;
        match error {
            E::Execute(error) | E::ExecuteMigration(error, _) => error.into(),
            other => Self::Refused { what: other.to_string() },
        }
    }
}

fn of_sqlite(error: &SqliteError) -> StoreError {
    use sqlx::error::DatabaseError;
    let extended: u32 = error.code().and_then(|code| code.parse().ok()).unwrap_or(1);
    // The primary code stands in the low byte.
    match extended & 0xff {
        8 => StoreError::ReadOnly,
        13 => StoreError::Full,
        11 | 26 => StoreError::corrupt(error.to_string()),
        _ => StoreError::unavailable(error),
    }
}

fn of_postgres(error: &PgDatabaseError) -> StoreError {
    match error.code() {
        "53100" => StoreError::Full,
        "25006" => StoreError::ReadOnly,
        code if code.starts_with("XX") => StoreError::corrupt(error.to_string()),
        code if code.starts_with("28") || code == "3D000" => StoreError::Refused { what: error.to_string() },
        _ => StoreError::unavailable(error),
    }
}
