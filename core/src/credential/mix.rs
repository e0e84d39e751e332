//! Credential mixes: one custodian after the other raises every list and its base to a secret
//! power, puts it in another order, and proves it. From then on nobody knows which entry of the
//! roll a key belongs to, unless all who mixed tell.
//!
//! A [`CredentialMix`] is made from the [`CredentialLists`] that came out of the mix before, or of
//! the pool, and gives the lists that go into the next ([`CredentialMix::into_lists`]). What each
//! step checks is [`CredentialMix::check_shape`] and who mixed (C4.1),
//! [`CredentialMix::verify_signature`] (C4.2), [`CredentialMix::verify`] (C4.3).
//!
//! # Security
//! Powers, orders and coins exist while a mix is made, and are wiped. What is proved, and what not,
//! is said in [`crate::proof::shuffle`].
//!
//! # References
//! `spec/credentials.md`, Mixes; `spec/shuffle.md`.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::half::{decode_keys, encode_keys};
use super::lists::{CredentialList, CredentialLists};
use super::roll::{LISTS, SIGNATURE};
use crate::encoding::{Decode, DecodeError, DecodeErrorKind, Encode, Reader, put_all, put_header, put_length};
use crate::group::{ElementBytes, Scalar};
use crate::ids::{CustodianIndex, RollId};
use crate::manifest::ListKey;
use crate::point::Point;
use crate::proof::BadProof;
use crate::proof::shuffle::{
    MemorySource, Relation, ShuffleError, ShuffleGenerators, ShuffleInputError, ShuffleProof, ShuffleShape,
    ShuffleStatement, shuffle_keys,
};
use crate::secret::SecretScalar;
use crate::signature::{BadSignature, Signature, SigningKey, VerifyingKey};
use crate::transcript::Position;

pub(crate) const CREDENTIAL_MIX: [u8; 4] = *b"EMIX";

/// A list that came out of a mix, with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MixedList {
    list: CredentialList,
    proof: ShuffleProof,
}

/// One custodian's mix of all lists. Decoding has checked that every key is the canonical encoding of
/// an element other than the identity, and their order; the proofs' own points are looked at when
/// they are verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialMix {
    roll_id: RollId,
    number: u32,
    index: CustodianIndex,
    lists: Vec<MixedList>,
    signature: Signature,
}

/// A mix that cannot be made, or that is not one of these lists (checks C4.1, C4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MixError {
    /// Made for another roll (C4.1).
    RollId(RollId),
    /// At another place of the chain (C4.1).
    Number {
        /// The place that it would have.
        expected: u32,
        /// The place that it says.
        actual: u32,
    },
    /// Not one list per list of the manifest (C4.1).
    Lists {
        /// Lists of the manifest.
        expected: usize,
        /// Lists here.
        actual: usize,
    },
    /// Not as many keys as went in (C4.1).
    Count {
        /// The list.
        list: u32,
        /// Keys that went in.
        expected: usize,
        /// Keys here.
        actual: usize,
    },
    /// The base of a list has not changed (C4.3).
    Base {
        /// The list.
        list: u32,
    },
    /// The proof of a list does not hold (C4.3), or is none (C4.1).
    Proof {
        /// The list.
        list: u32,
        /// Why not.
        why: ShuffleError<BadProof>,
    },
    /// A list that cannot be mixed.
    Input {
        /// The list.
        list: u32,
        /// Why not.
        why: ShuffleInputError,
    },
}

impl fmt::Display for MixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RollId(roll_id) => write!(f, "made for the roll {roll_id}"),
            Self::Number { expected, actual } => write!(f, "mix {actual} in the place of mix {expected}"),
            Self::Lists { expected, actual } => write!(f, "{actual} lists where the manifest has {expected}"),
            Self::Count { list, expected, actual } => {
                write!(f, "list {list} has {actual} keys where {expected} went in")
            }
            Self::Base { list } => write!(f, "the base of list {list} has not changed"),
            Self::Proof { list, why } => write!(f, "list {list}: {why}"),
            Self::Input { list, why } => write!(f, "list {list}: {why}"),
        }
    }
}

