//! Partial decryptions of a tally, and what they combine to (`spec/tally.md`).
//!
//! A custodian decrypts the aggregates that its own tool computed from the closed record
//! ([`crate::verify::ClosedElection`]) and no others.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use crate::dlog::DiscreteLog;
use crate::encoding::{Decode, DecodeError, Encode, Reader, put_all, put_header};
use crate::group::{self, Element};
use crate::ids::{CustodianIndex, ElectionId};
use crate::keygen::{ElectionKeys, KeyShare};
use crate::proof::BadProof;
use crate::proof::decryption::{CombineError, DecryptionStatement, combine};
use crate::proof::equality::Equality;
use crate::signature::{BadSignature, Signature, SigningKey, VerifyingKey};
use crate::tally::{Aggregates, Group, MAX_GROUPS, Results};
use crate::transcript::Position;

const ROLE: u32 = 0;

/// One custodian's part in one group: `[x_{l,j}]A` for every option, and its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPartial {
    /// `[x_{l,j}]A` for every option.
    pub decrypted: Vec<Element>,
    proof: Equality,
}

impl Encode for GroupPartial {
    fn encode(&self, out: &mut Vec<u8>) {
        put_all(out, &self.decrypted);
        self.proof.encode(out);
    }
}

/// One custodian's partial decryption of a whole tally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialDecryption {
    /// The election.
    pub election_id: ElectionId,
    /// The custodian.
    pub index: CustodianIndex,
    /// One part per group, in the order of the aggregates.
    pub groups: Vec<GroupPartial>,
    signature: Signature,
}

fn statement<'a>(
    election_id: &'a ElectionId,
    index: CustodianIndex,
    group: &Group,
    hash: &'a [u8; 32],
    a: &'a Element,
) -> DecryptionStatement<'a> {
    let position = Position {
        contest: Some(group.contest),
        unit: Some(group.unit),
        role: Some(ROLE),
        index: Some(index.get()),
        ..Position::default()
    };
    DecryptionStatement { context: election_id.as_bytes(), position, group: hash, a }
}

impl PartialDecryption {
    /// Decrypts every group with a custodian's share, proves each and signs the whole.
    #[must_use]
    pub fn decrypt(
        aggregates: &Aggregates,
        share: &KeyShare,
        key: &SigningKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let (election_id, index) = (aggregates.election_id, share.index());
        let groups = aggregates
            .groups
            .iter()
            .map(|group| {
                let hash = group.hash();
                let statement = statement(&election_id, index, group, &hash, &group.sum.a);
                let slots = share.slots().get(..group.sum.b.len()).unwrap_or_default();
                let (decrypted, proof) = statement.prove(slots, rng);
                GroupPartial { decrypted, proof }
            })
            .collect();
        let mut partial = Self { election_id, index, groups, signature: Signature([0; 64]) };
        partial.signature = key.sign("partial", &[&partial.signed_bytes()]);
        partial
    }

    /// Verifies the custodian's signature (T2.2).
    ///
    /// # Errors
    /// [`BadSignature`] if it does not hold.
    pub fn verify_signature(&self, key: &VerifyingKey) -> Result<(), BadSignature> {
        key.verify("partial", &[&self.signed_bytes()], &self.signature)
    }

    /// Verifies the proof of every group against the custodian's public shares (T2.3).
    ///
    /// # Errors
    /// [`BadPartial`] naming the first group whose proof does not hold.
    pub fn verify_proofs(&self, aggregates: &Aggregates, public_share: &[Element]) -> Result<(), BadPartial> {
        if self.election_id != aggregates.election_id || self.groups.len() != aggregates.groups.len() {
            return Err(BadPartial { index: self.index, group: 0 });
        }
        for (number, (group, part)) in aggregates.groups.iter().zip(&self.groups).enumerate() {
            let hash = group.hash();
            public_share
                .get(..group.sum.b.len())
                .ok_or(BadProof)
                .and_then(|public| {
                    statement(&self.election_id, self.index, group, &hash, &group.sum.a).verify(
                        public,
                        &part.decrypted,
                        &part.proof,
                    )
                })
                .map_err(|BadProof| BadPartial { index: self.index, group: number })?;
        }
        Ok(())
    }

    /// Reads a partial that fills the bytes, for aggregates with these numbers of options.
    ///
    /// # Errors
    /// If the bytes are not the encoding of such a partial.
    pub fn decode(bytes: &[u8], aggregates: &Aggregates) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.header(*b"EDEC")?;
        let election_id = ElectionId::decode(&mut reader)?;
        let index = CustodianIndex::decode(&mut reader)?;
        let count = reader.length(MAX_GROUPS)?;
        if count != aggregates.groups.len() {
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            return Err(reader.error(crate::encoding::DecodeErrorKind::Value(count)));
        }
        let mut groups = Vec::with_capacity(count);
        for group in &aggregates.groups {
            groups.push(GroupPartial {
                decrypted: reader.repeat(group.sum.b.len())?,
                proof: Equality::decode(&mut reader)?,
            });
        }
        let signature = Signature::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self { election_id, index, groups, signature })
    }

    fn signed_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_header(&mut out, *b"EDEC");
        self.election_id.encode(&mut out);
        self.index.encode(&mut out);
        self.groups.encode(&mut out);
        out
    }
}

