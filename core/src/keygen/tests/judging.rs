//! Every reason for which a custodian is excluded; the others complete the ceremony.

use alloc::vec;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};

use super::*;
use crate::group::{self, Element, Scalar};
use crate::keygen::pair::pair_key;
use crate::keygen::round1::opening_hash;
use crate::keygen::round2::BadOpening;
use crate::keygen::round3::complain;
use crate::point::Point;
use crate::proof::knowledge::Knowledge;

/// The others complete the ceremony without the excluded, and the record verifies.
fn completes_without(stage: &Stage, expected: &[Exclusion]) {
    assert_eq!(stage.table().judge(), expected);
    let (transcript, keys, shares) = stage.finish();
    assert_eq!(transcript.excluded, expected);
    assert!(expected.iter().all(|exclusion| keys.public_share(exclusion.index).is_none()));
    assert_eq!(shares.len() + expected.len(), stage.keys.len());
    stage.trial(&keys, &shares).verify(&stage.ceremony, &keys).unwrap();
    for exclusion in expected {
        if stage.verdicts.iter().any(|verdict| verdict.index == exclusion.index) {
            // It cannot certify, nor can its certificate be added.
            assert!(stage.certify(exclusion.index.get(), &transcript).is_err());
        }
    }
}

/// Replaces the shares of dealer 2 for custodian 4 by other bytes under the right key.
fn reseal(stage: &mut Stage, plaintext: impl FnOnce(&mut Vec<u8>)) {
    let secret = &stage.secrets[1];
    let recipient = &stage.round1[3];
    let shared = recipient.ephemeral * secret.ephemeral.expose();
    let key = pair_key(&stage.ceremony, secret.party(), recipient.party(), &shared);
    let mut buffer: Vec<u8> = secret
        .shares_for(&stage.ceremony, custodian(4))
        .iter()
        .flat_map(|share| *share.expose_bytes().expose())
        .collect();
    plaintext(&mut buffer);
    let cipher = ChaCha20Poly1305::new(key.expose().into());
    cipher.encrypt_in_place(&Nonce::default(), b"", &mut buffer).unwrap();
    stage.cheat_dealing(2, |message| {
        let share = message.shares.iter_mut().find(|share| share.recipient == 4).unwrap();
        share.ciphertext = buffer;
    });
}

#[test]
fn sealing_the_same_shares_again_changes_nothing() {
    let mut stage = Stage::dealt(3, 5, 2);
    let before = stage.round2.clone();
    reseal(&mut stage, |_| {});
    assert_eq!(stage.round2, before);
}

#[test]
fn lying_dealer() {
    for slot in 0..2 {
        let mut stage = Stage::dealt(3, 5, 2);
        reseal(&mut stage, |bytes| bytes[32 * slot] ^= 1);
        let stage = stage.judge();
        let accused: Vec<_> = stage.verdicts.iter().flat_map(|v| &v.complaints).map(|c| c.dealer).collect();
        assert_eq!(accused, [2]);
        completes_without(&stage, &[excluded(2, Reason::BadShare)]);
    }
}

#[test]
fn dealer_of_a_noncanonical_share() {
    let mut stage = Stage::dealt(3, 5, 2);
    reseal(&mut stage, |bytes| bytes[32..].fill(0xff));
    completes_without(&stage.judge(), &[excluded(2, Reason::BadShare)]);
}

#[test]
fn dealer_of_a_ciphertext_that_does_not_open() {
    let mut stage = Stage::dealt(3, 5, 2);
    stage.cheat_dealing(2, |message| message.shares[0].ciphertext.fill(7));
    completes_without(&stage.judge(), &[excluded(2, Reason::BadShare)]);
}

#[test]
fn dealer_who_swaps_recipients() {
    let mut stage = Stage::dealt(3, 5, 2);
    stage.cheat_dealing(2, |message| {
        let other = message.shares[1].ciphertext.clone();
        message.shares[1].ciphertext = core::mem::replace(&mut message.shares[0].ciphertext, other);
    });
    let stage = stage.judge();
    assert_eq!(stage.verdicts.iter().filter(|verdict| !verdict.complaints.is_empty()).count(), 2);
    completes_without(&stage, &[excluded(2, Reason::BadShare)]);
}

