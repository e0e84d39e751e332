//! What became of each message. A line is on the disk before the content of a message goes out,
//! and another when the relay has answered; there is only the number in it, never an address.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::error::{Error, Result};

const FORM: &str = "escrutinio/mail-journal/v1";

/// What a line says of its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Its content is about to be handed over.
    Sending,
    /// The relay took it.
    Sent(u16),
    /// It was refused for good, by this code; or cannot be sent at all.
    Failed(String),
    /// It was not taken, and may be later.
    Deferred(u16),
    /// The connection broke after its content was handed over: the relay may have taken it.
    Unsure,
    /// Somebody decided that it is tried again.
    Again,
}

impl Event {
    fn words(&self) -> (&'static str, String) {
        match self {
            Self::Sending => ("sending", "-".to_owned()),
            Self::Sent(code) => ("sent", code.to_string()),
            Self::Failed(code) => ("failed", code.clone()),
            Self::Deferred(code) => ("deferred", code.to_string()),
            Self::Unsure => ("unsure", "-".to_owned()),
            Self::Again => ("again", "-".to_owned()),
        }
    }

    fn parse(word: &str, code: &str) -> Option<Self> {
        let none = code == "-";
        Some(match word {
            "sending" if none => Self::Sending,
            "unsure" if none => Self::Unsure,
            "again" if none => Self::Again,
            "sent" => Self::Sent(code.parse().ok()?),
            "deferred" => Self::Deferred(code.parse().ok()?),
            "failed" if !none && code.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Self::Failed(code.to_owned()),
            _ => return None,
        })
    }
}

/// Where a message stands.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum State {
    /// Not taken yet.
    #[default]
    Pending,
    /// Taken.
    Sent,
    /// Refused for good.
    Failed(String),
    /// Perhaps taken.
    Unsure,
}

/// Where a message stands, and whether a decision may have sent it twice.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Entry {
    /// Where it stands.
    pub state: State,
    /// Whether it was perhaps taken before somebody decided that it is tried again.
    pub again: bool,
}

impl Entry {
    fn apply(&mut self, event: &Event) {
        self.state = match event {
            Event::Sending | Event::Unsure => State::Unsure,
            Event::Sent(_) => State::Sent,
            Event::Failed(code) => State::Failed(code.clone()),
            Event::Deferred(_) => State::Pending,
            Event::Again => {
                self.again |= self.state == State::Unsure;
                State::Pending
            }
        };
    }
}

/// The journal of an outbox.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    entries: BTreeMap<u32, Entry>,
    /// When the first message went out.
    pub first: Option<String>,
    /// When the last thing happened.
    pub last: Option<String>,
}

