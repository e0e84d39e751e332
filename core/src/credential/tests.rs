use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::encoding::{Decode, DecodeErrorKind, Encode};
use crate::group::{self, ElementBytes, Scalar};
use crate::hash::{Hash, sha256, tagged_hash};
use crate::ids::{ManifestHash, RollId};
use crate::manifest::ValidManifest;
use crate::point::Point;
use crate::proof::knowledge::Knowledge;
use crate::secret::SecretScalar;
use crate::signature::Signature;
use crate::testing::{Keys, several, small};

mod mixes;

const ROLL: RollId = RollId([7; 32]);
const COUNTS: [u32; 3] = [5, 2, 0];

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

struct Sample {
    keys: Keys,
    secrets: [HalfSecrets; 2],
    halves: [HalfList; 2],
}

fn sample() -> Sample {
    let mut rng = rng(1);
    let keys = Keys::new(1, 1);
    let secrets = [HalfRole::Registrar, HalfRole::Server].map(|role| HalfSecrets::generate(role, &COUNTS, &mut rng));
    let halves =
        [secrets[0].publish(ROLL, &keys.registrar, &mut rng), secrets[1].publish(ROLL, &keys.server, &mut rng)];
    Sample { keys, secrets, halves }
}

/// A list of any keys as the server would sign it, with a proof for some other witness.
fn forged(lists: Vec<Vec<ElementBytes>>, witness: u64, keys: &Keys) -> HalfList {
    let mut transcript = possession_transcript(&ROLL, HalfRole::Server, &half::lists_hash(&lists));
    let _ = transcript.challenge_seed("s");
    let witness = SecretScalar::new(Scalar::from(witness));
    let possession = Knowledge::prove(&mut transcript, &group::GENERATOR, &witness, &mut rng(2));
    signed(HalfList { roll_id: ROLL, role: 1, lists, possession, signature: Signature([0; 64]) }, keys)
}

fn signed(mut list: HalfList, keys: &Keys) -> HalfList {
    list.signature = keys.server.sign("half-list", &[&list.signed_bytes()]);
    list
}

#[test]
fn completeness() {
    let Sample { keys, halves, .. } = sample();
    let roles = [(HalfRole::Registrar, &keys.registrar), (HalfRole::Server, &keys.server)];
    for (half, (role, key)) in halves.iter().zip(roles) {
        let decoded = HalfList::from_bytes(&half.to_bytes()).unwrap();
        assert_eq!(&decoded, half);
        decoded.check_shape(&ROLL, role, &COUNTS).unwrap();
        decoded.verify_possession(&ROLL, role).unwrap();
        decoded.verify_signature(&key.verifying_key()).unwrap();
    }
    let lists = pool(&halves[0], &halves[1]).unwrap();
    assert_eq!(CredentialLists::from_bytes(&lists.to_bytes()), Ok(lists.clone()));
    lists.check_shape(&ROLL, 0, 3).unwrap();
    lists.check_last(&lists).unwrap();
    assert_eq!(lists.lists().iter().map(|list| list.keys().len()).collect::<Vec<_>>(), [5, 2, 0]);
}

#[test]
fn pooled_keys_are_the_sums() {
    let Sample { halves, .. } = sample();
    let lists = pool(&halves[0], &halves[1]).unwrap();
    for (list, (a, b)) in lists.lists().iter().zip(halves[0].lists().iter().zip(halves[1].lists())) {
        for (a, b) in a.iter().zip(b) {
            let sum = group::decompress(a).unwrap() + group::decompress(b).unwrap();
            assert!(list.contains(&group::compress(&sum)));
        }
        assert_eq!(list.base().element, group::GENERATOR);
        assert!(!list.contains(&group::compress(&group::GENERATOR)));
    }
}

