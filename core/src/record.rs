//! The published record: its files, and how a verifier reaches them (`spec/record.md`).

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::encoding::codec;
use crate::hash::{Hash, TaggedHasher, tagged_hash};
use crate::ids::{ElectionId, ManifestHash, RollId, SetupId};

/// The manifest.
pub const MANIFEST: &str = "manifest.bin";
/// The roll record.
pub const ROLL: &str = "roll.bin";
/// The registrar's half credentials.
pub const REGISTRAR: &str = "credentials/registrar.bin";
/// The server's half credentials.
pub const SERVER: &str = "credentials/server.bin";
/// The credential lists.
pub const LISTS: &str = "credentials/lists.bin";
/// The transcript of the key ceremony.
pub const KEY_TRANSCRIPT: &str = "key/transcript.bin";
/// The trial decryption.
pub const TRIAL: &str = "key/trial.bin";
/// The seal.
pub const SEAL: &str = "seal.bin";
/// What the roll side knows.
pub const PARTICIPATION: &str = "participation.bin";
/// The aggregates.
pub const AGGREGATES: &str = "tally/aggregates.bin";
/// The results.
pub const RESULTS: &str = "tally/results.bin";
/// The receipts.
pub const RECEIPTS: &str = "receipts.txt";
/// The hash of every file.
pub const SUMS: &str = "SHA256SUMS";

/// The files that every record has.
pub const OBLIGATORY: [&str; 13] = [
    MANIFEST,
    ROLL,
    REGISTRAR,
    SERVER,
    LISTS,
    KEY_TRANSCRIPT,
    TRIAL,
    SEAL,
    PARTICIPATION,
    AGGREGATES,
    RESULTS,
    RECEIPTS,
    SUMS,
];

/// Folder of the checkpoints.
pub const CHECKPOINTS: &str = "board/checkpoints/";
/// Folder of the entry bundles.
pub const ENTRIES: &str = "board/tile/entries/";

/// The checkpoint of a number.
#[must_use]
pub fn checkpoint(number: u64) -> String {
    format!("{CHECKPOINTS}{number:06}")
}

/// The credential mix of a number.
#[must_use]
pub fn mix(number: u32) -> String {
    format!("credentials/mix-{number:02}.bin")
}

/// A custodian's partial decryption.
#[must_use]
pub fn partial(index: u32) -> String {
    format!("tally/partial-{index:02}.bin")
}

/// The acta of a contest.
#[must_use]
pub fn acta(contest: u32) -> String {
    format!("acta/contest-{contest:03}.bin")
}

/// Numbers of mixes and custodians have two digits.
const NUMBERS: u32 = 100;
/// Numbers of contests have three.
const CONTESTS: u32 = 1000;

/// Folder of the written-in names.
pub const WRITE_INS: &str = "writein/";

/// The order that opens the texts of a contest.
#[must_use]
pub fn text_order(contest: u32) -> String {
    format!("writein/order-{contest:03}.bin")
}

/// The mix of a number of a contest's texts.
#[must_use]
pub fn text_mix(contest: u32, number: u32) -> String {
    format!("writein/mix-{contest:03}-{number:02}.bin")
}

/// A custodian's decryption of a contest's texts.
#[must_use]
pub fn text_partial(contest: u32, index: u32) -> String {
    format!("writein/partial-{contest:03}-{index:02}.bin")
}

/// The written-in names of a contest.
#[must_use]
pub fn texts(contest: u32) -> String {
    format!("writein/texts-{contest:03}.bin")
}

