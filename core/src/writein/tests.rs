use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::ballot::CastBallot;
use crate::encoding::{Decode, Encode, Reader};
use crate::group::{self, Element, ElementBytes, Scalar};
use crate::ids::{CustodianIndex, ElectionId};
use crate::manifest::WriteIn;
use crate::point::Point;
use crate::proof::ballot::ContestParameters;
use crate::proof::shuffle::ShuffleGenerators;
use crate::record;
use crate::signature::SigningKey;
use crate::testing::rehearsal::Rehearsal;
use crate::testing::{Keys, nayarit, signing_key};
use crate::text::Text;

const ELECTION: ElectionId = ElectionId([4; 32]);

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn points(text: &str, m: usize) -> Vec<Element> {
    Text::normalise(text, m).unwrap().to_points(m).unwrap().to_vec()
}

/// Secret keys, and their public ones.
fn keys(m: usize) -> (Vec<Scalar>, Vec<Point>) {
    let secret: Vec<Scalar> = (0..m).map(|k| group::hash_to_scalar("test", &k.to_le_bytes())).collect();
    let public = secret.iter().map(|x| Point::new(group::mul_generator(x))).collect();
    (secret, public)
}

fn encrypt(keys: &[Point], texts: &[Vec<Element>]) -> Rows {
    let mut rows = Vec::new();
    for (number, text) in (1u32..).zip(texts) {
        let r = group::hash_to_scalar("nonce", &number.to_le_bytes());
        rows.push(group::compress(&group::mul_generator(&r)));
        rows.extend(text.iter().zip(keys).map(|(m, key)| group::compress(&(m + key.element * r))));
    }
    Rows::from_points(keys.len(), rows).unwrap()
}

fn decrypt(secret: &[Scalar], rows: &Rows) -> Vec<Vec<Element>> {
    let open = |row: &[ElementBytes]| {
        let a = element(&row[0]);
        row[1..].iter().zip(secret).map(|(t, x)| element(t) - a * x).collect()
    };
    rows.iter().map(open).collect()
}

fn place(number: u32) -> MixPlace {
    MixPlace { election_id: ELECTION, contest: 1, number, index: CustodianIndex::new(2).unwrap() }
}

fn mixer() -> SigningKey {
    signing_key("mixer")
}

fn mixed(keys: &[Point], rows: &Rows) -> TextMix {
    let generators = ShuffleGenerators::new(u32::try_from(rows.len()).unwrap());
    TextMix::mix(&place(1), rows, keys, &generators, &mixer(), &mut rng(1)).unwrap()
}

fn counted(texts: &[Vec<Element>], min_group: u64) -> Texts {
    let marked = u64::try_from(texts.len()).unwrap();
    report(ELECTION, 0, marked, min_group, texts.iter().map(Vec::as_slice))
}

fn names(texts: &[&str], min_group: u64) -> Vec<(String, u64)> {
    let texts: Vec<_> = texts.iter().map(|text| points(text, 4)).collect();
    counted(&texts, min_group).names.into_iter().map(|named| (named.name, named.votes)).collect()
}

/// R-BAL-31: what a voter wrote comes out of encryption, mix and decryption letter by letter; signs
/// that look alike stay apart.
#[test]
fn names_come_back_through_a_mix() {
    let longest = "ñ".repeat(32);
    let written = [
        "Núñez Ñandú",
        "Nu\u{301}n\u{303}ez N\u{303}andu\u{301}",
        "ÁÉÍÓÚÜ áéíóúü",
        "Ana",
        "An\u{251}", // Latin alpha
        "'na",
        "\u{2019}na",
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>",
        "+52 @SUM(1) -1",
        "O'Brien \"Pat\" & Cía; a,b",
        "x",
        &longest,
    ];
    let (secret, public) = keys(4);
    let texts: Vec<_> = written.iter().map(|text| points(text, 4)).collect();
    let rows = encrypt(&public, &texts);
    let mix = mixed(&public, &rows);
    assert_eq!(mix.verify_proof(&rows, &public, &ShuffleGenerators::new(14), &mut rng(2)), Ok(()));
    assert!(Prints::of(&rows).are_gone_in(&Prints::of(&mix.rows)));
    let opened = decrypt(&secret, &mix.rows);
    let mut found: Vec<String> = opened.iter().map(|row| crate::text::from_points(row).unwrap()).collect();
    let mut expected: Vec<String> =
        written.iter().map(|text| Text::normalise(text, 4).unwrap().expose().to_string()).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    // The two spellings of bytes are one; those that look alike are different names.
    let texts = counted(&opened, 1);
    assert_eq!(texts.names[0], NamedVotes { name: "Núñez Ñandú".into(), votes: 2 });
    assert_eq!((texts.names.len(), texts.illegible), (12, 0));
}

