//! Vectors of whole records: the first check that fails.

use std::collections::BTreeMap;

use escrutinio_core::testing::rehearsal::MemoryRecord;
use escrutinio_core::verify;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};

use crate::case::{Answer, Given, hex, unhex};

pub(crate) fn kind(name: &str) -> Option<fn(&Given) -> Answer> {
    (name == "record").then_some(record)
}

fn record(t: &Given) -> Answer {
    let mut files: BTreeMap<String, Vec<u8>> = t
        .value("files")
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, bytes)| (path.clone(), unhex(bytes.as_str().unwrap())))
        .collect();
    for change in t.value("changes").as_array().unwrap() {
        apply(&mut files, change);
    }
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
