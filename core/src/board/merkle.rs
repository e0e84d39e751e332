//! The Merkle tree of RFC 6962 section 2.1, with SHA-256.
//!
//! Leaves and inner nodes are hashed under different first bytes, so that neither can
//! stand for the other.

use alloc::vec::Vec;
use core::fmt;

use crate::hash::{Hash, sha256};

/// Hash of an entry.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    sha256(&[&[0], leaf])
}

/// Hash of an inner node.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// Where the hashes of a tree are kept: leaf hashes in memory, tiles in a folder.
pub trait Nodes {
    /// Why a hash could not be read.
    type Error;

    /// Root of the perfect subtree over the leaves `index << level` to
    /// `(index + 1) << level`, the last excluded.
    ///
    /// # Errors
    /// If it is not there.
    fn node(&self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// The tree does not hold this subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoNode {
    /// Height of the subtree.
    pub level: u32,
    /// Its place among those of that height.
    pub index: u64,
}

impl fmt::Display for NoNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the tree has no subtree {} of height {}", self.index, self.level)
    }
}

impl core::error::Error for NoNode {}

/// Leaf hashes in memory.
impl Nodes for [Hash] {
    type Error = NoNode;

    fn node(&self, level: u32, index: u64) -> Result<Hash, NoNode> {
        let leaves = || {
            let width = 1usize.checked_shl(level)?;
            let start = usize::try_from(index).ok()?.checked_mul(width)?;
            self.get(start..start.checked_add(width)?)
        };
        let tree: MerkleTree = leaves().ok_or(NoNode { level, index })?.iter().copied().collect();
        Ok(tree.root())
    }
}

/// A tree that only grows, as the roots of its perfect subtrees: memory is logarithmic in
/// the number of leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MerkleTree {
    size: u64,
    /// One per set bit of `size`, from the largest subtree to the smallest.
    peaks: Vec<Hash>,
}

impl MerkleTree {
    /// The empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The first `size` leaves of a stored tree, so that a log can go on where it stopped.
    ///
    /// # Errors
    /// If a hash cannot be read.
    pub fn resume<N: Nodes + ?Sized>(nodes: &N, size: u64) -> Result<Self, N::Error> {
        Ok(Self { size, peaks: peaks(nodes, 0, size)? })
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends an entry and returns its leaf hash.
    pub fn push(&mut self, leaf: &[u8]) -> Hash {
        let hash = leaf_hash(leaf);
        self.push_leaf_hash(hash);
        hash
    }

    /// Appends an entry by its leaf hash.
    pub fn push_leaf_hash(&mut self, mut hash: Hash) {
        // Adding one carries through the trailing ones of the size: each of them is a
        // subtree as large as the one just completed.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size = self.size.saturating_add(1);
    }

    /// Root of the tree; of the empty one `SHA-256("")`.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold_peaks(&self.peaks)
    }
}

impl Extend<Hash> for MerkleTree {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaf_hashes: I) {
        leaf_hashes.into_iter().for_each(|hash| self.push_leaf_hash(hash));
    }
}

impl FromIterator<Hash> for MerkleTree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaf_hashes: I) -> Self {
        let mut tree = Self::new();
        tree.extend(leaf_hashes);
        tree
    }
}

/// The perfect subtrees that make up the leaves `start..end`, from left to right.
///
/// `start` is a multiple of every power of two up to the length, as it is for every node
/// of a tree and for the whole.
fn peaks<N: Nodes + ?Sized>(nodes: &N, start: u64, end: u64) -> Result<Vec<Hash>, N::Error> {
    let mut peaks = Vec::new();
    let mut at = start;
    while let Some(level) = end.saturating_sub(at).checked_ilog2() {
        peaks.push(nodes.node(level, at >> level)?);
        at = at.saturating_add(1 << level);
    }
    Ok(peaks)
}

/// Root over the leaves `start..end` of a stored tree; of none, the root of the empty tree.
pub(super) fn range_root<N: Nodes + ?Sized>(nodes: &N, start: u64, end: u64) -> Result<Hash, N::Error> {
    Ok(fold_peaks(&peaks(nodes, start, end)?))
}

/// Root over perfect subtrees that shrink from left to right.
fn fold_peaks(peaks: &[Hash]) -> Hash {
    let folded = peaks.iter().copied().rev().reduce(|right, left| node_hash(&left, &right));
    folded.unwrap_or_else(|| sha256(&[]))
}

#[cfg(test)]
#[expect(clippy::as_conversions, reason = "small numbers")]
pub(super) mod tests {
    use super::*;

    /// The recursive definition, to compare with.
    pub(in crate::board) fn definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(&[]),
            [one] => *one,
            more => {
                let split = more.len().next_power_of_two() / 2;
                node_hash(&definition(&more[..split]), &definition(&more[split..]))
            }
        }
    }

    pub(in crate::board) fn numbered_leaves(n: u64) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    #[test]
    fn equals_the_definition_at_every_size() {
        let leaves = numbered_leaves(300);
        let mut tree = MerkleTree::new();
        for (n, leaf) in leaves.iter().enumerate() {
            assert_eq!(tree.root(), definition(&leaves[..n]), "size {n}");
            assert_eq!(tree.size(), n as u64);
            assert!(tree.peaks.len() <= 9);
            tree.push_leaf_hash(*leaf);
        }
    }

    #[test]
    fn resumes_at_every_size() {
        let leaves = numbered_leaves(70);
        for size in 0..=70 {
            let resumed = MerkleTree::resume(leaves.as_slice(), size as u64).unwrap();
            let grown: MerkleTree = leaves[..size].iter().copied().collect();
            assert_eq!(resumed, grown);
        }
        // 71 = 64 + 4 + 2 + 1: the last leaf is absent.
        assert_eq!(MerkleTree::resume(leaves.as_slice(), 71), Err(NoNode { level: 0, index: 70 }));
        assert!(leaves.as_slice().node(64, 0).is_err());
        assert!(leaves.as_slice().node(3, u64::MAX).is_err());
    }

    #[test]
    fn known_answers() {
        // Test data of the reference implementation of RFC 6962.
        let entries: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let mut tree = MerkleTree::new();
        assert_eq!(crate::ids::hex(&tree.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(
            crate::ids::hex(&tree.push(entries[0])),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
        for entry in &entries[1..] {
            tree.push(entry);
        }
        assert_eq!(crate::ids::hex(&tree.root()), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    #[test]
    fn a_leaf_is_never_a_node() {
        let (left, right) = (leaf_hash(b"a"), leaf_hash(b"b"));
        let forged = [[1].as_slice(), &left, &right].concat();
        let node = node_hash(&left, &right);
        assert_ne!(leaf_hash(&forged), node);
        assert_ne!(leaf_hash(&[left, right].concat()), node);
        assert_eq!(sha256(&[&forged]), node);
    }
}
