//! `signature.json`: Ed25519 as strict as notation.md wants it.

use curve25519_dalek::EdwardsPoint;
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::CompressedEdwardsY;
use escrutinio_core::group::{Scalar, wide_scalar};
use escrutinio_core::secret::SecretBytes;
use escrutinio_core::signature::{Signature, SigningKey, VerifyingKey};
use sha2::{Digest, Sha512};

use super::case::{Case, Flag, Vectors};
use super::json::Json;
use super::published::ED25519;

const FLAGS: &[Flag] = &[
    ("WrongData", "does not check the equation", "anybody signs for anybody"),
    ("ScalarRange", "takes S of the order or above", "a signature can be changed without its signer"),
    ("SmallOrderKey", "takes a key of small order", "one signature holds for any message"),
    ("SmallOrderR", "takes an R of small order", "signatures are not unique, and implementations disagree"),
    ("NonCanonicalKey", "takes a second encoding of a key", "one signer has two names, and keys are not distinct"),
    (
        "MixedOrder",
        "multiplies the equation by the cofactor, or refuses keys of mixed order",
        "two verifiers disagree about one record",
    ),
    ("LabelEnd", "signs the data instead of TH(label, data)", "a signature for one purpose serves another"),
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap()
}

pub(super) fn vectors() -> (String, String) {
    let mut file =
        Vectors::new("signature-INSECURE-secrets", "Ed25519, verified strictly: notation.md. Seeds are shown.", FLAGS);
    file.group("ed25519-sign", "RFC 8032, 7.1: keys and signatures follow from seeds.", published());
    file.group("ed25519-key", "What a decoder takes as a key.", keys());
    file.group("ed25519-verify", "Signatures of messages.", signatures());
    file.group("labelled-signature", "Signatures over label and data.", labelled());
    file.file()
}

fn published() -> Vec<Case> {
    ED25519
        .iter()
        .map(|vector| {
            let [seed, key, message, signature] = vector.map(bytes);
            let signer = SigningKey::from_seed(&SecretBytes::new(array(&seed)));
            assert_eq!(signer.verifying_key().to_bytes().as_slice(), key);
            assert_eq!(signer.sign_raw(&message).0.as_slice(), signature);
            Case::valid(format!("a message of {} bytes", message.len()))
                .bytes("seed", &seed)
                .bytes("message", &message)
                .output("key", Json::hex(&key))
                .output("signature", Json::hex(&signature))
        })
        .collect()
}

/// The encodings of y and y + p, for y below 19 with a point that is not of small order.
fn two_encodings() -> (u8, [u8; 32], [u8; 32]) {
    (2u8..19)
        .find_map(|y| {
            let mut canonical = [0u8; 32];
            canonical[0] = y;
            let point = CompressedEdwardsY(canonical).decompress()?;
            let mut second = [0xff; 32];
            second[0] = 0xed + y;
            second[31] = 0x7f;
            (!point.is_small_order()).then_some((y, canonical, second))
        })
        .unwrap()
}

/// Every encoding of a point of small order, the second ones too.
fn small_order() -> Vec<[u8; 32]> {
    let mut all: Vec<[u8; 32]> = EIGHT_TORSION.iter().map(|point| point.compress().to_bytes()).collect();
    let value = |low: u8, top: u8| {
        let mut bytes = [0xff; 32];
        bytes[0] = low;
        bytes[31] = top;
        bytes
    };
    // p and p + 1, with either sign; 1 and -1 with the sign of x = 0.
    all.extend([value(0xed, 0x7f), value(0xed, 0xff), value(0xee, 0x7f), value(0xee, 0xff), value(0xec, 0xff)]);
    let mut one = [0; 32];
    (one[0], one[31]) = (1, 0x80);
    all.push(one);
    all
}

fn keys() -> Vec<Case> {
    let (y, canonical, second) = two_encodings();
    let signer = honest().0;
    let mut cases = vec![
        Case::valid("an ordinary key").bytes("key", &signer),
        Case::valid(format!("y = {y}")).bytes("key", &canonical),
        Case::invalid(format!("y = {y} + p"), "encoding", "NonCanonicalKey").bytes("key", &second),
        Case::invalid("no point of the curve", "encoding", "NonCanonicalKey").bytes("key", &off_curve()),
        Case::valid("a key of mixed order").flag("MixedOrder").bytes("key", &mixed(&signer).compress().to_bytes()),
    ];
    let small = small_order();
    cases.extend(small.iter().map(|key| {
        assert!(VerifyingKey::from_bytes(key).is_none());
        Case::invalid("a point of small order", "encoding", "SmallOrderKey").bytes("key", key)
    }));
    for key in [&signer, &canonical, &mixed(&signer).compress().to_bytes()] {
        assert!(VerifyingKey::from_bytes(key).is_some());
    }
    for key in [&second, &off_curve()] {
        assert!(VerifyingKey::from_bytes(key).is_none());
    }
    cases
}

fn off_curve() -> [u8; 32] {
    (2u8..)
        .map(|y| {
            let mut bytes = [0u8; 32];
            bytes[0] = y;
            bytes
        })
        .find(|bytes| CompressedEdwardsY(*bytes).decompress().is_none())
        .unwrap()
}

