//! Where the demonstration plays: folders, people with their passwords, the clock.

use std::path::{Path, PathBuf};

use escrutinio_ceremony::report::Report;
use escrutinio_ceremony::session::{FixedClock, Session};
use escrutinio_ceremony::text::Lang;
use escrutinio_ceremony::ui::Scripted;
use escrutinio_ceremony::workspace::Workspace;
use escrutinio_core::encoding::Decode;
use escrutinio_core::ids::ElectionId;
use escrutinio_core::manifest::ValidManifest;
use escrutinio_core::record::{self, Seal};

use super::arguments::Arguments;
use super::attended::Attended;
use super::randomness::Randomness;
use super::read_manifest;
use super::screen::Screen;
use crate::shell::Failure;

/// Everything that the acts share.
pub(crate) struct Stage {
    pub(crate) out: PathBuf,
    pub(crate) workspace: Workspace,
    pub(crate) randomness: Randomness,
    pub(crate) screen: Screen,
    pub(crate) election: String,
    pub(crate) voters: u32,
    /// The polling place for people, if there is one.
    pub(crate) attended: Option<Attended>,
    /// Seconds since 1970 on the clock of the demonstration.
    pub(crate) now: i64,
    acts: u64,
    lang: Lang,
}

impl Stage {
    pub(crate) fn new(arguments: &Arguments, mut screen: Screen) -> Result<Self, Failure> {
        let out = arguments.out.clone();
        std::fs::create_dir_all(out.join("private")).map_err(|error| Failure::file(&out, &error))?;
        let attended = Attended::prepare(arguments, &mut screen)?;
        Ok(Self {
            workspace: Workspace::new(&out),
            out,
            attended,
            randomness: Randomness::new(arguments.seed)?,
            screen,
            election: arguments.election.clone(),
            voters: arguments.voters,
            now: 0,
            acts: 0,
            lang: if arguments.spanish { Lang::Es } else { Lang::En },
        })
    }

    /// How many voters of the roll are people.
    pub(crate) fn present(&self) -> u32 {
        self.attended.as_ref().map_or(0, |attended| attended.present)
    }

    pub(crate) fn record(&self) -> PathBuf {
        self.out.join("record")
    }

    /// A file that only its owner would have: in a real election, on that person's own medium.
    pub(crate) fn private(&self, name: &str) -> PathBuf {
        self.out.join("private").join(name)
    }

    /// The sealed key of a person.
    pub(crate) fn secret(&self, person: &str) -> PathBuf {
        self.private(&format!("{}.sealed", person.to_lowercase().replace([' ', '/'], "-")))
    }

    /// One act by somebody, with a generator of its own.
    pub(crate) fn act(
        &mut self,
        person: &str,
        more: &str,
        step: impl FnOnce(&mut Session<'_>, &Workspace) -> escrutinio_ceremony::error::Result<Report>,
    ) -> Result<Report, Failure> {
        self.acts = self.acts.saturating_add(1);
        let mut rng = self.randomness.of("act", self.acts);
        let answers = format!(
            "password = {}\nperson.name = {person}\nperson.designation = demostración\noperator = Operación técnica\n\
             act.place = Local de operación\nact.attested-by = Oficialía Electoral\nact.attendees = Partidos\n{more}",
            password(person)
        );
        let mut ui = Scripted::quiet(&answers).map_err(|error| Failure::new(error.to_string()))?;
        let clock = FixedClock(self.now);
        let mut session = Session { rng: &mut rng, clock: &clock, ui: &mut ui, lang: self.lang };
        step(&mut session, &self.workspace).map_err(|error| Failure::new(error.to_string()))
    }

    /// The frozen manifest.
    pub(crate) fn manifest(&self) -> Result<ValidManifest, Failure> {
        read_manifest(&self.record())?.validate().map_err(|error| Failure::new(error.to_string()))
    }

    /// The election id, as the authority's own seal says it.
    pub(crate) fn election_id(&self) -> Result<ElectionId, Failure> {
        let path = self.record().join(record::SEAL);
        let bytes = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
        let seal = Seal::from_bytes(&bytes).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        Ok(seal.election_id())
    }

    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        std::fs::write(path, bytes).map_err(|error| Failure::file(path, &error))
    }
}

/// In the demonstration everybody's password follows from the name; nobody would do so.
pub(crate) fn password(person: &str) -> String {
    format!("demostración de {person}")
}

/// The name of a custodian.
pub(crate) fn custodian(number: u32) -> String {
    format!("Custodia {number}")
}
