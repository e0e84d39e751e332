//! The table of a key ceremony as files: `key/ceremony-<n>/round1-<custodian>.bin` and so
//! on. Only messages that hold for themselves lie on the table; the others are named and
//! count as not sent. A round is over when everyone who may speak has, or when it was
//! closed without the absent.

use core::fmt::Display;

use escrutinio_core::encoding::Decode;
use escrutinio_core::ids::CustodianIndex;
use escrutinio_core::keygen::round1::Round1;
use escrutinio_core::keygen::round2::Round2;
use escrutinio_core::keygen::round3::Verdict;
use escrutinio_core::keygen::{Ceremony, Certificate, KeyTranscript, KeygenError, Table};
use escrutinio_core::manifest::ValidManifest;

use crate::error::{Error, Result, out_of_order, refused};
use crate::files;
use crate::session::Session;
use crate::workspace::Workspace;

/// Names the custodians at fault, if any.
#[must_use]
pub fn keygen_error(why: &KeygenError) -> Error {
    let culprits = why.culprits().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if culprits.is_empty() {
        refused("error.keygen", &[("why", why)])
    } else {
        refused("error.keygen.culprit", &[("why", why), ("culprits", &culprits)])
    }
}

/// The ceremony with this number for a manifest.
///
/// # Errors
/// If the manifest's numbers do not fit a ceremony.
pub fn of(manifest: &ValidManifest, number: u32) -> Result<Ceremony> {
    let keys = manifest.custodians.iter().map(|custodian| custodian.key).collect();
    Ceremony::new(
        manifest.hash(),
        number,
        manifest.threshold,
        manifest.minimum_custodians,
        keys,
        manifest.slots().total(),
    )
    .map_err(|why| keygen_error(&why))
}

/// The ceremony that is being held, and the folder of its messages.
#[derive(Clone, Debug)]
pub struct KeyFolder<'a> {
    workspace: &'a Workspace,
    /// What everything is bound to.
    pub ceremony: Ceremony,
}

/// What lies on the table.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    /// Round 1.
    pub round1: Vec<Round1>,
    /// Round 2.
    pub round2: Vec<Round2>,
    /// Round 3.
    pub verdicts: Vec<Verdict>,
}

/// The folder of a void ceremony.
#[must_use]
pub fn void_folder(number: u32) -> String {
    format!("key/void-{number}")
}

impl<'a> KeyFolder<'a> {
    /// The first ceremony that is not void.
    ///
    /// # Errors
    /// If the manifest does not fit a ceremony.
    pub fn current(workspace: &'a Workspace, manifest: &ValidManifest) -> Result<Self> {
        let number = (0..u32::MAX).find(|number| !workspace.has(void_folder(*number))).unwrap_or(u32::MAX);
        Ok(Self { workspace, ceremony: of(manifest, number)? })
    }

    /// The folder, within the election's.
    #[must_use]
    pub fn folder(&self) -> String {
        format!("key/ceremony-{}", self.ceremony.number())
    }

    /// The path of a custodian's message: `round1`, `round2`, `round3`, `certificate`, `trial`.
    #[must_use]
    pub fn message(&self, kind: &str, index: CustodianIndex) -> String {
        format!("{}/{kind}-{:02}.bin", self.folder(), index.get())
    }

    /// The path of the note that closes a round.
    #[must_use]
    pub fn closing(&self, round: u32) -> String {
        format!("{}/round{round}-closed.txt", self.folder())
    }

    /// The path of the transcript before the trial.
    #[must_use]
    pub fn transcript(&self) -> String {
        format!("{}/transcript.bin", self.folder())
    }

    fn read_all<T: Decode>(
        &self,
        session: &mut Session<'_>,
        kind: &'static str,
        own_index: impl Fn(&T) -> CustodianIndex,
        verify: impl Fn(&T) -> core::result::Result<(), KeygenError>,
    ) -> Result<Vec<T>> {
        let mut messages = Vec::new();
        for index in self.ceremony.everyone() {
            let path = self.message(kind, index);
            if !self.workspace.has(&path) {
                continue;
            }
            let bytes = files::read(&self.workspace.path(&path))?;
            let mut refuse = |why: &dyn Display| session.say("say.not_on_table", &[("path", &path), ("why", why)]);
            match T::from_bytes(&bytes) {
                Err(why) => refuse(&why),
                Ok(message) if own_index(&message) != index => refuse(&own_index(&message)),
                Ok(message) => match verify(&message) {
                    Err(why) => refuse(&why),
                    Ok(()) => messages.push(message),
                },
            }
        }
        Ok(messages)
    }