#[test]
fn spellings_are_counted_together() {
    let written = ["perez", "Pérez", "PÉREZ", "Pérez", "Pe\u{301}rez", "Peña", "Pena", "PEÑA"];
    assert_eq!(names(&written, 1), [("Pérez".into(), 5), ("PEÑA".into(), 2), ("Pena".into(), 1)]);
    // Of equally frequent spellings the first in the order of bytes; of equal votes the folded
    // name's order: "ANA" before "ANÁ" would not tell them apart.
    assert_eq!(names(&["b", "B", "á", "A"], 1), [("A".into(), 2), ("B".into(), 2)]);
    assert_eq!(names(&["Zoe", "Ñu", "ana"], 1), [("ana".into(), 1), ("Zoe".into(), 1), ("Ñu".into(), 1)]);
}

#[test]
fn few_votes_are_pooled() {
    let texts: Vec<_> = ["Ana", "ANA", "Eva", "Eva", "Eva", "Zoe"].iter().map(|text| points(text, 2)).collect();
    for (min_group, kept, few_names, few_votes) in [(1, 3, 0, 0), (2, 2, 1, 1), (3, 1, 2, 3), (4, 0, 3, 6)] {
        let texts = counted(&texts, min_group);
        assert_eq!((texts.names.len(), texts.few_names, texts.few_votes), (kept, few_names, few_votes));
        assert_eq!(texts.texts, 6);
    }
}

#[test]
fn what_is_no_name_is_illegible() {
    let identity = group::identity();
    let other = group::hash_to_element(&[b"no name"]);
    let ana = points("Ana", 2);
    let block = |text: &[u8; 16]| group::lizard_encode(text);
    let rows = [
        vec![identity, identity],
        ana.clone(),
        vec![other, identity],
        vec![ana[0], other],
        vec![identity, ana[0]],
        // Blanks, a bidirectional mark, what is not UTF-8, a text that is not normal.
        vec![block(b"   \0\0\0\0\0\0\0\0\0\0\0\0\0"), block(&[0; 16])],
        vec![block(b"A\xe2\x80\xaena\0\0\0\0\0\0\0\0\0\0"), block(&[0; 16])],
        vec![block(&[0xff; 16]), block(&[0; 16])],
        vec![block(b"n\xcc\x83\0\0\0\0\0\0\0\0\0\0\0\0\0"), block(&[0; 16])],
        vec![block(&[0; 16]), block(&[0; 16])],
    ];
    let texts = report(ELECTION, 0, 12, 1, rows.iter().map(Vec::as_slice));
    assert_eq!((texts.texts, texts.illegible, texts.names.len()), (9, 8, 1));
    assert_eq!(texts.without_text(), 3);
}

#[test]
fn a_name_that_stands_is_marked() {
    let mut contest = nayarit(&Keys::new(2, 3)).contests[0].clone();
    contest.candidacies[0].formulas[0].owner = "Rosa Elena Jiménez Peña".into();
    assert!(is_registered(&contest, "ROSA ELENA JIMENEZ PEÑA"));
    assert!(!is_registered(&contest, "ROSA ELENA JIMENEZ PENA"));
    assert!(!is_registered(&contest, "Rosa Elena"));
}

