//! Rows that come out are those that went in, under another order and other randomness:
//! one proof for lists of credential keys and for lists of encrypted texts.
//!
//! # Relation
//! ```text
//! KEYS(B, B', E_0.., F_0..):       witness g, pi
//!   F_i = [g]E_{pi(i)}
//!   B'  = [g]B
//! TEXTS(Y_0.., E_{k,0}.., F_{k,0}..):  witness e_0.., pi
//!   F_{k,i} = E_{k,pi(i)} + [e_{pi(i)}]Y_k
//! ```
//! with the rows F in strictly increasing order of the bytes of their first point.
//!
//! # Protocol
//! Append `n`, `w`, `generators`, `base` and `image` or `keys`, `input`, `output`,
//! `commitments` (C); seed `s`, from which u_j are hashed; append `chain` (D); challenge
//! `rho`; append `RG`, `RQ`, `RE`, for keys `RB`; challenge `c`. The responses are z_i, zG,
//! zQ, zE. Long lists enter the transcript as their hashes.
//!
//! # Verification
//! The equations (1), (2), (3) of the specification, as one sum under 128-bit weights that only
//! the verifier knows; the order of the rows; every point and scalar canonical.
//!
//! # Security
//! C commits to a matrix, column by column. D proves that the product of the `u'_i` that it
//! maps the `u_j` to is the product of the `u_j`, (1) also that its rows sum to one: such a
//! matrix is a permutation but with negligible probability. (2) ties the `u'_i` to C, (3) the
//! rows to the same `u'_i`. Binding rests on nobody knowing a discrete logarithm among G, H
//! and Q_i. Not proved: that the rows that went in are worth shuffling, that keys or first
//! points differ, or that the mixer forgot. The caller must know what the base and the
//! text keys are.
//!
//! # References
//! Terelius and Wikström 2010, Proofs of restricted shuffles; `spec/shuffle.md`.

mod argument;
mod generators;
mod prove;
mod shape;
mod source;
#[cfg(test)]
mod tests;
mod verify;

use core::ops::Range;

use alloc::vec::Vec;

pub use generators::ShuffleGenerators;
#[cfg(any(test, feature = "test-util"))]
pub(crate) use prove::shuffle_texts_under;
pub use prove::{ShuffleInputError, ShuffledKeys, ShuffledTexts, shuffle_keys, shuffle_texts};
pub use shape::{ShuffleProof, ShuffleShape};
pub use source::{MemorySource, Part, ShuffleSource};
pub use verify::ShuffleError;

use crate::group::{self, ElementBytes, Scalar};
use crate::hash::Hash;
use crate::point::{Point, encodings};
use crate::transcript::{Position, Proof, ProofContext, Transcript};

/// Rows that are worked on at once: with their points, some megabytes. Few, to be tested.
const PIECE: usize = if cfg!(test) { 16 } else { 2048 };

/// How the rows that come out were made from those that went in.
#[derive(Clone, Copy, Debug)]
pub enum Relation<'a> {
    /// One point a row, raised to the power that raises the base to the image.
    Keys {
        /// The base of the keys that go in.
        base: &'a Point,
        /// The base of the keys that come out.
        image: &'a Point,
    },
    /// `1 + keys.len()` points a row, encrypted anew.
    Texts {
        /// The keys of the second to last point; that of the first is G.
        keys: &'a [Point],
    },
}

impl Relation<'_> {
    /// Points in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        match self {
            Self::Keys { .. } => 1,
            Self::Texts { keys } => keys.len().saturating_add(1),
        }
    }

    /// Whether a base is the identity: that of the keys that go in determines g, that of those
    /// that come out shows that g is not zero.
    fn identity_as_base(&self) -> bool {
        match self {
            Self::Keys { base, image } => [base, image].iter().any(|base| group::is_identity(&base.element)),
            Self::Texts { .. } => false,
        }
    }

    fn proof(&self) -> Proof {
        match self {
            Self::Keys { .. } => Proof::ShuffleKeys,
            Self::Texts { .. } => Proof::ShuffleTexts,
        }
    }
}

