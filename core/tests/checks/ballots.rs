//! V: ballots that a dishonest voter, or a server with a voter's credential, could put on the board.

use escrutinio_core::ballot::credential_binding;
use escrutinio_core::encoding::Encode;
use escrutinio_core::group::{self, Element, Scalar};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::point::Point;
use escrutinio_core::proof::knowledge::Knowledge;
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::testing::forgery::Forgery;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::transcript::{Position, Proof, ProofContext};

use crate::fixture::{
    LISTS, VOTES, assert_only, assert_valid, count, credential_key, forgery, honest_ballots, keys, manifest, marks,
    rng, sealed, secret, vote,
};

/// An election whose board holds an entry more, counted like all others.
fn with_entry(entry: impl FnOnce(&Rehearsal) -> Vec<u8>, mark: Option<(u32, u32, u32)>) -> Rehearsal {
    let mut rehearsal = sealed();
    let mut ballots = honest_ballots(&mut rehearsal);
    ballots.push(entry(&rehearsal));
    if let Some((list, contest, option)) = mark {
        rehearsal.mark(list, contest, option);
    }
    rehearsal.close(ballots);
    count(&mut rehearsal);
    rehearsal
}

/// The same with a ballot of the fourth voter of list 0, who did not vote.
fn with_forgery(change: impl FnOnce(&Rehearsal, &mut Forgery<'_>)) -> Rehearsal {
    let entry = |rehearsal: &Rehearsal| {
        let mut ballot = forgery(rehearsal, (0, 3, 0, 1));
        change(rehearsal, &mut ballot);
        ballot.cast(&mut rng(40))
    };
    with_entry(entry, Some((0, 0, 1)))
}

/// What the tests below make wrong is right before they do.
#[test]
fn an_unforged_forgery_counts() {
    assert_valid(&with_forgery(|_, _| {}).files);
}

#[test]
fn v1_1_a_ballot_without_randomness() {
    let culprit = assert_only("V1.1", &with_forgery(|_, ballot| ballot.nonce = Scalar::ZERO).files);
    assert!(culprit.contains("entry"), "{culprit}");
}

/// What is no point dies when it is cast, and never reaches a mix: A, a mark, a text.
#[test]
fn v1_1_strings_that_are_no_points() {
    for at in [84, 84 + 32, 84 + 32 * 6] {
        for string in [[0xff; 32], {
            let mut odd = [0; 32];
            odd[0] = 1;
            odd
        }] {
            let entry = |rehearsal: &Rehearsal| {
                let mut entry = forgery(rehearsal, (0, 3, 0, 1)).cast(&mut rng(40));
                entry[at..at + 32].copy_from_slice(&string);
                entry
            };
            assert_only("V1.1", &with_entry(entry, Some((0, 0, 1))).files);
        }
    }
}

#[test]
fn v1_1_a_ballot_with_a_byte_more() {
    let entry = |rehearsal: &Rehearsal| [forgery(rehearsal, (0, 3, 0, 1)).cast(&mut rng(40)), vec![0]].concat();
    assert_only("V1.1", &with_entry(entry, None).files);
}

#[test]
fn v1_1_a_contest_that_does_not_exist() {
    let entry = |rehearsal: &Rehearsal| {
        let mut parameters = rehearsal.election().parameters[0].clone();
        parameters.contest = 2;
        Forgery { parameters: &parameters, ..forgery(rehearsal, (0, 3, 0, 1)) }.cast(&mut rng(40))
    };
    assert_only("V1.1", &with_entry(entry, None).files);
}

#[test]
fn v1_1_one_option_more_than_the_contest_has() {
    let entry = |rehearsal: &Rehearsal| {
        let mut parameters = rehearsal.election().parameters[0].clone();
        let surplus = parameters.text_keys[0];
        parameters.option_keys.push(surplus);
        parameters.shape.options += 1;
        let base = *rehearsal.election().base(0).unwrap();
        Forgery { base, ..Forgery::new(&parameters, (0, 0), secret(rehearsal, 0, 3), 5, 1) }.cast(&mut rng(40))
    };
    assert_only("V1.1", &with_entry(entry, None).files);
}

/// An audited ballot has no signature: its opening is no entry, nor is its body.
#[test]
fn v1_1_an_audited_ballot_on_the_board() {
    let opening = |rehearsal: &Rehearsal| rehearsal.prepare((0, 3), 0, 1, None, &mut rng(41)).audit().to_bytes();
    assert_only("V1.1", &with_entry(opening, None).files);
    let body = |rehearsal: &Rehearsal| rehearsal.prepare((0, 3), 0, 1, None, &mut rng(41)).body().to_bytes();
    assert_only("V1.1", &with_entry(body, None).files);
}

/// The same body under a signature made up by somebody else, who has neither salt nor secret.
#[test]
fn v1_5_an_audited_ballot_that_somebody_signs() {
    let entry = |rehearsal: &Rehearsal| {
        let body = rehearsal.prepare((0, 3), 0, 1, None, &mut rng(41)).body().to_bytes();
        let cast = forgery(rehearsal, (0, 3, 0, 1)).cast(&mut rng(40));
        [&body, &cast[body.len()..]].concat()
    };
    assert_only("V1.5", &with_entry(entry, Some((0, 0, 1))).files);
}

/// A ballot of the first of two elections on one roll, by one voter with one credential.
#[test]
fn v1_2_a_ballot_replayed_from_another_election() {
    let entry = |rehearsal: &Rehearsal| {
        let mut other = rehearsal.clone();
        let mut seal: escrutinio_core::record::Seal = other.object(escrutinio_core::record::SEAL);
        seal.trial = [1; 32];
        other.put_seal(&seal);
        other.cast((0, 3), 0, 1, None, &mut rng(41)).to_bytes()
    };
    assert_only("V1.2", &with_entry(entry, None).files);
}

#[test]
fn v1_2_a_contest_that_the_style_does_not_have() {
    let entry = |rehearsal: &Rehearsal| forgery(rehearsal, (0, 3, 1, 0)).cast(&mut rng(40));
    assert_only("V1.2", &with_entry(entry, None).files);
}

#[test]
fn v1_2_a_style_and_unit_without_a_list() {
    assert_only("V1.2", &with_forgery(|_, ballot| ballot.unit = 2).files);
}

#[test]
fn v1_3_a_key_of_nobody() {
    assert_only("V1.3", &with_forgery(|_, ballot| ballot.secret = SecretScalar::new(Scalar::from(77u64))).files);
}

#[test]
fn v1_3_a_ballot_under_another_styles_list() {
    let entry = |rehearsal: &Rehearsal| {
        let mut ballot = forgery(rehearsal, (0, 3, 1, 0));
        ballot.style = 1;
        ballot.cast(&mut rng(40))
    };
    assert_only("V1.3", &with_entry(entry, Some((2, 1, 0))).files);
}

#[test]
fn v1_3_a_ballot_under_another_units_list() {
    let entry = |rehearsal: &Rehearsal| {
        let mut ballot = forgery(rehearsal, (0, 3, 0, 0));
        ballot.unit = 1;
        ballot.cast(&mut rng(40))
    };
    assert_only("V1.3", &with_entry(entry, Some((1, 0, 0))).files);
}

/// One half is no credential: the registrar alone cannot vote for anyone, nor the server.
#[test]
fn v1_3_a_ballot_signed_with_one_half() {
    for which in 0..2 {
        let half = |rehearsal: &Rehearsal, ballot: &mut Forgery<'_>| {
            ballot.secret = SecretScalar::new(*rehearsal.expose_halves(0, 3)[which].expose());
        };
        assert_only("V1.3", &with_forgery(half).files);
    }
}