impl core::error::Error for MixError {}

/// Where the proof of a list stands.
pub(crate) fn position(list: &ListKey, number: u32, index: CustodianIndex) -> Position {
    Position {
        style: Some(list.style),
        unit: Some(list.unit),
        role: Some(number),
        index: Some(index.get()),
        contest: None,
    }
}

/// Generators for the longest of these lists.
#[must_use]
pub fn mix_generators(lists: &CredentialLists) -> ShuffleGenerators {
    let longest = lists.lists.iter().map(|list| list.keys.len()).max().unwrap_or(0);
    ShuffleGenerators::new(u32::try_from(longest).unwrap_or(u32::MAX))
}

impl CredentialMix {
    /// Mixes what came out of the mix before, with a power of its own for every list, and signs.
    /// `done` hears of every list with the number of its keys.
    ///
    /// # Errors
    /// [`MixError`] if there is not one list per list of the manifest, or a list cannot be mixed.
    pub fn make(
        previous: &CredentialLists,
        manifest_lists: &[ListKey],
        generators: &ShuffleGenerators,
        (index, key): (CustodianIndex, &SigningKey),
        rng: &mut (impl CryptoRng + ?Sized),
        done: &mut dyn FnMut(usize),
    ) -> Result<Self, MixError> {
        if previous.lists.len() != manifest_lists.len() {
            return Err(MixError::Lists { expected: manifest_lists.len(), actual: previous.lists.len() });
        }
        let (roll_id, number) = (previous.roll_id, previous.mixes.saturating_add(1));
        let mut lists = Vec::with_capacity(manifest_lists.len());
        for (list, (before, at)) in (0u32..).zip(previous.lists.iter().zip(manifest_lists)) {
            let power = draw_power(rng);
            let at = position(at, number, index);
            let mixed = shuffle_keys(roll_id.as_bytes(), at, generators, &before.base, &before.keys, &power, rng)
                .map_err(|why| MixError::Input { list, why })?;
            lists.push(MixedList { list: CredentialList { base: mixed.base, keys: mixed.keys }, proof: mixed.proof });
            done(before.keys.len());
        }
        let mut mix = Self { roll_id, number, index, lists, signature: Signature([0; SIGNATURE]) };
        mix.signature = key.sign("credential-mix", &[&mix.signed_bytes()]);
        Ok(mix)
    }

    /// The roll.
    #[must_use]
    pub fn roll_id(&self) -> &RollId {
        &self.roll_id
    }

    /// Who mixed.
    #[must_use]
    pub fn index(&self) -> CustodianIndex {
        self.index
    }

    /// Its place in the chain, from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Checks roll, place and sizes (check C4.1, with what decodes and who mixed).
    ///
    /// # Errors
    /// [`MixError`] says what differs.
    pub fn check_shape(&self, previous: &CredentialLists) -> Result<(), MixError> {
        if self.roll_id != previous.roll_id {
            return Err(MixError::RollId(self.roll_id));
        }
        let expected = previous.mixes.saturating_add(1);
        if self.number != expected {
            return Err(MixError::Number { expected, actual: self.number });
        }
        if self.lists.len() != previous.lists.len() {
            return Err(MixError::Lists { expected: previous.lists.len(), actual: self.lists.len() });
        }
        for (list, (mixed, before)) in (0..).zip(self.lists.iter().zip(&previous.lists)) {
            let (expected, actual) = (before.keys.len(), mixed.list.keys.len());
            if expected != actual {
                return Err(MixError::Count { list, expected, actual });
            }
        }
        Ok(())
    }

    /// Verifies the custodian's signature (check C4.2).
    ///
    /// # Errors
    /// [`BadSignature`] if it does not hold.
    pub fn verify_signature(&self, custodian: &VerifyingKey) -> Result<(), BadSignature> {
        custodian.verify("credential-mix", &[&self.signed_bytes()], &self.signature)
    }

