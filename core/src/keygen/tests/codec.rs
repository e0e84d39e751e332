//! One encoding for every message, and nothing in a transcript that no check covers.

use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::encoding::{Decode, DecodeErrorKind, Encode};
use crate::hash::tagged_hash;
use crate::keygen::round3::complain;

/// A small transcript that holds everything: a complaint, an exclusion, certificates.
fn sample() -> (Stage, KeyTranscript) {
    let mut stage = Stage::dealt(1, 3, 1);
    stage.cheat_dealing(2, |message| message.shares[0].ciphertext[0] ^= 1);
    let stage = stage.judge();
    let (transcript, _, _) = stage.finish();
    assert_eq!(transcript.excluded, [excluded(2, Reason::BadShare)]);
    assert_eq!(transcript.verdicts[0].complaints.len(), 1);
    (stage, transcript)
}

fn round_trips<T: Encode + Decode + PartialEq + core::fmt::Debug>(value: &T) {
    let mut bytes = value.to_bytes();
    assert_eq!(T::from_bytes(&bytes).as_ref(), Ok(value));
    for end in 0..bytes.len() {
        assert!(T::from_bytes(&bytes[..end]).is_err());
    }
    bytes.push(0);
    assert_eq!(T::from_bytes(&bytes).unwrap_err().kind, DecodeErrorKind::Trailing);
}

#[test]
fn messages_round_trip_and_nothing_shorter_or_longer_does() {
    let (stage, transcript) = sample();
    round_trips(&stage.round1[0]);
    round_trips(&stage.round2[0]);
    round_trips(&stage.verdicts[0]);
    round_trips(&transcript.certificates[0]);
    round_trips(&transcript.excluded[0]);
    round_trips(&transcript);
}

#[test]
fn verdicts_refuse_disorder_and_self_complaints() {
    let mut stage = Stage::judged(1, 3, 1);
    let complaints: Vec<_> = (0..3)
        .map(|dealer| complain(&stage.ceremony, &stage.secrets[0], &stage.round1[dealer], &mut stage.rng))
        .collect();
    let decode = |complaints: Vec<_>| {
        let verdict = Verdict { complaints, ..stage.verdicts[0].clone() };
        Verdict::from_bytes(&verdict.to_bytes()).map(|_| ()).map_err(|error| error.kind)
    };
    assert_eq!(decode(vec![complaints[1].clone(), complaints[2].clone()]), Ok(()));
    let disorder = Err(DecodeErrorKind::Order);
    assert_eq!(decode(vec![complaints[2].clone(), complaints[1].clone()]), disorder);
    assert_eq!(decode(vec![complaints[1].clone(), complaints[1].clone()]), disorder);
    assert_eq!(decode(vec![complaints[0].clone()]), Err(DecodeErrorKind::Index(1)));
}

#[test]
fn reasons_have_the_numbers_of_the_specification() {
    for (number, reason) in [
        (0u32, Reason::NoCommitment),
        (1, Reason::NoOpening),
        (2, Reason::BadOpening),
        (3, Reason::BadShare),
        (4, Reason::FalseComplaint),
        (5, Reason::NoVerdict),
    ] {
        assert_eq!(Reason::from_bytes(&number.to_bytes()), Ok(reason));
        assert_eq!(reason.to_bytes(), number.to_bytes());
    }
    assert_eq!(Reason::from_bytes(&6u32.to_bytes()).unwrap_err().kind, DecodeErrorKind::Tag(6));
}

/// The certified hash covers the file up to the certificates: a number, then 4 and 64 bytes each.
#[test]
fn certificates_sign_everything_before_them() {
    let (_, transcript) = sample();
    let bytes = transcript.to_bytes();
    let signed = &bytes[..bytes.len() - 8 - 68 * transcript.certificates.len()];
    assert_eq!(transcript.transcript_hash(), tagged_hash("keygen-transcript", &[signed]));
}

/// Every byte is signed, hashed or judged: none can change without a check that fails.
#[test]
fn no_byte_of_a_transcript_can_change() {
    let (stage, transcript) = sample();
    let bytes = transcript.to_bytes();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (place % 8);
        let survives = KeyTranscript::from_bytes(&changed).is_ok_and(|t| t.verify(&stage.ceremony).is_ok());
        assert!(!survives, "byte {place} of {}", bytes.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_decodes_encodes_to_itself(place in any::<proptest::sample::Index>(), value: u8, cut: bool) {
        let mut stage = Stage::dealt(1, 2, 1);
        stage.cheat_dealing(1, |message| message.shares[0].recipient = u32::from(value));
        let mut bytes = stage.round2[0].to_bytes();
        let place = place.index(bytes.len());
        bytes[place] = value;
        if cut {
            bytes.truncate(place);
        }
        if let Ok(message) = Round2::from_bytes(&bytes) {
            prop_assert_eq!(message.to_bytes(), bytes);
        }
    }
}
