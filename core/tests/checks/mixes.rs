//! C4: credential mixes.

use escrutinio_core::credential::{CredentialLists, CredentialMix, HalfList, mix_generators, pool};
use escrutinio_core::encoding::{Decode, Encode, put_header};
use escrutinio_core::group::{self, ElementBytes, Scalar};
use escrutinio_core::ids::RollId;
use escrutinio_core::point::Point;
use escrutinio_core::proof::shuffle::{ShuffleGenerators, ShuffledKeys, shuffle_keys};
use escrutinio_core::record;
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::transcript::Position;

use crate::fixture::{LISTS, assert_only, custodian, published, reseal_and_finish, rng, sealed};

/// What goes into a mix.
fn before(rehearsal: &Rehearsal, number: u32) -> CredentialLists {
    if number == 1 {
        let half = |path| rehearsal.object::<HalfList>(path);
        return pool(&half(record::REGISTRAR), &half(record::SERVER)).unwrap();
    }
    rehearsal.object::<CredentialMix>(&record::mix(number - 1)).into_lists()
}

/// Where the proof of a list of [`LISTS`] should stand.
fn position(list: usize, number: u32, index: u32) -> Position {
    let (style, unit) = LISTS[list];
    Position { style: Some(style), unit: Some(unit), role: Some(number), index: Some(index), contest: None }
}

/// A mix whose author writes what he likes.
struct Forged {
    roll_id: RollId,
    number: u32,
    index: u32,
    lists: Vec<ShuffledKeys>,
    /// Who signs, from 1.
    signer: u32,
}

impl Forged {
    /// An honest mix by a custodian.
    fn of(rehearsal: &Rehearsal, number: u32, index: u32) -> Self {
        let mut forged = Self { roll_id: rehearsal.roll_id(), number, index, lists: Vec::new(), signer: index };
        forged.shuffle(&before(rehearsal, number));
        forged
    }

    /// Shuffles and proves, in his own name and place.
    fn shuffle(&mut self, before: &CredentialLists) {
        self.lists = (0..before.lists().len())
            .map(|list| self.list(before, list, position(list, self.number, self.index), Scalar::from(7u64)))
            .collect();
    }

    /// One list raised to a power and proved in some place.
    fn list(&self, before: &CredentialLists, list: usize, at: Position, power: Scalar) -> ShuffledKeys {
        let (base, keys) = (before.lists()[list].base(), before.lists()[list].keys());
        shuffled(&self.roll_id, at, base, keys, power)
    }

    fn file(&self, rehearsal: &Rehearsal) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_header(&mut bytes, *b"EMIX");
        self.roll_id.encode(&mut bytes);
        self.number.encode(&mut bytes);
        self.index.encode(&mut bytes);
        (self.lists.len() as u64).encode(&mut bytes);
        for list in &self.lists {
            list.base.encode(&mut bytes);
            list.keys.encode(&mut bytes);
            list.proof.encode(&mut bytes);
        }
        let key = &rehearsal.keys.custodians[self.signer as usize - 1];
        key.sign("credential-mix", &[&bytes]).encode(&mut bytes);
        bytes
    }
}

fn shuffled(roll_id: &RollId, at: Position, base: &Point, keys: &[ElementBytes], power: Scalar) -> ShuffledKeys {
    let generators = ShuffleGenerators::new(8);
    shuffle_keys(roll_id.as_bytes(), at, &generators, base, keys, &SecretScalar::new(power), &mut rng(40)).unwrap()
}

/// Mix 2 is forged. The mix behind it, where it can be, lists and seal follow it.
fn with_mix(change: impl FnOnce(&Rehearsal, &mut Forged)) -> Rehearsal {
    let mut rehearsal = sealed();
    let mut forged = Forged::of(&rehearsal, 2, 2);
    change(&rehearsal, &mut forged);
    let file = forged.file(&rehearsal);
    with_file(&mut rehearsal, file);
    reseal_and_finish(rehearsal)
}

