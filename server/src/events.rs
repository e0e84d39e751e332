//! The log of events, for the operators: a chain of lines, each with the hash of the one before, in
//! the roll (`spec/server.md`, Events). Staff acts stand there one by one; what voters do is counted,
//! and written once an hour.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use escrutinio_core::hash::{Hash, sha256};
use escrutinio_core::ids::hex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{AnyConnection, Executor, Row};

use crate::board::utc;
use crate::clock::Clock;
use crate::random;
use crate::store::{Backend, Database, StoreError};

/// Number of the lock of PostgreSQL under which events are appended.
const LOCK: i64 = 0x6576_656e;
/// Seconds of an hour.
const HOUR: i64 = 3600;

/// What happened, without its place in the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The person, or `server`.
    pub who: String,
    /// In which role.
    pub role: String,
    /// What was done.
    pub act: String,
    /// With what result.
    pub result: Value,
}

impl Event {
    /// What the server does by itself.
    #[must_use]
    pub fn server(act: &str, result: impl Into<Value>) -> Self {
        Self { who: "server".to_owned(), role: "server".to_owned(), act: act.to_owned(), result: result.into() }
    }
}

/// A line of the chain. The order of the fields is that of the line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    seq: i64,
    previous: String,
    at: String,
    who: String,
    role: String,
    act: String,
    result: Value,
}

/// A chain that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the events is not the one that was written, or one before it is missing")]
pub struct BrokenChain {
    /// Which, from 1.
    pub line: usize,
}

/// Checks that every line names the one before.
///
/// # Errors
/// [`BrokenChain`] with the first that does not.
pub fn verify_chain<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<(), BrokenChain> {
    let mut previous: Hash = [0; 32];
    for (number, text) in (1i64..).zip(lines) {
        let broken = || BrokenChain { line: usize::try_from(number).unwrap_or(usize::MAX) };
        let line: Line = serde_json::from_str(text).map_err(|_| broken())?;
        if line.seq != number || line.previous != hex(&previous) {
            return Err(broken());
        }
        previous = sha256(&[text.as_bytes()]);
    }
    Ok(())
}

/// Checks that the lines are those whose hashes stand, as acts *events*, on the log of acts: who rewrites a chain, or cuts
/// its end off, cannot rewrite that.
///
/// # Errors
/// [`BrokenChain`] with the first that is not.
pub fn verify_anchors(lines: &[String], acts: &[String]) -> Result<(), BrokenChain> {
    for act in acts.iter().filter(|act| act.lines().nth(1) == Some("act events")) {
        let value = |name: &str| act.lines().find_map(|line| line.strip_prefix(name));
        let number = value("line ").and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
        let line = number.checked_sub(1).and_then(|place| lines.get(place));
        if line.map(|line| hex(&sha256(&[line.as_bytes()]))).as_deref() != value("hash ") || line.is_none() {
            return Err(BrokenChain { line: number });
        }
    }
    Ok(())
}

/// Appends events, and counts.
#[derive(Debug)]
pub struct EventLog {
    roll: Database,
    clock: Arc<dyn Clock>,
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    hour: i64,
    of: BTreeMap<&'static str, u64>,
}

impl EventLog {
    /// The log of a roll.
    #[must_use]
    pub fn new(roll: Database, clock: Arc<dyn Clock>) -> Self {
        let hour = clock.now().div_euclid(HOUR);
        Self { roll, clock, counts: Mutex::new(Counts { hour, of: BTreeMap::new() }) }
    }

    /// Appends an event at the present time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn append(&self, event: Event) -> Result<(), StoreError> {
        self.append_at(event, self.clock.now()).await
    }

    async fn append_at(&self, event: Event, at: i64) -> Result<(), StoreError> {
        let (backend, at) = (self.roll.backend(), utc(at));
        self.roll.run(move |c| Box::pin(async move { append(c, backend, event, at).await })).await
    }

    /// Appends a line that nobody can guess, and answers with its number and hash: these may be public, and tell nothing of
    /// the lines before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn anchor(&self) -> Result<(i64, Hash), StoreError> {
        let (backend, at) = (self.roll.backend(), utc(self.clock.now()));
        let event = Event::server("anchor", hex(&random::bytes::<32>()));
        self.roll.run(move |c| Box::pin(async move { append_line(c, backend, event, at).await })).await
    }

    /// Counts something that a voter did, for the line of the hour.
    pub fn count(&self, what: &'static str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.of.entry(what).or_insert(0);
        *count = count.saturating_add(1);
    }

    /// Writes the counts of the hour that is over, if there are any.
    ///
    /// # Errors
    /// [`StoreError`]; the counts go into the next line then.
    pub async fn turn_of_the_hour(&self) -> Result<(), StoreError> {
        let hour = self.clock.now().div_euclid(HOUR);
        let (over, of) = {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            if counts.hour == hour {
                return Ok(());
            }
            let over = core::mem::replace(&mut counts.hour, hour);
            (over, core::mem::take(&mut counts.of))
        };
        self.write_counts(over, of).await
    }

    /// Writes the counts of the hour so far: the program ends.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn finish(&self) -> Result<(), StoreError> {
        let (hour, of) = {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            (counts.hour, core::mem::take(&mut counts.of))
        };
        self.write_counts(hour, of).await
    }

    async fn write_counts(&self, hour: i64, of: BTreeMap<&'static str, u64>) -> Result<(), StoreError> {
        if of.is_empty() {
            return Ok(());
        }
        let result = of.iter().map(|(name, count)| ((*name).to_owned(), Value::from(*count))).collect();
        let event = Event::server("hour", Value::Object(result));
        let done = self.append_at(event, hour.saturating_mul(HOUR)).await;
        if done.is_err() {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            for (name, count) in of {
                let sum = counts.of.entry(name).or_insert(0);
                *sum = sum.saturating_add(count);
            }
        }
        done
    }

    /// All lines.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lines(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("SELECT line FROM events ORDER BY seq").fetch_all(&mut *self.roll.read().await?).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}

