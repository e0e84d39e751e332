//! Texts that a client sends and nobody else may read: tokens, codes, authentication keys.

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A secret text: never printed, wiped when dropped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Bytes, as base64url without padding.
    #[must_use]
    pub fn encode(bytes: &[u8]) -> Self {
        Self(Base64UrlUnpadded::encode_string(bytes))
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The bytes that it is the base64url of; `None` if it is not.
    #[must_use]
    pub fn decode(&self) -> Option<Zeroizing<Vec<u8>>> {
        Base64UrlUnpadded::decode_vec(&self.0).ok().map(Zeroizing::new)
    }

    /// The same, if they are `N` bytes.
    #[must_use]
    pub fn decode_array<const N: usize>(&self) -> Option<Zeroizing<[u8; N]>> {
        let bytes = self.decode()?;
        <[u8; N]>::try_from(bytes.as_slice()).ok().map(Zeroizing::new)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl utoipa::PartialSchema for Secret {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        String::schema()
    }
}

impl utoipa::ToSchema for Secret {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_printed() {
        assert_eq!(format!("{:?}", Secret::new("123456".into())), "Secret(..)");
    }

    #[test]
    fn there_is_one_spelling_of_bytes() {
        let secret = Secret::encode(&[1; 32]);
        assert_eq!(secret.decode_array::<32>().as_deref(), Some(&[1; 32]));
        assert!(secret.decode_array::<31>().is_none());
        for other in ["AQ==", "AR", "A+", "A", " AQ", "AQ\n"] {
            assert!(Secret::new(other.into()).decode().is_none(), "{other:?}");
        }
        assert!(Secret::new("AQ".into()).decode().is_some());
    }
}