impl Journal {
    /// Opens the journal at `path`, or begins it, and keeps other runs away from it.
    ///
    /// # Errors
    /// If another run holds it, a line is none, or it is of another outbox.
    pub fn open(path: &Path, outbox: &str, messages: u32) -> Result<Self> {
        let failed = |why| Error::file(path, why);
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Running { path: path.to_path_buf() }),
            Err(TryLockError::Error(why)) => return Err(failed(why)),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let mut journal = Self { path: path.to_path_buf(), file, entries: BTreeMap::new(), first: None, last: None };
        let first = format!("{FORM} {outbox}\n");
        // A line whose end was not written was never acted upon.
        let whole = text.rfind('\n').map_or(0, |end| end.saturating_add(1));
        let lines = text.get(..whole).unwrap_or_default();
        if lines.is_empty() {
            journal.truncate(0).map_err(failed)?;
            journal.write(&first).map_err(failed)?;
            return Ok(journal);
        }
        let bad = |line| Error::Journal { path: path.to_path_buf(), line };
        let lines = lines.strip_prefix(&first).ok_or_else(|| bad(1))?;
        for (line, number) in lines.lines().zip(2usize..) {
            journal.read_line(line, messages).ok_or_else(|| bad(number))?;
        }
        journal.truncate(whole).map_err(failed)?;
        Ok(journal)
    }

    fn read_line(&mut self, line: &str, messages: u32) -> Option<()> {
        let mut words = line.split(' ');
        let number: u32 = words.next()?.parse().ok().filter(|number| (1..=messages).contains(number))?;
        let event = Event::parse(words.next()?, words.next()?)?;
        let moment = words.next().filter(|moment| moment.parse::<Timestamp>().is_ok())?;
        if words.next().is_some() {
            return None;
        }
        self.note(number, &event, moment);
        Some(())
    }

    fn truncate(&mut self, length: usize) -> io::Result<()> {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        self.file.set_len(length)?;
        self.file.seek(SeekFrom::Start(length)).map(|_| ())
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()
    }

    fn note(&mut self, number: u32, event: &Event, moment: &str) {
        self.entries.entry(number).or_default().apply(event);
        self.first.get_or_insert_with(|| moment.to_owned());
        self.last = Some(moment.to_owned());
    }

    /// Writes down what happened; when this returns it is on the disk.
    ///
    /// # Errors
    /// If it cannot be written: nothing may be sent then.
    pub fn append(&mut self, number: u32, event: &Event) -> Result<()> {
        let moment = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default().to_string();
        let (word, code) = event.words();
        self.write(&format!("{number:07} {word} {code} {moment}\n")).map_err(|why| Error::file(&self.path, why))?;
        self.note(number, event, &moment);
        Ok(())
    }

    /// Where a message stands.
    #[must_use]
    pub fn entry(&self, number: u32) -> Entry {
        self.entries.get(&number).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> Result<Journal> {
        Journal::open(path, "ab12", 9)
    }

    #[test]
    fn what_was_appended_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.txt");
        {
            let mut journal = open(&path).unwrap();
            for (number, events) in [
                (1, vec![Event::Sending, Event::Sent(250)]),
                (2, vec![Event::Failed("550".into())]),
                (3, vec![Event::Sending]),
                (4, vec![Event::Sending, Event::Deferred(451)]),
                (5, vec![Event::Sending, Event::Unsure, Event::Again, Event::Sending, Event::Sent(250)]),
                (7, vec![Event::Failed("550".into()), Event::Again, Event::Sending, Event::Sent(250)]),
            ] {
                for event in events {
                    journal.append(number, &event).unwrap();
                }
            }
            assert!(matches!(open(&path), Err(Error::Running { .. })), "one run at a time");
        }
        let journal = open(&path).unwrap();
        let state = |number| journal.entry(number).state;
        assert_eq!((state(1), state(2)), (State::Sent, State::Failed("550".into())));
        assert_eq!((state(3), state(4), state(6)), (State::Unsure, State::Pending, State::Pending));
        assert_eq!(journal.entry(5), Entry { state: State::Sent, again: true });
        assert_eq!(journal.entry(7), Entry { state: State::Sent, again: false }, "it was refused and not sent");
        assert!(journal.first.is_some() && journal.last >= journal.first);
    }

    #[test]
    fn a_line_without_its_end_was_never_acted_upon() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.txt");
        open(&path).unwrap().append(1, &Event::Sending).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{whole}0000001 sent 2")).unwrap();
        let mut journal = open(&path).unwrap();
        assert_eq!(journal.entry(1).state, State::Unsure);
        journal.append(2, &Event::Sent(250)).unwrap();
        drop(journal);
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(&format!("{whole}0000002 sent 250 ")));
    }

    #[test]
    fn refuses_other_lines_and_other_outboxes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.txt");
        drop(open(&path).unwrap());
        assert!(matches!(Journal::open(&path, "cd34", 9), Err(Error::Journal { line: 1, .. })));
        for line in [
            "0000001 sent 250",
            "0000001 sent - 2026-01-01T00:00:00Z",
            "0000001 sending 250 2026-01-01T00:00:00Z",
            "0000010 sent 250 2026-01-01T00:00:00Z",
            "0000000 sent 250 2026-01-01T00:00:00Z",
            "0000001 lost - 2026-01-01T00:00:00Z",
            "0000001 failed ana@b 2026-01-01T00:00:00Z",
            "0000001 sent 250 yesterday",
            "0000001 sent 250 2026-01-01T00:00:00Z x",
        ] {
            std::fs::write(&path, format!("{FORM} ab12\n{line}\n")).unwrap();
            assert!(matches!(open(&path), Err(Error::Journal { line: 2, .. })), "{line}");
        }
    }
}
