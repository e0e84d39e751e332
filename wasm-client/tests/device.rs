//! The whole path of a voter's device, and of every server that cheats on it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::access::KdfCost;
use escrutinio_core::ballot::{CastBallot, Opening};
use escrutinio_core::board::bundle::{BundleId, read_bundle};
use escrutinio_core::board::{Act, Checkpoint, LogKeys, MerkleTree, Receipt, SignedCheckpoint, leaf_hash};
use escrutinio_core::encoding::Encode;
use escrutinio_core::hash::sha256;
use escrutinio_core::ids::{ElectionId, hex};
use escrutinio_core::record;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{Keys, signing_key};
use escrutinio_wasm_client::Device;
use escrutinio_wasm_client::marks::Question;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use common::{SEALED, WIDE, bucket, list, sealed};

type Tested = Device<ChaCha20Rng>;

/// The list whose style has every contest, and more than one bucket.
const LIST: u32 = 2;

fn device() -> Tested {
    Device::new(ChaCha20Rng::from_seed([1; 32]))
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn code<T: core::fmt::Debug>(result: escrutinio_wasm_client::Result<T>) -> &'static str {
    result.unwrap_err().code
}

fn put_record(device: &mut Tested, rehearsal: &Rehearsal) {
    for path in SEALED {
        device.put(path, rehearsal.files.0[path].clone());
    }
}

fn opened(rehearsal: &Rehearsal) -> (Tested, Value) {
    let mut device = device();
    put_record(&mut device, rehearsal);
    let info = device.open(&rehearsal.election().election_id.to_string()).unwrap();
    (device, value(&info))
}

fn link(rehearsal: &Rehearsal, place: u32) -> String {
    let half = rehearsal.issued(LIST, place).0.expose_bytes();
    format!("#{}.token", Base64UrlUnpadded::encode_string(&half))
}

fn second_half(device: &mut Tested, rehearsal: &Rehearsal, place: u32) -> u64 {
    let (keys, base, firsts) = list(rehearsal, LIST);
    let half = rehearsal.issued(LIST, place).1.expose_bytes();
    value(&device.second_half(&half, keys, &base, firsts.as_flattened()).unwrap())["bucket"].as_u64().unwrap()
}

fn put_bucket(device: &mut Tested, rehearsal: &Rehearsal, number: u64, witnesses: usize) {
    let (keys, path) = bucket(rehearsal, LIST, number);
    device.put("keys", keys.as_flattened().to_vec());
    device.put("path", path.as_flattened().to_vec());
    put_acts(device, rehearsal, witnesses);
}

fn put_lists(device: &mut Tested, rehearsal: &Rehearsal, witnesses: usize) {
    device.put("lists", rehearsal.files.0[record::LISTS].clone());
    put_acts(device, rehearsal, witnesses);
}

fn put_acts(device: &mut Tested, rehearsal: &Rehearsal, witnesses: usize) {
    let (checkpoint, bundles) = rehearsal.acts(&[rehearsal.first_act()], witnesses);
    device.put("checkpoint", checkpoint);
    for (n, bundle) in bundles.into_iter().enumerate() {
        device.put(&format!("bundle/{n}"), bundle);
    }
}

/// A device that holds the credential of a place.
fn entered(rehearsal: &Rehearsal, place: u32) -> Tested {
    let (mut device, _) = opened(rehearsal);
    device.link_half(&link(rehearsal, place)).unwrap();
    let bucket = second_half(&mut device, rehearsal, place);
    put_bucket(&mut device, rehearsal, bucket, 2);
    device.enter().unwrap();
    device
}

fn written(text: &str) -> Option<Zeroizing<String>> {
    Some(Zeroizing::new(text.to_owned()))
}

fn promise(rehearsal: &Rehearsal, cast: &CastBallot) -> String {
    let (id, body) = (rehearsal.election().election_id, &cast.body);
    Receipt::promise(id, body.contest, body.tracking_code(), &rehearsal.keys.server).to_string()
}

#[test]
fn r_bal_14_a_voter_goes_the_whole_way() {
    let (rehearsal, mut rng) = sealed();
    let election = rehearsal.election();
    let (mut device, info) = opened(&rehearsal);
    assert_eq!(info["electionId"], election.election_id.to_string());
    assert_eq!(device.link_half(&link(&rehearsal, 31)).unwrap(), "token");

    // The half is sealed under the password and comes back with it, on the same device or after a reload.
    let auth = device.derive("ana", b"clave", "c2FsdHNhbHRzYWx0c2FsdA", KdfCost::LEAST).unwrap();
    let stored = device.wrap_half().unwrap();
    assert_eq!((auth.len(), stored.len()), (43, 148));
    device.forget();
    assert_eq!(code(device.wrap_half()), "no-half");
    assert_eq!(code(device.unwrap_half(&stored)), "no-wrap");
    device.derive("ana", b"otra", "c2FsdHNhbHRzYWx0c2FsdA", KdfCost::LEAST).unwrap();
    assert_eq!(code(device.unwrap_half(&stored)), "sealed");
    assert_eq!(device.derive("ana", b"clave", "c2FsdHNhbHRzYWx0c2FsdA", KdfCost::LEAST).unwrap(), auth);
    assert_eq!(device.unwrap_half(&stored).unwrap(), LIST);

    let bucket = second_half(&mut device, &rehearsal, 31);
    put_bucket(&mut device, &rehearsal, bucket, 2);
    let voter = value(&device.enter().unwrap());
    assert_eq!(voter, json!({ "list": LIST, "style": 1, "unit": 1, "contests": [0, 1, 2, 3, 4] }));

    for (contest, option, text) in [(0, 15, "Núñez Ñandú"), (2, 3, ""), (WIDE, 40, "")] {
        let prepared = value(&device.prepare(contest, option, written(text)).unwrap());
        let bytes = device.cast(contest).unwrap();
        assert_eq!(device.cast(contest).unwrap(), bytes, "the same bytes on repeat");
        let cast = CastBallot::decode(&bytes, &election.shapes).unwrap();
        let place = usize::try_from(contest).unwrap();
        assert_eq!(info["contests"][place]["ballotBytes"], bytes.len());
        assert_eq!(prepared["code"], cast.body.tracking_code().to_string());
        assert!(cast.binding_holds());
        assert!(election.credential(LIST, &cast.key.bytes).is_some());
        cast.verify_signature(election.base(LIST).unwrap()).unwrap();
        cast.body.verify_proof(&election.parameters[place], &mut rng).unwrap();
        assert_eq!(code(device.prepare(contest, 0, None)), "already-signed");
        assert_eq!(code(device.audit(contest)), "not-prepared");
        let receipt = promise(&rehearsal, &cast);
        let promised = value(&device.verify_promise(contest, receipt.as_bytes()).unwrap());
        assert_eq!((&promised["ok"], promised["receiptText"].as_str()), (&json!(true), Some(receipt.as_str())));
        assert_eq!(code(device.cast(contest)), "not-prepared", "what was promised is not sent again");
        assert_eq!(code(device.prepare(contest, 0, None)), "already-signed");
    }
    let state = value(&device.state());
    assert_eq!(state["contests"].as_array().unwrap().len(), 3);
    assert!(state["contests"].as_array().unwrap().iter().all(|contest| contest["state"] == "promised"));
    device.forget();
    let state = value(&device.state());
    assert_eq!(state, json!({ "open": true, "half": false, "entered": false, "contests": [] }));
}

