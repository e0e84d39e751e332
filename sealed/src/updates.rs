//! Changes of accounts, between the casting server and the registrar: whom to send a new link to,
//! and by which token it is known. Both are sealed files of kind [`crate::Kind::AccountUpdate`] under a
//! password that is agreed on for them: an e-mail address is personal data.

use core::fmt;

use escrutinio_core::encoding::Encode;
use escrutinio_core::ids::{RollId, hex};
use escrutinio_core::signature::{Signature, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};
use crate::person::parse_hex;

const UPDATE: &str = "escrutinio/account-update/v1";
/// Label of the registrar's signature.
const LABEL: &str = "account-update";
const REQUESTS: &str = "escrutinio/resend-requests/v1";
/// Stands for the address that the registrar knows.
const KNOWN: &str = "-";

/// A new link is asked for.
pub struct Request {
    user: String,
    email: Option<String>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Request(..)")
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.email.zeroize();
    }
}

impl Request {
    /// For a user, to another address if one is given. Nothing if either is empty, holds white space
    /// or a control character, or the address is none.
    #[must_use]
    pub fn new(user: &str, email: Option<&str>) -> Option<Self> {
        let word = |text: &str| !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        let fits = word(user) && email.is_none_or(|email| word(email) && email.contains('@'));
        fits.then(|| Self { user: user.to_owned(), email: email.map(str::to_owned) })
    }

    /// The user name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The new address, if there is one.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }
}

/// The content of a file of requests.
#[must_use]
pub fn requests_to_lines(requests: &[Request]) -> Zeroizing<Vec<u8>> {
    let room = |r: &Request| r.email.as_ref().map_or(1, String::len).saturating_add(r.user.len()).saturating_add(2);
    let room = requests.iter().map(room).fold(REQUESTS.len().saturating_add(1), usize::saturating_add);
    // All the room at once: what grows leaves copies behind.
    let mut lines = Zeroizing::new(Vec::with_capacity(room));
    lines.extend_from_slice(REQUESTS.as_bytes());
    lines.push(b'\n');
    for request in requests {
        for part in [&request.user, "\t", request.email().unwrap_or(KNOWN), "\n"] {
            lines.extend_from_slice(part.as_bytes());
        }
    }
    lines
}

/// Reads what [`requests_to_lines`] gives.
///
/// # Errors
/// If it is anything else: the answer of a damaged file.
pub fn parse_requests(content: &[u8]) -> Result<Vec<Request>> {
    let text = core::str::from_utf8(content).map_err(|_| Error::Open)?;
    let lines = text.strip_prefix(REQUESTS).and_then(|rest| rest.strip_prefix('\n')).ok_or(Error::Open)?;
    if !lines.is_empty() && !lines.ends_with('\n') {
        return Err(Error::Open);
    }
    let request = |line: &str| {
        let (user, email) = line.split_once('\t')?;
        Request::new(user, (email != KNOWN).then_some(email))
    };
    lines.split_terminator('\n').map(|line| request(line).ok_or(Error::Open)).collect()
}

/// A new token: the one before is void once the server has loaded it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The user name.
    pub user: String,
    /// `TH("access-token", token)`, hexadecimal.
    pub token: String,
}

/// New tokens, as the registrar signs them: whoever can put another token in the place of a voter's
/// can take their access.
#[derive(Debug, PartialEq, Eq)]
pub struct Update {
    /// Which of the registrar's resends it is of, from 1.
    pub number: u32,
    /// The new tokens.
    pub changes: Vec<Change>,
}

fn signed_bytes(roll: &RollId, number: u32, lines: &str) -> Vec<u8> {
    let mut out = Vec::new();
    roll.encode(&mut out);
    number.encode(&mut out);
    lines.to_owned().encode(&mut out);
    out
}

impl Update {
    /// Its text: the form, the number, the signature for a roll by the registrar, then one JSON object a line.
    #[must_use]
    pub fn sign(&self, roll: &RollId, registrar: &SigningKey) -> String {
        // Text always has a JSON form.
        let line = |change: &Change| serde_json::to_string(change).unwrap_or_default();
        let lines: String = self.changes.iter().flat_map(|change| [line(change), "\n".to_owned()]).collect();
        let signature = registrar.sign(LABEL, &[&signed_bytes(roll, self.number, &lines)]);
        format!("{UPDATE}\nresend {}\nsignature {}\n{lines}", self.number, hex(&signature.0))
    }

    /// Reads what [`Self::sign`] gives.
    ///
    /// # Errors
    /// [`Error::Unsigned`] if the signature is not the registrar's for this roll; otherwise that of a damaged file.
    pub fn read(content: &[u8], roll: &RollId, registrar: &VerifyingKey) -> Result<Self> {
        let text = core::str::from_utf8(content).map_err(|_| Error::Open)?;
        let (number, signature, lines) = Self::parts(text).ok_or(Error::Open)?;
        let signed = signed_bytes(roll, number, lines);
        registrar.verify(LABEL, &[&signed], &signature).map_err(|_| Error::Unsigned)?;
        let change = |line: &str| serde_json::from_str(line).map_err(|_| Error::Open);
        Ok(Self { number, changes: lines.split_terminator('\n').map(change).collect::<Result<_>>()? })
    }

