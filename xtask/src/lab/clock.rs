//! The time of a rehearsal: the machine's, moved by the seconds that stand in a file.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::shell::{Failure, Outcome};

/// Programs look at the file ten times a second.
const SETTLES: Duration = Duration::from_millis(250);

/// Seconds before the end of reception, within the minute in which witnesses are asked for nothing.
const QUIET: i64 = 45;
/// What was asked of witnesses before is answered by then.
const ANSWERED: Duration = Duration::from_millis(1500);

/// The file that server and witnesses read.
#[derive(Clone, Debug)]
pub(crate) struct ClockFile {
    path: PathBuf,
}

/// The machine's own time.
pub(crate) fn machine() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

impl ClockFile {
    /// A clock that shows the machine's time until it is set.
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// It is this time, once this returns, for everybody.
    pub(crate) fn set(&self, now: i64) -> Outcome {
        self.write(now.saturating_sub(machine()), 0, "")
    }

    /// It is what the machine says, for everybody.
    pub(crate) fn follow_machine(&self) -> Outcome {
        self.write(0, 0, "")
    }

    /// Reception ends, after a moment without questions to witnesses, as in life: what was asked before the jump and
    /// signed after it would be a closing that is none.
    pub(crate) fn end_reception(&self, end: i64) -> Outcome {
        self.set(end.saturating_sub(QUIET))?;
        std::thread::sleep(ANSWERED);
        self.set(end.saturating_add(15))
    }

    /// It is this time for everybody, and nobody wanted it: a program that starts must doubt it.
    pub(crate) fn set_wrongly(&self, now: i64) -> Outcome {
        self.write(now.saturating_sub(machine()), 0, "fault")
    }

    fn write(&self, offset: i64, step: i64, fault: &str) -> Outcome {
        let part = self.path.with_extension("part");
        let write = || -> std::io::Result<()> {
            std::fs::write(&part, format!("{offset} {step} {fault}"))?;
            // A reader sees the old number or the new one.
            std::fs::rename(&part, &self.path)
        };
        write().map_err(|error| Failure::file(&self.path, &error))?;
        std::thread::sleep(SETTLES);
        Ok(())
    }

    /// The machine's clock seems to step by so many seconds; the time stays what it is.
    pub(crate) fn step_machine(&self, seconds: i64) -> Outcome {
        self.write(self.now().saturating_sub(machine()), seconds, "")
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        let offset = text.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0);
        machine().saturating_add(offset)
    }
}
