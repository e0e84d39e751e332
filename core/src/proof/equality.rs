//! Equality of two discrete logarithms.
//!
//! # Relation
//! ```text
//! EQUALITY(G, P, B, Q):  witness s
//!   P = [s]G
//!   Q = [s]B
//! ```
//!
//! # Protocol
//! The caller has absorbed the statement. Commit `R1 = [k]G`, `R2 = [k]B` (labels `R1`, `R2`),
//! challenge `c`, response `z = k + c s`.
//!
//! # Verification
//! `[z]G = R1 + [c]P` and `[z]B = R2 + [c]Q`, each by itself.
//!
//! # Security
//! Special soundness 2. B may be the identity: then Q is proved to be the identity, which is
//! what an empty aggregate needs. The caller must have absorbed P, B and Q, or what they are
//! computed from.
//!
//! # References
//! Chaum and Pedersen 1992; `spec/keygen.md`, `spec/tally.md`.

use rand_core::CryptoRng;

use super::BadProof;
use crate::encoding::codec;
use crate::group::{self, Element, Scalar};
use crate::secret::SecretScalar;
use crate::transcript::Transcript;

/// The proof: two commitments and a response, 96 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Equality {
    pub(crate) r1: Element,
    pub(crate) r2: Element,
    pub(crate) z: Scalar,
}

codec!(Equality { r1, r2, z });

impl Equality {
    /// Proves that `secret` is the logarithm of both `[secret]G` and `[secret]base`.
    #[must_use]
    pub fn prove(
        transcript: &mut Transcript,
        base: &Element,
        secret: &SecretScalar,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let nonce = transcript.nonces(&[secret.expose()], rng).draw();
        let r1 = nonce.public();
        let r2 = base * nonce.expose();
        let c = challenge(transcript, &r1, &r2);
        Self { r1, r2, z: nonce.expose() + c * secret.expose() }
    }

    /// Verifies that `public` to G and `image` to `base` have one logarithm.
    ///
    /// # Errors
    /// [`BadProof`] if it does not hold.
    pub fn verify(
        &self,
        transcript: &mut Transcript,
        public: &Element,
        base: &Element,
        image: &Element,
    ) -> Result<(), BadProof> {
        let c = challenge(transcript, &self.r1, &self.r2);
        let first = group::vartime_multiscalar_mul(&[self.z, -c], [group::GENERATOR, *public]) - self.r1;
        let second = group::vartime_multiscalar_mul(&[self.z, -c], [*base, *image]) - self.r2;
        if group::is_identity(&first) && group::is_identity(&second) { Ok(()) } else { Err(BadProof) }
    }
}

fn challenge(transcript: &mut Transcript, r1: &Element, r2: &Element) -> Scalar {
    transcript.append_element("R1", r1);
    transcript.append_element("R2", r2);
    transcript.challenge("c")
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::transcript::{Position, Proof, ProofContext};

    fn transcript(role: u32) -> Transcript {
        let position = Position { role: Some(role), ..Position::default() };
        ProofContext::new(Proof::Complaint).bind(&[9; 32]).at(position)
    }

    #[test]
    fn completeness_also_for_the_identity() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let secret = SecretScalar::generate(&mut rng);
        for base in [group::hash_to_element(&[b"B"]), group::identity()] {
            let proof = Equality::prove(&mut transcript(1), &base, &secret, &mut rng);
            let image = base * secret.expose();
            assert!(proof.verify(&mut transcript(1), &secret.public(), &base, &image).is_ok());
        }
    }

    #[test]
    fn rejects_unequal_logarithms_and_changed_inputs() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let secret = SecretScalar::generate(&mut rng);
        let base = group::hash_to_element(&[b"B"]);
        let image = base * secret.expose();
        let public = secret.public();
        let proof = Equality::prove(&mut transcript(1), &base, &secret, &mut rng);
        let bad = image + group::GENERATOR;
        assert!(proof.verify(&mut transcript(1), &public, &base, &bad).is_err());
        assert!(proof.verify(&mut transcript(1), &image, &base, &image).is_err());
        assert!(proof.verify(&mut transcript(1), &public, &public, &image).is_err());
        assert!(proof.verify(&mut transcript(2), &public, &base, &image).is_err());
        for changed in [
            Equality { r1: proof.r1 + base, ..proof },
            Equality { r2: proof.r2 + base, ..proof },
            Equality { z: proof.z + Scalar::ONE, ..proof },
        ] {
            assert!(changed.verify(&mut transcript(1), &public, &base, &image).is_err());
        }
        // An identity base admits the identity only.
        let proof = Equality::prove(&mut transcript(1), &group::identity(), &secret, &mut rng);
        let identity = group::identity();
        assert!(proof.verify(&mut transcript(1), &public, &identity, &image).is_err());
    }
}