/// The server says salt and cost, and must not be able to make guesses cheap.
#[test]
fn a_cheap_key_of_the_password_is_refused() {
    let mut device = device();
    let salt = "c2FsdHNhbHRzYWx0c2FsdA";
    let weak = KdfCost { memory_kib: 8, ..KdfCost::LEAST };
    let endless = KdfCost { passes: u32::MAX, ..KdfCost::LEAST };
    for (salt, cost) in [(salt, weak), (salt, endless), ("c2FsdHNhbHQ", KdfCost::LEAST), ("", KdfCost::LEAST)] {
        assert_eq!(code(device.derive("ana", b"clave", salt, cost)), "kdf", "{salt} {cost:?}");
    }
    assert_eq!(code(device.unwrap_half(&[0; 148])), "no-wrap");
}

#[test]
fn r_cast_18_an_audited_ballot_opens_to_the_choice_and_is_never_cast() {
    let (rehearsal, mut rng) = sealed();
    let mut device = entered(&rehearsal, 5);
    let first = value(&device.prepare(0, 15, written("Ana Ruiz")).unwrap());
    let opening = device.audit(0).unwrap();
    assert_eq!(code(device.cast(0)), "not-prepared");
    assert_eq!(code(device.audit(0)), "not-prepared");

    let election = rehearsal.election();
    Opening::decode(&opening, &election.shapes).unwrap().verify(&election.parameters[0], &mut rng).unwrap();
    let (mut anybody, _) = opened(&rehearsal);
    let found = value(&anybody.check_opening(&opening).unwrap());
    assert_eq!((&found["valid"], &found["code"], &found["text"]), (&json!(true), &first["code"], &json!("Ana Ruiz")));
    assert_eq!(found["name"], "Candidaturas no registradas");
    // A device that encrypted another option than the one shown.
    let mut lying = opening.clone();
    let at = opening.len() - 32 - 8 - 48 - 4;
    assert_eq!(lying[at..at + 4], [15, 0, 0, 0]);
    lying[at] = 0;
    assert_eq!(value(&anybody.check_opening(&lying).unwrap())["valid"], false);
    lying[at] = 15;
    lying[at + 12] ^= 1;
    assert_eq!(value(&anybody.check_opening(&lying).unwrap())["why"], "ciphertext");
    assert_eq!(code(anybody.check_opening(&opening[1..])), "opening");

    // A device that encrypts what only looks like the name.
    for name in ["ANA\u{200b}RUIZ", "Ana  Ruiz", "\u{202e}ziuR"] {
        let mut blocks = vec![[0; 16]; 3];
        blocks.as_flattened_mut()[..name.len()].copy_from_slice(name.as_bytes());
        let lying = rehearsal.prepare((LIST, 7), 0, 15, Some(blocks), &mut rng).audit().to_bytes();
        let found = value(&anybody.check_opening(&lying).unwrap());
        assert_eq!((&found["valid"], &found["why"]), (&json!(false), &json!("text")), "{name:?}");
        assert!(found["text"].as_str().unwrap().is_ascii(), "{found}");
    }

    let second = value(&device.prepare(0, 15, written("Ana Ruiz")).unwrap());
    assert_ne!(first["code"], second["code"], "a fresh ballot");
    let first = device.prepare(0, 3, None).unwrap();
    device.discard(0);
    assert_eq!(code(device.cast(0)), "not-prepared", "{first}");
}

#[test]
fn r_bal_30_every_choice_gives_as_many_bytes() {
    let (rehearsal, _) = sealed();
    let mut lengths = std::collections::BTreeSet::new();
    let long = "x".repeat(48);
    for (place, (option, text)) in (0..).zip([(0, ""), (7, ""), (15, "x"), (15, long.as_str()), (16, "")]) {
        let mut device = entered(&rehearsal, place);
        let code = device.prepare(0, option, written(text)).unwrap();
        lengths.insert((code.len(), device.cast(0).unwrap().len()));
    }
    assert_eq!(lengths.len(), 1, "{lengths:?}");
}

#[test]
fn r_cast_10_stored_bytes_go_on_after_a_reload() {
    let (rehearsal, _) = sealed();
    let mut device = entered(&rehearsal, 6);
    device.prepare(1, 2, None).unwrap();
    let bytes = device.cast(1).unwrap();
    let cast = CastBallot::decode(&bytes, &rehearsal.election().shapes).unwrap();

    let (mut reloaded, _) = opened(&rehearsal);
    let code_of = value(&reloaded.resume(bytes.clone()).unwrap())["code"].clone();
    assert_eq!(code_of, cast.body.tracking_code().to_string());
    assert_eq!(reloaded.resume(bytes.clone()).unwrap(), device.code(1).unwrap(), "twice is once");
    assert_eq!(reloaded.cast(1).unwrap(), bytes);
    reloaded.verify_promise(1, promise(&rehearsal, &cast).as_bytes()).unwrap();
    // The promise came, and its ballot could not be deleted from the store: it goes on as before.
    assert_eq!(reloaded.resume(bytes.clone()).unwrap(), device.code(1).unwrap());
    assert_eq!(reloaded.cast(1).unwrap(), bytes);
    reloaded.verify_promise(1, promise(&rehearsal, &cast).as_bytes()).unwrap();
    let mut elsewhere = entered(&rehearsal, 7);
    elsewhere.prepare(1, 2, None).unwrap();
    let other = elsewhere.cast(1).unwrap();
    assert_eq!(code(reloaded.resume(other.clone())), "already-signed", "another one than was promised");
    reloaded.resume(bytes.clone()).unwrap();
    assert_eq!(code(reloaded.resume(other)), "already-signed", "another one than is held");

    // Nobody who has entered sends another's, whoever's name it is kept under.
    let mut next = entered(&rehearsal, 8);
    assert_eq!(code(next.resume(bytes.clone())), "not-yours");
    next.prepare(1, 2, None).unwrap();
    assert!(next.cast(1).is_ok(), "nothing of it is held");
    assert_eq!(entered(&rehearsal, 6).resume(bytes.clone()).unwrap(), device.code(1).unwrap());

    let (mut other, _) = opened(&rehearsal);
    for (at, expected) in [(8, "cast"), (52, "cast"), (bytes.len() - 97, "cast")] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert_eq!(code(other.resume(changed)), expected, "byte {at}");
    }
    assert_eq!(code(other.resume(bytes[1..].to_vec())), "cast");
}