#[test]
fn v1_4_two_ballots_of_one_credential() {
    let mut rehearsal = sealed();
    let mut ballots = honest_ballots(&mut rehearsal);
    ballots.push(vote(&mut rehearsal, (0, 0, 0, 2)));
    rehearsal.close(ballots);
    count(&mut rehearsal);
    assert_only("V1.4", &rehearsal.files);
}

/// A copy of an entry, or an answer that came twice.
#[test]
fn v1_4_the_same_entry_twice() {
    let entry = |rehearsal: &Rehearsal| vote(&mut rehearsal.clone(), VOTES[0]);
    assert_only("V1.4", &with_entry(entry, Some((0, 0, 0))).files);
}

/// One body, so one tracking code, for two voters of the same choice.
#[test]
fn v1_5_one_code_for_two_voters() {
    let mut rehearsal = sealed();
    let first = forgery(&rehearsal, (0, 0, 0, 0));
    let shared = (credential_key(&rehearsal, 0, 0), first.salt);
    let second = Forgery { nonce: first.nonce, bound_to: Some(shared), ..forgery(&rehearsal, (0, 3, 0, 0)) };
    let ballots = vec![first.cast(&mut rng(42)), second.cast(&mut rng(42))];
    let body = ballots[0].len() - 128;
    assert_eq!(ballots[0][..body], ballots[1][..body]);
    rehearsal.mark(0, 0, 0);
    rehearsal.mark(0, 0, 0);
    rehearsal.close(ballots);
    count(&mut rehearsal);
    assert_only("V1.5", &rehearsal.files);
}

