//! The server's own keys, of which the box key is destroyed after the close (`spec/server.md`,
//! Keys).

use core::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of the file's content: roll key, access key, box key.
pub const LENGTH: usize = 96;
/// Bytes of a nonce, which stands before the ciphertext.
const NONCE: usize = 24;

type Key = Zeroizing<[u8; 32]>;

/// What was sealed does not open: another key, another place, or other bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open: it was changed, moved, or sealed under another key")]
pub struct BadSeal;

fn hmac(key: &[u8; 32], data: &[u8]) -> [u8; 32] {
    #[expect(
        clippy::expect_used,
        reason = "no answer is better than one under another key; HMAC takes keys of every length"
    )]
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes 32 bytes");
    mac.chain_update(data).finalize().into_bytes().into()
}

/// The sub-key of a label.
fn derive(key: &[u8; 32], label: &str) -> Key {
    Zeroizing::new(hmac(key, label.as_bytes()))
}

/// Seals values and makes tags, under sub-keys of one key.
struct Cipher {
    key: Key,
    aead: XChaCha20Poly1305,
}

impl Cipher {
    fn new(key: &[u8; 32]) -> Self {
        Self { key: Zeroizing::new(*key), aead: XChaCha20Poly1305::new((&*derive(key, "seal")).into()) }
    }

    fn seal(&self, aad: &[u8], plain: &[u8], rng: &mut (impl CryptoRng + ?Sized)) -> Vec<u8> {
        let mut nonce = [0u8; NONCE];
        rng.fill_bytes(&mut nonce);
        let payload = Payload { msg: plain, aad };
        // It fails only on more than 256 GiB.
        let sealed = self.aead.encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        [nonce.as_slice(), &sealed].concat()
    }

    fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, BadSeal> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(BadSeal)?;
        let payload = Payload { msg: sealed, aad };
        self.aead.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| BadSeal)
    }

    fn mac(&self, label: &str, data: &[u8]) -> [u8; 32] {
        hmac(&derive(&self.key, label), data)
    }
}

macro_rules! ciphers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        pub struct $name(Cipher);

        impl $name {
            /// From its key.
            #[must_use]
            pub fn new(key: &[u8; 32]) -> Self {
                Self(Cipher::new(key))
            }

            /// Seals a value for a place: the associated data names it.
            #[must_use]
            pub fn seal(&self, aad: &[u8], plain: &[u8], rng: &mut (impl CryptoRng + ?Sized)) -> Vec<u8> {
                self.0.seal(aad, plain, rng)
            }

            /// Opens a value of a place.
            ///
            /// # Errors
            /// [`BadSeal`] if it was not sealed there under this key.
            pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, BadSeal> {
                self.0.open(aad, sealed)
            }

            /// HMAC-SHA256 under the sub-key of a label.
            #[must_use]
            pub fn mac(&self, label: &str, data: &[u8]) -> [u8; 32] {
                self.0.mac(label, data)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}

ciphers! {
    /// Personal data, second halves, seeds of authenticators.
    RollCipher;
    /// Salts, attempts and sessions in flight.
    AccessCipher;
    /// Everything about a ballot that is not on the board yet.
    BoxCipher;
}

/// The three keys.
#[derive(Debug)]
pub struct ServerKeys {
    roll: RollCipher,
    access: AccessCipher,
    ballots: RwLock<Option<Arc<BoxCipher>>>,
}

impl ServerKeys {
    /// Draws the content of a new file: three keys.
    #[must_use]
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Zeroizing<[u8; LENGTH]> {
        let mut keys = Zeroizing::new([0u8; LENGTH]);
        rng.fill_bytes(keys.as_mut_slice());
        keys
    }

    /// From the content of a file. A box key of zeros was destroyed.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; LENGTH]) -> Self {
        let (keys, _) = bytes.as_chunks::<32>();
        let [roll, access, ballots] = keys else { unreachable!("96 bytes are three keys") };
        let ballots = (*ballots != [0; 32]).then(|| Arc::new(BoxCipher::new(ballots)));
        Self { roll: RollCipher::new(roll), access: AccessCipher::new(access), ballots: RwLock::new(ballots) }
    }

    /// Seals what belongs to persons.
    #[must_use]
    pub fn roll(&self) -> &RollCipher {
        &self.roll
    }

    /// Seals what belongs to attempts.
    #[must_use]
    pub fn access(&self) -> &AccessCipher {
        &self.access
    }

    /// Seals ballots; `None` once the key is destroyed.
    #[must_use]
    pub fn ballots(&self) -> Option<Arc<BoxCipher>> {
        self.ballots.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets the box key: it is wiped when whoever uses it now is done.
    pub fn forget_ballots(&self) {
        *self.ballots.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    #[test]
    fn a_value_opens_at_its_place_only() {
        let keys = ServerKeys::from_bytes(&ServerKeys::generate(&mut random::system()));
        let sealed = keys.roll().seal(b"accounts person 1", b"name", &mut random::system());
        assert_eq!(keys.roll().open(b"accounts person 1", &sealed).unwrap().as_slice(), b"name");
        assert_eq!(keys.roll().open(b"accounts person 2", &sealed), Err(BadSeal));
        assert_eq!(keys.access().open(b"accounts person 1", &sealed), Err(BadSeal));
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(keys.roll().open(b"accounts person 1", &changed), Err(BadSeal));
        }
        assert_eq!(keys.roll().open(b"", b"short"), Err(BadSeal));
        assert_ne!(sealed, keys.roll().seal(b"accounts person 1", b"name", &mut random::system()));
    }

    #[test]
    fn tags_differ_by_label_and_key() {
        let keys = ServerKeys::from_bytes(&[7; LENGTH]);
        let tag = |label| keys.ballots().unwrap().mac(label, b"x");
        assert_eq!(tag("code"), tag("code"));
        assert_ne!(tag("code"), tag("nonce"));
        // The label makes a key of its own.
        assert_ne!(keys.roll().mac("ab", b"c"), keys.roll().mac("a", b"bc"));
    }

    #[test]
    fn a_destroyed_box_key_is_none() {
        let mut bytes = [7; LENGTH];
        bytes[64..].fill(0);
        assert!(ServerKeys::from_bytes(&bytes).ballots().is_none());
        let keys = ServerKeys::from_bytes(&[7; LENGTH]);
        keys.forget_ballots();
        assert!(keys.ballots().is_none());
        assert!(!format!("{:?}", ServerKeys::from_bytes(&[7; LENGTH])).contains('7'));
    }
}
