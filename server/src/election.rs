//! The sealed election that the server serves: read once, verified, never changed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use escrutinio_core::credential::CredentialLists;
use escrutinio_core::encoding::Decode;
use escrutinio_core::ids::RollId;
use escrutinio_core::record::{self, Source};
use escrutinio_core::verify::{self, Election};

use crate::random;

/// A record that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ElectionError {
    /// A file cannot be read.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A check of the verifier fails.
    #[error("the record does not hold: {code}: {what}")]
    Check {
        /// The check.
        code: &'static str,
        /// What is wrong, and with which file.
        what: String,
    },
}

/// The sealed election, and the files that voters and observers get.
#[derive(Debug)]
pub struct LoadedElection {
    /// What ballots are checked against.
    pub election: Election,
    /// The credential lists.
    pub lists: CredentialLists,
    /// The roll.
    pub roll_id: RollId,
    /// The files of the sealed record, by path.
    pub files: BTreeMap<String, Arc<[u8]>>,
    /// The zero checkpoint, if the ceremony has signed one.
    pub zero_checkpoint: Option<String>,
}

impl LoadedElection {
    /// Reads and verifies the record in a folder, M1.1 to E1.2.
    ///
    /// # Errors
    /// [`ElectionError`] naming the file, or the check that fails.
    pub fn load(folder: &Path) -> Result<Self, ElectionError> {
        let mut files = BTreeMap::new();
        collect(folder, "", &mut files)?;
        let mut loaded = Self::of_files(files)?;
        let path = folder.join(record::checkpoint(0));
        loaded.zero_checkpoint = match fs::read_to_string(&path) {
            Ok(note) => Some(note),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(ElectionError::File { path, error }),
        };
        Ok(loaded)
    }

    /// The same from files in memory.
    ///
    /// # Errors
    /// [`ElectionError::Check`].
    pub fn of_files(files: BTreeMap<String, Arc<[u8]>>) -> Result<Self, ElectionError> {
        let source = Files(files);
        let (report, election) = match verify::sealed(&source, &mut random::system(), &mut ()) {
            Ok(verified) => verified,
            Err(absurd) => match absurd {},
        };
        let Some(election) = election else {
            let (check, what) = report.reason().unwrap_or((verify::Check::E1_2, ""));
            return Err(ElectionError::Check { code: check.code(), what: what.to_owned() });
        };
        let lists = source.0.get(record::LISTS).map(|bytes| CredentialLists::from_bytes(bytes));
        let Some(Ok(lists)) = lists else {
            let what = "the credential lists cannot be read".to_owned();
            return Err(ElectionError::Check { code: verify::Check::C5_1.code(), what });
        };
        let roll_id = *lists.roll_id();
        Ok(Self { election, lists, roll_id, files: source.0, zero_checkpoint: None })
    }

    /// Hash of a file of the sealed record, in hexadecimal, as the act *election* names it.
    #[must_use]
    pub fn file_hash(&self, path: &str) -> Option<String> {
        let bytes = self.files.get(path)?;
        Some(escrutinio_core::ids::hex(&escrutinio_core::hash::sha256(&[bytes])))
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Arc<[u8]>>) -> Result<(), ElectionError> {
    let fail = |path: &Path| {
        let path = path.to_path_buf();
        move |error| ElectionError::File { path, error }
    };
    for entry in fs::read_dir(folder).map_err(fail(folder))? {
        let entry = entry.map_err(fail(folder))?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().map_err(fail(&entry.path()))?;
        if kind.is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else if kind.is_file() && record::is_sealed_path(&name) {
            let bytes = fs::read(entry.path()).map_err(fail(&entry.path()))?;
            files.insert(name, bytes.into());
        }
    }
    Ok(())
}

struct Files(BTreeMap<String, Arc<[u8]>>);

impl Source for Files {
    type Error = core::convert::Infallible;

    fn files(&self) -> Result<Vec<(String, u64)>, Self::Error> {
        let length = |bytes: &Arc<[u8]>| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(self.0.iter().map(|(path, bytes)| (path.clone(), length(bytes))).collect())
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Self::Error> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = self.0.get(path).and_then(|bytes| bytes.get(start..)).unwrap_or_default();
        buffer.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Ok(())
    }
}
