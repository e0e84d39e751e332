//! Any three of five custodians open the box, to the same bytes; no two do; a wrong partial is
//! named and left out.

use escrutinio_core::decrypt::{OpenError, PartialDecryption, open, sift};
use escrutinio_core::encoding::Encode;
use escrutinio_core::group::{self, lagrange_at_zero};
use escrutinio_core::proof::decryption::CombineError;
use escrutinio_core::record;
use escrutinio_core::tally::Aggregates;
use escrutinio_core::testing::rehearsal::Rehearsal;

use crate::fixture::{assert_valid, closed, rng, totals};

/// All subsets of the five custodians with so many members.
fn subsets(size: u32) -> Vec<Vec<u32>> {
    (0u32..32)
        .filter(|set| set.count_ones() == size)
        .map(|set| (1..=5).filter(|index| set & (1 << (index - 1)) != 0).collect())
        .collect()
}

fn decrypt(rehearsal: &Rehearsal, aggregates: &Aggregates, quorum: &[u32]) -> Vec<PartialDecryption> {
    quorum
        .iter()
        .map(|index| {
            let place = *index as usize - 1;
            let (share, key) = (&rehearsal.shares[place], &rehearsal.keys.custodians[place]);
            PartialDecryption::decrypt(aggregates, share, key, &mut rng(90))
        })
        .collect()
}

#[test]
fn all_ten_quorums_give_the_same_bytes() {
    let mut results = Vec::new();
    for quorum in subsets(3) {
        let mut rehearsal = closed();
        rehearsal.publish(&quorum, &mut rng(91));
        assert_valid(&rehearsal.files);
        assert_eq!(totals(&rehearsal), rehearsal.expected);
        results.push(rehearsal.files.0.remove(record::RESULTS).unwrap());
    }
    assert_eq!(results.len(), 10);
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn four_and_five_custodians_give_them_too() {
    let mut three = closed();
    let expected = three.publish(&[1, 2, 3], &mut rng(92));
    for size in [4, 5] {
        for quorum in subsets(size) {
            let mut rehearsal = closed();
            assert_eq!(rehearsal.publish(&quorum, &mut rng(92)).to_bytes(), expected.to_bytes());
        }
    }
}

#[test]
fn two_custodians_do_not_combine() {
    let rehearsal = closed();
    let aggregates = rehearsal.aggregates();
    for pair in subsets(2) {
        let partials = decrypt(&rehearsal, &aggregates, &pair);
        let refused = open(&aggregates, 3, &partials);
        assert!(matches!(refused, Err(OpenError::Combine(CombineError::TooFew { .. }))), "{refused:?}");
        // With a threshold that they make up, what they open is no count.
        let wrong = open(&aggregates, 2, &partials);
        assert!(matches!(wrong, Err(OpenError::NoCount { .. })), "{wrong:?}");
    }
}

#[test]
fn two_shares_interpolate_to_another_key() {
    let rehearsal = closed();
    let keys = &rehearsal.election().keys;
    let interpolated = |indices: &[u32], slot: usize| {
        let shares = indices.iter().map(|index| rehearsal.shares[*index as usize - 1].slots()[slot].expose());
        let sum = lagrange_at_zero(indices).iter().zip(shares).map(|(weight, share)| weight * share).sum();
        group::mul_generator(&sum)
    };
    for (slot, key) in keys.slot_keys.iter().enumerate() {
        for pair in subsets(2) {
            assert_ne!(interpolated(&pair, slot), *key);
        }
        for three in subsets(3) {
            assert_eq!(interpolated(&three, slot), *key);
        }
    }
}

#[test]
fn one_custodian_twice_is_one() {
    let rehearsal = closed();
    let aggregates = rehearsal.aggregates();
    let keys = &rehearsal.election().keys;
    let (valid, culprits) = sift(&aggregates, keys, decrypt(&rehearsal, &aggregates, &[2, 2, 4]));
    assert!(culprits.is_empty());
    assert_eq!(valid.len(), 2);
    assert!(open(&aggregates, keys.threshold, &valid).is_err());
    assert!(open(&aggregates, keys.threshold, &decrypt(&rehearsal, &aggregates, &[2, 2, 4])).is_err());
}

/// One or two of five decrypt wrongly: each is named, and the others suffice.
#[test]
fn a_wrong_partial_is_named_and_left_out() {
    let rehearsal = closed();
    let aggregates = rehearsal.aggregates();
    let keys = &rehearsal.election().keys;
    let right = decrypt(&rehearsal, &aggregates, &[1, 2, 3, 4, 5]);
    let expected = open(&aggregates, keys.threshold, &right).unwrap();
    for liars in subsets(1).into_iter().chain(subsets(2)) {
        let mut partials = right.clone();
        for liar in &liars {
            partials[*liar as usize - 1].groups[1].decrypted[0] += group::GENERATOR;
        }
        let (valid, culprits) = sift(&aggregates, keys, partials);
        let named: Vec<(u32, usize)> = culprits.iter().map(|bad| (bad.index.get(), bad.group)).collect();
        assert_eq!(named, liars.iter().map(|liar| (*liar, 1)).collect::<Vec<_>>());
        assert_eq!(open(&aggregates, keys.threshold, &valid).unwrap(), expected);
    }
    for liars in subsets(3) {
        let mut partials = right.clone();
        for liar in &liars {
            partials[*liar as usize - 1].groups[0].decrypted[2] += group::GENERATOR;
        }
        let (valid, culprits) = sift(&aggregates, keys, partials);
        assert_eq!((valid.len(), culprits.len()), (2, 3));
        assert!(open(&aggregates, keys.threshold, &valid).is_err());
    }
}

/// The record of an election whose incidents name a custodian holds the partials of the others.
#[test]
fn a_record_without_the_wrong_partial_is_valid() {
    let mut rehearsal = closed();
    let results = rehearsal.publish(&[2, 4, 5], &mut rng(93));
    assert!(!rehearsal.files.0.contains_key(&record::partial(1)));
    assert_valid(&rehearsal.files);
    assert_eq!(results.groups.iter().flatten().sum::<u64>(), 14);
}
