//! Round 1: a custodian draws its secrets and commits to them.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::pair::{Party, evaluate};
use super::table::Message;
use super::{Ceremony, KeygenError, MAX_CUSTODIANS, MAX_SLOTS};
use crate::encoding::{Decode, DecodeError, DecodeErrorKind, Encode, Reader, put_all, put_length};
use crate::group::{self, Element, Scalar};
use crate::hash::{Hash, tagged_hash};
use crate::ids::{CustodianIndex, SetupId};
use crate::point::{self, Point};
use crate::proof::knowledge::Knowledge;
use crate::secret::SecretScalar;
use crate::signature::{Signature, SigningKey};
use crate::transcript::{Position, Proof, ProofContext, Transcript};

/// The most commitments of one custodian.
pub(super) const MAX_COMMITMENTS: usize = MAX_SLOTS * MAX_CUSTODIANS;

/// What a custodian publishes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round1 {
    /// The custodian.
    pub index: CustodianIndex,
    /// Its key for this ceremony, which receives the shares.
    pub ephemeral: Element,
    /// Proves that it holds the ephemeral key.
    pub possession: Knowledge,
    /// Hash of what it opens in round 2.
    pub opening: Hash,
    /// By the custodian, over all of the above.
    pub signature: Signature,
}

impl Encode for Round1 {
    fn encode(&self, out: &mut Vec<u8>) {
        self.index.encode(out);
        self.ephemeral.encode(out);
        self.possession.encode(out);
        self.opening.encode(out);
        self.signature.encode(out);
    }
}

impl Decode for Round1 {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            index: Decode::decode(reader)?,
            ephemeral: reader.nonidentity()?,
            possession: Decode::decode(reader)?,
            opening: Decode::decode(reader)?,
            signature: Decode::decode(reader)?,
        })
    }
}

impl Round1 {
    pub(super) fn party(&self) -> Party<'_> {
        Party { index: self.index, ephemeral: &self.ephemeral }
    }

    pub(super) fn verify_ephemeral_key(&self, ceremony: &Ceremony) -> Result<(), KeygenError> {
        let index = self.index;
        let mut transcript = ephemeral_transcript(ceremony, index, &self.ephemeral);
        if group::is_identity(&self.ephemeral) {
            return Err(KeygenError::Ephemeral { index });
        }
        self.possession
            .verify(&mut transcript, &group::GENERATOR, &self.ephemeral)
            .map_err(|_| KeygenError::Ephemeral { index })
    }
}

/// Draws polynomials and ephemeral key of custodian `index`; [`SecretRound1::message`] is what it
/// publishes.
///
/// # Errors
/// If the ceremony has no such custodian, or `key` is not its key.
pub fn commit(
    ceremony: &Ceremony,
    index: CustodianIndex,
    key: &SigningKey,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<SecretRound1, KeygenError> {
    ceremony.require_key(index, key)?;
    let count = ceremony.commitment_count();
    // Never zero, so no commitment is the identity. Collected without growing: no copies stay behind.
    let mut polynomials = Vec::with_capacity(count);
    polynomials.extend(core::iter::repeat_with(|| SecretScalar::generate(rng)).take(count));
    let commitments = commitments_to(&polynomials);
    let possession = prove_possession(ceremony, index, &polynomials, &commitments, rng);
    let opening = opening_hash(ceremony, index, &commitments, &possession);

    let secret = SecretScalar::generate(rng);
    let ephemeral = secret.public();
    let mut transcript = ephemeral_transcript(ceremony, index, &ephemeral);
    let mut message = Round1 {
        index,
        ephemeral,
        possession: Knowledge::prove(&mut transcript, &group::GENERATOR, &secret, rng),
        opening,
        signature: Signature([0; 64]),
    };
    message.sign(ceremony, key);
    Ok(SecretRound1 { setup_id: *ceremony.setup_id(), message, possession, ephemeral: secret, polynomials })
}

fn ephemeral_transcript(ceremony: &Ceremony, index: CustodianIndex, ephemeral: &Element) -> Transcript {
    let position = Position { index: Some(index.get()), ..Position::default() };
    let mut transcript =
        ProofContext::new(Proof::EphemeralPossession).bind(ceremony.setup_id().as_bytes()).at(position);
    transcript.append_element("E", ephemeral);
    transcript
}

/// `[a]G` for every coefficient; computed as `[2]([a/2]G)`, whose encoding costs much less.
pub(super) fn commitments_to(polynomials: &[SecretScalar]) -> Vec<Point> {
    let half = group::half();
    let halves: Vec<_> = polynomials.iter().map(|a| SecretScalar::new(half * a.expose()).public()).collect();
    Point::doubled(&halves)
}

/// Proves that the constant term of every slot is known, in one proof of their weighted sum.
fn prove_possession(
    ceremony: &Ceremony,
    index: CustodianIndex,
    polynomials: &[SecretScalar],
    commitments: &[Point],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Knowledge {
    let (mut transcript, weights) = possession_transcript(ceremony, index, commitments);
    let mut sum = Zeroizing::new(Scalar::ZERO);
    for (weight, constant) in weights.iter().zip(polynomials.iter().step_by(ceremony.threshold())) {
        *sum += weight * constant.expose();
    }
    Knowledge::prove(&mut transcript, &group::GENERATOR, &SecretScalar::new(*sum), rng)
}

/// Whether a custodian proves possession of the constant term of every slot.
pub(super) fn possession_holds(
    ceremony: &Ceremony,
    index: CustodianIndex,
    commitments: &[Point],
    possession: &Knowledge,
) -> bool {
    let (mut transcript, weights) = possession_transcript(ceremony, index, commitments);
    let constants: Vec<_> = commitments.iter().step_by(ceremony.threshold()).map(|f| f.element).collect();
    if constants.len() != weights.len() {
        return false;
    }
    let public = group::vartime_multiscalar_mul(&weights, &constants);
    possession.verify(&mut transcript, &group::GENERATOR, &public).is_ok()
}

fn possession_transcript(
    ceremony: &Ceremony,
    index: CustodianIndex,
    commitments: &[Point],
) -> (Transcript, Vec<Scalar>) {
    let position = Position { index: Some(index.get()), ..Position::default() };
    let mut transcript = ProofContext::new(Proof::KeyPossession).bind(ceremony.setup_id().as_bytes()).at(position);
    transcript.append_all("F", &point::encodings(commitments));
    let weights = group::weights(&transcript.challenge_seed("s"), ceremony.slots());
    (transcript, weights)
}

/// Hash that round 1 publishes of what round 2 opens.
pub(super) fn opening_hash(
    ceremony: &Ceremony,
    index: CustodianIndex,
    commitments: &[Point],
    possession: &Knowledge,
) -> Hash {
    let mut bytes = Vec::new();
    index.encode(&mut bytes);
    put_length(&mut bytes, commitments.len());
    put_all(&mut bytes, commitments);
    possession.encode(&mut bytes);
    tagged_hash("keygen-opening", &[ceremony.setup_id().as_bytes(), &bytes])
}

/// What a custodian keeps from round 1 to the end of the ceremony; wiped when dropped.
///
/// With it, and the messages on the table, every later step can be taken and taken again: dealing
/// twice gives the same bytes.
pub struct SecretRound1 {
    pub(super) setup_id: SetupId,
    pub(super) message: Round1,
    pub(super) possession: Knowledge,
    pub(super) ephemeral: SecretScalar,
    /// Slot by slot, constant term first.
    pub(super) polynomials: Vec<SecretScalar>,
}

impl fmt::Debug for SecretRound1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretRound1({:?}, ..)", self.message)
    }
}