/// The contest in a path of a file of write-ins; `None` for any other path.
#[must_use]
pub fn write_in_contest(path: &str) -> Option<u32> {
    let name = path.strip_prefix(WRITE_INS)?.strip_suffix(".bin")?;
    let mut parts = name.split('-');
    let (kind, contest) = (parts.next()?, number_in(parts.next()?, "", "")?);
    let number = match parts.next() {
        None => None,
        Some(digits) => Some(number_in(digits, "", "")?),
    };
    if contest >= CONTESTS || number.is_some_and(|number| number >= NUMBERS) {
        return None;
    }
    let same = match (kind, number) {
        ("order", None) => text_order(contest),
        ("texts", None) => texts(contest),
        ("mix", Some(number)) => text_mix(contest, number),
        ("partial", Some(number)) => text_partial(contest, number),
        _ => return None,
    };
    (same == path).then_some(contest)
}

/// The number in a path of the form that `name` gives, such as [`partial`].
#[must_use]
pub fn number_in(path: &str, prefix: &str, suffix: &str) -> Option<u32> {
    let digits = path.strip_prefix(prefix)?.strip_suffix(suffix)?;
    if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// Whether a path is of a file that is sealed before the first ballot: what M1.1 to E1.2 read.
#[must_use]
pub fn is_sealed_path(path: &str) -> bool {
    [MANIFEST, ROLL, KEY_TRANSCRIPT, TRIAL, SEAL].contains(&path)
        || path.starts_with("credentials/") && is_record_path(path)
}

/// Whether a path is one that a record may hold (R1.1).
#[must_use]
pub fn is_record_path(path: &str) -> bool {
    OBLIGATORY.contains(&path)
        || number_in(path, CHECKPOINTS, "").is_some_and(|n| n < 1_000_000 && checkpoint(n.into()) == path)
        || number_in(path, "credentials/mix-", ".bin").is_some_and(|n| n < NUMBERS && mix(n) == path)
        || number_in(path, "tally/partial-", ".bin").is_some_and(|n| n < NUMBERS && partial(n) == path)
        || write_in_contest(path).is_some()
        || number_in(path, "acta/contest-", ".bin").is_some_and(|n| n < CONTESTS && acta(n) == path)
        || path.strip_prefix(ENTRIES).is_some_and(|bundle| !bundle.is_empty())
}

/// Where a record lies.
pub trait Source: Sync {
    /// Why it could not be read.
    type Error: fmt::Display + Send;

    /// Every file with its length, sorted by the bytes of the path.
    ///
    /// # Errors
    /// If the record cannot be listed.
    fn files(&self) -> Result<Vec<(String, u64)>, Self::Error>;

    /// Fills `buffer` with the bytes of a file from `offset` on.
    ///
    /// # Errors
    /// If they cannot be read.
    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Self::Error>;
}

/// A file of a record, read in pieces.
#[derive(Debug)]
pub struct File<'a, S: Source> {
    source: &'a S,
    path: &'a str,
    length: u64,
    at: u64,
}

impl<'a, S: Source> File<'a, S> {
    /// A file of known length, from its first byte.
    pub fn new(source: &'a S, path: &'a str, length: u64) -> Self {
        Self { source, path, length, at: 0 }
    }

    /// Bytes not read yet.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.length.saturating_sub(self.at)
    }

    /// Leaves some bytes out.
    pub fn skip(&mut self, bytes: u64) {
        self.at = self.at.saturating_add(bytes).min(self.length);
    }

    /// The next piece of at most `most` bytes; empty at the end.
    ///
    /// # Errors
    /// If the source fails.
    pub fn next(&mut self, most: usize) -> Result<Vec<u8>, S::Error> {
        let left = usize::try_from(self.remaining()).unwrap_or(usize::MAX);
        let mut buffer = vec![0; left.min(most)];
        self.source.read(self.path, self.at, &mut buffer)?;
        self.at = self.at.saturating_add(u64::try_from(buffer.len()).unwrap_or(u64::MAX));
        Ok(buffer)
    }

    /// Gives every piece that is left to `take`.
    ///
    /// # Errors
    /// If the source fails.
    pub fn for_each(mut self, mut take: impl FnMut(&[u8])) -> Result<(), S::Error> {
        loop {
            let piece = self.next(PIECE)?;
            if piece.is_empty() {
                return Ok(());
            }
            take(&piece);
        }
    }
}

