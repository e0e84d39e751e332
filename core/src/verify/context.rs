//! What every phase works with: the record's files, the report, randomness, progress.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::report::Stop;
use super::{Check, Report};
use crate::encoding::Decode;
use crate::record::{File, Source};

/// Largest file that is read at once. Ballots, half lists and lists are read in pieces.
const WHOLE: u64 = 64 << 20;

/// Hears how far a verification is.
pub trait Progress {
    /// A phase of `total` steps begins.
    fn start(&mut self, phase: Phase, total: u64);
    /// Some steps are done.
    fn advance(&mut self, steps: u64);
}

/// Says nothing.
impl Progress for () {
    fn start(&mut self, _: Phase, _: u64) {}
    fn advance(&mut self, _: u64) {}
}

/// The phases that take time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Half credentials, per key.
    Credentials,
    /// Credential mixes, per key.
    Mixes,
    /// Ballots, per ballot.
    Ballots,
    /// Mixed and decrypted texts, per row.
    Texts,
    /// Receipts, per ballot.
    Receipts,
    /// Hashes of files, per byte.
    Sums,
}

/// Why a phase ended early.
#[derive(Debug)]
pub(crate) enum End<E> {
    /// A check failed; the report says which.
    Stop,
    /// The record could not be read.
    Source(E),
}

impl<E> From<Stop> for End<E> {
    fn from(_: Stop) -> Self {
        Self::Stop
    }
}

pub(crate) struct Context<'a, S: Source> {
    pub(crate) source: &'a S,
    pub(crate) files: BTreeMap<String, u64>,
    pub(crate) report: Report,
    pub(crate) seed: [u8; 32],
    pub(crate) rng: &'a mut dyn CryptoRng,
    pub(crate) progress: &'a mut dyn Progress,
}

impl<'a, S: Source> Context<'a, S> {
    pub(crate) fn new(
        source: &'a S,
        rng: &'a mut dyn CryptoRng,
        progress: &'a mut dyn Progress,
    ) -> Result<Self, S::Error> {
        let files = source.files()?.into_iter().collect();
        let mut seed = [0u8; 32];
        rng.fill_bytes(&mut seed);
        Ok(Self { source, files, report: Report::default(), seed, rng, progress })
    }

    /// The bytes of a whole file; fails `check` if it is absent or far too large.
    pub(crate) fn bytes(&mut self, path: &str, check: Check) -> Result<Vec<u8>, End<S::Error>> {
        match self.files.get(path) {
            None => Ok(self.report.stop(check, format!("{path}: the file is absent"))?),
            Some(length) if *length > WHOLE => {
                Ok(self.report.stop(check, format!("{path}: {length} bytes are too many"))?)
            }
            Some(length) => File::new(self.source, path, *length)
                .next(usize::try_from(*length).unwrap_or(usize::MAX))
                .map_err(End::Source),
        }
    }

    /// A whole file as an object; fails `check` if it is absent or does not decode.
    pub(crate) fn object<T: Decode>(&mut self, path: &str, check: Check) -> Result<T, End<S::Error>> {
        let bytes = self.bytes(path, check)?;
        self.decoded(path, check, T::from_bytes(&bytes))
    }

    /// The value, or `check` fails at the path.
    pub(crate) fn decoded<T, D: core::fmt::Display>(
        &mut self,
        path: &str,
        check: Check,
        result: Result<T, D>,
    ) -> Result<T, End<S::Error>> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => Ok(self.report.stop(check, format!("{path}: {error}"))?),
        }
    }

    pub(crate) fn length(&self, path: &str) -> u64 {
        self.files.get(path).copied().unwrap_or(0)
    }

    /// Numbers of the files between a prefix and a suffix, in order.
    pub(crate) fn numbered(&self, prefix: &str, suffix: &str) -> Vec<u32> {
        let mut numbers: Vec<u32> =
            self.files.keys().filter_map(|path| crate::record::number_in(path, prefix, suffix)).collect();
        numbers.sort_unstable();
        numbers
    }
}
