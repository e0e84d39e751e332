//! What a log sends to a witness (C2SP tlog-witness, `add-checkpoint`): a checkpoint, and the
//! proof that it continues the one that the witness signed last.

use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};

use super::checkpoint::{CheckpointError, SignedCheckpoint};
use super::lines::{Lines, base64_array, decimal};
use super::proof::ConsistencyProof;

/// Hashes of the longest proof that the format admits.
const LONGEST_PROOF: usize = 63;

/// The body of a request. Its text form is that of the specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Size of the checkpoint that the witness signed last, as the sender knows it.
    pub old: u64,
    /// From that size to the checkpoint's.
    pub proof: ConsistencyProof,
    /// What is to be cosigned.
    pub checkpoint: SignedCheckpoint,
}

/// A text that is no such request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubmissionError {
    /// Not UTF-8.
    Utf8,
    /// A line is absent or of another form.
    Line {
        /// Which, from 1.
        line: usize,
    },
    /// The checkpoint is malformed.
    Checkpoint(CheckpointError),
}

impl fmt::Display for SubmissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf8 => f.write_str("not UTF-8"),
            Self::Line { line } => write!(f, "line {line} is absent or malformed"),
            Self::Checkpoint(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SubmissionError {}

impl Submission {
    /// Reads the text; `to_string` writes it.
    ///
    /// # Errors
    /// [`SubmissionError`] unless it has exactly the form of one.
    pub fn parse(bytes: &[u8]) -> Result<Self, SubmissionError> {
        let mut lines = Lines::new(core::str::from_utf8(bytes).map_err(|_| SubmissionError::Utf8)?);
        let old = lines.next().and_then(|text| text.strip_prefix("old ")).and_then(decimal);
        let old = old.ok_or(SubmissionError::Line { line: 1 })?;
        let mut path = Vec::new();
        for line in 2.. {
            let text = lines.next().ok_or(SubmissionError::Line { line })?;
            if text.is_empty() {
                break;
            }
            if path.len() >= LONGEST_PROOF {
                return Err(SubmissionError::Line { line });
            }
            path.push(base64_array(text).ok_or(SubmissionError::Line { line })?);
        }
        let checkpoint = SignedCheckpoint::parse(lines.rest().as_bytes()).map_err(SubmissionError::Checkpoint)?;
        Ok(Self { old, proof: ConsistencyProof { path }, checkpoint })
    }
}

impl fmt::Display for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.path.iter().try_for_each(|hash| writeln!(f, "{}", Base64::encode_string(hash)))?;
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

    fn submission() -> Submission {
        let leaves = numbered_leaves(11);
        let (checkpoint, _) = signed(&leaves.iter().copied().collect());
        let proof = ConsistencyProof::prove(leaves.as_slice(), 6, 11).unwrap();
        Submission { old: 6, proof, checkpoint }
    }

    #[test]
    fn completeness() {
        let text = submission().to_string();
        assert!(text.starts_with("old 6\n"));
        assert_eq!(text.lines().position(str::is_empty), Some(1 + submission().proof.path.len()));
        assert_eq!(Submission::parse(text.as_bytes()), Ok(submission()));
        let first = Submission { old: 0, proof: ConsistencyProof::default(), ..submission() };
        assert_eq!(first.to_string(), format!("old 0\n\n{}", first.checkpoint));
        assert_eq!(Submission::parse(first.to_string().as_bytes()), Ok(first));
    }

    #[test]
    fn refuses_other_forms() {
        let text = submission().to_string();
        let refused = |text: &str| Submission::parse(text.as_bytes()).unwrap_err();
        for old in ["old 06", "old", "old -6", "old  6", "Old 6", "old 18446744073709551616", "size 6", ""] {
            assert_eq!(refused(&text.replacen("old 6", old, 1)), SubmissionError::Line { line: 1 }, "{old}");
        }
        assert_eq!(refused(&text.replacen("old 6", "old 6\nAAAA", 1)), SubmissionError::Line { line: 2 });
        assert_eq!(refused("old 6"), SubmissionError::Line { line: 1 });
        assert_eq!(refused("old 6\n"), SubmissionError::Line { line: 2 });
        assert!(matches!(refused("old 6\n\n"), SubmissionError::Checkpoint(_)));
        assert!(matches!(refused(&format!("{text}\n")), SubmissionError::Checkpoint(_)));
        assert_eq!(Submission::parse(b"\xff"), Err(SubmissionError::Utf8));
        let many = |n| {
            format!(
                "old 6\n{}\n{}",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".repeat(n),
                submission().checkpoint
            )
        };
        assert_eq!(Submission::parse(many(63).as_bytes()).unwrap().proof.path.len(), 63);
        assert_eq!(refused(&many(64)), SubmissionError::Line { line: 65 });
    }
}
