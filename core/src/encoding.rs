//! The one encoding of every object (`spec/encoding.md`): bincode's fixed-width layout,
//! read strictly.
//!
//! `encode(decode(x)) = x` for every x that decodes: lengths are checked against a limit
//! before anything is allocated, points, scalars and keys are canonical, and bytes after
//! the last field are refused.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::group::{self, Element, Scalar};

/// Longest ordinary string, in bytes.
pub const STRING: usize = 1024;
/// Longest text of an incident or a protest, in bytes.
pub const TEXT: usize = 8192;
/// Most keys in one list.
pub const KEYS: usize = 16_777_216;

/// Version and suite that stand after every magic: 1, 1.
const VERSION_AND_SUITE: [u8; 4] = [1, 0, 1, 0];

/// Writes itself in its one encoding.
pub trait Encode {
    /// Appends the encoding.
    fn encode(&self, out: &mut Vec<u8>);

    /// The encoding alone.
    #[must_use]
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }
}

/// Reads itself from its one encoding.
pub trait Decode: Sized {
    /// Reads one value and leaves the reader behind it.
    ///
    /// # Errors
    /// [`DecodeError`] with the place, if the bytes are not the encoding of a value.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Reads one value that fills the bytes.
    ///
    /// # Errors
    /// As [`Decode::decode`], and if bytes are left over.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let value = Self::decode(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }
}

/// Reads itself when it is told the most that it may hold.
pub trait DecodeLimited: Sized {
    /// Reads one value of at most `limit` bytes (strings) or items (lists).
    ///
    /// # Errors
    /// [`DecodeError`], also if the limit is exceeded.
    fn decode_limited(reader: &mut Reader<'_>, limit: usize) -> Result<Self, DecodeError>;
}

/// What is wrong with the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes end too early.
    Truncated,
    /// Bytes are left over.
    Trailing,
    /// Not the magic, version and suite expected.
    Header([u8; 4]),
    /// Unknown enum tag.
    Tag(u32),
    /// A bool or option byte above 1.
    Bool(u8),
    /// A length above its limit.
    TooLong {
        /// The limit.
        limit: u64,
        /// The length read.
        actual: u64,
    },
    /// Not UTF-8.
    Utf8,
    /// A control character in a string.
    Control,
    /// Not the canonical encoding of an element.
    Element,
    /// The identity where it is refused.
    Identity,
    /// Not below the group order.
    Scalar,
    /// Not a public key.
    Key,
    /// Not a custodian's number.
    Index(u32),
    /// Not in its order, or twice.
    Order,
    /// A number outside of what the object allows.
    Value(u64),
}

/// Bytes that are not an encoding, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Offset of the field that could not be read.
    pub at: usize,
    /// What is wrong.
    pub kind: DecodeErrorKind,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: ", self.at)?;
        match self.kind {
            DecodeErrorKind::Truncated => f.write_str("the data ends too early"),
            DecodeErrorKind::Trailing => f.write_str("data follows after the end"),
            DecodeErrorKind::Header(magic) => {
                write!(f, "not a {} object of version 1", magic.escape_ascii())
            }
            DecodeErrorKind::Tag(tag) => write!(f, "unknown variant {tag}"),
            DecodeErrorKind::Bool(byte) => write!(f, "neither 0 nor 1 but {byte}"),
            DecodeErrorKind::TooLong { limit, actual } => write!(f, "length {actual} above the limit of {limit}"),
            DecodeErrorKind::Utf8 => f.write_str("text is not UTF-8"),
            DecodeErrorKind::Control => f.write_str("control character in a text"),
            DecodeErrorKind::Element => f.write_str("not a canonical group element"),
            DecodeErrorKind::Identity => f.write_str("the identity is refused here"),
            DecodeErrorKind::Scalar => f.write_str("not a canonical scalar"),
            DecodeErrorKind::Key => f.write_str("not a valid public key"),
            DecodeErrorKind::Index(index) => write!(f, "{index} is no custodian's number"),
            DecodeErrorKind::Order => f.write_str("out of order or repeated"),
            DecodeErrorKind::Value(value) => write!(f, "{value} is out of range"),
        }
    }
}

impl core::error::Error for DecodeError {}