#[test]
fn r_cast_15_a_swapped_record_is_refused_with_its_check() {
    let (rehearsal, mut rng) = sealed();
    let id = rehearsal.election().election_id.to_string();
    let other = {
        let keys = Keys::new(2, 3);
        let mut manifest = common::manifest(&keys);
        manifest.title = "Otra".into();
        Rehearsal::sealed(manifest, keys, &common::COUNTS, &mut rng)
    };
    // Whole, it is another election; piece by piece it does not hold together.
    let mut device = device();
    put_record(&mut device, &other);
    assert_eq!(code(device.open(&id)), "other-election");
    assert_eq!(code(device.link_half(&link(&rehearsal, 0)).and_then(|_| device.voter_key())), "not-entered");
    for (path, expected) in
        [(record::MANIFEST, "L1.2"), (record::ROLL, "L1.2"), (record::KEY_TRANSCRIPT, "K1.2"), (record::SEAL, "E1.2")]
    {
        put_record(&mut device, &rehearsal);
        device.put(path, other.files.0[path].clone());
        assert_eq!(code(device.open(&id)), expected, "{path}");
    }
    for (path, expected) in
        [(record::MANIFEST, "M1.1"), (record::ROLL, "L1.1"), (record::KEY_TRANSCRIPT, "K1.1"), (record::SEAL, "E1.1")]
    {
        put_record(&mut device, &rehearsal);
        device.put(path, rehearsal.files.0[path][1..].to_vec());
        assert_eq!(code(device.open(&id)), expected, "{path}");
        for path in SEALED.into_iter().filter(|other| *other != path) {
            device.put(path, rehearsal.files.0[path].clone());
        }
        assert_eq!(code(device.open(&id)), expected, "{path} is absent");
    }
    assert_eq!(code(device.prepare(0, 0, None)), "not-open");
    // What a voter has in one election is gone in another, and still there in the same.
    let mut voter = entered(&rehearsal, 0);
    put_record(&mut voter, &rehearsal);
    voter.open(&id).unwrap();
    voter.prepare(0, 0, None).unwrap();
    put_record(&mut voter, &other);
    voter.open(&other.election().election_id.to_string()).unwrap();
    assert_eq!(code(voter.prepare(0, 0, None)), "not-entered");
    assert_eq!(code(voter.cast(0)), "not-prepared");
    // A key of the server's own, in a transcript of the same ceremony.
    let mut transcript = rehearsal.files.0[record::KEY_TRANSCRIPT].clone();
    let last = transcript.len() - 1;
    transcript[last] ^= 1;
    put_record(&mut device, &rehearsal);
    device.put(record::KEY_TRANSCRIPT, transcript);
    assert_eq!(code(device.open(&id)), "K3.1");
    // A seal that names it would be another election's.
    put_record(&mut device, &rehearsal);
    assert_eq!(code(device.open(&ElectionId([0; 32]).to_string())), "other-election");
}

#[test]
fn halves_that_do_not_belong_together_are_refused() {
    let (rehearsal, _) = sealed();
    let (mut device, _) = opened(&rehearsal);
    let (keys, base, firsts) = list(&rehearsal, LIST);
    let firsts = firsts.as_flattened();
    let (first, second) = rehearsal.issued(LIST, 4);
    let (first, second) = (first.expose_bytes(), second.expose_bytes());
    assert_eq!(code(device.second_half(&second, keys, &base, firsts)), "no-half");
    assert_eq!(code(device.link_half("AAAA.token")), "link");
    assert_eq!(code(device.link_half("")), "link");
    device.link_half(&link(&rehearsal, 4)).unwrap();
    assert_eq!(code(device.second_half(&second[1..], keys, &base, firsts)), "half");
    assert_eq!(code(device.second_half(&first, keys, &base, firsts)), "half-role");
    let mut forged = second.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert_eq!(code(device.second_half(&forged, keys, &base, firsts)), "half-signature");
    let neighbour = rehearsal.issued(LIST, 5).1.expose_bytes();
    assert_eq!(code(device.second_half(&neighbour, keys, &base, firsts)), "half-entries");
    assert_eq!(code(device.second_half(&second, keys + 1, &base, firsts)), "list");
    assert_eq!(code(device.second_half(&second, keys, &base[1..], firsts)), "list");
    assert_eq!(code(device.second_half(&second, keys, &[0; 32], firsts)), "list");
    assert_eq!(code(device.second_half(&second, keys, &base, &firsts[32..])), "list");
    assert_eq!(code(device.enter()), "no-half");
}

