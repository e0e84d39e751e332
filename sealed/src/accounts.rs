//! Packages of accounts: one JSON object a line, sealed. The registrar makes them, the server's
//! offline step adds its halves, the casting server loads them.

use std::path::Path;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};
use crate::sealed::{self, Kind};

/// One account, as the server opens it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// User name.
    pub user: String,
    /// `TH("access-token", token)`, hexadecimal.
    pub token: String,
    /// Credential list.
    pub list: u32,
    /// Place in the list.
    pub place: u32,
    /// Name of the person.
    pub name: String,
    /// Clave de Elector.
    pub clave: String,
    /// Entity.
    pub entity: String,
    /// E-mail address.
    pub email: String,
    /// Telephone, digits.
    pub phone: String,
    /// The server's issued half (108 bytes, hexadecimal); not in what the registrar hands over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half: Option<String>,
}

impl core::fmt::Debug for Account {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Account(..)")
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        for text in [&mut self.token, &mut self.name, &mut self.clave, &mut self.email, &mut self.phone] {
            text.zeroize();
        }
        self.half.zeroize();
    }
}

/// The content of a package. A line that cannot be read is the answer of a damaged file.
///
/// # Errors
/// If a line is no account.
pub fn parse(content: &[u8]) -> Result<Vec<Account>> {
    content
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).map_err(|_| Error::Open))
        .collect()
}

/// What [`parse`] reads.
#[must_use]
pub fn to_lines(accounts: &[Account]) -> Zeroizing<Vec<u8>> {
    let texts = |a: &Account| [&a.user, &a.token, &a.name, &a.clave, &a.entity, &a.email, &a.phone].map(String::len);
    // JSON may write a character as six; what grows leaves copies behind.
    let room = |a: &Account| {
        let half = a.half.as_ref().map_or(0, String::len);
        texts(a).into_iter().fold(half, usize::saturating_add).saturating_mul(6).saturating_add(256)
    };
    let mut lines = Zeroizing::new(Vec::with_capacity(accounts.iter().map(room).fold(0, usize::saturating_add)));
    for account in accounts {
        // Text and numbers always have a JSON form, and memory takes it.
        let _ = serde_json::to_writer(&mut *lines, account);
        lines.push(b'\n');
    }
    lines
}

/// Opens a package.
///
/// # Errors
/// If it cannot be read, does not open, or is none.
pub fn read(path: &Path, password: &str) -> Result<Vec<Account>> {
    parse(&sealed::read(path, Kind::Accounts, password)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(half: Option<&str>) -> Account {
        let text = |t: &str| t.to_owned();
        let (user, token, name, clave) = (text("2345f-6789c-fhkmr"), text("00"), text("Núñez \"Ñ\"\n"), text("C"));
        let (entity, email, phone) = (text("Nayarit"), text("a@b.example"), text("15551234"));
        let half = half.map(Into::into);
        Account { user, token, list: 1, place: 2, name, clave, entity, email, phone, half }
    }

    #[test]
    fn lines_are_read_as_they_were_written() {
        let lines = to_lines(&[account(None), account(Some("ab"))]);
        let read = parse(&lines).unwrap();
        assert_eq!((read[0].half.as_deref(), read[1].half.as_deref()), (None, Some("ab")));
        assert_eq!(read[0].name, "Núñez \"Ñ\"\n");
        assert_eq!(*to_lines(&read), *lines);
    }

    #[test]
    fn anything_else_is_a_damaged_package() {
        let lines = String::from_utf8(to_lines(&[account(None)]).to_vec()).unwrap();
        assert!(parse(lines.replace("\"place\"", "\"plaze\"").as_bytes()).is_err());
        assert!(parse(lines.trim_end().trim_end_matches('}').as_bytes()).is_err());
        assert!(parse(lines.replace("\"place\":2,", "").as_bytes()).is_err());
    }

    #[test]
    fn nothing_of_a_person_is_in_its_debug_form() {
        assert_eq!(format!("{:?}", account(Some("ab"))), "Account(..)");
    }
}
