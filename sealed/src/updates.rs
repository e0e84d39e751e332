//! Changes of accounts, between the casting server and the registrar: whom to send a new link to,
//! and by which token it is known. Both are sealed files of kind [`crate::Kind::AccountUpdate`] under a
//! password that is agreed on for them: an e-mail address is personal data.

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};

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
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The user name.
    pub user: String,
    /// `TH("access-token", token)`, hexadecimal.
    pub token: String,
}

/// The content of an update for the server: one JSON object a line.
#[must_use]
pub fn changes_to_lines(changes: &[Change]) -> Vec<u8> {
    let mut lines = Vec::new();
    for change in changes {
        // Text always has a JSON form, and memory takes it.
        let _ = serde_json::to_writer(&mut lines, change);
        lines.push(b'\n');
    }
    lines
}

/// Reads what [`changes_to_lines`] gives.
///
/// # Errors
/// If a line is none: the answer of a damaged file.
pub fn parse_changes(content: &[u8]) -> Result<Vec<Change>> {
    let lines = content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|_| Error::Open)).collect()
}

#[cfg(test)]
mod tests {
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
    fn changes_are_read_as_they_were_written() {
        let changes = || vec![Change { user: "a-1".into(), token: "00".into() }];
        let lines = changes_to_lines(&changes());
        assert_eq!(lines, b"{\"user\":\"a-1\",\"token\":\"00\"}\n");
        assert_eq!(parse_changes(&lines).unwrap(), changes());
        assert!(parse_changes(b"{\"user\":\"a-1\"}\n").is_err());
        assert!(parse_changes(b"{\"user\":\"a-1\",\"token\":\"00\",\"half\":\"\"}\n").is_err());
    }
}
