//! Messages that must not be taken on the table, and transcripts that must not verify.

use super::*;
use crate::encoding::{Decode, Encode};
use crate::group;
use crate::keygen::Round;
use crate::point::Point;

/// The first two custodians' messages of another ceremony do not pass in this one.
fn replays(other: &Stage) {
    let stage = Stage::judged(2, 3, 1);
    let mut round1 = stage.round1.clone();
    round1[1] = other.round1[1].clone();
    let error = deal(&stage.ceremony, &stage.secrets[0], &round1, &stage.keys[0]).unwrap_err();
    assert_eq!(error, KeygenError::Signature { round: Round::Commit, index: custodian(2) });
    assert_eq!(error.culprits(), [custodian(2)]);

    let mut replayed = Stage::judged(2, 3, 1);
    replayed.round2[1] = other.round2[1].clone();
    let error = KeygenError::Signature { round: Round::Deal, index: custodian(2) };
    assert_eq!(replayed.assemble().unwrap_err(), error);

    let mut replayed = Stage::judged(2, 3, 1);
    replayed.verdicts[1] = other.verdicts[1].clone();
    let error = KeygenError::Signature { round: Round::Verdict, index: custodian(2) };
    assert_eq!(replayed.assemble().unwrap_err(), error);

    // Signed anew, the proof of the ephemeral key still is of the other ceremony.
    let mut round1 = stage.round1.clone();
    round1[1] = other.round1[1].clone();
    round1[1].sign(&stage.ceremony, &stage.keys[1]);
    let error = deal(&stage.ceremony, &stage.secrets[0], &round1, &stage.keys[0]).unwrap_err();
    assert_eq!(error, KeygenError::Ephemeral { index: custodian(2) });

    // A whole transcript, secrets and shares.
    let (transcript, keys, shares) = other.finish();
    assert!(transcript.verify(&stage.ceremony).is_err());
    let error = deal(&stage.ceremony, &other.secrets[0], &stage.round1, &stage.keys[0]).unwrap_err();
    assert_eq!(error, KeygenError::OtherCeremony);
    let error = trial_partial(&stage.ceremony, &keys, &shares[0], &mut rng(0)).unwrap_err();
    assert_eq!(error, KeygenError::OtherCeremony);
}

#[test]
fn replay_of_another_ceremony_number() {
    replays(&Stage::numbered(2, 3, 1, 1).deal().judge());
}

#[test]
fn replay_of_another_manifest() {
    let mut other = Stage::committed(2, 3, 1);
    let public = other.keys.iter().map(SigningKey::verifying_key).collect();
    other.ceremony = Ceremony::new(ManifestHash([8; 32]), 0, 2, 2, public, 1).unwrap();
    let commit = |(i, key)| commit(&other.ceremony, custodian(i), key, &mut other.rng).unwrap();
    other.secrets = (1..).zip(&other.keys).map(commit).collect();
    other.round1 = other.secrets.iter().map(|secret| secret.message().clone()).collect();
    replays(&other.deal().judge());
}

#[test]
fn ephemeral_key_of_another_custodian() {
    let mut stage = Stage::committed(2, 3, 1);
    stage.round1[1].ephemeral = stage.round1[0].ephemeral;
    stage.round1[1].possession = stage.round1[0].possession;
    stage.round1[1].sign(&stage.ceremony, &stage.keys[1]);
    assert_eq!(stage.table().verify_ephemeral_keys(), Err(KeygenError::Ephemeral { index: custodian(2) }));
    stage.round1[1].ephemeral = group::identity();
    assert_eq!(stage.table().verify_ephemeral_keys(), Err(KeygenError::Ephemeral { index: custodian(2) }));
    assert!(Round1::from_bytes(&stage.round1[1].to_bytes()).is_err());
}

