//! The trial convicts a custodian whose share does not work.

use super::*;
use crate::encoding::{DecodeErrorKind, Encode};
use crate::group;

fn sample() -> (Stage, ElectionKeys, Vec<KeyShare>, Trial) {
    let stage = Stage::judged(2, 3, 2);
    let (_, keys, shares) = stage.finish();
    let trial = stage.trial(&keys, &shares);
    assert_eq!(trial.verify(&stage.ceremony, &keys), Ok(()));
    (stage, keys, shares, trial)
}

#[test]
fn k4_1_bound_to_its_ceremony_and_complete() {
    let (stage, keys, _, trial) = sample();
    let verify = |change: fn(&mut Trial)| {
        let mut changed = trial.clone();
        change(&mut changed);
        changed.verify_form(&stage.ceremony, &keys)
    };
    assert_eq!(verify(|_| {}), Ok(()));
    assert_eq!(verify(|trial| trial.setup_id.0[0] ^= 1), Err(KeygenError::TrialSetup));
    let incomplete = Err(KeygenError::TrialPartials);
    assert_eq!(verify(|trial| drop(trial.partials.pop())), incomplete);
    assert_eq!(verify(|trial| trial.partials.swap(0, 1)), incomplete);
    assert_eq!(verify(|trial| trial.partials.push(trial.partials[2].clone())), incomplete);
    assert_eq!(verify(|trial| trial.partials[1].decrypted.truncate(1)), incomplete);
}

#[test]
fn k4_2_wrong_value_names_custodian_and_slot() {
    let (stage, keys, _, mut trial) = sample();
    trial.partials[1].decrypted[1] += group::GENERATOR;
    let error = trial.verify(&stage.ceremony, &keys).unwrap_err();
    assert_eq!(error, KeygenError::TrialValue { index: custodian(2), slot: 1 });
    assert_eq!(error.culprits(), [custodian(2)]);
}

#[test]
fn k4_2_wrong_proof_names_the_custodian() {
    let (stage, keys, _, mut trial) = sample();
    trial.partials[2].proof = trial.partials[0].proof;
    let error = trial.verify(&stage.ceremony, &keys).unwrap_err();
    assert_eq!(error, KeygenError::TrialProof { index: custodian(3) });
    assert_eq!(error.culprits(), [custodian(3)]);
}

#[test]
fn k4_3_wrong_combination() {
    let (_, mut keys, _, trial) = sample();
    keys.slot_keys[1] += group::GENERATOR;
    assert_eq!(trial.verify_result(&keys), Err(KeygenError::TrialResult { slot: 1 }));
    keys.threshold = 4;
    assert_eq!(trial.verify_result(&keys), Err(KeygenError::TrialPartials));
}

#[test]
fn a_share_that_does_not_fit_is_refused_before_it_is_used() {
    let (stage, keys, mut shares, _) = sample();
    shares[0].index = custodian(2);
    let error = trial_partial(&stage.ceremony, &keys, &shares[0], &mut rng(0)).unwrap_err();
    assert_eq!(error, KeygenError::KeyShare { slot: 0 });
}

#[test]
fn decodes_with_its_number_of_slots_only() {
    let (_, _, _, trial) = sample();
    let bytes = trial.to_bytes();
    assert_eq!(Trial::from_bytes(&bytes, 2), Ok(trial.clone()));
    assert!(Trial::from_bytes(&bytes, 1).is_err());
    assert!(Trial::from_bytes(&bytes, 3).is_err());
    for end in 0..bytes.len() {
        assert!(Trial::from_bytes(&bytes[..end], 2).is_err());
    }
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(Trial::from_bytes(&longer, 2).unwrap_err().kind, DecodeErrorKind::Trailing);
    let partial = trial.partials[0].to_bytes();
    assert_eq!(super::super::trial::TrialPartial::from_bytes(&partial, 2), Ok(trial.partials[0].clone()));
}