/// u was bound to the credential of somebody else: a body copied before its voter cast it.
#[test]
fn v1_5_a_copied_body() {
    assert_only(
        "V1.5",
        &with_forgery(|rehearsal, ballot| {
            let victim = credential_key(rehearsal, 0, 0);
            ballot.bound_to = Some((victim, [9; 32]));
        })
        .files,
    );
}

#[test]
fn v1_5_another_salt() {
    assert_only(
        "V1.5",
        &with_forgery(|rehearsal, ballot| {
            let key = credential_key(rehearsal, 0, 3);
            assert_ne!(credential_binding(&key, &[9; 32]), credential_binding(&key, &ballot.salt));
            ballot.bound_to = Some((key, [9; 32]));
        })
        .files,
    );
}

#[test]
fn v1_6_a_signature_of_another_ballot() {
    let entry = |rehearsal: &Rehearsal| {
        let ballot = forgery(rehearsal, (0, 3, 0, 1)).cast(&mut rng(40));
        let other = Forgery { nonce: Scalar::from(3u64), ..forgery(rehearsal, (0, 3, 0, 1)) }.cast(&mut rng(41));
        [&ballot[..ballot.len() - 64], &other[other.len() - 64..]].concat()
    };
    assert_only("V1.6", &with_entry(entry, Some((0, 0, 1))).files);
}

/// The server knows key and salt of a ballot, and changes its own copy of the vote.
#[test]
fn v1_6_a_body_replaced_under_a_signature() {
    let entry = |rehearsal: &Rehearsal| {
        let cast = forgery(rehearsal, (0, 3, 0, 1)).cast(&mut rng(40));
        let other = forgery(rehearsal, (0, 3, 0, 2)).cast(&mut rng(41));
        [&other[..other.len() - 64], &cast[cast.len() - 64..]].concat()
    };
    assert_only("V1.6", &with_entry(entry, Some((0, 0, 2))).files);
}

/// What no ballot may hold, each with an otherwise right proof for the first option.
#[test]
fn v1_7_vectors_that_are_no_single_mark() {
    let vectors: [&[i8]; 9] = [
        &[1, 1, 0, 0, 0],
        &[0, 0, 0, 0, 0],
        &[2, 0, 0, 0, 0],
        &[2, -1, 0, 0, 0],
        &[-1, 1, 1, 0, 0],
        &[1, 0, 0, 0, 1],
        &[1, 1, 1, 1, 1],
        &[-1, 0, 0, 0, 0],
        &[1, 0, 0, 1, 0],
    ];
    for vector in vectors {
        let culprit = assert_only(
            "V1.7",
            &with_forgery(|_, ballot| {
                ballot.marks = marks(vector);
                ballot.claimed = 0;
            })
            .files,
        );
        assert!(culprit.contains("entry"), "{culprit}");
    }
}

