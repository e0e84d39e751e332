//! Two databases, which know nothing of each other: the roll of persons and the box of ballots
//! (`spec/server.md`, Two databases). SQLite or PostgreSQL, by URL; one text of every statement.

mod database;
mod error;
mod fault;
mod files;
pub mod meta;
mod migrations;
mod person;
pub mod roll;
mod writer;

pub use database::{Backend, Database, Side};
pub use error::{OpenError, StoreError};
pub use person::{Person, contact_tag};
pub use sqlx::AnyConnection;
pub use writer::{BoxFuture, Writer};

/// Both databases.
#[derive(Clone, Debug)]
pub struct Store {
    /// Persons: accounts, marks, events.
    pub roll: Database,
    /// Ballots: sealed ones, heads and files of the logs.
    pub ballots: Database,
}

impl Store {
    /// Opens both by URL, `sqlite:<path>` or `postgres://...`, and brings their schema up to date.
    ///
    /// # Errors
    /// [`OpenError`]; with [`StoreError::Refused`] if both are one, or of a schema that is not known.
    pub async fn open(roll: &str, ballots: &str) -> Result<Self, OpenError> {
        let roll = Database::open(roll, Side::Roll).await?;
        let ballots = Database::open(ballots, Side::Box).await?;
        let fail = |database: &Database| {
            let which = database.name().to_owned();
            move |why| OpenError { which, why }
        };
        let identities =
            (roll.identity().await.map_err(fail(&roll))?, ballots.identity().await.map_err(fail(&ballots))?);
        if identities.0 == identities.1 {
            let what = "roll and box are one database, or two of one cluster: transaction numbers would link them";
            return Err(fail(&ballots)(StoreError::Refused { what: what.to_owned() }));
        }
        Ok(Self { roll, ballots })
    }

    /// Finishes what is waiting, truncates write-ahead logs, closes.
    pub async fn close(&self) {
        self.roll.close().await;
        self.ballots.close().await;
    }
}