#[test]
fn messages_that_answer_other_messages() {
    // Custodian 1 shows custodian 3 another commitment than the others.
    let stage = Stage::committed(2, 3, 1);
    let second = commit(&stage.ceremony, custodian(1), &stage.keys[0], &mut rng(99)).unwrap();
    let mut other = stage.round1.clone();
    other[0] = second.message().clone();
    let misled = deal(&stage.ceremony, &stage.secrets[2], &other, &stage.keys[2]).unwrap();
    let mut stage = stage.deal();
    stage.round2[2] = misled;
    let error = KeygenError::Table { round: Round::Deal, index: custodian(3) };
    assert_eq!(stage.table().verify_later_signatures(), Err(error.clone()));
    assert_eq!(error.culprits(), [custodian(3)]);
    // Without the message that answers another table the others go on; nobody honest is convicted.
    stage.round2.remove(2);
    let stage = stage.judge();
    assert_eq!(stage.table().judge(), [excluded(3, Reason::NoOpening)]);
    stage.finish();

    // The same in round 3.
    let mut stage = Stage::judged(2, 3, 1);
    stage.cheat_verdict(2, |message| message.table[0] ^= 1);
    let error = KeygenError::Table { round: Round::Verdict, index: custodian(2) };
    assert_eq!(stage.assemble().unwrap_err(), error);
}

#[test]
fn own_messages_must_stand_unaltered() {
    let stage = Stage::judged(2, 3, 1);
    let (ceremony, key, index) = (&stage.ceremony, &stage.keys[0], custodian(1));

    let missing = deal(ceremony, &stage.secrets[0], &stage.round1[1..], key).unwrap_err();
    assert_eq!(missing, KeygenError::Absent { round: Round::Commit, index });
    let second = commit(ceremony, index, key, &mut rng(99)).unwrap();
    let replaced = deal(ceremony, &second, &stage.round1, key).unwrap_err();
    assert_eq!(replaced, KeygenError::Replaced { round: Round::Commit, index });

    let judge =
        |round2: &[Round2]| verdict(ceremony, &stage.secrets[0], &stage.round1, round2, key, &mut rng(0)).unwrap_err();
    assert_eq!(judge(&stage.round2[1..]), KeygenError::Absent { round: Round::Deal, index });
    let mut altered = stage.round2.clone();
    altered[0].shares[0].ciphertext[0] ^= 1;
    altered[0].sign(ceremony, key);
    assert_eq!(judge(&altered), KeygenError::Replaced { round: Round::Deal, index });

    let transcript = stage.assemble().unwrap();
    let mut other = stage.verdicts[0].clone();
    other.table[0] ^= 1;
    other.sign(ceremony, key);
    let error = certify(ceremony, &stage.secrets[0], &other, &transcript, key).unwrap_err();
    assert_eq!(error, KeygenError::Replaced { round: Round::Verdict, index });
}

#[test]
fn tables_out_of_form() {
    let stage = Stage::judged(2, 3, 1);
    let check = |change: fn(&mut Stage)| {
        let mut changed = Stage::judged(2, 3, 1);
        change(&mut changed);
        changed.assemble().unwrap_err()
    };
    assert!(stage.assemble().is_ok());
    assert_eq!(check(|s| s.round1.swap(0, 1)), KeygenError::Order { round: Round::Commit });
    assert_eq!(check(|s| s.round2.swap(0, 1)), KeygenError::Order { round: Round::Deal });
    assert_eq!(check(|s| s.verdicts.push(s.verdicts[2].clone())), KeygenError::Order { round: Round::Verdict });
    let uncommitted = KeygenError::Uncommitted { round: Round::Deal, index: custodian(2) };
    assert_eq!(check(|s| s.round1.retain(|message| message.index.get() != 2)), uncommitted);
    assert_eq!(check(|s| s.verdicts[2].index = custodian(4)), KeygenError::Unknown { index: custodian(4) });
}

