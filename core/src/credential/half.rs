//! Half credentials: registrar and server each draw one secret per roll entry, publish the
//! keys in roll order, and prove that they know all secrets.
//!
//! # Relation
//! ```text
//! HALVES(S_0, S_1, ..):  witness s_0, s_1, ..
//!   S_i = [s_i]G
//! ```
//!
//! # Protocol
//! Transcript `half-possession`, context roll id, role; `lists` = TH("half-lists", encode(lists));
//! seed `s`, weights w; then [`Knowledge`] of `p = sum w_i s_i` to G.
//!
//! # Verification
//! `[z]G = R + [c] sum_i [w_i]S_i` (checks C1.3, C2.3).
//!
//! # Security
//! Who proves the weighted sum for fresh 128-bit weights knows every secret but with
//! probability 2^-128: neither issuer can publish a key that depends on the other's, so no
//! pooled key is cancelled or chosen. Role and roll id stand in the transcript: a list
//! fits neither the other role nor another roll. Not proved: that entries of the roll
//! are persons.
//!
//! # References
//! `spec/credentials.md`.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

use super::pieces::{first_bad, pieces};
use super::roll::{LISTS, SIGNATURE};
use super::voter::IssuedHalf;
use crate::encoding::{Decode, DecodeError, DecodeErrorKind, Encode, KEYS, Reader, put_header, put_length};
use crate::group::{self, ElementBytes, Scalar};
use crate::hash::{Hash, tagged_hash};
use crate::ids::RollId;
use crate::parallel::map_all;
use crate::proof::BadProof;
use crate::proof::knowledge::Knowledge;
use crate::secret::SecretScalar;
use crate::signature::{BadSignature, Signature, SigningKey, VerifyingKey};
use crate::transcript::{Position, Proof, ProofContext, Transcript};

const HALF_LIST: [u8; 4] = *b"EHLF";

/// Who issues a half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalfRole {
    /// Keeps the roll.
    Registrar,
    /// Receives the ballots.
    Server,
}

impl HalfRole {
    /// The number in transcripts and messages.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Registrar => 0,
            Self::Server => 1,
        }
    }

    /// The role of a number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        [Self::Registrar, Self::Server].into_iter().find(|role| role.number() == number)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Registrar => "registrar",
            Self::Server => "server",
        }
    }

    /// The file of its list in the record.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Registrar => "credentials/registrar.bin",
            Self::Server => "credentials/server.bin",
        }
    }
}

/// The transcript of a possession proof, before its seed; `lists_hash` is
/// `TH("half-lists", encode(lists))`.
#[must_use]
pub fn possession_transcript(roll_id: &RollId, role: HalfRole, lists_hash: &Hash) -> Transcript {
    let position = Position { role: Some(role.number()), ..Position::default() };
    let mut transcript = ProofContext::new(Proof::HalfPossession).bind(roll_id.as_bytes()).at(position);
    transcript.append("lists", lists_hash);
    transcript
}

/// One issuer's secrets, list by list, in roll order.
pub struct HalfSecrets {
    role: HalfRole,
    lists: Vec<Vec<SecretScalar>>,
}

impl fmt::Debug for HalfSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HalfSecrets({}, {} lists)", self.role.name(), self.lists.len())
    }
}

impl HalfSecrets {
    /// Draws a secret for every entry of lists with these counts.
    #[must_use]
    pub fn generate(role: HalfRole, counts: &[u32], rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let lists = counts.iter().map(|count| (0..*count).map(|_| SecretScalar::generate(rng)).collect()).collect();
        Self { role, lists }
    }

    /// Publishes the keys with one proof over all of them, signed.
    #[must_use]
    pub fn publish(&self, roll_id: RollId, key: &SigningKey, rng: &mut (impl CryptoRng + ?Sized)) -> HalfList {
        let lists: Vec<Vec<ElementBytes>> = self.lists.iter().map(|secrets| public_keys(secrets)).collect();
        let mut transcript = possession_transcript(&roll_id, self.role, &lists_hash(&lists));
        let seed = transcript.challenge_seed("s");
        let mut sum = Scalar::ZERO;
        for (i, secret) in (0..).zip(self.lists.iter().flatten()) {
            sum += group::weight(&seed, i) * secret.expose();
        }
        let witness = SecretScalar::new(sum);
        sum.zeroize();
        let possession = Knowledge::prove(&mut transcript, &group::GENERATOR, &witness, rng);
        let signature = Signature([0; SIGNATURE]);
        let mut list = HalfList { roll_id, role: self.role.number(), lists, possession, signature };
        list.signature = key.sign("half-list", &[&list.signed_bytes()]);
        list
    }

