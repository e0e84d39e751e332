//! K: the key ceremony and its trial, in transcripts that custodians or a publisher made up.

use escrutinio_core::encoding::Encode;
use escrutinio_core::group::GENERATOR;
use escrutinio_core::keygen::trial::Trial;
use escrutinio_core::keygen::{Ceremony, Certificate, Exclusion, KeyTranscript, KeygenError, Reason, Round, Table};
use escrutinio_core::record;
use escrutinio_core::signature::SigningKey;
use escrutinio_core::testing::Keys;
use escrutinio_core::testing::rehearsal::{Rehearsal, sign_message};
use escrutinio_core::verify;

use crate::ceremonies::{absent_verdict, bad_share, ceremony_with};
use crate::fixture::{assert_only, assert_valid, custodian, published, reseal_and_finish, sealed};

/// A transcript, and whoever signs in it.
struct Forged<'a> {
    ceremony: Ceremony,
    keys: &'a Keys,
    transcript: KeyTranscript,
}

impl Forged<'_> {
    fn key(&self, index: u32) -> &SigningKey {
        &self.keys.custodians[index as usize - 1]
    }

    fn table(&self) -> Table<'_> {
        self.transcript.table(&self.ceremony)
    }

    /// Everyone signs the messages of rounds 2 and 3 again, on the table as it is now.
    fn retable(&mut self) {
        let table = self.table().commit_hash();
        for place in 0..self.transcript.round2.len() {
            self.transcript.round2[place].table = table;
            self.sign_round2(place);
        }
        self.reverdict();
    }

    fn sign_round2(&mut self, place: usize) {
        let message = &self.transcript.round2[place];
        let key = self.key(message.index.get());
        self.transcript.round2[place].signature = sign_message(&self.ceremony, Round::Deal, key, message);
    }

    /// Everyone signs the messages of round 3 again.
    fn reverdict(&mut self) {
        let table = self.table().deal_hash();
        for place in 0..self.transcript.verdicts.len() {
            self.transcript.verdicts[place].table = table;
            self.sign_verdict(place);
        }
    }

    fn sign_verdict(&mut self, place: usize) {
        let message = &self.transcript.verdicts[place];
        let key = self.key(message.index.get());
        self.transcript.verdicts[place].signature = sign_message(&self.ceremony, Round::Verdict, key, message);
    }

    /// These custodians certify what stands there.
    fn certify(&mut self, custodians: impl IntoIterator<Item = u32>) {
        let hash = self.transcript.transcript_hash();
        self.transcript.certificates = custodians
            .into_iter()
            .map(|index| Certificate {
                index: custodian(index),
                signature: self.keys.custodians[index as usize - 1].sign("keygen-certificate", &[&hash]),
            })
            .collect();
    }
}