#[test]
fn bad_share_that_nobody_complains_of_stops_the_certificate() {
    let mut stage = Stage::dealt(3, 5, 2);
    reseal(&mut stage, |bytes| bytes[0] ^= 1);
    let mut stage = stage.judge();
    stage.cheat_verdict(4, |_| {});
    let transcript = stage.assemble().unwrap();
    assert!(transcript.excluded.is_empty());
    assert_eq!(stage.certify(4, &transcript).unwrap_err(), KeygenError::BadShare { dealer: custodian(2) });
    assert_eq!(stage.certify(4, &transcript).unwrap_err().culprits(), [custodian(2)]);
}

#[test]
fn false_complaints() {
    let complaint = |stage: &mut Stage, accuser: usize, dealer: usize| {
        complain(&stage.ceremony, &stage.secrets[accuser - 1], &stage.round1[dealer - 1], &mut stage.rng)
    };
    // Of a good share.
    let mut stage = Stage::judged(3, 5, 2);
    let honest = complaint(&mut stage, 3, 1);
    stage.cheat_verdict(3, |message| message.complaints = vec![honest.clone()]);
    completes_without(&stage, &[excluded(3, Reason::FalseComplaint)]);
    // With a key that is not that of the pair, so that nothing opens.
    stage.cheat_verdict(3, |message| {
        message.complaints = vec![honest.clone()];
        message.complaints[0].shared += group::GENERATOR;
    });
    completes_without(&stage, &[excluded(3, Reason::FalseComplaint)]);
    // With the proof and key of another accuser.
    let other = complaint(&mut stage, 4, 1);
    stage.cheat_verdict(3, |message| message.complaints = vec![other]);
    completes_without(&stage, &[excluded(3, Reason::FalseComplaint)]);
    // Of nobody.
    for dealer in [0, 6, u32::MAX] {
        stage.cheat_verdict(3, |message| {
            message.complaints = vec![honest.clone()];
            message.complaints[0].dealer = dealer;
        });
        completes_without(&stage, &[excluded(3, Reason::FalseComplaint)]);
    }
}

/// The decoder refuses it; who judges messages that were never encoded must not uphold it either.
#[test]
fn complaint_against_oneself_is_false() {
    let mut stage = Stage::judged(3, 5, 2);
    let complaint = complain(&stage.ceremony, &stage.secrets[2], &stage.round1[2], &mut stage.rng);
    stage.cheat_verdict(3, |message| message.complaints = vec![complaint]);
    assert_eq!(stage.table().judge(), [excluded(3, Reason::FalseComplaint)]);
}

#[test]
fn complaint_against_one_without_a_good_opening_is_false() {
    let mut stage = Stage::dealt(2, 5, 2);
    stage.round2.remove(0);
    let mut stage = stage.judge();
    let complaint = complain(&stage.ceremony, &stage.secrets[2], &stage.round1[0], &mut stage.rng);
    stage.cheat_verdict(3, |message| message.complaints = vec![complaint]);
    completes_without(&stage, &[excluded(1, Reason::NoOpening), excluded(3, Reason::FalseComplaint)]);
}

#[test]
fn complaint_by_one_without_a_good_opening_does_not_count() {
    let mut stage = Stage::dealt(2, 5, 2);
    reseal(&mut stage, |bytes| bytes[0] ^= 1);
    stage.round2.remove(3);
    let mut stage = stage.judge();
    // The share was bad indeed, but custodian 4 has no opening.
    let complaint = complain(&stage.ceremony, &stage.secrets[3], &stage.round1[1], &mut stage.rng);
    stage.cheat_verdict(4, |message| message.complaints = vec![complaint]);
    assert_eq!(stage.table().judge(), [excluded(4, Reason::NoOpening)]);
    let transcript = stage.assemble().unwrap();
    assert!(stage.certify(1, &transcript).is_ok());
}

