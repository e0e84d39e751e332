//! W: written-in texts. Four contests, one for each policy: 0 discloses the texts (eight ballots),
//! 1 seals them (three), 2 counts them only (two), 3 has no write-in (one).

use std::sync::OnceLock;

use escrutinio_core::encoding::Encode;
use escrutinio_core::group::{self, Scalar};
use escrutinio_core::ids::ElectionId;
use escrutinio_core::manifest::{ContestKind, Manifest, Style, WriteIn};
use escrutinio_core::record;
use escrutinio_core::tally::{Aggregates, Results};
use escrutinio_core::testing::forgery::Forgery;
use escrutinio_core::testing::rehearsal::{MemoryRecord, Rehearsal};
use escrutinio_core::testing::{self, Keys};
use escrutinio_core::text::Text;
use escrutinio_core::verify::{self, ContestTexts};
use escrutinio_core::writein::{MixPlace, NamedVotes, Rows, TextMix, TextPartial, Texts};

use crate::fixture::{assert_only, assert_valid, custodian, rng};

const M: usize = 2;
const QUORUM: [u32; 2] = [1, 3];
/// Two names with enough votes, one in three spellings; two with too few; a mark without a text; a
/// vote for somebody who stands.
const WRITTEN: [Option<&str>; 7] = [
    Some("José Pérez Núñez"),
    Some("JOSE PEREZ NUÑEZ"),
    Some("José Pérez Núñez"),
    Some("Ana Ñu"),
    Some("Ana Nu"),
    None,
    Some("ana nu"),
];

fn manifest(keys: &Keys) -> Manifest {
    let mut manifest = testing::small(keys, 2);
    manifest.min_group = 2;
    manifest.text_points = u32::try_from(M).unwrap();
    let mut contests = Vec::new();
    let policies = [WriteIn::Disclose, WriteIn::Sealed, WriteIn::CountOnly, WriteIn::None];
    for (number, policy) in policies.into_iter().enumerate() {
        let mut contest = testing::contest(&format!("Cargo {number}"), ContestKind::Other);
        contest.independents = vec!["Planilla 1".into(), "Planilla 2".into()];
        contest.write_in = policy;
        contests.push(contest);
    }
    manifest.contests = contests;
    manifest.styles = vec![Style { name: "Única".into(), contests: vec![0, 1, 2, 3] }];
    testing::finish(manifest)
}

fn cast(rehearsal: &mut Rehearsal, place: u32, contest: u32, text: Option<Option<&str>>) -> Vec<u8> {
    let shape = rehearsal.election().shapes[contest as usize];
    let option = text.map_or(0, |_| shape.write_in.unwrap());
    rehearsal.mark(0, contest, option);
    let blocks = text.flatten().map(|text| Text::normalise(text, M).unwrap().to_blocks(M).unwrap().to_vec());
    rehearsal.cast((0, place), contest, option, blocks, &mut rng(u64::from(place * 10 + contest))).to_bytes()
}

/// The closed board.
fn closed() -> Rehearsal {
    static CLOSED: OnceLock<Rehearsal> = OnceLock::new();
    CLOSED
        .get_or_init(|| {
            let keys = Keys::new(2, 3);
            let mut rehearsal = Rehearsal::sealed(manifest(&keys), keys, &[8], &mut rng(300));
            let mut ballots = vec![cast(&mut rehearsal, 7, 0, None), cast(&mut rehearsal, 0, 3, None)];
            for (place, text) in (0..).zip(WRITTEN) {
                ballots.push(cast(&mut rehearsal, place, 0, Some(text)));
            }
            for (place, text) in [(0, Some(Some("Eva"))), (1, Some(Some("Eva"))), (2, None)] {
                ballots.push(cast(&mut rehearsal, place, 1, text));
            }
            for (place, text) in [(0, Some(None)), (1, None)] {
                ballots.push(cast(&mut rehearsal, place, 2, text));
            }
            rehearsal.close(ballots);
            rehearsal
        })
        .clone()
}

fn counted(rehearsal: &mut Rehearsal) -> (Aggregates, Results) {
    let aggregates = rehearsal.aggregates();
    let results = rehearsal.count(&aggregates, &QUORUM, &mut rng(301));
    (aggregates, results)
}

/// The record with the texts of contest 0.
fn published() -> (Rehearsal, Aggregates, Results) {
    static PUBLISHED: OnceLock<(Rehearsal, Aggregates, Results)> = OnceLock::new();
    PUBLISHED
        .get_or_init(|| {
            let mut rehearsal = closed();
            let (aggregates, results) = counted(&mut rehearsal);
            assert_valid(&rehearsal.files);
            (rehearsal, aggregates, results)
        })
        .clone()
}