/// A key, its scalar and its prefix.
fn honest() -> ([u8; 32], Scalar) {
    let seed = [3u8; 32];
    let digest: [u8; 64] = Sha512::digest(seed).into();
    let mut low: [u8; 32] = array(&digest[..32]);
    low[0] &= 248;
    low[31] = (low[31] & 127) | 64;
    let scalar = Scalar::from_bytes_mod_order(low);
    let key = SigningKey::from_seed(&SecretBytes::new(seed)).verifying_key().to_bytes();
    assert_eq!((ED25519_BASEPOINT_POINT * scalar).compress().to_bytes(), key);
    (key, scalar)
}

fn mixed(key: &[u8; 32]) -> EdwardsPoint {
    CompressedEdwardsY(*key).decompress().unwrap() + EIGHT_TORSION[1]
}

fn challenge(r: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    wide_scalar(&Sha512::new().chain_update(r).chain_update(key).chain_update(message).finalize().into())
}

fn join(r: &[u8; 32], s: &[u8; 32]) -> [u8; 64] {
    array(&[*r, *s].concat())
}

/// S and the order, as an integer of 32 bytes.
fn unreduced(s: &[u8; 32]) -> [u8; 32] {
    let mut order = (-Scalar::ONE).to_bytes();
    order[0] += 1;
    let mut carry = 0u16;
    core::array::from_fn(|i| {
        let sum = u16::from(s[i]) + u16::from(order[i]) + carry;
        carry = sum >> 8;
        u8::try_from(sum & 0xff).unwrap()
    })
}

fn signatures() -> Vec<Case> {
    let (key, scalar) = honest();
    let signer = SigningKey::from_seed(&SecretBytes::new([3; 32]));
    let message = b"a message";
    let good = signer.sign_raw(message).0;
    let changed = |at: usize| {
        let mut bad = good;
        bad[at] ^= 1;
        bad
    };
    let identity = EIGHT_TORSION[0].compress().to_bytes();
    let by_small_r = |r: &EdwardsPoint| {
        let r = r.compress().to_bytes();
        join(&r, &(challenge(&r, &key, message) * scalar).to_bytes())
    };
    let mut cases = vec![
        case(None, "a good signature", key, message, good),
        case(Some("WrongData"), "another message", key, b"another", good),
        case(Some("WrongData"), "a changed R", key, message, changed(0)),
        case(Some("WrongData"), "a changed S", key, message, changed(32)),
        case(
            Some("WrongData"),
            "another key",
            SigningKey::from_seed(&SecretBytes::new([4; 32])).verifying_key().to_bytes(),
            message,
            good,
        ),
        case(
            Some("ScalarRange"),
            "S and the order",
            key,
            message,
            join(&array(&good[..32]), &unreduced(&array(&good[32..]))),
        ),
        case(Some("SmallOrderKey"), "key and R of order 1, S = 0", identity, message, join(&identity, &[0; 32])),
        case(Some("SmallOrderR"), "R of order 1; the equation holds", key, message, by_small_r(&EIGHT_TORSION[0])),
    ];
    // Under a key of mixed order the equation without cofactor holds for one message in eight.
    let point = mixed(&key);
    let crooked = point.compress().to_bytes();
    let nonce = Scalar::from(12_345u32);
    let r = (ED25519_BASEPOINT_POINT * nonce).compress().to_bytes();
    let signed = |n: u32| {
        let message = n.to_le_bytes();
        let k = challenge(&r, &crooked, &message);
        let s = nonce + k * scalar;
        let holds = ED25519_BASEPOINT_POINT * s - point * k == CompressedEdwardsY(r).decompress().unwrap();
        (message, join(&r, &s.to_bytes()), holds)
    };
    let (message, signature, _) = (0..).map(signed).find(|(.., holds)| *holds).unwrap();
    cases.push(case(None, "a key of mixed order; the equation holds", crooked, &message, signature).flag("MixedOrder"));
    let (message, signature, _) = (0..).map(signed).find(|(.., holds)| !holds).unwrap();
    cases.push(case(
        Some("MixedOrder"),
        "a key of mixed order; only eight times the equation holds",
        crooked,
        &message,
        signature,
    ));
    cases
}

fn case(flag: Option<&'static str>, comment: &str, key: [u8; 32], message: &[u8], signature: [u8; 64]) -> Case {
    let verified =
        VerifyingKey::from_bytes(&key).is_some_and(|key| key.verify_raw(message, &Signature(signature)).is_ok());
    assert_eq!(verified, flag.is_none(), "{comment}");
    flag.map_or_else(|| Case::valid(comment), |flag| Case::invalid(comment, "signature", flag))
        .bytes("key", &key)
        .bytes("message", message)
        .bytes("signature", &signature)
}

fn labelled() -> Vec<Case> {
    let signer = SigningKey::from_seed(&SecretBytes::new([3; 32]));
    let key = signer.verifying_key();
    let good = signer.sign("roll", &[b"data"]).0;
    let raw = signer.sign_raw(b"data").0;
    let make = |comment: &str, label: &str, data: &[u8], signature: [u8; 64]| {
        let holds = key.verify(label, &[data], &Signature(signature)).is_ok();
        if holds { Case::valid(comment) } else { Case::invalid(comment, "signature", "LabelEnd") }
            .bytes("key", &key.to_bytes())
            .input("label", label)
            .bytes("data", data)
            .bytes("signature", &signature)
    };
    vec![
        make("a good signature", "roll", b"data", good),
        make("another label", "half", b"data", good),
        make("label and data cut elsewhere", "rol", b"ldata", good),
        make("other data", "roll", b"datA", good),
        make("the data signed without its hash", "roll", b"data", raw),
    ]
}