    /// The half of one entry, signed for its voter; `None` if there is no such entry.
    #[must_use]
    pub fn issue(&self, roll_id: &RollId, list: u32, place: u32, key: &SigningKey) -> Option<IssuedHalf> {
        let secrets = self.lists.get(usize::try_from(list).ok()?)?;
        let secret = secrets.get(usize::try_from(place).ok()?)?;
        Some(IssuedHalf::sign(roll_id, self.role, list, place, SecretScalar::new(*secret.expose()), key))
    }

    /// All secrets, for a sealed file: role, counts, scalars.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        let keys = self.lists.iter().fold(0usize, |sum, list| sum.saturating_add(list.len()));
        let heads = self.lists.len().saturating_mul(8).saturating_add(12);
        // All the room at once: a buffer that grows leaves copies behind.
        let mut out = Zeroizing::new(Vec::with_capacity(keys.saturating_mul(32).saturating_add(heads)));
        self.role.number().encode(&mut out);
        put_length(&mut out, self.lists.len());
        for secrets in &self.lists {
            put_length(&mut out, secrets.len());
            secrets.iter().for_each(|secret| secret.expose().encode(&mut out));
        }
        out
    }

    /// Reads what [`HalfSecrets::expose_bytes`] wrote.
    ///
    /// # Errors
    /// If the bytes are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let number = u32::decode(&mut reader)?;
        let role = HalfRole::from_number(number).ok_or_else(|| reader.error(DecodeErrorKind::Tag(number)))?;
        let mut lists = Vec::new();
        for _ in 0..reader.length(LISTS)? {
            let length = reader.length(KEYS)?;
            let mut secrets = Vec::with_capacity(length);
            for _ in 0..length {
                let secret = SecretScalar::new(Scalar::decode(&mut reader)?);
                // None was drawn as zero, and its key would be refused.
                if *secret.expose() == Scalar::ZERO {
                    return Err(reader.error(DecodeErrorKind::Scalar));
                }
                secrets.push(secret);
            }
            lists.push(secrets);
        }
        reader.finish()?;
        Ok(Self { role, lists })
    }
}

/// `[s]G` of every secret. Half of it is computed and doubled while it is encoded, which
/// takes one inversion for many.
fn public_keys(secrets: &[SecretScalar]) -> Vec<ElementBytes> {
    let half = group::half();
    let piece = |piece: &[SecretScalar]| {
        let halves: Vec<_> = piece.iter().map(|secret| SecretScalar::new(secret.expose() * half).public()).collect();
        group::double_and_compress(&halves)
    };
    map_all(secrets.chunks(super::pieces::PIECE).collect(), piece).concat()
}

/// One issuer's published keys. Decoding has checked that every key is the canonical
/// encoding of an element other than the identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HalfList {
    pub(super) roll_id: RollId,
    pub(super) role: u32,
    pub(super) lists: Vec<Vec<ElementBytes>>,
    pub(super) possession: Knowledge,
    pub(super) signature: Signature,
}

/// A half list that is not of this roll, role and size (checks C1.2, C2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HalfListError {
    /// Made for another roll.
    RollId(RollId),
    /// Made for another role.
    Role(u32),
    /// Not as many lists as the roll has.
    Lists {
        /// Lists of the roll.
        expected: usize,
        /// Lists here.
        actual: usize,
    },
    /// Not as many keys as the list has entries.
    Count {
        /// The list.
        list: u32,
        /// Entries of the roll.
        expected: u32,
        /// Keys here.
        actual: usize,
    },
}

impl fmt::Display for HalfListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RollId(roll_id) => write!(f, "made for the roll {roll_id}"),
            Self::Role(role) => write!(f, "made for role {role}"),
            Self::Lists { expected, actual } => write!(f, "{actual} lists where the roll has {expected}"),
            Self::Count { list, expected, actual } => {
                write!(f, "list {list} has {actual} keys for {expected} entries")
            }
        }
    }
}

impl core::error::Error for HalfListError {}

impl HalfList {
    /// The keys, list by list, in roll order.
    #[must_use]
    pub fn lists(&self) -> &[Vec<ElementBytes>] {
        &self.lists
    }

    /// The roll.
    #[must_use]
    pub fn roll_id(&self) -> &RollId {
        &self.roll_id
    }

