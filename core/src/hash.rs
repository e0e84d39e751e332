//! Tagged SHA-256 (`spec/notation.md`): one function, so that no two uses of the hash
//! can be confused.

use sha2::{Digest, Sha256};

/// Stands before every label.
pub(crate) const DOMAIN: &[u8] = b"escrutinio/v1/";

/// 32 bytes of SHA-256.
pub type Hash = [u8; 32];

/// `SHA-256("escrutinio/v1/" || label || 0x00 || parts..)`.
#[must_use]
pub fn tagged_hash(label: &str, parts: &[&[u8]]) -> Hash {
    let mut hasher = TaggedHasher::new(label);
    for part in parts {
        hasher.update(part);
    }
    hasher.finish()
}

/// The same, for data that comes in pieces.
#[derive(Clone, Debug)]
pub struct TaggedHasher(Sha256);

impl TaggedHasher {
    /// Starts a hash under a label.
    #[must_use]
    pub fn new(label: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(DOMAIN);
        hasher.update(label.as_bytes());
        hasher.update([0]);
        Self(hasher)
    }

    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all pieces.
    #[must_use]
    pub fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

/// Plain SHA-256, for files and the Merkle tree.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}
