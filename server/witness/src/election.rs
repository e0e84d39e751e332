//! The election that is witnessed: the sealed record, verified by ourselves, and what follows
//! from it for the two logs.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use escrutinio_core::board::LogKeys;
use escrutinio_core::credential::Buckets;
use escrutinio_core::hash::Hash;
use escrutinio_core::ids::{ElectionId, ManifestHash};
use escrutinio_core::record::Source;
use escrutinio_core::signature::VerifyingKey;
use escrutinio_core::verify::{self, Check};
use getrandom::SysRng;
use rand_core::UnwrapErr;

use crate::error::{Error, Result};

/// One of the two logs of an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Log {
    /// The ballots.
    Board,
    /// What the authority does.
    Acts,
}

impl Log {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Board, Self::Acts];

    /// Its name, in folders and below the server's address.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::Acts => "acts",
        }
    }
}

/// Verifies a sealed record (M1.1 to E1.2).
///
/// # Errors
/// If it cannot be read, or a check does not hold.
pub fn sealed(record: &Path) -> Result<verify::Election> {
    let verified = verify::sealed(&Folder(record.to_path_buf()), &mut UnwrapErr(SysRng), &mut ());
    let (report, election) = verified.map_err(|why| Error::file(record, why))?;
    let failed = report.checks().into_iter().find(|result| {
        // R1.1 is for whole records.
        !result.ok && result.check != Check::R1_1 && result.check <= Check::E1_2
    });
    match (failed, election) {
        (None, Some(election)) => Ok(election),
        (failed, _) => {
            let (check, culprit) = failed.map_or((Check::E1_2, None), |result| (result.check, result.culprit));
            Err(Error::Check { check, culprit: culprit.unwrap_or_default() })
        }
    }
}

/// What a witness must know of a sealed election.
#[derive(Clone, Debug)]
pub struct Election {
    /// The election id.
    pub id: ElectionId,
    /// Hash of the manifest.
    pub manifest: ManifestHash,
    /// What the manifest calls it.
    pub title: String,
    /// End of reception: from then on a witness signs once.
    pub end: u64,
    /// How many witnesses vouch.
    pub quorum: u32,
    /// Names and keys, in the order of the manifest.
    pub witnesses: Vec<(String, VerifyingKey)>,
    /// Root of the buckets of every credential list, as the act *election* must have it.
    pub buckets: Vec<Hash>,
    board: LogKeys,
    acts: LogKeys,
}

impl Election {
    /// Verifies a sealed record (M1.1 to E1.2).
    ///
    /// # Errors
    /// If it cannot be read, or a check does not hold.
    pub fn verify(record: &Path) -> Result<Self> {
        Self::of(&sealed(record)?).ok_or(Error::Names)
    }

    /// What follows from a verified election; `None` if a name cannot stand in a note.
    #[must_use]
    pub fn of(election: &verify::Election) -> Option<Self> {
        let manifest = &election.manifest;
        let log = (manifest.log.name.as_str(), manifest.log.key);
        let witnesses = || manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key));
        Some(Self {
            id: election.election_id,
            manifest: manifest.hash(),
            title: manifest.title.clone(),
            end: u64::try_from(manifest.reception_end()).unwrap_or(0),
            quorum: manifest.witness_quorum,
            witnesses: witnesses().map(|(name, key)| (name.to_owned(), key)).collect(),
            buckets: (0u32..)
                .zip(election.credentials.lists())
                .map(|(list, (_, keys))| *Buckets::new(list, keys, manifest.min_group).root())
                .collect(),
            board: LogKeys::of_election(&election.election_id, log, witnesses()).ok()?,
            acts: LogKeys::of_acts(&election.election_id, log, witnesses()).ok()?,
        })
    }

    /// Who signs the checkpoints of a log.
    #[must_use]
    pub fn keys(&self, log: Log) -> &LogKeys {
        match log {
            Log::Board => &self.board,
            Log::Acts => &self.acts,
        }
    }

    /// The log of an origin.
    #[must_use]
    pub fn log(&self, origin: &str) -> Option<Log> {
        Log::ALL.into_iter().find(|log| self.keys(*log).origin() == origin)
    }
}

/// A record in a folder. What is no regular file is passed over: then something is missing.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Source for Folder {
    type Error = io::Error;

    fn files(&self) -> io::Result<Vec<(String, u64)>> {
        let mut files = Vec::new();
        let mut folders = vec![(self.0.clone(), String::new())];
        while let Some((folder, prefix)) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
                let metadata = entry.metadata()?;
                if metadata.is_dir() {
                    folders.push((entry.path(), format!("{path}/")));
                } else if metadata.is_file() {
                    files.push((path, metadata.len()));
                }
            }
        }
        files.sort_unstable();
        Ok(files)
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut file = File::open(self.0.join(path))?;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }
}