/// Lists longer than a piece: weights are numbered through pieces and lists.
#[test]
fn long_lists_are_proved_across_pieces() {
    let keys = Keys::new(1, 1);
    let counts = [1030, 1, 1025];
    let secrets = HalfSecrets::generate(HalfRole::Server, &counts, &mut rng(3));
    let half = secrets.publish(ROLL, &keys.server, &mut rng(4));
    half.verify_possession(&ROLL, HalfRole::Server).unwrap();
    let bytes = half.to_bytes();
    assert_eq!(HalfList::from_bytes(&bytes).as_ref(), Ok(&half));
    // Two keys exchanged between pieces.
    let mut swapped = half.clone();
    let key = swapped.lists[0][3];
    swapped.lists[0][3] = core::mem::replace(&mut swapped.lists[2][1024], key);
    assert!(swapped.verify_possession(&ROLL, HalfRole::Server).is_err());
    // A bad key in the second piece is named by its offset: header, roll, role, two lengths.
    let at = 8 + 32 + 4 + 8 + 8 + 32 * 1027;
    let mut bad = bytes;
    bad[at..at + 32].copy_from_slice(&[0xff; 32]);
    let error = HalfList::from_bytes(&bad).unwrap_err();
    assert_eq!((error.at, error.kind), (at, DecodeErrorKind::Element));
}

// C1.2.
#[test]
fn rejects_wrong_shape() {
    let half = &sample().halves[0];
    let role = HalfRole::Registrar;
    let other = RollId([8; 32]);
    assert_eq!(half.check_shape(&other, role, &COUNTS), Err(HalfListError::RollId(ROLL)));
    assert_eq!(half.check_shape(&ROLL, HalfRole::Server, &COUNTS), Err(HalfListError::Role(0)));
    assert_eq!(half.check_shape(&ROLL, role, &[5, 2]), Err(HalfListError::Lists { expected: 2, actual: 3 }));
    assert_eq!(
        half.check_shape(&ROLL, role, &[5, 3, 0]),
        Err(HalfListError::Count { list: 1, expected: 3, actual: 2 })
    );
}

// C1.3: a list replayed to another roll or role.
#[test]
fn possession_binds_roll_and_role() {
    let half = &sample().halves[0];
    assert!(half.verify_possession(&RollId([8; 32]), HalfRole::Registrar).is_err());
    assert!(half.verify_possession(&ROLL, HalfRole::Server).is_err());
}

// C1.4.
#[test]
fn signature_binds_every_byte() {
    let Sample { keys, halves: [half, _], .. } = sample();
    let registrar = keys.registrar.verifying_key();
    assert!(half.verify_signature(&keys.server.verifying_key()).is_err());
    let mut changed = half.clone();
    changed.role = 1;
    assert!(changed.verify_signature(&registrar).is_err());
    let mut changed = half.clone();
    changed.lists[0].swap(0, 1);
    assert!(changed.verify_signature(&registrar).is_err());
    assert!(changed.verify_possession(&ROLL, HalfRole::Registrar).is_err());
    let mut changed = half;
    changed.possession.z += Scalar::ONE;
    assert!(changed.verify_signature(&registrar).is_err());
    assert!(changed.verify_possession(&ROLL, HalfRole::Registrar).is_err());
}

/// The server chooses a pooled key it knows the secret of: S2 = [x]G - S1.
#[test]
fn rejects_a_rogue_half() {
    let Sample { keys, halves, .. } = sample();
    let mut lists = halves[1].lists.clone();
    let first = group::decompress(&halves[0].lists[0][0]).unwrap();
    lists[0][0] = group::compress(&(group::mul_generator(&Scalar::from(42u8)) - first));
    let rogue = forged(lists, 42, &keys);
    rogue.check_shape(&ROLL, HalfRole::Server, &COUNTS).unwrap();
    rogue.verify_signature(&keys.server.verifying_key()).unwrap();
    assert!(rogue.verify_possession(&ROLL, HalfRole::Server).is_err());
}

/// The server copies the registrar's halves, proof and all: every pooled key is 2 S1.
#[test]
fn rejects_a_copied_list() {
    let Sample { keys, halves: [registrar, _], .. } = sample();
    let copied = signed(HalfList { role: 1, ..registrar }, &keys);
    copied.check_shape(&ROLL, HalfRole::Server, &COUNTS).unwrap();
    assert!(copied.verify_possession(&ROLL, HalfRole::Server).is_err());
}