/// The record with an order for contest 1.
fn ordered(recipients: &str) -> Rehearsal {
    let mut rehearsal = closed();
    rehearsal.orders.insert(1, recipients.into());
    counted(&mut rehearsal);
    rehearsal
}

fn words(files: &MemoryRecord) -> Vec<&'static str> {
    let (report, _) = verify::record(files, &mut rng(302), &mut ()).unwrap();
    report.texts.iter().map(ContestTexts::word).collect()
}

/// A change of files, with hashes computed anew.
fn changed(change: impl FnOnce(&mut Rehearsal)) -> MemoryRecord {
    let (mut rehearsal, ..) = published();
    change(&mut rehearsal);
    rehearsal.sums();
    rehearsal.files
}

fn order_changed(recipients: &str, change: impl FnOnce(&mut Rehearsal)) -> MemoryRecord {
    let mut rehearsal = ordered(recipients);
    change(&mut rehearsal);
    rehearsal.sums();
    rehearsal.files
}

/// A file of custodian `index`, changed and signed again.
fn resigned(rehearsal: &mut Rehearsal, label: &str, path: &str, index: u32, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = rehearsal.files.0[path].clone();
    change(&mut bytes);
    bytes.truncate(bytes.len() - 64);
    let signature = rehearsal.custodian(index).0.sign(label, &[&bytes]);
    bytes.extend_from_slice(&signature.0);
    rehearsal.put(path, bytes);
}

/// Custodians who decrypt and report whatever came out of these mixes.
fn with_chain(mixes: impl FnOnce(&Rehearsal) -> Vec<TextMix>) -> MemoryRecord {
    let (mut rehearsal, aggregates, results) = published();
    rehearsal.files.0.retain(|path, _| !path.starts_with("writein/"));
    let mixes = mixes(&rehearsal);
    for mix in &mixes {
        rehearsal.put(&record::text_mix(0, mix.number), mix.to_bytes());
    }
    let rows = mixes.last().unwrap().rows.clone();
    rehearsal.decrypt_texts(0, &rows, (&aggregates, &results), &QUORUM, &mut rng(303));
    rehearsal.sums();
    rehearsal.files
}

/// A chain of honest mixes of any rows.
fn chain(rehearsal: &Rehearsal, rows: &Rows, mixers: &[(u32, u32)]) -> Vec<TextMix> {
    let mut rows = rows.clone();
    let mut mixes = Vec::new();
    for (number, index) in mixers {
        let mix = rehearsal.mix_texts(0, *number, *index, &rows, &mut rng(320 + u64::from(*number))).unwrap();
        rows = mix.rows.clone();
        mixes.push(mix);
    }
    mixes
}

/// Other rows than those of the accepted ballots.
fn other_rows(rehearsal: &Rehearsal, change: impl FnOnce(&mut Vec<[u8; 32]>)) -> Rows {
    let mut points = rehearsal.text_rows(0).points().to_vec();
    change(&mut points);
    Rows::from_points(M, points).unwrap()
}

fn a_mix(rehearsal: &Rehearsal, number: u32) -> TextMix {
    let rows = rehearsal.text_rows(0).len();
    TextMix::decode(&rehearsal.files.0[&record::text_mix(0, number)], rows, M).unwrap()
}

fn texts_with(change: impl FnOnce(&mut Texts)) -> MemoryRecord {
    changed(|rehearsal| {
        let mut texts: Texts = rehearsal.object(&record::texts(0));
        change(&mut texts);
        rehearsal.put(&record::texts(0), texts.to_bytes());
    })
}

#[test]
fn names_are_reported() {
    let (rehearsal, ..) = published();
    let texts: Texts = rehearsal.object(&record::texts(0));
    let named = |name: &str, votes| NamedVotes { name: name.into(), votes };
    assert_eq!(texts.names, [named("José Pérez Núñez", 3), named("Ana Nu", 2)]);
    assert_eq!((texts.marked, texts.texts, texts.without_text()), (7, 6, 1));
    assert_eq!((texts.illegible, texts.few_names, texts.few_votes), (0, 1, 1));
    assert_eq!(words(&rehearsal.files), ["disclosed", "sealed", "count_only", "none"]);
    // Without the report, the tally says the same.
    assert_eq!(rehearsal.expected[0][2], 7);
}

#[test]
fn an_order_publishes_or_reserves() {
    let public = ordered("");
    assert_valid(&public.files);
    assert_eq!(words(&public.files), ["disclosed", "disclosed", "count_only", "none"]);
    let reserved = ordered("Sala Superior");
    assert_valid(&reserved.files);
    assert_eq!(words(&reserved.files), ["disclosed", "reserved", "count_only", "none"]);
    assert!(!reserved.files.0.contains_key(&record::texts(1)));
    // What the recipients get verifies by the same rules.
    let mut theirs = reserved;
    let aggregates = theirs.aggregates();
    let results: Results = theirs.object(record::RESULTS);
    theirs.open_texts(1, &aggregates, &results, &QUORUM, &mut rng(305));
    theirs.sums();
    assert_valid(&theirs.files);
    assert_eq!(words(&theirs.files), ["disclosed", "disclosed", "count_only", "none"]);
    let texts: Texts = theirs.object(&record::texts(1));
    assert_eq!(texts.names, [NamedVotes { name: "Eva".into(), votes: 2 }]);
}

