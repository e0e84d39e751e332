//! Every byte of a record counts, and so does every file; empty boards and small elections.

use escrutinio_core::record;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{self, Keys};
use escrutinio_core::verify::{self, Check};

use crate::fixture::{QUORUM, assert_valid, published, rng, sealed};

fn first_failure(rehearsal: &Rehearsal) -> Option<Check> {
    verify::record(&rehearsal.files, &mut rng(100), &mut ()).unwrap().0.first_failure()
}

/// The publisher computes the hashes anew: something else must find every change.
fn assert_found(path: &str, what: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let mut rehearsal = published();
    change(rehearsal.files.0.get_mut(path).unwrap());
    if path != record::SUMS {
        rehearsal.sums();
    }
    let found = first_failure(&rehearsal);
    let expected =
        if path == record::SUMS { found == Some(Check::S1_1) } else { found.is_some_and(|check| check != Check::S1_1) };
    assert!(expected, "{path}: {what}: {found:?}");
}

fn paths() -> Vec<(String, usize)> {
    published().files.0.iter().map(|(path, bytes)| (path.clone(), bytes.len())).collect()
}

#[test]
fn a_byte_more_or_less_in_any_file() {
    for (path, _) in paths() {
        for byte in [0, b'\n', b'a'] {
            assert_found(&path, "a byte more", |bytes| bytes.push(byte));
        }
        assert_found(&path, "a byte less", |bytes| bytes.truncate(bytes.len().saturating_sub(1)));
        assert_found(&path, "no byte", Vec::clear);
    }
}

/// Some forty bytes of every file, and all of the short ones.
#[test]
fn any_byte_changed_in_any_file() {
    for (path, length) in paths() {
        let step = (length / 40).max(1);
        for (number, at) in (0..length).step_by(step).enumerate() {
            let bit = 1u8 << (number % 8);
            assert_found(&path, &format!("bit {bit:#x} of byte {at}"), |bytes| bytes[at] ^= bit);
        }
    }
}

#[test]
fn any_file_left_out() {
    for (path, _) in paths().into_iter().filter(|(path, _)| path != record::SUMS) {
        let mut rehearsal = published();
        rehearsal.files.0.remove(&path);
        rehearsal.sums();
        assert!(first_failure(&rehearsal).is_some_and(|check| check != Check::S1_1), "{path}");
    }
}

#[test]
fn a_file_of_another_election() {
    let keys = crate::fixture::keys();
    let manifest = crate::fixture::manifest(&keys);
    let mut other = crate::fixture::finish(Rehearsal::sealed(manifest, keys, &crate::fixture::COUNTS, &mut rng(101)));
    for (path, bytes) in core::mem::take(&mut other.files.0) {
        let honest = published();
        if path == record::SUMS || honest.files.0.get(&path) == Some(&bytes) {
            continue;
        }
        let mut mixed = honest;
        mixed.put(&path, bytes);
        mixed.sums();
        assert!(first_failure(&mixed).is_some_and(|check| check != Check::S1_1), "{path}");
    }
}

/// Nobody voted: groups without ballots open to nothing, and the actas say so.
#[test]
fn an_election_without_a_ballot() {
    let mut rehearsal = sealed();
    rehearsal.close([]);
    let results = rehearsal.publish(&QUORUM, &mut rng(102));
    assert_valid(&rehearsal.files);
    assert_eq!(results.groups.iter().flatten().sum::<u64>(), 0);
    assert_eq!(rehearsal.heads.len(), 1);
}

/// A school's vote without witnesses, two of three custodians.
#[test]
fn an_election_without_witnesses() {
    let mut keys = Keys::new(2, 3);
    keys.witnesses.clear();
    let mut rehearsal = Rehearsal::sealed(testing::small(&keys, 3), keys, &[5], &mut rng(103));
    let ballots: Vec<_> = (0..5)
        .map(|place| {
            rehearsal.mark(0, 0, place % 3);
            escrutinio_core::encoding::Encode::to_bytes(&rehearsal.cast(
                (0, place),
                0,
                place % 3,
                None,
                &mut rng(place.into()),
            ))
        })
        .collect();
    rehearsal.close(ballots);
    let results = rehearsal.publish(&[1, 3], &mut rng(104));
    assert_valid(&rehearsal.files);
    assert_eq!(results.groups, rehearsal.expected);
}
