//! What the device makes of the password: the server never sees it.

use argon2::{Algorithm, Argon2, Params, Version};
use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::access::PasswordKeys;
use escrutinio_core::secret::SecretBytes;
use serde::Deserialize;
use zeroize::Zeroizing;

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

/// What a password gives for an account.
///
/// # Errors
/// If salt or cost are outside of what Argon2 admits.
pub fn derive(password: &str, kdf: &Kdf) -> Result<PasswordKeys> {
    let bad = |why: &dyn core::fmt::Display| Error::Kdf(why.to_string());
    let salt = Base64UrlUnpadded::decode_vec(&kdf.salt).map_err(|_| bad(&"the salt is not base64url"))?;
    let params = Params::new(kdf.memory_kib, kdf.passes, kdf.lanes, Some(32)).map_err(|why| bad(&why))?;
    let mut key = Zeroizing::new([0u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), &salt, key.as_mut())
        .map_err(|why| bad(&why))?;
    Ok(PasswordKeys::new(&SecretBytes::new(*key)))
}
