//! What a ceremony yields: public keys for everyone, a key share for each custodian.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::round1::read_secrets;
use super::round2::Round2;
use super::{Ceremony, KeygenError, MAX_SLOTS, vartime_evaluate};
use crate::encoding::{Decode, DecodeError, Encode, Reader, put_length};
use crate::group::{self, Element};
use crate::ids::{CustodianIndex, SetupId};
use crate::secret::SecretScalar;

/// The public keys of an election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElectionKeys {
    /// The key of every slot: K_j for the options, then L_k for the text points.
    pub slot_keys: Vec<Element>,
    /// The custodians that remain, in order.
    pub qualified: Vec<CustodianIndex>,
    /// `X_{l,j} = [x_{l,j}]G`: for each of them, one for every slot.
    pub public_shares: Vec<Vec<Element>>,
    /// How many of them decrypt together.
    pub threshold: usize,
}

impl ElectionKeys {
    /// K2.3: the keys that the dealings of the remaining custodians add up to. Their openings are good.
    ///
    /// # Errors
    /// [`KeygenError::SlotKey`] if a key is the identity.
    pub fn derive(ceremony: &Ceremony, qualified: Vec<CustodianIndex>, round2: &[Round2]) -> Result<Self, KeygenError> {
        let mut sums = vec![group::identity(); ceremony.commitment_count()];
        for dealing in round2.iter().filter(|dealing| qualified.contains(&dealing.index)) {
            for (sum, commitment) in sums.iter_mut().zip(&dealing.commitments) {
                *sum += commitment.element;
            }
        }
        let slots = || sums.chunks(ceremony.threshold());
        let slot_keys: Vec<_> = slots().filter_map(<[_]>::first).copied().collect();
        if let Some(slot) = slot_keys.iter().position(group::is_identity) {
            return Err(KeygenError::SlotKey { slot });
        }
        let public_shares =
            qualified.iter().map(|l| slots().map(|slot| vartime_evaluate(slot.iter(), *l)).collect()).collect();
        Ok(Self { slot_keys, qualified, public_shares, threshold: ceremony.threshold() })
    }

    /// The public shares of a custodian, if it remains.
    #[must_use]
    pub fn public_share(&self, index: CustodianIndex) -> Option<&[Element]> {
        self.qualified.iter().zip(&self.public_shares).find_map(|(l, shares)| (*l == index).then_some(&**shares))
    }
}

/// What a custodian decrypts with: its share of every slot key. Wiped when dropped.
pub struct KeyShare {
    pub(super) setup_id: SetupId,
    pub(super) index: CustodianIndex,
    pub(super) shares: Vec<SecretScalar>,
}

impl fmt::Debug for KeyShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyShare({}, {:?}, ..)", self.index, self.setup_id)
    }
}

impl KeyShare {
    /// The custodian.
    #[must_use]
    pub fn index(&self) -> CustodianIndex {
        self.index
    }

    /// The ceremony that made it.
    #[must_use]
    pub fn setup_id(&self) -> &SetupId {
        &self.setup_id
    }

    /// One secret for every slot.
    #[must_use]
    pub fn slots(&self) -> &[SecretScalar] {
        &self.shares
    }

    /// Checks the share against the public ones: `[x_{l,j}]G = X_{l,j}`.
    ///
    /// # Errors
    /// [`KeygenError::NotQualified`] or [`KeygenError::KeyShare`].
    pub fn verify(&self, keys: &ElectionKeys) -> Result<(), KeygenError> {
        let public = keys.public_share(self.index).ok_or(KeygenError::NotQualified { index: self.index })?;
        let wrong = self.shares.iter().zip(public).position(|(share, public)| share.public() != *public);
        let common = self.shares.len().min(public.len());
        match wrong {
            Some(slot) => Err(KeygenError::KeyShare { slot }),
            None if self.shares.len() != public.len() => Err(KeygenError::KeyShare { slot: common }),
            None => Ok(()),
        }
    }

    /// The share, for a sealed file.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(self.shares.len().saturating_mul(32).saturating_add(64)));
        self.setup_id.encode(&mut out);
        self.index.encode(&mut out);
        put_length(&mut out, self.shares.len());
        for share in &self.shares {
            out.extend_from_slice(share.expose_bytes().expose());
        }
        out
    }

    /// From a sealed file.
    ///
    /// # Errors
    /// If the bytes are not an export.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let setup_id = Decode::decode(&mut reader)?;
        let index = Decode::decode(&mut reader)?;
        let shares = read_secrets(&mut reader, MAX_SLOTS)?;
        reader.finish()?;
        Ok(Self { setup_id, index, shares })
    }
}
