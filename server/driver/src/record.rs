//! The sealed record as the server hands it out, verified.

use std::collections::BTreeMap;

use escrutinio_core::credential::{CredentialLists, RollRecord};
use escrutinio_core::encoding::Decode;
use escrutinio_core::ids::ElectionId;
use escrutinio_core::manifest::Manifest;
use escrutinio_core::record::{self, Source};
use escrutinio_core::verify::{self, Election};
use rand_core::CryptoRng;

use crate::api::Api;
use crate::error::{Error, Result};

/// What a device knows of the election before it encrypts.
#[derive(Debug)]
pub struct PublishedRecord {
    /// The election, every check up to the seal passed.
    pub election: Election,
    /// The credential lists.
    pub lists: CredentialLists,
    /// The roll's commitment.
    pub roll: RollRecord,
}

/// The files that stand in a record before the first ballot, but for the mixes.
const SEALED: [&str; 8] = [
    record::MANIFEST,
    record::ROLL,
    record::REGISTRAR,
    record::SERVER,
    record::LISTS,
    record::KEY_TRANSCRIPT,
    record::TRIAL,
    record::SEAL,
];

impl PublishedRecord {
    /// Fetches the sealed record and verifies it.
    ///
    /// # Errors
    /// If it does not hold, or is not of the election that the caller expects.
    pub async fn fetch(api: &Api, expected: &ElectionId, rng: &mut impl CryptoRng) -> Result<Self> {
        let mut files = BTreeMap::new();
        for path in SEALED {
            files.insert(path.to_owned(), api.record(path).await?);
        }
        let manifest = files.get(record::MANIFEST).map(Vec::as_slice).unwrap_or_default();
        let manifest = Manifest::from_bytes(manifest).map_err(|why| Error::Record(why.to_string()))?;
        // The rules of the manifest come later; until then its numbers are only the server's word.
        for number in 1..=manifest.credential_mixes.min(16) {
            let path = record::mix(number);
            let bytes = api.record(&path).await?;
            files.insert(path, bytes);
        }
        Self::verify(files, expected, rng)
    }

    /// Verifies a sealed record.
    ///
    /// # Errors
    /// If it does not hold, or is not of the election that the caller expects.
    pub fn verify(files: BTreeMap<String, Vec<u8>>, expected: &ElectionId, rng: &mut impl CryptoRng) -> Result<Self> {
        let files = Files(files);
        let Ok((report, election)) = verify::sealed(&files, rng, &mut ());
        let election = election.ok_or_else(|| {
            Error::Record(report.first_failure().map_or_else(|| "incomplete".to_owned(), |check| format!("{check:?}")))
        })?;
        if election.election_id != *expected {
            return Err(Error::OtherElection { expected: *expected, found: election.election_id });
        }
        let bad = |why: &dyn core::fmt::Display| Error::Record(why.to_string());
        let lists = CredentialLists::from_bytes(files.get(record::LISTS)).map_err(|why| bad(&why))?;
        let roll = RollRecord::from_bytes(files.get(record::ROLL)).map_err(|why| bad(&why))?;
        Ok(Self { election, lists, roll })
    }
}

struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    fn get(&self, path: &str) -> &[u8] {
        self.0.get(path).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Source for Files {
    type Error = core::convert::Infallible;

    fn files(&self) -> core::result::Result<Vec<(String, u64)>, Self::Error> {
        let length = |bytes: &Vec<u8>| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(self.0.iter().map(|(path, bytes)| (path.clone(), length(bytes))).collect())
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> core::result::Result<(), Self::Error> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = self.get(path).get(start..).unwrap_or_default();
        for (to, from) in buffer.iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(())
    }
}
