//! The trial: before the election opens, the custodians decrypt a ciphertext that says nothing.
//!
//! Its randomness is hashed from the setup id, so anyone can compute every partial from the public
//! shares: the trial reveals nothing, and shows that every share works.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::{Ceremony, ElectionKeys, KeyShare, KeygenError, MAX_CUSTODIANS};
use crate::encoding::{Decode, DecodeError, Encode, Reader, put_all, put_header};
use crate::group::{self, Element, Scalar};
use crate::hash::{Hash, tagged_hash};
use crate::ids::{CustodianIndex, SetupId};
use crate::proof::decryption::{self, DecryptionStatement};
use crate::proof::equality::Equality;
use crate::transcript::Position;

const MAGIC: [u8; 4] = *b"ETRL";
const ROLE: u32 = 1;

/// The trial of a ceremony.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The ceremony.
    pub setup_id: SetupId,
    /// One by everyone who remains.
    pub partials: Vec<TrialPartial>,
}

/// What one custodian decrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialPartial {
    /// The custodian.
    pub index: CustodianIndex,
    /// `[x_{l,j}]A` for every slot.
    pub decrypted: Vec<Element>,
    /// Proves it.
    pub proof: Equality,
}

impl Encode for TrialPartial {
    fn encode(&self, out: &mut Vec<u8>) {
        self.index.encode(out);
        put_all(out, &self.decrypted);
        self.proof.encode(out);
    }
}

impl TrialPartial {
    fn decode(reader: &mut Reader<'_>, slots: usize) -> Result<Self, DecodeError> {
        Ok(Self { index: Decode::decode(reader)?, decrypted: reader.repeat(slots)?, proof: Decode::decode(reader)? })
    }

    /// Reads one partial that fills the bytes; the number of slots is not in them.
    ///
    /// # Errors
    /// If the bytes are not the encoding of a partial with so many slots.
    pub fn from_bytes(bytes: &[u8], slots: usize) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let partial = Self::decode(&mut reader, slots)?;
        reader.finish()?;
        Ok(partial)
    }
}

impl Encode for Trial {
    fn encode(&self, out: &mut Vec<u8>) {
        put_header(out, MAGIC);
        self.setup_id.encode(out);
        self.partials.encode(out);
    }
}

/// `(A, B_j)`, the same for everyone.
struct Ciphertext {
    r: Scalar,
    a: Element,
    group: Hash,
}

impl Ciphertext {
    fn new(setup_id: &SetupId) -> Self {
        let r = group::hash_to_scalar("trial", setup_id.as_bytes());
        let group = tagged_hash("trial-group", &[setup_id.as_bytes()]);
        Self { r, a: group::mul_generator(&r), group }
    }

    fn statement<'a>(&'a self, setup_id: &'a SetupId, index: CustodianIndex) -> DecryptionStatement<'a> {
        let position = Position { role: Some(ROLE), index: Some(index.get()), ..Position::default() };
        DecryptionStatement { context: setup_id.as_bytes(), position, group: &self.group, a: &self.a }
    }
}