/// The server marks two voters: P_1 = 2 P_0.
#[test]
fn rejects_a_tagged_half() {
    let Sample { keys, halves, .. } = sample();
    let key = |role: usize, place: usize| group::decompress(&halves[role].lists[0][place]).unwrap();
    let pooled = key(0, 0) + key(1, 0);
    let mut lists = halves[1].lists.clone();
    lists[0][1] = group::compress(&(pooled + pooled - key(0, 1)));
    let tagged = forged(lists, 1, &keys);
    assert!(tagged.verify_possession(&ROLL, HalfRole::Server).is_err());
    // The old proof does not fit either.
    let kept = signed(HalfList { possession: halves[1].possession, ..tagged }, &keys);
    assert!(kept.verify_possession(&ROLL, HalfRole::Server).is_err());
}

// C3.1.
#[test]
fn pooling_refuses_identities_duplicates_and_other_shapes() {
    let Sample { keys, halves: [registrar, server], .. } = sample();
    let mut cancelled = server.clone();
    cancelled.lists[1][1] = group::compress(&-group::decompress(&registrar.lists[1][1]).unwrap());
    assert_eq!(pool(&registrar, &cancelled), Err(PoolError::Identity { list: 1, place: 1 }));

    let mut equal = server.clone();
    let key = |half: &HalfList, list: usize, place: usize| group::decompress(&half.lists[list][place]).unwrap();
    let sum = key(&registrar, 0, 2) + key(&server, 0, 2);
    equal.lists[1][0] = group::compress(&(sum - key(&registrar, 1, 0)));
    assert_eq!(pool(&registrar, &equal), Err(PoolError::Duplicate { first: (0, 2), second: (1, 0) }));

    let mut short = server.clone();
    short.lists[0].pop();
    assert_eq!(pool(&registrar, &short), Err(PoolError::Shape));
    let moved = signed(HalfList { roll_id: RollId([8; 32]), ..server }, &keys);
    assert_eq!(pool(&registrar, &moved), Err(PoolError::Shape));
}

// C5.1, C5.2.
#[test]
fn published_lists_must_be_those_of_the_last_mix() {
    let Sample { halves, .. } = sample();
    let pooled = pool(&halves[0], &halves[1]).unwrap();
    assert!(matches!(pooled.check_shape(&RollId([8; 32]), 0, 3), Err(ListsError::RollId(_))));
    assert_eq!(pooled.check_shape(&ROLL, 0, 2), Err(ListsError::Lists { expected: 2, actual: 3 }));
    let mixed = CredentialLists { mixes: 1, ..pooled.clone() };
    assert_eq!(mixed.check_shape(&ROLL, 0, 3), Err(ListsError::Mixes { expected: 0, actual: 1 }));

    let mut other_base = pooled.clone();
    other_base.lists[1].base = Point::new(group::hash_to_element(&[b"base"]));
    assert_eq!(other_base.check_last(&pooled), Err(ListsError::Base { list: 1 }));
    let mut dropped = pooled.clone();
    dropped.lists[0].keys.pop();
    assert_eq!(dropped.check_last(&pooled), Err(ListsError::Keys { list: 0 }));
    let mut added = pooled.clone();
    added.lists[2].keys.push(group::compress(&group::GENERATOR));
    assert_eq!(added.check_last(&pooled), Err(ListsError::Keys { list: 2 }));
}

#[test]
fn lists_decode_only_sorted_and_canonical() {
    let Sample { halves, .. } = sample();
    let kind = |lists: &CredentialLists| CredentialLists::from_bytes(&lists.to_bytes()).unwrap_err().kind;
    let pooled = pool(&halves[0], &halves[1]).unwrap();
    let mut unsorted = pooled.clone();
    unsorted.lists[0].keys.swap(0, 1);
    assert_eq!(kind(&unsorted), DecodeErrorKind::Order);
    let mut twice = pooled.clone();
    twice.lists[0].keys[1] = twice.lists[0].keys[0];
    assert_eq!(kind(&twice), DecodeErrorKind::Order);
    let mut identity = pooled.clone();
    identity.lists[0].keys[0] = [0; 32];
    assert_eq!(kind(&identity), DecodeErrorKind::Identity);
    let mut base = pooled;
    base.lists[0].base = Point::new(group::identity());
    assert_eq!(kind(&base), DecodeErrorKind::Identity);
}