/// A server that names other first keys would narrow the voter's key down with every bucket that is asked for.
#[test]
fn a_bucket_is_asked_for_once() {
    let (rehearsal, _) = sealed();
    let (mut device, _) = opened(&rehearsal);
    device.link_half(&link(&rehearsal, 8)).unwrap();
    let (keys, base, firsts) = list(&rehearsal, LIST);
    let half = rehearsal.issued(LIST, 8).1.expose_bytes();
    let bucket_of = |device: &mut Tested, firsts: &[[u8; 32]]| {
        value(&device.second_half(&half, keys, &base, firsts.as_flattened()).unwrap())["bucket"].clone()
    };
    let lying: Vec<[u8; 32]> = firsts.iter().map(|first| first.map(|byte| byte / 2)).collect();
    let named = bucket_of(&mut device, &lying).as_u64().unwrap();
    put_bucket(&mut device, &rehearsal, (named + 1) % u64::try_from(firsts.len()).unwrap(), 2);
    assert_eq!(code(device.enter()), "bucket");
    assert_eq!(bucket_of(&mut device, &firsts), json!(null), "no second question");
    let right = u64::try_from(firsts.partition_point(|first| *first <= key_of(&rehearsal, 8)) - 1).unwrap();
    put_bucket(&mut device, &rehearsal, right, 2);
    assert_eq!(code(device.enter()), "bucket", "nor the right answer to one that was not asked");
    device.forget();
    device.link_half(&link(&rehearsal, 8)).unwrap();
    assert_eq!(bucket_of(&mut device, &firsts), json!(null), "not after a new login either");
    put_lists(&mut device, &rehearsal, 2);
    device.enter().unwrap();

    // The right bucket, of a server that does not lie, may be asked for with every login.
    let mut honest = entered(&rehearsal, 8);
    assert_eq!(bucket_of(&mut honest, &firsts), json!(right));
    // A bucket that verifies and has not the key.
    let (mut other, _) = opened(&rehearsal);
    other.link_half(&link(&rehearsal, 8)).unwrap();
    let shifted: Vec<[u8; 32]> = if right == 0 { vec![[0; 32]; firsts.len()] } else { vec![[255; 32]; firsts.len()] };
    let wrong = bucket_of(&mut other, &shifted).as_u64().unwrap();
    assert_ne!(wrong, right);
    put_bucket(&mut other, &rehearsal, wrong, 2);
    assert_eq!(code(other.enter()), "not-listed");
    put_lists(&mut other, &rehearsal, 2);
    other.enter().unwrap();
}

/// The key of a voter of the list.
fn key_of(rehearsal: &Rehearsal, place: u32) -> [u8; 32] {
    rehearsal.credential(LIST, place).key().bytes
}

#[test]
fn a_swapped_list_is_refused() {
    let (rehearsal, _) = sealed();
    let (mut device, _) = opened(&rehearsal);
    device.link_half(&link(&rehearsal, 8)).unwrap();
    let number = second_half(&mut device, &rehearsal, 8);
    let (keys, path) = bucket(&rehearsal, LIST, number);

    put_bucket(&mut device, &rehearsal, number, 1);
    assert_eq!(code(device.enter()), "witnesses", "one of two is no quorum");
    put_bucket(&mut device, &rehearsal, number, 2);
    let mut changed = keys.as_flattened().to_vec();
    changed[40] ^= 1;
    device.put("keys", changed);
    assert_eq!(code(device.enter()), "bucket");
    put_bucket(&mut device, &rehearsal, (number + 1) % 20, 2);
    assert_eq!(code(device.enter()), "bucket", "another bucket than the key's");
    put_bucket(&mut device, &rehearsal, number, 2);
    device.put("path", path.as_flattened()[1..].to_vec());
    assert_eq!(code(device.enter()), "list");

    // The log of another election, a log that was changed, one without the act.
    let mut act = rehearsal.first_act();
    act.values.insert("election-id".to_owned(), "00".repeat(32));
    for (acts, expected) in [(vec![act], "acts-election"), (vec![], "acts-election")] {
        put_bucket(&mut device, &rehearsal, number, 2);
        let (checkpoint, bundles) = rehearsal.acts(&acts, 2);
        device.put("checkpoint", checkpoint);
        if let Some(bundle) = bundles.first() {
            device.put("bundle/0", bundle.clone());
            assert_eq!(code(device.enter()), expected);
        } else {
            assert_eq!(code(device.enter()), "acts", "a bundle too many");
        }
    }
    put_bucket(&mut device, &rehearsal, number, 2);
    let mut bundle = rehearsal.acts(&[rehearsal.first_act()], 2).1.remove(0);
    let last = bundle.len() - 2;
    bundle[last] ^= 1;
    device.put("bundle/0", bundle);
    assert_eq!(code(device.enter()), "acts");

    // A base of the server's own: the key is nowhere then.
    let (count, _, firsts) = list(&rehearsal, LIST);
    let half = rehearsal.issued(LIST, 8).1.expose_bytes();
    let own = signing_key("a point").verifying_key().to_bytes();
    let base = escrutinio_core::group::compress(&escrutinio_core::group::GENERATOR);
    assert_ne!(own, base);
    let (mut device, _) = opened(&rehearsal);
    device.link_half(&link(&rehearsal, 8)).unwrap();
    let found = value(&device.second_half(&half, count, &base, firsts.as_flattened()).unwrap());
    put_bucket(&mut device, &rehearsal, found["bucket"].as_u64().unwrap(), 2);
    assert_eq!(code(device.enter()), "not-listed");
    assert_eq!(code(device.prepare(0, 0, None)), "not-entered");

    // The right one, by the bucket and by the whole list.
    let (mut device, _) = opened(&rehearsal);
    device.link_half(&link(&rehearsal, 8)).unwrap();
    for whole in [false, true] {
        let number = second_half(&mut device, &rehearsal, 8);
        if whole {
            put_lists(&mut device, &rehearsal, 2);
        } else {
            put_bucket(&mut device, &rehearsal, number, 2);
        }
        device.enter().unwrap();
    }
    let (_, second) = rehearsal.issued(LIST, 8);
    device.second_half(&second.expose_bytes(), count, &list(&rehearsal, LIST).1, firsts.as_flattened()).unwrap();
    let mut lists = rehearsal.files.0[record::LISTS].clone();
    let last = lists.len() - 1;
    lists[last] ^= 1;
    put_lists(&mut device, &rehearsal, 2);
    device.put("lists", lists);
    assert_eq!(code(device.enter()), "list");
}

