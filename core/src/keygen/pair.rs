//! Shares under way: the key of a pair of custodians, and what is sealed with it.

use alloc::vec::Vec;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use zeroize::{Zeroize, Zeroizing};

use super::{Ceremony, MAX_SLOTS, scalar, vartime_evaluate};
use crate::group::{self, Element, Scalar};
use crate::hash::tagged_hash;
use crate::ids::CustodianIndex;
use crate::point::Point;
use crate::secret::{SecretBytes, SecretScalar};

const TAG: usize = 16;
/// The longest ciphertext of shares.
pub(super) const MAX_CIPHERTEXT: usize = 32 * MAX_SLOTS + TAG;

/// Length of the ciphertext of one share per slot.
pub(super) fn ciphertext_length(slots: usize) -> usize {
    slots.saturating_mul(32).saturating_add(TAG)
}

/// A custodian with its ephemeral key.
#[derive(Clone, Copy)]
pub(super) struct Party<'a> {
    pub(super) index: CustodianIndex,
    pub(super) ephemeral: &'a Element,
}

/// The key for what `dealer` sends `recipient`; `shared` is the Diffie-Hellman element of both.
pub(super) fn pair_key(ceremony: &Ceremony, dealer: Party<'_>, recipient: Party<'_>, shared: &Element) -> SecretBytes {
    let shared = Zeroizing::new(group::compress(shared));
    SecretBytes::new(tagged_hash(
        "keygen-pair-key",
        &[
            ceremony.setup_id().as_bytes(),
            &dealer.index.get().to_le_bytes(),
            &recipient.index.get().to_le_bytes(),
            &group::compress(dealer.ephemeral),
            &group::compress(recipient.ephemeral),
            &*shared,
        ],
    ))
}

/// The value of a polynomial, constant term first, in constant time.
pub(super) fn evaluate(coefficients: &[SecretScalar], x: CustodianIndex) -> SecretScalar {
    let x = scalar(x);
    let mut sum = Zeroizing::new(Scalar::ZERO);
    for coefficient in coefficients.iter().rev() {
        *sum = *sum * x + coefficient.expose();
    }
    SecretScalar::new(*sum)
}

/// Encrypts shares under a key that is used for nothing else.
pub(super) fn seal(key: &SecretBytes, shares: &[SecretScalar]) -> Vec<u8> {
    // All the room at once: a buffer that grows leaves plaintext behind.
    let mut buffer = Vec::with_capacity(ciphertext_length(shares.len()));
    for share in shares {
        buffer.extend_from_slice(share.expose_bytes().expose());
    }
    let cipher = ChaCha20Poly1305::new(key.expose().into());
    if cipher.encrypt_in_place(&Nonce::default(), b"", &mut buffer).is_err() {
        // Only beyond 256 GiB; no plaintext must leave even so.
        buffer.zeroize();
    }
    buffer
}

/// Decrypts shares; `None` unless they are authentic and canonical scalars.
pub(super) fn open(key: &SecretBytes, ciphertext: &[u8]) -> Option<Vec<SecretScalar>> {
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let cipher = ChaCha20Poly1305::new(key.expose().into());
    cipher.decrypt_in_place(&Nonce::default(), b"", &mut *buffer).ok()?;
    let (chunks, rest) = buffer.as_chunks::<32>();
    // The number of chunks is known, so collecting allocates once.
    let mut shares = Vec::with_capacity(chunks.len());
    for chunk in chunks {
        shares.push(SecretScalar::from_bytes(chunk)?);
    }
    rest.is_empty().then_some(shares)
}

/// Whether the shares are those that the dealer committed to: `[f_j(l)]G = sum_c [l^c]F_{j,c}`
/// in every slot. Each slot is checked by itself; with a small l that is as fast as a batch.
pub(super) fn shares_fit(
    ceremony: &Ceremony,
    shares: &[SecretScalar],
    commitments: &[Point],
    recipient: CustodianIndex,
) -> bool {
    shares.len() == ceremony.slots()
        && commitments.len() == ceremony.commitment_count()
        && shares
            .iter()
            .zip(commitments.chunks(ceremony.threshold()))
            .all(|(share, slot)| share.public() == vartime_evaluate(slot.iter().map(|f| &f.element), recipient))
}
