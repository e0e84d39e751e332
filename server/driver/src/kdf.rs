//! What the device makes of the password: the server never sees it.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::access::{KdfCost, PasswordKeys};
use escrutinio_core::secret::SecretBytes;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::access::Cost;
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

/// What a password gives for an account; at another cost than the served one if `instead` says so.
///
/// # Errors
/// If salt or cost are none that a device computes with ([`KdfCost::verify`]).
pub fn derive(password: &str, kdf: &Kdf, instead: Option<Cost>) -> Result<PasswordKeys> {
    let bad = |why: &dyn core::fmt::Display| Error::Kdf(why.to_string());
    let salt = Base64UrlUnpadded::decode_vec(&kdf.salt).map_err(|_| bad(&"the salt is not base64url"))?;
    let served = KdfCost { memory_kib: kdf.memory_kib, passes: kdf.passes, lanes: kdf.lanes };
    served.verify(&salt).map_err(|why| bad(&why))?;
    let Cost { memory_kib, passes } = instead.unwrap_or(Cost { memory_kib: served.memory_kib, passes: served.passes });
    let params = Params::new(memory_kib, passes, served.lanes, Some(32)).map_err(|why| bad(&why))?;
    let mut key = Zeroizing::new([0u8; 32]);
    let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.as_bytes(), &salt, key.as_mut(), memory.as_mut_slice())
        .map_err(|why| bad(&why))?;
    Ok(PasswordKeys::new(&SecretBytes::new(*key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_says_has_bounds() {
        let kdf = |salt: &str, memory_kib, passes| Kdf { salt: salt.to_owned(), memory_kib, passes, lanes: 1 };
        let salt = "c2FsdHNhbHRzYWx0c2FsdA";
        let good = derive("clave", &kdf(salt, 19_456, 2), None).unwrap();
        let cheap = Some(Cost { memory_kib: 8, passes: 1 });
        let cheaper = derive("clave", &kdf(salt, 19_456, 2), cheap).unwrap();
        assert_ne!(good.expose_auth(), cheaper.expose_auth());
        for bad in [kdf(salt, 8, 1), kdf(salt, 1 << 20, 2), kdf("c2FsdA", 19_456, 2), kdf("", 19_456, 2)] {
            assert!(matches!(derive("clave", &bad, None), Err(Error::Kdf(_))), "{bad:?}");
            assert!(matches!(derive("clave", &bad, cheap), Err(Error::Kdf(_))), "{bad:?}");
        }
    }
}
