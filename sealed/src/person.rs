//! Persons and machines with a signing key: the sealed file that they keep, and the
//! public card by which the manifest names them.

use std::path::Path;

use escrutinio_core::encoding::{Decode, DecodeLimited, Encode, Reader, STRING};
use escrutinio_core::ids::hex;
use escrutinio_core::secret::SecretBytes;
use escrutinio_core::signature::{Signature, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::files;
use crate::sealed::{self, Kind};

const FORM: &str = "escrutinio/card/v1";

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Holds a share of the opening key.
    Custodian,
    /// Loads the roll and issues first halves.
    Registrar,
    /// Issues second halves, promises and the participation record.
    Server,
    /// Signs the checkpoints of the board.
    Log,
    /// Cosigns the checkpoints of the board.
    Witness,
    /// Runs the casting server with an authentication officer.
    Operator,
    /// Answers for the access of voters to the casting server.
    Authentication,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::Custodian,
        Self::Registrar,
        Self::Server,
        Self::Log,
        Self::Witness,
        Self::Operator,
        Self::Authentication,
    ];

    /// Its name in cards and in the transcript.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Custodian => "custodian",
            Self::Registrar => "registrar",
            Self::Server => "server",
            Self::Log => "log",
            Self::Witness => "witness",
            Self::Operator => "operator",
            Self::Authentication => "authentication",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What the manifest needs to know of a person; signed by the key that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    form: String,
    /// In which role.
    pub role: Role,
    /// Name; of the log, the prefix of its origin.
    pub name: String,
    /// Act of designation (custodians).
    pub designation: String,
    /// Public key, hexadecimal.
    pub key: String,
    signature: String,
}

impl Card {
    fn signed_bytes(role: Role, name: &str, designation: &str, key: &[u8; 32]) -> Vec<u8> {
        let mut out = Vec::new();
        role.name().to_owned().encode(&mut out);
        name.to_owned().encode(&mut out);
        designation.to_owned().encode(&mut out);
        key.encode(&mut out);
        out
    }

    /// Reads a card and verifies its signature.
    ///
    /// # Errors
    /// If it cannot be read, is no card, or its signature does not hold.
    pub fn read(path: &Path) -> Result<Self> {
        let bad = || Error::Card { path: path.to_path_buf() };
        let text = String::from_utf8(files::read(path)?).map_err(|_| bad())?;
        Self::parse(&text).ok_or_else(bad)
    }

    /// The card of this text, if it is one and its signature holds.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let card: Self = toml::from_str(text).ok()?;
        let key = card.verifying_key()?;
        let signature = parse_hex::<64>(&card.signature).map(Signature)?;
        let signed = Self::signed_bytes(card.role, &card.name, &card.designation, &key.to_bytes());
        key.verify("card", &[&signed], &signature).ok()?;
        (card.form == FORM).then_some(card)
    }

    /// The text of this card.
    #[must_use]
    pub fn to_text(&self) -> String {
        // A structure of plain strings always has a TOML form.
        toml::to_string(self).unwrap_or_default()
    }

    /// Its public key.
    #[must_use]
    pub fn verifying_key(&self) -> Option<VerifyingKey> {
        parse_hex::<32>(&self.key).and_then(|bytes| VerifyingKey::from_bytes(&bytes))
    }
}

/// Reads hexadecimal of a given length.
#[must_use]
pub fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N.checked_mul(2)? || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut out = [0u8; N];
    for (byte, digits) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(out)
}

/// A person who has opened their secret file.
#[derive(Debug)]
pub struct Person {
    /// In which role.
    pub role: Role,
    /// Name as on the card.
    pub name: String,
    /// Act of designation (custodians).
    pub designation: String,
    /// The signing key.
    pub key: SigningKey,
}

impl Person {
    /// What its sealed file holds.
    #[must_use]
    pub fn to_sealed(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(4096));
        self.role.name().to_owned().encode(&mut out);
        self.name.encode(&mut out);
        self.designation.encode(&mut out);
        out.extend_from_slice(self.key.expose_seed().expose());
        out
    }

    /// Reads what [`Self::to_sealed`] gives.
    #[must_use]
    pub fn from_sealed(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let role = Role::parse(&String::decode_limited(&mut reader, STRING).ok()?)?;
        let name = String::decode_limited(&mut reader, STRING).ok()?;
        let designation = String::decode_limited(&mut reader, STRING).ok()?;
        let seed = SecretBytes::new(<[u8; 32]>::decode(&mut reader).ok()?);
        reader.finish().ok()?;
        Some(Self { role, name, designation, key: SigningKey::from_seed(&seed) })
    }

    /// Opens a secret file; the password is kept by the caller as long as it is needed.
    ///
    /// # Errors
    /// If the file cannot be read, or does not open with the password.
    pub fn open(secret: &Path, password: &str) -> Result<Self> {
        let content = sealed::read(secret, Kind::SigningKey, password)?;
        Self::from_sealed(&content).ok_or(Error::Open)
    }

    /// The public card.
    #[must_use]
    pub fn card(&self) -> Card {
        let key = self.key.verifying_key().to_bytes();
        let signed = Card::signed_bytes(self.role, &self.name, &self.designation, &key);
        Card {
            form: FORM.to_owned(),
            role: self.role,
            name: self.name.clone(),
            designation: self.designation.clone(),
            key: hex(&key),
            signature: hex(&self.key.sign("card", &[&signed]).0),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn cards_are_signed_by_their_key() {
        let key = SigningKey::from_seed(&SecretBytes::new([3; 32]));
        let person = Person { role: Role::Custodian, name: "Ana".into(), designation: "CG/1".into(), key };
        let text = person.card().to_text();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        files::write_secret(&path, text.as_bytes()).unwrap();
        assert_eq!(Card::read(&path).unwrap().name, "Ana");
        for (from, to) in [("Ana", "Eva"), ("CG/1", "CG/2"), ("custodian", "witness")] {
            let other = folder.path().join(to.replace('/', "-"));
            files::write_secret(&other, text.replace(from, to).as_bytes()).unwrap();
            assert!(matches!(Card::read(&other), Err(Error::Card { path }) if path == other));
        }
        let again = Person::from_sealed(&person.to_sealed()).unwrap();
        assert_eq!(again.card(), person.card());
    }

    #[test]
    fn every_role_is_found_by_its_name() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.name()), Some(role));
            assert_eq!(toml::Value::try_from(role).unwrap().as_str(), Some(role.name()));
        }
        assert_eq!(Role::parse("voter"), None);
    }

    #[test]
    fn hexadecimal_has_one_length_and_only_digits() {
        assert_eq!(parse_hex("00ff"), Some([0, 255]));
        for bad in ["", "00f", "00ff0", "+0ff", "00fg", "é00"] {
            assert_eq!(parse_hex::<2>(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_sealed_person_opens() {
        let key = SigningKey::from_seed(&SecretBytes::new([3; 32]));
        let person = Person { role: Role::Witness, name: "w.example".into(), designation: String::new(), key };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.key");
        let mut rng = ChaCha20Rng::from_seed([2; 32]);
        sealed::write(&mut rng, &path, Kind::SigningKey, "una clave", &person.to_sealed()).unwrap();
        assert_eq!(Person::open(&path, "una clave").unwrap().card(), person.card());
        assert!(matches!(Person::open(&path, "otra"), Err(Error::Open)));
    }
}
