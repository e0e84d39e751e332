//! Vectors of whole records: the first check that fails.

use std::collections::BTreeMap;

use escrutinio_core::credential::{CredentialLists, CredentialMix, HalfList, RollRecord};
use escrutinio_core::decrypt::PartialDecryption;
use escrutinio_core::encoding::{Decode, Encode};
use escrutinio_core::group::{self, ElementBytes};
use escrutinio_core::keygen::KeyTranscript;
use escrutinio_core::keygen::trial::Trial;
use escrutinio_core::manifest::{Manifest, ValidManifest};
use escrutinio_core::proof::shuffle::ShuffleShape;
use escrutinio_core::record::{self, Seal};
use escrutinio_core::tally::{Aggregates, Participation, Results};
use escrutinio_core::testing::rehearsal::MemoryRecord;
use escrutinio_core::verify;
use escrutinio_core::writein::{TextMix, TextOrder, TextPartial, Texts};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};

use crate::case::{Answer, Given, hex, nothing, unhex};

pub(crate) fn kind(name: &str) -> Option<fn(&Given) -> Answer> {
    Some(match name {
        "record" => whole,
        "object" => object,
        _ => return None,
    })
}

fn files(t: &Given) -> BTreeMap<String, Vec<u8>> {
    let files = t.value("files").as_object().unwrap().iter();
    files.map(|(path, bytes)| (path.clone(), unhex(bytes.as_str().unwrap()))).collect()
}

/// The files after the changes of the case.
pub(crate) fn changed(t: &Given) -> BTreeMap<String, Vec<u8>> {
    let mut files = files(t);
    for change in t.get("changes").and_then(Value::as_array).into_iter().flatten() {
        apply(&mut files, change);
    }
    files
}

/// Whether the bytes are the object, and the object the bytes.
fn is<T: Decode + Encode>(bytes: &[u8]) -> bool {
    T::from_bytes(bytes).is_ok_and(|value| value.to_bytes() == bytes)
}

/// Whether every string is what it should be; proofs are read when they are verified.
fn strings_are_good(points: &[ElementBytes], scalars: &[ElementBytes]) -> bool {
    points.iter().all(|bytes| group::decompress(bytes).is_some())
        && scalars.iter().all(|bytes| group::decode_scalar(bytes).is_some())
}

fn proof_is_good(proof: &[ElementBytes], rows: usize) -> bool {
    let (points, scalars) = proof.split_at(proof.len() - rows - 3);
    strings_are_good(points, scalars)
}

fn credential_mix(bytes: &[u8]) -> bool {
    if !is::<CredentialMix>(bytes) {
        return false;
    }
    // Base, keys and proof of each list, behind header, roll id, number, index and length.
    let mut rest = &bytes[56..bytes.len() - 64];
    while !rest.is_empty() {
        let n = usize::try_from(u64::from_le_bytes(rest[32..40].try_into().unwrap())).unwrap();
        let proof = 40 + 32 * n;
        let end = proof + 32 * ShuffleShape::keys(n).proof();
        if !proof_is_good(rest[proof..end].as_chunks().0, n) {
            return false;
        }
        rest = &rest[end..];
    }
    true
}

fn text_object(path: &str, bytes: &[u8], manifest: &ValidManifest) -> (&'static str, bool) {
    // Contest 1 of the record has five ballots.
    let (rows, texts) = (5, manifest.shapes()[1].texts);
    if path == record::text_order(0) {
        ("W1.2", is::<TextOrder>(bytes))
    } else if path == record::text_mix(1, 1) {
        let good = TextMix::decode(bytes, rows, texts).is_ok_and(|mix| mix.to_bytes() == bytes) && {
            let end = bytes.len() - 64;
            let start = end - 32 * ShuffleShape::texts(rows, texts).proof();
            proof_is_good(bytes[start..end].as_chunks().0, rows)
        };
        ("W2.1", good)
    } else if path == record::text_partial(1, 1) {
        ("W3.1", TextPartial::decode(bytes, rows, texts).is_ok_and(|partial| partial.to_bytes() == bytes))
    } else {
        ("W4.1", is::<Texts>(bytes))
    }
}

fn object(t: &Given) -> Answer {
    let (files, changed) = (files(t), changed(t));
    let bytes = &changed[t.text("path")];
    let manifest = || Manifest::from_bytes(&files[record::MANIFEST]).unwrap().validate().unwrap();
    let aggregates = |bytes: &[u8]| Aggregates::decode(bytes, &manifest().shapes());
    let (code, good) = match t.text("path") {
        record::MANIFEST => ("M1.1", is::<Manifest>(bytes)),
        record::ROLL => ("L1.1", is::<RollRecord>(bytes)),
        record::REGISTRAR => ("C1.1", is::<HalfList>(bytes)),
        record::SERVER => ("C2.1", is::<HalfList>(bytes)),
        record::LISTS => ("C5.1", is::<CredentialLists>(bytes)),
        record::KEY_TRANSCRIPT => ("K1.1", is::<KeyTranscript>(bytes)),
        record::TRIAL => {
            ("K4.1", Trial::from_bytes(bytes, manifest().slots().total()).is_ok_and(|v| v.to_bytes() == *bytes))
        }
        record::SEAL => ("E1.1", is::<Seal>(bytes)),
        record::PARTICIPATION => ("N1.1", is::<Participation>(bytes)),
        record::AGGREGATES => ("T1.1", aggregates(bytes).is_ok_and(|v| v.to_bytes() == *bytes)),
        record::RESULTS => ("T3.1", is::<Results>(bytes)),
        path if path == record::mix(1) => ("C4.1", credential_mix(bytes)),
        path if path.starts_with("writein/") => text_object(path, bytes, &manifest()),
        _ => {
            let groups = aggregates(&files[record::AGGREGATES]).unwrap();
            ("T2.1", PartialDecryption::decode(bytes, &groups).is_ok_and(|v| v.to_bytes() == *bytes))
        }
    };
    if good { nothing() } else { Err(code) }
}

fn whole(t: &Given) -> Answer {
    let files = changed(t);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (report, closed) = verify::record(&MemoryRecord(files), &mut rng, &mut ()).unwrap();
    if let Some(check) = report.first_failure() {
        return Err(check.code());
    }
    let election = closed.unwrap().election;
    Ok(json!({
        "manifest": hex(election.manifest.hash().as_bytes()),
        "election": hex(election.election_id.as_bytes()),
    }))
}

fn apply(files: &mut BTreeMap<String, Vec<u8>>, change: &Value) {
    let bytes = || unhex(change["bytes"].as_str().unwrap());
    let number = |name: &str| usize::try_from(change[name].as_u64().unwrap()).unwrap();
    if let Some(path) = change["remove"].as_str() {
        files.remove(path).unwrap();
    } else if let Some(path) = change["add"].as_str() {
        files.insert(path.to_owned(), bytes());
    } else {
        let file = files.get_mut(change["path"].as_str().unwrap()).unwrap();
        file.splice(number("at")..number("at") + number("away"), bytes());
    }
}