/// Writes a file for mix 2; mix 3 and the lists follow it, where it decodes.
fn with_file(rehearsal: &mut Rehearsal, file: Vec<u8>) {
    let mixed = CredentialMix::from_bytes(&file);
    rehearsal.put(&record::mix(2), file);
    let Ok(mixed) = mixed else { return };
    let lists = mixed.into_lists();
    let signer = (custodian(3), &rehearsal.keys.custodians[2]);
    let (generators, at) = (mix_generators(&lists), &rehearsal.manifest.lists);
    if let Ok(last) = CredentialMix::make(&lists, at, &generators, signer, &mut rng(41), &mut |_| {}) {
        rehearsal.put(&record::mix(3), last.to_bytes());
        rehearsal.put(record::LISTS, last.into_lists().to_bytes());
    }
}

/// The forger of these tests is taken for an honest custodian where he writes nothing wrong.
#[test]
fn an_honest_mix_by_other_means_holds() {
    let mut rehearsal = sealed();
    let file = Forged::of(&rehearsal, 2, 2).file(&rehearsal);
    with_file(&mut rehearsal, file);
    rehearsal.reseal();
    let (report, election) = escrutinio_core::verify::sealed(&rehearsal.files, &mut rng(42), &mut ()).unwrap();
    assert!(election.is_some(), "{:#?}", report.checks());
    assert_eq!(report.mixes, 3);
}

#[test]
fn c4_1_a_mix_that_the_manifest_does_not_ask_for() {
    let mut rehearsal = sealed();
    let lists = before(&rehearsal, 4);
    let signer = (custodian(4), &rehearsal.keys.custodians[3]);
    let mix = CredentialMix::make(
        &lists,
        &rehearsal.manifest.lists,
        &mix_generators(&lists),
        signer,
        &mut rng(43),
        &mut |_| {},
    )
    .unwrap();
    rehearsal.put(&record::mix(4), mix.to_bytes());
    rehearsal.put(record::LISTS, mix.into_lists().to_bytes());
    let culprit = assert_only("C4.1", &reseal_and_finish(rehearsal).files);
    assert!(culprit.contains(&record::mix(4)), "{culprit}");
}

#[test]
fn c4_1_a_mix_left_out() {
    for number in 1..=3 {
        let mut rehearsal = sealed();
        rehearsal.files.0.remove(&record::mix(number));
        let culprit = assert_only("C4.1", &reseal_and_finish(rehearsal).files);
        assert!(culprit.contains(&record::mix(number)), "{culprit}");
    }
}

#[test]
fn c4_1_two_mixes_exchanged() {
    let mut rehearsal = sealed();
    let [one, two] = [1, 2].map(|number| rehearsal.files.0[&record::mix(number)].clone());
    rehearsal.put(&record::mix(1), two);
    rehearsal.put(&record::mix(2), one);
    assert_only("C4.1", &reseal_and_finish(rehearsal).files);
}

/// One custodian who mixes twice is one who knows the order of two mixes.
#[test]
fn c4_1_a_custodian_who_mixes_twice() {
    for again in [1, 3] {
        let twice = with_mix(|rehearsal, forged| *forged = Forged::of(rehearsal, 2, again));
        let culprit = assert_only("C4.1", &twice.files);
        assert!(culprit.contains(&format!("custodian {again}")), "{culprit}");
    }
}

#[test]
fn c4_1_a_mix_by_no_custodian() {
    let stranger = with_mix(|rehearsal, forged| {
        (forged.index, forged.signer) = (6, 5);
        forged.shuffle(&before(rehearsal, 2));
    });
    assert_only("C4.1", &stranger.files);
}

#[test]
fn c4_1_a_mix_of_another_roll() {
    let other = with_mix(|rehearsal, forged| {
        forged.roll_id = RollId([1; 32]);
        forged.shuffle(&before(rehearsal, 2));
    });
    assert_only("C4.1", &other.files);
}

#[test]
fn c4_1_a_mix_that_says_another_number() {
    let other = with_mix(|rehearsal, forged| {
        forged.number = 3;
        forged.shuffle(&before(rehearsal, 2));
    });
    assert_only("C4.1", &other.files);
}

