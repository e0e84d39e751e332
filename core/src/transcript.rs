//! Fiat-Shamir transcripts: every label, every header, every challenge
//! (`spec/transcripts.md`).
//!
//! A [`Transcript`] is reached only through [`ProofContext`], which asks for the context
//! and the position first, so no challenge exists that is not bound to both:
//!
//! ```
//! use escrutinio_core::transcript::{Position, Proof, ProofContext};
//! let mut transcript = ProofContext::new(Proof::CastSignature)
//!     .bind(&[7; 32])
//!     .at(Position { contest: Some(0), ..Position::default() });
//! let challenge = transcript.challenge("c");
//! ```
//!
//! ```compile_fail
//! use escrutinio_core::transcript::{Proof, ProofContext};
//! // No context, no position: no challenge.
//! let challenge = ProofContext::new(Proof::CastSignature).challenge("c");
//! ```

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use rand_core_06::RngCore as _;
use zeroize::{Zeroize, Zeroizing};

use crate::group::{self, Element, Scalar};
use crate::secret::SecretScalar;

const PROTOCOL: &[u8] = b"escrutinio/v1";
const ABSENT: u32 = u32::MAX;

/// The proofs of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Possession of a list of half credentials.
    HalfPossession,
    /// Possession of a custodian's ephemeral key.
    EphemeralPossession,
    /// Possession of a custodian's contribution to every slot key.
    KeyPossession,
    /// A pairwise key opened for everyone.
    Complaint,
    /// A partial decryption.
    Decryption,
    /// A decryption of mixed texts.
    TextDecryption,
    /// A valid ballot.
    BallotValidity,
    /// A cast ballot's signature.
    CastSignature,
    /// A shuffle of credential keys.
    ShuffleKeys,
    /// A shuffle of encrypted texts.
    ShuffleTexts,
}

impl Proof {
    fn label(self) -> &'static [u8] {
        match self {
            Self::HalfPossession => b"half-possession",
            Self::EphemeralPossession => b"ephemeral-possession",
            Self::KeyPossession => b"key-possession",
            Self::Complaint => b"complaint",
            Self::Decryption => b"decryption",
            Self::TextDecryption => b"text-decryption",
            Self::BallotValidity => b"ballot-validity",
            Self::CastSignature => b"cast-signature",
            Self::ShuffleKeys => b"shuffle-keys",
            Self::ShuffleTexts => b"shuffle-texts",
        }
    }
}

/// Where in the election a proof stands. `None` where it does not apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Contest.
    pub contest: Option<u32>,
    /// Ballot style.
    pub style: Option<u32>,
    /// Reporting unit.
    pub unit: Option<u32>,
    /// Role.
    pub role: Option<u32>,
    /// Custodian.
    pub index: Option<u32>,
}

/// First step: which proof.
#[derive(Debug)]
pub struct ProofContext {
    proof: Proof,
}

impl ProofContext {
    /// Names the proof.
    #[must_use]
    pub fn new(proof: Proof) -> Self {
        Self { proof }
    }

    /// Binds it to the roll id, the setup id or the election id.
    #[must_use]
    pub fn bind(self, context: &[u8; 32]) -> BoundContext {
        let mut inner = merlin::Transcript::new(PROTOCOL);
        inner.append_message(b"proof", self.proof.label());
        inner.append_message(b"context", context);
        BoundContext { inner }
    }
}

/// Second step: bound to a context, not yet to a position.
pub struct BoundContext {
    inner: merlin::Transcript,
}

impl BoundContext {
    /// Binds the proof to its position; the transcript is ready.
    #[must_use]
    pub fn at(mut self, position: Position) -> Transcript {
        let mut put = |label, value: Option<u32>| {
            self.inner.append_message(label, &value.unwrap_or(ABSENT).to_le_bytes());
        };
        put(b"contest", position.contest);
        put(b"style", position.style);
        put(b"unit", position.unit);
        put(b"role", position.role);
        put(b"index", position.index);
        Transcript { inner: self.inner }
    }
}

impl fmt::Debug for BoundContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoundContext(..)")
    }
}

/// A transcript with its header absorbed.
#[derive(Clone)]
pub struct Transcript {
    inner: merlin::Transcript,
}

impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transcript(..)")
    }
}

impl Transcript {
    /// Absorbs bytes.
    pub fn append(&mut self, label: &'static str, bytes: &[u8]) {
        self.inner.append_message(label.as_bytes(), bytes);
    }

