//! The roll committed to, half credentials and lists (`spec/credentials.md`).
//!
//! In the order of the protocol:
//!
//! 1. [`roll`]: the registrar commits to the entries and signs the [`RollRecord`] (checks L1);
//! 2. [`half`]: registrar and server each draw [`HalfSecrets`] and publish a proved, signed
//!    [`HalfList`] (checks C1, C2);
//! 3. [`lists`]: anyone adds the halves up (check C3.1);
//! 4. [`mix`]: one custodian after the other makes the sums anonymous (checks C4), which gives the
//!    [`CredentialLists`] of the election (checks C5);
//! 5. [`buckets`]: the lists as a server hands them out;
//! 6. [`voter`]: the voter's device receives two [`IssuedHalf`]s and makes a [`Credential`].
//!
//! Keys of lists are held as their 32 bytes; points exist only while a piece of a list is
//! worked on, on all cores where the feature `parallel` is on.

pub mod buckets;
pub mod half;
pub mod lists;
pub mod mix;
pub mod roll;
pub mod voter;

mod pieces;

#[cfg(test)]
mod tests;

pub use buckets::{BucketError, BucketShape, Buckets};
pub use half::{HalfList, HalfListError, HalfRole, HalfSecrets, possession_transcript};
pub use lists::{CredentialList, CredentialLists, ListsError, PoolError, pool};
pub use mix::{CredentialMix, MixError, mix_generators};
pub use roll::{RollEntry, RollError, RollRecord, RollVersion, VersionKind, draw_order, roll_root};
pub use voter::{Credential, CredentialError, Halves, IssuedHalf};
