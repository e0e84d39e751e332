//! R, M, L and E: files, manifest, roll, seal.

use escrutinio_core::credential::{RollRecord, VersionKind};
use escrutinio_core::encoding::{Decode, Encode};
use escrutinio_core::manifest::Manifest;
use escrutinio_core::record::{self, Seal};
use escrutinio_core::testing::rehearsal::Rehearsal;

use crate::fixture::{assert_only, finish, published, reseal_and_finish, rng, sealed};

#[test]
fn r1_1_a_missing_file() {
    for path in record::OBLIGATORY {
        let mut rehearsal = published();
        rehearsal.files.0.remove(path);
        if path != record::SUMS {
            rehearsal.sums();
        }
        let culprit = assert_only("R1.1", &rehearsal.files);
        assert!(culprit.contains(path), "{culprit}");
    }
}

#[test]
fn r1_1_a_foreign_file() {
    for path in [
        "notes.txt",
        "manifest.json",
        "tally/partial-1.bin",
        "board/checkpoints/1",
        "acta/contest-0.bin",
        "key/share.bin",
    ] {
        let mut rehearsal = published();
        rehearsal.put(path, b"1".to_vec());
        rehearsal.sums();
        let culprit = assert_only("R1.1", &rehearsal.files);
        assert!(culprit.contains(path), "{culprit}");
    }
}

/// A record around another manifest file; nobody goes on from one that is no manifest.
fn with_manifest(change: impl FnOnce(&mut Manifest)) -> Rehearsal {
    let mut rehearsal = published();
    let mut manifest = Manifest::from_bytes(&rehearsal.files.0[record::MANIFEST]).unwrap();
    change(&mut manifest);
    rehearsal.put(record::MANIFEST, manifest.to_bytes());
    rehearsal.sums();
    rehearsal
}

#[test]
fn m1_1_a_manifest_with_a_byte_more() {
    let mut rehearsal = published();
    rehearsal.files.0.get_mut(record::MANIFEST).unwrap().push(0);
    rehearsal.sums();
    assert_only("M1.1", &rehearsal.files);
}

#[test]
fn m1_2_two_quorums_of_witnesses_without_a_common_one() {
    assert_only("M1.2", &with_manifest(|manifest| manifest.witness_quorum = 1).files);
}

#[test]
fn m1_2_one_key_for_two_offices() {
    assert_only("M1.2", &with_manifest(|manifest| manifest.log.key = manifest.server.key).files);
}

#[test]
fn m1_2_one_custodian_twice() {
    assert_only("M1.2", &with_manifest(|manifest| manifest.custodians[4].key = manifest.custodians[0].key).files);
}

#[test]
fn m1_3_options_in_another_order() {
    assert_only("M1.3", &with_manifest(|manifest| manifest.contests[0].options.swap(0, 1)).files);
}

#[test]
fn m1_3_an_option_left_out() {
    assert_only("M1.3", &with_manifest(|manifest| drop(manifest.contests[0].options.remove(0))).files);
}

/// A registrar commits to another roll record; credentials, seal and everything later follow it.
fn with_roll(change: impl FnOnce(&mut RollRecord)) -> Rehearsal {
    let mut rehearsal = sealed();
    let mut roll: RollRecord = rehearsal.object(record::ROLL);
    change(&mut roll);
    let RollRecord { manifest_hash, versions, counts, root, .. } = roll;
    let roll = RollRecord::sign(manifest_hash, versions, counts, root, &rehearsal.keys.registrar);
    rehearsal.commit_to_roll(&roll);
    rehearsal.credentials(&mut rng(20));
    reseal_and_finish(rehearsal)
}

#[test]
fn l1_1_a_roll_record_with_a_byte_more() {
    let mut rehearsal = published();
    rehearsal.files.0.get_mut(record::ROLL).unwrap().push(0);
    rehearsal.sums();
    assert_only("L1.1", &rehearsal.files);
}

#[test]
fn l1_2_the_roll_of_another_manifest() {
    let other = sealed().manifest.into_inner();
    let other = Manifest { title: "Otra elección".into(), ..other };
    assert_only(
        "L1.2",
        &with_roll(|roll| {
            let mut versions = Vec::new();
            for version in roll.versions.drain(..) {
                versions.push(version.chained(&other.hash(), versions.last()));
            }
            roll.manifest_hash = other.hash();
            roll.versions = versions;
        })
        .files,
    );
}

#[test]
fn l1_3_more_people_than_were_delivered() {
    assert_only(
        "L1.3",
        &with_roll(|roll| {
            let version = roll.versions.remove(0);
            let entries = version.entries - 1;
            let hash = roll.manifest_hash;
            roll.versions.push(escrutinio_core::credential::RollVersion { entries, ..version }.chained(&hash, None));
        })
        .files,
    );
}

#[test]
fn l1_3_an_addendum_slipped_in_without_its_place_in_the_chain() {
    assert_only(
        "L1.3",
        &with_roll(|roll| {
            let mut addendum = roll.versions[0].clone();
            addendum.kind = VersionKind::Addendum;
            addendum.entries = 0;
            roll.versions.push(addendum);
        })
        .files,
    );
}

#[test]
fn l1_4_a_roll_that_the_server_signed() {
    let mut rehearsal = sealed();
    let roll: RollRecord = rehearsal.object(record::ROLL);
    let RollRecord { manifest_hash, versions, counts, root, .. } = roll;
    let roll = RollRecord::sign(manifest_hash, versions, counts, root, &rehearsal.keys.server);
    rehearsal.commit_to_roll(&roll);
    rehearsal.credentials(&mut rng(20));
    let culprit = assert_only("L1.4", &reseal_and_finish(rehearsal).files);
    assert!(culprit.contains("registrar"), "{culprit}");
}

#[test]
fn e1_1_a_seal_with_a_byte_more() {
    let mut rehearsal = published();
    rehearsal.files.0.get_mut(record::SEAL).unwrap().push(0);
    rehearsal.sums();
    assert_only("E1.1", &rehearsal.files);
}

/// The election goes on under the id that the wrong seal gives.
fn with_seal(change: impl FnOnce(&mut Seal)) -> Rehearsal {
    let mut rehearsal = sealed();
    let mut seal: Seal = rehearsal.object(record::SEAL);
    change(&mut seal);
    rehearsal.put_seal(&seal);
    finish(rehearsal)
}

#[test]
fn e1_2_a_seal_that_names_another_file() {
    let changes: [fn(&mut Seal); 11] = [
        |seal| seal.manifest_hash.0[0] ^= 1,
        |seal| seal.roll_id.0[0] ^= 1,
        |seal| seal.setup_id.0[0] ^= 1,
        |seal| seal.key_record[0] ^= 1,
        |seal| seal.trial[0] ^= 1,
        |seal| seal.registrar_halves[0] ^= 1,
        |seal| seal.server_halves[0] ^= 1,
        |seal| seal.mixes.push([1; 32]),
        |seal| seal.mixes.truncate(2),
        |seal| seal.mixes[1][0] ^= 1,
        |seal| seal.lists[0] ^= 1,
    ];
    for change in changes {
        assert_only("E1.2", &with_seal(change).files);
    }
}

#[test]
fn e1_2_the_half_lists_exchanged() {
    assert_only("E1.2", &with_seal(|seal| core::mem::swap(&mut seal.registrar_halves, &mut seal.server_halves)).files);
}
