//! ristretto255: the only file that names the curve crate.
//!
//! [`Element`] and [`Scalar`] are the curve crate's own types; what is added here is
//! what the specification adds (`spec/notation.md`): strict decoding, generators
//! hashed from labels, weights, and multi-scalar multiplication under one name.

use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;

use curve25519_dalek::constants::{RISTRETTO_BASEPOINT_POINT, RISTRETTO_BASEPOINT_TABLE};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoBasepointTable};
use curve25519_dalek::traits::{Identity, IsIdentity, MultiscalarMul, VartimeMultiscalarMul};
pub use curve25519_dalek::{RistrettoPoint as Element, Scalar};
use sha2::{Digest, Sha256, Sha512};

use crate::hash::{DOMAIN, tagged_hash};

/// The 32 canonical bytes of an element.
pub type ElementBytes = [u8; 32];

/// The standard generator G.
pub const GENERATOR: Element = RISTRETTO_BASEPOINT_POINT;

/// `[s]G`, in constant time.
#[must_use]
pub fn mul_generator(s: &Scalar) -> Element {
    // A voter's page would load the table for longer than it saves time.
    if cfg!(target_arch = "wasm32") { GENERATOR * s } else { s * RISTRETTO_BASEPOINT_TABLE }
}

/// A table of multiples of one element, for many multiplications of it in constant time.
#[derive(Clone)]
pub struct FixedBase(RistrettoBasepointTable);

impl FixedBase {
    /// Makes the table: 30 kB.
    #[must_use]
    pub fn new(base: &Element) -> Self {
        Self(RistrettoBasepointTable::create(base))
    }

    /// `[s]P` of the table's element P, in constant time.
    #[must_use]
    pub fn mul(&self, s: &Scalar) -> Element {
        s * &self.0
    }
}

impl fmt::Debug for FixedBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FixedBase(..)")
    }
}

/// The identity.
#[must_use]
pub fn identity() -> Element {
    Element::identity()
}

/// Whether `element` is the identity.
#[must_use]
pub fn is_identity(element: &Element) -> bool {
    element.is_identity()
}

/// The canonical encoding of an element.
#[must_use]
pub fn compress(element: &Element) -> ElementBytes {
    element.compress().to_bytes()
}

/// Decodes an element; `None` for a string that is not a canonical encoding (RFC 9496, 4.3.1).
#[must_use]
pub fn decompress(bytes: &ElementBytes) -> Option<Element> {
    CompressedRistretto(*bytes).decompress()
}

/// Decodes an element that is not the identity.
#[must_use]
pub fn decompress_nonidentity(bytes: &ElementBytes) -> Option<Element> {
    decompress(bytes).filter(|element| !is_identity(element))
}

/// Encodes `[2]P` for many elements at once, about eight times cheaper than one by one.
#[must_use]
pub fn double_and_compress(elements: &[Element]) -> Vec<ElementBytes> {
    Element::double_and_compress_batch(elements).into_iter().map(|c| c.to_bytes()).collect()
}

/// Decodes a scalar; `None` unless it is below the group order.
#[must_use]
pub fn decode_scalar(bytes: &[u8; 32]) -> Option<Scalar> {
    Option::from(Scalar::from_canonical_bytes(*bytes))
}

/// One half modulo the group order.
#[must_use]
pub fn half() -> Scalar {
    Scalar::from(2u8).invert()
}

/// `sum_i [s_i]P_i` in constant time, for secret scalars.
#[must_use]
pub fn multiscalar_mul(scalars: &[Scalar], elements: &[Element]) -> Element {
    Element::multiscalar_mul(scalars, elements)
}

/// `sum_i [s_i]P_i` in variable time, for public scalars only.
#[must_use]
pub fn vartime_multiscalar_mul(scalars: &[Scalar], elements: impl IntoIterator<Item: Borrow<Element>>) -> Element {
    Element::vartime_multiscalar_mul(scalars, elements)
}

/// A generator of which nobody knows a discrete logarithm to any other.
#[must_use]
pub fn hash_to_element(parts: &[&[u8]]) -> Element {
    let mut hasher = Sha512::new();
    hasher.update(DOMAIN);
    hasher.update(b"generator\0");
    for part in parts {
        hasher.update(part);
    }
    Element::from_uniform_bytes(&hasher.finalize().into())
}

/// A scalar from 64 uniform bytes.
#[must_use]
pub fn wide_scalar(bytes: &[u8; 64]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(bytes)
}

/// A scalar hashed from public data.
#[must_use]
pub fn hash_to_scalar(label: &str, data: &[u8]) -> Scalar {
    let mut hasher = Sha512::new();
    hasher.update(DOMAIN);
    hasher.update(label.as_bytes());
    hasher.update([0]);
    hasher.update(data);
    wide_scalar(&hasher.finalize().into())
}

/// A scalar from 16 little-endian bytes.
#[must_use]
pub fn scalar_le128(bytes: [u8; 16]) -> Scalar {
    Scalar::from(u128::from_le_bytes(bytes))
}

/// The i-th 128-bit weight of a batched proof (`spec/notation.md`).
#[must_use]
pub fn weight(seed: &[u8; 32], i: u64) -> Scalar {
    let digest = tagged_hash("weight", &[seed, &i.to_le_bytes()]);
    let mut low = [0u8; 16];
    low.copy_from_slice(digest.first_chunk::<16>().unwrap_or(&[0; 16]));
    scalar_le128(low)
}