/// Reads from borrowed bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    field: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, field: 0 }
    }

    /// An error at the field read last.
    #[must_use]
    pub fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError { at: self.field, kind }
    }

    /// Bytes read so far.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    /// Bytes left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// The next `n` bytes.
    ///
    /// # Errors
    /// If fewer are left.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], DecodeError> {
        self.field = self.at;
        let end = self.at.checked_add(n).ok_or_else(|| self.error(DecodeErrorKind::Truncated))?;
        let taken = self.bytes.get(self.at..end).ok_or_else(|| self.error(DecodeErrorKind::Truncated))?;
        #[cfg(any(test, feature = "test-util"))]
        crate::testing::fields::note(self.field, n);
        self.at = end;
        Ok(taken)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// If fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let taken = self.take(N)?;
        <[u8; N]>::try_from(taken).map_err(|_| self.error(DecodeErrorKind::Truncated))
    }

    /// The header of a top-level object.
    ///
    /// # Errors
    /// If it is another one.
    pub fn header(&mut self, magic: [u8; 4]) -> Result<(), DecodeError> {
        let found: [u8; 8] = self.array()?;
        if found.first_chunk() == Some(&magic) && found.last_chunk() == Some(&VERSION_AND_SUITE) {
            Ok(())
        } else {
            Err(self.error(DecodeErrorKind::Header(magic)))
        }
    }

    /// A length of at most `limit`, and of at most the bytes that are left.
    ///
    /// # Errors
    /// If it is larger.
    pub fn length(&mut self, limit: usize) -> Result<usize, DecodeError> {
        let length = self.length_alone(limit)?;
        // Every item takes at least one byte: no allocation beyond what was sent.
        if length > self.remaining() {
            return Err(self.error(DecodeErrorKind::Truncated));
        }
        Ok(length)
    }

    /// A length of at most `limit`, of a list that is not read from these bytes.
    ///
    /// # Errors
    /// If it is larger.
    pub(crate) fn length_alone(&mut self, limit: usize) -> Result<usize, DecodeError> {
        let actual = u64::decode(self)?;
        let limit_u64 = u64::try_from(limit).unwrap_or(u64::MAX);
        match usize::try_from(actual) {
            Ok(length) if actual <= limit_u64 => Ok(length),
            _ => Err(self.error(DecodeErrorKind::TooLong { limit: limit_u64, actual })),
        }
    }

    /// `n` values without a length.
    ///
    /// # Errors
    /// As the values.
    pub fn repeat<T: Decode>(&mut self, n: usize) -> Result<Vec<T>, DecodeError> {
        let mut values = Vec::with_capacity(n.min(self.remaining()));
        for _ in 0..n {
            values.push(T::decode(self)?);
        }
        Ok(values)
    }

    /// A list of at most `limit` values that have a limit of their own.
    ///
    /// # Errors
    /// If there are more, and as the values.
    pub fn list<T: DecodeLimited>(&mut self, limit: usize, item: usize) -> Result<Vec<T>, DecodeError> {
        let length = self.length(limit)?;
        (0..length).map(|_| T::decode_limited(self, item)).collect()
    }

    /// An element that is not the identity: `point*`.
    ///
    /// # Errors
    /// If it is, or is not canonical.
    pub fn nonidentity(&mut self) -> Result<Element, DecodeError> {
        let element = Element::decode(self)?;
        if group::is_identity(&element) {
            return Err(self.error(DecodeErrorKind::Identity));
        }
        Ok(element)
    }

    /// Ends reading.
    ///
    /// # Errors
    /// If bytes are left.
    pub fn finish(&mut self) -> Result<(), DecodeError> {
        self.field = self.at;
        if self.remaining() == 0 { Ok(()) } else { Err(self.error(DecodeErrorKind::Trailing)) }
    }
}

/// Appends the header of a top-level object.
pub fn put_header(out: &mut Vec<u8>, magic: [u8; 4]) {
    out.extend_from_slice(&magic);
    out.extend_from_slice(&VERSION_AND_SUITE);
}

/// Appends a length.
pub fn put_length(out: &mut Vec<u8>, length: usize) {
    u64::try_from(length).unwrap_or(u64::MAX).encode(out);
}

/// Appends values without a length.
pub fn put_all<T: Encode>(out: &mut Vec<u8>, values: &[T]) {
    for value in values {
        value.encode(out);
    }
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl Encode for $t {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }

        impl Decode for $t {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(<$t>::from_le_bytes(reader.array()?))
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, i64);

impl Encode for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

impl Decode for bool {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match u8::decode(reader)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(reader.error(DecodeErrorKind::Bool(other))),
        }
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                value.encode(out);
            }
        }
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if bool::decode(reader)? { T::decode(reader).map(Some) } else { Ok(None) }
    }
}

