//! The verdict over a whole record, and over one that was changed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "../../tests/common/mod.rs"]
mod common;

use escrutinio_core::record;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_wasm_verifier::{Steps, verdict};
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};

fn judged(rehearsal: &Rehearsal, rng: &mut ChaCha20Rng) -> (Value, Vec<&'static str>) {
    let mut phases = Vec::new();
    let mut steps = Steps::new(|phase, done, total| {
        assert!(done <= total, "{phase}: {done} of {total}");
        phases.push(phase);
    });
    let text = verdict(&rehearsal.files, rng, &mut steps).unwrap();
    (serde_json::from_str(&text).unwrap(), phases)
}

#[test]
fn a_record_is_judged_check_by_check() {
    let (sealed, mut rng) = common::sealed();
    let mut counted = common::counted(&sealed, &mut rng);
    let (verdict, phases) = judged(&counted, &mut rng);
    assert_eq!((&verdict["valid"], &verdict["firstFailure"]), (&json!(true), &json!(null)));
    assert_eq!(verdict["electionId"], sealed.election().election_id.to_string());
    assert_eq!(verdict["ballots"], 30);
    let checks = verdict["checks"].as_array().unwrap();
    assert_eq!(checks.len(), escrutinio_core::verify::Check::ALL.len());
    assert!(checks.iter().all(|check| check["ok"] == true && check["title"]["es"] != check["title"]["en"]));
    let results = verdict["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[0]["total"]), (5, &json!(6)));
    assert_eq!(results[0]["options"][1], json!({ "name": "PRI", "votes": 3 }));
    assert!(phases.contains(&"ballots") && phases.contains(&"mixes"));
    assert_eq!(
        verdict["linking"],
        json!({ "by": "threshold", "mixes": sealed.election().manifest.credential_mixes, "threshold": 2 })
    );

    counted.files.0.get_mut(record::RECEIPTS).unwrap()[90] ^= 1;
    let (verdict, _) = judged(&counted, &mut rng);
    assert_eq!((&verdict["valid"], &verdict["firstFailure"]), (&json!(false), &json!("X1.1")));
    assert_eq!(verdict["results"], json!([]), "no result of a record that does not hold");
    let (verdict, _) = judged(&sealed, &mut rng);
    assert_eq!(verdict["firstFailure"], "R1.1");
}

/// What a record that holds gives up all the same is said beside its verdict.
#[test]
fn a_record_with_few_mixes_holds_and_says_who_can_link() {
    for (mixes, linking) in [
        (0, json!({ "by": "anybody", "mixes": 0, "threshold": null })),
        (1, json!({ "by": "mixers", "mixes": 1, "threshold": 2 })),
        (2, json!({ "by": "threshold", "mixes": 2, "threshold": 2 })),
    ] {
        let (sealed, mut rng) = common::sealed_with(|manifest| {
            (manifest.credential_mixes, manifest.few_mixes) = (mixes, true);
        });
        let (verdict, _) = judged(&common::counted(&sealed, &mut rng), &mut rng);
        assert_eq!((&verdict["valid"], &verdict["linking"]), (&json!(true), &linking), "{mixes} mixes");
    }
}