/// What anybody encrypts that is not the encoding of a name is counted, and blocks nothing.
#[test]
fn illegible_texts_are_counted() {
    let mut rehearsal = closed();
    let parameters = rehearsal.election().parameters[0].clone();
    let other = group::hash_to_element(&[b"no name"]);
    let written = [
        vec![other, other],
        vec![group::lizard_encode(b"Ana\0\0\0\0\0\0\0\0\0\0\0\0\0"), group::identity()],
        vec![group::identity(), other],
        vec![group::lizard_encode(&[0; 16]), group::lizard_encode(&[0; 16])],
    ];
    let mut ballots = Vec::new();
    for (place, texts) in (0..).zip(written) {
        let [first, second] = rehearsal.expose_halves(0, place);
        let secret = escrutinio_core::secret::SecretScalar::new(first.expose() + second.expose());
        let mut forgery = Forgery::new(&parameters, (0, 0), secret, 2, u64::from(place));
        forgery.base = *rehearsal.election().base(0).unwrap();
        forgery.texts = texts;
        ballots.push(forgery.cast(&mut rng(306)));
    }
    let seal = rehearsal.object(record::SEAL);
    rehearsal.put_seal(&seal);
    for _ in &ballots {
        rehearsal.mark(0, 0, 2);
    }
    rehearsal.close(ballots);
    counted(&mut rehearsal);
    assert_valid(&rehearsal.files);
    let texts: Texts = rehearsal.object(&record::texts(0));
    assert_eq!((texts.marked, texts.texts, texts.illegible, texts.names.len()), (4, 4, 4, 0));
}

/// What a row opens to is no name if it controls a screen or is not in its normal form; what looks
/// like a formula, markup or a candidate is one. Letters of other scripts are no letters of names.
fn hostile() -> Rehearsal {
    let written = [
        "a\u{202e}b",
        "a\u{200b}b",
        "e\u{301}",
        " a",
        "=cmd|' /C calc'!A0",
        "<b>x</b>",
        "Propietaria de Planilla 1",
        "Аna",
    ];
    let mut rehearsal = closed();
    let parameters = rehearsal.election().parameters[0].clone();
    let mut ballots = Vec::new();
    for (place, text) in (0..).zip(written) {
        let [first, second] = rehearsal.expose_halves(0, place);
        let secret = escrutinio_core::secret::SecretScalar::new(first.expose() + second.expose());
        let mut forgery = Forgery::new(&parameters, (0, 0), secret, 2, u64::from(place));
        forgery.base = *rehearsal.election().base(0).unwrap();
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(16 * M, 0);
        forgery.texts = bytes.as_chunks::<16>().0.iter().map(group::lizard_encode).collect();
        ballots.push(forgery.cast(&mut rng(315)));
    }
    let seal = rehearsal.object(record::SEAL);
    rehearsal.put_seal(&seal);
    for _ in &ballots {
        rehearsal.mark(0, 0, 2);
    }
    rehearsal.close(ballots);
    counted(&mut rehearsal);
    rehearsal
}

#[test]
fn hostile_texts_are_names_or_illegible() {
    let rehearsal = hostile();
    assert_valid(&rehearsal.files);
    let texts: Texts = rehearsal.object(&record::texts(0));
    assert_eq!((texts.texts, texts.illegible, texts.few_names, texts.few_votes), (8, 5, 3, 3));
}

/// A publisher who shows what no name may hold, or folds letters that look alike.
#[test]
fn w4_3_hostile_names_shown() {
    let shown = |name: &str, illegible, few| {
        let mut rehearsal = hostile();
        let mut texts: Texts = rehearsal.object(&record::texts(0));
        texts.names.push(NamedVotes { name: name.into(), votes: 2 });
        (texts.illegible, texts.few_names, texts.few_votes) = (illegible, few, few);
        rehearsal.put(&record::texts(0), texts.to_bytes());
        rehearsal.sums();
        rehearsal.files
    };
    for name in ["a\u{202e}b", "a\u{200b}b", "é", "a", "Аna"] {
        assert_only("W4.3", &shown(name, 3, 3));
    }
    assert_only("W4.3", &shown("=cmd|' /C calc'!A0", 5, 1));
}