/// The page's own configuration names an election; that it is the one that everybody sees the witnesses say.
#[test]
fn r_cast_15_without_a_quorum_of_witnesses_nothing_is_encrypted() {
    let (rehearsal, _) = sealed();
    let (mut device, _) = opened(&rehearsal);
    device.link_half(&link(&rehearsal, 8)).unwrap();
    let number = second_half(&mut device, &rehearsal, 8);
    for whole in [false, true] {
        let put = |device: &mut Tested, witnesses| {
            if whole {
                put_lists(device, &rehearsal, witnesses);
            } else {
                put_bucket(device, &rehearsal, number, witnesses);
            }
        };
        for witnesses in [0, 1] {
            put(&mut device, witnesses);
            assert_eq!(code(device.enter()), "witnesses", "{witnesses} of two, whole list: {whole}");
        }
        let mut act = rehearsal.first_act();
        act.values.insert("election-id".to_owned(), "00".repeat(32));
        let (checkpoint, bundles) = rehearsal.acts(&[act], 2);
        put(&mut device, 2);
        device.put("checkpoint", checkpoint);
        device.put("bundle/0", bundles[0].clone());
        assert_eq!(code(device.enter()), "acts-election");
        assert_eq!(code(device.prepare(0, 0, None)), "not-entered");
    }
    device.put("lists", rehearsal.files.0[record::LISTS].clone());
    assert_eq!(code(device.enter()), "files", "no log at all");
    put_lists(&mut device, &rehearsal, 2);
    device.enter().unwrap();
    device.prepare(0, 0, None).unwrap();
}

#[test]
fn every_voter_finds_the_own_bucket() {
    let (rehearsal, _) = sealed();
    let mut used = std::collections::BTreeSet::new();
    for place in 0..common::COUNTS[2] {
        let device = entered(&rehearsal, place);
        let key = value(&device.voter_key().unwrap());
        assert_eq!(key["list"], LIST);
        assert!(used.insert(key["key"].as_str().unwrap().to_owned()));
    }
}

#[test]
fn what_the_contest_does_not_offer_is_refused() {
    let (rehearsal, _) = sealed();
    let mut device = entered(&rehearsal, 9);
    assert_eq!(code(device.prepare(0, 17, None)), "choice");
    assert_eq!(code(device.prepare(0, 15, None)), "choice", "a write-in without a name");
    assert_eq!(code(device.prepare(0, 15, written("   "))), "choice");
    assert_eq!(code(device.prepare(0, 15, written(&"ñ".repeat(25)))), "choice");
    assert_eq!(code(device.prepare(0, 2, written("Ana"))), "choice");
    assert_eq!(code(device.prepare(9, 0, None)), "contest");
    assert_eq!(code(device.cast(0)), "not-prepared");
    // A voter of a list whose style lacks the contest.
    let (mut federal, _) = opened(&rehearsal);
    let (first, second) = rehearsal.issued(0, 1);
    federal.link_half(&format!("{}.t", Base64UrlUnpadded::encode_string(&first.expose_bytes()))).unwrap();
    let (keys, base, firsts) = list(&rehearsal, 0);
    federal.second_half(&second.expose_bytes(), keys, &base, firsts.as_flattened()).unwrap();
    put_lists(&mut federal, &rehearsal, 2);
    assert_eq!(value(&federal.enter().unwrap())["contests"], json!([0, 1, 3]));
    assert_eq!(code(federal.prepare(2, 0, None)), "contest");
    federal.prepare(3, 0, None).unwrap();
}

#[test]
fn r_cast_13_a_promise_of_another_ballot_or_by_another_key_is_refused() {
    let (rehearsal, _) = sealed();
    let mut device = entered(&rehearsal, 10);
    assert_eq!(code(device.verify_promise(0, b"")), "not-cast");
    device.prepare(0, 1, None).unwrap();
    assert_eq!(code(device.verify_promise(0, b"")), "not-cast");
    let bytes = device.cast(0).unwrap();
    let cast = CastBallot::decode(&bytes, &rehearsal.election().shapes).unwrap();
    let (id, tracking) = (rehearsal.election().election_id, cast.body.tracking_code());
    assert_eq!(code(device.verify_promise(0, b"escrutinio/receipt/v1\n")), "receipt");
    let keys = &rehearsal.keys;
    for receipt in [
        Receipt::promise(id, 0, tracking, &keys.registrar),
        Receipt::promise(id, 1, tracking, &keys.server),
        Receipt::promise(ElectionId([0; 32]), 0, tracking, &keys.server),
        Receipt::promise(id, 0, escrutinio_core::ids::TrackingCode([1; 32]), &keys.server),
    ] {
        assert_eq!(code(device.verify_promise(0, receipt.to_string().as_bytes())), "promise");
    }
    assert_eq!(device.cast(0).unwrap(), bytes, "the same bytes go on");
    device.verify_promise(0, promise(&rehearsal, &cast).as_bytes()).unwrap();
}

#[test]
fn r_pub_03_receipt_and_key_are_found_on_the_board() {
    let (rehearsal, casts, mut rng) = nine();
    let (mut anybody, _) = opened(&rehearsal);
    let last = rehearsal.files.0.keys().rfind(|path| path.starts_with(record::CHECKPOINTS)).unwrap().clone();
    let board = |device: &mut Tested, rehearsal: &Rehearsal| {
        device.put("checkpoint", rehearsal.files.0[&last].clone());
        device.put("bundle/0", rehearsal.files.0["board/tile/entries/000.p/9"].clone());
    };
    let receipt = promise(&rehearsal, &casts[3]);
    let alone = value(&anybody.check_receipt(receipt.as_bytes()).unwrap());
    assert_eq!((&alone["promise"], &alone["listed"], &alone["board"]), (&json!(true), &json!(null), &json!(null)));
    board(&mut anybody, &rehearsal);
    anybody.put("receipts", rehearsal.files.0[record::RECEIPTS].clone());
    let found = value(&anybody.check_receipt(receipt.as_bytes()).unwrap());
    assert_eq!((&found["listed"], &found["board"]["size"]), (&json!(true), &json!(9)));
    assert_eq!(found["board"]["witnesses"].as_array().unwrap().len(), 2);
    assert_eq!((&found["board"]["closed"], &found["searched"]), (&json!(true), &json!(true)));
    board(&mut anybody, &rehearsal);
    anybody.put("receipts", rehearsal.files.0[record::RECEIPTS].clone());
    let typed = found["codeText"].as_str().unwrap().to_lowercase().replace('-', " ");
    let by_code = value(&anybody.check_code(&typed).unwrap());
    assert_eq!(
        (&by_code["listed"], &by_code["entry"]),
        (&json!(true), &found["entry"]),
        "a code says as much as its receipt"
    );
    assert_eq!(by_code["promise"], json!(null), "but nobody promised it");
    assert_eq!(code(anybody.check_code(&typed[1..])), "code");
    let entry = found["entry"].as_u64().unwrap();
    let key = casts[3].key.bytes;
    board(&mut anybody, &rehearsal);
    let own = value(&anybody.find_key(LIST, &key).unwrap());
    assert_eq!(own, json!([{ "contest": 1, "entry": entry, "code": found["code"], "codeText": found["codeText"] }]));
    board(&mut anybody, &rehearsal);
    assert_eq!(anybody.find_key(LIST, &[1; 32]).unwrap(), "[]");

    // A promise that was broken.
    let absent = rehearsal.cast((LIST, 20), 1, 0, None, &mut rng);
    board(&mut anybody, &rehearsal);
    anybody.put("receipts", rehearsal.files.0[record::RECEIPTS].clone());
    let broken = value(&anybody.check_receipt(promise(&rehearsal, &absent).as_bytes()).unwrap());
    assert_eq!((&broken["promise"], &broken["listed"], &broken["entry"]), (&json!(true), &json!(false), &json!(null)));
    let mut bundle = rehearsal.files.0["board/tile/entries/000.p/9"].clone();
    let at = bundle.len() - 1;
    bundle[at] ^= 1;
    anybody.put("checkpoint", rehearsal.files.0[&last].clone());
    anybody.put("bundle/0", bundle);
    assert_eq!(code(anybody.check_receipt(receipt.as_bytes())), "files");
    anybody.put("checkpoint", rehearsal.files.0[&last].clone());
    anybody.put("receipts", b"escrutinio/receipts/v1\n".to_vec());
    assert_eq!(code(anybody.check_receipt(receipt.as_bytes())), "files");
}

