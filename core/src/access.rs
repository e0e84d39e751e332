//! How a voter's device gets in (`spec/server.md`, "Access"): the access link, and the two keys that a
//! password gives. Argon2id, which makes `k` of the password, is the caller's.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::credential::IssuedHalf;
use crate::encoding::DecodeError;
use crate::hash::tagged_hash;
use crate::secret::SecretBytes;

/// Bytes of the nonce before a sealed half.
const NONCE: usize = 24;

/// The personal link: `<site>#<half>.<token>`. The part after `#` never leaves the device whole:
/// the server gets the token, not the half.
pub struct AccessLink {
    half: Zeroizing<Vec<u8>>,
    token: Zeroizing<String>,
}

impl fmt::Debug for AccessLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessLink(..)")
    }
}

/// A link that gives no access. It repeats nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError {
    /// There is no `#`.
    Fragment,
    /// There is no token after the half.
    Token,
    /// The half is not base64url.
    Base64,
    /// The half does not decode.
    Half(DecodeError),
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fragment => f.write_str("the link has no fragment"),
            Self::Token => f.write_str("the link has no token"),
            Self::Base64 => f.write_str("the half is not base64url"),
            Self::Half(error) => write!(f, "the half: {error}"),
        }
    }
}

impl core::error::Error for LinkError {}

impl AccessLink {
    /// Reads a link.
    ///
    /// # Errors
    /// [`LinkError`] if it has no half and token after `#`.
    pub fn parse(link: &str) -> Result<Self, LinkError> {
        let (_, fragment) = link.split_once('#').ok_or(LinkError::Fragment)?;
        let (half, token) = fragment.split_once('.').ok_or(LinkError::Token)?;
        let half = Zeroizing::new(Base64UrlUnpadded::decode_vec(half).map_err(|_| LinkError::Base64)?);
        IssuedHalf::from_bytes(&half).map_err(LinkError::Half)?;
        if token.is_empty() {
            return Err(LinkError::Token);
        }
        Ok(Self { half, token: Zeroizing::new(token.to_owned()) })
    }

    /// The registrar's half.
    ///
    /// # Errors
    /// Never after [`AccessLink::parse`].
    pub fn half(&self) -> Result<IssuedHalf, LinkError> {
        IssuedHalf::from_bytes(&self.half).map_err(LinkError::Half)
    }

    /// The half as bytes, to seal on the device.
    #[must_use]
    pub fn expose_half(&self) -> &[u8] {
        &self.half
    }

    /// The one-time token.
    #[must_use]
    pub fn expose_token(&self) -> &str {
        &self.token
    }
}

/// What Argon2id costs, as the server says it. The server checks what comes of it, so that it must not be
/// able to make it cheap: neither for its own guesses nor for whoever steals what it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdfCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// Bytes of Argon2id's salt.
pub const KDF_SALT: usize = 16;

/// A cost or salt that a device does not compute with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KdfError {
    /// So little that guessing is cheap, or so much that the device cannot.
    Cost,
    /// The salt has not 16 bytes.
    Salt,
}

impl fmt::Display for KdfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cost => f.write_str("the cost is none that a device computes with"),
            Self::Salt => f.write_str("the salt has not 16 bytes"),
        }
    }
}

impl core::error::Error for KdfError {}

impl KdfCost {
    /// What a device refuses to go below.
    pub const LEAST: Self = Self { memory_kib: 19_456, passes: 2, lanes: 1 };
    /// What a device refuses to go above.
    pub const MOST: Self = Self { memory_kib: 65_536, passes: 8, lanes: 4 };

    /// Demands that cost and salt are such as a device computes with.
    ///
    /// # Errors
    /// [`KdfError`].
    pub fn verify(&self, salt: &[u8]) -> Result<(), KdfError> {
        let (least, most) = (Self::LEAST, Self::MOST);
        if !(least.memory_kib..=most.memory_kib).contains(&self.memory_kib)
            || !(least.passes..=most.passes).contains(&self.passes)
            || !(least.lanes..=most.lanes).contains(&self.lanes)
        {
            return Err(KdfError::Cost);
        }
        if salt.len() == KDF_SALT { Ok(()) } else { Err(KdfError::Salt) }
    }
}

/// What the device makes of a password: the server sees `auth` only.
#[derive(Debug)]
pub struct PasswordKeys {
    auth: SecretBytes,
    wrap: SecretBytes,
}

/// A half that does not open: sealed under another password, for another user, or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOpened;

impl fmt::Display for NotOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the half does not open with this password")
    }
}

impl core::error::Error for NotOpened {}

impl PasswordKeys {
    /// `auth = TH("auth", k)`, `wrap = TH("wrap", k)`.
    #[must_use]
    pub fn new(k: &SecretBytes) -> Self {
        let derive = |label| SecretBytes::new(tagged_hash(label, &[k.expose()]));
        Self { auth: derive("auth"), wrap: derive("wrap") }
    }