#[test]
fn contests_with_few_ballots_or_none() {
    for count in [0u32, 1, 2] {
        let mut rehearsal = closed();
        let seal = rehearsal.object(record::SEAL);
        rehearsal.put_seal(&seal);
        let ballots: Vec<_> = (0..count).map(|place| cast(&mut rehearsal, place, 0, Some(Some("Ana")))).collect();
        rehearsal.close(ballots);
        counted(&mut rehearsal);
        assert_valid(&rehearsal.files);
        let texts: Texts = rehearsal.object(&record::texts(0));
        // One voter's name is a receipt: it is pooled.
        assert_eq!((texts.texts, texts.names.len()), (count.into(), usize::from(count == 2)));
    }
}

#[test]
fn w1_1_no_texts_where_the_policy_opens_them() {
    let files = changed(|rehearsal| rehearsal.files.0.retain(|path, _| !path.starts_with("writein/")));
    assert_only("W1.1", &files);
}

#[test]
fn w1_1_a_part_of_the_files() {
    for path in ["writein/mix-000-", "writein/partial-000-", "writein/texts-000"] {
        let files = changed(|rehearsal| rehearsal.files.0.retain(|found, _| !found.starts_with(path)));
        assert_only("W1.1", &files);
    }
}

#[test]
fn w1_1_texts_where_the_policy_counts_only() {
    for contest in [2, 3, 4] {
        let files = changed(|rehearsal| {
            let texts = rehearsal.files.0[&record::texts(0)].clone();
            rehearsal.put(&record::texts(contest), texts);
        });
        assert_only("W1.1", &files);
        let files = changed(|rehearsal| rehearsal.order(contest.min(3), "", &QUORUM));
        assert_only("W1.1", &files);
    }
}

#[test]
fn w1_1_texts_without_an_order() {
    let files = order_changed("", |rehearsal| {
        rehearsal.files.0.remove(&record::text_order(1));
    });
    assert_only("W1.1", &files);
}

#[test]
fn w1_1_an_order_for_another_contest() {
    // Of the contest that opens its texts anyway.
    assert_only("W1.1", &changed(|rehearsal| rehearsal.order(0, "", &QUORUM)));
    // An order that publishes, and nothing published.
    assert_only("W1.1", &changed(|rehearsal| rehearsal.order(1, "", &QUORUM)));
    // A part of what the recipients get.
    let files = order_changed("Sala Superior", |rehearsal| {
        let mix = rehearsal.files.0[&record::text_mix(0, 1)].clone();
        rehearsal.put(&record::text_mix(1, 1), mix);
    });
    assert_only("W1.1", &files);
}

#[test]
fn w1_2_an_order_that_is_not_signed() {
    for quorum in [&[][..], &[1], &[3]] {
        let files = order_changed("", |rehearsal| rehearsal.order(1, "", quorum));
        assert_only("W1.2", &files);
    }
}

#[test]
fn w1_2_an_order_signed_by_another() {
    let files = order_changed("", |rehearsal| {
        let path = record::text_order(1);
        let mut bytes = rehearsal.files.0[&path].clone();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        rehearsal.put(&path, bytes);
    });
    assert_only("W1.2", &files);
}

#[test]
fn w1_2_another_election_contest_or_time() {
    let files = order_changed("", |rehearsal| {
        let mut content = rehearsal.order_content(1, "");
        content.election_id = ElectionId([9; 32]);
        rehearsal.sign_order(content, &QUORUM);
    });
    assert_only("W1.2", &files);
    let files = order_changed("", |rehearsal| {
        let mut content = rehearsal.order_content(1, "");
        content.at -= 1;
        rehearsal.sign_order(content, &QUORUM);
    });
    assert_only("W1.2", &files);
    let files = order_changed("", |rehearsal| {
        rehearsal.order(0, "", &QUORUM);
        let order = rehearsal.files.0.remove(&record::text_order(0)).unwrap();
        rehearsal.put(&record::text_order(1), order);
    });
    assert_only("W1.2", &files);
    let files = order_changed("Sala", |rehearsal| rehearsal.put(&record::text_order(1), vec![0; 9000]));
    assert_only("W1.2", &files);
}

#[test]
fn honest_chains_are_valid() {
    let records = [
        with_chain(|r| chain(r, &r.text_rows(0), &[(1, 1), (2, 3)])),
        with_chain(|r| chain(r, &r.text_rows(0), &[(1, 3), (2, 2)])),
        with_chain(|r| chain(r, &r.text_rows(0), &[(1, 3), (2, 2), (3, 1)])),
    ];
    for files in records {
        assert_valid(&files);
    }
}

#[test]
fn w2_1_the_same_mixer_twice() {
    assert_only("W2.1", &with_chain(|r| chain(r, &r.text_rows(0), &[(1, 1), (2, 1)])));
}