    /// Absorbs an integer.
    pub fn append_u32(&mut self, label: &'static str, value: u32) {
        self.append(label, &value.to_le_bytes());
    }

    /// Absorbs an element.
    pub fn append_element(&mut self, label: &'static str, element: &Element) {
        self.append(label, &group::compress(element));
    }

    /// Absorbs encodings one after another under one label.
    pub fn append_all(&mut self, label: &'static str, encodings: &[[u8; 32]]) {
        self.append(label, encodings.as_flattened());
    }

    /// A challenge scalar.
    #[must_use]
    pub fn challenge(&mut self, label: &'static str) -> Scalar {
        let mut wide = [0u8; 64];
        self.inner.challenge_bytes(label.as_bytes(), &mut wide);
        group::wide_scalar(&wide)
    }

    /// A challenge seed, for [`group::weights`].
    #[must_use]
    pub fn challenge_seed(&mut self, label: &'static str) -> [u8; 32] {
        let mut seed = [0u8; 32];
        self.inner.challenge_bytes(label.as_bytes(), &mut seed);
        seed
    }

    /// The prover's generator at this point: rekeyed with the witness and with system
    /// randomness, so that neither a bad generator nor a repeated witness repeats a nonce.
    #[must_use]
    pub fn nonces(&self, witness: &[&Scalar], rng: &mut (impl CryptoRng + ?Sized)) -> Nonces {
        let mut builder = self.inner.build_rng();
        for scalar in witness {
            let mut bytes = scalar.to_bytes();
            builder = builder.rekey_with_witness_bytes(b"witness", &bytes);
            bytes.zeroize();
        }
        Nonces(builder.finalize(&mut OldRng(rng)))
    }
}

/// Draws a prover's nonces.
pub struct Nonces(merlin::TranscriptRng);

impl Nonces {
    /// The next nonce.
    #[must_use]
    pub fn draw(&mut self) -> SecretScalar {
        let mut wide = [0u8; 64];
        self.0.fill_bytes(&mut wide);
        let scalar = group::wide_scalar(&wide);
        wide.zeroize();
        SecretScalar::new(scalar)
    }

    /// The next `n` nonces, in memory that is wiped and does not grow.
    #[must_use]
    pub fn draw_all(&mut self, n: usize) -> Zeroizing<Vec<Scalar>> {
        let mut scalars = Zeroizing::new(Vec::with_capacity(n));
        scalars.extend((0..n).map(|_| *self.draw().expose()));
        scalars
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonces(..)")
    }
}

/// Speaks merlin's older generator trait.
struct OldRng<'a, R: ?Sized>(&'a mut R);

impl<R: CryptoRng + ?Sized> rand_core_06::RngCore for OldRng<'_, R> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill_bytes(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core_06::Error> {
        self.0.fill_bytes(dest);
        Ok(())
    }
}

impl<R: CryptoRng + ?Sized> rand_core_06::CryptoRng for OldRng<'_, R> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(position: Position) -> Scalar {
        ProofContext::new(Proof::Decryption).bind(&[1; 32]).at(position).challenge("c")
    }

    #[test]
    fn header_binds_every_field() {
        let base = Position { contest: Some(1), style: Some(1), unit: Some(1), role: Some(1), index: Some(1) };
        let mut seen = alloc::vec![at(base)];
        seen.push(at(Position { contest: None, ..base }));
        seen.push(at(Position { style: None, ..base }));
        seen.push(at(Position { unit: None, ..base }));
        seen.push(at(Position { role: None, ..base }));
        seen.push(at(Position { index: None, ..base }));
        seen.push(ProofContext::new(Proof::Complaint).bind(&[1; 32]).at(base).challenge("c"));
        seen.push(ProofContext::new(Proof::Decryption).bind(&[2; 32]).at(base).challenge("c"));
        for (i, a) in seen.iter().enumerate() {
            assert!(seen.iter().skip(i + 1).all(|b| a != b));
        }
    }

    /// The published vector of merlin 1.0.
    #[test]
    fn merlin_vector() {
        let mut transcript = merlin::Transcript::new(b"test protocol");
        transcript.append_message(b"some label", b"some data");
        let mut out = [0u8; 32];
        transcript.challenge_bytes(b"challenge", &mut out);
        assert_eq!(crate::ids::hex(&out), "d5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615");
    }
}
