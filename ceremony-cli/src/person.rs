//! Persons and machines with a signing key: the sealed file that they keep, and the
//! public card by which the manifest names them.

use std::path::Path;

use escrutinio_core::encoding::{Decode, DecodeLimited, Encode, Reader, STRING};
use escrutinio_core::ids::hex;
use escrutinio_core::secret::SecretBytes;
use escrutinio_core::signature::{Signature, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Result, refused};
use crate::files;
use crate::sealed::{self, Kind};
use crate::session::Session;

const FORM: &str = "escrutinio/card/v1";

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
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
}

impl Role {
    /// Its name in cards and in the transcript.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Custodian => "custodian",
            Self::Registrar => "registrar",
            Self::Server => "server",
            Self::Log => "log",
            Self::Witness => "witness",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Custodian, Self::Registrar, Self::Server, Self::Log, Self::Witness]
            .into_iter()
            .find(|role| role.name() == name)
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
        let bad = || refused("error.card", &[("path", &path.display())]);
        let text = String::from_utf8(files::read(path)?).map_err(|_| bad())?;
        let card: Self = toml::from_str(&text).map_err(|_| bad())?;
        let key = card.verifying_key().ok_or_else(bad)?;
        let signature = parse_hex::<64>(&card.signature).map(Signature).ok_or_else(bad)?;
        let signed = Self::signed_bytes(card.role, &card.name, &card.designation, &key.to_bytes());
        key.verify("card", &[&signed], &signature).map_err(|_| bad())?;
        if card.form == FORM { Ok(card) } else { Err(bad()) }
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
    if text.len() != N.checked_mul(2)? || !text.is_ascii() {
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
    fn to_sealed(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(4096));
        self.role.name().to_owned().encode(&mut out);
        self.name.encode(&mut out);
        self.designation.encode(&mut out);
        out.extend_from_slice(self.key.expose_seed().expose());
        out
    }

    fn from_sealed(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let role = Role::parse(&String::decode_limited(&mut reader, STRING).ok()?)?;
        let name = String::decode_limited(&mut reader, STRING).ok()?;
        let designation = String::decode_limited(&mut reader, STRING).ok()?;
        let seed = SecretBytes::new(<[u8; 32]>::decode(&mut reader).ok()?);
        reader.finish().ok()?;
        Some(Self { role, name, designation, key: SigningKey::from_seed(&seed) })
    }

    /// Makes a key, seals it into `secret`, and gives the card.
    ///
    /// # Errors
    /// If the file exists or cannot be written.
    pub fn register(
        session: &mut Session<'_>,
        secret: &Path,
        role: Role,
        name: &str,
        designation: &str,
    ) -> Result<Card> {
        let password = session.new_password()?;
        let key = SigningKey::generate(session.rng);
        let person = Self { role, name: name.to_owned(), designation: designation.to_owned(), key };
        sealed::write(session, secret, Kind::SigningKey, &password, &person.to_sealed())?;
        Ok(person.card())
    }

    /// Opens a secret file; the password is kept by the caller as long as it is needed.
    ///
    /// # Errors
    /// If the file cannot be read, or does not open with the password.
    pub fn open(secret: &Path, password: &str) -> Result<Self> {
        let content = sealed::read(secret, Kind::SigningKey, password)?;
        Self::from_sealed(&content).ok_or_else(sealed::bad)
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
    use super::*;

    #[test]
    fn cards_are_signed_by_their_key() {
        let key = SigningKey::from_seed(&SecretBytes::new([3; 32]));
        let person = Person { role: Role::Custodian, name: "Ana".into(), designation: "CG/1".into(), key };
        let text = toml::to_string(&person.card()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        files::write_new(&path, text.as_bytes()).unwrap();
        assert_eq!(Card::read(&path).unwrap().name, "Ana");
        for (from, to) in [("Ana", "Eva"), ("CG/1", "CG/2"), ("custodian", "witness")] {
            let other = folder.path().join(to.replace('/', "-"));
            files::write_new(&other, text.replace(from, to).as_bytes()).unwrap();
            assert_eq!(Card::read(&other).unwrap_err().message().key, "error.card");
        }
        let again = Person::from_sealed(&person.to_sealed()).unwrap();
        assert_eq!(again.card(), person.card());
    }
}
