//! Canaries: what must be nowhere but in its place, in every spelling in which a program may have written it.

use core::fmt::Write;
use std::collections::{BTreeMap, BTreeSet};

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::hash::sha256;

use crate::seized::needles::{Needles, Words};

/// What a canary is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Name, clave, e-mail, phone.
    Person,
    /// A user name.
    User,
    /// The number of an account.
    Account,
    /// A code by SMS or e-mail, or of an authenticator.
    Code,
    /// A password of a voter, of staff or of a machine.
    Password,
    /// What a voter's password becomes.
    Key,
    /// s1 or s2.
    Half,
    /// Of a session, an attempt, an access link.
    Token,
    /// The seed of an authenticator.
    Seed,
    /// A tracking code, a leaf hash, the randomness of a ballot.
    Ballot,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Canary {
    pub(crate) class: Class,
    /// Whose it is.
    pub(crate) owner: Option<usize>,
    pub(crate) what: String,
    pub(crate) bytes: Vec<u8>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Flock {
    canaries: Vec<Canary>,
    words: Words,
    /// Codes are short: they count where no digit or letter of a number stands beside them.
    codes: BTreeMap<[u8; 6], Vec<usize>>,
}

/// Ready to be looked for.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) canaries: Vec<Canary>,
    needles: Needles,
    codes: BTreeMap<[u8; 6], Vec<usize>>,
}

impl Flock {
    fn new_one(&mut self, class: Class, owner: Option<usize>, what: &str, bytes: &[u8]) -> usize {
        let canary = Canary { class, owner, what: what.to_owned(), bytes: bytes.to_vec() };
        self.canaries.push(canary);
        self.canaries.len().saturating_sub(1)
    }

    /// Bytes: as they are, in hexadecimal and base64, and their hash.
    pub(crate) fn bytes(&mut self, class: Class, owner: Option<usize>, what: &str, bytes: &[u8]) {
        if bytes.len() < 8 {
            return;
        }
        let number = self.new_one(class, owner, what, bytes);
        self.words.add_spelled(number, 0, bytes);
        self.words.add_spelled(number, 0, &sha256(&[bytes]));
    }

    /// A text: as bytes are, and as URLs, JSON and careless programs write it.
    pub(crate) fn text(&mut self, class: Class, owner: Option<usize>, what: &str, text: &str) {
        if text.len() < 8 {
            return;
        }
        self.bytes(class, owner, what, text.as_bytes());
        let number = self.canaries.len().saturating_sub(1);
        let (url, json) = (in_url(text), in_json(text));
        let forms = [url.replace("%20", "+"), url.to_lowercase(), url, json.to_uppercase(), json];
        let cases = [text.to_lowercase(), text.to_uppercase(), text.replace(' ', "")];
        for form in forms.iter().chain(&cases) {
            self.words.add(number, 0, form.as_bytes());
        }
    }

    /// A token: the text, and the bytes that it stands for.
    pub(crate) fn token(&mut self, class: Class, owner: Option<usize>, what: &str, token: &str) {
        self.text(class, owner, what, token);
        if let Ok(bytes) = Base64UrlUnpadded::decode_vec(token) {
            self.bytes(class, owner, what, &bytes);
        }
    }

    /// The number of an account, as programs and databases write it.
    pub(crate) fn account(&mut self, owner: Option<usize>, account: i64) {
        let number = self.new_one(Class::Account, owner, "number of the account", account.to_string().as_bytes());
        for form in [account.to_le_bytes(), account.to_be_bytes()] {
            self.words.add_spelled(number, 0, &form);
        }
        self.words.add_spelled(number, 0, account.to_string().as_bytes());
        self.words.add(number, 0, format!("{account:x}").as_bytes());
    }

    /// Six digits.
    pub(crate) fn code(&mut self, owner: Option<usize>, what: &str, code: &str) {
        if let Ok(digits) = <[u8; 6]>::try_from(code.as_bytes()) {
            let number = self.new_one(Class::Code, owner, what, code.as_bytes());
            self.codes.entry(digits).or_default().push(number);
            self.words.add_spelled(number, 0, &sha256(&[code.as_bytes()]));
        }
    }

    pub(crate) fn watch(self) -> Watch {
        Watch { canaries: self.canaries, needles: self.words.needles(), codes: self.codes }
    }
}

impl Watch {
    /// The canaries in these bytes.
    pub(crate) fn find(&self, bytes: &[u8]) -> BTreeSet<usize> {
        let mut found: BTreeSet<usize> = self.needles.find(bytes).into_iter().map(|hit| hit.thing).collect();
        for (at, six) in bytes.windows(6).enumerate() {
            if !six.iter().all(u8::is_ascii_digit) {
                continue;
            }
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            let beside = before.into_iter().chain(bytes.get(at.saturating_add(6)));
            // Part of a longer number, of a hash, of a second.
            if beside.into_iter().any(u8::is_ascii_hexdigit) || before == Some(&b'.') {
                continue;
            }
            if let Some(numbers) = six.first_chunk().and_then(|six| self.codes.get(six)) {
                found.extend(numbers);
            }
        }
        found
    }
}

/// Percent-encoded.
fn in_url(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        // Writing to a String cannot fail.
        let _ = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => write!(out, "{}", char::from(byte)),
            other => write!(out, "%{other:02X}"),
        };
    }
    out
}

/// With escapes for everything that is not ASCII.
fn in_json(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        // Writing to a String cannot fail.
        let _ = if c.is_ascii() { write!(out, "{c}") } else { write!(out, "\\u{:04x}", u32::from(c)) };
    }
    out
}

#[cfg(test)]
mod tests {
    use base64ct::Base64;
    use escrutinio_core::ids::hex;

    use super::*;

    #[test]
    fn every_spelling_is_found_and_codes_only_where_they_stand_alone() {
        let mut flock = Flock::default();
        flock.text(Class::Person, Some(0), "name", "Persona Ñandú 7");
        flock.code(Some(0), "code", "123456");
        let watch = flock.watch();
        let spelled = [
            "Persona Ñandú 7".to_owned(),
            "persona ñandú 7".to_owned(),
            "Persona%20%C3%91and%C3%BA%207".to_owned(),
            "Persona+%C3%91and%C3%BA+7".to_owned(),
            "Persona \\u00d1and\\u00fa 7".to_owned(),
            hex("Persona Ñandú 7".as_bytes()),
            Base64::encode_string("x Persona Ñandú 7".as_bytes()),
            hex(&sha256(&["Persona Ñandú 7".as_bytes()])),
            "code=123456&".to_owned(),
        ];
        for text in &spelled {
            assert_eq!(watch.find(format!("<{text}>").as_bytes()).len(), 1, "{text}");
        }
        for text in ["1234567", "a123456", "0.123456", "123456f", "12345"] {
            assert!(watch.find(text.as_bytes()).is_empty(), "{text}");
        }
    }
}
