//! The transcript of the acts: one line for every step, each with the hash of the line
//! before, so that none can be taken out, put in or moved.
//!
//! A line is one JSON object. `previous` is the SHA-256 of the line before without its line
//! feed, 64 zeros in the first. What is hashed is the line as it stands in the file.

use std::collections::BTreeMap;
use std::path::Path;

use escrutinio_core::hash::sha256;
use escrutinio_core::ids::hex;
use serde::{Deserialize, Serialize};

use crate::error::{Result, refused};
use crate::files;

/// Name of the file in the folder of the election.
pub const FILE: &str = "transcript.log";

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Place in the file, from 0.
    pub seq: u64,
    /// Hash of the line before.
    pub previous: String,
    /// When, in UTC.
    pub at: String,
    /// What was done.
    pub act: String,
    /// In which role.
    pub role: String,
    /// By whom.
    pub person: String,
    /// SHA-256 of what was read, by path.
    pub inputs: BTreeMap<String, String>,
    /// SHA-256 of what was written, by path.
    pub outputs: BTreeMap<String, String>,
    /// Anything else that the act has to record.
    pub notes: BTreeMap<String, String>,
}

/// The lines of a transcript whose chain holds.
#[derive(Clone, Debug, Default)]
pub struct TranscriptLog {
    text: String,
    lines: Vec<Line>,
}

impl TranscriptLog {
    /// Reads a transcript and checks its chain; none yet is an empty one.
    ///
    /// # Errors
    /// If a line is not one, or does not follow from the one before.
    pub fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let text =
            String::from_utf8(files::read(path)?).map_err(|_| refused("error.transcript.line", &[("line", &1)]))?;
        Self::parse(text)
    }

    fn parse(text: String) -> Result<Self> {
        let mut lines: Vec<Line> = Vec::new();
        let mut previous = "0".repeat(64);
        for (raw, seq) in text.split_inclusive('\n').zip(0u64..) {
            let broken = || refused("error.transcript.line", &[("line", &seq.saturating_add(1))]);
            let raw = raw.strip_suffix('\n').ok_or_else(broken)?;
            let line: Line = serde_json::from_str(raw).map_err(|_| broken())?;
            // One writing only: what people see is what is hashed.
            let same = serde_json::to_string(&line).is_ok_and(|canonical| canonical == raw);
            if !same || line.seq != seq || line.previous != previous {
                return Err(broken());
            }
            previous = hex(&sha256(&[raw.as_bytes()]));
            lines.push(line);
        }
        Ok(Self { text, lines })
    }

    /// The steps in order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Hash of the last line: who knows it knows that no line before has changed.
    #[must_use]
    pub fn head(&self) -> String {
        self.text.lines().last().map_or_else(|| "0".repeat(64), |line| hex(&sha256(&[line.as_bytes()])))
    }

    /// Adds a step and writes the file; `seq` and `previous` are filled in.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn append(&mut self, path: &Path, mut line: Line) -> Result<()> {
        line.previous = self.head();
        line.seq = u64::try_from(self.lines.len()).unwrap_or(u64::MAX);
        let raw = serde_json::to_string(&line).map_err(|_| refused("error.transcript.line", &[("line", &line.seq)]))?;
        let text = format!("{}{raw}\n", self.text);
        files::replace(path, text.as_bytes())?;
        self.text = text;
        self.lines.push(line);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(act: &str) -> Line {
        Line {
            seq: 0,
            previous: String::new(),
            at: "2026-01-01T00:00:00Z".to_owned(),
            act: act.to_owned(),
            role: "custodian 1".to_owned(),
            person: "Ana".to_owned(),
            inputs: BTreeMap::new(),
            outputs: BTreeMap::from([("a".to_owned(), "00".to_owned())]),
            notes: BTreeMap::new(),
        }
    }

    fn three() -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut log = TranscriptLog::default();
        for act in ["one", "two", "three"] {
            log.append(&path, line(act)).unwrap();
        }
        let read = TranscriptLog::read(&path).unwrap();
        assert_eq!(read.lines().len(), 3);
        assert_eq!(read.head(), log.head());
        read.text
    }

    #[test]
    fn every_tampering_is_found() {
        let text = three();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let [one, two, three] = lines[..] else { panic!("three lines") };
        let broken = [
            text.replace("\"two\"", "\"twa\""),
            [one, three].concat(),
            [one, three, two].concat(),
            [two, three].concat(),
            [one, two, two].concat(),
            text.trim_end().to_owned(),
            text.replacen("{\"seq\":0,", "{\"seq\": 0,", 1),
            format!("{text}x\n"),
        ];
        for changed in broken {
            assert!(TranscriptLog::parse(changed.clone()).is_err(), "{changed}");
        }
    }
}
