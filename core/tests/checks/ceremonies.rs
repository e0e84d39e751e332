//! Key ceremonies that go on although custodians cheat or stay away, and one in which all conspire.

use escrutinio_core::encoding::Encode;
use escrutinio_core::group::{self, Element, ElementBytes, GENERATOR, Scalar};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::keygen::round1::{self, SecretRound1};
use escrutinio_core::keygen::round3::Complaint;
use escrutinio_core::keygen::{
    Ceremony, Certificate, Exclusion, KeyTranscript, KeygenError, Reason, Round, round2, round3,
};
use escrutinio_core::point::Point;
use escrutinio_core::proof::equality::Equality;
use escrutinio_core::proof::knowledge::Knowledge;
use escrutinio_core::record;
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::testing::rehearsal::{Messages, Rehearsal, sign_message};
use escrutinio_core::transcript::{Position, Proof, ProofContext};
use escrutinio_core::verify;

use crate::fixture::{
    COUNTS, assert_only, assert_valid, custodian, finish, keys, manifest, reseal_and_finish, rng, sealed, totals,
};

/// A ceremony that is attacked, with everything later right.
pub(crate) fn ceremony_with(attack: &mut dyn FnMut(Round, &mut Messages)) -> (Rehearsal, KeyTranscript) {
    let keys = keys();
    let mut rehearsal = Rehearsal::new(manifest(&keys), keys);
    rehearsal.roll(&COUNTS);
    rehearsal.credentials(&mut rng(70));
    let transcript = rehearsal.attacked_ceremony(0, attack, &mut rng(71)).unwrap();
    rehearsal.seal(&mut rng(72));
    (rehearsal, transcript)
}

pub(crate) fn absent_verdict(round: Round, table: &mut Messages) {
    if round == Round::Verdict {
        table.verdicts.truncate(4);
    }
}

/// Custodian 5 sends custodian 2 another share than it committed to.
pub(crate) fn bad_share(round: Round, table: &mut Messages) {
    if round == Round::Deal {
        table.round2[4].shares[1].ciphertext[0] ^= 1;
        table.round2[4].signature = table.sign(Round::Deal, custodian(5), &table.round2[4]);
    }
}

/// Custodian 5 complains of custodian 1, with a proof of nothing.
fn false_complaint(round: Round, table: &mut Messages) {
    if round == Round::Verdict {
        let position = Position { role: Some(5), index: Some(1), ..Position::default() };
        let mut transcript =
            ProofContext::new(Proof::Complaint).bind(table.ceremony.setup_id().as_bytes()).at(position);
        let secret = SecretScalar::new(Scalar::from(5u64));
        let proof = Equality::prove(&mut transcript, &GENERATOR, &secret, &mut rng(73));
        table.verdicts[4].complaints = vec![Complaint { dealer: 1, shared: secret.public(), proof }];
        table.verdicts[4].signature = table.sign(Round::Verdict, custodian(5), &table.verdicts[4]);
    }
}

fn absent_from_the_start(round: Round, table: &mut Messages) {
    if round == Round::Commit {
        table.round1.pop();
    }
}

fn absent_opening(round: Round, table: &mut Messages) {
    if round == Round::Deal {
        table.round2.pop();
    }
}

/// Custodian 5 opens other polynomials than it committed to, once it has seen those of all others:
/// its key would cancel theirs.
fn rogue_key(round: Round, table: &mut Messages) {
    if round == Round::Deal {
        let others = table.round2[..4].iter().map(|message| message.commitments[0].element).sum::<Element>();
        table.round2[4].commitments[0] = Point::new(GENERATOR - others);
        table.round2[4].signature = table.sign(Round::Deal, custodian(5), &table.round2[4]);
    }
}

/// An honest majority goes on without the custodian that cheats or stays away; the record says
/// why, verifies, and the remaining custodians count right.
#[test]
fn a_ceremony_with_a_custodian_who_cheats_goes_on() {
    type Attack = fn(Round, &mut Messages);
    let attacks: [(Attack, Reason); 6] = [
        (absent_from_the_start, Reason::NoCommitment),
        (absent_opening, Reason::NoOpening),
        (rogue_key, Reason::BadOpening),
        (bad_share, Reason::BadShare),
        (false_complaint, Reason::FalseComplaint),
        (absent_verdict, Reason::NoVerdict),
    ];
    for (mut attack, reason) in attacks {
        let (rehearsal, transcript) = ceremony_with(&mut attack);
        assert_eq!(transcript.excluded, [Exclusion { index: custodian(5), reason }], "{reason}");
        assert_eq!(rehearsal.shares.len(), 4);
        let rehearsal = finish(rehearsal);
        assert_valid(&rehearsal.files);
        assert_eq!(totals(&rehearsal), rehearsal.expected, "{reason}");
    }
}

/// With two of five no ceremony goes on; the rerun takes the next number.
#[test]
fn a_ceremony_without_enough_custodians_is_void() {
    let keys = keys();
    let mut rehearsal = Rehearsal::new(manifest(&keys), keys);
    let mut leave = |round: Round, table: &mut Messages| {
        if round == Round::Commit {
            table.round1.truncate(2);
        }
    };
    let void = rehearsal.attacked_ceremony(0, &mut leave, &mut rng(74));
    assert!(matches!(void, Err(KeygenError::Void { excluded }) if excluded.len() == 3));
    rehearsal.roll(&COUNTS);
    rehearsal.credentials(&mut rng(75));
    let transcript = rehearsal.attacked_ceremony(1, &mut |_, _| {}, &mut rng(76)).unwrap();
    assert_eq!(transcript.ceremony, 1);
    rehearsal.seal(&mut rng(77));
    assert_valid(&finish(rehearsal).files);
}

