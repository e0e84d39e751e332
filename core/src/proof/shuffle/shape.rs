//! The encoding of a proof: a row of 32-byte strings, at places that follow from the
//! numbers of rows and points.

use alloc::vec::Vec;
use core::ops::Range;

use crate::encoding::{DecodeError, Encode, Reader};
use crate::group::ElementBytes;

/// How many rows and points are shuffled: what tells the parts of a proof apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShuffleShape {
    rows: usize,
    width: usize,
    /// Points announced beside RG and RQ.
    announced: usize,
}

impl ShuffleShape {
    /// Of a list of credential keys.
    #[must_use]
    pub fn keys(rows: usize) -> Self {
        Self { rows, width: 1, announced: 2 }
    }

    /// Of texts under so many keys: rows of one point more.
    #[must_use]
    pub fn texts(rows: usize, keys: usize) -> Self {
        let width = keys.saturating_add(1);
        Self { rows, width, announced: width }
    }

    /// Rows that go in, and that come out.
    #[must_use]
    pub fn rows(self) -> usize {
        self.rows
    }

    /// Points in a row.
    #[must_use]
    pub fn width(self) -> usize {
        self.width
    }

    /// 32-byte strings of all rows.
    #[must_use]
    pub fn points(self) -> usize {
        self.rows.saturating_mul(self.width)
    }

    /// 32-byte strings of the proof.
    #[must_use]
    pub fn proof(self) -> usize {
        self.last().end
    }

    /// C.
    pub(super) fn commitments(self) -> Range<usize> {
        0..self.rows
    }

    /// D.
    pub(super) fn chain(self) -> Range<usize> {
        after(self.commitments(), self.rows)
    }

    /// RG, RQ, RE and, for keys, RB.
    pub(super) fn announced(self) -> Range<usize> {
        after(self.chain(), self.announced.saturating_add(2))
    }

    /// z.
    pub(super) fn responses(self) -> Range<usize> {
        after(self.announced(), self.rows)
    }

    /// zG, zQ, zE.
    pub(super) fn last(self) -> Range<usize> {
        after(self.responses(), 3)
    }
}

fn after(part: Range<usize>, length: usize) -> Range<usize> {
    part.end..part.end.saturating_add(length)
}

/// A proof as it is written. Whether its points and scalars are canonical is found while it is
/// verified: to decode the points twice would cost a third of the verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShuffleProof(pub(super) Vec<ElementBytes>);

impl ShuffleProof {
    /// Reads a proof of this shape.
    ///
    /// # Errors
    /// If the bytes end too early.
    pub fn decode(reader: &mut Reader<'_>, shape: ShuffleShape) -> Result<Self, DecodeError> {
        let bytes = reader.take(shape.proof().saturating_mul(32))?;
        Ok(Self(bytes.as_chunks::<32>().0.to_vec()))
    }

    /// Its 32-byte strings.
    #[must_use]
    pub fn strings(&self) -> &[ElementBytes] {
        &self.0
    }
}

impl Encode for ShuffleProof {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_flattened());
    }
}