    /// Reads what lies on the table up to a round, and says which files do not count.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn messages(&self, session: &mut Session<'_>, up_to: u32) -> Result<Messages> {
        let ceremony = &self.ceremony;
        let round1 = self.read_all(
            session,
            "round1",
            |m: &Round1| m.index,
            |message| {
                let one = [message.clone()];
                let table = Table { ceremony, round1: &one, round2: &[], verdicts: &[] };
                table.verify_form()?;
                table.verify_commit_signatures()?;
                table.verify_ephemeral_keys()
            },
        )?;
        let mut all = Messages { round1, ..Messages::default() };
        if up_to >= 2 {
            all.round2 = self.read_all(
                session,
                "round2",
                |m: &Round2| m.index,
                |message| {
                    let one = [message.clone()];
                    let table = Table { ceremony, round1: &all.round1, round2: &one, verdicts: &[] };
                    table.verify_form()?;
                    table.verify_later_signatures()
                },
            )?;
        }
        if up_to >= 3 {
            all.verdicts = self.read_all(
                session,
                "round3",
                |m: &Verdict| m.index,
                |message| {
                    let one = [message.clone()];
                    let table = Table { ceremony, round1: &all.round1, round2: &all.round2, verdicts: &one };
                    table.verify_form()?;
                    table.verify_later_signatures()
                },
            )?;
        }
        Ok(all)
    }

    /// Who may speak in a round and has not.
    #[must_use]
    pub fn absent(&self, messages: &Messages, round: u32) -> Vec<CustodianIndex> {
        let present: Vec<_> = match round {
            1 => messages.round1.iter().map(|m| m.index).collect(),
            2 => messages.round2.iter().map(|m| m.index).collect(),
            _ => messages.verdicts.iter().map(|m| m.index).collect(),
        };
        let expected: Vec<_> = match round {
            1 => self.ceremony.everyone().collect(),
            2 => messages.round1.iter().map(|m| m.index).collect(),
            _ => messages.round2.iter().map(|m| m.index).collect(),
        };
        expected.into_iter().filter(|index| !present.contains(index)).collect()
    }

    /// The text that closes a round without the absent.
    #[must_use]
    pub fn closing_text(&self, messages: &Messages, round: u32) -> String {
        let absent = self.absent(messages, round).iter().map(|index| format!("absent {index}\n")).collect::<String>();
        format!("escrutinio/round-closed/v1\nceremony {}\nround {round}\n{absent}", self.ceremony.number())
    }

    /// Everything up to a round, once that round is over.
    ///
    /// # Errors
    /// If somebody has not spoken and the round was not closed without them.
    pub fn over(&self, session: &mut Session<'_>, round: u32) -> Result<Messages> {
        let messages = self.messages(session, round)?;
        for earlier in 1..=round {
            let absent = self.absent(&messages, earlier);
            let closing = self.closing(earlier);
            if self.workspace.has(&closing) {
                let text = files::read(&self.workspace.path(&closing))?;
                if text != self.closing_text(&messages, earlier).into_bytes() {
                    return Err(refused("error.round.changed", &[("round", &earlier)]));
                }
            } else if !absent.is_empty() {
                let command = match earlier {
                    1 => "custodian commit",
                    2 => "custodian deal",
                    _ => "custodian check-shares",
                };
                let absent = absent.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                return Err(out_of_order(
                    "error.round.open",
                    &[("round", &earlier), ("absent", &absent), ("command", &command)],
                ));
            }
        }
        Ok(messages)
    }

    /// Refuses if a round was closed.
    ///
    /// # Errors
    /// If it was.
    pub fn require_open(&self, round: u32) -> Result<()> {
        if self.workspace.has(self.closing(round)) {
            return Err(out_of_order("error.round.closed", &[("round", &round)]));
        }
        Ok(())
    }

    /// The transcript that the messages give, still without certificates.
    ///
    /// # Errors
    /// If round 3 is not over, or the ceremony is void.
    pub fn assemble(&self, session: &mut Session<'_>) -> Result<KeyTranscript> {
        let Messages { round1, round2, verdicts } = self.over(session, 3)?;
        KeyTranscript::assemble(&self.ceremony, round1, round2, verdicts).map_err(|why| keygen_error(&why))
    }

    /// The certificates that lie there, whether good or not.
    ///
    /// # Errors
    /// If a file cannot be read or is no certificate.
    pub fn certificates(&self) -> Result<Vec<Certificate>> {
        let mut certificates = Vec::new();
        for index in self.ceremony.everyone() {
            let path = self.message("certificate", index);
            if self.workspace.has(&path) {
                certificates.push(self.workspace.decode(&path, "custodian certify")?);
            }
        }
        Ok(certificates)
    }
}
