//! Secrets at rest. A password makes a key with Argon2id; the content is sealed with
//! XChaCha20-Poly1305; everything before the ciphertext is authenticated with it.
//!
//! ```text
//! "ESEALED1"  kind: u32  memory KiB: u32  passes: u32  lanes: u32  salt: u8[16]  nonce: u8[24]  ciphertext
//! ```
//!
//! A wrong password, a damaged file and a file of another kind give one and the same
//! answer.

use std::path::Path;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use escrutinio_core::encoding::{Encode, Reader};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::files;

const MAGIC: &[u8; 8] = b"ESEALED1";
const HEADER: usize = 8 + 16 + 16 + 24;

/// What a sealed file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The signing key of a person or machine.
    SigningKey,
    /// What a custodian keeps between the rounds of a key ceremony.
    Round,
    /// A custodian's key share.
    Share,
    /// The entries of the roll with the salts of their commitments.
    Roll,
    /// Half credentials of the registrar or the server.
    Halves,
    /// The accounts that the server opens.
    Accounts,
    /// The keys with which the casting server seals what it keeps.
    ServerKeys,
    /// Changes of accounts: requests of the server, new tokens of the registrar.
    AccountUpdate,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::SigningKey,
        Self::Round,
        Self::Share,
        Self::Roll,
        Self::Halves,
        Self::Accounts,
        Self::ServerKeys,
        Self::AccountUpdate,
    ];

    fn number(self) -> u32 {
        match self {
            Self::SigningKey => 1,
            Self::Round => 2,
            Self::Share => 3,
            Self::Roll => 4,
            Self::Halves => 5,
            Self::Accounts => 6,
            Self::ServerKeys => 7,
            Self::AccountUpdate => 8,
        }
    }

    /// The kind that a file says it is; not authenticated.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<8>()?;
        let number = u32::from_le_bytes(*rest.first_chunk()?);
        (magic == MAGIC).then(|| Self::ALL.into_iter().find(|kind| kind.number() == number))?
    }
}

/// How dear a guess is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    memory: u32,
    passes: u32,
    lanes: u32,
}

/// 64 MiB, three passes: the second recommendation of RFC 9106, on one lane.
const COST: Cost = Cost { memory: 64 * 1024, passes: 3, lanes: 1 };

impl Cost {
    /// A file must not ask for so little that it is no protection, nor for so much that it
    /// exhausts the machine.
    fn acceptable(self) -> bool {
        (8 * 1024..=1024 * 1024).contains(&self.memory)
            && (1..=16).contains(&self.passes)
            && (1..=4).contains(&self.lanes)
    }

    fn key(self, password: &str, salt: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let params = Params::new(self.memory, self.passes, self.lanes, Some(32)).ok()?;
        let mut key = Zeroizing::new([0u8; 32]);
        // The key follows from the last blocks: what is given back to the heap must not hold them.
        let mut memory = Zeroizing::new(Vec::new());
        memory.try_reserve_exact(params.block_count()).ok()?;
        memory.resize(params.block_count(), Block::default());
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password.as_bytes(), salt, key.as_mut(), memory.as_mut_slice())
            .ok()?;
        Some(key)
    }
}

/// Seals bytes under a password.
///
/// # Errors
/// If the machine cannot give the memory that the key takes.
pub fn seal(rng: &mut dyn CryptoRng, kind: Kind, password: &str, content: &[u8]) -> Result<Vec<u8>> {
    let mut salt = [0u8; 16];
    let mut nonce = [0u8; 24];
    rng.fill_bytes(&mut salt);
    rng.fill_bytes(&mut nonce);
    let mut out = MAGIC.to_vec();
    kind.number().encode(&mut out);
    COST.memory.encode(&mut out);
    COST.passes.encode(&mut out);
    COST.lanes.encode(&mut out);
    out.extend_from_slice(&salt);
    out.extend_from_slice(&nonce);
    let sealed = COST
        .key(password, &salt)
        .and_then(|key| {
            let cipher = XChaCha20Poly1305::new((&*key).into());
            cipher.encrypt((&nonce).into(), Payload { msg: content, aad: &out }).ok()
        })
        .ok_or(Error::Seal)?;
    out.extend_from_slice(&sealed);
    Ok(out)
}

