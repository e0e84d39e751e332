//! The voter's credential: two signed halves, checked and added up on the voter's device.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::half::{HalfList, HalfRole};
use super::lists::CredentialLists;
use crate::ballot::BallotCredential;
use crate::encoding::{Decode, DecodeError, DecodeErrorKind, Encode, Reader};
use crate::group::{self, ElementBytes, Scalar};
use crate::ids::RollId;
use crate::point::Point;
use crate::secret::SecretScalar;
use crate::signature::{Signature, SigningKey, VerifyingKey};

/// A half as it reaches its voter.
#[derive(Debug)]
pub struct IssuedHalf {
    role: HalfRole,
    list: u32,
    place: u32,
    secret: SecretScalar,
    signature: Signature,
}

/// Why two halves make no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialError {
    /// A half is the other issuer's.
    Role(HalfRole),
    /// The issuer did not sign this half for this roll.
    Signature(HalfRole),
    /// The halves are of different entries.
    Entries,
    /// The lists are of another roll.
    OtherRoll,
    /// The key of the half does not stand in its issuer's published list.
    NotPublished(HalfRole),
    /// The key of both halves together does not stand in the credential list.
    NotListed,
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => write!(f, "this is not the half of the {}", role.name()),
            Self::Signature(role) => write!(f, "the {} did not sign this half for this roll", role.name()),
            Self::Entries => f.write_str("the halves belong to different entries of the roll"),
            Self::OtherRoll => f.write_str("the lists belong to another roll"),
            Self::NotPublished(role) => write!(f, "the half is not the one that the {} published", role.name()),
            Self::NotListed => f.write_str("the key is not on the credential list"),
        }
    }
}

impl core::error::Error for CredentialError {}

impl IssuedHalf {
    pub(super) fn sign(
        roll_id: &RollId,
        role: HalfRole,
        list: u32,
        place: u32,
        secret: SecretScalar,
        key: &SigningKey,
    ) -> Self {
        let message = message(roll_id, role, list, place, &group::compress(&secret.public()));
        Self { role, list, place, secret, signature: key.sign("half", &[&message]) }
    }

    /// The credential list of the entry.
    #[must_use]
    pub fn list(&self) -> u32 {
        self.list
    }

    /// The entry's place in the list.
    #[must_use]
    pub fn place(&self) -> u32 {
        self.place
    }

    /// The half as it travels to its voter, over a channel of its own: 108 bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(108));
        self.role.number().encode(&mut out);
        self.list.encode(&mut out);
        self.place.encode(&mut out);
        self.secret.expose().encode(&mut out);
        self.signature.encode(&mut out);
        out
    }

    /// Reads a half; its signature is verified when it is combined.
    ///
    /// # Errors
    /// If the bytes are not the encoding of a half.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let number = u32::decode(&mut reader)?;
        let role = HalfRole::from_number(number).ok_or_else(|| reader.error(DecodeErrorKind::Tag(number)))?;
        let half = Self {
            role,
            list: u32::decode(&mut reader)?,
            place: u32::decode(&mut reader)?,
            secret: SecretScalar::new(Scalar::decode(&mut reader)?),
            signature: Signature::decode(&mut reader)?,
        };
        reader.finish()?;
        Ok(half)
    }

    /// Verifies that the issuer of a role signed this half for this roll.
    ///
    /// # Errors
    /// [`CredentialError::Role`] or [`CredentialError::Signature`].
    pub fn verify(&self, roll_id: &RollId, role: HalfRole, issuer: &VerifyingKey) -> Result<(), CredentialError> {
        if self.role != role {
            return Err(CredentialError::Role(role));
        }
        let message = message(roll_id, role, self.list, self.place, &self.key());
        issuer.verify("half", &[&message], &self.signature).map_err(|_| CredentialError::Signature(role))
    }

    /// Compares the half with its issuer's published list.
    ///
    /// # Errors
    /// [`CredentialError::NotPublished`].
    pub fn check_published(&self, published: &HalfList) -> Result<(), CredentialError> {
        let keys = usize::try_from(self.list).ok().and_then(|list| published.lists().get(list));
        let key = usize::try_from(self.place).ok().and_then(|place| keys?.get(place));
        let same = published.role == self.role.number() && key == Some(&self.key());
        if same { Ok(()) } else { Err(CredentialError::NotPublished(self.role)) }
    }

    fn key(&self) -> ElementBytes {
        group::compress(&self.secret.public())
    }
}