#[test]
fn w2_1_fewer_mixes_than_custodians_decrypt() {
    assert_only("W2.1", &with_chain(|r| chain(r, &r.text_rows(0), &[(1, 1)])));
}

#[test]
fn w2_1_the_mixes_in_another_order() {
    // Each says its own number.
    assert_only("W2.1", &with_chain(|r| chain(r, &r.text_rows(0), &[(1, 1), (3, 3)])));
    let files = changed(|rehearsal| {
        let [first, second] = [1, 2].map(|number| rehearsal.files.0[&record::text_mix(0, number)].clone());
        rehearsal.put(&record::text_mix(0, 1), second);
        rehearsal.put(&record::text_mix(0, 2), first);
    });
    assert_only("W2.1", &files);
}

#[test]
fn w2_1_a_gap_in_the_numbers() {
    let files = changed(|rehearsal| {
        let first = rehearsal.files.0.remove(&record::text_mix(0, 1)).unwrap();
        rehearsal.put(&record::text_mix(0, 3), first);
    });
    assert_only("W2.1", &files);
}

#[test]
fn w2_1_another_election_contest_or_custodian() {
    let label = "text-mix";
    for at in [8, 40, 44] {
        let files = changed(|r| resigned(r, label, &record::text_mix(0, 1), 1, |bytes| bytes[at] ^= 1));
        assert_only("W2.1", &files);
    }
    let files = changed(|r| resigned(r, label, &record::text_mix(0, 1), 1, |bytes| bytes[48] = 5));
    assert_only("W2.1", &files);
}

#[test]
fn w2_1_a_row_left_out_or_added() {
    let left_out = with_chain(|r| {
        let rows = other_rows(r, |points| points.truncate(points.len() - (M + 1)));
        chain(r, &rows, &[(1, 1), (2, 3)])
    });
    assert_only("W2.1", &left_out);
    let added = with_chain(|r| {
        let rows = other_rows(r, |points| {
            let row = |n: u8| group::compress(&group::hash_to_element(&[b"added", &[n]]));
            points.extend([row(0), row(1), row(2)]);
        });
        chain(r, &rows, &[(1, 1), (2, 3)])
    });
    assert_only("W2.1", &added);
    // Dropped after the first mix, and twice the same one.
    let dropped = with_chain(|r| {
        let mut mixes = chain(r, &r.text_rows(0), &[(1, 1)]);
        let points = mixes[0].rows.points();
        let rows = Rows::from_points(M, points[..points.len() - (M + 1)].to_vec()).unwrap();
        mixes.extend(chain(r, &rows, &[(2, 3)]));
        mixes
    });
    assert_only("W2.1", &dropped);
}

#[test]
fn w2_1_rows_out_of_order_or_not_canonical() {
    let path = record::text_mix(0, 1);
    let row = 32 * (M + 1);
    let swapped = changed(|r| {
        resigned(r, "text-mix", &path, 1, |bytes| {
            let (first, second) = bytes[60..].split_at_mut(row);
            first.swap_with_slice(&mut second[..row]);
        });
    });
    assert_only("W2.1", &swapped);
    let twice = changed(|r| {
        resigned(r, "text-mix", &path, 1, |bytes| {
            let first = bytes[60..60 + row].to_vec();
            bytes[60 + row..60 + 2 * row].copy_from_slice(&first);
        });
    });
    assert_only("W2.1", &twice);
    // An A, a text, and a commitment of the proof; A as the identity.
    let proof = 60 + row * 8;
    for at in [60, 92, proof, proof + 32 * 16] {
        let files = changed(|r| resigned(r, "text-mix", &path, 1, |bytes| bytes[at..at + 32].fill(0xff)));
        assert_only("W2.1", &files);
    }
    let identity = changed(|r| resigned(r, "text-mix", &path, 1, |bytes| bytes[60..92].fill(0)));
    assert_only("W2.1", &identity);
}

#[test]
fn w2_1_another_width() {
    let files = with_chain(|r| {
        let rows = r.text_rows(0);
        let narrow: Vec<_> = rows.iter().flat_map(|row| row[..2].to_vec()).collect();
        let narrow = Rows::from_points(1, narrow).unwrap();
        let place = MixPlace { election_id: r.election().election_id, contest: 0, number: 1, index: custodian(1) };
        let generators = escrutinio_core::proof::shuffle::ShuffleGenerators::new(8);
        let keys = &r.election().parameters[0].text_keys[..1];
        let mut mixes =
            vec![TextMix::mix(&place, &narrow, keys, &generators, r.custodian(1).0, &mut rng(307)).unwrap()];
        mixes.extend(chain(r, &rows, &[(2, 3)]));
        mixes
    });
    assert_only("W2.1", &files);
}