#[test]
fn c4_1_a_key_dropped() {
    let dropped = with_mix(|rehearsal, forged| {
        let before = before(rehearsal, 2);
        let (base, keys) = (before.lists()[0].base(), before.lists()[0].keys());
        forged.lists[0] = shuffled(&forged.roll_id, position(0, 2, 2), base, &keys[1..], Scalar::from(7u64));
    });
    assert_only("C4.1", &dropped.files);
}

#[test]
fn c4_1_a_key_of_nobody_more() {
    let more = with_mix(|rehearsal, forged| {
        let before = before(rehearsal, 2);
        let (base, mut keys) = (before.lists()[0].base(), before.lists()[0].keys().to_vec());
        keys.push(group::compress(&group::mul_generator(&Scalar::from(9u64))));
        forged.lists[0] = shuffled(&forged.roll_id, position(0, 2, 2), base, &keys, Scalar::from(7u64));
    });
    assert_only("C4.1", &more.files);
}

#[test]
fn c4_1_a_list_left_out() {
    assert_only("C4.1", &with_mix(|_, forged| drop(forged.lists.pop())).files);
}

#[test]
fn c4_1_a_key_in_the_place_of_another() {
    assert_only("C4.1", &with_mix(|_, forged| forged.lists[0].keys[1] = forged.lists[0].keys[0]).files);
}

/// An order that its author chose could tell whose key stands where.
#[test]
fn c4_1_keys_in_another_order() {
    assert_only("C4.1", &with_mix(|_, forged| forged.lists[3].keys.swap(0, 1)).files);
}

#[test]
fn c4_1_the_identity_among_keys_and_for_a_base() {
    assert_only("C4.1", &with_mix(|_, forged| forged.lists[0].keys[0] = [0; 32]).files);
    let base = with_mix(|_, forged| forged.lists[1].base = Point::new(group::identity()));
    assert_only("C4.1", &base.files);
}

#[test]
fn c4_1_strings_that_are_no_points_or_scalars() {
    let rehearsal = sealed();
    let file = &rehearsal.files.0[&record::mix(2)];
    // Header, base and length; then the keys, and the proof behind them: C, D, five announced, z.
    let keys = 8 + 32 + 4 + 4 + 8 + 32 + 8;
    let (n, proof) = (4, keys + 4 * 32);
    for at in [keys + 32, proof, proof + 32 * n, proof + 64 * n, proof + 64 * n + 4 * 32] {
        let mut rehearsal = sealed();
        let mut file = file.clone();
        file[at..at + 32].fill(0xff);
        rehearsal.put(&record::mix(2), file);
        assert_only("C4.1", &reseal_and_finish(rehearsal).files);
    }
}

#[test]
fn c4_1_a_byte_more_or_less() {
    let (mut more, mut less) = (published(), published());
    more.files.0.get_mut(&record::mix(3)).unwrap().push(0);
    less.files.0.get_mut(&record::mix(1)).unwrap().pop();
    for mut rehearsal in [more, less] {
        rehearsal.sums();
        assert_only("C4.1", &rehearsal.files);
    }
}

/// What does not decode comes before what does not hold, in whatever mix it stands.
#[test]
fn c4_1_comes_before_an_earlier_mix_that_does_not_hold() {
    let mut rehearsal = with_mix(|_, forged| forged.signer = 1);
    rehearsal.files.0.get_mut(&record::mix(3)).unwrap().push(0);
    assert_only("C4.1", &reseal_and_finish(rehearsal).files);
}

#[test]
fn c4_2_a_mix_that_another_custodian_signed() {
    let culprit = assert_only("C4.2", &with_mix(|_, forged| forged.signer = 4).files);
    assert!(culprit.contains("custodian 2"), "{culprit}");
}

#[test]
fn c4_3_a_voters_key_replaced_by_one_of_the_mixers() {
    let replaced = with_mix(|_, forged| {
        forged.lists[0].keys[1] = group::compress(&group::mul_generator(&Scalar::from(9u64)));
        forged.lists[0].keys.sort_unstable();
    });
    let culprit = assert_only("C4.3", &replaced.files);
    assert!(culprit.contains("custodian 2") && culprit.contains("list 0"), "{culprit}");
}