    /// What the server gets, base64url.
    #[must_use]
    pub fn expose_auth(&self) -> String {
        Base64UrlUnpadded::encode_string(self.auth.expose())
    }

    /// Seals the first half for storage on the device: a random nonce, then the ciphertext.
    ///
    /// # Errors
    /// [`NotOpened`] never happens for a half.
    pub fn seal(&self, user: &str, half: &[u8], rng: &mut (impl CryptoRng + ?Sized)) -> Result<Vec<u8>, NotOpened> {
        let mut nonce = [0u8; NONCE];
        rng.fill_bytes(&mut nonce);
        let payload = Payload { msg: half, aad: user.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| NotOpened)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`PasswordKeys::seal`] made, for the same user.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn open(&self, user: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(NotOpened)?;
        let payload = Payload { msg: sealed, aad: user.as_bytes() };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| NotOpened)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.wrap.expose().into())
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::ids::RollId;
    use crate::testing::signing_key;

    fn half() -> Zeroizing<Vec<u8>> {
        use crate::credential::{HalfRole, HalfSecrets};
        let secrets = HalfSecrets::generate(HalfRole::Registrar, &[2], &mut ChaCha20Rng::from_seed([1; 32]));
        secrets.issue(&RollId([2; 32]), 0, 1, &signing_key("registrar")).unwrap().expose_bytes()
    }

    #[test]
    fn a_link_gives_half_and_token() {
        let half = half();
        let text = Base64UrlUnpadded::encode_string(&half);
        let link = AccessLink::parse(&format!("https://voto.example/#{text}.abc")).unwrap();
        assert_eq!(link.expose_half(), half.as_slice());
        assert_eq!(link.half().unwrap().place(), 1);
        assert_eq!(link.expose_token(), "abc");
        assert_eq!(format!("{link:?}"), "AccessLink(..)");
        assert_eq!(AccessLink::parse(&format!("#{text}.")).unwrap_err(), LinkError::Token);
        assert_eq!(AccessLink::parse(&format!("#{text}")).unwrap_err(), LinkError::Token);
        assert_eq!(AccessLink::parse("https://voto.example/").unwrap_err(), LinkError::Fragment);
        assert_eq!(AccessLink::parse("#~.abc").unwrap_err(), LinkError::Base64);
        let refused = AccessLink::parse("#AAAA.abc").unwrap_err();
        assert!(matches!(refused, LinkError::Half(_)));
        assert!(!refused.to_string().contains("abc"));
    }

    #[test]
    fn a_cost_outside_of_the_bounds_is_refused() {
        let cost = |memory_kib, passes, lanes| KdfCost { memory_kib, passes, lanes };
        for good in [cost(19_456, 2, 1), cost(65_536, 8, 4), cost(32_768, 3, 1)] {
            assert_eq!(good.verify(&[7; 16]), Ok(()));
            assert_eq!(good.verify(&[7; 15]), Err(KdfError::Salt));
            assert_eq!(good.verify(&[7; 17]), Err(KdfError::Salt));
            assert_eq!(good.verify(&[]), Err(KdfError::Salt));
        }
        for bad in [
            cost(19_455, 2, 1),
            cost(65_537, 2, 1),
            cost(19_456, 1, 1),
            cost(19_456, 9, 1),
            cost(19_456, 2, 0),
            cost(19_456, 2, 5),
            cost(u32::MAX, u32::MAX, u32::MAX),
        ] {
            assert_eq!(bad.verify(&[7; 16]), Err(KdfError::Cost), "{bad:?}");
        }
    }

    #[test]
    fn a_half_opens_for_its_user_and_password_only() {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let (right, other) =
            (PasswordKeys::new(&SecretBytes::new([1; 32])), PasswordKeys::new(&SecretBytes::new([2; 32])));
        let half = half();
        let sealed = right.seal("ana", &half, &mut rng).unwrap();
        assert_eq!(sealed.len(), 148);
        assert_ne!(sealed, right.seal("ana", &half, &mut rng).unwrap());
        assert_eq!(right.open("ana", &sealed).unwrap(), half);
        assert_eq!(right.open("eva", &sealed), Err(NotOpened));
        assert_eq!(other.open("ana", &sealed), Err(NotOpened));
        assert_eq!(right.open("ana", &sealed[..23]), Err(NotOpened));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(right.open("ana", &changed), Err(NotOpened), "byte {at}");
        }
        assert_eq!(right.expose_auth(), Base64UrlUnpadded::encode_string(&tagged_hash("auth", &[&[1; 32]])));
        assert!(!format!("{right:?}").contains('1'));
    }
}