impl Encode for PartialDecryption {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.signed_bytes());
        self.signature.encode(out);
    }
}

/// A partial decryption that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPartial {
    /// Whose.
    pub index: CustodianIndex,
    /// The first group that is wrong.
    pub group: usize,
}

impl fmt::Display for BadPartial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the partial decryption of custodian {} is wrong in group {}", self.index, self.group)
    }
}

impl core::error::Error for BadPartial {}

/// Why a tally could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// The partials do not combine.
    Combine(CombineError),
    /// A slot holds no count up to the group's ballots.
    NoCount {
        /// Group, in the order of the aggregates.
        group: usize,
        /// Option.
        option: usize,
    },
    /// The counts of a group do not add up to its ballots.
    Total {
        /// Group, in the order of the aggregates.
        group: usize,
        /// Ballots.
        ballots: u64,
        /// Sum of the counts.
        counted: u64,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Combine(error) => error.fmt(f),
            Self::NoCount { group, option } => {
                write!(f, "group {group}, option {option}: no count up to the number of ballots fits")
            }
            Self::Total { group, ballots, counted } => {
                write!(f, "group {group}: {counted} votes counted in {ballots} ballots")
            }
        }
    }
}

impl core::error::Error for OpenError {}

/// Sorts partials into those that hold and the culprits, so that any t valid ones count.
#[must_use]
pub fn sift(
    aggregates: &Aggregates,
    keys: &ElectionKeys,
    partials: Vec<PartialDecryption>,
) -> (Vec<PartialDecryption>, Vec<BadPartial>) {
    let mut valid = Vec::new();
    let mut culprits = Vec::new();
    for partial in partials {
        let verdict = keys
            .public_share(partial.index)
            .ok_or(BadPartial { index: partial.index, group: 0 })
            .and_then(|share| partial.verify_proofs(aggregates, share));
        match verdict {
            Ok(()) => valid.push(partial),
            Err(culprit) => culprits.push(culprit),
        }
    }
    valid.sort_unstable_by_key(|partial| partial.index);
    valid.dedup_by_key(|partial| partial.index);
    (valid, culprits)
}

/// What is left of every option of every group when verified partials, in order of their
/// custodians, are taken off: `[count]G`.
///
/// # Errors
/// [`CombineError`] if there are fewer than the threshold.
pub fn opened_counts(
    aggregates: &Aggregates,
    threshold: usize,
    partials: &[PartialDecryption],
) -> Result<Vec<Vec<Element>>, CombineError> {
    aggregates
        .groups
        .iter()
        .enumerate()
        .map(|(number, group)| {
            let parts: Vec<(CustodianIndex, &[Element])> = partials
                .iter()
                .filter_map(|partial| Some((partial.index, partial.groups.get(number)?.decrypted.as_slice())))
                .collect();
            let masks = combine(threshold, &parts)?;
            Ok(group.sum.b.iter().zip(masks).map(|(b, mask)| b - mask).collect())
        })
        .collect()
}

/// Opens the tally with verified partials, in order of their custodians.
///
/// # Errors
/// [`OpenError`] if they are too few, or what they open are not counts that add up.
pub fn open(aggregates: &Aggregates, threshold: usize, partials: &[PartialDecryption]) -> Result<Results, OpenError> {
    let opened = opened_counts(aggregates, threshold, partials).map_err(OpenError::Combine)?;
    let bound = aggregates.groups.iter().map(|group| group.sum.ballots).max().unwrap_or(0);
    let logarithms = DiscreteLog::new(bound);
    let mut groups = Vec::with_capacity(opened.len());
    for (number, (group, elements)) in aggregates.groups.iter().zip(&opened).enumerate() {
        let mut counts = Vec::with_capacity(elements.len());
        for (option, element) in elements.iter().enumerate() {
            let count = logarithms
                .solve(element)
                .filter(|count| *count <= group.sum.ballots)
                .ok_or(OpenError::NoCount { group: number, option })?;
            counts.push(count);
        }
        let counted = counts.iter().fold(0u64, |sum, count| sum.saturating_add(*count));
        if counted != group.sum.ballots {
            return Err(OpenError::Total { group: number, ballots: group.sum.ballots, counted });
        }
        groups.push(counts);
    }
    Ok(Results { election_id: aggregates.election_id, groups })
}

/// Whether an element is `[count]G`.
#[must_use]
pub fn is_count(element: &Element, count: u64) -> bool {
    *element == group::mul_generator(&group::Scalar::from(count))
}
