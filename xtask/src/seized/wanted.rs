//! What the attacker knows of ballots and voters, and looks for everywhere.

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::code::format_code;
use escrutinio_core::board::leaf_hash;
use escrutinio_core::encoding::Encode;
use escrutinio_core::hash::{sha256, tagged_hash};
use escrutinio_core::manifest::ContestShape;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::carve::Wanted;
use super::needles::Needles;
use crate::shell::Failure;

/// Words that a program may have put before what it hashes.
const LABELS: [&str; 12] = [
    "",
    "seal",
    "credential",
    "code",
    "nonce",
    "credential-tag",
    "code-tag",
    "nonce-tag",
    "tracking-code",
    "ballot",
    "ballots",
    "tag",
];

/// The part that is a tracking code as people read it.
const CODE_TEXT: u8 = 100;
/// The part that is a hash of another.
const TAG: u8 = 101;

/// What identifies a voter in a database, a log or a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct VoterMarks {
    /// The number of the account, which the session token begins with.
    pub(crate) account: i64,
    /// User name, name, clave, e-mail, phone.
    pub(crate) texts: Vec<String>,
    /// Tokens, as bytes.
    pub(crate) tokens: Vec<Vec<u8>>,
}

fn hmac(key: &[u8; 32], label: &str, data: &[u8]) -> Vec<u8> {
    // HMAC takes keys of every length.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.chain_update(label).chain_update([0]).chain_update(data).finalize().into_bytes().to_vec()
}

/// Hashes of a part of a ballot that need no key, or one that the attacker has.
fn tags(part: &[u8], keys: &[[u8; 32]]) -> Vec<Vec<u8>> {
    let mut tags = vec![sha256(&[part]).to_vec()];
    for label in LABELS {
        tags.push(tagged_hash(label, &[part]).to_vec());
        for key in keys {
            tags.push(hmac(key, label, part));
            // Or the key of the label, without it again.
            if let Ok(key) = <[u8; 32]>::try_from(hmac(key, label, b"").as_slice()) {
                tags.push(hmac(&key, "", part));
            }
        }
    }
    tags
}

/// Needles for the ballots of a board and for voters, with the keys that the attacker has.
pub(crate) fn of_board(
    casts: &[Vec<u8>],
    shapes: &[ContestShape],
    voters: &[VoterMarks],
    keys: &[[u8; 32]],
) -> Result<Wanted, Failure> {
    let mut ballots = Needles::new();
    for (thing, bytes) in casts.iter().enumerate() {
        let cast = CastBallot::decode(bytes, shapes).map_err(|why| Failure::new(format!("entry {thing}: {why}")))?;
        let code = cast.body.tracking_code();
        let credential = [cast.body.contest.to_bytes(), cast.key.bytes.to_vec()].concat();
        let parts = [cast.body.a.bytes.to_vec(), cast.key.bytes.to_vec(), code.0.to_vec(), leaf_hash(bytes).to_vec()];
        let last = bytes.last_chunk::<32>().map(|last| last.to_vec()).unwrap_or_default();
        let more = [cast.body.u.0.to_vec(), cast.salt.to_vec(), last];
        for (number, part) in (0u8..).zip(parts.iter().chain(&more)) {
            ballots.add_spelled(thing, number, part);
        }
        let text = format_code(&code);
        ballots.add(thing, CODE_TEXT, text.as_bytes());
        ballots.add(thing, CODE_TEXT, text.replace(['-', ' '], "").as_bytes());
        for part in parts.iter().map(Vec::as_slice).chain([credential.as_slice(), bytes.as_slice()]) {
            for tag in tags(part, keys) {
                ballots.add_spelled(thing, TAG, &tag);
            }
        }
    }
    Ok(Wanted { ballots, count: casts.len(), voters: of_voters(voters) })
}

/// Needles for voters.
pub(crate) fn of_voters(voters: &[VoterMarks]) -> Needles {
    let mut needles = Needles::new();
    for (thing, voter) in voters.iter().enumerate() {
        needles.add(thing, 0, &voter.account.to_le_bytes());
        needles.add(thing, 0, &voter.account.to_be_bytes());
        needles.add(thing, 0, voter.account.to_string().as_bytes());
        for text in &voter.texts {
            needles.add(thing, 0, text.as_bytes());
        }
        for token in &voter.tokens {
            needles.add_spelled(thing, 0, token);
            needles.add_spelled(thing, 0, &tagged_hash("session", &[token]));
            needles.add_spelled(thing, 0, &tagged_hash("access-token", &[token]));
            needles.add(thing, 0, Base64UrlUnpadded::encode_string(token).as_bytes());
        }
    }
    needles
}