/// The closing checkpoint of the rehearsal's board, signed anew by so many witnesses at a time.
fn closing_note(rehearsal: &Rehearsal, witnesses: usize, time: i64) -> Vec<u8> {
    let last = rehearsal.files.0.keys().rfind(|path| path.starts_with(record::CHECKPOINTS)).unwrap();
    let claimed = SignedCheckpoint::parse(&rehearsal.files.0[last]).unwrap().claimed().clone();
    let named = || rehearsal.manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key));
    let log = (rehearsal.manifest.log.name.as_str(), rehearsal.manifest.log.key);
    let keys = LogKeys::of_election(&rehearsal.election().election_id, log, named()).unwrap();
    let mut signed = claimed.sign(&rehearsal.keys.log).unwrap();
    for ((name, _), key) in named().zip(&rehearsal.keys.witnesses).take(witnesses) {
        let time = u64::try_from(time).unwrap();
        signed.add_cosignature(claimed.cosign(name, key, time).unwrap(), &keys).unwrap();
    }
    signed.to_string().into_bytes()
}

/// The same in the inbox, with entries and list.
fn put_closed(device: &mut Tested, rehearsal: &Rehearsal, witnesses: usize, time: i64) {
    device.put("checkpoint", closing_note(rehearsal, witnesses, time));
    device.put("bundle/0", rehearsal.files.0["board/tile/entries/000.p/9"].clone());
    device.put("receipts", rehearsal.files.0[record::RECEIPTS].clone());
}

/// Nine ballots on a closed board, the rehearsal and the ballots.
fn nine() -> (Rehearsal, Vec<CastBallot>, ChaCha20Rng) {
    let (mut rehearsal, mut rng) = sealed();
    let casts: Vec<CastBallot> =
        (0..9).map(|place| rehearsal.cast((LIST, place), 1, place % 5, None, &mut rng)).collect();
    rehearsal.close(casts.iter().map(Encode::to_bytes));
    (rehearsal, casts, rng)
}

/// A board that log and server show before it was closed, or to one voter alone, counts no vote.
#[test]
fn r_pub_03_a_vote_is_counted_only_under_a_closing_that_a_quorum_signed() {
    let (rehearsal, casts, _) = nine();
    let (mut anybody, _) = opened(&rehearsal);
    let receipt = promise(&rehearsal, &casts[3]);
    let end = rehearsal.manifest.calendar.reception_end;
    let quorum = usize::try_from(rehearsal.manifest.witness_quorum).unwrap();
    for (witnesses, time, closed) in [(quorum, end, true), (quorum - 1, end, false), (quorum, end - 1, false)] {
        put_closed(&mut anybody, &rehearsal, witnesses, time);
        let found = value(&anybody.check_receipt(receipt.as_bytes()).unwrap());
        let of_board = &found["board"];
        assert_eq!((&of_board["closed"], &found["searched"]), (&json!(closed), &json!(closed)), "{witnesses} {time}");
        assert_eq!(found["entry"].is_number(), closed, "{witnesses} {time}");
        assert_eq!(found["listed"], true);
        put_closed(&mut anybody, &rehearsal, witnesses, time);
        match anybody.find_key(LIST, &casts[3].key.bytes) {
            Ok(own) => assert!(closed && value(&own)[0]["entry"] == found["entry"]),
            Err(refused) => assert_eq!((closed, refused.code), (false, "closing")),
        }
    }
}

/// Names of witnesses are shown only of those who signed, with the figure that says how much they are.
#[test]
fn a_checkpoint_says_who_signed_it() {
    let (rehearsal, _, _) = nine();
    let (anybody, _) = opened(&rehearsal);
    let end = rehearsal.manifest.calendar.reception_end;
    for (witnesses, time, quorum, closed) in
        [(2, end, true, true), (2, end - 1, true, false), (1, end, false, false), (0, end, false, false)]
    {
        let note = closing_note(&rehearsal, witnesses, time);
        let found = value(&anybody.checkpoint("board", &note).unwrap());
        assert_eq!((&found["size"], &found["quorum"], &found["closed"]), (&json!(9), &json!(quorum), &json!(closed)));
        assert_eq!(found["at"], if witnesses > 0 { json!(time) } else { json!(null) });
        let names: Vec<&str> = rehearsal.manifest.witnesses.iter().map(|witness| witness.name.as_str()).collect();
        let shown = found["witnesses"].as_array().unwrap().iter();
        assert!(shown.map(|witness| witness["name"].as_str().unwrap()).eq(names.into_iter().take(witnesses)));
    }
    let note = closing_note(&rehearsal, 2, end);
    let lines = String::from_utf8(note.clone()).unwrap();
    assert_eq!(value(&anybody.checkpoint("board", &note).unwrap())["root"], lines.lines().nth(2).unwrap());
    // A name that stands there without its signature, another root, the other log.
    let last = lines.lines().last().unwrap();
    let forged = lines.replace(last, &format!("{}AAAA", &last[..last.len() - 4]));
    let swapped = lines.replacen("\n9\n", "\n8\n", 1);
    for (log, note) in [("board", forged.as_bytes()), ("board", swapped.as_bytes()), ("acts", &note)] {
        assert_eq!(code(anybody.checkpoint(log, note)), "files");
    }
    let (checkpoint, _) = rehearsal.acts(&[rehearsal.first_act()], 2);
    let found = value(&anybody.checkpoint("acts", &checkpoint).unwrap());
    assert_eq!((&found["size"], &found["quorum"], &found["closed"]), (&json!(1), &json!(true), &json!(false)));
    assert_eq!(code(anybody.checkpoint("books", &checkpoint)), "input");
}