/// The transcript changed, certified by those who were not excluded, unless `change` does that
/// itself; seal and everything later follow it.
fn with_transcript(change: impl FnOnce(&mut Forged<'_>)) -> Rehearsal {
    changed(sealed(), change)
}

fn changed(mut rehearsal: Rehearsal, change: impl FnOnce(&mut Forged<'_>)) -> Rehearsal {
    let keys = rehearsal.keys.clone();
    let transcript: KeyTranscript = rehearsal.object(record::KEY_TRANSCRIPT);
    let ceremony = verify::ceremony(&rehearsal.manifest, transcript.ceremony).unwrap();
    let mut forged = Forged { ceremony, keys: &keys, transcript };
    let before = forged.transcript.certificates.clone();
    change(&mut forged);
    if forged.transcript.certificates == before {
        let remaining: Vec<u32> = before.iter().map(|certificate| certificate.index.get()).collect();
        forged.certify(remaining);
    }
    rehearsal.put(record::KEY_TRANSCRIPT, forged.transcript.to_bytes());
    reseal_and_finish(rehearsal)
}

#[test]
fn the_same_transcript_signed_again_is_valid() {
    assert_valid(&with_transcript(|forged| forged.retable()).files);
}

#[test]
fn k1_1_a_certificate_of_a_custodian_that_does_not_exist() {
    assert_only(
        "K1.1",
        &with_transcript(|forged| {
            let mut certificate = forged.transcript.certificates[4].clone();
            certificate.index = custodian(6);
            forged.transcript.certificates.push(certificate);
        })
        .files,
    );
}

#[test]
fn k1_1_swapped_custodians() {
    assert_only("K1.1", &with_transcript(|forged| forged.transcript.round1.swap(0, 1)).files);
    assert_only("K1.1", &with_transcript(|forged| forged.transcript.verdicts.swap(3, 4)).files);
}

#[test]
fn k1_1_one_custodian_twice() {
    assert_only(
        "K1.1",
        &with_transcript(|forged| {
            let message = forged.transcript.round2[1].clone();
            forged.transcript.round2.insert(1, message);
        })
        .files,
    );
}

#[test]
fn k1_1_a_transcript_with_a_byte_more() {
    let mut rehearsal = published();
    rehearsal.files.0.get_mut(record::KEY_TRANSCRIPT).unwrap().push(0);
    rehearsal.sums();
    assert_only("K1.1", &rehearsal.files);
}

#[test]
fn k1_2_the_transcript_of_another_manifest() {
    assert_only("K1.2", &with_transcript(|forged| forged.transcript.manifest_hash.0[0] ^= 1).files);
}

/// Somebody else speaks for custodian 1.
#[test]
fn k1_3_a_round_1_message_that_another_custodian_signed() {
    let culprit = assert_only(
        "K1.3",
        &with_transcript(|forged| {
            let message = forged.transcript.round1[0].clone();
            forged.transcript.round1[0].signature =
                sign_message(&forged.ceremony, Round::Commit, forged.key(2), &message);
            forged.retable();
        })
        .files,
    );
    assert!(culprit.contains('1'), "{culprit}");
}

/// A transcript of ceremony 0 given out as one of ceremony 1.
#[test]
fn k1_3_messages_replayed_in_another_ceremony() {
    assert_only("K1.3", &with_transcript(|forged| forged.transcript.ceremony = 1).files);
}

#[test]
fn k1_4_a_possession_proof_copied_from_another_custodian() {
    assert_only(
        "K1.4",
        &with_transcript(|forged| {
            let possession = forged.transcript.round1[0].possession;
            let ephemeral = forged.transcript.round1[0].ephemeral;
            let message = &mut forged.transcript.round1[1];
            (message.possession, message.ephemeral) = (possession, ephemeral);
            let signature = sign_message(&forged.ceremony, Round::Commit, forged.key(2), &forged.transcript.round1[1]);
            forged.transcript.round1[1].signature = signature;
            forged.retable();
        })
        .files,
    );
}

/// One custodian was shown another round 1 than the others.
#[test]
fn k2_1_a_dealing_on_another_table() {
    assert_only(
        "K2.1",
        &with_transcript(|forged| {
            forged.transcript.round2[2].table = [0; 32];
            forged.sign_round2(2);
            forged.reverdict();
        })
        .files,
    );
}

#[test]
fn k2_1_a_verdict_on_another_table() {
    assert_only(
        "K2.1",
        &with_transcript(|forged| {
            forged.transcript.verdicts[2].table = [0; 32];
            forged.sign_verdict(2);
        })
        .files,
    );
}

#[test]
fn k2_1_a_verdict_that_another_custodian_signed() {
    assert_only(
        "K2.1",
        &with_transcript(|forged| {
            let message = forged.transcript.verdicts[2].clone();
            forged.transcript.verdicts[2].signature =
                sign_message(&forged.ceremony, Round::Verdict, forged.key(1), &message);
        })
        .files,
    );
}

/// The others leave out a custodian who did nothing wrong, and certify without it.
#[test]
fn k2_2_a_wrong_exclusion() {
    assert_only(
        "K2.2",
        &with_transcript(|forged| {
            forged.transcript.excluded.push(Exclusion { index: custodian(5), reason: Reason::NoVerdict });
            forged.certify(1..=4);
        })
        .files,
    );
}

/// A custodian really left, but for another reason; the keys are the same.
#[test]
fn k2_2_a_wrong_reason() {
    let (rehearsal, transcript) = ceremony_with(&mut absent_verdict);
    assert_eq!(transcript.excluded, [Exclusion { index: custodian(5), reason: Reason::NoVerdict }]);
    assert_only("K2.2", &changed(rehearsal, |forged| forged.transcript.excluded[0].reason = Reason::BadShare).files);
}

/// A liar is kept.
#[test]
fn k2_2_an_exclusion_left_out() {
    let (rehearsal, _) = ceremony_with(&mut bad_share);
    assert_only(
        "K2.2",
        &changed(rehearsal, |forged| {
            forged.transcript.excluded.clear();
            forged.certify(1..=5);
        })
        .files,
    );
}

#[test]
fn k2_3_too_few_remain() {
    let culprit = assert_only(
        "K2.3",
        &with_transcript(|forged| {
            forged.transcript.verdicts.truncate(2);
            forged.transcript.excluded = forged.table().judge();
            assert_eq!(forged.transcript.excluded.len(), 3);
            forged.certify(1..=2);
        })
        .files,
    );
    assert!(culprit.contains("custodian 5"), "{culprit}");
}

#[test]
fn k3_1_a_custodian_who_does_not_certify() {
    assert_only("K3.1", &with_transcript(|forged| forged.certify([1, 2, 3, 5])).files);
}

#[test]
fn k3_1_a_certificate_that_another_custodian_signed() {
    assert_only(
        "K3.1",
        &with_transcript(|forged| {
            forged.certify(1..=5);
            forged.transcript.certificates[4].signature = forged.transcript.certificates[3].signature;
        })
        .files,
    );
}

/// Two custodians saw different transcripts: one of them certified another.
#[test]
fn k3_1_a_certificate_of_another_transcript() {
    assert_only(
        "K3.1",
        &with_transcript(|forged| {
            let ceremony = forged.transcript.ceremony;
            forged.transcript.ceremony = 7;
            forged.certify(1..=5);
            let other = forged.transcript.certificates[2].clone();
            forged.transcript.ceremony = ceremony;
            forged.certify(1..=5);
            forged.transcript.certificates[2] = other;
        })
        .files,
    );
}

#[test]
fn k3_1_a_certificate_of_an_excluded_custodian() {
    let (rehearsal, _) = ceremony_with(&mut absent_verdict);
    assert_only("K3.1", &changed(rehearsal, |forged| forged.certify(1..=5)).files);
}

/// The trial with other partials.
fn with_trial(change: impl FnOnce(&mut Trial, &Rehearsal)) -> Rehearsal {
    let mut rehearsal = sealed();
    let slots = rehearsal.manifest.slots().total();
    let mut trial = Trial::from_bytes(&rehearsal.files.0[record::TRIAL], slots).unwrap();
    change(&mut trial, &rehearsal);
    rehearsal.put(record::TRIAL, trial.to_bytes());
    reseal_and_finish(rehearsal)
}

#[test]
fn k4_1_a_custodian_without_a_trial_partial() {
    assert_only("K4.1", &with_trial(|trial, _| drop(trial.partials.pop())).files);
}

#[test]
fn k4_1_one_custodian_twice() {
    assert_only("K4.1", &with_trial(|trial, _| trial.partials[4] = trial.partials[3].clone()).files);
}

#[test]
fn k4_1_the_trial_of_another_ceremony() {
    assert_only("K4.1", &with_trial(|trial, rehearsal| trial.setup_id = rehearsal.manifest.setup_id(1)).files);
}

/// A custodian whose share does not work, and who proves what it did.
#[test]
fn k4_2_a_share_that_does_not_work() {
    let culprit = assert_only("K4.2", &with_trial(|trial, _| trial.partials[1].decrypted[0] += GENERATOR).files);
    assert!(culprit.contains('2'), "{culprit}");
}

#[test]
fn k4_2_swapped_custodians() {
    assert_only(
        "K4.2",
        &with_trial(|trial, _| {
            let (first, second) = (trial.partials[0].index, trial.partials[1].index);
            trial.partials.swap(0, 1);
            (trial.partials[0].index, trial.partials[1].index) = (first, second);
        })
        .files,
    );
}

/// Anyone can compute the values; the proof shows that the custodian has its share.
#[test]
fn k4_2_a_proof_of_another_custodian() {
    assert_only("K4.2", &with_trial(|trial, _| trial.partials[1].proof = trial.partials[0].proof).files);
}

/// Partials that lie on no polynomial of the slot keys pass no earlier check of a record; the check
/// refuses them by itself.
#[test]
fn k4_3_partials_that_do_not_combine() {
    let rehearsal = sealed();
    let keys = &rehearsal.election().keys;
    let mut trial = Trial::from_bytes(&rehearsal.files.0[record::TRIAL], keys.slot_keys.len()).unwrap();
    assert_eq!(trial.verify_result(keys), Ok(()));
    trial.partials[2].decrypted[3] += GENERATOR;
    assert_eq!(trial.verify_result(keys), Err(KeygenError::TrialResult { slot: 3 }));
}
