//! How things stand, for people and for machines.

use core::fmt::Write;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use escrutinio_core::board::Checkpoint;
use serde_json::{Value, json};

use crate::alarm::{Alarms, Raised};
use crate::book;
use crate::clock::utc;
use crate::election::Log;
use crate::error::Result;
use crate::text::Lang;
use crate::witness::{Standing, Witness};

/// How a witness or a follower stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// The election id.
    pub election: String,
    /// The witness's name; nothing of a follower.
    pub witness: Option<String>,
    /// When this was said.
    pub now: u64,
    /// Both logs.
    pub logs: Vec<Standing>,
    /// Seconds after which a log that was not heard counts as silent.
    pub quiet: u64,
    /// Alarms that nobody has answered; nothing if the folder could not be read.
    pub alarms: Option<Vec<Raised>>,
}

/// How a witness stands.
#[must_use]
pub fn of(witness: &Witness, quiet: u64) -> Status {
    Status {
        election: witness.election().id.to_string(),
        witness: Some(witness.name().to_owned()),
        now: witness.now(),
        logs: witness.standing(),
        quiet,
        alarms: witness.alarms().list().ok(),
    }
}

/// How the folder of a witness or a follower stands, whether or not it is at work: one for each
/// election.
///
/// # Errors
/// If the folder cannot be read.
pub fn of_folder(folder: &Path, now: u64, quiet: u64) -> Result<Vec<Status>> {
    let alarms = Alarms::of(folder).list().ok();
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let status = |(path, end): (PathBuf, Option<u64>)| {
        let standing = |log: Log| {
            let (note, time) = book::peek(&path.join(log.name()))?;
            let closed = log == Log::Board && end.is_some_and(|end| time.is_some_and(|time| time >= end));
            let Checkpoint { origin, size, root } = note.claimed().clone();
            let (heard, checkpoint) = (time.unwrap_or(now), Some(note.to_string()));
            Some(Standing { log, origin, size, root, time, closed, heard, checkpoint })
        };
        let logs = Log::ALL.into_iter().filter_map(standing).collect();
        Status { election: name(&path), witness: None, now, logs, quiet, alarms: alarms.clone() }
    };
    let mut all: Vec<Status> = book::elections(folder)?.into_iter().map(status).collect();
    if all.is_empty() {
        all.push(Status { election: String::new(), witness: None, now, logs: Vec::new(), quiet, alarms });
    }
    Ok(all)
}

impl Status {
    /// Whether there is an alarm. That none can be read is one.
    #[must_use]
    pub fn alarm(&self) -> bool {
        self.alarms.as_ref().is_none_or(|alarms| !alarms.is_empty())
    }

    /// Whether a log was not heard for too long. After the closing the board has nothing to say.
    #[must_use]
    pub fn silent(&self, log: &Standing) -> bool {
        !log.closed && self.now.saturating_sub(log.heard) > self.quiet
    }

    /// One JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        let logs: Vec<Value> = self
            .logs
            .iter()
            .map(|log| {
                json!({
                    "log": log.log.name(),
                    "origin": log.origin,
                    "size": log.size,
                    "root": Base64::encode_string(&log.root),
                    "time": log.time,
                    "closed": log.closed,
                    "heard": log.heard,
                    "silent": self.silent(log),
                    "checkpoint": log.checkpoint,
                })
            })
            .collect();
        let alarm = |raised: &Raised| json!({ "file": raised.file, "kind": raised.kind.map(|kind| kind.name()) });
        let value = json!({
            "alarm": self.alarm(),
            "alarms": self.alarms.as_ref().map(|alarms| alarms.iter().map(alarm).collect::<Vec<_>>()),
            "election": self.election,
            "witness": self.witness,
            "now": self.now,
            "logs": logs,
        });
        format!("{value}\n")
    }

    /// Some lines for a person.
    #[must_use]
    pub fn to_text(&self, lang: Lang) -> String {
        let mut text = format!("{} {}\n", lang.pick("elección", "election"), self.election);
        if let Some(witness) = &self.witness {
            text.push_str(&format!("{} {witness}\n", lang.pick("testigo", "witness")));
        }
        for log in &self.logs {
            let time = log.time.map_or_else(|| lang.pick("nunca", "never").to_owned(), utc);
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{}: {} {}, {} {}, {} {time}{}{}",
                log.log.name(),
                lang.pick("tamaño", "size"),
                log.size,
                lang.pick("raíz", "root"),
                Base64::encode_string(&log.root),
                lang.pick("firmado", "signed"),
                if log.closed { lang.pick(", CERRADO", ", CLOSED") } else { "" },
                if self.silent(log) { lang.pick(", EN SILENCIO", ", SILENT") } else { "" },
            );
        }
        match self.alarms.as_deref() {
            Some([]) => text.push_str(lang.pick("sin alarmas\n", "no alarms\n")),
            Some(alarms) => {
                for raised in alarms {
                    let kind = raised.kind.map_or("?", |kind| kind.name());
                    let _ = writeln!(text, "{}: {kind}, {}", lang.pick("ALARMA", "ALARM"), raised.file);
                }
            }
            None => text
                .push_str(lang.pick("ALARMA: no se pueden leer las alarmas\n", "ALARM: the alarms cannot be read\n")),
        }
        text
    }
}
