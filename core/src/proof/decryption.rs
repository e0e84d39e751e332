//! A partial decryption is right in every slot: one proof for all of them.
//!
//! # Relation
//! ```text
//! DECRYPTION(A, D_0.., X_0..):  witness x_0..
//!   X_j = [x_j]G
//!   D_j = [x_j]A
//! ```
//!
//! # Protocol
//! Append `group` (what A is, hashed), `A`, `D`, `X`; seed `s`, weights w. The rest is the
//! [equality](super::equality) of `X* = sum [w_j]X_j` and `D* = sum [w_j]D_j`, witness `sum w_j x_j`.
//!
//! # Verification
//! The lengths of D and X are equal; then the two equations of the equality.
//!
//! # Security
//! The weights are drawn after all D and X: a wrong D_j passes with probability 2^-128. A may be the
//! identity; then every D_j is proved to be. The caller must take X from a verified key record, and A
//! from an aggregate that it computed itself.
//!
//! # References
//! Chaum and Pedersen 1992; Bellare, Garay and Rabin 1998 for the weights; `spec/tally.md`.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::BadProof;
use super::equality::Equality;
use crate::group::{self, Element, Scalar};
use crate::hash::Hash;
use crate::ids::CustodianIndex;
use crate::secret::SecretScalar;
use crate::transcript::{Position, Proof, ProofContext, Transcript};

/// What is decrypted, by whom.
#[derive(Clone, Copy, Debug)]
pub struct DecryptionStatement<'a> {
    /// The setup id (trial) or the election id.
    pub context: &'a [u8; 32],
    /// Contest, unit, role and custodian.
    pub position: Position,
    /// Hash of the whole aggregate that A belongs to.
    pub group: &'a Hash,
    /// The point that all slots have in common.
    pub a: &'a Element,
}

impl DecryptionStatement<'_> {
    /// Decrypts with the shares of as many slots as the aggregate has, and proves it.
    #[must_use]
    pub fn prove(&self, shares: &[SecretScalar], rng: &mut (impl CryptoRng + ?Sized)) -> (Vec<Element>, Equality) {
        let decrypted: Vec<_> = shares.iter().map(|share| self.a * share.expose()).collect();
        let public: Vec<_> = shares.iter().map(SecretScalar::public).collect();
        let (mut transcript, weights) = self.bind(&public, &decrypted);
        let mut sum = Zeroizing::new(Scalar::ZERO);
        for (weight, share) in weights.iter().zip(shares) {
            *sum += weight * share.expose();
        }
        let proof = Equality::prove(&mut transcript, self.a, &SecretScalar::new(*sum), rng);
        (decrypted, proof)
    }

    /// Verifies a partial decryption by the custodian with these public shares.
    ///
    /// # Errors
    /// [`BadProof`] if it does not hold.
    pub fn verify(&self, public: &[Element], decrypted: &[Element], proof: &Equality) -> Result<(), BadProof> {
        if public.len() != decrypted.len() {
            return Err(BadProof);
        }
        let (mut transcript, weights) = self.bind(public, decrypted);
        let public = group::vartime_multiscalar_mul(&weights, public);
        let image = group::vartime_multiscalar_mul(&weights, decrypted);
        proof.verify(&mut transcript, &public, self.a, &image)
    }

    fn bind(&self, public: &[Element], decrypted: &[Element]) -> (Transcript, Vec<Scalar>) {
        let mut transcript = ProofContext::new(Proof::Decryption).bind(self.context).at(self.position);
        transcript.append("group", self.group);
        transcript.append_element("A", self.a);
        transcript.append_all("D", &decrypted.iter().map(group::compress).collect::<Vec<_>>());
        transcript.append_all("X", &public.iter().map(group::compress).collect::<Vec<_>>());
        let weights = group::weights(&transcript.challenge_seed("s"), public.len());
        (transcript, weights)
    }
}

/// Why partial decryptions do not combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CombineError {
    /// Fewer than the threshold.
    TooFew {
        /// The threshold.
        expected: usize,
        /// How many there are.
        actual: usize,
    },
    /// Not in strictly increasing order of their custodians.
    Order,
    /// One has another number of slots than the first.
    Slots {
        /// Whose.
        index: CustodianIndex,
    },
}

impl fmt::Display for CombineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { expected, actual } => write!(f, "{actual} partial decryptions, {expected} are needed"),
            Self::Order => f.write_str("the partial decryptions are out of order or repeated"),
            Self::Slots { index } => {
                write!(f, "the partial decryption of custodian {index} has another number of slots")
            }
        }
    }
}

impl core::error::Error for CombineError {}