#[test]
fn equivocation_shows_in_the_certificates() {
    // Custodian 3 gives one verdict to custodian 1 and none to custodian 2.
    let full = Stage::judged(2, 3, 1);
    let mut cut = Stage::judged(2, 3, 1);
    cut.verdicts.pop();
    let (one, other) = (full.assemble().unwrap(), cut.assemble().unwrap());
    assert_ne!(one.transcript_hash(), other.transcript_hash());
    let (first, _) = full.certify(1, &one).unwrap();
    let (second, _) = cut.certify(2, &other).unwrap();

    let mut transcript = one.clone();
    transcript.certify_with(&full.ceremony, first).unwrap();
    let error = KeygenError::Certificate { index: custodian(2) };
    assert_eq!(transcript.certify_with(&full.ceremony, second.clone()).unwrap_err(), error);
    // Forced in, it is found by everyone.
    transcript.certificates.push(second);
    transcript.certificates.push(full.certify(3, &one).unwrap().0);
    assert_eq!(transcript.verify(&full.ceremony).unwrap_err(), error);
    assert_eq!(error.culprits(), [custodian(2)]);
}

#[test]
fn certificates_by_everyone_who_remains_and_none_else() {
    let mut stage = Stage::judged(2, 3, 1);
    stage.verdicts.pop();
    let (transcript, _, _) = stage.finish();
    let verify = |transcript: &KeyTranscript| transcript.verify(&stage.ceremony).map(|_| ());
    assert_eq!(verify(&transcript), Ok(()));

    let mut missing = transcript.clone();
    missing.certificates.pop();
    assert_eq!(verify(&missing), Err(KeygenError::Certificate { index: custodian(2) }));
    let mut surplus = transcript.clone();
    let signature = stage.keys[2].sign("keygen-certificate", &[&transcript.transcript_hash()]);
    surplus.certificates.push(crate::keygen::Certificate { index: custodian(3), signature });
    assert_eq!(verify(&surplus), Err(KeygenError::Certificate { index: custodian(3) }));
    let mut twice = transcript.clone();
    let certificate = transcript.certificates[1].clone();
    twice.certificates.push(certificate.clone());
    assert_eq!(verify(&twice), Err(KeygenError::Form));
    let error = twice.certify_with(&stage.ceremony, certificate).unwrap_err();
    assert_eq!(error, KeygenError::Certificate { index: custodian(2) });
}

#[test]
fn list_of_the_excluded_must_be_the_judgement() {
    let stage = Stage::judged(2, 3, 1);
    let mut transcript = stage.assemble().unwrap();
    transcript.excluded.push(excluded(2, Reason::NoVerdict));
    let error = KeygenError::Excluded { expected: Vec::new() };
    assert_eq!(transcript.verify_excluded(&stage.ceremony).unwrap_err(), error);
    assert!(stage.certify(1, &transcript).is_err());
}

#[test]
fn transcript_of_another_manifest_or_number() {
    let stage = Stage::judged(2, 3, 1);
    let (transcript, _, _) = stage.finish();
    let mut other = transcript.clone();
    other.manifest_hash.0[0] ^= 1;
    assert_eq!(other.verify_manifest(&stage.ceremony), Err(KeygenError::Manifest));
    let mut other = transcript;
    other.ceremony = 1;
    assert_eq!(other.verify_manifest(&stage.ceremony), Err(KeygenError::Number { actual: 1 }));
}

/// Contributions that cancel: possible only for a custodian who knows everyone's secrets.
#[test]
fn slot_key_that_is_the_identity() {
    let stage = Stage::dealt(1, 2, 2);
    let mut round2 = stage.round2.clone();
    round2[1].commitments[1] = Point::new(-round2[0].commitments[1].element);
    let everyone = stage.ceremony.everyone().collect();
    let error = ElectionKeys::derive(&stage.ceremony, everyone, &round2).unwrap_err();
    assert_eq!(error, KeygenError::SlotKey { slot: 1 });
}
