//! Mixes in memory. What a verifier of a record refuses is tested on records.

use super::*;
use crate::credential::mix::{CredentialMix, MixError, mix_generators};
use crate::encoding::DecodeError;
use crate::ids::CustodianIndex;
use crate::manifest::ListKey;
use crate::proof::shuffle::ShuffleError;

/// One list for each of [`COUNTS`].
fn manifest_lists() -> Vec<ListKey> {
    (0..3).map(|unit| ListKey { style: 0, unit, small_exception: true }).collect()
}

fn mix(before: &CredentialLists, index: u32) -> CredentialMix {
    let keys = Keys::new(1, 3);
    let signer = (CustodianIndex::new(index).unwrap(), &keys.custodians[usize::try_from(index).unwrap() - 1]);
    let mut seen = Vec::new();
    let mix = CredentialMix::make(
        before,
        &manifest_lists(),
        &mix_generators(before),
        signer,
        &mut rng(u64::from(index)),
        &mut |keys| seen.push(keys),
    );
    assert_eq!(seen, [5, 2, 0]);
    mix.unwrap()
}

fn verified(mix: &CredentialMix, before: &CredentialLists) -> Result<(), MixError> {
    mix.verify(before, &manifest_lists(), &mix_generators(before), &mut rng(9), &mut |_| {})
}

fn pooled() -> CredentialLists {
    let Sample { halves, .. } = sample();
    pool(&halves[0], &halves[1]).unwrap()
}

#[test]
fn voters_find_their_key_behind_every_mix() {
    let sample = sample();
    let mut lists = pool(&sample.halves[0], &sample.halves[1]).unwrap();
    for index in 1..=3 {
        let mixed = mix(&lists, index);
        assert_eq!(CredentialMix::from_bytes(&mixed.to_bytes()).as_ref(), Ok(&mixed));
        verified(&mixed, &lists).unwrap();
        mixed
            .verify_signature(&Keys::new(1, 3).custodians[usize::try_from(index).unwrap() - 1].verifying_key())
            .unwrap();
        assert!(mixed.verify_signature(&sample.keys.server.verifying_key()).is_err());
        let after = mixed.into_lists();
        assert_eq!(after.mixes(), index);
        for (before, after) in lists.lists().iter().zip(after.lists()) {
            assert_ne!(before.base(), after.base());
            assert!(before.keys().iter().all(|key| !after.contains(key)), "a key has not changed");
        }
        lists = after;
    }
    lists.check_shape(&ROLL, 3, 3).unwrap();
    for (list, count) in (0..).zip(COUNTS) {
        for place in 0..count {
            let [first, second] = [(0, &sample.keys.registrar), (1, &sample.keys.server)]
                .map(|(role, key): (usize, _)| sample.secrets[role].issue(&ROLL, list, place, key).unwrap());
            let issuers = (&sample.keys.registrar.verifying_key(), &sample.keys.server.verifying_key());
            Credential::combine(&first, &second, issuers, &ROLL, &lists).unwrap();
        }
    }
}

/// Each list has a power of its own.
#[test]
fn lists_have_different_bases() {
    let after = mix(&pooled(), 1).into_lists();
    assert_ne!(after.lists()[0].base(), after.lists()[1].base());
    assert_ne!(after.lists()[1].base(), after.lists()[2].base());
}

#[test]
fn a_mix_of_other_lists_is_refused() {
    let before = pooled();
    let first = mix(&before, 1);
    let other = CredentialLists { roll_id: RollId([8; 32]), ..before.clone() };
    assert_eq!(verified(&first, &other), Err(MixError::RollId(ROLL)));
    let after = first.clone().into_lists();
    assert_eq!(verified(&first, &after), Err(MixError::Number { expected: 2, actual: 1 }));
    let mut fewer = before.clone();
    fewer.lists.pop();
    assert_eq!(verified(&first, &fewer), Err(MixError::Lists { expected: 2, actual: 3 }));
    let mut shorter = before.clone();
    shorter.lists[1].keys.pop();
    assert_eq!(verified(&first, &shorter), Err(MixError::Count { list: 1, expected: 1, actual: 2 }));
    let mut exchanged = before.clone();
    let key = exchanged.lists[1].keys[0];
    exchanged.lists[1].keys[0] = core::mem::replace(&mut exchanged.lists[0].keys[4], key);
    assert_eq!(verified(&first, &exchanged), Err(MixError::Proof { list: 0, why: ShuffleError::Proof }));
    let mut same = before;
    same.lists[1].base = *after.lists()[1].base();
    assert_eq!(verified(&first, &same), Err(MixError::Base { list: 1 }));
}

#[test]
fn lists_that_cannot_be_mixed() {
    let before = pooled();
    let generators = mix_generators(&before);
    let keys = Keys::new(1, 1);
    let signer = (CustodianIndex::new(1).unwrap(), &keys.custodians[0]);
    let make = |before: &CredentialLists, lists: &[ListKey]| {
        CredentialMix::make(before, lists, &generators, signer, &mut rng(1), &mut |_| {}).unwrap_err()
    };
    assert_eq!(make(&before, &manifest_lists()[1..]), MixError::Lists { expected: 2, actual: 3 });
    let mut twice = before;
    twice.lists[1].keys[1] = twice.lists[1].keys[0];
    assert!(matches!(make(&twice, &manifest_lists()), MixError::Input { list: 1, .. }));
}

#[test]
fn only_the_encoding_of_a_mix_decodes() {
    let bytes = mix(&pooled(), 1).to_bytes();
    for end in 0..bytes.len() {
        assert!(CredentialMix::from_bytes(&bytes[..end]).is_err(), "{end}");
    }
    let kind = |bytes: &[u8]| CredentialMix::from_bytes(bytes).map_err(|DecodeError { kind, .. }| kind).unwrap_err();
    let mut more = bytes.clone();
    more.push(0);
    assert_eq!(kind(&more), DecodeErrorKind::Trailing);
    // Header, roll and number; then the custodian.
    let mut nobody = bytes.clone();
    nobody[44] = 17;
    assert_eq!(kind(&nobody), DecodeErrorKind::Index(17));
    let base = 48 + 8;
    let keys = base + 32 + 8;
    let mut identity = bytes.clone();
    identity[base..base + 32].fill(0);
    assert_eq!(kind(&identity), DecodeErrorKind::Identity);
    let mut unsorted = bytes.clone();
    let first: [u8; 32] = *bytes[keys..].first_chunk().unwrap();
    unsorted[keys + 32..keys + 64].copy_from_slice(&first);
    assert_eq!(kind(&unsorted), DecodeErrorKind::Order);
    let mut key = bytes;
    key[keys..keys + 32].fill(0xff);
    assert_eq!(kind(&key), DecodeErrorKind::Element);
}
