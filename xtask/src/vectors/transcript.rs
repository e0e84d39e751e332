//! `transcript.json`: merlin as published, and the headers of every proof.

use escrutinio_core::transcript::{Position, Proof, ProofContext};

use super::case::{Case, Flag, Vectors};
use super::json::{Json, object};

const FLAGS: &[Flag] = &[
    (
        "Absent",
        "leaves out a field that does not apply instead of writing 0xFFFFFFFF",
        "proofs of two places share a challenge",
    ),
    ("SecondChallenge", "does not absorb that a challenge was drawn", "the second challenge can be chosen"),
];

pub(super) fn vectors() -> (String, String) {
    let mut file = Vectors::new("transcript", "Challenges: transcripts.md.", FLAGS);
    file.group("merlin", "The vectors of merlin 1.0 itself.", merlin());
    file.group("proof-header", "The header of a proof, some messages, and challenges.", headers());
    file.file()
}

fn merlin() -> Vec<Case> {
    let short = Case::valid("one message")
        .input("protocol", "test protocol")
        .input("operations", vec![object! { "append": "some label", "data": Json::hex(b"some data") }])
        .input("label", "challenge")
        .output("challenge", "d5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615");
    let long = Case::valid("32 rounds, each of which absorbs 1024 bytes 0x63 and the last challenge")
        .input("protocol", "test protocol")
        .input("operations", vec![object! { "append": "step1", "data": Json::hex(b"some data") }])
        .input("rounds", 32u32)
        .input("label", "challenge")
        .output("challenge", "a8c933f54fae76e3f9bea93648c1308e7dfa2152dd51674ff3ca438351cf003c");
    vec![short, long]
}

/// A proof, its name, and the fields of the header that it has.
const PROOFS: [(Proof, &str, Position); 7] = {
    const NONE: Position = Position { contest: None, style: None, unit: None, role: None, index: None };
    const BALLOT: Position = Position { contest: Some(2), style: Some(1), unit: Some(3), ..NONE };
    [
        (Proof::HalfPossession, "half-possession", Position { role: Some(1), ..NONE }),
        (Proof::EphemeralPossession, "ephemeral-possession", Position { index: Some(2), ..NONE }),
        (Proof::KeyPossession, "key-possession", Position { index: Some(2), ..NONE }),
        (Proof::Complaint, "complaint", Position { role: Some(3), index: Some(2), ..NONE }),
        (
            Proof::Decryption,
            "decryption",
            Position { contest: Some(2), unit: Some(3), role: Some(0), index: Some(2), ..NONE },
        ),
        (Proof::BallotValidity, "ballot-validity", BALLOT),
        (Proof::CastSignature, "cast-signature", BALLOT),
    ]
};

fn headers() -> Vec<Case> {
    let context: [u8; 32] = core::array::from_fn(|i| u8::try_from(i).unwrap());
    PROOFS
        .into_iter()
        .map(|(proof, name, position)| {
            let mut transcript = ProofContext::new(proof).bind(&context).at(position);
            let fields = [
                ("contest", position.contest),
                ("style", position.style),
                ("unit", position.unit),
                ("role", position.role),
                ("index", position.index),
            ];
            let fields = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
            transcript.append("message", b"hello");
            transcript.append_u32("number", 7);
            let c = transcript.challenge("c");
            let seed = transcript.challenge_seed("s");
            Case::valid(name)
                .flag("Absent")
                .flag("SecondChallenge")
                .input("proof", name)
                .bytes("context", &context)
                .input("position", Json::Object(fields.collect()))
                .input(
                    "operations",
                    vec![
                        object! { "append": "message", "data": Json::hex(b"hello") },
                        object! { "append": "number", "data": Json::hex(&7u32.to_le_bytes()) },
                    ],
                )
                .output("c", Json::hex(&c.to_bytes()))
                .output("s", Json::hex(&seed))
        })
        .collect()
}