#[test]
fn every_truncation_and_a_trailing_byte_fail() {
    fn all_fail<T: Decode + core::fmt::Debug>(mut bytes: Vec<u8>) {
        for end in 0..bytes.len() {
            assert!(T::from_bytes(&bytes[..end]).is_err(), "{end}");
        }
        bytes.push(0);
        assert_eq!(T::from_bytes(&bytes).unwrap_err().kind, DecodeErrorKind::Trailing);
    }
    let Sample { keys, halves, secrets } = sample();
    all_fail::<HalfList>(halves[0].to_bytes());
    all_fail::<CredentialLists>(pool(&halves[0], &halves[1]).unwrap().to_bytes());
    let (record, _) = roll(&keys);
    all_fail::<RollRecord>(record.to_bytes());
    let issued = secrets[0].issue(&ROLL, 0, 0, &keys.registrar).unwrap().expose_bytes();
    for end in 0..issued.len() {
        assert!(IssuedHalf::from_bytes(&issued[..end]).is_err());
    }
    assert!(IssuedHalf::from_bytes(&[issued.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn secrets_survive_a_sealed_file() {
    let Sample { keys, secrets, halves } = sample();
    let bytes = secrets[0].expose_bytes();
    let again = HalfSecrets::from_bytes(&bytes).unwrap();
    let published = again.publish(ROLL, &keys.registrar, &mut rng(9));
    assert_eq!(published.lists(), halves[0].lists());
    assert!(HalfSecrets::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    assert_eq!(format!("{again:?}"), "HalfSecrets(registrar, 3 lists)");
    let mut zero = bytes.to_vec();
    zero[20..52].fill(0);
    assert_eq!(HalfSecrets::from_bytes(&zero).unwrap_err().kind, DecodeErrorKind::Scalar);
}

fn halves_of(sample: &Sample, list: u32, place: u32) -> [IssuedHalf; 2] {
    [
        sample.secrets[0].issue(&ROLL, list, place, &sample.keys.registrar).unwrap(),
        sample.secrets[1].issue(&ROLL, list, place, &sample.keys.server).unwrap(),
    ]
}

fn combine(sample: &Sample, halves: &[IssuedHalf; 2], roll_id: &RollId) -> Result<Credential, CredentialError> {
    let lists = pool(&sample.halves[0], &sample.halves[1]).unwrap();
    let issuers = (sample.keys.registrar.verifying_key(), sample.keys.server.verifying_key());
    Credential::combine(&halves[0], &halves[1], (&issuers.0, &issuers.1), roll_id, &lists)
}

#[test]
fn a_voter_combines_two_halves() {
    let sample = sample();
    let [a, b] = halves_of(&sample, 1, 1);
    a.check_published(&sample.halves[0]).unwrap();
    b.check_published(&sample.halves[1]).unwrap();
    assert_eq!(a.check_published(&sample.halves[1]), Err(CredentialError::NotPublished(HalfRole::Registrar)));
    let travelled = [a, b].map(|half| IssuedHalf::from_bytes(&half.expose_bytes()).unwrap());
    assert_eq!(travelled[0].expose_bytes().len(), 108);
    let credential = combine(&sample, &travelled, &ROLL).unwrap();
    assert_eq!(credential.list(), 1);
    assert_eq!(credential.for_ballot().key(), credential.key());
    assert!(sample.secrets[0].issue(&ROLL, 2, 0, &sample.keys.registrar).is_none());
    assert!(sample.secrets[0].issue(&ROLL, 3, 0, &sample.keys.registrar).is_none());
}

#[test]
fn a_voter_refuses_halves_that_do_not_belong() {
    let sample = sample();
    let refused = |halves: &[IssuedHalf; 2], roll_id: &RollId| combine(&sample, halves, roll_id).unwrap_err();

    // Replayed to another roll.
    let other = RollId([8; 32]);
    assert_eq!(refused(&halves_of(&sample, 0, 0), &other), CredentialError::Signature(HalfRole::Registrar));
    // In each other's place.
    let [a, b] = halves_of(&sample, 0, 0);
    assert_eq!(refused(&[b, a], &ROLL), CredentialError::Role(HalfRole::Registrar));
    // Of two voters.
    let [a, _] = halves_of(&sample, 0, 0);
    let [_, b] = halves_of(&sample, 0, 1);
    assert_eq!(refused(&[a, b], &ROLL), CredentialError::Entries);
    // Signed by the wrong person.
    let [a, _] = halves_of(&sample, 0, 0);
    let b = sample.secrets[1].issue(&ROLL, 0, 0, &sample.keys.registrar).unwrap();
    assert_eq!(refused(&[a, b], &ROLL), CredentialError::Signature(HalfRole::Server));
    // Signed, but never published: the key of both is on no list.
    let [a, _] = halves_of(&sample, 0, 0);
    let others = HalfSecrets::generate(HalfRole::Server, &COUNTS, &mut rng(5));
    let b = others.issue(&ROLL, 0, 0, &sample.keys.server).unwrap();
    assert_eq!(b.check_published(&sample.halves[1]), Err(CredentialError::NotPublished(HalfRole::Server)));
    assert_eq!(refused(&[a, b], &ROLL), CredentialError::NotListed);
    // A changed secret.
    let [a, b] = halves_of(&sample, 0, 0);
    let mut bytes = b.expose_bytes().to_vec();
    bytes[12] ^= 1;
    let b = IssuedHalf::from_bytes(&bytes).unwrap();
    assert_eq!(refused(&[a, b], &ROLL), CredentialError::Signature(HalfRole::Server));
}

fn entry(list: u32, name: &str) -> RollEntry {
    RollEntry {
        salt: RollEntry::draw_salt(&mut rng(u64::from(list))),
        list,
        name: name.to_string(),
        clave: "CLAVE".into(),
        ocr: "OCR".into(),
        cic: "CIC".into(),
        entity: "NAYARIT".into(),
        email: "ana@example.org".into(),
        phone: "+15555550100".into(),
    }
}

fn version(kind: VersionKind, entries: u32) -> RollVersion {
    RollVersion { kind, document: "Oficio 1".into(), file: sha256(&[b"file"]), entries, at: 1, chain: [0; 32] }
}

/// The record of a roll for [`several`]: four lists, a base and an addendum.
fn roll(keys: &Keys) -> (RollRecord, ValidManifest) {
    let manifest = several(keys).validate().unwrap();
    let hash = manifest.hash();
    let base = version(VersionKind::Base, 8).chained(&hash, None);
    let addendum = version(VersionKind::Addendum, 2).chained(&hash, Some(&base));
    let root = roll_root([entry(0, "Ana").commitment()]);
    let record = RollRecord::sign(hash, vec![base, addendum], vec![3, 2, 2, 3], root, &keys.registrar);
    (record, manifest)
}

#[test]
fn a_roll_record_is_signed_and_obeys_its_rules() {
    let keys = Keys::new(1, 1);
    let (record, manifest) = roll(&keys);
    assert_eq!(RollRecord::from_bytes(&record.to_bytes()).as_ref(), Ok(&record));
    record.check_rules(&manifest).unwrap();
    record.verify_signature(&keys.registrar.verifying_key()).unwrap();
    assert!(record.verify_signature(&keys.server.verifying_key()).is_err());
    let mut changed = record.clone();
    changed.root[0] ^= 1;
    assert!(changed.verify_signature(&keys.registrar.verifying_key()).is_err());
    assert_ne!(changed.roll_id(), record.roll_id());
    // The signature is no part of the commitment.
    changed = RollRecord { signature: Signature([1; 64]), ..record.clone() };
    assert_eq!(changed.roll_id(), record.roll_id());
}

// L1.3.
#[test]
fn each_rule_of_the_roll_is_checked() {
    let keys = Keys::new(1, 1);
    let (record, manifest) = roll(&keys);
    let broken = |change: &dyn Fn(&mut RollRecord)| {
        let mut record = record.clone();
        change(&mut record);
        record.check_rules(&manifest).unwrap_err()
    };
    let rechain = |record: &mut RollRecord| {
        let hash = record.manifest_hash;
        let mut previous: Option<RollVersion> = None;
        for version in &mut record.versions {
            *version = version.clone().chained(&hash, previous.as_ref());
            previous = Some(version.clone());
        }
    };
    assert_eq!(broken(&|r| r.versions.clear()), RollError::NoVersion);
    assert_eq!(broken(&|r| r.versions.swap(0, 1)), RollError::Kind { version: 0 });
    assert_eq!(broken(&|r| r.versions[1].kind = VersionKind::Base), RollError::Kind { version: 1 });
    assert_eq!(broken(&|r| r.versions[1].kind = VersionKind::Unknown(2)), RollError::Kind { version: 1 });
    assert_eq!(broken(&|r| r.versions[0].chain[0] ^= 1), RollError::Chain { version: 0 });
    assert_eq!(broken(&|r| r.versions[1].document.push('.')), RollError::Chain { version: 1 });
    assert_eq!(broken(&|r| r.versions[0].at += 1), RollError::Chain { version: 0 });
    assert_eq!(broken(&|r| r.counts.truncate(3)), RollError::Lists { expected: 4, actual: 3 });
    assert_eq!(broken(&|r| r.counts[0] += 1), RollError::Sum { versions: 10, counts: 11 });
    let count = |counts: [u32; 4]| {
        broken(&|r| {
            r.counts = counts.to_vec();
            r.versions.truncate(1);
            r.versions[0].entries = counts.iter().sum();
            rechain(r);
        })
    };
    assert_eq!(count([0; 4]), RollError::Voters { most: 10_000, actual: 0 });
    assert_eq!(count([9_995, 2, 2, 2]), RollError::Voters { most: 10_000, actual: 10_001 });
    assert_eq!(count([3, 3, 1, 3]), RollError::SmallList { list: 2, count: 1 });
}

#[test]
fn a_small_list_needs_its_exception() {
    let keys = Keys::new(1, 1);
    let mut manifest = small(&keys, 2);
    manifest.min_group = 2;
    manifest.lists[0].small_exception = true;
    let manifest = manifest.validate().unwrap();
    let base = version(VersionKind::Base, 1).chained(&manifest.hash(), None);
    let record = RollRecord::sign(manifest.hash(), vec![base], vec![1], [0; 32], &keys.registrar);
    record.check_rules(&manifest).unwrap();
}

/// The commitment, recomputed as the specification writes it.
#[test]
fn an_entry_is_committed_to_as_specified() {
    let entry = entry(2, "Ana Núñez");
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&entry.salt);
    bytes.extend_from_slice(&[2, 0, 0, 0]);
    for field in ["Ana Núñez", "CLAVE", "OCR", "CIC", "NAYARIT", "ana@example.org", "+15555550100"] {
        bytes.extend_from_slice(&(u64::try_from(field.len()).unwrap()).to_le_bytes());
        bytes.extend_from_slice(field.as_bytes());
    }
    assert_eq!(entry.commitment(), tagged_hash("roll-entry", &[&bytes]));
}

#[test]
fn personal_data_is_never_printed() {
    let printed: String = format!("{:?}", entry(0, "Ana"));
    assert_eq!(printed, "RollEntry(..)");
}

#[test]
fn the_root_depends_on_the_order() {
    let (a, b): (Hash, Hash) = ([1; 32], [2; 32]);
    assert_ne!(roll_root([a, b]), roll_root([b, a]));
    assert_eq!(roll_root([]), sha256(&[]));
}

#[test]
fn the_drawn_order_is_a_fair_permutation() {
    let mut seen = [[0u32; 4]; 4];
    let mut rng = rng(6);
    for _ in 0..4000 {
        let mut order = [0usize, 1, 2, 3];
        draw_order(&mut order, &mut rng);
        order.iter().enumerate().for_each(|(place, item)| seen[*item][place] += 1);
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3]);
    }
    // 1,000 expected, 27 the standard deviation.
    assert!(seen.as_flattened().iter().all(|count| (850..1150).contains(count)), "{seen:?}");
}

#[test]
fn a_chain_begins_with_the_manifest() {
    let (one, other) = (ManifestHash([1; 32]), ManifestHash([2; 32]));
    let chain = |hash| version(VersionKind::Base, 1).chained(&hash, None).chain;
    assert_ne!(chain(one), chain(other));
}
