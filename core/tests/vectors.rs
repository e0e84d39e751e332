//! The published vectors (`spec/vectors`), read as another implementation would.
//!
//! Every case of every file is computed anew from its input, through the public interface alone.
//! What the interface does not show (challenges, sums) is compared by the reference in
//! `spec/reference` and by `cargo xtask vectors-check`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests: they fail where they panic"
)]

#[path = "vectors/ballots.rs"]
mod ballots;
#[path = "vectors/case.rs"]
mod case;
#[path = "vectors/judging.rs"]
mod judging;
#[path = "vectors/manifests.rs"]
mod manifests;
#[path = "vectors/primitives.rs"]
mod primitives;
#[path = "vectors/protocol.rs"]
mod protocol;
#[path = "vectors/records.rs"]
mod records;
#[path = "vectors/shuffles.rs"]
mod shuffles;
#[path = "vectors/writeins.rs"]
mod writeins;

use std::collections::BTreeSet;
use std::path::Path;

use case::{Answer, Given};
use serde_json::Value;

/// The function that answers the cases of a kind.
fn kind(name: &str) -> Option<fn(&Given) -> Answer> {
    let kinds = [
        primitives::kind,
        ballots::kind,
        shuffles::kind,
        writeins::kind,
        protocol::kind,
        records::kind,
        manifests::kind,
        judging::kind,
    ];
    kinds.into_iter().find_map(|kind| kind(name))
}

fn file(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What a group shares; where it names a file of a record, the files of that record.
fn setting(group: &Value) -> Value {
    match group["setting"]["record"].as_str() {
        Some(name) => file(name)["groups"][0]["setting"].clone(),
        None => group["setting"].clone(),
    }
}

/// Checks a file, and says how many cases it has.
fn check(name: &str) -> usize {
    let file = file(name);
    assert_eq!((file["schema"].as_str(), file["suite"].as_u64()), (Some("escrutinio/vectors/v1"), Some(1)));
    let (mut number, mut flags) = (0, BTreeSet::new());
    for group in file["groups"].as_array().unwrap() {
        let answer = kind(group["kind"].as_str().unwrap()).unwrap_or_else(|| panic!("{}", group["kind"]));
        let setting = setting(group);
        for test in group["tests"].as_array().unwrap() {
            number += 1;
            assert_eq!(test["tcId"], number);
            flags.extend(test["flags"].as_array().unwrap().iter().map(|flag| flag.as_str().unwrap()));
            let place = format!("{name}, case {number}: {}", test["comment"]);
            let given = Given { setting: &setting, input: &test["input"] };
            match answer(&given) {
                Ok(output) => {
                    assert_eq!(test["result"], "valid", "{place}");
                    let stated = test.get("output").cloned().unwrap_or_else(|| Value::Object(Default::default()));
                    assert_eq!(output, stated, "{place}");
                }
                Err(code) => {
                    assert_eq!((&test["result"], &test["code"]), (&"invalid".into(), &code.into()), "{place}");
                }
            }
        }
    }
    let notes = file["notes"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(flags, notes, "{name}: every flag has its note");
    usize::try_from(number).unwrap()
}

macro_rules! files {
    ($($test:ident: $name:literal, $at_least:literal;)*) => {
        $(#[test]
        fn $test() {
            assert!(check($name) >= $at_least);
        })*

        #[test]
        fn every_file_is_read() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors");
            let found: BTreeSet<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| name.ends_with(".json"))
                .collect();
            assert_eq!(found, BTreeSet::from([$($name.to_owned()),*]));
        }
    };
}

files! {
    group: "group.json", 100;
    hash: "hash.json", 9;
    tracking_code: "tracking-code.json", 25;
    transcript: "transcript.json", 9;
    signature: "signature-INSECURE-secrets.json", 30;
    ballot_proof: "ballot-proof.json", 90;
    shuffle: "shuffle.json", 200;
    shuffle_secrets: "shuffle-INSECURE-secrets.json", 9;
    writeins: "writeins.json", 120;
    record: "record.json", 50;
    protocol: "protocol.json", 60;
    keygen_judging: "keygen-judging.json", 50;
    manifest: "manifest.json", 60;
    encoding: "encoding.json", 100;
    ballot_opening: "ballot-opening-INSECURE-secrets.json", 12;
}
