//! The same log twice: made by our code, and made by the crates `tlog_tiles` and `signed_note`,
//! which share none with it. The tests demand that each accepts what the other made and refuses
//! what was changed.
//!
//! Those crates write tile paths with the height of the tiles, as Go's checksum database does; C2SP
//! tlog-tiles leaves it out and says `entries` where they say `data` ([`c2sp_path`]). They have no code
//! for cosignatures: [`Witness`] adds it through their own traits.

use ed25519_dalek::{Signer as _, SigningKey as TheirKey, VerifyingKey as TheirPublic};
use escrutinio_core::hash::Hash;
use escrutinio_core::secret::SecretBytes;
use escrutinio_core::signature::SigningKey;
use tlog_tiles::{HashReader, Tile, stored_hash_count, stored_hashes, tree_hash};

/// Height of the tiles of tlog-tiles.
pub const HEIGHT: u8 = 8;

/// A log as the other implementation keeps it: every hash that it stores, in its order.
pub struct TheirLog(Vec<tlog_tiles::Hash>);

impl HashReader for TheirLog {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let read = |index: &u64| usize::try_from(*index).ok().and_then(|index| self.0.get(index).copied());
        indexes.iter().map(|index| read(index).ok_or(tlog_tiles::Error::IndexesNotInTree)).collect()
    }
}

impl TheirLog {
    /// Of entries.
    ///
    /// # Panics
    /// If the other implementation fails.
    #[must_use]
    pub fn of(entries: &[Vec<u8>]) -> Self {
        let mut log = Self(Vec::new());
        for (number, entry) in (0..).zip(entries) {
            let more = stored_hashes(number, entry, &log).expect("their own hashes");
            log.0.extend(more);
            assert_eq!(stored_hash_count(number + 1), u64::try_from(log.0.len()).expect("a count"));
        }
        log
    }

    /// The root of the first entries.
    ///
    /// # Panics
    /// If the other implementation fails.
    #[must_use]
    pub fn root(&self, size: u64) -> Hash {
        tree_hash(size, self).expect("their own hashes").0
    }
}

/// Entries of lengths from none to some hundred bytes.
#[must_use]
pub fn entries(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(|i| i.to_string().repeat(usize::try_from(i % 97).unwrap_or(0)).into_bytes()).collect()
}

/// Hashes in the form of the other implementation.
#[must_use]
pub fn theirs(path: &[Hash]) -> Vec<tlog_tiles::Hash> {
    path.iter().map(|hash| tlog_tiles::Hash(*hash)).collect()
}

/// And back.
#[must_use]
pub fn ours(path: &[tlog_tiles::Hash]) -> Vec<Hash> {
    path.iter().map(|hash| hash.0).collect()
}

/// The path of one of their tiles as C2SP writes it.
///
/// # Panics
/// If they write it otherwise.
#[must_use]
pub fn c2sp_path(tile: &Tile) -> String {
    let path = tile.path();
    let rest = path.strip_prefix("tile/8/").expect("the height comes first");
    format!("tile/{}", rest.replacen("data/", "entries/", 1))
}

/// Our key of a seed.
#[must_use]
pub fn our_key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&SecretBytes::new([seed; 32]))
}

/// The same key in their hands.
#[must_use]
pub fn their_key(seed: u8) -> TheirKey {
    TheirKey::from_bytes(&[seed; 32])
}

/// A witness (C2SP tlog-cosignature, v1) for the other implementation.
pub struct Witness {
    /// Its name.
    pub name: String,
    /// Its key, to sign.
    pub key: TheirKey,
    /// The time with which it signs.
    pub time: u64,
}

impl Witness {
    fn message(time: u64, text: &[u8]) -> Vec<u8> {
        [format!("cosignature/v1\ntime {time}\n").as_bytes(), text].concat()
    }

    fn id(&self) -> u32 {
        signed_note::key_id(&self.name, &[&[0x04], self.key.verifying_key().to_bytes().as_slice()].concat())
    }
}

impl signed_note::Signer for Witness {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id()
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let signature = self.key.try_sign(&Self::message(self.time, text))?;
        Ok([self.time.to_be_bytes().as_slice(), &signature.to_bytes()].concat())
    }
}

impl signed_note::Verifier for Witness {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id()
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let parse = || {
            let (time, signature) = signature.split_first_chunk()?;
            let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
            Some((u64::from_be_bytes(*time), signature))
        };
        let public: TheirPublic = self.key.verifying_key();
        parse().is_some_and(|(time, signature)| public.verify_strict(&Self::message(time, text), &signature).is_ok())
    }
}