#[test]
fn a_liar_who_also_accuses_falsely_is_a_liar_first() {
    let mut stage = Stage::dealt(2, 5, 2);
    reseal(&mut stage, |bytes| bytes[0] ^= 1);
    let mut stage = stage.judge();
    let complaint = complain(&stage.ceremony, &stage.secrets[1], &stage.round1[0], &mut stage.rng);
    stage.cheat_verdict(2, |message| message.complaints = vec![complaint]);
    completes_without(&stage, &[excluded(2, Reason::BadShare)]);
}

#[test]
fn two_liars_exclude_each_other_together() {
    // 2 and 4 deal each other bad shares: both complaints are upheld, neither comes first.
    let mut stage = Stage::dealt(2, 5, 2);
    for (dealer, recipient) in [(2, 4), (4, 2)] {
        stage.cheat_dealing(dealer, |message| {
            message.shares.iter_mut().find(|share| share.recipient == recipient).unwrap().ciphertext.fill(0);
        });
    }
    // Each of the two says so, as an honest verdict would.
    let mut stage = stage.judge();
    for (accuser, dealer) in [(2u32, 4usize), (4, 2)] {
        let secret = &stage.secrets[place(accuser)];
        let complaint = complain(&stage.ceremony, secret, &stage.round1[dealer - 1], &mut stage.rng);
        stage.cheat_verdict(accuser, |message| message.complaints = vec![complaint]);
    }
    let liars = [excluded(2, Reason::BadShare), excluded(4, Reason::BadShare)];
    completes_without(&stage, &liars);
}

#[test]
fn absentees() {
    let mut stage = Stage::committed(2, 5, 2);
    stage.round1.remove(0);
    let mut stage = stage.deal();
    stage.round2.remove(0);
    let mut stage = stage.judge();
    stage.verdicts.remove(0);
    completes_without(
        &stage,
        &[excluded(1, Reason::NoCommitment), excluded(2, Reason::NoOpening), excluded(3, Reason::NoVerdict)],
    );
}

#[test]
fn too_few_make_the_ceremony_void() {
    let mut stage = Stage::judged(3, 4, 1);
    stage.verdicts.truncate(2);
    let gone = vec![excluded(3, Reason::NoVerdict), excluded(4, Reason::NoVerdict)];
    let error = stage.assemble().unwrap_err();
    assert_eq!(error, KeygenError::Void { excluded: gone });
    assert_eq!(error.culprits(), [custodian(3), custodian(4)]);
}

fn add(point: &mut Point, other: Element) {
    *point = Point::new(point.element + other);
}

/// Custodian 2 commits to and opens something else, hashed and signed as it should be.
fn opens(cheat: impl FnOnce(&Stage, &mut Vec<Point>, &mut Knowledge)) -> Stage {
    let mut stage = Stage::committed(2, 4, 2);
    let honest = deal(&stage.ceremony, &stage.secrets[1], &stage.round1, &stage.keys[1]).unwrap();
    let (mut commitments, mut possession) = (honest.commitments, honest.possession);
    cheat(&stage, &mut commitments, &mut possession);
    let message = &mut stage.secrets[1].message;
    message.opening = opening_hash(&stage.ceremony, message.index, &commitments, &possession);
    message.sign(&stage.ceremony, &stage.keys[1]);
    stage.round1[1] = message.clone();
    let mut stage = stage.deal();
    stage.cheat_dealing(2, |message| {
        message.commitments = commitments;
        message.possession = possession;
    });
    stage.judge()
}

fn convicts(stage: &Stage, expected: BadOpening) {
    let verdict = stage.round2[1].verify_opening(&stage.ceremony, &stage.round1[1], &stage.round1);
    assert_eq!(verdict, Err(expected));
    completes_without(stage, &[excluded(2, Reason::BadOpening)]);
}