#[test]
fn v1_7_a_proof_for_another_option() {
    assert_only("V1.7", &with_forgery(|_, ballot| ballot.claimed = 2).files);
}

#[test]
fn v1_7_a_text_without_its_mark() {
    let text = group::lizard_encode(b"Nombre escrito 1");
    assert_only("V1.7", &with_forgery(|_, ballot| ballot.texts = vec![text]).files);
}

/// The write-in is marked, and what it writes is encrypted under another key or another r.
#[test]
fn v1_7_a_text_that_its_mark_does_not_open() {
    let text = group::lizard_encode(b"Nombre escrito 1");
    let written = |rehearsal: &Rehearsal, key: Element| {
        let mut parameters = rehearsal.election().parameters[0].clone();
        parameters.text_keys[0] = Point::new(key);
        let honest = forgery(rehearsal, (0, 3, 0, 3));
        Forgery { parameters: &parameters, texts: vec![text], ..honest }.cast(&mut rng(40))
    };
    let text_key = |rehearsal: &Rehearsal| rehearsal.election().parameters[0].text_keys[0].element;
    assert_valid(&with_entry(|r| written(r, text_key(r)), Some((0, 0, 3))).files);
    let other = |r: &Rehearsal| written(r, r.election().parameters[0].option_keys[0].element);
    assert_only("V1.7", &with_entry(other, Some((0, 0, 3))).files);
    // [r']L instead of [r]L, with a proof that says so of the rest.
    let nonce = |r: &Rehearsal| written(r, text_key(r) + text_key(r));
    assert_only("V1.7", &with_entry(nonce, Some((0, 0, 3))).files);
}

/// A party is marked, and the proof is made as for a write-in with its text.
#[test]
fn v1_7_a_text_under_a_pretended_mark() {
    let text = group::lizard_encode(b"Nombre escrito 1");
    let pretended = |_: &Rehearsal, ballot: &mut Forgery<'_>| {
        ballot.texts = vec![text];
        ballot.claimed = 3;
    };
    assert_only("V1.7", &with_forgery(pretended).files);
}

/// Points that encrypt nothing, under the proof of an honest ballot.
#[test]
fn v1_7_junk_in_the_place_of_a_ciphertext() {
    for at in [84, 84 + 32, 84 + 32 * 6] {
        let entry = |rehearsal: &Rehearsal| {
            let own = forgery(rehearsal, (0, 3, 0, 1)).cast(&mut rng(40));
            let mut body = own[..own.len() - 128].to_vec();
            body[at..at + 32].copy_from_slice(&group::compress(&group::hash_to_element(&[b"junk"])));
            resigned(rehearsal, (0, 3), &body, &own)
        };
        assert_only("V1.7", &with_entry(entry, Some((0, 0, 1))).files);
    }
}

/// Another voter's ballot encrypted anew under one's own u, key and signature: without r there is no
/// proof for it.
#[test]
fn v1_7_a_copied_vote_encrypted_anew() {
    let entry = |rehearsal: &Rehearsal| {
        let victim = vote(&mut rehearsal.clone(), VOTES[0]);
        let own = forgery(rehearsal, (0, 3, 0, 1)).cast(&mut rng(40));
        let parameters = &rehearsal.election().parameters[0];
        let nonce = Scalar::from(5u64);
        let keys = parameters.option_keys.iter().chain(&parameters.text_keys).map(|key| key.element);
        let mut body = [&own[..84], &victim[84..victim.len() - 128]].concat();
        for (place, base) in core::iter::once(group::GENERATOR).chain(keys).enumerate() {
            let at = 84 + 32 * place;
            let point = group::decompress(body[at..at + 32].try_into().unwrap()).unwrap();
            body[at..at + 32].copy_from_slice(&group::compress(&(point + base * nonce)));
        }
        resigned(rehearsal, (0, 3), &body, &own)
    };
    assert_only("V1.7", &with_entry(entry, Some((0, 0, 0))).files);
}

