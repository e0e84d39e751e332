//! C: half credentials and lists.

use escrutinio_core::credential::half::possession_transcript;
use escrutinio_core::credential::{CredentialMix, HalfList, HalfRole, pool};
use escrutinio_core::encoding::{Decode, Encode, put_header};
use escrutinio_core::group::{self, Element, ElementBytes, GENERATOR, Scalar};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::RollId;
use escrutinio_core::proof::knowledge::Knowledge;
use escrutinio_core::record;
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::signature::SigningKey;
use escrutinio_core::testing::rehearsal::Rehearsal;

use crate::fixture::{COUNTS, assert_only, published, reseal_and_finish, rng, sealed};

/// The keys of one issuer, and what it knows of them.
struct Halves {
    roll_id: RollId,
    role: u32,
    keys: Vec<Vec<Element>>,
    secrets: Vec<Vec<Scalar>>,
}

impl Halves {
    /// What the issuer drew.
    fn of(rehearsal: &Rehearsal, role: HalfRole) -> Self {
        let which = usize::try_from(role.number()).unwrap();
        let secrets: Vec<Vec<Scalar>> = (0u32..)
            .zip(COUNTS)
            .map(|(list, count)| {
                (0..count).map(|place| *rehearsal.expose_halves(list, place)[which].expose()).collect()
            })
            .collect();
        let keys = secrets.iter().map(|list| list.iter().map(group::mul_generator).collect()).collect();
        Self { roll_id: rehearsal.roll_id(), role: role.number(), keys, secrets }
    }

    fn set(&mut self, list: usize, place: usize, secret: Scalar) {
        self.secrets[list][place] = secret;
        self.keys[list][place] = group::mul_generator(&secret);
    }

    /// The file, proved as well as the secrets allow, signed.
    fn file(&self, role: HalfRole, key: &SigningKey) -> Vec<u8> {
        let encoded: Vec<Vec<ElementBytes>> =
            self.keys.iter().map(|list| list.iter().map(group::compress).collect()).collect();
        let lists = encoded.to_bytes();
        let hash = tagged_hash("half-lists", &[&lists]);
        let mut transcript = possession_transcript(&self.roll_id, role, &hash);
        let seed = transcript.challenge_seed("s");
        let sum = (0..).zip(self.secrets.iter().flatten()).map(|(i, secret)| group::weight(&seed, i) * secret).sum();
        let possession = Knowledge::prove(&mut transcript, &GENERATOR, &SecretScalar::new(sum), &mut rng(30));
        let mut bytes = Vec::new();
        put_header(&mut bytes, *b"EHLF");
        self.roll_id.encode(&mut bytes);
        self.role.encode(&mut bytes);
        bytes.extend(lists);
        possession.encode(&mut bytes);
        let signature = key.sign("half-list", &[&bytes]);
        signature.encode(&mut bytes);
        bytes
    }
}

/// Issuers' roles, their files and signers, and the prefix of their checks.
fn signer(rehearsal: &Rehearsal, role: HalfRole) -> &SigningKey {
    match role {
        HalfRole::Registrar => &rehearsal.keys.registrar,
        HalfRole::Server => &rehearsal.keys.server,
    }
}

/// An issuer publishes other halves; lists, seal and everything later follow them.
fn with_halves(role: HalfRole, change: impl FnOnce(&Rehearsal, &mut Halves)) -> Rehearsal {
    let mut rehearsal = sealed();
    let mut halves = Halves::of(&rehearsal, role);
    change(&rehearsal, &mut halves);
    let file = halves.file(role, signer(&rehearsal, role));
    rehearsal.put(role.path(), file);
    repool(&mut rehearsal);
    reseal_and_finish(rehearsal)
}

fn repool(rehearsal: &mut Rehearsal) {
    let halves = [record::REGISTRAR, record::SERVER].map(|path| HalfList::from_bytes(&rehearsal.files.0[path]));
    if let [Ok(first), Ok(second)] = halves
        && let Ok(lists) = pool(&first, &second)
    {
        // Voters' devices would refuse these lists; voters of the old ones go on.
        let mut other = rehearsal.clone();
        other.mix(lists, &mut rng(31));
        rehearsal.files = other.files;
    }
}

fn half_with_the_identity(role: HalfRole) -> Rehearsal {
    with_halves(role, |_, halves| halves.set(1, 0, Scalar::ZERO))
}

