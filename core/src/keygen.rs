//! Distributed key generation (`spec/keygen.md`): n custodians make one key per slot, of which
//! t together can decrypt, and nobody ever holds a secret one.
//!
//! Four steps, each a broadcast; the messages of a step lie on the table before the next begins:
//!
//! 1. [`round1::commit`]: draw polynomials, publish an ephemeral key and a hash of the commitments;
//! 2. [`round2::deal`]: open the hash, deal the shares under pairwise keys;
//! 3. [`round3::verdict`]: check the shares received, complain in a way that anyone can judge;
//! 4. [`KeyTranscript::assemble`] judges, [`certify`] checks everything again and signs.
//!
//! What comes out is [`ElectionKeys`] for everyone and a [`KeyShare`] for each custodian, which
//! [`trial`] shows to work before the election opens.
//!
//! | check | function |
//! |---|---|
//! | K1.1 | [`KeyTranscript`]'s decoder, [`Table::verify_form`], [`KeyTranscript::verify_form`] |
//! | K1.2 | [`KeyTranscript::verify_manifest`] |
//! | K1.3 | [`Table::verify_commit_signatures`] |
//! | K1.4 | [`Table::verify_ephemeral_keys`] |
//! | K2.1 | [`Table::verify_later_signatures`] |
//! | K2.2 | [`KeyTranscript::verify_excluded`] |
//! | K2.3 | [`ElectionKeys::derive`] |
//! | K3.1 | [`KeyTranscript::verify_certificates`] |
//! | K4.1 - K4.3 | [`trial::Trial`] |
//!
//! # Security
//! Feldman commitments hidden behind a hash until all have committed, proofs of possession bound
//! to custodian and ceremony (no rogue keys), complaints that open one pairwise key (nothing that
//! one of the two sides did not know). Corrupt custodians who speak last still choose whom to have
//! excluded: among b of them, at most 2^b keys. A coalition of t custodians decrypts everything.
//!
//! # References
//! Pedersen 1991; Gennaro, Jarecki, Krawczyk and Rabin 1999; C2SP's COCKTAIL-DKG, whose vectors for
//! ristretto255 give the same keys with one slot.

pub mod round1;
pub mod round2;
pub mod round3;
pub mod transcript;
pub mod trial;

mod error;
mod judge;
mod keys;
mod pair;
mod table;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

pub use error::KeygenError;
pub use judge::{Exclusion, Reason};
pub use keys::{ElectionKeys, KeyShare};
pub use table::{Round, Table};
pub use transcript::{Certificate, KeyTranscript, certify, key_record_hash};

use crate::encoding::Encode;
use crate::group::{self, Element, Scalar};
use crate::hash::tagged_hash;
use crate::ids::{CustodianIndex, ManifestHash, SetupId};
use crate::signature::{SigningKey, VerifyingKey};

/// The most slots that a manifest can need: 255 options and 8 text points.
pub const MAX_SLOTS: usize = 263;
/// The most custodians, and the highest threshold.
pub const MAX_CUSTODIANS: usize = 16;

/// One ceremony: what every message and every proof is bound to.
#[derive(Clone, Debug)]
pub struct Ceremony {
    setup_id: SetupId,
    manifest_hash: ManifestHash,
    number: u32,
    threshold: usize,
    minimum: usize,
    custodians: Vec<VerifyingKey>,
    slots: usize,
}