/// The ciphertexts of two options exchanged, and their proof kept.
#[test]
fn v1_7_two_ciphertexts_exchanged() {
    let entry = |rehearsal: &Rehearsal| {
        let own = forgery(rehearsal, (0, 3, 0, 1)).cast(&mut rng(40));
        let mut body = own[..own.len() - 128].to_vec();
        let (first, second) = body[84 + 32..].split_at_mut(32);
        first.swap_with_slice(&mut second[..32]);
        resigned(rehearsal, (0, 3), &body, &own)
    };
    assert_only("V1.7", &with_entry(entry, Some((0, 0, 0))).files);
}

/// A and the first marks of a ballot of one contest in a ballot of another one.
#[test]
fn v1_7_a_ciphertext_grafted_into_another_contest() {
    let mut rehearsal = sealed();
    let mut ballots: Vec<Vec<u8>> = VOTES
        .into_iter()
        .filter(|voter| (voter.0, voter.1, voter.2) != (3, 1, 1))
        .map(|voter| vote(&mut rehearsal, voter))
        .collect();
    let donor = forgery(&rehearsal, (3, 1, 0, 1)).cast(&mut rng(41));
    let own = forgery(&rehearsal, (3, 1, 1, 1)).cast(&mut rng(40));
    let options = rehearsal.election().shapes[1].options;
    let end = 84 + 32 * (1 + options);
    let body = [&own[..84], &donor[84..end], &own[end..own.len() - 128]].concat();
    ballots.push(resigned_for(&rehearsal, 1, (3, 1), &body, &own));
    rehearsal.mark(3, 1, 1);
    rehearsal.close(ballots);
    count(&mut rehearsal);
    assert_only("V1.7", &rehearsal.files);
}

/// A ciphertext under a key with a part along a base whose logarithm nobody knows.
#[test]
fn v1_7_a_component_along_another_base() {
    let extra: Element = group::Generators::new().h;
    let entry = |rehearsal: &Rehearsal| {
        let mut parameters = rehearsal.election().parameters[0].clone();
        parameters.option_keys[0] = Point::new(parameters.option_keys[0].element + extra);
        Forgery { parameters: &parameters, ..forgery(rehearsal, (0, 3, 0, 1)) }.cast(&mut rng(40))
    };
    assert_only("V1.7", &with_entry(entry, Some((0, 0, 1))).files);
}

/// Two options exchanged in the keys that the proof is made for: the vote would count for another.
#[test]
fn v1_7_a_ballot_for_exchanged_options() {
    let entry = |rehearsal: &Rehearsal| {
        let mut parameters = rehearsal.election().parameters[0].clone();
        parameters.option_keys.swap(0, 1);
        Forgery { parameters: &parameters, ..forgery(rehearsal, (0, 3, 0, 1)) }.cast(&mut rng(40))
    };
    assert_only("V1.7", &with_entry(entry, Some((0, 0, 1))).files);
}

/// The ciphertexts and the proof of another voter's ballot under one's own u, key and signature:
/// the proof names u.
#[test]
fn v1_7_a_copied_vote_under_ones_own_credential() {
    let entry = |rehearsal: &Rehearsal| {
        let victim = vote(&mut rehearsal.clone(), VOTES[0]);
        let own = forgery(rehearsal, (0, 3, 0, 1)).cast(&mut rng(40));
        // Body up to and including u, then A, B, T and proof; key, salt and signature last.
        let (head, tail) = (84, 128);
        let body = [&own[..head], &victim[head..victim.len() - tail]].concat();
        resigned(rehearsal, (0, 3), &body, &own)
    };
    assert_only("V1.7", &with_entry(entry, Some((0, 0, 0))).files);
}

