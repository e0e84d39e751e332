//! An element together with its encoding, so that neither is computed twice.

use alloc::vec::Vec;

use crate::encoding::{Decode, DecodeError, DecodeErrorKind, Encode, Reader};
use crate::group::{self, Element, ElementBytes};

/// An element and its canonical encoding.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// The element.
    pub element: Element,
    /// Its encoding.
    pub bytes: ElementBytes,
}

impl Point {
    /// Encodes an element.
    #[must_use]
    pub fn new(element: Element) -> Self {
        Self { element, bytes: group::compress(&element) }
    }

    /// `[2]P` for every P, which is encoded much faster than P itself.
    #[must_use]
    pub fn doubled(halves: &[Element]) -> Vec<Self> {
        halves
            .iter()
            .zip(group::double_and_compress(halves))
            .map(|(half, bytes)| Self { element: half + half, bytes })
            .collect()
    }

    /// Reads an element that is not the identity.
    ///
    /// # Errors
    /// If it is, or is not canonical.
    pub fn decode_nonidentity(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let point = Self::decode(reader)?;
        // The identity has one encoding: zero bytes.
        if point.bytes == [0; 32] { Err(reader.error(DecodeErrorKind::Identity)) } else { Ok(point) }
    }
}

impl PartialEq for Point {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Point {}

impl Encode for Point {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
    }
}

impl Decode for Point {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = reader.array()?;
        let element = group::decompress(&bytes).ok_or_else(|| reader.error(DecodeErrorKind::Element))?;
        Ok(Self { element, bytes })
    }
}

/// The encodings of points, one after another, as transcripts want them.
#[must_use]
pub fn encodings(points: &[Point]) -> Vec<ElementBytes> {
    points.iter().map(|p| p.bytes).collect()
}