/// What is shuffled where, but for the rows.
#[derive(Clone, Copy, Debug)]
pub struct ShuffleStatement<'a> {
    /// The roll id (keys) or the election id (texts).
    pub context: &'a [u8; 32],
    /// Keys: style and unit of the list; texts: the contest. With both, the number of the mix as
    /// role, and the custodian.
    pub position: Position,
    /// Keys or texts.
    pub relation: Relation<'a>,
}

/// The long lists that the statement holds, as the transcript absorbs them.
struct Hashes {
    generators: Hash,
    input: Hash,
    output: Hash,
}

impl ShuffleStatement<'_> {
    /// The shape of a proof for so many rows.
    #[must_use]
    pub fn shape(&self, rows: usize) -> ShuffleShape {
        match self.relation {
            Relation::Keys { .. } => ShuffleShape::keys(rows),
            Relation::Texts { keys } => ShuffleShape::texts(rows, keys.len()),
        }
    }

    /// The transcript up to the rows that come out.
    fn bind(&self, rows: usize, hashes: &Hashes) -> Transcript {
        let mut transcript = ProofContext::new(self.relation.proof()).bind(self.context).at(self.position);
        // There are not more rows than generators, nor more generators than u32 counts.
        transcript.append_u32("n", u32::try_from(rows).unwrap_or(u32::MAX));
        transcript.append_u32("w", u32::try_from(self.relation.width()).unwrap_or(u32::MAX));
        transcript.append("generators", &hashes.generators);
        match self.relation {
            Relation::Keys { base, image } => {
                transcript.append("base", &base.bytes);
                transcript.append("image", &image.bytes);
            }
            Relation::Texts { keys } => transcript.append_all("keys", &encodings(keys)),
        }
        transcript.append("input", &hashes.input);
        transcript.append("output", &hashes.output);
        transcript
    }
}

/// Absorbs C; the seed of the `u_j`.
fn row_seed(transcript: &mut Transcript, commitments: &Hash) -> [u8; 32] {
    transcript.append("commitments", commitments);
    transcript.challenge_seed("s")
}

/// Absorbs D; the challenge under which the chain and the sum of the rows are one equation.
fn chain_challenge(transcript: &mut Transcript, chain: &Hash) -> Scalar {
    transcript.append("chain", chain);
    transcript.challenge("rho")
}

/// Absorbs RG, RQ, RE and, if there is one, RB; the last challenge.
fn last_challenge(transcript: &mut Transcript, announced: &[ElementBytes], shape: ShuffleShape) -> Scalar {
    let (matrix, rest) = announced.split_at_checked(2).unwrap_or_default();
    let (rows, base) = rest.split_at_checked(shape.width()).unwrap_or_default();
    for (label, point) in ["RG", "RQ"].into_iter().zip(matrix) {
        transcript.append(label, point);
    }
    transcript.append_all("RE", rows);
    for point in base {
        transcript.append("RB", point);
    }
    transcript.challenge("c")
}

/// The challenges `u_j` of some rows.
fn row_challenges(seed: &[u8; 32], rows: Range<usize>) -> Vec<Scalar> {
    rows.map(|j| {
        let mut data = [0u8; 40];
        let (head, number) = data.split_at_mut(32);
        head.copy_from_slice(seed);
        number.copy_from_slice(&u64::try_from(j).unwrap_or(u64::MAX).to_le_bytes());
        group::hash_to_scalar("shuffle-challenge", &data)
    })
    .collect()
}

/// All rows, piece by piece.
fn pieces(rows: usize) -> Vec<Range<usize>> {
    (0..rows).step_by(PIECE).map(|first| first..rows.min(first.saturating_add(PIECE))).collect()
}

/// The same rows in a list with `width` places for each.
fn flat(rows: &Range<usize>, width: usize) -> Range<usize> {
    rows.start.saturating_mul(width)..rows.end.saturating_mul(width)
}