/// Appends an event within a transaction of the roll: it stands there if what it tells of does.
pub(crate) async fn append(
    connection: &mut AnyConnection,
    backend: Backend,
    event: Event,
    at: String,
) -> Result<(), StoreError> {
    append_line(connection, backend, event, at).await.map(drop)
}

async fn append_line(
    connection: &mut AnyConnection,
    backend: Backend,
    event: Event,
    at: String,
) -> Result<(i64, Hash), StoreError> {
    if backend == Backend::Postgres {
        connection.execute(sqlx::query("SELECT pg_advisory_xact_lock($1)::text").bind(LOCK)).await?;
    }
    let query = sqlx::query("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1");
    let (before, previous) = match query.fetch_optional(&mut *connection).await? {
        Some(row) => (row.try_get(0)?, row.try_get(1)?),
        None => (0i64, vec![0u8; 32]),
    };
    let Event { who, role, act, result } = event;
    let seq = before.saturating_add(1);
    let line = Line { seq, previous: hex(&previous), at, who, role, act, result };
    let text = serde_json::to_string(&line).map_err(|error| StoreError::corrupt(error.to_string()))?;
    let hash = sha256(&[text.as_bytes()]);
    let query = sqlx::query("INSERT INTO events (seq, line, hash) VALUES ($1, $2, $3)");
    connection.execute(query.bind(seq).bind(text).bind(hash.as_slice())).await?;
    Ok((seq, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Vec<String> {
        let mut previous = [0u8; 32];
        (1..=4)
            .map(|seq| {
                let (at, who) = (utc(seq), format!("person {seq}"));
                let (role, act, result) = ("operator".into(), "state".into(), Value::from("done"));
                let line = Line { seq, previous: hex(&previous), at, who, role, act, result };
                let text = serde_json::to_string(&line).unwrap();
                previous = sha256(&[text.as_bytes()]);
                text
            })
            .collect()
    }

    #[test]
    fn r_mon_12_a_line_that_is_changed_or_missing_is_found() {
        let lines = chain();
        let verify = |lines: &[String]| verify_chain(lines.iter().map(String::as_str));
        assert_eq!(verify(&lines), Ok(()));
        assert!(lines[0].starts_with(r#"{"seq":1,"previous":"0000"#));
        for place in 0..3 {
            let mut missing = lines.clone();
            missing.remove(place);
            assert_eq!(verify(&missing), Err(BrokenChain { line: place + 1 }));
            let mut changed = lines.clone();
            changed[place] = changed[place].replace("person", "nobody");
            assert_eq!(verify(&changed), Err(BrokenChain { line: place + 2 }));
        }
        assert_eq!(verify_chain(["{}"]), Err(BrokenChain { line: 1 }));
    }

    #[test]
    fn r_mon_12_an_end_that_is_cut_off_or_a_chain_that_is_rewritten_is_found() {
        let lines = chain();
        let hash = hex(&sha256(&[lines[2].as_bytes()]));
        let acts = [
            "escrutinio/act/v1\nact open\nat 2021-11-28T02:00:00Z\nline 9\n".to_owned(),
            format!("escrutinio/act/v1\nact events\nat 2021-11-28T02:00:00Z\nhash {hash}\nline 3\n"),
        ];
        assert_eq!(verify_anchors(&lines, &acts), Ok(()));
        assert_eq!(verify_anchors(&lines[..3], &acts), Ok(()), "what came after is not anchored yet");
        assert_eq!(verify_anchors(&lines[..2], &acts), Err(BrokenChain { line: 3 }));
        let rewritten: Vec<String> = lines.iter().map(|line| line.replace("person", "nobody")).collect();
        assert_eq!(verify_anchors(&rewritten, &acts), Err(BrokenChain { line: 3 }));
        assert_eq!(verify_anchors(&[], &["v\nact events\n".to_owned()]), Err(BrokenChain { line: 0 }));
    }
}