    /// Checks roll, role and sizes (checks C1.2, C2.2).
    ///
    /// # Errors
    /// [`HalfListError`] says what differs.
    pub fn check_shape(&self, roll_id: &RollId, role: HalfRole, counts: &[u32]) -> Result<(), HalfListError> {
        if self.roll_id != *roll_id {
            return Err(HalfListError::RollId(self.roll_id));
        }
        if self.role != role.number() {
            return Err(HalfListError::Role(self.role));
        }
        if self.lists.len() != counts.len() {
            return Err(HalfListError::Lists { expected: counts.len(), actual: self.lists.len() });
        }
        for (list, (keys, expected)) in (0..).zip(self.lists.iter().zip(counts)) {
            if usize::try_from(*expected) != Ok(keys.len()) {
                return Err(HalfListError::Count { list, expected: *expected, actual: keys.len() });
            }
        }
        Ok(())
    }

    /// Verifies that the issuer of a role knows every secret (checks C1.3, C2.3).
    ///
    /// # Errors
    /// [`BadProof`] if the proof does not hold for these keys, roll and role.
    pub fn verify_possession(&self, roll_id: &RollId, role: HalfRole) -> Result<(), BadProof> {
        let mut transcript = possession_transcript(roll_id, role, &lists_hash(&self.lists));
        let seed = transcript.challenge_seed("s");
        let sums = map_all(pieces(&self.lists), |(first, keys)| {
            let points = keys.iter().map(group::decompress_nonidentity).collect::<Option<Vec<_>>>()?;
            let weights: Vec<Scalar> = (first..).take(keys.len()).map(|i| group::weight(&seed, i)).collect();
            Some(group::vartime_multiscalar_mul(&weights, &points))
        });
        let sum = sums.into_iter().try_fold(group::identity(), |sum, part| Some(sum + part?)).ok_or(BadProof)?;
        self.possession.verify(&mut transcript, &group::GENERATOR, &sum)
    }

    /// Verifies the issuer's signature (checks C1.4, C2.4).
    ///
    /// # Errors
    /// [`BadSignature`] if it does not hold.
    pub fn verify_signature(&self, issuer: &VerifyingKey) -> Result<(), BadSignature> {
        issuer.verify("half-list", &[&self.signed_bytes()], &self.signature)
    }

    pub(super) fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = self.to_bytes();
        bytes.truncate(bytes.len().saturating_sub(SIGNATURE));
        bytes
    }
}

/// What the proof absorbs of the keys.
pub(super) fn lists_hash(lists: &[Vec<ElementBytes>]) -> Hash {
    let mut bytes = Vec::new();
    encode_lists(lists, &mut bytes);
    tagged_hash("half-lists", &[&bytes])
}

fn encode_lists(lists: &[Vec<ElementBytes>], out: &mut Vec<u8>) {
    put_length(out, lists.len());
    for keys in lists {
        encode_keys(keys, out);
    }
}

/// Keys with their number before them.
pub(super) fn encode_keys(keys: &[ElementBytes], out: &mut Vec<u8>) {
    put_length(out, keys.len());
    out.extend_from_slice(keys.as_flattened());
}

/// Reads keys with their number before them; all are canonical and not the identity.
pub(super) fn decode_keys(reader: &mut Reader<'_>) -> Result<Vec<ElementBytes>, DecodeError> {
    let length = reader.length(KEYS)?;
    let start = reader.position();
    let keys = reader.take(length.saturating_mul(32))?.as_chunks::<32>().0.to_vec();
    match first_bad(&keys) {
        None => Ok(keys),
        Some(place) => {
            let kind =
                if keys.get(place) == Some(&[0; 32]) { DecodeErrorKind::Identity } else { DecodeErrorKind::Element };
            Err(DecodeError { at: start.saturating_add(place.saturating_mul(32)), kind })
        }
    }
}

impl Encode for HalfList {
    fn encode(&self, out: &mut Vec<u8>) {
        let keys = self.lists.iter().fold(0usize, |sum, keys| sum.saturating_add(keys.len()));
        out.reserve(keys.saturating_mul(32).saturating_add(self.lists.len().saturating_mul(8)).saturating_add(180));
        put_header(out, HALF_LIST);
        self.roll_id.encode(out);
        self.role.encode(out);
        encode_lists(&self.lists, out);
        self.possession.encode(out);
        self.signature.encode(out);
    }
}

impl Decode for HalfList {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.header(HALF_LIST)?;
        let roll_id = RollId::decode(reader)?;
        let role = u32::decode(reader)?;
        let length = reader.length(LISTS)?;
        let lists = (0..length).map(|_| decode_keys(reader)).collect::<Result<_, _>>()?;
        Ok(Self { roll_id, role, lists, possession: Decode::decode(reader)?, signature: Decode::decode(reader)? })
    }
}
