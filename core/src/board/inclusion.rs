//! One text that proves, without the board, that an entry stands on it (C2SP tlog-proof):
//! its index, its path and a checkpoint.
//!
//! The optional `extra` line of that format, which no signature covers, is refused.

use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};

use super::checkpoint::{CheckpointError, LogKeys, SignedCheckpoint, VerifiedCheckpoint};
use super::lines::{Lines, base64_array, decimal};
use super::proof::{InclusionProof, ProofError};
use crate::hash::Hash;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// Hashes of the longest path that a tree of 2^64 entries has.
const LONGEST_PATH: usize = 64;

/// An inclusion proof and the checkpoint that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProof {
    /// Where the entry stands, and its path.
    pub inclusion: InclusionProof,
    /// The signed size and root.
    pub checkpoint: SignedCheckpoint,
}

/// A text that proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogProofError {
    /// Not UTF-8.
    Utf8,
    /// A line is absent or of another form.
    Line {
        /// Which, from 1.
        line: usize,
    },
    /// The checkpoint is malformed, or a signature does not hold.
    Checkpoint(CheckpointError),
    /// The path does not lead from the entry to the checkpoint's root.
    Proof(ProofError),
}

impl fmt::Display for LogProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf8 => f.write_str("not UTF-8"),
            Self::Line { line } => write!(f, "line {line} is absent or malformed"),
            Self::Checkpoint(error) => error.fmt(f),
            Self::Proof(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for LogProofError {}

impl From<CheckpointError> for LogProofError {
    fn from(error: CheckpointError) -> Self {
        Self::Checkpoint(error)
    }
}

impl From<ProofError> for LogProofError {
    fn from(error: ProofError) -> Self {
        Self::Proof(error)
    }
}

impl LogProof {
    /// Verifies it for the leaf hash of an entry; gives the checkpoint on which it stands.
    ///
    /// # Errors
    /// [`LogProofError::Checkpoint`] or [`LogProofError::Proof`] if it does not hold.
    pub fn verify(&self, leaf_hash: &Hash, keys: &LogKeys) -> Result<VerifiedCheckpoint, LogProofError> {
        let verified = self.checkpoint.verify(keys)?;
        let checkpoint = verified.checkpoint();
        self.inclusion.verify(leaf_hash, checkpoint.size, &checkpoint.root)?;
        Ok(verified)
    }

    /// Reads the text; `to_string` writes it.
    ///
    /// # Errors
    /// [`LogProofError`] unless it has exactly the form of a proof.
    pub fn parse(bytes: &[u8]) -> Result<Self, LogProofError> {
        let mut lines = Lines::new(core::str::from_utf8(bytes).map_err(|_| LogProofError::Utf8)?);
        if lines.next() != Some(FIRST_LINE) {
            return Err(LogProofError::Line { line: 1 });
        }
        let index = lines.next().and_then(|text| text.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or(LogProofError::Line { line: 2 })?;
        let mut path = Vec::new();
        for line in 3.. {
            let text = lines.next().ok_or(LogProofError::Line { line })?;
            if text.is_empty() {
                break;
            }
            if path.len() >= LONGEST_PATH {
                return Err(LogProofError::Line { line });
            }
            path.push(base64_array(text).ok_or(LogProofError::Line { line })?);
        }
        let checkpoint = SignedCheckpoint::parse(lines.rest().as_bytes())?;
        Ok(Self { inclusion: InclusionProof { index, path }, checkpoint })
    }
}

impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\nindex {}", self.inclusion.index)?;
        self.inclusion.path.iter().try_for_each(|hash| writeln!(f, "{}", Base64::encode_string(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;
    use crate::board::checkpoint::tests::signed;
    use crate::board::merkle::tests::numbered_leaves;

    fn proof(index: u64) -> (LogProof, Hash, LogKeys) {
        let leaves = numbered_leaves(11);
        let (checkpoint, keys) = signed(&leaves.iter().copied().collect());
        let inclusion = InclusionProof::prove(leaves.as_slice(), index, 11).unwrap();
        (LogProof { inclusion, checkpoint }, leaves[usize::try_from(index).unwrap()], keys)
    }

    #[test]
    fn completeness() {
        for index in 0..11 {
            let (proof, leaf, keys) = proof(index);
            assert_eq!(LogProof::parse(proof.to_string().as_bytes()), Ok(proof.clone()));
            assert_eq!(proof.verify(&leaf, &keys).unwrap().checkpoint().size, 11);
            let other = proof.verify(&[0; 32], &keys);
            assert_eq!(other, Err(LogProofError::Proof(ProofError::Root)));
        }
    }

    #[test]
    fn rejects_every_changed_byte_and_every_prefix() {
        let (proof, leaf, keys) = proof(6);
        let text = proof.to_string().into_bytes();
        for at in 0..text.len() {
            let mut changed = text.clone();
            changed[at] ^= 1;
            assert!(LogProof::parse(&changed).and_then(|proof| proof.verify(&leaf, &keys)).is_err(), "byte {at}");
            assert!(LogProof::parse(&text[..at]).is_err());
        }
    }

    #[test]
    fn refuses_other_forms() {
        let text = proof(6).0.to_string();
        let refused = |text: &str| LogProof::parse(text.as_bytes()).unwrap_err();
        assert_eq!(refused(&text.replace("@v1", "@v2")), LogProofError::Line { line: 1 });
        assert_eq!(refused(&text.replace("index 6", "index 06")), LogProofError::Line { line: 2 });
        assert_eq!(refused(&text.replace("index 6", "extra AAAA\nindex 6")), LogProofError::Line { line: 2 });
        assert_eq!(refused(&text.replace("index 6", "index 6\nAAAA")), LogProofError::Line { line: 3 });
        let many = format!("index 6\n{}", format!("{}\n", Base64::encode_string(&[0; 32])).repeat(65));
        assert_eq!(refused(&text.replace("index 6\n", &many)), LogProofError::Line { line: 67 });
        assert_eq!(LogProof::parse(b"\xff"), Err(LogProofError::Utf8));
        assert!(matches!(refused(&format!("{text}\n")), LogProofError::Checkpoint(_)));
    }
}