#[test]
fn rows_are_canonical() {
    let good = group::compress(&group::GENERATOR);
    assert!(Rows::from_points(1, vec![good, [0; 32]]).is_some(), "a text may be the identity");
    assert!(Rows::from_points(1, vec![[0; 32], good]).is_none(), "an A may not");
    assert!(Rows::from_points(1, vec![good, [0xff; 32]]).is_none());
    assert!(Rows::from_points(1, vec![good]).is_none());
    let (_, public) = keys(1);
    let rows = encrypt(&public, &[points("a", 1), points("b", 1)]);
    let sorted = mixed(&public, &rows).rows;
    let bytes = sorted.to_bytes();
    assert_eq!(Rows::decode_sorted(&mut Reader::new(&bytes), 1, 2).unwrap(), sorted);
    assert!(Rows::decode_sorted(&mut Reader::new(&bytes), 1, 1).is_err());
    assert!(Rows::decode_sorted(&mut Reader::new(&bytes), 1, 3).is_err());
    let swapped: Vec<ElementBytes> = sorted.points().chunks(2).rev().flatten().copied().collect();
    let swapped = Rows::from_points(1, swapped).unwrap().to_bytes();
    assert!(Rows::decode_sorted(&mut Reader::new(&swapped), 1, 2).is_err());
}

#[test]
fn prints_tell_what_was_not_encrypted_anew() {
    let (_, public) = keys(2);
    let texts = [points("Ana", 2), points("Eva", 2), vec![group::identity(); 2]];
    let rows = encrypt(&public, &texts);
    let before = Prints::of(&rows);
    assert!(!before.are_gone_in(&before));
    assert!(before.are_gone_in(&Prints::of(&mixed(&public, &rows).rows)));
    // One component that stays, wherever it stands; one difference that stays.
    let honest = mixed(&public, &rows).rows;
    for k in 0..3 {
        let mut points = honest.points().to_vec();
        points[k] = rows.points()[3 + k];
        assert!(!before.are_gone_in(&Prints::of(&Rows::from_points(2, points).unwrap())));
    }
    for (k, l) in [(0, 1), (0, 2), (1, 2)] {
        let mut points = honest.points().to_vec();
        let difference = element(&rows.points()[6 + k]) - element(&rows.points()[6 + l]);
        points[k] = group::compress(&(element(&points[l]) + difference));
        assert!(!before.are_gone_in(&Prints::of(&Rows::from_points(2, points).unwrap())));
        // The other way round it is another difference.
        let mut points = honest.points().to_vec();
        points[k] = group::compress(&(element(&points[l]) - difference));
        assert!(before.are_gone_in(&Prints::of(&Rows::from_points(2, points).unwrap())));
    }
    let empty = Prints::of(&Rows::new(2));
    assert!(empty.are_gone_in(&empty));
}

#[test]
fn objects_have_one_encoding() {
    let (_, public) = keys(2);
    let rows = encrypt(&public, &[points("Ana", 2), points("Eva", 2)]);
    let mix = mixed(&public, &rows);
    let bytes = mix.to_bytes();
    assert_eq!(bytes.len(), TextMix::encoded_length(2, 2));
    assert_eq!(TextMix::decode(&bytes, 2, 2).unwrap(), mix);
    mix.verify_signature(&mixer().verifying_key()).unwrap();
    for length in 0..bytes.len() {
        assert!(TextMix::decode(&bytes[..length], 2, 2).is_err());
    }
    assert!(TextMix::decode(&[&bytes[..], &[0]].concat(), 2, 2).is_err());
    assert!(TextMix::decode(&bytes, 2, 1).is_err() && TextMix::decode(&bytes, 1, 2).is_err());
    let texts = counted(&[points("Ana", 2)], 1);
    assert_eq!(Texts::from_bytes(&texts.to_bytes()).unwrap(), texts);
    let content = OrderContent {
        election_id: ELECTION,
        contest: 0,
        authority: "Tribunal".into(),
        document: "1/2021".into(),
        recipients: String::new(),
        at: 5,
    };
    let sign = |index| content.sign(CustodianIndex::new(index).unwrap(), &mixer());
    let order = TextOrder { content: content.clone(), signatures: vec![sign(1), sign(2)] };
    assert_eq!(TextOrder::from_bytes(&order.to_bytes()).unwrap(), order);
    let unsorted = TextOrder { content: content.clone(), signatures: vec![sign(2), sign(1)] };
    assert!(TextOrder::from_bytes(&unsorted.to_bytes()).is_err());
    let twice = TextOrder { content: content.clone(), signatures: vec![sign(1), sign(1)] };
    assert!(TextOrder::from_bytes(&twice.to_bytes()).is_err());
}

