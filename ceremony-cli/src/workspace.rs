//! The folder of one election: what travels between the machines of the ceremony. All of
//! it is public. `record/` grows into the published record; the rest lies beside it. What
//! has been done is read off the files that are there.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use escrutinio_core::encoding::Decode;
use escrutinio_core::ids::hex;

use crate::error::{Result, out_of_order, refused};
use crate::files;
use crate::person::Person;
use crate::session::{Session, utc};
use crate::transcript_log::{self, Line, TranscriptLog};

/// The folder of one election.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
}

/// A step that is to stand in the transcript.
#[derive(Clone, Debug)]
pub struct Step {
    act: &'static str,
    role: String,
    person: String,
    inputs: Vec<String>,
    outputs: Vec<String>,
    notes: BTreeMap<String, String>,
}

impl Step {
    /// A step done by somebody without a key, whom the session names.
    ///
    /// # Errors
    /// If nobody answers.
    pub fn by_operator(session: &mut Session<'_>, act: &'static str) -> Result<Self> {
        let person = session.ask("operator")?;
        Ok(Self::by("operator", &person, act))
    }

    /// A step done by somebody who opened their key.
    #[must_use]
    pub fn by_person(person: &Person, act: &'static str) -> Self {
        Self::by(person.role.name(), &person.name, act)
    }

    fn by(role: &str, person: &str, act: &'static str) -> Self {
        Self {
            act,
            role: role.to_owned(),
            person: person.to_owned(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            notes: BTreeMap::new(),
        }
    }

    /// What was read, by its path in the folder.
    #[must_use]
    pub fn input(mut self, path: impl Into<String>) -> Self {
        self.inputs.push(path.into());
        self
    }

    /// What was written, by its path in the folder.
    #[must_use]
    pub fn output(mut self, path: impl Into<String>) -> Self {
        self.outputs.push(path.into());
        self
    }

    /// Something else to record.
    #[must_use]
    pub fn note(mut self, key: &str, value: impl ToString) -> Self {
        self.notes.insert(key.to_owned(), value.to_string());
        self
    }
}

impl Workspace {
    /// The folder at `root`; it need not exist yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// A path in the folder.
    #[must_use]
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Whether a file is there.
    #[must_use]
    pub fn has(&self, relative: impl AsRef<Path>) -> bool {
        self.path(relative).exists()
    }

    /// Reads a file that an earlier command makes.
    ///
    /// # Errors
    /// If it is not there yet: the error names it and the command; or cannot be read.
    pub fn read(&self, relative: &str, made_by: &'static str) -> Result<Vec<u8>> {
        if !self.has(relative) {
            return Err(out_of_order("error.missing", &[("path", &relative), ("command", &made_by)]));
        }
        files::read(&self.path(relative))
    }

    /// Reads an object that an earlier command makes.
    ///
    /// # Errors
    /// As [`Workspace::read`], and if it does not decode.
    pub fn decode<T: Decode>(&self, relative: &str, made_by: &'static str) -> Result<T> {
        let bytes = self.read(relative, made_by)?;
        T::from_bytes(&bytes).map_err(|why| refused("error.decode", &[("path", &relative), ("why", &why)]))
    }

    /// Writes a new file.
    ///
    /// # Errors
    /// If it is there, or cannot be written.
    pub fn write_new(&self, relative: &str, content: &[u8]) -> Result<()> {
        files::write_new(&self.path(relative), content)
    }

    /// Writes what a step gives every time; true if it was there.
    ///
    /// # Errors
    /// If something else is there, or it cannot be written.
    pub fn write_or_same(&self, relative: &str, content: &[u8]) -> Result<bool> {
        files::write_or_same(&self.path(relative), content)
    }

    /// SHA-256 of a file, hexadecimal.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn hash(&self, relative: &str) -> Result<String> {
        files::hash(&self.path(relative)).map(|hash| hex(&hash))
    }

    /// The transcript so far.
    ///
    /// # Errors
    /// If its chain is broken.
    pub fn transcript(&self) -> Result<TranscriptLog> {
        TranscriptLog::read(&self.path(transcript_log::FILE))
    }

    /// Keeps two programs on one machine from writing the transcript at once. Where folders
    /// cannot be locked, the room has one machine.
    fn lock(&self) -> Option<File> {
        let folder = File::open(&self.root).ok()?;
        folder.lock().ok().map(|()| folder)
    }

    /// Enters a step in the transcript, unless the same outputs of the same act stand there:
    /// a step that was cut off between its files and its line is completed by repeating it.
    /// True if it stood there.
    ///
    /// # Errors
    /// If a file cannot be read, or the transcript is broken or cannot be written.
    pub fn finish(&self, session: &mut Session<'_>, step: Step) -> Result<bool> {
        let hashes = |paths: Vec<String>| -> Result<BTreeMap<String, String>> {
            paths.into_iter().map(|path| self.hash(&path).map(|hash| (path, hash))).collect()
        };
        let (inputs, outputs) = (hashes(step.inputs)?, hashes(step.outputs)?);
        let _lock = self.lock();
        let mut log = self.transcript()?;
        let same = |line: &Line| match (outputs.is_empty(), inputs.is_empty()) {
            (false, _) => line.outputs == outputs,
            // What may not be named is told by what it was made of.
            (true, false) => line.outputs.is_empty() && line.inputs == inputs,
            (true, true) => false,
        };
        if log.lines().iter().any(|line| line.act == step.act && same(line)) {
            return Ok(true);
        }
        let line = Line {
            seq: 0,
            previous: String::new(),
            at: utc(session.clock.now()),
            act: step.act.to_owned(),
            role: step.role,
            person: step.person,
            inputs,
            outputs,
            notes: step.notes,
        };
        log.append(&self.path(transcript_log::FILE), line)?;
        Ok(false)
    }
}
