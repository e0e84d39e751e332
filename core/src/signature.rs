//! Ed25519 signatures of persons and machines, over tagged hashes, verified strictly
//! (`spec/notation.md`).

use core::fmt;

use ed25519_dalek::{Signer, SigningKey as InnerSigning, VerifyingKey as InnerVerifying};
use rand_core::CryptoRng;
use zeroize::Zeroize;

use crate::encoding::{Decode, DecodeError, DecodeErrorKind, Encode, Reader};
use crate::hash::tagged_hash;
use crate::secret::SecretBytes;

/// A public key: the canonical encoding of a point that is not of small order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(InnerVerifying);

impl VerifyingKey {
    /// `None` unless the bytes are such an encoding.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let key = InnerVerifying::from_bytes(bytes).ok()?;
        let canonical = key.to_edwards().compress().to_bytes() == *bytes;
        (canonical && !key.is_weak()).then_some(Self(key))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Verifies a signature over `TH(label, data)`.
    ///
    /// # Errors
    /// [`BadSignature`] if it does not hold.
    pub fn verify(&self, label: &str, data: &[&[u8]], signature: &Signature) -> Result<(), BadSignature> {
        self.verify_raw(&tagged_hash(label, data), signature)
    }

    /// Verifies a signature over the message itself, as signed notes want it.
    ///
    /// # Errors
    /// [`BadSignature`] if it does not hold.
    pub fn verify_raw(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(message, &signature).map_err(|_| BadSignature)
    }
}

impl Encode for VerifyingKey {
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        out.extend_from_slice(&self.to_bytes());
    }
}

impl Decode for VerifyingKey {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = reader.array()?;
        Self::from_bytes(&bytes).ok_or_else(|| reader.error(DecodeErrorKind::Key))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", crate::ids::hex(&self.to_bytes()))
    }
}

/// 64 bytes of an Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl Encode for Signature {
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

impl Decode for Signature {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(reader.array()?))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", crate::ids::hex(&self.0))
    }
}

/// The signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSignature;

impl fmt::Display for BadSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signature does not verify")
    }
}

impl core::error::Error for BadSignature {}

/// A secret signing key; wiped when dropped.
pub struct SigningKey(InnerSigning);

impl SigningKey {
    /// Draws a key.
    #[must_use]
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut seed = [0u8; 32];
        rng.fill_bytes(&mut seed);
        let key = Self(InnerSigning::from_bytes(&seed));
        seed.zeroize();
        key
    }

    /// From its seed, out of a sealed file.
    #[must_use]
    pub fn from_seed(seed: &SecretBytes) -> Self {
        Self(InnerSigning::from_bytes(seed.expose()))
    }

    /// Its seed, for a sealed file.
    #[must_use]
    pub fn expose_seed(&self) -> SecretBytes {
        SecretBytes::new(self.0.to_bytes())
    }

    /// The public key.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// Signs `TH(label, data)`.
    #[must_use]
    pub fn sign(&self, label: &str, data: &[&[u8]]) -> Signature {
        self.sign_raw(&tagged_hash(label, data))
    }

    /// Signs the message itself, as signed notes want it.
    #[must_use]
    pub fn sign_raw(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?})", self.verifying_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_small_order_and_noncanonical_keys() {
        let mut identity = [0u8; 32];
        identity[0] = 1;
        assert!(VerifyingKey::from_bytes(&identity).is_none());
        // y = p + 1, a second encoding of the identity's y.
        let mut noncanonical = [0xff; 32];
        noncanonical[0] = 0xee;
        noncanonical[31] = 0x7f;
        assert!(VerifyingKey::from_bytes(&noncanonical).is_none());
    }

    #[test]
    fn signature_is_bound_to_its_label() {
        let key = SigningKey::from_seed(&SecretBytes::new([7; 32]));
        let signature = key.sign("roll", &[b"data"]);
        assert!(key.verifying_key().verify("roll", &[b"data"], &signature).is_ok());
        assert!(key.verifying_key().verify("half", &[b"data"], &signature).is_err());
        assert!(key.verifying_key().verify("roll", &[b"datA"], &signature).is_err());
    }
}
