//! Vectors of `notation.md`, of tracking codes and of transcripts.

use escrutinio_core::board::code::{format_code, parse_canonical_code, parse_code};
use escrutinio_core::encoding::Decode;
use escrutinio_core::group::{self, Element, Scalar, compress};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::TrackingCode;
use escrutinio_core::secret::SecretBytes;
use escrutinio_core::signature::{Signature, SigningKey, VerifyingKey};
use escrutinio_core::transcript::{Proof, ProofContext};
use serde_json::json;

use crate::case::{Answer, Given, hex, nothing, one, unhex};

pub(crate) fn kind(name: &str) -> Option<fn(&Given) -> Answer> {
    Some(match name {
        "multiple" => |t| point(&group::mul_generator(&Scalar::from(t.number("k")))),
        "point" => |t| match group::decompress(&t.array("bytes")) {
            Some(element) if compress(&element).as_slice() == t.bytes("bytes") => nothing(),
            _ => Err("group"),
        },
        "scalar" => |t| group::decode_scalar(&t.array("bytes")).map_or(Err("group"), |_| nothing()),
        "element-derivation" => |t| point(&Element::from_uniform_bytes(&t.array("bytes"))),
        "generator" => |t| point(&group::hash_to_element(&[&t.bytes("name")])),
        "lizard-encode" => |t| point(&group::lizard_encode(&t.array("bytes"))),
        "lizard-decode" => |t| {
            let element = group::decompress(&t.array("point")).unwrap();
            one("bytes", hex(&group::lizard_decode(&element).ok_or("group")?))
        },
        "tagged-hash" => |t| one("hash", hex(&tagged_hash(t.text("label"), &[&t.bytes("data")]))),
        "hash-to-scalar" => {
            |t| one("scalar", hex(&group::hash_to_scalar(t.text("label"), &t.bytes("data")).to_bytes()))
        }
        "weights" => |t| {
            let weights = group::weights(&t.array("seed"), t.number("n").try_into().unwrap());
            one("weights", weights.iter().map(|w| hex(&w.to_bytes()[..16])).collect::<Vec<_>>())
        },
        "tracking-code" => |t| one("text", format_code(&TrackingCode(t.array("code")))),
        "tracking-code-typed" => |t| code(parse_code(t.text("text")).ok()),
        "tracking-code-file" => |t| code(parse_canonical_code(t.text("text")).ok()),
        "merlin" => merlin,
        "proof-header" => header,
        "ed25519-sign" => |t| {
            let key = SigningKey::from_seed(&SecretBytes::new(t.array("seed")));
            let signature = key.sign_raw(&t.bytes("message"));
            Ok(json!({ "key": hex(&key.verifying_key().to_bytes()), "signature": hex(&signature.0) }))
        },
        "ed25519-key" => |t| VerifyingKey::from_bytes(&t.array("key")).map_or(Err("encoding"), |_| nothing()),
        "ed25519-verify" => |t| {
            let key = VerifyingKey::from_bytes(&t.array("key")).ok_or("signature")?;
            let signature = Signature::from_bytes(&t.bytes("signature")).unwrap();
            key.verify_raw(&t.bytes("message"), &signature).map_err(|_| "signature")?;
            nothing()
        },
        "labelled-signature" => |t| {
            let key = VerifyingKey::from_bytes(&t.array("key")).unwrap();
            let signature = Signature(t.array("signature"));
            key.verify(t.text("label"), &[&t.bytes("data")], &signature).map_err(|_| "signature")?;
            nothing()
        },
        _ => return None,
    })
}

fn point(element: &Element) -> Answer {
    one("point", hex(&compress(element)))
}

fn code(code: Option<TrackingCode>) -> Answer {
    one("code", hex(code.ok_or("encoding")?.as_bytes()))
}

/// Labels are static; those of vectors are read.
fn label(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn merlin(t: &Given) -> Answer {
    let mut transcript = merlin::Transcript::new(label(t.text("protocol")).as_bytes());
    for operation in t.value("operations").as_array().unwrap() {
        let name = label(operation["append"].as_str().unwrap());
        transcript.append_message(name.as_bytes(), &unhex(operation["data"].as_str().unwrap()));
    }
    let name = label(t.text("label")).as_bytes();
    let mut challenge = [0; 32];
    for _ in 1..t.get("rounds").map_or(1, |rounds| rounds.as_u64().unwrap()) {
        transcript.challenge_bytes(name, &mut challenge);
        transcript.append_message(b"bigdata", &[0x63; 1024]);
        transcript.append_message(b"challengedata", &challenge);
    }
    transcript.challenge_bytes(name, &mut challenge);
    one("challenge", hex(&challenge))
}

fn header(t: &Given) -> Answer {
    let proof = match t.text("proof") {
        "half-possession" => Proof::HalfPossession,
        "ephemeral-possession" => Proof::EphemeralPossession,
        "key-possession" => Proof::KeyPossession,
        "complaint" => Proof::Complaint,
        "decryption" => Proof::Decryption,
        "ballot-validity" => Proof::BallotValidity,
        "cast-signature" => Proof::CastSignature,
        other => panic!("no proof is called {other}"),
    };
    let mut transcript = ProofContext::new(proof).bind(&t.array("context")).at(t.position());
    for operation in t.value("operations").as_array().unwrap() {
        let name = label(operation["append"].as_str().unwrap());
        transcript.append(name, &unhex(operation["data"].as_str().unwrap()));
    }
    let c = hex(&transcript.challenge("c").to_bytes());
    Ok(json!({ "c": c, "s": hex(&transcript.challenge_seed("s")) }))
}
