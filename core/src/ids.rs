//! What proofs and messages are bound to: one type per hash, so that none stands for another.

use core::fmt;

use crate::encoding::{Decode, DecodeError, Encode, Reader};
use crate::hash::Hash;

macro_rules! hash_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub Hash);

        impl $name {
            /// The 32 bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &Hash {
                &self.0
            }
        }

        impl Encode for $name {
            fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
                out.extend_from_slice(&self.0);
            }
        }

        impl Decode for $name {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(Self(reader.array()?))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(f, &self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    )*};
}

hash_ids! {
    /// Hash of the frozen manifest.
    ManifestHash;
    /// Hash of the manifest and the frozen roll commitment: context of credential proofs.
    RollId;
    /// Hash of the manifest and the ceremony number: context of key generation.
    SetupId;
    /// Hash of everything that was fixed before the first ballot: context of all that follows.
    ElectionId;
    /// Hash of an encrypted ballot, which the voter keeps.
    TrackingCode;
    /// Binds a ballot to a credential that stays hidden until the ballot is cast: `u` of the specification.
    CredentialBinding;
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> alloc::string::String {
    use core::fmt::Write;
    let mut out = alloc::string::String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Number of a custodian: a non-zero evaluation point, from 1 to 16.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CustodianIndex(u32);

impl CustodianIndex {
    /// The most custodians that an election can have.
    pub const MAX: u32 = 16;

    /// `None` unless 1 <= index <= 16.
    #[must_use]
    pub fn new(index: u32) -> Option<Self> {
        (1..=Self::MAX).contains(&index).then_some(Self(index))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for CustodianIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Encode for CustodianIndex {
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        self.0.encode(out);
    }
}

impl Decode for CustodianIndex {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let value = u32::decode(reader)?;
        Self::new(value).ok_or_else(|| reader.error(crate::encoding::DecodeErrorKind::Index(value)))
    }
}
