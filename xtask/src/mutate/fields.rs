//! The fields of every file of a record.

use escrutinio_core::acta::Acta;
use escrutinio_core::ballot::CastBallot;
use escrutinio_core::credential::{CredentialLists, CredentialMix, HalfList, RollRecord};
use escrutinio_core::decrypt::PartialDecryption;
use escrutinio_core::encoding::Decode;
use escrutinio_core::keygen::KeyTranscript;
use escrutinio_core::keygen::trial::Trial;
use escrutinio_core::manifest::Manifest;
use escrutinio_core::record::{self, Seal};
use escrutinio_core::tally::{Aggregates, Participation, Results};
use escrutinio_core::testing::fields;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::writein::{TextMix, TextOrder, TextPartial, Texts};

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) start: usize,
    pub(crate) length: usize,
}

/// Whether a file is text.
pub(crate) fn is_text(path: &str) -> bool {
    path == record::RECEIPTS || path == record::SUMS || path.starts_with(record::CHECKPOINTS)
}

/// Every field of a file, in order. Long runs of keys are taken apart.
pub(crate) fn fields_of(rehearsal: &Rehearsal, path: &str) -> Vec<Field> {
    let bytes = &rehearsal.files.0[path];
    if is_text(path) {
        return words(bytes);
    }
    if path.starts_with(record::ENTRIES) {
        return entries(rehearsal, bytes);
    }
    let election = rehearsal.election();
    let aggregates = || Aggregates::decode(&rehearsal.files.0[record::AGGREGATES], &election.shapes);
    let found = match path {
        record::MANIFEST => fields::of(|| Manifest::from_bytes(bytes).is_ok()),
        record::ROLL => fields::of(|| RollRecord::from_bytes(bytes).is_ok()),
        record::REGISTRAR | record::SERVER => fields::of(|| HalfList::from_bytes(bytes).is_ok()),
        record::LISTS => fields::of(|| CredentialLists::from_bytes(bytes).is_ok()),
        record::KEY_TRANSCRIPT => fields::of(|| KeyTranscript::from_bytes(bytes).is_ok()),
        record::TRIAL => fields::of(|| Trial::from_bytes(bytes, rehearsal.manifest.slots().total()).is_ok()),
        record::SEAL => fields::of(|| Seal::from_bytes(bytes).is_ok()),
        record::PARTICIPATION => fields::of(|| Participation::from_bytes(bytes).is_ok()),
        record::AGGREGATES => fields::of(|| aggregates().is_ok()),
        record::RESULTS => fields::of(|| Results::from_bytes(bytes).is_ok()),
        path if path.starts_with("credentials/mix-") => fields::of(|| CredentialMix::from_bytes(bytes).is_ok()),
        path if path.starts_with("writein/") => {
            let contest = record::write_in_contest(path).unwrap_or_default();
            let (rows, texts) = (rehearsal.text_rows(contest).len(), rehearsal.text_rows(contest).texts());
            fields::of(|| match path {
                path if path.starts_with("writein/order-") => TextOrder::from_bytes(bytes).is_ok(),
                path if path.starts_with("writein/mix-") => TextMix::decode(bytes, rows, texts).is_ok(),
                path if path.starts_with("writein/partial-") => TextPartial::decode(bytes, rows, texts).is_ok(),
                _ => Texts::from_bytes(bytes).is_ok(),
            })
        }
        path if path.starts_with("acta/") => fields::of(|| Acta::from_bytes(bytes).is_ok()),
        _ => match aggregates() {
            Ok(aggregates) => fields::of(|| PartialDecryption::decode(bytes, &aggregates).is_ok()),
            Err(_) => Vec::new(),
        },
    };
    pieces(&found, 0)
}

/// The entries of a bundle: their length, then the fields of the ballot.
fn entries(rehearsal: &Rehearsal, bytes: &[u8]) -> Vec<Field> {
    let mut found = Vec::new();
    let mut start = 0usize;
    while let Some(length) = bytes.get(start..start + 2) {
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        found.push(Field { start, length: 2 });
        let entry = &bytes[start + 2..start + 2 + length];
        // What is hashed as a whole is read twice: once is enough.
        let of_entry: Vec<_> = fields::of(|| CastBallot::decode(entry, &rehearsal.election().shapes).is_ok())
            .into_iter()
            .filter(|(_, length)| *length <= 64)
            .collect();
        found.extend(pieces(&of_entry, start + 2));
        start += 2 + length;
    }
    found
}

fn pieces(found: &[(usize, usize)], offset: usize) -> Vec<Field> {
    found
        .iter()
        .flat_map(|(start, length)| {
            let step = if *length > 64 && length % 32 == 0 { 32 } else { (*length).max(1) };
            (0..*length)
                .step_by(step)
                .map(move |at| Field { start: offset + start + at, length: step.min(length - at) })
        })
        .collect()
}

/// The words of a text, with the line ends after them.
fn words(bytes: &[u8]) -> Vec<Field> {
    let mut found = Vec::new();
    let mut start = 0usize;
    for (place, byte) in bytes.iter().enumerate() {
        if byte.is_ascii_whitespace() {
            if place > start {
                found.push(Field { start, length: place - start });
            }
            found.push(Field { start: place, length: 1 });
            start = place + 1;
        }
    }
    found
}