/// R-BAL-30: of every option, with a text of any length or none, a ballot has one length and stands
/// on the board as one.
#[test]
fn a_text_does_not_show_in_the_length_of_a_ballot() {
    let keys = Keys::new(2, 3);
    let mut manifest = nayarit(&keys);
    manifest.text_points = 2;
    manifest.contests[0].write_in = WriteIn::Disclose;
    let mut rng = rng(9);
    let mut rehearsal = Rehearsal::sealed(manifest, keys, &[40], &mut rng);
    let shape = rehearsal.election().shapes[0];
    let option = shape.write_in.unwrap();
    let mut ballots =
        vec![rehearsal.cast((0, 33), 0, 0, None, &mut rng), rehearsal.cast((0, 34), 0, option, None, &mut rng)];
    for length in 1..=32usize {
        let text = Text::normalise(&"ñ".repeat(length / 2), 2).ok();
        let text = if length % 2 == 0 { text } else { Text::normalise(&"a".repeat(length), 2).ok() };
        let blocks = text.unwrap().to_blocks(2).unwrap().to_vec();
        let place = u32::try_from(length).unwrap();
        ballots.push(rehearsal.cast((0, place), 0, option, Some(blocks), &mut rng));
    }
    let entries: Vec<Vec<u8>> = ballots.iter().map(Encode::to_bytes).collect();
    assert!(entries.iter().all(|entry| entry.len() == CastBallot::encoded_length(&shape)));
    // The file on the disk: what an entry takes in its bundle.
    for number in [0, 33] {
        rehearsal.mark(0, 0, if number == 0 { 0 } else { option });
    }
    let mut sizes = Vec::new();
    for entry in entries {
        rehearsal.board(vec![vec![entry]]);
        let bundle = rehearsal.files.0.iter().find(|(path, _)| path.starts_with(record::ENTRIES)).unwrap();
        sizes.push(bundle.1.len());
    }
    sizes.dedup();
    assert_eq!(sizes.len(), 1);
}

/// Any t of the custodians open the same, and fewer nothing.
#[test]
fn any_quorum_opens_the_same() {
    let keys = Keys::new(2, 3);
    let mut manifest = nayarit(&keys);
    manifest.contests[0].write_in = WriteIn::Disclose;
    let mut rng = rng(10);
    let rehearsal = Rehearsal::sealed(manifest, keys, &[3], &mut rng);
    let parameters: &ContestParameters = &rehearsal.election().parameters[0];
    let texts = [points("Ana", 3), vec![group::identity(); 3]];
    let rows = encrypt(&parameters.text_keys, &texts);
    let first = rehearsal.manifest.slots().options;
    let partials: Vec<TextPartial> = [1, 2, 3]
        .iter()
        .map(|index| {
            let (key, share) = rehearsal.custodian(*index);
            let partial = TextPartial::decrypt(ELECTION, 0, &rows, (share, first), key, &mut rng);
            let public = rehearsal.election().text_shares(share.index(), 0).unwrap();
            assert_eq!(partial.verify_proof(&rows, public), Ok(()));
            let bytes = partial.to_bytes();
            assert_eq!(bytes.len(), TextPartial::encoded_length(2, 3));
            assert_eq!(TextPartial::decode(&bytes, 2, 3).unwrap(), partial);
            assert!(TextPartial::decode(&bytes, 1, 3).is_err());
            partial
        })
        .collect();
    for pair in [[0, 1], [0, 2], [1, 2]] {
        let pair = pair.map(|place: usize| partials[place].clone());
        assert_eq!(opened(&rows, 2, &pair).unwrap(), texts);
    }
    assert!(opened(&rows, 2, &partials[..1]).is_err());
    assert!(opened(&Rows::new(3), 2, &partials[..1]).is_err());
    let reversed = [partials[1].clone(), partials[0].clone()];
    assert!(opened(&rows, 2, &reversed).is_err());
}

proptest! {
    #[test]
    fn folding_keeps_what_is_normal(name in "\\PC{1,20}") {
        if let Ok(text) = Text::normalise(&name, 8) {
            let folded = fold(text.expose());
            prop_assert_eq!(fold(&folded), folded);
        }
    }
}
