//! The canaries of a run, and what was said on the wire, by messages and at the desk.

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::code::format_code;
use escrutinio_core::board::leaf_hash;
use serde_json::Value;

use super::flock::{Class, Flock, Watch};
use super::people::Scene;
use super::places::{Kind, Place};
use super::tap::Exchange;
use crate::lab::site::KEYS;
use crate::shell::Failure;

/// Everything that must stay where it belongs.
pub(crate) fn watch(scene: &Scene<'_>, messages: &[String]) -> Result<Watch, Failure> {
    let mut flock = Flock::default();
    for password in [KEYS, scene.election.password()] {
        flock.text(Class::Password, None, "password of a key", password);
    }
    for (number, voter) in scene.election.voters.iter().enumerate() {
        let owner = Some(number);
        let persons =
            [("name", &voter.name), ("clave", &voter.clave), ("e-mail", &voter.email), ("phone", &voter.phone)];
        for (what, text) in persons {
            flock.text(Class::Person, owner, what, text);
        }
        flock.text(Class::User, owner, "user name", &voter.user);
        flock.text(Class::Password, owner, "password", &voter.password);
        flock.bytes(Class::Token, owner, "token of the link", &voter.token);
        flock.text(Class::Token, owner, "token of the link", &Base64UrlUnpadded::encode_string(&voter.token));
        let halves = scene.election.rehearsal.issued(0, voter.place);
        for (what, half) in [("s1", &halves.0), ("s2", &halves.1)] {
            // The secret stands after role, list and place.
            let bytes = half.expose_bytes();
            flock.bytes(Class::Half, owner, what, bytes.get(12..44).unwrap_or_default());
        }
    }
    for (owner, password) in &scene.passwords {
        flock.text(Class::Password, Some(*owner), "password that was tried", password);
    }
    for (owner, address) in &scene.addresses {
        flock.text(Class::Person, Some(*owner), "new address", address);
    }
    for (owner, bytes) in &scene.ballots {
        let cast = CastBallot::decode(bytes, &scene.election.record.election.shapes);
        let cast = cast.map_err(|why| Failure::new(why.to_string()))?;
        let (owner, code) = (Some(*owner), cast.body.tracking_code());
        flock.bytes(Class::Ballot, owner, "tracking code", &code.0);
        flock.text(Class::Ballot, owner, "tracking code", &format_code(&code));
        flock.text(Class::Ballot, owner, "tracking code", &format_code(&code).replace(['-', ' '], ""));
        flock.bytes(Class::Ballot, owner, "leaf hash", &leaf_hash(bytes));
        flock.bytes(Class::Ballot, owner, "randomness of a ballot", &cast.body.a.bytes);
    }
    for (number, tap) in scene.taps.iter().enumerate() {
        tap.exchanges().iter().for_each(|exchange| of_exchange(&mut flock, number, exchange));
    }
    for text in messages {
        let (_, body) = text.split_once("\n\n").or_else(|| text.split_once("\r\n\r\n")).unwrap_or_default();
        for word in body.split(|c: char| !c.is_ascii_alphanumeric()) {
            if word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()) {
                flock.code(recipient(scene, text), "code that was sent", word);
            }
        }
    }
    Ok(flock.watch())
}

/// Head and body of what went one way.
fn parts(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at.saturating_add(4));
    let (head, body) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    (String::from_utf8_lossy(head).into_owned(), body)
}

/// What a request or its answer carried of secrets.
fn of_exchange(flock: &mut Flock, number: usize, exchange: &Exchange) {
    let owner = Some(number);
    let (asked, answered) = (parts(&exchange.asked), parts(&exchange.answered));
    let json = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap_or(Value::Null);
    let (request, answer) = (json(asked.1), json(answered.1));
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let ok = answered.0.starts_with("HTTP/1.1 2");
    // What was refused may be nonsense of ours that has its own name.
    if request.get("user").is_none_or(Value::is_string) {
        flock.token(Class::Key, owner, "key of a password", &text(&request, "auth"));
    }
    for name in ["code", "sms_code", "factor_code"] {
        flock.code(owner, "code that was typed", &text(&request, name));
    }
    if !ok {
        return;
    }
    for name in ["attempt", "session"] {
        flock.token(Class::Token, owner, name, &text(&answer, name));
    }
    flock.text(Class::Seed, owner, "seed", &text(&answer, "secret"));
    if asked.0.contains("/session/half") {
        flock.bytes(Class::Half, owner, "second half", answered.1);
    }
    // A session's token begins with the account.
    let account = Base64UrlUnpadded::decode_vec(&text(&answer, "session")).unwrap_or_default();
    if let Some(account) = account.first_chunk::<8>() {
        flock.account(owner, i64::from_le_bytes(*account));
    }
}

/// Whose message it is.
fn recipient(scene: &Scene<'_>, text: &str) -> Option<usize> {
    let to = text.lines().next().unwrap_or_default();
    let known = scene.election.voters.iter().enumerate();
    let by_mail = known.into_iter().find(|(_, voter)| to.contains(&voter.email) || to.contains(&voter.phone));
    let moved = scene.addresses.iter().find(|(_, address)| to.contains(address)).map(|(owner, _)| *owner);
    by_mail.map(|(number, _)| number).or(moved)
}

/// Answers, messages, what the desk said.
pub(crate) fn places(scene: &Scene<'_>, messages: &[String]) -> Vec<Place> {
    let mut places = Vec::new();
    for (number, tap) in scene.taps.iter().enumerate() {
        for exchange in tap.exchanges() {
            let (asked, answered) = (parts(&exchange.asked).0, parts(&exchange.answered).0);
            let path = asked.split(' ').nth(1).unwrap_or_default().trim_start_matches("/api/v1").to_owned();
            let refused = !answered.starts_with("HTTP/1.1 2");
            let name = format!("answer to voter {number}, {path}: {}", answered.lines().next().unwrap_or_default());
            places.push(Place::new(Kind::Answer(number, path, refused), name, exchange.answered));
        }
    }
    for text in messages {
        places.push(Place::new(Kind::Message(recipient(scene, text)), "a message", text.as_bytes()));
    }
    for (act, answer) in &scene.desk {
        places.push(Place::new(Kind::Desk(act.clone()), format!("answer of the desk, {act}"), answer.as_bytes()));
    }
    places
}