/// Who comes back is told whether the log only grew since, and of every other history that the log signed.
#[test]
fn what_was_seen_before_is_held_against_the_log() {
    let (rehearsal, _, _) = nine();
    let (mut anybody, _) = opened(&rehearsal);
    let bundle = &rehearsal.files.0["board/tile/entries/000.p/9"];
    let id = BundleId::all(9).next().unwrap();
    let entries = read_bundle(id, bundle).unwrap();
    let tile: Vec<u8> = entries.iter().flat_map(|entry| leaf_hash(entry)).collect();
    let now = closing_note(&rehearsal, 2, rehearsal.manifest.calendar.reception_end);
    let claimed = SignedCheckpoint::parse(&now).unwrap().claimed().clone();
    let signed = |size: usize, other: bool| {
        let mut tree: MerkleTree = entries[..size].iter().map(|entry| leaf_hash(entry)).collect();
        if other {
            tree = (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        }
        let checkpoint = Checkpoint { size: size.try_into().unwrap(), root: tree.root(), ..claimed.clone() };
        checkpoint.sign(&rehearsal.keys.log).unwrap().to_string().into_bytes()
    };
    let mut ask = |now: &[u8], seen: &[Vec<u8>], tile: Option<&[u8]>| {
        seen.iter().enumerate().for_each(|(n, note)| anybody.put(&format!("seen/{n}"), note.clone()));
        tile.into_iter().for_each(|tile| anybody.put("tile/0", tile.to_vec()));
        let found = value(&anybody.follow("board", now).map_err(|error| error.code)?);
        let growth = found.as_array().unwrap().iter().map(|one| one["growth"].as_str().unwrap().to_owned());
        Ok::<_, &str>(growth.collect::<Vec<_>>())
    };
    let seen = [signed(0, false), signed(5, false), signed(9, false), signed(5, true), signed(9, true), b"-".to_vec()];
    let shown = ask(&now, &seen, Some(&tile)).unwrap();
    assert_eq!(shown, ["grew", "grew", "same", "forked", "forked", "void"]);
    let hidden = ask(&now, &seen, None).unwrap();
    assert_eq!(
        hidden,
        ["grew", "unproven", "same", "unproven", "forked", "void"],
        "two roots of one size need no hashes"
    );
    assert_eq!(ask(&signed(5, false), &seen[2..3], None).unwrap(), ["smaller"]);
    assert_eq!(ask(&signed(0, false), &seen[..2], None).unwrap(), ["same", "smaller"]);
    assert_eq!(ask(&now, &[], None).unwrap(), Vec::<String>::new());
    let mut bent = tile.clone();
    bent[7] ^= 1;
    for wrong in [&bent[..], &tile[..256]] {
        assert_eq!(ask(&now, &seen[1..2], Some(wrong)), Err("files"), "hashes that are not those of the checkpoint");
    }
    let last = now.len() - 9;
    let forged: Vec<u8> = now.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == last)).collect();
    assert_eq!(ask(&forged, &seen[..1], None), Err("files"));
}

/// The server leaves a ballot out, puts one of its own into its place, and lists the code all the same.
#[test]
fn r_pub_03_a_listed_code_without_its_ballot_is_not_counted() {
    let (mut rehearsal, mut casts, mut rng) = nine();
    let honest = rehearsal.files.0[record::RECEIPTS].clone();
    let dropped = promise(&rehearsal, &casts[3]);
    casts[3] = rehearsal.cast((LIST, 20), 1, 0, None, &mut rng);
    rehearsal.close(casts.iter().map(Encode::to_bytes));
    let (mut anybody, _) = opened(&rehearsal);
    put_closed(&mut anybody, &rehearsal, 2, rehearsal.manifest.calendar.reception_end);
    anybody.put("receipts", honest);
    let found = value(&anybody.check_receipt(dropped.as_bytes()).unwrap());
    assert_eq!((&found["listed"], &found["searched"], &found["entry"]), (&json!(true), &json!(true), &json!(null)));
}

/// For a board that is too large to be fetched: the list is the one that the log of acts commits to.
#[test]
fn r_pub_03_the_list_is_that_of_the_record_in_the_log_of_acts() {
    let (rehearsal, casts, _) = nine();
    let (mut anybody, _) = opened(&rehearsal);
    let line = |list: &[u8]| format!("{}  {}\n", hex(&sha256(&[list])), record::RECEIPTS);
    let receipts = &rehearsal.files.0[record::RECEIPTS];
    let sums = format!("{}  manifest.bin\n{}", hex(&[7; 32]), line(receipts));
    let publish = |sums: &str, size: u32| {
        let values = [("record", hex(&sha256(&[sums.as_bytes()]))), ("size", size.to_string())];
        let values = values.map(|(name, value)| (name.to_owned(), value)).into();
        Act { name: "publish".to_owned(), at: "2021-12-07T00:00:00Z".to_owned(), values }
    };
    let other = sums.replace(&line(receipts), &line(b"another list"));
    let ask = |device: &mut Tested, sums: &str, acts: &[Act], witnesses: usize| {
        put_closed(device, &rehearsal, 2, rehearsal.manifest.calendar.reception_end);
        device.put("sums", sums.as_bytes().to_vec());
        let (checkpoint, bundles) = rehearsal.acts(acts, witnesses);
        device.put("acts/checkpoint", checkpoint);
        device.put("acts/bundle/0", bundles[0].clone());
        let found = device.check_receipt(promise(&rehearsal, &casts[3]).as_bytes());
        found.map(|found| value(&found)["logged"].clone())
    };
    let first = rehearsal.first_act();
    let right = [first.clone(), publish(&sums, 9)];
    assert_eq!(ask(&mut anybody, &sums, &right, 2).unwrap(), true);
    assert_eq!(ask(&mut anybody, &sums, core::slice::from_ref(&first), 2).unwrap(), false, "nothing was published");
    assert_eq!(ask(&mut anybody, &sums, &[first.clone(), publish(&other, 9)], 2).unwrap(), false, "another record");
    assert_eq!(ask(&mut anybody, &other, &[first.clone(), publish(&other, 9)], 2).unwrap(), false, "another list");
    assert_eq!(ask(&mut anybody, &sums, &[first, publish(&sums, 8)], 2).unwrap(), false, "another board");
    assert_eq!(code(ask(&mut anybody, &sums, &right, 1)), "witnesses");
}