fn open_bytes(kind: Kind, password: &str, bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (header, ciphertext) = bytes.split_at_checked(HEADER)?;
    let mut reader = Reader::new(header);
    let magic: [u8; 8] = reader.array().ok()?;
    let mut number = || reader.array().ok().map(u32::from_le_bytes);
    let found = number()?;
    let cost = Cost { memory: number()?, passes: number()?, lanes: number()? };
    let salt: [u8; 16] = reader.array().ok()?;
    let nonce: [u8; 24] = reader.array().ok()?;
    if magic != *MAGIC || found != kind.number() || !cost.acceptable() {
        return None;
    }
    let key = cost.key(password, &salt)?;
    let cipher = XChaCha20Poly1305::new((&*key).into());
    cipher.decrypt((&nonce).into(), Payload { msg: ciphertext, aad: header }).ok().map(Zeroizing::new)
}

/// Opens bytes that [`seal`] made.
///
/// # Errors
/// One and the same for a wrong password, damage and another kind.
pub fn open(kind: Kind, password: &str, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    open_bytes(kind, password, bytes).ok_or(Error::Open)
}

/// Seals into a new file that only its owner can read.
///
/// # Errors
/// If the file exists or cannot be written.
pub fn write(rng: &mut dyn CryptoRng, path: &Path, kind: Kind, password: &str, content: &[u8]) -> Result<()> {
    files::write_secret(path, &seal(rng, kind, password, content)?)
}

/// Opens a sealed file.
///
/// # Errors
/// If it cannot be read, and as [`open`].
pub fn read(path: &Path, kind: Kind, password: &str) -> Result<Zeroizing<Vec<u8>>> {
    open(kind, password, &files::read(path)?)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn sealed() -> Vec<u8> {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        seal(&mut rng, Kind::Share, "diez letras", b"the share").unwrap()
    }

    fn refused(kind: Kind, password: &str, bytes: &[u8]) -> bool {
        matches!(open(kind, password, bytes), Err(Error::Open))
    }

    #[test]
    fn opens_with_the_password_only() {
        let bytes = sealed();
        assert_eq!(*open(Kind::Share, "diez letras", &bytes).unwrap(), b"the share");
        assert!(refused(Kind::Share, "diez letraz", &bytes));
        assert!(refused(Kind::Round, "diez letras", &bytes));
        assert!(refused(Kind::Share, "diez letras", &bytes[..20]));
        assert_eq!(Kind::of(&bytes), Some(Kind::Share));
    }

    #[test]
    fn every_changed_byte_is_the_same_answer() {
        let bytes = sealed();
        // The salt's and ciphertext's bytes cost a derivation each: a few of them.
        for at in [0, 8, 12, 13, 14, 15, 16, 19, 20, 24, 39, 40, 63, 64, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[at] ^= 0x80;
            assert!(refused(Kind::Share, "diez letras", &changed), "byte {at}");
        }
    }

    #[test]
    fn refuses_costs_out_of_bounds_without_paying_them() {
        let mut bytes = sealed();
        bytes[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(refused(Kind::Share, "diez letras", &bytes));
        bytes[12..16].copy_from_slice(&8u32.to_le_bytes());
        assert!(refused(Kind::Share, "diez letras", &bytes));
    }

    #[test]
    fn every_kind_has_its_number() {
        for (kind, number) in Kind::ALL.into_iter().zip(1..) {
            assert_eq!(kind.number(), number);
        }
        assert_eq!(Kind::of(b"ESEALED1\x08\0\0\0"), Some(Kind::AccountUpdate));
        assert_eq!(Kind::of(b"ESEALED1\x09\0\0\0"), None);
    }
}