    fn parts(text: &str) -> Option<(u32, Signature, &str)> {
        let rest = text.strip_prefix(UPDATE)?.strip_prefix("\nresend ")?;
        let (number, rest) = rest.split_once("\nsignature ")?;
        let (signature, lines) = rest.split_once('\n')?;
        Some((number.parse().ok()?, parse_hex::<64>(signature).map(Signature)?, lines))
    }
}

#[cfg(test)]
mod tests {
    use escrutinio_core::secret::SecretBytes;

    use super::*;

    #[test]
    fn requests_are_read_as_they_were_written() {
        let requests = [Request::new("a-1", None).unwrap(), Request::new("b-2", Some("ñ@correo.example")).unwrap()];
        let lines = requests_to_lines(&requests);
        assert_eq!(&lines[..], "escrutinio/resend-requests/v1\na-1\t-\nb-2\tñ@correo.example\n".as_bytes());
        let read = parse_requests(&lines).unwrap();
        assert_eq!((read[0].user(), read[0].email()), ("a-1", None));
        assert_eq!((read[1].user(), read[1].email()), ("b-2", Some("ñ@correo.example")));
        assert!(parse_requests(&requests_to_lines(&[])).unwrap().is_empty());
        assert_eq!(format!("{:?}", read[1]), "Request(..)");
    }

    #[test]
    fn anything_else_is_damaged() {
        let good = "escrutinio/resend-requests/v1\na-1\t-\n";
        assert!(parse_requests(good.as_bytes()).is_ok());
        for bad in [
            good.replace("v1", "v2"),
            good.replace("\t", " "),
            good.replace("\t-", "\t-\t-"),
            good.replace("\t-", "\tnobody"),
            good.replace("a-1", ""),
            good.replace("a-1", "a 1"),
            good.replace("-\n", "a@b\r\n"),
            good.replace("-\n", "-"),
            good.replace("a-1", "\na-1"),
        ] {
            assert!(parse_requests(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(parse_requests(b"\xff").is_err());
        assert!(Request::new("a", Some("a@b\nc\td@e")).is_none() && Request::new("a\tb", None).is_none());
    }

    #[test]
    fn updates_are_read_as_they_were_signed() {
        let (key, roll) = (SigningKey::from_seed(&SecretBytes::new([7; 32])), RollId([1; 32]));
        let update = Update { number: 3, changes: vec![Change { user: "a-1".into(), token: "00".into() }] };
        let text = update.sign(&roll, &key);
        assert!(text.starts_with("escrutinio/account-update/v1\nresend 3\nsignature "), "{text}");
        assert!(text.ends_with("\n{\"user\":\"a-1\",\"token\":\"00\"}\n"), "{text}");
        let registrar = key.verifying_key();
        assert_eq!(Update::read(text.as_bytes(), &roll, &registrar).unwrap(), update);
        let unsigned = |text: &str, roll: &RollId, key: &VerifyingKey| {
            assert!(matches!(Update::read(text.as_bytes(), roll, key), Err(Error::Unsigned)), "{text}");
        };
        unsigned(&text, &RollId([2; 32]), &registrar);
        unsigned(&text, &roll, &SigningKey::from_seed(&SecretBytes::new([8; 32])).verifying_key());
        for (from, to) in [("resend 3", "resend 4"), ("a-1", "a-2"), ("00\"}", "01\"}"), ("\"}\n", "\"}\n\n")] {
            unsigned(&text.replace(from, to), &roll, &registrar);
        }
        for (from, to) in [("v1", "v2"), ("resend 3", "resend x"), ("signature ", "signature 0"), ("\nsignature", "")] {
            assert!(matches!(Update::read(text.replace(from, to).as_bytes(), &roll, &registrar), Err(Error::Open)));
        }
        // Signed, and nothing that a server could load.
        let odd = |lines: &str| {
            let signature = key.sign(LABEL, &[&signed_bytes(&roll, 3, lines)]);
            let text = format!("{UPDATE}\nresend 3\nsignature {}\n{lines}", hex(&signature.0));
            Update::read(text.as_bytes(), &roll, &registrar)
        };
        assert!(odd("").unwrap().changes.is_empty());
        for lines in ["{\"user\":\"a-1\"}\n", "{\"user\":\"a\",\"token\":\"\",\"half\":\"\"}\n", "\n"] {
            assert!(matches!(odd(lines), Err(Error::Open)), "{lines}");
        }
    }
}
