//! The roll: personal data that is never published, and the commitment that is.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::board::MerkleTree;
use crate::encoding::{Encode, STRING, codec};
use crate::hash::{Hash, tagged_hash};
use crate::ids::{ManifestHash, RollId};
use crate::manifest::{ValidManifest, coded};
use crate::signature::{BadSignature, Signature, SigningKey, VerifyingKey};

/// Bytes of a signature at the end of a record.
pub(super) const SIGNATURE: usize = 64;
/// Most versions of a roll.
const VERSIONS: usize = 64;
/// Most credential lists.
pub(super) const LISTS: usize = 4096;

/// One entry of the roll: personal data, wiped when dropped and never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RollEntry {
    /// Random, so that nobody tries values against the commitment.
    pub salt: [u8; 32],
    /// The credential list of the entry.
    pub list: u32,
    /// The person's name.
    pub name: String,
    /// The voter key of the credential card.
    pub clave: String,
    /// The number read from the card.
    pub ocr: String,
    /// The card's own number.
    pub cic: String,
    /// The entity.
    pub entity: String,
    /// The address for mail.
    pub email: String,
    /// The telephone.
    pub phone: String,
}

impl fmt::Debug for RollEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RollEntry(..)")
    }
}

impl RollEntry {
    /// Draws the salt of an entry.
    #[must_use]
    pub fn draw_salt(rng: &mut (impl CryptoRng + ?Sized)) -> [u8; 32] {
        let mut salt = [0; 32];
        rng.fill_bytes(&mut salt);
        salt
    }

    /// The leaf that commits to the entry.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        let fields = [&self.name, &self.clave, &self.ocr, &self.cic, &self.entity, &self.email, &self.phone];
        let room = fields.iter().fold(36usize, |room, field| room.saturating_add(field.len()).saturating_add(8));
        // All the room at once: a buffer that grows leaves copies behind.
        let mut data = Zeroizing::new(Vec::with_capacity(room));
        data.extend_from_slice(&self.salt);
        self.list.encode(&mut data);
        fields.iter().for_each(|field| field.encode(&mut data));
        tagged_hash("roll-entry", &[&data])
    }
}

/// The root over the commitments of all entries, list by list, in roll order.
#[must_use]
pub fn roll_root(commitments: impl IntoIterator<Item = Hash>) -> Hash {
    let mut tree = MerkleTree::new();
    for commitment in commitments {
        tree.push(&commitment);
    }
    tree.root()
}

/// Puts entries in an order drawn at random (Fisher and Yates).
pub fn draw_order<T>(entries: &mut [T], rng: &mut (impl CryptoRng + ?Sized)) {
    for last in (1..entries.len()).rev() {
        entries.swap(last, below(last.saturating_add(1), rng));
    }
}

/// A uniform number below `bound`.
fn below(bound: usize, rng: &mut (impl CryptoRng + ?Sized)) -> usize {
    let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
    // Draws above the last multiple of the bound would favour small numbers.
    let limit = u64::MAX.saturating_sub(u64::MAX.checked_rem(bound).unwrap_or(0));
    loop {
        let draw = rng.next_u64();
        if draw < limit {
            return usize::try_from(draw.checked_rem(bound).unwrap_or(0)).unwrap_or(0);
        }
    }
}

coded! {
    /// What a version of the roll is.
    VersionKind {
        /// The roll as it was delivered first.
        Base = 0,
        /// Entries added later.
        Addendum = 1,
    }
}

/// One delivery of the roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollVersion {
    /// Base or addendum.
    pub kind: VersionKind,
    /// Reference of the delivery, dictamen or resolution.
    pub document: String,
    /// SHA-256 of the delivered file.
    pub file: Hash,
    /// Entries that it added.
    pub entries: u32,
    /// When it was loaded, in seconds since 1970.
    pub at: i64,
    /// Hash of this version and all before it.
    pub chain: Hash,
}

codec!(RollVersion { kind, document [STRING], file, entries, at, chain });

impl RollVersion {
    /// Sets the chain that follows from the version before, or from the manifest for the first.
    #[must_use]
    pub fn chained(mut self, manifest: &ManifestHash, previous: Option<&Self>) -> Self {
        self.chain = self.expected_chain(previous.map_or(manifest.as_bytes(), |version| &version.chain));
        self
    }

    fn expected_chain(&self, previous: &Hash) -> Hash {
        let mut fields = self.to_bytes();
        fields.truncate(fields.len().saturating_sub(self.chain.len()));
        tagged_hash("roll-version", &[previous, &fields])
    }
}

/// What is published of the roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollRecord {
    /// The manifest.
    pub manifest_hash: ManifestHash,
    /// The base roll and the addenda.
    pub versions: Vec<RollVersion>,
    /// Entries per credential list of the manifest.
    pub counts: Vec<u32>,
    /// Root over the entries' commitments.
    pub root: Hash,
    /// The registrar's signature.
    pub signature: Signature,
}

