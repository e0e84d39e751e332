//! Secret scalars: wiped when dropped, never printed, never cloned by accident.

use core::fmt;

use curve25519_dalek::Scalar as Inner;
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::group::{self, Element, Scalar};

/// A secret scalar. Reach it only through [`SecretScalar::expose`].
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretScalar(Inner);

impl SecretScalar {
    /// Takes a scalar over. The caller wipes its own copy.
    #[must_use]
    pub fn new(scalar: Scalar) -> Self {
        Self(scalar)
    }

    /// Draws a scalar, uniform modulo the group order and never zero.
    #[must_use]
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        loop {
            let mut wide = [0u8; 64];
            rng.fill_bytes(&mut wide);
            let scalar = group::wide_scalar(&wide);
            wide.zeroize();
            if scalar != Scalar::ZERO {
                return Self(scalar);
            }
        }
    }

    /// The value. Use it only in constant-time operations.
    #[must_use]
    pub fn expose(&self) -> &Scalar {
        &self.0
    }

    /// Its public image `[s]G`.
    #[must_use]
    pub fn public(&self) -> Element {
        group::mul_generator(&self.0)
    }

    /// The canonical bytes, for a sealed file.
    #[must_use]
    pub fn expose_bytes(&self) -> SecretBytes {
        SecretBytes(self.0.to_bytes())
    }

    /// From canonical bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        group::decode_scalar(bytes).map(Self)
    }
}

impl fmt::Debug for SecretScalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretScalar(..)")
    }
}

/// 32 secret bytes.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretBytes([u8; 32]);

impl SecretBytes {
    /// Takes bytes over.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(..)")
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn never_prints_the_value() {
        let secret = SecretScalar::new(Scalar::from(12345u32));
        assert_eq!(format!("{secret:?}"), "SecretScalar(..)");
        assert_eq!(format!("{:?}", secret.expose_bytes()), "SecretBytes(..)");
    }
}
