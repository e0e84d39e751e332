//! Knowledge of a discrete logarithm.
//!
//! # Relation
//! ```text
//! KNOWLEDGE(B, P):  witness s
//!   P = [s]B
//! ```
//!
//! # Protocol
//! The caller has absorbed the statement. Commit `R = [k]B` (label `R`), challenge `c`,
//! response `z = k + c s`.
//!
//! # Verification
//! `[z]B = R + [c]P`.
//!
//! # Security
//! Special soundness 2, error 1/q; the commitment is sent, so that proofs can be verified in
//! a batch. What the caller must have done: absorbed B (where it is not G), P and everything
//! that P means. A batched proof over many keys states the knowledge of one weighted sum with
//! weights drawn after the keys were absorbed (`spec/ballots-security.md`).
//!
//! # References
//! Schnorr 1991; `spec/transcripts.md`.

use rand_core::CryptoRng;

use super::BadProof;
use crate::encoding::codec;
use crate::group::{self, Element, Scalar};
use crate::point::Point;
use crate::secret::SecretScalar;
use crate::transcript::Transcript;

/// The proof: commitment and response, 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knowledge {
    pub(crate) r: Point,
    pub(crate) z: Scalar,
}

codec!(Knowledge { r, z });

impl Knowledge {
    /// Proves knowledge of `secret` to the base `base`.
    #[must_use]
    pub fn prove(
        transcript: &mut Transcript,
        base: &Element,
        secret: &SecretScalar,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let nonce = transcript.nonces(&[secret.expose()], rng).draw();
        let r = Point::new(base * nonce.expose());
        let c = challenge(transcript, &r.bytes);
        Self { r, z: nonce.expose() + c * secret.expose() }
    }

    /// Verifies the proof for the key `public` to the base `base`.
    ///
    /// # Errors
    /// [`BadProof`] if it does not hold.
    pub fn verify(&self, transcript: &mut Transcript, base: &Element, public: &Element) -> Result<(), BadProof> {
        let c = challenge(transcript, &self.r.bytes);
        let difference = group::vartime_multiscalar_mul(&[self.z, -c], [*base, *public]) - self.r.element;
        if group::is_identity(&difference) { Ok(()) } else { Err(BadProof) }
    }
}

/// The challenge; for batches, which check the equation elsewhere.
pub(crate) fn challenge(transcript: &mut Transcript, r: &group::ElementBytes) -> Scalar {
    transcript.append("R", r);
    transcript.challenge("c")
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::encoding::{Decode, Encode};
    use crate::transcript::{Position, Proof, ProofContext};

    fn transcript(context: u8) -> Transcript {
        ProofContext::new(Proof::EphemeralPossession).bind(&[context; 32]).at(Position::default())
    }

    fn sample() -> (SecretScalar, Element, Element, Knowledge) {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let base = group::hash_to_element(&[b"base"]);
        let secret = SecretScalar::generate(&mut rng);
        let public = base * secret.expose();
        let proof = Knowledge::prove(&mut transcript(1), &base, &secret, &mut rng);
        (secret, base, public, proof)
    }

    #[test]
    fn completeness() {
        let (_, base, public, proof) = sample();
        assert!(proof.verify(&mut transcript(1), &base, &public).is_ok());
        assert_eq!(Knowledge::from_bytes(&proof.to_bytes()), Ok(proof));
    }

    #[test]
    fn rejects_each_changed_input() {
        let (_, base, public, proof) = sample();
        assert!(proof.verify(&mut transcript(2), &base, &public).is_err());
        assert!(proof.verify(&mut transcript(1), &public, &public).is_err());
        assert!(proof.verify(&mut transcript(1), &base, &base).is_err());
        let changed = Knowledge { z: proof.z + Scalar::ONE, ..proof };
        assert!(changed.verify(&mut transcript(1), &base, &public).is_err());
        let changed = Knowledge { r: Point::new(proof.r.element + base), ..proof };
        assert!(changed.verify(&mut transcript(1), &base, &public).is_err());
    }

    #[test]
    fn special_soundness() {
        // Two accepting transcripts with one commitment give the witness away.
        let (secret, base, public, _) = sample();
        let nonce = Scalar::from(99u8);
        let r = base * nonce;
        let (c1, c2) = (Scalar::from(5u8), Scalar::from(11u8));
        let (z1, z2) = (nonce + c1 * secret.expose(), nonce + c2 * secret.expose());
        assert_eq!(base * z1, r + public * c1);
        assert_eq!(base * z2, r + public * c2);
        assert_eq!((z1 - z2) * (c1 - c2).invert(), *secret.expose());
    }

    #[test]
    fn nonces_differ_when_the_generator_repeats() {
        // The same broken generator, two witnesses: different commitments.
        let base = group::GENERATOR;
        let prove = |witness: u8| {
            let secret = SecretScalar::new(Scalar::from(witness));
            Knowledge::prove(&mut transcript(1), &base, &secret, &mut ChaCha20Rng::seed_from_u64(0)).r
        };
        assert_ne!(prove(3), prove(4));
    }
}