#[test]
fn opening_of_something_else() {
    let mut stage = Stage::dealt(2, 4, 2);
    stage.cheat_dealing(2, |message| add(&mut message.commitments[3], group::GENERATOR));
    convicts(&stage.judge(), BadOpening::Hash);
}

#[test]
fn openings_of_a_wrong_shape() {
    convicts(&opens(|_, commitments, _| commitments.truncate(3)), BadOpening::Count);
    convicts(&opens(|_, commitments, _| commitments.push(Point::new(group::GENERATOR))), BadOpening::Count);
    convicts(&opens(|_, commitments, _| commitments.clear()), BadOpening::Count);
    convicts(&opens(|_, commitments, _| commitments[1] = Point::new(group::identity())), BadOpening::Identity);
}

#[test]
fn openings_without_possession() {
    convicts(&opens(|_, _, possession| possession.z += Scalar::ONE), BadOpening::Possession);
    // The last slot only.
    convicts(&opens(|_, commitments, _| add(&mut commitments[2], group::GENERATOR)), BadOpening::Possession);
}

#[test]
fn rogue_key() {
    // Custodian 2 wants every slot key to be the one that it chose, whatever custodian 1 contributes.
    convicts(
        &opens(|stage, commitments, possession| {
            let first = deal(&stage.ceremony, &stage.secrets[0], &stage.round1, &stage.keys[0]).unwrap();
            for slot in [0, 2] {
                add(&mut commitments[slot], -first.commitments[slot].element);
            }
            *possession = first.possession;
        }),
        BadOpening::Possession,
    );
    // Or copies the whole contribution of custodian 1, with its proof.
    convicts(
        &opens(|stage, commitments, possession| {
            let first = deal(&stage.ceremony, &stage.secrets[0], &stage.round1, &stage.keys[0]).unwrap();
            *commitments = first.commitments;
            *possession = first.possession;
        }),
        BadOpening::Possession,
    );
    // Or its own from the ceremony before.
    convicts(
        &opens(|_, commitments, possession| {
            let before = Stage::numbered(2, 4, 2, 1).deal();
            *commitments = before.round2[1].commitments.clone();
            *possession = before.round2[1].possession;
        }),
        BadOpening::Possession,
    );
}

#[test]
fn openings_with_wrong_recipients() {
    let cheats: [fn(&mut Round2); 5] = [
        |message| drop(message.shares.pop()),
        |message| message.shares.swap(0, 1),
        |message| message.shares[2].recipient = 2,
        |message| message.shares[2].recipient = 17,
        |message| message.shares[1].recipient = 1,
    ];
    for cheat in cheats {
        let mut stage = Stage::dealt(2, 4, 2);
        stage.cheat_dealing(2, cheat);
        convicts(&stage.judge(), BadOpening::Recipients);
    }
}

#[test]
fn openings_with_a_ciphertext_of_wrong_length() {
    let cheats: [fn(&mut Round2); 2] =
        [|message| message.shares[0].ciphertext.truncate(79), |message| message.shares[2].ciphertext.push(0)];
    for cheat in cheats {
        let mut stage = Stage::dealt(2, 4, 2);
        stage.cheat_dealing(2, cheat);
        convicts(&stage.judge(), BadOpening::Length);
    }
}

/// The pairwise key, from the bytes that the specification hashes.
#[test]
fn pairwise_key_names_ceremony_and_both_sides() {
    let stage = Stage::committed(2, 3, 1);
    let (dealer, recipient) = (&stage.round1[0], &stage.round1[2]);
    let shared = recipient.ephemeral * stage.secrets[0].ephemeral.expose();
    let mut data = stage.ceremony.setup_id().0.to_vec();
    data.extend_from_slice(&[1, 0, 0, 0, 3, 0, 0, 0]);
    for element in [&dealer.ephemeral, &recipient.ephemeral, &shared] {
        data.extend_from_slice(&group::compress(element));
    }
    let key = pair_key(&stage.ceremony, dealer.party(), recipient.party(), &shared);
    assert_eq!(*key.expose(), crate::hash::tagged_hash("keygen-pair-key", &[&data]));
}