fn one_half_too_many(role: HalfRole) -> Rehearsal {
    with_halves(role, |_, halves| {
        halves.secrets[0].push(Scalar::from(7u64));
        halves.keys[0].push(group::mul_generator(&Scalar::from(7u64)));
    })
}

/// A key that the issuer knows no secret of: the voter's pooled key is then one of its choice.
fn rogue_half(role: HalfRole) -> Rehearsal {
    with_halves(role, |rehearsal, halves| {
        let other = rehearsal.expose_halves(0, 0)[usize::try_from(1 - role.number()).unwrap()].public();
        let chosen = Scalar::from(5u64);
        halves.keys[0][0] = group::mul_generator(&chosen) - other;
        halves.secrets[0][0] = chosen;
    })
}

fn signed_by_the_log(role: HalfRole) -> Rehearsal {
    let mut rehearsal = sealed();
    let file = Halves::of(&rehearsal, role).file(role, &rehearsal.keys.log);
    rehearsal.put(role.path(), file);
    reseal_and_finish(rehearsal)
}

#[test]
fn c1_1_an_identity_among_the_registrars_halves() {
    assert_only("C1.1", &half_with_the_identity(HalfRole::Registrar).files);
}

#[test]
fn c1_2_one_half_more_than_entries() {
    assert_only("C1.2", &one_half_too_many(HalfRole::Registrar).files);
}

#[test]
fn c1_2_halves_of_another_roll() {
    let other = |_: &Rehearsal, halves: &mut Halves| halves.roll_id = RollId([1; 32]);
    assert_only("C1.2", &with_halves(HalfRole::Registrar, other).files);
}

#[test]
fn c1_2_the_servers_role() {
    let server = |_: &Rehearsal, halves: &mut Halves| halves.role = 1;
    assert_only("C1.2", &with_halves(HalfRole::Registrar, server).files);
}

#[test]
fn c1_3_a_rogue_half() {
    let culprit = assert_only("C1.3", &rogue_half(HalfRole::Registrar).files);
    assert!(culprit.contains("registrar"), "{culprit}");
}

/// The pooled key of one voter is twice that of another: a tag that outlives the pooling.
#[test]
fn c1_3_a_tagged_half() {
    let tagged = with_halves(HalfRole::Registrar, |rehearsal, halves| {
        let server = |place| rehearsal.expose_halves(0, place)[1].public();
        let target = halves.keys[0][0] + server(0);
        halves.keys[0][1] = target + target - server(1);
    });
    assert_only("C1.3", &tagged.files);
}

#[test]
fn c1_4_halves_that_the_log_signed() {
    assert_only("C1.4", &signed_by_the_log(HalfRole::Registrar).files);
}

#[test]
fn c2_1_an_identity_among_the_servers_halves() {
    assert_only("C2.1", &half_with_the_identity(HalfRole::Server).files);
}

#[test]
fn c2_2_one_half_more_than_entries() {
    assert_only("C2.2", &one_half_too_many(HalfRole::Server).files);
}

#[test]
fn c2_3_a_rogue_half() {
    let culprit = assert_only("C2.3", &rogue_half(HalfRole::Server).files);
    assert!(culprit.contains("server"), "{culprit}");
}

/// The server publishes the registrar's halves as its own, proof included.
#[test]
fn c2_2_copied_halves() {
    let mut rehearsal = sealed();
    let copied = Halves::of(&rehearsal, HalfRole::Registrar).file(HalfRole::Registrar, &rehearsal.keys.server);
    rehearsal.put(record::SERVER, copied);
    assert_only("C2.2", &reseal_and_finish(rehearsal).files);
}

/// The same, under its own role; the proof names the other.
#[test]
fn c2_3_copied_halves() {
    let mut rehearsal = sealed();
    let mut copied = Halves::of(&rehearsal, HalfRole::Registrar);
    copied.role = 1;
    let file = copied.file(HalfRole::Registrar, &rehearsal.keys.server);
    rehearsal.put(record::SERVER, file);
    repool(&mut rehearsal);
    assert_only("C2.3", &reseal_and_finish(rehearsal).files);
}

#[test]
fn c2_4_halves_that_the_log_signed() {
    assert_only("C2.4", &signed_by_the_log(HalfRole::Server).files);
}

/// Both issuers together give two voters one key.
#[test]
fn c3_1_two_voters_with_one_key() {
    let shared = with_halves(HalfRole::Registrar, |rehearsal, halves| {
        let [first, second] = rehearsal.expose_halves(0, 0);
        let [_, other] = rehearsal.expose_halves(2, 1);
        halves.set(2, 1, first.expose() + second.expose() - other.expose());
    });
    assert_only("C3.1", &shared.files);
}

