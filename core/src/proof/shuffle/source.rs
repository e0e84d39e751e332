//! Where a verifier reads rows and proof from: memory, or files that are longer than it.

use alloc::vec::Vec;

use super::shape::ShuffleProof;
use crate::group::ElementBytes;
use crate::proof::BadProof;

/// One of the three things that a verifier reads, each a row of 32-byte strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The rows that went in, row by row.
    Input,
    /// The rows that came out.
    Output,
    /// The proof in its encoding.
    Proof,
}

/// Rows and proof, read piece by piece, each piece twice and from several threads.
pub trait ShuffleSource: Sync {
    /// Why a piece cannot be read.
    type Error: Send;

    /// `count` strings of 32 bytes of a part, from the string number `first` on.
    ///
    /// # Errors
    /// If they cannot be read, or are not there.
    fn read(&self, part: Part, first: usize, count: usize) -> Result<Vec<ElementBytes>, Self::Error>;
}

/// Rows and proof in memory.
#[derive(Clone, Copy, Debug)]
pub struct MemorySource<'a> {
    /// The rows that went in, row by row.
    pub input: &'a [ElementBytes],
    /// The rows that came out.
    pub output: &'a [ElementBytes],
    /// The proof.
    pub proof: &'a ShuffleProof,
}

impl ShuffleSource for MemorySource<'_> {
    type Error = BadProof;

    fn read(&self, part: Part, first: usize, count: usize) -> Result<Vec<ElementBytes>, BadProof> {
        let strings = match part {
            Part::Input => self.input,
            Part::Output => self.output,
            Part::Proof => self.proof.strings(),
        };
        let piece = first.checked_add(count).and_then(|end| strings.get(first..end));
        piece.map(<[_]>::to_vec).ok_or(BadProof)
    }
}
