//! Alarms: what a log did that it must not do, written down with the evidence.
//!
//! An alarm stays until a person moves its file into the folder `answered`. The same alarm is
//! raised once.

use core::fmt::Write as _;
use std::fs;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64ct::{Base64, Encoding};
use escrutinio_core::board::Checkpoint;
use escrutinio_sealed::files::{self, Readers};

use crate::clock::utc;
use crate::election::Log;
use crate::error::{Error, Result};

/// Files that are written at most: whoever provokes alarms shall not fill the disk.
const MOST: u32 = 999;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Two checkpoints of one size with different roots.
    Fork,
    /// A checkpoint smaller than one before.
    Rollback,
    /// Two elections of one manifest.
    SecondElection,
    /// Another checkpoint of the board after the closing one.
    AfterClose,
    /// The entries do not give the signed root.
    Entries,
    /// What stands where the checkpoint should is not signed as it must be.
    Signature,
    /// A witness signed two closings.
    TwoClosings,
    /// The act *election* is of other credential lists than those that were sealed.
    Lists,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Fork,
        Self::Rollback,
        Self::SecondElection,
        Self::AfterClose,
        Self::Entries,
        Self::Signature,
        Self::TwoClosings,
        Self::Lists,
    ];

    /// Its name in files and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Rollback => "rollback",
            Self::SecondElection => "second-election",
            Self::AfterClose => "after-close",
            Self::Entries => "entries",
            Self::Signature => "signature",
            Self::TwoClosings => "two-closings",
            Self::Lists => "lists",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the evidence convicts by itself; otherwise it asks for an explanation.
    #[must_use]
    pub fn convicts(self) -> bool {
        matches!(self, Self::Fork | Self::TwoClosings)
    }

    fn es(self) -> &'static str {
        match self {
            Self::Fork => "la bitácora firmó dos puntos de control del mismo tamaño con raíces distintas",
            Self::Rollback => "la bitácora presenta un punto de control menor que uno anterior",
            Self::SecondElection => "la bitácora abrió dos elecciones del mismo manifiesto",
            Self::AfterClose => "la bitácora presenta otro punto de control después del de cierre",
            Self::Entries => "las entradas publicadas no dan la raíz firmada",
            Self::Signature => "lo publicado como punto de control no lleva las firmas debidas",
            Self::TwoClosings => "un testigo firmó dos cierres distintos",
            Self::Lists => "la bitácora abrió la elección con otras listas de credenciales que las selladas",
        }
    }

    fn en(self) -> &'static str {
        match self {
            Self::Fork => "the log signed two checkpoints of one size with different roots",
            Self::Rollback => "the log presents a checkpoint smaller than one before",
            Self::SecondElection => "the log opened two elections of one manifest",
            Self::AfterClose => "the log presents another checkpoint after the closing one",
            Self::Entries => "the published entries do not give the signed root",
            Self::Signature => "what is published as the checkpoint is not signed as it must be",
            Self::TwoClosings => "a witness signed two different closings",
            Self::Lists => "the log opened the election with other credential lists than those that were sealed",
        }
    }
}

/// An alarm and its evidence.
#[derive(Clone, Debug)]
pub struct Alarm<'a> {
    /// What happened.
    pub kind: Kind,
    /// On which log.
    pub log: Log,
    /// The checkpoint that is refused.
    pub refused: &'a Checkpoint,
    /// Texts with their titles: signed notes, requests.
    pub evidence: Vec<(&'static str, String)>,
}

impl Alarm<'_> {
    /// What makes two alarms the same.
    fn head(&self) -> String {
        format!(
            "escrutinio/alarm/v1\nkind {}\nlog {}\norigin {}\nsize {}\nroot {}\n",
            self.kind.name(),
            self.log.name(),
            self.refused.origin,
            self.refused.size,
            Base64::encode_string(&self.refused.root),
        )
    }

    fn text(&self, now: u64) -> String {
        let (convicts, es, en) = if self.kind.convicts() {
            ("yes", "Las firmas de abajo lo prueban por sí solas.", "The signatures below prove it by themselves.")
        } else {
            (
                "no",
                "Pida una explicación a la autoridad y guarde este archivo.",
                "Ask the authority for an explanation, and keep this file.",
            )
        };
        let mut text = format!(
            "{}at {}\nconvicts {convicts}\n\nALARMA: {}. {es}\nALARM: {}. {en}\n",
            self.head(),
            utc(now),
            self.kind.es(),
            self.kind.en(),
        );
        for (title, evidence) in &self.evidence {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n--- {title}\n{evidence}");
        }
        text
    }
}

/// An alarm that was raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Name of the file.
    pub file: String,
    /// What happened, if the file says it.
    pub kind: Option<Kind>,
}

/// The alarms of a folder.
#[derive(Debug)]
pub struct Alarms {
    folder: PathBuf,
    writing: Mutex<()>,
}