#[test]
fn c3_1_a_pooled_key_that_is_the_identity() {
    let shared = with_halves(HalfRole::Registrar, |rehearsal, halves| {
        let [_, other] = rehearsal.expose_halves(1, 2);
        halves.set(1, 2, -other.expose());
    });
    assert_only("C3.1", &shared.files);
}

/// The credential lists with other contents.
fn with_lists(
    roll: Option<RollId>,
    mixes: u32,
    change: impl FnOnce(&mut Vec<(Element, Vec<ElementBytes>)>),
) -> Rehearsal {
    let mut rehearsal = sealed();
    let mut lists: Vec<(Element, Vec<ElementBytes>)> = rehearsal
        .election()
        .credentials
        .lists()
        .into_iter()
        .map(|(base, keys)| (base.element, keys.to_vec()))
        .collect();
    change(&mut lists);
    let mut bytes = Vec::new();
    put_header(&mut bytes, *b"ELST");
    roll.unwrap_or(rehearsal.roll_id()).encode(&mut bytes);
    mixes.encode(&mut bytes);
    u64::try_from(lists.len()).unwrap().encode(&mut bytes);
    for (base, mut keys) in lists {
        keys.sort_unstable();
        base.encode(&mut bytes);
        keys.encode(&mut bytes);
    }
    rehearsal.put(record::LISTS, bytes);
    reseal_and_finish(rehearsal)
}

#[test]
fn c5_1_lists_that_claim_other_mixes() {
    for mixes in [0, 2, 4] {
        assert_only("C5.1", &with_lists(None, mixes, |_| {}).files);
    }
}

#[test]
fn c5_1_lists_of_another_roll() {
    assert_only("C5.1", &with_lists(Some(RollId([1; 32])), 3, |_| {}).files);
}

#[test]
fn c5_1_a_list_more() {
    assert_only("C5.1", &with_lists(None, 3, |lists| lists.push((GENERATOR, Vec::new()))).files);
}

#[test]
fn c5_1_a_key_twice() {
    assert_only(
        "C5.1",
        &with_lists(None, 3, |lists| {
            let key = lists[0].1[0];
            lists[0].1.push(key);
        })
        .files,
    );
}

#[test]
fn c5_2_a_key_of_nobody() {
    assert_only(
        "C5.2",
        &with_lists(None, 3, |lists| lists[1].1[0] = group::compress(&group::mul_generator(&Scalar::from(9u64)))).files,
    );
}

#[test]
fn c5_2_a_voter_moved_to_another_list() {
    assert_only(
        "C5.2",
        &with_lists(None, 3, |lists| {
            let key = lists[0].1.remove(0);
            lists[1].1.push(key);
        })
        .files,
    );
}

/// Whoever knows the logarithm of a base can use the same key twice.
#[test]
fn c5_2_another_base() {
    assert_only("C5.2", &with_lists(None, 3, |lists| lists[0].0 = GENERATOR + GENERATOR).files);
}

/// The lists before the last mix: only two custodians stand between roll and box.
#[test]
fn c5_2_the_lists_of_the_mix_before() {
    let before: CredentialMix = sealed().object(&record::mix(2));
    let before = before.into_lists();
    let change = |lists: &mut Vec<(Element, Vec<ElementBytes>)>| {
        *lists = before.lists().iter().map(|list| (list.base().element, list.keys().to_vec())).collect();
    };
    assert_only("C5.2", &with_lists(None, 3, change).files);
}

/// What would be right without mixes.
#[test]
fn c5_2_the_pools() {
    let sealed = sealed();
    let half = |path| sealed.object::<HalfList>(path);
    let pooled = pool(&half(record::REGISTRAR), &half(record::SERVER)).unwrap();
    let change = |lists: &mut Vec<(Element, Vec<ElementBytes>)>| {
        *lists = pooled.lists().iter().map(|list| (list.base().element, list.keys().to_vec())).collect();
    };
    assert_only("C5.2", &with_lists(None, 3, change).files);
}

#[test]
fn c5_1_lists_with_a_byte_more() {
    let mut rehearsal = published();
    rehearsal.files.0.get_mut(record::LISTS).unwrap().push(0);
    rehearsal.sums();
    assert_only("C5.1", &rehearsal.files);
}