#[test]
fn w2_2_a_signature_of_another() {
    let files = changed(|r| resigned(r, "text-mix", &record::text_mix(0, 1), 3, |_| {}));
    assert_only("W2.2", &files);
    let files = changed(|r| resigned(r, "text-partial", &record::text_mix(0, 1), 1, |_| {}));
    assert_only("W2.2", &files);
}

/// Mixes that the custodian can prove, but under nonces that it tells.
fn under(rehearsal: &Rehearsal, rows: &Rows, (number, index): (u32, u32), nonce: impl Fn(usize) -> Scalar) -> TextMix {
    let election = rehearsal.election();
    let place = MixPlace { election_id: election.election_id, contest: 0, number, index: custodian(index) };
    let nonces: Vec<Scalar> = (0..rows.len()).map(nonce).collect();
    let key = rehearsal.custodian(index).0;
    TextMix::mix_under(&place, rows, &election.parameters[0].text_keys, &nonces, key, &mut rng(308)).unwrap()
}

/// Proved, and yet everybody sees which row went where.
#[test]
fn w2_3_a_mix_that_only_permutes() {
    for bare in [1, 2] {
        let files = with_chain(|r| {
            let mut rows = r.text_rows(0);
            let mut mixes = Vec::new();
            for (number, index) in [(1, 1), (2, 3)] {
                let nonce = |row: usize| if number == bare { Scalar::ZERO } else { Scalar::from(row as u64 + 7) };
                let mix = under(r, &rows, (number, index), nonce);
                rows = mix.rows.clone();
                mixes.push(mix);
            }
            mixes
        });
        let culprit = assert_only("W2.3", &files);
        assert!(culprit.contains(&format!("mix-000-0{bare}")), "{culprit}");
    }
}

#[test]
fn w2_3_one_row_is_not_encrypted_anew() {
    let files = with_chain(|r| {
        let rows = r.text_rows(0);
        let first = under(r, &rows, (1, 1), |row| Scalar::from(row as u64));
        let second = chain(r, &first.rows, &[(2, 3)]);
        [vec![first], second].concat()
    });
    assert_only("W2.3", &files);
}

/// One point added to several components hides none of their differences (F4 of
/// `spec/shuffle-security.md`).
#[test]
fn w2_3_the_same_point_added_to_every_component() {
    let files = with_chain(|r| {
        let mut mixes = chain(r, &r.text_rows(0), &[(1, 1), (2, 3)]);
        let mut moved: Vec<Vec<[u8; 32]>> = r
            .text_rows(0)
            .iter()
            .zip(0u64..)
            .map(|(row, n)| {
                let by = group::mul_generator(&Scalar::from(n + 5));
                row.iter().map(|point| group::compress(&(group::decompress(point).unwrap() + by))).collect()
            })
            .collect();
        moved.sort_unstable();
        mixes[0].rows = Rows::from_points(M, moved.concat()).unwrap();
        mixes
    });
    let mut rehearsal = published().0;
    rehearsal.files = files;
    resigned(&mut rehearsal, "text-mix", &record::text_mix(0, 1), 1, |_| {});
    rehearsal.sums();
    assert_only("W2.3", &rehearsal.files);
}

#[test]
fn w2_4_other_rows_than_the_accepted_ballots() {
    // One ballot in the place of another.
    let files = with_chain(|r| {
        let rows = other_rows(r, |points| {
            let (a, t) = (group::hash_to_element(&[b"a"]), group::hash_to_element(&[b"t"]));
            points[0] = group::compress(&a);
            points[1] = group::compress(&t);
        });
        chain(r, &rows, &[(1, 1), (2, 3)])
    });
    assert_only("W2.4", &files);
    // The second mixer takes the board, not the first mix.
    let files = with_chain(|r| {
        let rows = r.text_rows(0);
        [chain(r, &rows, &[(1, 1)]), chain(r, &rows, &[(2, 3)])].concat()
    });
    assert_only("W2.4", &files);
}

#[test]
fn w2_4_outputs_replaced_or_doubled() {
    let replaced = with_chain(|r| {
        let mut mixes = chain(r, &r.text_rows(0), &[(1, 1), (2, 3)]);
        let mut points = mixes[1].rows.points().to_vec();
        points[1] = group::compress(&group::hash_to_element(&[b"t"]));
        mixes[1].rows = Rows::from_points(M, points).unwrap();
        mixes
    });
    let mut rehearsal = published().0;
    rehearsal.files = replaced;
    resigned(&mut rehearsal, "text-mix", &record::text_mix(0, 2), 3, |_| {});
    rehearsal.sums();
    assert_only("W2.4", &rehearsal.files);

    // One vote twice, under other nonces, in the place of another vote.
    let doubled = with_chain(|r| {
        let rows = r.text_rows(0);
        let keys = &r.election().parameters[0].text_keys;
        let nonce = Scalar::from(99u8);
        let twice = other_rows(r, |points| {
            let row: Vec<_> = points[..=M].iter().map(|point| group::decompress(point).unwrap()).collect();
            points[M + 1] = group::compress(&(row[0] + group::mul_generator(&nonce)));
            for k in 0..M {
                points[M + 2 + k] = group::compress(&(row[k + 1] + keys[k].element * nonce));
            }
        });
        assert_eq!(twice.len(), rows.len());
        chain(r, &twice, &[(1, 1), (2, 3)])
    });
    assert_only("W2.4", &doubled);
}