/// The entry of a body, with the key and salt of an own entry and a new signature.
fn resigned(rehearsal: &Rehearsal, voter: (u32, u32), body: &[u8], own: &[u8]) -> Vec<u8> {
    resigned_for(rehearsal, 0, voter, body, own)
}

fn resigned_for(rehearsal: &Rehearsal, contest: u32, (list, place): (u32, u32), body: &[u8], own: &[u8]) -> Vec<u8> {
    let secret = secret(rehearsal, list, place);
    let (style, unit) = LISTS[list as usize];
    let position = Position { contest: Some(contest), style: Some(style), unit: Some(unit), ..Position::default() };
    let mut transcript =
        ProofContext::new(Proof::CastSignature).bind(rehearsal.election().election_id.as_bytes()).at(position);
    let base = rehearsal.election().base(list).unwrap().element;
    transcript.append_element("base", &base);
    transcript.append_element("C", &(base * secret.expose()));
    transcript.append("code", &tagged_hash("tracking-code", &[body]));
    let signature = Knowledge::prove(&mut transcript, &base, &secret, &mut rng(44));
    [body, &own[body.len()..own.len() - 64], &signature.to_bytes()].concat()
}

#[test]
fn v1_8_one_r_in_two_contests() {
    let mut rehearsal = sealed();
    let mut ballots: Vec<Vec<u8>> = VOTES
        .into_iter()
        .filter(|(list, place, ..)| (*list, *place) != (3, 0))
        .map(|voter| vote(&mut rehearsal, voter))
        .collect();
    for (contest, option) in [(0, 2), (1, 2)] {
        let ballot = Forgery { nonce: Scalar::from(123u64), ..forgery(&rehearsal, (3, 0, contest, option)) };
        ballots.push(ballot.cast(&mut rng(42)));
        rehearsal.mark(3, contest, option);
    }
    rehearsal.close(ballots);
    count(&mut rehearsal);
    assert_only("V1.8", &rehearsal.files);
}

#[test]
fn v1_8_one_r_of_two_voters() {
    let mut rehearsal = sealed();
    let first = forgery(&rehearsal, (0, 0, 0, 0));
    let second = Forgery { nonce: first.nonce, ..forgery(&rehearsal, (0, 3, 0, 1)) };
    let ballots = vec![first.cast(&mut rng(42)), second.cast(&mut rng(43))];
    rehearsal.mark(0, 0, 0);
    rehearsal.mark(0, 0, 1);
    rehearsal.close(ballots);
    count(&mut rehearsal);
    assert_only("V1.8", &rehearsal.files);
}

/// Two voters may agree on r and -r: their sum has the identity for its first component, and the
/// tally goes on.
#[test]
fn an_identity_aggregate_is_accepted() {
    let keys = keys();
    let mut rehearsal = Rehearsal::sealed(manifest(&keys), keys, &crate::fixture::COUNTS, &mut rng(50));
    let nonce = Scalar::from(99u64);
    let mut ballots = Vec::new();
    for (place, option, nonce) in [(0, 1, nonce), (1, 4, -nonce)] {
        ballots.push(Forgery { nonce, ..forgery(&rehearsal, (3, place, 0, option)) }.cast(&mut rng(51)));
        rehearsal.mark(3, 0, option);
    }
    rehearsal.close(ballots);
    let results = rehearsal.publish(&crate::fixture::QUORUM, &mut rng(52));
    assert_valid(&rehearsal.files);
    let aggregates = rehearsal.aggregates();
    let group = aggregates.groups.iter().position(|group| group.unit == 2 && group.contest == 0).unwrap();
    assert!(group::is_identity(&aggregates.groups[group].sum.a));
    assert_eq!(results.groups[group], [0, 1, 0, 0, 1]);
}