impl Alarms {
    /// Of a folder.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), writing: Mutex::new(()) }
    }

    /// Writes an alarm down and says so, loudly, in both languages. The same one only once.
    ///
    /// That the file cannot be written must not let the checkpoint pass: it is said, and no more.
    pub fn raise(&self, alarm: &Alarm<'_>, now: u64) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let text = alarm.text(now);
        let place = match self.write(&alarm.head(), &text) {
            Ok(None) => return,
            Ok(Some(path)) => path.display().to_string(),
            Err(error) => format!("NO SE PUDO GUARDAR / NOT KEPT: {error}\n{text}"),
        };
        let bar = "!".repeat(78);
        let (es, en) = (alarm.kind.es(), alarm.kind.en());
        let _ = writeln!(
            stderr(),
            "{bar}\nALARMA ({}): {es}.\nALARM ({}): {en}.\n{place}\n{bar}",
            alarm.log.name(),
            alarm.log.name()
        );
    }

    /// The new file, unless the same alarm is there already.
    fn write(&self, head: &str, text: &str) -> Result<Option<PathBuf>> {
        let mut last = 0;
        for folder in [self.folder.clone(), self.folder.join("answered")] {
            for (number, path) in numbered(&folder)? {
                last = last.max(number);
                if files::read(&path).is_ok_and(|found| found.starts_with(head.as_bytes())) {
                    return Ok(None);
                }
            }
        }
        let number = last.saturating_add(1);
        let path = self.folder.join(format!("alarm-{number:03}.txt"));
        if number > MOST {
            return Err(Error::file(&path, std::io::ErrorKind::QuotaExceeded.into()));
        }
        files::write_new(&path, text.as_bytes(), Readers::Everybody)?;
        Ok(Some(path))
    }

    /// The alarms that nobody has answered yet.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Raised>> {
        let kind = |path: &Path| {
            let text = String::from_utf8_lossy(&files::read(path).ok()?).into_owned();
            text.lines().find_map(|line| line.strip_prefix("kind ")).and_then(Kind::parse)
        };
        Ok(numbered(&self.folder)?
            .into_iter()
            .map(|(_, path)| Raised {
                kind: kind(&path),
                file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            })
            .collect())
    }
}

/// The files of alarms in a folder, by number.
fn numbered(folder: &Path) -> Result<Vec<(u32, PathBuf)>> {
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder).map_err(|why| Error::file(folder, why))? {
        let path = entry.map_err(|why| Error::file(folder, why))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = name.strip_prefix("alarm-").and_then(|name| name.strip_suffix(".txt"));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            found.push((number, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(size: u64) -> Checkpoint {
        Checkpoint { origin: "o".into(), size, root: [7; 32] }
    }

    fn alarm(refused: &Checkpoint) -> Alarm<'_> {
        Alarm { kind: Kind::Fork, log: Log::Board, refused, evidence: vec![("known", "a note\n".into())] }
    }

    #[test]
    fn an_alarm_is_raised_once_and_stays_until_it_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let alarms = Alarms::of(folder.path());
        assert_eq!(alarms.list().unwrap(), []);
        for size in [5, 5, 6, 5] {
            alarms.raise(&alarm(&refused(size)), 1_638_754_200);
        }
        let raised = |number| Raised { file: format!("alarm-{number:03}.txt"), kind: Some(Kind::Fork) };
        assert_eq!(alarms.list().unwrap(), [raised(1), raised(2)]);
        let text = fs::read_to_string(folder.path().join("alarm-001.txt")).unwrap();
        assert!(text.contains("kind fork\nlog board\norigin o\nsize 5\n"), "{text}");
        assert!(text.contains("at 2021-12-06T01:30:00Z\nconvicts yes\n"), "{text}");
        assert!(
            text.contains("ALARMA: ") && text.contains("ALARM: ") && text.ends_with("--- known\na note\n"),
            "{text}"
        );

        fs::create_dir(folder.path().join("answered")).unwrap();
        fs::rename(folder.path().join("alarm-002.txt"), folder.path().join("answered/alarm-002.txt")).unwrap();
        assert_eq!(alarms.list().unwrap(), [raised(1)]);
        alarms.raise(&alarm(&refused(6)), 9);
        assert_eq!(alarms.list().unwrap(), [raised(1)], "it was answered");
        alarms.raise(&alarm(&refused(7)), 9);
        assert_eq!(alarms.list().unwrap(), [raised(1), raised(3)], "numbers are not used again");
    }

    #[test]
    fn a_file_that_says_nothing_is_an_alarm_still() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("alarm-004.txt"), b"\xff").unwrap();
        let raised = Alarms::of(folder.path()).list().unwrap();
        assert_eq!(raised, [Raised { file: "alarm-004.txt".into(), kind: None }]);
    }

    #[test]
    fn the_disk_is_not_filled() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("alarm-999.txt"), b"").unwrap();
        let alarms = Alarms::of(folder.path());
        alarms.raise(&alarm(&refused(5)), 1);
        assert_eq!(alarms.list().unwrap().len(), 1);
    }
}
