//! What the fuzz targets share: an election to decode against, and the two properties.

use std::fmt::Debug;
use std::sync::OnceLock;

use escrutinio_core::board::checkpoint::LogKeys;
use escrutinio_core::credential::{CredentialLists, HalfRole, HalfSecrets};
use escrutinio_core::encoding::{Decode, DecodeError, Encode};
use escrutinio_core::keygen::{Ceremony, KeyTranscript};
use escrutinio_core::record;
use escrutinio_core::tally::Aggregates;
use escrutinio_core::testing::rehearsal::{MemoryRecord, Rehearsal};
use escrutinio_core::testing::{self, Keys};
use escrutinio_core::verify;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// The same numbers every time: a crash must happen again.
pub fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

/// A whole election: Nayarit's 13 options and three text points, two of three custodians, six voters,
/// one of whom writes a name.
pub fn election() -> &'static Rehearsal {
    static ELECTION: OnceLock<Rehearsal> = OnceLock::new();
    ELECTION.get_or_init(|| {
        let mut rng = rng();
        let keys = Keys::new(2, 3);
        let mut election = Rehearsal::sealed(testing::nayarit(&keys), keys, &[6], &mut rng);
        let mut ballots = Vec::new();
        for voter in 0..6 {
            let option = voter * 2 + 1;
            let text = (option == 11).then(|| vec![*b"Nombre escrito 1"; 3]);
            ballots.push(election.cast((0, voter), 0, option, text, &mut rng).to_bytes());
            election.mark(0, 0, option);
        }
        election.close(ballots);
        // The authority opens the sealed texts and has them published.
        election.orders.insert(0, String::new());
        election.publish(&[1, 3], &mut rng);
        election
    })
}

/// Its key ceremony.
pub fn ceremony() -> Ceremony {
    verify::ceremony(&election().manifest, 0).expect("a valid manifest makes a ceremony")
}

/// A file of its record.
pub fn file(path: &str) -> &'static [u8] {
    &election().files.0[path]
}

/// A file of its record, read.
pub fn read<T: Decode>(path: &str) -> T {
    T::from_bytes(file(path)).expect("the record is valid")
}

/// Its transcript of the key ceremony.
pub fn transcript() -> KeyTranscript {
    read(record::KEY_TRANSCRIPT)
}

/// Its credential lists.
pub fn lists() -> CredentialLists {
    read(record::LISTS)
}

/// Its aggregates.
pub fn aggregates() -> Aggregates {
    Aggregates::decode(file(record::AGGREGATES), &election().election().shapes).expect("the record is valid")
}

/// Rows of its texts: how many, and how many text points each has.
pub const TEXT_ROWS: (usize, usize) = (6, 3);

/// Half credentials of nobody.
pub fn halves() -> HalfSecrets {
    HalfSecrets::generate(HalfRole::Server, &[3], &mut rng())
}

/// What decodes encodes to the very same bytes.
pub fn same_bytes<T: Encode>(data: &[u8], decoded: Result<T, DecodeError>) -> Option<T> {
    let value = decoded.ok()?;
    assert_eq!(value.to_bytes(), data, "two encodings of one object");
    Some(value)
}

/// [`same_bytes`] for what decodes without context.
pub fn round_trip<T: Decode + Encode>(data: &[u8]) -> Option<T> {
    same_bytes(data, T::from_bytes(data))
}

/// What is read as text is written as the very same text.
pub fn same_text<T: ToString, E: Debug>(data: &[u8], read: Result<T, E>) -> Option<T> {
    let value = read.ok()?;
    assert_eq!(value.to_string().as_bytes(), data, "two texts of one object");
    Some(value)
}

/// The keys that sign its checkpoints.
pub fn log_keys() -> LogKeys {
    let Rehearsal { manifest, .. } = election();
    let witnesses = manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key));
    let id = &election().election().election_id;
    LogKeys::of_election(id, (&manifest.log.name, manifest.log.key), witnesses).expect("the names are keys' names")
}

/// Writes the hashes of a record anew.
pub fn set_sums(files: &mut MemoryRecord) {
    files.0.remove(record::SUMS);
    let lines: String = (files.0.iter())
        .map(|(path, bytes)| {
            let length = u64::try_from(bytes.len()).expect("a length");
            verify::sum_line(files, path, length).expect("memory does not fail")
        })
        .collect();
    files.0.insert(record::SUMS.into(), lines.into_bytes());
}
