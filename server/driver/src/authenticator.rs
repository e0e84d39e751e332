//! An authenticator application: six digits every 30 seconds from the seed in the QR code.

use totp_rs::Totp;

use crate::error::{Error, Result};

/// What the application keeps.
#[derive(Clone)]
pub struct Authenticator(Totp);

impl core::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Authenticator(..)")
    }
}

impl Authenticator {
    /// From the `otpauth:` address of the QR code.
    ///
    /// # Errors
    /// If it is none.
    pub fn scan(uri: &str) -> Result<Self> {
        Totp::from_url(uri).map(Self).map_err(|why| Error::Authenticator(why.to_string()))
    }

    /// The code at a time, in seconds since 1970.
    #[must_use]
    pub fn code(&self, now: i64) -> String {
        self.0.generate(u64::try_from(now).unwrap_or(0)).to_string()
    }
}