#[test]
fn w2_4_under_another_key() {
    let files = with_chain(|r| {
        let rows = r.text_rows(0);
        let mut keys = r.election().parameters[0].text_keys.clone();
        keys.reverse();
        let place = MixPlace { election_id: r.election().election_id, contest: 0, number: 1, index: custodian(1) };
        let generators = escrutinio_core::proof::shuffle::ShuffleGenerators::new(8);
        let mixed = TextMix::mix(&place, &rows, &keys, &generators, r.custodian(1).0, &mut rng(309)).unwrap();
        let second = chain(r, &mixed.rows, &[(2, 3)]);
        [vec![mixed], second].concat()
    });
    assert_only("W2.4", &files);
}

/// Commitments under generators whose logarithms the mixer knows bind it to nothing.
#[test]
fn w2_4_generators_that_the_mixer_chose() {
    let known: Vec<_> = (2..10u64).map(|log| group::mul_generator(&Scalar::from(log))).collect();
    let hashed: Vec<_> = (0..8u8).map(|i| group::hash_to_element(&[b"the mixer's", &[i]])).collect();
    for own in [known, hashed] {
        let files = with_chain(|r| {
            let rows = r.text_rows(0);
            let place = MixPlace { election_id: r.election().election_id, contest: 0, number: 1, index: custodian(1) };
            let generators = escrutinio_core::proof::shuffle::ShuffleGenerators::of_prover(&own);
            let keys = &r.election().parameters[0].text_keys;
            let mixed = TextMix::mix(&place, &rows, keys, &generators, r.custodian(1).0, &mut rng(313)).unwrap();
            let second = chain(r, &mixed.rows, &[(2, 3)]);
            [vec![mixed], second].concat()
        });
        assert_only("W2.4", &files);
    }
}

/// Another custodian's mix of the same rows under one's own name.
#[test]
fn w2_4_the_mix_of_a_colleague() {
    let files = changed(|r| {
        let rows = r.text_rows(0);
        let theirs = r.mix_texts(0, 1, 2, &rows, &mut rng(314)).unwrap().to_bytes();
        r.put(&record::text_mix(0, 1), theirs);
        resigned(r, "text-mix", &record::text_mix(0, 1), 1, |bytes| bytes[48] = 1);
    });
    assert_only("W2.4", &files);
}

#[test]
fn w2_4_a_changed_proof() {
    // A response, and the last string.
    let files = changed(|r| {
        resigned(r, "text-mix", &record::text_mix(0, 1), 1, |bytes| {
            let last = bytes.len() - 64 - 32;
            bytes[last] ^= 1;
        });
    });
    assert_only("W2.4", &files);
    // The proof of another place in the chain.
    let files = changed(|r| {
        let rows = r.text_rows(0);
        let moved = r.mix_texts(0, 2, 1, &rows, &mut rng(310)).unwrap().to_bytes();
        r.put(&record::text_mix(0, 1), moved);
        resigned(r, "text-mix", &record::text_mix(0, 1), 1, |bytes| bytes[44] = 1);
    });
    assert_only("W2.4", &files);
}

#[test]
fn w3_1_another_election_contest_or_custodian() {
    for at in [8, 40, 44] {
        let path = record::text_partial(0, 1);
        let files = changed(|r| resigned(r, "text-partial", &path, 1, |bytes| bytes[at] ^= 2));
        assert_only("W3.1", &files);
    }
    let files = changed(|rehearsal| {
        let third = rehearsal.files.0[&record::text_partial(0, 3)].clone();
        rehearsal.put(&record::text_partial(0, 1), third);
    });
    assert_only("W3.1", &files);
    // Whole partials of another contest: of other rows.
    let mut rehearsal = ordered("");
    let other = rehearsal.files.0[&record::text_partial(1, 1)].clone();
    rehearsal.put(&record::text_partial(0, 1), other);
    rehearsal.sums();
    assert_only("W3.1", &rehearsal.files);
}