/// `[x_j]A` in every slot, from the first `threshold` of verified partial decryptions, which stand
/// in order of their custodians. Subtracted from B_j it leaves the plaintext.
///
/// # Errors
/// [`CombineError`] if they are too few, out of order, or differ in their slots.
pub fn combine(threshold: usize, partials: &[(CustodianIndex, &[Element])]) -> Result<Vec<Element>, CombineError> {
    if !partials.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(CombineError::Order);
    }
    let too_few = CombineError::TooFew { expected: threshold, actual: partials.len() };
    let chosen = partials.get(..threshold).ok_or(too_few)?;
    let slots = chosen.first().ok_or(too_few)?.1.len();
    if let Some((index, _)) = chosen.iter().find(|(_, decrypted)| decrypted.len() != slots) {
        return Err(CombineError::Slots { index: *index });
    }
    let points: Vec<_> = chosen.iter().map(|(index, _)| index.get()).collect();
    let coefficients = group::lagrange_at_zero(&points);
    Ok((0..slots)
        .map(|slot| {
            let values: Vec<_> = chosen.iter().filter_map(|(_, decrypted)| decrypted.get(slot)).copied().collect();
            group::vartime_multiscalar_mul(&coefficients, &values)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    const GROUP: Hash = [3; 32];

    fn position() -> Position {
        Position { contest: Some(0), unit: Some(2), role: Some(0), index: Some(1), ..Position::default() }
    }

    fn sample(a: &Element) -> (Vec<Element>, Vec<Element>, Equality) {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let shares: Vec<_> = (0..3).map(|_| SecretScalar::generate(&mut rng)).collect();
        let statement = DecryptionStatement { context: &[1; 32], position: position(), group: &GROUP, a };
        let (decrypted, proof) = statement.prove(&shares, &mut rng);
        (shares.iter().map(SecretScalar::public).collect(), decrypted, proof)
    }

    #[test]
    fn completeness_also_for_the_identity() {
        for a in [group::hash_to_element(&[b"A"]), group::identity()] {
            let (public, decrypted, proof) = sample(&a);
            let statement = DecryptionStatement { context: &[1; 32], position: position(), group: &GROUP, a: &a };
            assert_eq!(statement.verify(&public, &decrypted, &proof), Ok(()));
        }
    }

    #[test]
    fn rejects_each_changed_input() {
        let a = group::hash_to_element(&[b"A"]);
        let (public, decrypted, proof) = sample(&a);
        let statement = DecryptionStatement { context: &[1; 32], position: position(), group: &GROUP, a: &a };
        let other = group::hash_to_element(&[b"B"]);
        for changed in [
            DecryptionStatement { context: &[2; 32], ..statement },
            DecryptionStatement { group: &[4; 32], ..statement },
            DecryptionStatement { a: &other, ..statement },
            DecryptionStatement { position: Position { contest: Some(1), ..position() }, ..statement },
            DecryptionStatement { position: Position { unit: None, ..position() }, ..statement },
            DecryptionStatement { position: Position { role: Some(1), ..position() }, ..statement },
            DecryptionStatement { position: Position { index: Some(2), ..position() }, ..statement },
        ] {
            assert_eq!(changed.verify(&public, &decrypted, &proof), Err(BadProof));
        }
        for slot in 0..3 {
            let mut wrong = decrypted.clone();
            wrong[slot] += group::GENERATOR;
            assert_eq!(statement.verify(&public, &wrong, &proof), Err(BadProof));
            let mut wrong = public.clone();
            wrong[slot] += group::GENERATOR;
            assert_eq!(statement.verify(&wrong, &decrypted, &proof), Err(BadProof));
        }
    }

    /// Errors that cancel in the plain sum do not cancel under the weights.
    #[test]
    fn rejects_errors_that_add_up_to_nothing() {
        let a = group::hash_to_element(&[b"A"]);
        let (public, mut decrypted, proof) = sample(&a);
        decrypted[0] += group::GENERATOR;
        decrypted[1] -= group::GENERATOR;
        let statement = DecryptionStatement { context: &[1; 32], position: position(), group: &GROUP, a: &a };
        assert_eq!(statement.verify(&public, &decrypted, &proof), Err(BadProof));
    }

    #[test]
    fn rejects_wrong_shape() {
        let a = group::hash_to_element(&[b"A"]);
        let (public, decrypted, proof) = sample(&a);
        let statement = DecryptionStatement { context: &[1; 32], position: position(), group: &GROUP, a: &a };
        assert_eq!(statement.verify(&public[..2], &decrypted, &proof), Err(BadProof));
        assert_eq!(statement.verify(&public, &decrypted[..2], &proof), Err(BadProof));
        assert_eq!(statement.verify(&public[..2], &decrypted[..2], &proof), Err(BadProof));
        assert_eq!(statement.verify(&[], &[], &proof), Err(BadProof));
    }

    #[test]
    fn combines_the_first_of_them_only() {
        let index = |number| CustodianIndex::new(number).unwrap();
        let values = [[group::GENERATOR], [group::GENERATOR], [group::identity()]];
        let partial = |place: usize, number| (index(number), values[place].as_slice());
        let combined = combine(2, &[partial(0, 1), partial(1, 2), partial(2, 3)]);
        // The constant polynomial 1.
        assert_eq!(combined, Ok([group::GENERATOR].into()));
        let too_few = CombineError::TooFew { expected: 2, actual: 1 };
        assert_eq!(combine(2, &[partial(0, 1)]), Err(too_few));
        assert_eq!(combine(0, &[partial(0, 1)]), Err(CombineError::TooFew { expected: 0, actual: 1 }));
        assert_eq!(combine(2, &[partial(0, 1), partial(1, 1)]), Err(CombineError::Order));
        assert_eq!(combine(2, &[partial(0, 2), partial(1, 1)]), Err(CombineError::Order));
        let longer = [group::GENERATOR; 2];
        let error = combine(2, &[partial(0, 1), (index(2), &longer)]);
        assert_eq!(error, Err(CombineError::Slots { index: index(2) }));
    }
}
