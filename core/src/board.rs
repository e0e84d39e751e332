//! The append-only board (`spec/board.md`).
//!
//! - [`merkle`]: the tree, as a stream;

pub mod merkle;

pub use merkle::{MerkleTree, leaf_hash, node_hash};