#[test]
fn w3_1_too_few_or_a_row_fewer() {
    let files = changed(|rehearsal| {
        rehearsal.files.0.remove(&record::text_partial(0, 3));
    });
    assert_only("W3.1", &files);
    let files = changed(|rehearsal| {
        rehearsal.files.0.get_mut(&record::text_partial(0, 3)).unwrap().truncate(400);
    });
    assert_only("W3.1", &files);
    let files = changed(|r| resigned(r, "text-partial", &record::text_partial(0, 1), 1, |bytes| bytes[48] -= 1));
    assert_only("W3.1", &files);
    let files =
        changed(|r| resigned(r, "text-partial", &record::text_partial(0, 1), 1, |bytes| bytes[56..88].fill(255)));
    assert_only("W3.1", &files);
}

#[test]
fn w3_2_a_signature_of_another() {
    let files = changed(|r| resigned(r, "text-partial", &record::text_partial(0, 1), 3, |_| {}));
    assert_only("W3.2", &files);
}

#[test]
fn w3_3_decryptions_of_other_rows() {
    // D of one row in the place of another's.
    let files = changed(|r| {
        resigned(r, "text-partial", &record::text_partial(0, 1), 1, |bytes| {
            let (first, second) = bytes[56..].split_at_mut(32 * M);
            first.swap_with_slice(&mut second[..32 * M]);
        });
    });
    assert_only("W3.3", &files);
    // A whole partial for the rows of the mix before.
    let files = changed(|r| {
        let before = a_mix(r, 1).rows;
        let (key, share) = r.custodian(1);
        let first = r.manifest.slots().options;
        let election_id = r.election().election_id;
        let partial = TextPartial::decrypt(election_id, 0, &before, (share, first), key, &mut rng(311));
        r.put(&record::text_partial(0, 1), partial.to_bytes());
    });
    assert_only("W3.3", &files);
}

#[test]
fn w3_3_a_changed_response_or_another_key() {
    let files = changed(|r| {
        resigned(r, "text-partial", &record::text_partial(0, 1), 1, |bytes| {
            let last = bytes.len() - 64 - 32;
            bytes[last] ^= 1;
        });
    });
    assert_only("W3.3", &files);
    // With the option's shares.
    let files = changed(|r| {
        let rows = a_mix(r, 2).rows;
        let (key, share) = r.custodian(1);
        let election_id = r.election().election_id;
        let partial = TextPartial::decrypt(election_id, 0, &rows, (share, 0), key, &mut rng(312));
        r.put(&record::text_partial(0, 1), partial.to_bytes());
    });
    assert_only("W3.3", &files);
}

#[test]
fn w4_1_another_election_or_contest() {
    assert_only("W4.1", &texts_with(|texts| texts.contest = 1));
    assert_only("W4.1", &texts_with(|texts| texts.election_id.0[3] ^= 1));
    let files = changed(|rehearsal| rehearsal.files.0.get_mut(&record::texts(0)).unwrap().push(0));
    assert_only("W4.1", &files);
}

#[test]
fn w4_3_other_names_or_numbers() {
    let named = |name: &str, votes| NamedVotes { name: name.into(), votes };
    assert_only("W4.3", &texts_with(|texts| texts.names.push(named("Otra", 2))));
    assert_only("W4.3", &texts_with(|texts| drop(texts.names.pop())));
    assert_only("W4.3", &texts_with(|texts| texts.names.swap(0, 1)));
    assert_only("W4.3", &texts_with(|texts| texts.names[0].votes -= 1));
    assert_only("W4.3", &texts_with(|texts| texts.marked += 1));
    assert_only("W4.3", &texts_with(|texts| texts.texts -= 1));
    assert_only("W4.3", &texts_with(|texts| texts.illegible += 1));
    // Another spelling, and the fold itself.
    assert_only("W4.3", &texts_with(|texts| texts.names[0].name = "JOSE PEREZ NUÑEZ".into()));
}

#[test]
fn w4_3_wrong_pooling() {
    // The name of one voter by itself.
    assert_only(
        "W4.3",
        &texts_with(|texts| {
            texts.names.push(NamedVotes { name: "Ana Ñu".into(), votes: 1 });
            (texts.few_names, texts.few_votes) = (0, 0);
        }),
    );
    // N with tilde taken for N.
    assert_only(
        "W4.3",
        &texts_with(|texts| {
            texts.names[1].votes += 1;
            (texts.few_names, texts.few_votes) = (0, 0);
        }),
    );
    assert_only("W4.3", &texts_with(|texts| texts.few_votes += 1));
    assert_only("W4.3", &texts_with(|texts| texts.few_names += 1));
}

/// A file for every check that comes first, whatever fails later.
#[test]
fn the_first_check_in_their_order_is_named() {
    let files = changed(|r| {
        // W2.4 in the first mix, W2.2 in the second.
        resigned(r, "text-mix", &record::text_mix(0, 1), 1, |bytes| {
            let last = bytes.len() - 64 - 32;
            bytes[last] ^= 1;
        });
        resigned(r, "text-mix", &record::text_mix(0, 2), 1, |_| {});
    });
    assert_only("W2.2", &files);
}