impl<T: Encode, const N: usize> Encode for [T; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        put_all(out, self);
    }
}

impl<const N: usize> Decode for [u8; N] {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array()
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_length(out, self.len());
        put_all(out, self);
    }
}

impl<T: Decode> DecodeLimited for Vec<T> {
    fn decode_limited(reader: &mut Reader<'_>, limit: usize) -> Result<Self, DecodeError> {
        let length = reader.length(limit)?;
        reader.repeat(length)
    }
}

impl Encode for String {
    fn encode(&self, out: &mut Vec<u8>) {
        put_length(out, self.len());
        out.extend_from_slice(self.as_bytes());
    }
}

impl DecodeLimited for String {
    fn decode_limited(reader: &mut Reader<'_>, limit: usize) -> Result<Self, DecodeError> {
        let length = reader.length(limit)?;
        let bytes = reader.take(length)?;
        let text = core::str::from_utf8(bytes).map_err(|_| reader.error(DecodeErrorKind::Utf8))?;
        if text.chars().any(char::is_control) {
            return Err(reader.error(DecodeErrorKind::Control));
        }
        Ok(Self::from(text))
    }
}

impl Encode for Element {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&group::compress(self));
    }
}

impl Decode for Element {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = reader.array()?;
        group::decompress(&bytes).ok_or_else(|| reader.error(DecodeErrorKind::Element))
    }
}

impl Encode for Scalar {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_bytes());
    }
}

impl Decode for Scalar {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = reader.array()?;
        group::decode_scalar(&bytes).ok_or_else(|| reader.error(DecodeErrorKind::Scalar))
    }
}

/// Derives the codec of a structure from its fields in order. A limit in brackets stands
/// for strings and lists, a second one for the items of a list; `header` for the magic of
/// a top-level object.
macro_rules! codec {
    (@read $reader:ident) => { $crate::encoding::Decode::decode($reader)? };
    (@read $reader:ident $limit:expr) => {
        $crate::encoding::DecodeLimited::decode_limited($reader, $limit)?
    };
    (@read $reader:ident $limit:expr; $item:expr) => { $reader.list($limit, $item)? };
    ($name:ident $(header $magic:literal)? {
        $($field:ident $([$limit:expr $(; $item:expr)?])?),* $(,)?
    }) => {
        impl $crate::encoding::Encode for $name {
            fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
                $($crate::encoding::put_header(out, *$magic);)?
                $($crate::encoding::Encode::encode(&self.$field, out);)*
            }
        }

        impl $crate::encoding::Decode for $name {
            fn decode(
                reader: &mut $crate::encoding::Reader<'_>,
            ) -> Result<Self, $crate::encoding::DecodeError> {
                $(reader.header(*$magic)?;)?
                $(let $field = $crate::encoding::codec!(@read reader $($limit $(; $item)?)?);)*
                Ok(Self { $($field),* })
            }
        }
    };
}
pub(crate) use codec;

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn refuses_lengths_before_allocating() {
        let mut bytes = vec![0xff; 8];
        let error = <Vec<u8> as DecodeLimited>::decode_limited(&mut Reader::new(&bytes), 10).unwrap_err();
        assert!(matches!(error.kind, DecodeErrorKind::TooLong { limit: 10, .. }));
        bytes = vec![200, 0, 0, 0, 0, 0, 0, 0, 1];
        let error = <Vec<u8> as DecodeLimited>::decode_limited(&mut Reader::new(&bytes), 1000).unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::Truncated);
    }

    #[test]
    fn refuses_trailing_and_bad_bools() {
        assert_eq!(bool::from_bytes(&[2]).unwrap_err().kind, DecodeErrorKind::Bool(2));
        assert_eq!(bool::from_bytes(&[1, 0]).unwrap_err().kind, DecodeErrorKind::Trailing);
        assert_eq!(u32::from_bytes(&[1, 0]).unwrap_err().kind, DecodeErrorKind::Truncated);
    }

    #[test]
    fn refuses_control_characters() {
        let encoded = String::from("a\u{85}b").to_bytes();
        let error = String::decode_limited(&mut Reader::new(&encoded), 10).unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::Control);
    }

    proptest::proptest! {
        #[test]
        fn strings_round_trip(text in "[^\\p{Cc}]{0,40}") {
            let encoded = text.to_bytes();
            let mut reader = Reader::new(&encoded);
            proptest::prop_assert_eq!(String::decode_limited(&mut reader, STRING).unwrap(), text);
            proptest::prop_assert!(reader.finish().is_ok());
        }
    }
}
