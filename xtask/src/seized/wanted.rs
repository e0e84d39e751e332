//! What the attacker knows of ballots and voters, and looks for everywhere.

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::code::format_code;
use escrutinio_core::board::leaf_hash;
use escrutinio_core::encoding::Encode;
use escrutinio_core::hash::{sha256, tagged_hash};
use escrutinio_core::manifest::ContestShape;
use hmac::{Hmac, KeyInit, Mac};
use rayon::prelude::*;
use sha2::Sha256;

use super::carve::Wanted;
use super::needles::Words;
use crate::shell::Failure;

/// Labels under which the server derives its keys, and others that a program may have put before what it hashes.
const LABELS: [&str; 7] = ["", "credential-tag", "code-tag", "nonce-tag", "tracking-code", "ballot", "tag"];

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

fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    // HMAC takes keys of every length.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.chain_update(data).finalize().into_bytes().to_vec()
}

/// The keys that the attacker has, and those that a program may have derived from them.
fn sub_keys(keys: &[[u8; 32]]) -> Vec<Vec<u8>> {
    let derived = keys.iter().flat_map(|key| LABELS.iter().map(|label| hmac(key, label.as_bytes())));
    keys.iter().map(|key| key.to_vec()).chain(derived).collect()
}

/// Hashes of a part of a ballot that need no key, or one that the attacker has.
fn tags(part: &[u8], sub_keys: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let plain = LABELS.iter().map(|label| tagged_hash(label, &[part]).to_vec());
    let keyed = sub_keys.iter().map(|key| hmac(key, part));
    core::iter::once(sha256(&[part]).to_vec()).chain(plain).chain(keyed).collect()
}

/// Needles for the ballots of a board and for voters, with the keys that the attacker has.
pub(crate) fn of_board(
    casts: &[Vec<u8>],
    shapes: &[ContestShape],
    voters: &[VoterMarks],
    keys: &[[u8; 32]],
) -> Result<Wanted, Failure> {
    let sub_keys = sub_keys(keys);
    let pieces: Result<Vec<Words>, Failure> = casts
        .par_iter()
        .enumerate()
        .map(|(thing, bytes)| {
            let cast =
                CastBallot::decode(bytes, shapes).map_err(|why| Failure::new(format!("entry {thing}: {why}")))?;
            Ok(of_ballot(thing, bytes, &cast, &sub_keys))
        })
        .collect();
    let mut ballots = Words::default();
    pieces?.into_iter().for_each(|piece| ballots.append(piece));
    Ok(Wanted { ballots: ballots.needles(), count: casts.len(), voters: of_voters(voters).needles() })
}

fn of_ballot(thing: usize, bytes: &[u8], cast: &CastBallot, sub_keys: &[Vec<u8>]) -> Words {
    let mut words = Words::default();
    let code = cast.body.tracking_code();
    let credential = [cast.body.contest.to_bytes(), cast.key.bytes.to_vec()].concat();
    let parts = [cast.body.a.bytes.to_vec(), cast.key.bytes.to_vec(), code.0.to_vec(), leaf_hash(bytes).to_vec()];
    let last = bytes.last_chunk::<32>().map(|last| last.to_vec()).unwrap_or_default();
    let more = [cast.body.u.0.to_vec(), cast.salt.to_vec(), last];
    for (number, part) in (0u8..).zip(parts.iter().chain(&more)) {
        words.add_spelled(thing, number, part);
    }
    let text = format_code(&code);
    words.add(thing, CODE_TEXT, text.as_bytes());
    words.add(thing, CODE_TEXT, text.replace(['-', ' '], "").as_bytes());
    for part in parts.iter().map(Vec::as_slice).chain([credential.as_slice(), bytes]) {
        for tag in tags(part, sub_keys) {
            words.add(thing, TAG, &tag);
        }
    }
    words
}

/// An integer as SQLite writes the number of a row: seven bits a byte, the ninth byte whole.
fn row_number(number: i64) -> Vec<u8> {
    let number = u64::from_le_bytes(number.to_le_bytes());
    let seven = |shift: u32| u8::try_from((number >> shift) & 0x7f).unwrap_or(0) | 0x80;
    let high = [57, 50, 43, 36, 29, 22, 15, 8].map(seven);
    [high.as_slice(), &[number.to_le_bytes()[0]]].concat()
}

/// Needles for voters.
pub(crate) fn of_voters(voters: &[VoterMarks]) -> Words {
    let mut words = Words::default();
    for (thing, voter) in voters.iter().enumerate() {
        words.add(thing, 0, &voter.account.to_le_bytes());
        words.add(thing, 0, &voter.account.to_be_bytes());
        words.add(thing, 0, &row_number(voter.account));
        words.add(thing, 0, voter.account.to_string().as_bytes());
        for text in &voter.texts {
            words.add(thing, 0, text.as_bytes());
        }
        for token in &voter.tokens {
            words.add_spelled(thing, 0, token);
            words.add_spelled(thing, 0, &tagged_hash("session", &[token]));
            words.add_spelled(thing, 0, &tagged_hash("access-token", &[token]));
            words.add(thing, 0, Base64UrlUnpadded::encode_string(token).as_bytes());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_numbers_are_spelled_as_sqlite_does() {
        // The varint of SQLite of nine bytes: eight of seven bits, then one of eight.
        assert_eq!(row_number(i64::MAX), [0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        let spelled = row_number(0x0123_4567_89ab_cdef);
        let (last, high) = spelled.split_last().unwrap();
        let read = high.iter().fold(0u64, |read, byte| (read << 7) | u64::from(byte & 0x7f));
        assert_eq!((read << 8) | u64::from(*last), 0x0123_4567_89ab_cdef);
    }
}