codec!(RollRecord header b"EROL" { manifest_hash, versions [VERSIONS], counts [LISTS], root, signature });

/// A rule of versions and counts that does not hold (check L1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RollError {
    /// There is no version.
    NoVersion,
    /// Not a base as the first version, or not an addendum after it.
    Kind {
        /// The version.
        version: u32,
    },
    /// A chain that does not follow.
    Chain {
        /// The version.
        version: u32,
    },
    /// Not one count per list of the manifest.
    Lists {
        /// Lists of the manifest.
        expected: usize,
        /// Counts of the record.
        actual: usize,
    },
    /// The versions did not add as many entries as the lists hold.
    Sum {
        /// Entries that the versions added.
        versions: u64,
        /// Entries of the lists.
        counts: u64,
    },
    /// No voter, or more than the manifest allows.
    Voters {
        /// The most that the manifest allows.
        most: u32,
        /// Entries of the lists.
        actual: u64,
    },
    /// A list is too small to hide in, and the manifest does not except it.
    SmallList {
        /// The list.
        list: u32,
        /// Its entries.
        count: u32,
    },
}

impl fmt::Display for RollError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVersion => f.write_str("the roll has no version"),
            Self::Kind { version } => write!(f, "version {version} is of the wrong kind"),
            Self::Chain { version } => write!(f, "the chain of version {version} does not follow"),
            Self::Lists { expected, actual } => write!(f, "{actual} counts for {expected} lists"),
            Self::Sum { versions, counts } => {
                write!(f, "the versions added {versions} entries, the lists have {counts}")
            }
            Self::Voters { most, actual } => write!(f, "{actual} entries where 1 to {most} are allowed"),
            Self::SmallList { list, count } => write!(f, "list {list} has only {count} entries and no exception"),
        }
    }
}

impl core::error::Error for RollError {}

impl RollRecord {
    /// Signs a record as the registrar.
    #[must_use]
    pub fn sign(
        manifest_hash: ManifestHash,
        versions: Vec<RollVersion>,
        counts: Vec<u32>,
        root: Hash,
        key: &SigningKey,
    ) -> Self {
        let mut record = Self { manifest_hash, versions, counts, root, signature: Signature([0; SIGNATURE]) };
        record.signature = key.sign("roll", &[&record.signed_bytes()]);
        record
    }

    /// Verifies the registrar's signature (check L1.4).
    ///
    /// # Errors
    /// [`BadSignature`] if it does not hold.
    pub fn verify_signature(&self, registrar: &VerifyingKey) -> Result<(), BadSignature> {
        registrar.verify("roll", &[&self.signed_bytes()], &self.signature)
    }

    /// Checks the rules of versions and counts (check L1.3). That the record is of this
    /// manifest at all is check L1.2: a comparison of [`RollRecord::manifest_hash`].
    ///
    /// # Errors
    /// [`RollError`] for the first rule that does not hold.
    pub fn check_rules(&self, manifest: &ValidManifest) -> Result<(), RollError> {
        if self.versions.is_empty() {
            return Err(RollError::NoVersion);
        }
        let mut previous = self.manifest_hash.as_bytes();
        for (number, version) in (0u32..).zip(&self.versions) {
            let kind = if number == 0 { VersionKind::Base } else { VersionKind::Addendum };
            if version.kind != kind {
                return Err(RollError::Kind { version: number });
            }
            if version.chain != version.expected_chain(previous) {
                return Err(RollError::Chain { version: number });
            }
            previous = &version.chain;
        }
        if self.counts.len() != manifest.lists.len() {
            return Err(RollError::Lists { expected: manifest.lists.len(), actual: self.counts.len() });
        }
        let versions = self.versions.iter().map(|version| u64::from(version.entries)).sum();
        let counts = self.counts.iter().map(|count| u64::from(*count)).sum();
        if versions != counts {
            return Err(RollError::Sum { versions, counts });
        }
        if !(1..=u64::from(manifest.max_voters)).contains(&counts) {
            return Err(RollError::Voters { most: manifest.max_voters, actual: counts });
        }
        for (list, (count, key)) in (0u32..).zip(self.counts.iter().zip(&manifest.lists)) {
            if *count < manifest.min_group && !key.small_exception {
                return Err(RollError::SmallList { list, count: *count });
            }
        }
        Ok(())
    }

    /// The commitment that the roll id is made of.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        tagged_hash("roll-commitment", &[&self.signed_bytes()])
    }

    /// The context of credential proofs.
    #[must_use]
    pub fn roll_id(&self) -> RollId {
        RollId(tagged_hash("roll-id", &[self.manifest_hash.as_bytes(), &self.commitment()]))
    }

    fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = self.to_bytes();
        bytes.truncate(bytes.len().saturating_sub(SIGNATURE));
        bytes
    }
}