/// Bytes read at once.
pub const PIECE: usize = 1 << 18;

/// The tagged hash of a whole file.
///
/// # Errors
/// If the source fails.
pub fn file_hash<S: Source>(source: &S, path: &str, length: u64, label: &str) -> Result<Hash, S::Error> {
    let mut hasher = TaggedHasher::new(label);
    File::new(source, path, length).for_each(|piece| hasher.update(piece))?;
    Ok(hasher.finish())
}

/// Most credential mixes.
const MIXES: usize = 16;

/// Everything that was fixed before the first ballot; its hash is the election id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The manifest.
    pub manifest_hash: ManifestHash,
    /// The roll.
    pub roll_id: RollId,
    /// The key ceremony.
    pub setup_id: SetupId,
    /// Hash of the key transcript's file.
    pub key_record: Hash,
    /// Hash of the trial's file.
    pub trial: Hash,
    /// Hash of the registrar's half list.
    pub registrar_halves: Hash,
    /// Hash of the server's half list.
    pub server_halves: Hash,
    /// Hash of every credential mix's file, in their order.
    pub mixes: Vec<Hash>,
    /// Hash of the credential lists' file.
    pub lists: Hash,
}

codec!(Seal header b"ESEA" {
    manifest_hash, roll_id, setup_id, key_record, trial, registrar_halves, server_halves,
    mixes [MIXES], lists,
});

impl Seal {
    /// The election id.
    #[must_use]
    pub fn election_id(&self) -> ElectionId {
        use crate::encoding::Encode;
        ElectionId(tagged_hash("election-id", &[&self.to_bytes()]))
    }

    /// The seal of a record whose manifest, roll, number of mixes and key ceremony are known, with
    /// the hashes of its files.
    ///
    /// # Errors
    /// If the source fails.
    pub fn compute<S: Source>(
        source: &S,
        length: impl Fn(&str) -> u64,
        manifest_hash: ManifestHash,
        roll_id: RollId,
        mixes: u32,
        setup_id: SetupId,
    ) -> Result<Self, S::Error> {
        let hash = |path: &str, label: &str| file_hash(source, path, length(path), label);
        Ok(Self {
            manifest_hash,
            roll_id,
            setup_id,
            key_record: hash(KEY_TRANSCRIPT, "key-record")?,
            trial: hash(TRIAL, "trial")?,
            registrar_halves: hash(REGISTRAR, "half-list")?,
            server_halves: hash(SERVER, "half-list")?,
            mixes: (1..=mixes).map(|number| hash(&mix(number), "credential-mix")).collect::<Result<_, _>>()?,
            lists: hash(LISTS, "lists")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_names_of_a_record() {
        for path in [
            "manifest.bin",
            "board/checkpoints/000012",
            "credentials/mix-01.bin",
            "tally/partial-03.bin",
            "writein/order-000.bin",
            "writein/mix-012-01.bin",
            "writein/partial-000-16.bin",
            "writein/texts-001.bin",
            "acta/contest-000.bin",
        ] {
            assert!(is_record_path(path), "{path}");
        }
        for path in [
            "manifest.json",
            "board/checkpoints/12",
            "credentials/mix-1.bin",
            "credentials/mix-001.bin",
            "credentials/mix-100.bin",
            "tally/partial-100.bin",
            "writein/mix-000-100.bin",
            "writein/texts-1000.bin",
            "acta/contest-1000.bin",
            "board/checkpoints/1000000",
            "tally/partial-3.bin",
            "writein/mix-000.bin",
            "writein/mix-00-01.bin",
            "writein/mix-000-1.bin",
            "writein/mix-000-01-01.bin",
            "writein/texts-000-01.bin",
            "writein/order-+00.bin",
            "writein/names-000.bin",
            "writein/",
            "tally/partial-+3.bin",
            "acta/contest-0000.bin",
            "board/tile/entries/",
            "secret",
        ] {
            assert!(!is_record_path(path), "{path}");
        }
    }
}