/// A custodian decrypts the trial's ciphertext, after checking its share against the public ones.
///
/// # Errors
/// [`KeygenError::OtherCeremony`], or as [`KeyShare::verify`].
pub fn trial_partial(
    ceremony: &Ceremony,
    keys: &ElectionKeys,
    share: &KeyShare,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<TrialPartial, KeygenError> {
    if share.setup_id() != ceremony.setup_id() {
        return Err(KeygenError::OtherCeremony);
    }
    share.verify(keys)?;
    let ciphertext = Ciphertext::new(ceremony.setup_id());
    let (decrypted, proof) = ciphertext.statement(ceremony.setup_id(), share.index()).prove(share.slots(), rng);
    Ok(TrialPartial { index: share.index(), decrypted, proof })
}

impl Trial {
    /// Reads a trial that fills the bytes; the number of slots is not in them.
    ///
    /// # Errors
    /// If the bytes are not the encoding of a trial with so many slots.
    pub fn from_bytes(bytes: &[u8], slots: usize) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.header(MAGIC)?;
        let setup_id = Decode::decode(&mut reader)?;
        let length = reader.length(MAX_CUSTODIANS)?;
        let mut partials = Vec::with_capacity(length);
        for _ in 0..length {
            partials.push(TrialPartial::decode(&mut reader, slots)?);
        }
        reader.finish()?;
        Ok(Self { setup_id, partials })
    }

    /// K4.1, after decoding: it is about this ceremony and has one partial by everyone who
    /// remains, in order.
    ///
    /// # Errors
    /// [`KeygenError::TrialSetup`] or [`KeygenError::TrialPartials`].
    pub fn verify_form(&self, ceremony: &Ceremony, keys: &ElectionKeys) -> Result<(), KeygenError> {
        if self.setup_id != *ceremony.setup_id() {
            return Err(KeygenError::TrialSetup);
        }
        let complete = self.partials.iter().map(|partial| &partial.index).eq(&keys.qualified)
            && self.partials.iter().all(|partial| partial.decrypted.len() == keys.slot_keys.len());
        if complete { Ok(()) } else { Err(KeygenError::TrialPartials) }
    }

    /// K4.2: every partial is `[r]X_{l,j}`, as anyone can compute it, and is proved.
    ///
    /// # Errors
    /// [`KeygenError::TrialValue`] or [`KeygenError::TrialProof`] for the first that fails.
    pub fn verify_partials(&self, keys: &ElectionKeys) -> Result<(), KeygenError> {
        let ciphertext = Ciphertext::new(&self.setup_id);
        for partial in &self.partials {
            let index = partial.index;
            let public = keys.public_share(index).ok_or(KeygenError::TrialPartials)?;
            let wrong = partial.decrypted.iter().zip(public).position(|(decrypted, public)| {
                *decrypted != group::vartime_multiscalar_mul(&[ciphertext.r], [*public])
            });
            if let Some(slot) = wrong {
                return Err(KeygenError::TrialValue { index, slot });
            }
            ciphertext
                .statement(&self.setup_id, index)
                .verify(public, &partial.decrypted, &partial.proof)
                .map_err(|_| KeygenError::TrialProof { index })?;
        }
        Ok(())
    }

    /// K4.3: the first t partials combine to j + 1 in every slot j.
    ///
    /// # Errors
    /// [`KeygenError::TrialPartials`] if there are too few, [`KeygenError::TrialResult`] for the
    /// first slot that does not decrypt.
    pub fn verify_result(&self, keys: &ElectionKeys) -> Result<(), KeygenError> {
        let ciphertext = Ciphertext::new(&self.setup_id);
        let partials: Vec<_> =
            self.partials.iter().map(|partial| (partial.index, partial.decrypted.as_slice())).collect();
        let combined = decryption::combine(keys.threshold, &partials).map_err(|_| KeygenError::TrialPartials)?;
        if combined.len() != keys.slot_keys.len() {
            return Err(KeygenError::TrialPartials);
        }
        // B_j - D_j = [j+1]G with B_j = [j+1]G + [r]K_j.
        let wrong = combined
            .iter()
            .zip(&keys.slot_keys)
            .position(|(combined, key)| *combined != group::vartime_multiscalar_mul(&[ciphertext.r], [*key]));
        match wrong {
            Some(slot) => Err(KeygenError::TrialResult { slot }),
            None => Ok(()),
        }
    }

    /// The checks of K4, in order.
    ///
    /// # Errors
    /// The first that fails.
    pub fn verify(&self, ceremony: &Ceremony, keys: &ElectionKeys) -> Result<(), KeygenError> {
        self.verify_form(ceremony, keys)?;
        self.verify_partials(keys)?;
        self.verify_result(keys)
    }
}
