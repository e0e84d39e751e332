//! The record as the checks read it: the folder, and what is about to be added to it. So a
//! file is checked before it is written, and a record that does not hold never gets it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use escrutinio_core::record::Source;
use escrutinio_core::verify::{self, Check, ClosedElection, Election, Phase, Progress, Report};

use crate::error::{Error, Result, refused};
use crate::session::Session;
use crate::workspace::Workspace;

/// A record, with files that are not written yet.
#[derive(Debug)]
pub struct RecordSource {
    root: PathBuf,
    /// Folders that are not looked into, with a slash at the end.
    closed: &'static [&'static str],
    added: BTreeMap<String, Vec<u8>>,
}

impl RecordSource {
    /// The record of an election's folder.
    #[must_use]
    pub fn new(workspace: &Workspace) -> Self {
        Self::at(&workspace.path("record"))
    }

    /// Files below any folder.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self { root: folder.to_path_buf(), closed: &[], added: BTreeMap::new() }
    }

    /// Does not look into these folders.
    #[must_use]
    pub fn without(self, closed: &'static [&'static str]) -> Self {
        Self { closed, ..self }
    }

    /// Adds a file, or puts other bytes in the place of one.
    #[must_use]
    pub fn with(mut self, path: impl Into<String>, bytes: Vec<u8>) -> Self {
        self.added.insert(path.into(), bytes);
        self
    }

    /// The same with many files.
    #[must_use]
    pub fn with_all(mut self, files: &BTreeMap<String, Vec<u8>>) -> Self {
        self.added.extend(files.iter().map(|(path, bytes)| (path.clone(), bytes.clone())));
        self
    }
}

fn collect(folder: &Path, prefix: &str, closed: &[&str], files: &mut BTreeMap<String, u64>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        // Of the entry itself: a link is nothing that a record may hold, wherever it leads.
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            let prefix = format!("{path}/");
            if !closed.contains(&prefix.as_str()) {
                collect(&entry.path(), &prefix, closed, files)?;
            }
        } else if metadata.is_file() {
            files.insert(path, metadata.len());
        } else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{path}: not a regular file")));
        }
    }
    Ok(())
}

impl Source for RecordSource {
    type Error = io::Error;

    fn files(&self) -> io::Result<Vec<(String, u64)>> {
        let mut files = BTreeMap::new();
        collect(&self.root, "", self.closed, &mut files)?;
        let length = |bytes: &Vec<u8>| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        files.extend(self.added.iter().map(|(path, bytes)| (path.clone(), length(bytes))));
        Ok(files.into_iter().collect())
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        if let Some(bytes) = self.added.get(path) {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let piece = start.checked_add(buffer.len()).and_then(|end| bytes.get(start..end));
            buffer.copy_from_slice(piece.ok_or(io::ErrorKind::UnexpectedEof)?);
            return Ok(());
        }
        let mut file = File::open(self.root.join(path))?;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }
}

/// Shows how far a verification has come.
struct Bar<'a> {
    ui: &'a mut dyn crate::ui::Ui,
    done: u64,
    all: u64,
}

impl Progress for Bar<'_> {
    fn start(&mut self, _: Phase, total: u64) {
        (self.done, self.all) = (0, total);
    }

    fn advance(&mut self, steps: u64) {
        self.done = self.done.saturating_add(steps);
        self.ui.progress(self.done, self.all);
    }
}

fn io_error(why: &io::Error) -> Error {
    Error::file(Path::new("record"), why)
}

/// Names the first check that does not hold.
fn failed(report: &Report, check: Check) -> Error {
    let result = report.checks().into_iter().find(|result| result.check == check);
    let culprit = result.and_then(|result| result.culprit).unwrap_or_default();
    refused("error.check", &[("code", &check.code()), ("what", &check.what()), ("culprit", &culprit)])
}

/// Verifies what was sealed (M1.1 to E1.2).
///
/// # Errors
/// The first check that does not hold.
pub fn sealed(session: &mut Session<'_>, source: &RecordSource) -> Result<Election> {
    let mut bar = Bar { ui: session.ui, done: 0, all: 0 };
    let (report, election) = verify::sealed(source, session.rng, &mut bar).map_err(|why| io_error(&why))?;
    match (first_of(&report, Check::E1_2), election) {
        (None, Some(election)) => Ok(election),
        (check, _) => Err(failed(&report, check.unwrap_or(Check::E1_2))),
    }
}

/// The first check that does not hold, not looking behind `last`. R1.1 is for whole records.
fn first_of(report: &Report, last: Check) -> Option<Check> {
    report
        .checks()
        .into_iter()
        .filter(|result| result.check != Check::R1_1 && result.check <= last)
        .find(|result| !result.ok)
        .map(|result| result.check)
}

/// Verifies a board that may still lack its last cosignatures and the participation (to
/// B2.2); gives the number of its ballots.
///
/// # Errors
/// The first check that does not hold.
pub fn board(session: &mut Session<'_>, source: &RecordSource) -> Result<u64> {
    let mut bar = Bar { ui: session.ui, done: 0, all: 0 };
    let (report, _) = verify::closed(source, session.rng, &mut bar).map_err(|why| io_error(&why))?;
    match first_of(&report, Check::B2_2) {
        None => Ok(report.ballots),
        Some(check) => Err(failed(&report, check)),
    }
}

/// Verifies a closed election (to N1.3) and recomputes its aggregates.
///
/// # Errors
/// The first check that does not hold.
pub fn closed(session: &mut Session<'_>, source: &RecordSource) -> Result<ClosedElection> {
    let mut bar = Bar { ui: session.ui, done: 0, all: 0 };
    let (report, closed) = verify::closed(source, session.rng, &mut bar).map_err(|why| io_error(&why))?;
    match (first_of(&report, Check::N1_3), closed) {
        (None, Some(closed)) => Ok(closed),
        (check, _) => Err(failed(&report, check.unwrap_or(Check::N1_3))),
    }
}

/// Verifies a whole record.
///
/// # Errors
/// The first check that does not hold.
pub fn record(session: &mut Session<'_>, source: &RecordSource) -> Result<Report> {
    let mut bar = Bar { ui: session.ui, done: 0, all: 0 };
    let (report, _) = verify::record(source, session.rng, &mut bar).map_err(|why| io_error(&why))?;
    match report.first_failure() {
        None => Ok(report),
        Some(check) => Err(failed(&report, check)),
    }
}