/// The secrets of custodian 5 with another constant term in slot 0, and the message that goes with
/// them: everything else is as it was drawn.
fn with_constant(ceremony: &Ceremony, secret: &SecretRound1, constant: Scalar) -> SecretRound1 {
    let bytes = secret.expose_bytes();
    let mut message = secret.message().clone();
    // Setup id and message; possession proof; ephemeral secret and number of coefficients.
    let possession_at = 32 + message.to_bytes().len();
    let (ephemeral_at, coefficients_at) = (possession_at + 64, possession_at + 64 + 40);
    let mut coefficients: Vec<Scalar> =
        bytes[coefficients_at..].as_chunks::<32>().0.iter().map(|c| group::decode_scalar(c).unwrap()).collect();
    coefficients[0] = constant;

    let commitments: Vec<ElementBytes> =
        coefficients.iter().map(|c| group::compress(&group::mul_generator(c))).collect();
    let position = Position { index: Some(message.index.get()), ..Position::default() };
    let setup_id = ceremony.setup_id().as_bytes();
    let mut transcript = ProofContext::new(Proof::KeyPossession).bind(setup_id).at(position);
    transcript.append_all("F", &commitments);
    let weights = group::weights(&transcript.challenge_seed("s"), ceremony.slots());
    let sum = weights.iter().zip(coefficients.iter().step_by(ceremony.threshold())).map(|(w, c)| w * c).sum();
    let possession = Knowledge::prove(&mut transcript, &GENERATOR, &SecretScalar::new(sum), &mut rng(78));

    let (index, commitments) = (message.index.to_bytes(), commitments.to_bytes());
    let opened: [&[u8]; 4] = [setup_id, &index, &commitments, &possession.to_bytes()];
    message.opening = tagged_hash("keygen-opening", &opened);
    message.signature = sign_message(ceremony, Round::Commit, &keys().custodians[4], &message);
    let coefficients: Vec<u8> = coefficients.iter().flat_map(Scalar::to_bytes).collect();
    let parts: [&[u8]; 5] =
        [setup_id, &message.to_bytes(), &possession.to_bytes(), &bytes[ephemeral_at..coefficients_at], &coefficients];
    SecretRound1::from_bytes(&parts.concat()).unwrap()
}

/// The constant term of slot 0.
fn constant(secret: &SecretRound1, ceremony: &Ceremony) -> Scalar {
    let bytes = secret.expose_bytes();
    let at = bytes.len() - 32 * ceremony.slots() * ceremony.threshold();
    bytes[at..at + 32].first_chunk().and_then(group::decode_scalar).unwrap()
}

/// All custodians together choose constant terms that cancel: every message is right, and the key
/// of the first option is the identity, under which nothing is secret.
#[test]
fn k2_3_keys_that_cancel() {
    let (mut rehearsal, all) = (sealed(), keys());
    let ceremony = verify::ceremony(&rehearsal.manifest, 0).unwrap();
    let key = |secret: &SecretRound1| &all.custodians[secret.message().index.get() as usize - 1];
    let mut secrets: Vec<SecretRound1> = ceremony
        .everyone()
        .zip(&all.custodians)
        .map(|(index, key)| round1::commit(&ceremony, index, key, &mut rng(u64::from(index.get()))).unwrap())
        .collect();
    let others: Scalar = secrets[..4].iter().map(|secret| constant(secret, &ceremony)).sum();
    secrets[4] = with_constant(&ceremony, &secrets[4], -others);

    let round1: Vec<_> = secrets.iter().map(|secret| secret.message().clone()).collect();
    let deal = |secret| round2::deal(&ceremony, secret, &round1, key(secret)).unwrap();
    let round2: Vec<_> = secrets.iter().map(deal).collect();
    let verdict = |secret| round3::verdict(&ceremony, secret, &round1, &round2, key(secret), &mut rng(79)).unwrap().0;
    let verdicts: Vec<_> = secrets.iter().map(verdict).collect();
    let refused = KeyTranscript::assemble(&ceremony, round1.clone(), round2.clone(), verdicts.clone());
    assert!(matches!(refused, Err(KeygenError::SlotKey { slot: 0 })), "{refused:?}");

    let manifest_hash = *ceremony.manifest_hash();
    let (excluded, certificates) = (Vec::new(), Vec::new());
    let mut transcript = KeyTranscript { manifest_hash, ceremony: 0, round1, round2, verdicts, excluded, certificates };
    let hash = transcript.transcript_hash();
    transcript.certificates = ceremony
        .everyone()
        .zip(&all.custodians)
        .map(|(index, key)| Certificate { index, signature: key.sign("keygen-certificate", &[&hash]) })
        .collect();
    rehearsal.put(record::KEY_TRANSCRIPT, transcript.to_bytes());
    let culprit = assert_only("K2.3", &reseal_and_finish(rehearsal).files);
    assert!(culprit.contains("key/transcript.bin"), "{culprit}");
}