impl SecretRound1 {
    /// What the custodian publishes.
    #[must_use]
    pub fn message(&self) -> &Round1 {
        &self.message
    }

    pub(super) fn party(&self) -> Party<'_> {
        self.message.party()
    }

    /// The secrets, for a sealed file.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(self.polynomials.len().saturating_mul(32) + 512));
        self.setup_id.encode(&mut out);
        self.message.encode(&mut out);
        self.possession.encode(&mut out);
        self.ephemeral.expose_bytes().expose().encode(&mut out);
        put_length(&mut out, self.polynomials.len());
        for coefficient in &self.polynomials {
            out.extend_from_slice(coefficient.expose_bytes().expose());
        }
        out
    }

    /// From a sealed file, to go on with an interrupted ceremony.
    ///
    /// # Errors
    /// If the bytes are not an export.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let setup_id = Decode::decode(&mut reader)?;
        let message = Decode::decode(&mut reader)?;
        let possession = Decode::decode(&mut reader)?;
        let ephemeral = read_secret(&mut reader)?;
        let polynomials = read_secrets(&mut reader, MAX_COMMITMENTS)?;
        reader.finish()?;
        Ok(Self { setup_id, message, possession, ephemeral, polynomials })
    }

    pub(super) fn require(&self, ceremony: &Ceremony) -> Result<(), KeygenError> {
        if self.setup_id == *ceremony.setup_id() && self.polynomials.len() == ceremony.commitment_count() {
            Ok(())
        } else {
            Err(KeygenError::OtherCeremony)
        }
    }

    /// The share of every slot for a custodian.
    pub(super) fn shares_for(&self, ceremony: &Ceremony, recipient: CustodianIndex) -> Vec<SecretScalar> {
        let mut shares = Vec::with_capacity(ceremony.slots());
        shares.extend(self.polynomials.chunks(ceremony.threshold()).map(|slot| evaluate(slot, recipient)));
        shares
    }
}

/// Reads a secret scalar without leaving a copy behind.
pub(super) fn read_secret(reader: &mut Reader<'_>) -> Result<SecretScalar, DecodeError> {
    let bytes = Zeroizing::new(reader.array::<32>()?);
    SecretScalar::from_bytes(&bytes).ok_or_else(|| reader.error(DecodeErrorKind::Scalar))
}

/// Reads a list of them.
pub(super) fn read_secrets(reader: &mut Reader<'_>, limit: usize) -> Result<Vec<SecretScalar>, DecodeError> {
    let length = reader.length(limit)?;
    let mut secrets = Vec::with_capacity(length);
    for _ in 0..length {
        secrets.push(read_secret(reader)?);
    }
    Ok(secrets)
}