/// The first `n` weights of a seed.
#[must_use]
pub fn weights(seed: &[u8; 32], n: usize) -> Vec<Scalar> {
    (0..).take(n).map(|i| weight(seed, i)).collect()
}

/// Four 128-bit scalars from a secret or random seed, for weights that only one verifier sees.
#[must_use]
pub(crate) fn four_weights(seed: &[u8; 32], counter: u64) -> [Scalar; 4] {
    let mut hasher = Sha512::new();
    hasher.update(seed);
    hasher.update(counter.to_le_bytes());
    let wide: [u8; 64] = hasher.finalize().into();
    let mut chunks = wide.as_chunks::<16>().0.iter();
    core::array::from_fn(|_| scalar_le128(chunks.next().copied().unwrap_or([1; 16])))
}

/// The generator H.
#[must_use]
pub fn h() -> Element {
    hash_to_element(&[b"H"])
}

/// The commitment generators: H, and G_0 .. G_15.
#[derive(Clone, Debug)]
pub struct Generators {
    /// Blinds every commitment.
    pub h: Element,
    /// Hold the committed values.
    pub g: [Element; 16],
}

impl Generators {
    /// Hashes the generators from their labels.
    #[must_use]
    pub fn new() -> Self {
        let mut index = 0u32;
        let g = core::array::from_fn(|_| {
            let element = hash_to_element(&[b"G", &index.to_le_bytes()]);
            index = index.wrapping_add(1);
            element
        });
        Self { h: h(), g }
    }
}

impl Default for Generators {
    fn default() -> Self {
        Self::new()
    }
}

/// The Lizard encoding of 16 bytes.
#[must_use]
pub fn lizard_encode(data: &[u8; 16]) -> Element {
    Element::lizard_encode::<Sha256>(data)
}

/// The 16 bytes of a Lizard encoding; `None` for any other element.
#[must_use]
pub fn lizard_decode(element: &Element) -> Option<[u8; 16]> {
    element.lizard_decode::<Sha256>()
}

/// The powers `1, x, x^2, ..`, `n` of them.
#[must_use]
pub fn powers(x: &Scalar, n: usize) -> Vec<Scalar> {
    core::iter::successors(Some(Scalar::ONE), |p| Some(p * x)).take(n).collect()
}

/// `x^n`, in a time that depends on n.
#[must_use]
pub fn power(x: &Scalar, n: u64) -> Scalar {
    (0..u64::BITS.saturating_sub(n.leading_zeros())).rev().fold(Scalar::ONE, |power, bit| {
        let square = power * power;
        if n >> bit & 1 == 1 { square * x } else { square }
    })
}

/// Lagrange coefficients at zero for distinct non-zero evaluation points.
#[must_use]
pub fn lagrange_at_zero(points: &[u32]) -> Vec<Scalar> {
    points
        .iter()
        .map(|l| {
            let mut numerator = Scalar::ONE;
            let mut denominator = Scalar::ONE;
            for i in points.iter().filter(|i| *i != l) {
                numerator *= Scalar::from(*i);
                denominator *= Scalar::from(*i) - Scalar::from(*l);
            }
            numerator * denominator.invert()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_noncanonical_encodings() {
        assert!(decompress(&[0xff; 32]).is_none());
        let mut order = [0u8; 32];
        order.copy_from_slice(&(Scalar::ZERO - Scalar::ONE).to_bytes());
        assert!(decode_scalar(&order).is_some());
        order[0] += 1;
        assert!(decode_scalar(&order).is_none());
    }

    #[test]
    fn generators_are_distinct() {
        let generators = Generators::new();
        let mut all: Vec<_> = generators.g.iter().map(compress).collect();
        all.push(compress(&generators.h));
        all.push(compress(&GENERATOR));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 18);
    }

    #[test]
    fn powers_agree() {
        let x = hash_to_scalar("test", b"x");
        for (n, expected) in (0..40).zip(powers(&x, 40)) {
            assert_eq!(power(&x, n), expected);
        }
    }

    #[test]
    fn a_table_multiplies_as_its_base() {
        let base = h();
        let table = FixedBase::new(&base);
        for s in [Scalar::ZERO, Scalar::ONE, -Scalar::ONE, hash_to_scalar("test", b"s")] {
            assert_eq!(table.mul(&s), base * s);
        }
    }

    #[test]
    fn lagrange_interpolates_at_zero() {
        // f(x) = 7 + 3x + 5x^2 at 2, 3, 5.
        let f = |x: u64| Scalar::from(7 + 3 * x + 5 * x * x);
        let coefficients = lagrange_at_zero(&[2, 3, 5]);
        let value = coefficients[0] * f(2) + coefficients[1] * f(3) + coefficients[2] * f(5);
        assert_eq!(value, Scalar::from(7u8));
    }

    #[test]
    fn batch_compression_agrees() {
        let points = [GENERATOR, identity(), hash_to_element(&[b"x"])];
        let doubled: Vec<_> = points.iter().map(|p| compress(&(p + p))).collect();
        assert_eq!(double_and_compress(&points), doubled);
    }

    #[test]
    fn lizard_round_trips() {
        let data = *b"\0escrutinio 1234";
        assert_eq!(lizard_decode(&lizard_encode(&data)), Some(data));
        assert_eq!(lizard_decode(&hash_to_element(&[b"not lizard"])), None);
    }
}