impl Ceremony {
    /// The ceremony of this number for a manifest: `custodians` in the order of the manifest,
    /// `minimum` of whom must remain.
    ///
    /// # Errors
    /// [`KeygenError::Parameters`] unless `1 <= threshold <= minimum <= custodians <= 16` and
    /// `1 <= slots <= 263`.
    pub fn new(
        manifest_hash: ManifestHash,
        number: u32,
        threshold: u32,
        minimum: u32,
        custodians: Vec<VerifyingKey>,
        slots: usize,
    ) -> Result<Self, KeygenError> {
        let (Ok(threshold), Ok(minimum)) = (usize::try_from(threshold), usize::try_from(minimum)) else {
            return Err(KeygenError::Parameters);
        };
        let count = custodians.len();
        if !(1..=minimum).contains(&threshold)
            || minimum > count
            || count > MAX_CUSTODIANS
            || !(1..=MAX_SLOTS).contains(&slots)
        {
            return Err(KeygenError::Parameters);
        }
        let setup_id = SetupId(tagged_hash("setup-id", &[manifest_hash.as_bytes(), &number.to_le_bytes()]));
        Ok(Self { setup_id, manifest_hash, number, threshold, minimum, custodians, slots })
    }

    /// Names this ceremony and no other.
    #[must_use]
    pub fn setup_id(&self) -> &SetupId {
        &self.setup_id
    }

    /// The manifest that the keys are for.
    #[must_use]
    pub fn manifest_hash(&self) -> &ManifestHash {
        &self.manifest_hash
    }

    /// 0 for the first ceremony, one more for every rerun.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How many custodians decrypt together: t.
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// How many keys are made: S.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The numbers of all custodians.
    pub fn everyone(&self) -> impl Iterator<Item = CustodianIndex> {
        (1u32..).map_while(CustodianIndex::new).take(self.custodians.len())
    }

    /// The signing key of a custodian.
    ///
    /// # Errors
    /// [`KeygenError::Unknown`] if the ceremony has no such custodian.
    pub fn custodian(&self, index: CustodianIndex) -> Result<&VerifyingKey, KeygenError> {
        self.everyone()
            .zip(&self.custodians)
            .find_map(|(i, key)| (i == index).then_some(key))
            .ok_or(KeygenError::Unknown { index })
    }

    /// The custodians that remain, if enough do.
    ///
    /// # Errors
    /// [`KeygenError::Void`] if fewer than the minimum remain.
    pub fn qualified(&self, excluded: &[Exclusion]) -> Result<Vec<CustodianIndex>, KeygenError> {
        let remaining: Vec<_> =
            self.everyone().filter(|i| excluded.iter().all(|exclusion| exclusion.index != *i)).collect();
        if remaining.len() < self.minimum {
            return Err(KeygenError::Void { excluded: excluded.to_vec() });
        }
        Ok(remaining)
    }

    /// Commitments, and coefficients, of one dealer.
    fn commitment_count(&self) -> usize {
        self.slots.saturating_mul(self.threshold)
    }

    fn require_key(&self, index: CustodianIndex, key: &SigningKey) -> Result<(), KeygenError> {
        if *self.custodian(index)? == key.verifying_key() { Ok(()) } else { Err(KeygenError::WrongKey { index }) }
    }
}

/// `sum_c [x^c]F_c` for public commitments and a small x, by Horner's rule: a few additions for
/// each commitment, where a multiplication by x^c would take hundreds.
#[must_use]
pub fn vartime_evaluate<'a>(commitments: impl DoubleEndedIterator<Item = &'a Element>, x: CustodianIndex) -> Element {
    commitments.rev().fold(group::identity(), |sum, commitment| vartime_times(&sum, x.get()) + commitment)
}

fn vartime_times(element: &Element, factor: u32) -> Element {
    let significant = u32::BITS.saturating_sub(factor.leading_zeros());
    (0..significant).rev().fold(group::identity(), |sum, bit| {
        let doubled = sum + sum;
        if factor.checked_shr(bit).is_some_and(|rest| rest & 1 == 1) { doubled + element } else { doubled }
    })
}

fn scalar(x: CustodianIndex) -> Scalar {
    Scalar::from(x.get())
}

/// The encoding of a message up to its signature, which is its last field.
fn before_signature(message: &(impl Encode + ?Sized)) -> Vec<u8> {
    let mut bytes = message.to_bytes();
    bytes.truncate(bytes.len().saturating_sub(64));
    bytes
}
