//! The log of acts (`spec/server.md`): what was done with the election, by whom it concerns, for all
//! to see at once. No act says anything of one voter.

use std::collections::BTreeMap;

use escrutinio_core::board::bundle::{BundleId, read_bundle};
use sqlx::{AnyConnection, Executor};

use super::log::{Log, LogName, write_files};
use super::rows;
use super::tree::Growth;
use crate::store::{Backend, Store, StoreError, meta};

/// Number of the lock of PostgreSQL under which acts are appended.
const LOCK: i64 = 0x6163_7473;

/// An act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    name: &'static str,
    at: i64,
    values: BTreeMap<String, String>,
}

/// A name or value is one line: whatever would begin another becomes a space.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Seconds since 1970 as UTC.
#[must_use]
pub fn utc(at: i64) -> String {
    jiff::Timestamp::from_second(at).map_or_else(|_| at.to_string(), |time| time.to_string())
}

impl Act {
    /// An act of a name at a time.
    #[must_use]
    pub fn new(name: &'static str, at: i64) -> Self {
        Self { name, at, values: BTreeMap::new() }
    }

    /// With a value; the names are single words.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.values.insert(line(name).replace(' ', "-"), line(&value.to_string()));
        self
    }

    /// The entry of the log.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("escrutinio/act/v1\nact {}\nat {}\n", self.name, utc(self.at));
        for (name, value) in &self.values {
            text.push_str(&format!("{name} {value}\n"));
        }
        text
    }
}

/// Appends an act; one that is done once only if it was not.
pub(super) async fn append(log: &Log, store: &Store, act: &Act, once: bool) -> Result<bool, StoreError> {
    let backend = store.ballots.backend();
    let (own, text, name) = (log.clone(), act.text(), meta::act(act.name));
    let job = store.ballots.run(move |c| {
        Box::pin(async move {
            if backend == Backend::Postgres {
                c.execute(sqlx::query("SELECT pg_advisory_xact_lock($1)::text").bind(LOCK)).await?;
            }
            if once && !meta::insert(c, &name, b"").await? {
                return Ok(false);
            }
            let before = own.last(c).await?;
            let mut growth = Growth::resume(c, own.name, before.size).await?;
            let files = growth.push(text.as_bytes())?;
            write_files(c, own.name, files).await?;
            own.write_head(c, &before, &growth).await?;
            Ok(true)
        })
    });
    let done = job.await?;
    log.sign_heads(store).await?;
    Ok(done)
}

/// All acts.
pub(super) async fn all(connection: &mut AnyConnection, log: &Log) -> Result<Vec<String>, StoreError> {
    let size = log.last(connection).await?.size;
    let mut acts = Vec::new();
    for id in BundleId::all(size) {
        let broken = || StoreError::corrupt(format!("{id} of the acts"));
        let bytes = rows::file(connection, LogName::Acts, &id.to_string()).await?.ok_or_else(broken)?;
        for entry in read_bundle(id, &bytes).map_err(|_| broken())? {
            acts.push(String::from_utf8(entry.to_vec()).map_err(|_| broken())?);
        }
    }
    Ok(acts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_tz_05_an_act_is_lines_in_the_order_of_names_and_says_its_time_in_utc() {
        let act = Act::new("open", 1_638_064_800).with("roll", 551).with("ballots", 0).with("note", "a\nact b");
        let text = "escrutinio/act/v1\nact open\nat 2021-11-28T02:00:00Z\nballots 0\nnote a act b\nroll 551\n";
        assert_eq!(act.text(), text);
        let read = escrutinio_core::board::Act::parse(text.as_bytes()).map(|act| act.to_string());
        assert_eq!(read.as_deref(), Some(text), "as whoever reads the log");
    }
}