    /// Verifies that every list is the one that went in, in another order and under another base
    /// (check C4.3). `done` hears of every list with the number of its keys.
    ///
    /// # Errors
    /// [`MixError`] names the first list that is not.
    pub fn verify(
        &self,
        previous: &CredentialLists,
        manifest_lists: &[ListKey],
        generators: &ShuffleGenerators,
        rng: &mut (impl CryptoRng + ?Sized),
        done: &mut dyn FnMut(usize),
    ) -> Result<(), MixError> {
        self.check_shape(previous)?;
        if self.lists.len() != manifest_lists.len() {
            return Err(MixError::Lists { expected: manifest_lists.len(), actual: self.lists.len() });
        }
        let lists = self.lists.iter().zip(&previous.lists).zip(manifest_lists);
        for (list, ((MixedList { list: after, proof }, before), at)) in (0u32..).zip(lists) {
            if after.base == before.base {
                return Err(MixError::Base { list });
            }
            let statement = ShuffleStatement {
                context: self.roll_id.as_bytes(),
                position: position(at, self.number, self.index),
                relation: Relation::Keys { base: &before.base, image: &after.base },
            };
            let source = MemorySource { input: &before.keys, output: &after.keys, proof };
            statement.verify(generators, &source, rng).map_err(|why| MixError::Proof { list, why })?;
            done(before.keys.len());
        }
        Ok(())
    }

    /// What goes into the next mix, or is published as the lists after the last.
    #[must_use]
    pub fn into_lists(self) -> CredentialLists {
        let lists = self.lists.into_iter().map(|mixed| mixed.list).collect();
        CredentialLists { roll_id: self.roll_id, mixes: self.number, lists }
    }

    fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = self.to_bytes();
        bytes.truncate(bytes.len().saturating_sub(SIGNATURE));
        bytes
    }
}

/// A power that is neither 0 nor 1: the base that comes out is another one.
fn draw_power(rng: &mut (impl CryptoRng + ?Sized)) -> SecretScalar {
    loop {
        let power = SecretScalar::generate(rng);
        if *power.expose() != Scalar::ONE {
            return power;
        }
    }
}

impl Encode for MixedList {
    fn encode(&self, out: &mut Vec<u8>) {
        self.list.base.encode(out);
        encode_keys(&self.list.keys, out);
        self.proof.encode(out);
    }
}

impl Decode for MixedList {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let base = Point::decode_nonidentity(reader)?;
        let keys = decode_keys(reader)?;
        if !keys.is_sorted_by(|a: &ElementBytes, b| a < b) {
            return Err(reader.error(DecodeErrorKind::Order));
        }
        let proof = ShuffleProof::decode(reader, ShuffleShape::keys(keys.len()))?;
        Ok(Self { list: CredentialList { base, keys }, proof })
    }
}

impl Encode for CredentialMix {
    fn encode(&self, out: &mut Vec<u8>) {
        let strings = |list: &MixedList| list.list.keys.len().saturating_add(list.proof.strings().len());
        let room = self.lists.iter().map(strings).fold(0usize, usize::saturating_add);
        out.reserve(room.saturating_mul(32).saturating_add(self.lists.len().saturating_mul(40)).saturating_add(120));
        put_header(out, CREDENTIAL_MIX);
        self.roll_id.encode(out);
        self.number.encode(out);
        self.index.encode(out);
        put_length(out, self.lists.len());
        put_all(out, &self.lists);
        self.signature.encode(out);
    }
}

impl Decode for CredentialMix {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.header(CREDENTIAL_MIX)?;
        let roll_id = RollId::decode(reader)?;
        let number = u32::decode(reader)?;
        let index = CustodianIndex::decode(reader)?;
        let length = reader.length(LISTS)?;
        let lists = reader.repeat(length)?;
        let signature = Signature::decode(reader)?;
        Ok(Self { roll_id, number, index, lists, signature })
    }
}
