//! What an honest ceremony gives.

use super::*;
use crate::encoding::{Decode, Encode};
use crate::group::{self, Element, Scalar};
use crate::keygen::key_record_hash;
use crate::proof::decryption::combine;

fn runs(threshold: u32, count: u8, slots: usize) {
    let stage = Stage::judged(threshold, count, slots);
    let (transcript, keys, shares) = stage.finish();
    assert!(transcript.excluded.is_empty());
    assert_eq!(shares.len(), usize::from(count));
    assert_eq!(keys.slot_keys.len(), slots);
    // The sum of all constant terms is the secret key that nobody holds.
    for (slot, key) in keys.slot_keys.iter().enumerate() {
        let place = slot * stage.ceremony.threshold();
        let secret: Scalar = stage.secrets.iter().map(|secret| secret.polynomials[place].expose()).sum();
        assert_eq!(group::mul_generator(&secret), *key);
    }
    let decoded = KeyTranscript::from_bytes(&transcript.to_bytes()).unwrap();
    assert_eq!(decoded, transcript);
    assert_eq!(key_record_hash(&decoded), key_record_hash(&transcript));

    let trial = stage.trial(&keys, &shares);
    trial.verify(&stage.ceremony, &keys).unwrap();
    assert_eq!(Trial::from_bytes(&trial.to_bytes(), slots), Ok(trial));
}

#[test]
fn one_of_one() {
    runs(1, 1, 3);
}

#[test]
fn two_of_three() {
    runs(2, 3, 3);
}

#[test]
fn three_of_five() {
    runs(3, 5, 4);
}

#[test]
fn five_of_nine() {
    runs(5, 9, 2);
}

#[test]
fn sixteen_of_sixteen() {
    runs(16, 16, 2);
}

#[test]
fn the_most_slots() {
    runs(2, 2, crate::keygen::MAX_SLOTS);
}

/// Decrypts `[m]G` under slot 0 with some of the shares and says whether `[m]G` comes out.
fn decrypts(keys: &ElectionKeys, shares: &[&KeyShare]) -> bool {
    let (r, m) = (Scalar::from(4711u32), Scalar::from(42u32));
    let a = group::mul_generator(&r);
    let b = group::mul_generator(&m) + keys.slot_keys[0] * r;
    let partials: Vec<[Element; 1]> = shares.iter().map(|share| [a * share.slots()[0].expose()]).collect();
    let partials: Vec<_> =
        shares.iter().zip(&partials).map(|(share, partial)| (share.index(), partial.as_slice())).collect();
    let combined = combine(shares.len(), &partials).unwrap();
    b - combined[0] == group::mul_generator(&m)
}

#[test]
fn every_triple_decrypts_and_no_pair() {
    let (_, keys, shares) = Stage::judged(3, 5, 1).finish();
    let mut triples = 0;
    for i in 0..5 {
        for j in i + 1..5 {
            assert!(!decrypts(&keys, &[&shares[i], &shares[j]]));
            for k in j + 1..5 {
                assert!(decrypts(&keys, &[&shares[i], &shares[j], &shares[k]]));
                triples += 1;
            }
        }
    }
    assert_eq!(triples, 10);
}

#[test]
fn goes_on_from_exported_secrets() {
    let stage = Stage::dealt(2, 3, 2);
    let exported = stage.secrets[1].expose_bytes();
    let resumed = SecretRound1::from_bytes(&exported).unwrap();
    assert_eq!(resumed.message(), &stage.round1[1]);
    assert_eq!(resumed.expose_bytes(), exported);
    let again = deal(&stage.ceremony, &resumed, &stage.round1, &stage.keys[1]).unwrap();
    assert_eq!(again.to_bytes(), stage.round2[1].to_bytes());
    let stage = stage.judge();
    let (again, _) =
        verdict(&stage.ceremony, &resumed, &stage.round1, &stage.round2, &stage.keys[1], &mut rng(0)).unwrap();
    assert_eq!(again.to_bytes(), stage.verdicts[1].to_bytes());
    for end in 0..exported.len() {
        assert!(SecretRound1::from_bytes(&exported[..end]).is_err());
    }
}

#[test]
fn key_share_goes_through_its_file() {
    let stage = Stage::judged(2, 3, 2);
    let (_, keys, shares) = stage.finish();
    let exported = shares[2].expose_bytes();
    let share = KeyShare::from_bytes(&exported).unwrap();
    assert_eq!(share.index(), custodian(3));
    share.verify(&keys).unwrap();
    for end in 0..exported.len() {
        assert!(KeyShare::from_bytes(&exported[..end]).is_err());
    }
    // A share changed in its second slot, and one with a slot too few.
    let mut changed = exported.to_vec();
    let last = changed.len() - 32;
    changed[last] ^= 1;
    let changed = KeyShare::from_bytes(&changed).unwrap();
    assert_eq!(changed.verify(&keys), Err(KeygenError::KeyShare { slot: 1 }));
    let mut short = share;
    short.shares.pop();
    assert_eq!(short.verify(&keys), Err(KeygenError::KeyShare { slot: 1 }));
}

#[test]
fn secrets_are_not_printed() {
    let stage = Stage::judged(1, 1, 1);
    let (_, _, shares) = stage.finish();
    let hex = crate::ids::hex(shares[0].slots()[0].expose_bytes().expose());
    assert!(!alloc::format!("{:?}", shares[0]).contains(&hex));
    let hex = crate::ids::hex(stage.secrets[0].ephemeral.expose_bytes().expose());
    assert!(!alloc::format!("{:?}", stage.secrets[0]).contains(&hex));
}

#[test]
fn parameters_must_fit() {
    let keys = |count| (1..=count).map(|number| signing_key(number).verifying_key()).collect::<Vec<_>>();
    let new = |t, minimum, count, slots| Ceremony::new(ManifestHash([0; 32]), 0, t, minimum, keys(count), slots);
    assert!(new(1, 1, 1, 1).is_ok());
    assert!(new(3, 4, 5, 263).is_ok());
    for (t, minimum, count, slots) in
        [(0, 1, 1, 1), (2, 1, 2, 1), (3, 3, 2, 1), (1, 1, 0, 1), (1, 1, 17, 1), (1, 1, 1, 0), (1, 1, 1, 264)]
    {
        assert_eq!(new(t, minimum, count, slots).unwrap_err(), KeygenError::Parameters);
    }
}

#[test]
fn commits_only_with_its_own_key() {
    let stage = Stage::committed(1, 2, 1);
    let error = commit(&stage.ceremony, custodian(1), &stage.keys[1], &mut rng(0)).unwrap_err();
    assert_eq!(error, KeygenError::WrongKey { index: custodian(1) });
    let error = commit(&stage.ceremony, custodian(3), &stage.keys[1], &mut rng(0)).unwrap_err();
    assert_eq!(error, KeygenError::Unknown { index: custodian(3) });
}