/// The proof is of a list with the mixer's own key in the voter's place.
#[test]
fn c4_3_a_key_replaced_before_the_proof() {
    let replaced = with_mix(|rehearsal, forged| {
        let before = before(rehearsal, 2);
        let (base, mut keys) = (before.lists()[0].base(), before.lists()[0].keys().to_vec());
        keys[0] = group::compress(&group::mul_generator(&Scalar::from(9u64)));
        forged.lists[0] = shuffled(&forged.roll_id, position(0, 2, 2), base, &keys, Scalar::from(7u64));
    });
    assert_only("C4.3", &replaced.files);
}

/// Two voters of different lists change their places.
#[test]
fn c4_3_two_voters_in_each_others_list() {
    let moved = with_mix(|rehearsal, forged| {
        let before = before(rehearsal, 2);
        let keys = |list: usize| before.lists()[list].keys().to_vec();
        let (mut first, mut second) = (keys(0), keys(1));
        core::mem::swap(&mut first[0], &mut second[0]);
        for (list, keys) in [(0, first), (1, second)] {
            let base = before.lists()[list].base();
            forged.lists[list] = shuffled(&forged.roll_id, position(list, 2, 2), base, &keys, Scalar::from(7u64));
        }
    });
    assert_only("C4.3", &moved.files);
}

/// Nobody could vote under this base, or only whoever knows both powers.
#[test]
fn c4_3_keys_and_base_with_different_powers() {
    let base = with_mix(|_, forged| {
        let base = forged.lists[2].base;
        forged.lists[2].base = Point::new(base.element + base.element);
    });
    assert_only("C4.3", &base.files);
}

#[test]
fn c4_3_keys_that_have_not_changed() {
    let same = with_mix(|rehearsal, forged| {
        let before = before(rehearsal, 2);
        forged.lists[1] = forged.list(&before, 1, position(1, 2, 2), Scalar::ONE);
    });
    let culprit = assert_only("C4.3", &same.files);
    assert!(culprit.contains("has not changed"), "{culprit}");
}

#[test]
fn c4_3_a_proof_from_another_place() {
    // Of another list, of another mix, of another custodian.
    for at in [position(1, 2, 2), position(0, 1, 2), position(0, 2, 3)] {
        let other = with_mix(|rehearsal, forged| {
            forged.lists[0] = forged.list(&before(rehearsal, 2), 0, at, Scalar::from(7u64));
        });
        assert_only("C4.3", &other.files);
    }
}

#[test]
fn c4_3_a_proof_of_another_roll() {
    let other = with_mix(|rehearsal, forged| {
        let before = before(rehearsal, 2);
        let (base, keys) = (before.lists()[0].base(), before.lists()[0].keys());
        forged.lists[0] = shuffled(&RollId([1; 32]), position(0, 2, 2), base, keys, Scalar::from(7u64));
    });
    assert_only("C4.3", &other.files);
}

/// The pool again instead of what the first custodian made of it: the first mix is undone.
#[test]
fn c4_3_a_mix_of_what_went_into_the_one_before() {
    let skipped = with_mix(|rehearsal, forged| forged.shuffle(&before(rehearsal, 1)));
    assert_only("C4.3", &skipped.files);
}

