//! What the device makes of the password: the server never sees it.

use argon2::{Algorithm, Argon2, Params, Version};
use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::hash::tagged_hash;
use serde::Deserialize;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::error::{Error, Result};

/// Salt and cost, as the server says them.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Kdf {
    /// base64url.
    pub salt: String,
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// What is derived from a password.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Keys {
    auth: [u8; 32],
    wrap: [u8; 32],
}

impl core::fmt::Debug for Keys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keys {
    /// `k = Argon2id(p, salt)`; `auth = TH("auth", k)`, `wrap = TH("wrap", k)`.
    ///
    /// # Errors
    /// If salt or cost are outside of what Argon2 admits.
    pub fn derive(password: &str, kdf: &Kdf) -> Result<Self> {
        let bad = |why: &dyn core::fmt::Display| Error::Kdf(why.to_string());
        let salt = Base64UrlUnpadded::decode_vec(&kdf.salt).map_err(|_| bad(&"the salt is not base64url"))?;
        let params = Params::new(kdf.memory_kib, kdf.passes, kdf.lanes, Some(32)).map_err(|why| bad(&why))?;
        let mut key = Zeroizing::new([0u8; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(password.as_bytes(), &salt, key.as_mut())
            .map_err(|why| bad(&why))?;
        Ok(Self { auth: tagged_hash("auth", &[key.as_ref()]), wrap: tagged_hash("wrap", &[key.as_ref()]) })
    }

    /// What the server gets, base64url.
    #[must_use]
    pub fn expose_auth(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.auth)
    }

    /// What seals the first half on the device.
    pub(crate) fn wrap(&self) -> &[u8; 32] {
        &self.wrap
    }
}
