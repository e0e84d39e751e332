//! What the server knows of a person, sealed under the roll key.

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::StoreError;
use super::roll::{AccountNumber, aad};
use crate::keys::RollCipher;
use crate::random;

/// The column `person`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Name.
    pub name: String,
    /// Clave de Elector.
    pub clave: String,
    /// Entity.
    pub entity: String,
    /// E-mail address.
    pub email: String,
    /// Telephone, digits.
    pub phone: String,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(..)")
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        for text in [&mut self.name, &mut self.clave, &mut self.entity, &mut self.email, &mut self.phone] {
            text.zeroize();
        }
    }
}

/// By what an address or a number is found in `contacts`. Addresses differ by more than capitals (R-ROLL-04).
#[must_use]
pub fn contact_tag(cipher: &RollCipher, value: &str) -> [u8; 32] {
    cipher.mac("contact-tag", value.to_lowercase().as_bytes())
}

impl Person {
    /// The tags of address and number.
    #[must_use]
    pub fn contact_tags(&self, cipher: &RollCipher) -> Vec<[u8; 32]> {
        [&self.email, &self.phone].map(|value| contact_tag(cipher, value)).to_vec()
    }

    /// Seals it for an account.
    #[must_use]
    pub fn seal(&self, cipher: &RollCipher, account: AccountNumber) -> Vec<u8> {
        // Strings always have a JSON form.
        let plain = Zeroizing::new(serde_json::to_vec(self).unwrap_or_default());
        cipher.seal(&aad("person", account), &plain, &mut random::system())
    }

    /// Opens the column of an account.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it was not sealed there.
    pub fn open(cipher: &RollCipher, account: AccountNumber, sealed: &[u8]) -> Result<Self, StoreError> {
        let broken = || StoreError::corrupt("the data of a person do not open");
        let plain = cipher.open(&aad("person", account), sealed).map_err(|_| broken())?;
        serde_json::from_slice(&plain).map_err(|_| broken())
    }
}
