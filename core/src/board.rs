//! The append-only board (`spec/board.md`), in the formats of C2SP tlog-tiles,
//! tlog-checkpoint, signed-note, tlog-cosignature and tlog-proof.
//!
//! - [`merkle`]: the tree, as a stream;
//! - [`proof`]: inclusion of an entry, consistency of two sizes;
//! - [`tile`]: the tree as files of 256 hashes;
//! - [`bundle`]: the entries as files of 256 entries;
//! - [`note`]: signed text, and the keys that sign it;
//! - [`checkpoint`]: what the log and its witnesses sign;
//! - [`submission`]: what the log sends to a witness;
//! - [`inclusion`]: one entry, its path and a checkpoint in one text;
//! - [`epoch`]: when ballots enter, and in which order; [`history`]: the check of both;
//! - [`act`]: the log of acts, a second log in the same formats;
//! - [`code`]: tracking codes for people;
//! - [`receipt`]: what a voter keeps, and the published list of all codes.

pub mod act;
pub mod bundle;
pub mod checkpoint;
pub mod code;
pub mod epoch;
pub mod history;
pub mod inclusion;
pub(crate) mod lines;
pub mod merkle;
pub mod note;
mod path;
pub mod proof;
pub mod receipt;
pub mod submission;
pub mod tile;

pub use act::{Act, ActLog};
pub use checkpoint::{Checkpoint, LogKeys, SignedCheckpoint, VerifiedCheckpoint, WitnessError};
pub use merkle::{MerkleTree, Nodes, leaf_hash, node_hash};
pub use proof::{ConsistencyProof, InclusionProof};
pub use receipt::{Receipt, ReceiptList};
pub use submission::Submission;