/// What the issuer signs of a half.
fn message(roll_id: &RollId, role: HalfRole, list: u32, place: u32, key: &ElementBytes) -> Vec<u8> {
    let mut message = roll_id.as_bytes().to_vec();
    for number in [role.number(), list, place] {
        number.encode(&mut message);
    }
    message.extend_from_slice(key);
    message
}

/// Both halves of an entry, verified and added up; whether the key is on its list is still open.
#[derive(Debug)]
pub struct Halves {
    list: u32,
    secret: SecretScalar,
}

impl Halves {
    /// Verifies both halves and adds them up.
    ///
    /// # Errors
    /// [`CredentialError`] if one is not of its issuer, or they are of different entries.
    pub fn combine(
        registrar: &IssuedHalf,
        server: &IssuedHalf,
        issuers: (&VerifyingKey, &VerifyingKey),
        roll_id: &RollId,
    ) -> Result<Self, CredentialError> {
        registrar.verify(roll_id, HalfRole::Registrar, issuers.0)?;
        server.verify(roll_id, HalfRole::Server, issuers.1)?;
        if (registrar.list, registrar.place) != (server.list, server.place) {
            return Err(CredentialError::Entries);
        }
        let secret = SecretScalar::new(registrar.secret.expose() + server.secret.expose());
        Ok(Self { list: registrar.list, secret })
    }

    /// The credential list of the entry.
    #[must_use]
    pub fn list(&self) -> u32 {
        self.list
    }

    /// The key under a list's base, C.
    #[must_use]
    pub fn key(&self, base: &Point) -> Point {
        Point::new(base.element * self.secret.expose())
    }

    /// The credential, if its key is among those of the list.
    ///
    /// # Errors
    /// [`CredentialError::NotListed`]; the device encrypts nothing then.
    pub fn listed(self, base: Point, keys: &[ElementBytes]) -> Result<Credential, CredentialError> {
        let key = self.key(&base);
        if keys.binary_search(&key.bytes).is_err() {
            return Err(CredentialError::NotListed);
        }
        Ok(Credential { list: self.list, key, secret: self.secret, base })
    }
}

/// A voter's credential: the secret under which ballots are cast, and where its key stands.
#[derive(Debug)]
pub struct Credential {
    list: u32,
    key: Point,
    secret: SecretScalar,
    base: Point,
}

impl Credential {
    /// Verifies both halves, adds them up, and finds the key on its list.
    ///
    /// # Errors
    /// [`CredentialError`]; the device encrypts nothing then.
    pub fn combine(
        registrar: &IssuedHalf,
        server: &IssuedHalf,
        issuers: (&VerifyingKey, &VerifyingKey),
        roll_id: &RollId,
        lists: &CredentialLists,
    ) -> Result<Self, CredentialError> {
        let halves = Halves::combine(registrar, server, issuers, roll_id)?;
        if lists.roll_id() != roll_id {
            return Err(CredentialError::OtherRoll);
        }
        let list = lists.list(halves.list).ok_or(CredentialError::NotListed)?;
        halves.listed(*list.base(), list.keys())
    }

    /// The credential list.
    #[must_use]
    pub fn list(&self) -> u32 {
        self.list
    }

    /// The key, C.
    #[must_use]
    pub fn key(&self) -> &Point {
        &self.key
    }

    /// The credential as a ballot needs it. A voter with several contests asks for it once
    /// per ballot.
    #[must_use]
    pub fn for_ballot(&self) -> BallotCredential {
        BallotCredential::new(SecretScalar::new(*self.secret.expose()), self.base)
    }
}