#[test]
fn the_log_of_acts_is_read_whole() {
    let (rehearsal, _) = sealed();
    let (mut anybody, _) = opened(&rehearsal);
    let mut second = rehearsal.first_act();
    second.name = "open".to_owned();
    let (checkpoint, bundles) = rehearsal.acts(&[rehearsal.first_act(), second], 2);
    anybody.put("checkpoint", checkpoint);
    anybody.put("bundle/0", bundles[0].clone());
    let read = value(&anybody.read_acts().unwrap());
    assert_eq!((&read["size"], read["acts"].as_array().unwrap().len()), (&json!(2), 2));
    assert_eq!(read["acts"][1]["name"], "open");
    assert_eq!(read["acts"][0]["values"]["election-id"], rehearsal.election().election_id.to_string());
}

#[test]
fn r_bal_12_marks_over_every_contest() {
    let (rehearsal, _) = sealed();
    let (device, info) = opened(&rehearsal);
    let ask = |contest: u32, marks: &str, text: &str| {
        let (marks, text) = (Zeroizing::new(marks.to_owned()), Zeroizing::new(text.to_owned()));
        value(&device.option_of_marks(&Question { contest, marks, text, confirmed: false }).unwrap())
    };
    for contest in info["contests"].as_array().unwrap() {
        let number = u32::try_from(contest["index"].as_u64().unwrap()).unwrap();
        let options = contest["options"].as_array().unwrap();
        let spaces: Vec<&str> =
            contest["spaces"].as_array().unwrap().iter().map(|space| space["mark"].as_str().unwrap()).collect();
        let takes_text = contest["textBytes"].as_u64().unwrap() > 0;
        // Every set of one, two or three spaces: an option exactly if the ballot says so.
        let mut sets: Vec<Vec<&str>> = spaces.iter().map(|space| vec![*space]).collect();
        for (n, a) in spaces.iter().enumerate() {
            for (m, b) in spaces.iter().enumerate().skip(n + 1) {
                sets.push(vec![a, b]);
                sets.extend(spaces.iter().skip(m + 1).map(|c| vec![*a, *b, *c]));
            }
        }
        let mut found = 0;
        for set in &sets {
            let expected = options.iter().find(|option| {
                let marks = option["marks"].as_array().unwrap();
                marks.len() == set.len() && set.iter().all(|mark| marks.contains(&json!(mark)))
            });
            let text = if takes_text && set.contains(&"write-in") { "Ana" } else { "" };
            let answer = ask(number, &set.join(" "), text);
            assert_eq!(answer["ok"], expected.is_some(), "{set:?}");
            if let Some(option) = expected {
                found += 1;
                assert_eq!((&answer["option"], &answer["name"]), (&option["index"], &option["name"]));
            } else {
                assert_eq!(answer["why"], "combination");
                assert_eq!(answer["marks"].as_array().unwrap().len(), set.len(), "every emblem is named");
            }
        }
        let short = options.iter().filter(|option| option["marks"].as_array().unwrap().len() <= 3).count();
        assert_eq!(found, short);
        assert_eq!(ask(number, "", "")["why"], "empty");
        assert_eq!(ask(number, "null", "Ana")["why"], "text-without-mark");
        // The candidates of a coalition stand in the space of each of its parties.
        for space in contest["spaces"].as_array().unwrap() {
            let candidacy = ["party", "common", "independent"].contains(&space["kind"].as_str().unwrap());
            assert_eq!(space["formulas"].as_array().unwrap().is_empty(), !candidacy, "{space}");
        }
    }
    assert_eq!(info["contests"][4]["options"].as_array().unwrap().len(), 41);
    assert_eq!(info["contests"][0]["options"].as_array().unwrap().len(), 17);
    assert_eq!(ask(0, "write-in", " Núñez  Ñandú ")["text"], "Núñez Ñandú");
    assert_eq!(ask(0, "write-in", "")["why"], "text-empty");
    assert_eq!(ask(0, "write-in", "  ")["why"], "text-empty");
    assert_eq!(ask(0, "write-in", "a\u{7}")["why"], "text-control");
    assert_eq!(ask(0, "write-in", "и")["why"], "text-character");
    let long = ask(0, "write-in", &"ñ".repeat(25));
    assert_eq!((&long["why"], &long["limit"], &long["actual"]), (&json!("text-long"), &json!(48), &json!(50)));
    let question = |contest, marks: &str| Question {
        contest,
        marks: Zeroizing::new(marks.to_owned()),
        text: Zeroizing::default(),
        confirmed: false,
    };
    for marks in ["party:9", "party:01", "party", "partido:1", "answer:0", "common:7", "null:0"] {
        assert_eq!(code(device.option_of_marks(&question(0, marks))), "marks", "{marks}");
    }
    assert_eq!(code(device.option_of_marks(&question(9, "null"))), "contest");
    assert_eq!(ask(2, "party:0 party:1 party:2 party:7", "")["ok"], true);
}

#[test]
fn nothing_secret_is_printed() {
    let (rehearsal, _) = sealed();
    let mut device = entered(&rehearsal, 12);
    device.prepare(0, 15, written("CANARIO")).unwrap();
    assert_eq!(format!("{device:?}"), "Device(..)");
    for refused in [device.prepare(0, 99, written("CANARIO")), device.prepare(0, 2, written("CANARIO"))] {
        assert!(!format!("{:?}", refused.unwrap_err()).contains("CANARIO"));
    }
    let state = device.state();
    assert!(!state.contains("CANARIO") && !state.contains("15"), "{state}");
}