/// Voters of two lists, and all who mixed, make their keys meet: one of the two would bar the other.
#[test]
fn c5_2_two_lists_that_meet_in_a_key() {
    let mut rehearsal = sealed();
    let secret = |list| -> Scalar { rehearsal.expose_halves(list, 0).iter().map(SecretScalar::expose).sum() };
    let (one, other) = (secret(0), secret(1));
    // What went in is [p]G and [p']G, and [p s]G and [p' s']G among the keys: powers that all who mixed know.
    let mut forged = Forged { roll_id: rehearsal.roll_id(), number: 1, index: 1, lists: Vec::new(), signer: 1 };
    let lists = before(&rehearsal, 1);
    forged.lists = (0..lists.lists().len())
        .map(|list| {
            let power = if list == 1 { one * other.invert() } else { Scalar::ONE };
            forged.list(&lists, list, position(list, 1, 1), power * Scalar::from(7u64))
        })
        .collect();
    rehearsal.put(&record::mix(1), forged.file(&rehearsal));
    for number in 2..=3 {
        let before = before(&rehearsal, number);
        let mut next =
            Forged { roll_id: rehearsal.roll_id(), number, index: number, lists: Vec::new(), signer: number };
        next.shuffle(&before);
        rehearsal.put(&record::mix(number), next.file(&rehearsal));
    }
    let last = rehearsal.object::<CredentialMix>(&record::mix(3)).into_lists();
    rehearsal.put(record::LISTS, last.to_bytes());
    let culprit = assert_only("C5.2", &reseal_and_finish(rehearsal).files);
    assert!(culprit.contains("share the key"), "{culprit}");
}

/// Commitments under generators whose logarithms the mixer knows bind him to nothing, and the
/// transcript would not tell. Here he does not even cheat with them.
#[test]
fn c4_3_generators_that_the_mixer_chose() {
    let known: Vec<_> = (2..10u64).map(|log| group::mul_generator(&Scalar::from(log))).collect();
    let hashed: Vec<_> = (0..8u8).map(|i| group::hash_to_element(&[b"the mixer's", &[i]])).collect();
    for own in [known, hashed] {
        let mixed = with_mix(|rehearsal, forged| {
            let before = before(rehearsal, 2);
            let (base, keys) = (before.lists()[0].base(), before.lists()[0].keys());
            let (at, generators) = (position(0, 2, 2), ShuffleGenerators::of_prover(&own));
            let power = SecretScalar::new(Scalar::from(7u64));
            let roll_id = forged.roll_id.as_bytes();
            forged.lists[0] = shuffle_keys(roll_id, at, &generators, base, keys, &power, &mut rng(44)).unwrap();
        });
        assert_only("C4.3", &mixed.files);
    }
}

/// A proof by another custodian for the same keys, base and place.
#[test]
fn c4_3_the_proof_of_a_colleague() {
    let copied = with_mix(|rehearsal, forged| {
        forged.lists = Forged::of(rehearsal, 2, 4).lists;
    });
    assert_only("C4.3", &copied.files);
}

/// The first mix again, by another custodian who takes its lists and proofs for his own.
#[test]
fn c4_3_a_mix_copied_from_another() {
    let copied = with_mix(|rehearsal, forged| {
        forged.lists = Forged::of(rehearsal, 1, 1).lists;
    });
    assert_only("C4.3", &copied.files);
}

/// Lists with one key and with two are mixed like all others, and no less strictly.
#[test]
fn c4_3_a_key_replaced_in_a_list_of_one_or_two() {
    for counts in [[1, 3, 3, 2], [2, 3, 3, 2]] {
        let mut manifest = crate::fixture::manifest(&crate::fixture::keys());
        manifest.lists[0].small_exception = true;
        let mut rehearsal = Rehearsal::sealed(manifest, crate::fixture::keys(), &counts, &mut rng(45));
        let mut forged = Forged::of(&rehearsal, 2, 2);
        with_file_as(&mut rehearsal, &forged);
        rehearsal.reseal();
        let (report, election) = escrutinio_core::verify::sealed(&rehearsal.files, &mut rng(46), &mut ()).unwrap();
        assert!(election.is_some(), "{:#?}", report.checks());
        forged.lists[0].keys[0] = group::compress(&group::mul_generator(&Scalar::from(9u64)));
        forged.lists[0].keys.sort_unstable();
        with_file_as(&mut rehearsal, &forged);
        rehearsal.reseal();
        rehearsal.close(Vec::new());
        crate::fixture::count(&mut rehearsal);
        assert_only("C4.3", &rehearsal.files);
    }
}

fn with_file_as(rehearsal: &mut Rehearsal, forged: &Forged) {
    let file = forged.file(rehearsal);
    with_file(rehearsal, file);
}
