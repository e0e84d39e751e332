//! Inclusion and consistency proofs.
//!
//! Written by the definitions of RFC 6962 sections 2.1.1 and 2.1.2, verified by the
//! algorithms of RFC 9162 sections 2.1.3.2 and 2.1.4.2, which fix the length of every path:
//! a shortened one, which would make a node look like a leaf, is refused.

use alloc::vec::Vec;
use core::fmt;

use super::merkle::{MerkleTree, Nodes, node_hash, range_root};
use crate::hash::Hash;

/// A proof that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProofError {
    /// The tree has no such entry.
    Index {
        /// The entry.
        index: u64,
        /// Size of the tree.
        size: u64,
    },
    /// The later tree is smaller.
    Shrunk {
        /// Size of the earlier tree.
        old: u64,
        /// Size of the later tree.
        new: u64,
    },
    /// The path has too few hashes.
    TooShort,
    /// The path has too many hashes.
    TooLong,
    /// The path leads to another root than the earlier tree's.
    OldRoot,
    /// The path leads to another root than the tree's.
    Root,
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index { index, size } => write!(f, "a tree of {size} entries has no entry {index}"),
            Self::Shrunk { old, new } => write!(f, "a tree of {old} entries cannot become one of {new}"),
            Self::TooShort => f.write_str("the path has too few hashes"),
            Self::TooLong => f.write_str("the path has too many hashes"),
            Self::OldRoot => f.write_str("the path does not lead to the earlier root"),
            Self::Root => f.write_str("the path does not lead to the root"),
        }
    }
}

impl core::error::Error for ProofError {}

/// A proof that could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProveError<E> {
    /// There is nothing to prove: [`ProofError::Index`] or [`ProofError::Shrunk`].
    Statement(ProofError),
    /// A hash could not be read.
    Nodes(E),
}

impl<E> From<E> for ProveError<E> {
    fn from(error: E) -> Self {
        Self::Nodes(error)
    }
}

impl<E: fmt::Display> fmt::Display for ProveError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement(error) => error.fmt(f),
            Self::Nodes(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for ProveError<E> {}

/// The entry at an index belongs to a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// Which entry, from 0.
    pub index: u64,
    /// Siblings from the leaf upwards.
    pub path: Vec<Hash>,
}

impl InclusionProof {
    /// Proves that entry `index` belongs to the first `size` entries.
    ///
    /// # Errors
    /// [`ProveError`] if it does not, or if a hash cannot be read.
    pub fn prove<N: Nodes + ?Sized>(nodes: &N, index: u64, size: u64) -> Result<Self, ProveError<N::Error>> {
        if index >= size {
            return Err(ProveError::Statement(ProofError::Index { index, size }));
        }
        let (mut start, mut end) = (0, size);
        let mut path = Vec::new();
        while let Some(middle) = split(start, end) {
            if index < middle {
                path.push(range_root(nodes, middle, end)?);
                end = middle;
            } else {
                path.push(range_root(nodes, start, middle)?);
                start = middle;
            }
        }
        path.reverse();
        Ok(Self { index, path })
    }

    /// Verifies it for an entry's leaf hash and a tree of `size` entries.
    ///
    /// # Errors
    /// [`ProofError`] if it does not hold.
    pub fn verify(&self, leaf_hash: &Hash, size: u64, root: &Hash) -> Result<(), ProofError> {
        if self.index >= size {
            return Err(ProofError::Index { index: self.index, size });
        }
        let mut climb = Climb { node: self.index, last: size.saturating_sub(1) };
        let mut hash = *leaf_hash;
        for sibling in &self.path {
            hash = match climb.step()? {
                Side::Left => node_hash(sibling, &hash),
                Side::Right => node_hash(&hash, sibling),
            };
        }
        climb.finish()?;
        if hash == *root { Ok(()) } else { Err(ProofError::Root) }
    }
}

/// A tree begins with the whole of an earlier one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Subtrees from the earlier tree's right edge upwards. Empty if the earlier tree is
    /// empty or equal.
    pub path: Vec<Hash>,
}

impl ConsistencyProof {
    /// Proves that the first `new` entries begin with the first `old`.
    ///
    /// # Errors
    /// [`ProveError`] if `old > new`, or if a hash cannot be read.
    pub fn prove<N: Nodes + ?Sized>(nodes: &N, old: u64, new: u64) -> Result<Self, ProveError<N::Error>> {
        if old > new {
            return Err(ProveError::Statement(ProofError::Shrunk { old, new }));
        }
        let mut path = Vec::new();
        if old == 0 {
            return Ok(Self { path });
        }
        let (mut start, mut end) = (0, new);
        while old < end {
            let Some(middle) = split(start, end) else { break };
            if old <= middle {
                path.push(range_root(nodes, middle, end)?);
                end = middle;
            } else {
                path.push(range_root(nodes, start, middle)?);
                start = middle;
            }
        }
        // The subtree that ends where the earlier tree ends; a verifier has it already
        // if it is the whole of the earlier tree.
        if start > 0 {
            path.push(range_root(nodes, start, end)?);
        }
        path.reverse();
        Ok(Self { path })
    }

    /// Verifies it for two sizes and their roots.
    ///
    /// # Errors
    /// [`ProofError`] if it does not hold.
    pub fn verify(&self, old: u64, old_root: &Hash, new: u64, new_root: &Hash) -> Result<(), ProofError> {
        if old > new {
            return Err(ProofError::Shrunk { old, new });
        }
        if old == new || old == 0 {
            return self.verify_trivial(old, old_root, new_root, new);
        }
        let mut path = self.path.iter();
        let first = if old.is_power_of_two() { old_root } else { path.next().ok_or(ProofError::TooShort)? };
        let mut climb = Climb { node: old.saturating_sub(1), last: new.saturating_sub(1) };
        while climb.node & 1 == 1 {
            climb.up();
        }
        let (mut old_hash, mut new_hash) = (*first, *first);
        for sibling in path {
            match climb.step()? {
                Side::Left => {
                    old_hash = node_hash(sibling, &old_hash);
                    new_hash = node_hash(sibling, &new_hash);
                }
                Side::Right => new_hash = node_hash(&new_hash, sibling),
            }
        }
        climb.finish()?;
        if old_hash != *old_root {
            return Err(ProofError::OldRoot);
        }
        if new_hash == *new_root { Ok(()) } else { Err(ProofError::Root) }
    }

    /// Every tree begins with itself and with the empty tree.
    fn verify_trivial(&self, old: u64, old_root: &Hash, new_root: &Hash, new: u64) -> Result<(), ProofError> {
        if !self.path.is_empty() {
            return Err(ProofError::TooLong);
        }
        if old == 0 && *old_root != MerkleTree::new().root() {
            return Err(ProofError::OldRoot);
        }
        if old == new && old_root != new_root {
            return Err(ProofError::Root);
        }
        Ok(())
    }
}

/// Where the node over the leaves `start..end` divides; `None` of a leaf.
fn split(start: u64, end: u64) -> Option<u64> {
    let longest = end.saturating_sub(start).checked_sub(1)?.checked_ilog2()?;
    start.checked_add(1 << longest)
}

/// On which side of the path a sibling stands.
enum Side {
    Left,
    Right,
}

/// The way from a node up to the root, beside the way from the last leaf: `fn` and `sn`
/// of RFC 9162.
struct Climb {
    node: u64,
    last: u64,
}

impl Climb {
    fn up(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }

    /// Takes one hash of the path.
    fn step(&mut self) -> Result<Side, ProofError> {
        if self.last == 0 {
            return Err(ProofError::TooLong);
        }
        let side = if self.node & 1 == 1 || self.node == self.last {
            // On the right edge levels without a sibling are passed over.
            while self.node & 1 == 0 && self.node != 0 {
                self.up();
            }
            Side::Left
        } else {
            Side::Right
        };
        self.up();
        Ok(side)
    }

    fn finish(&self) -> Result<(), ProofError> {
        if self.last == 0 { Ok(()) } else { Err(ProofError::TooShort) }
    }
}

#[cfg(test)]
#[expect(clippy::as_conversions, reason = "small numbers")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::board::merkle::tests::{definition, numbered_leaves};

    const MOST: u64 = 70;

    fn tree(leaves: &[Hash], size: u64) -> Hash {
        definition(&leaves[..size as usize])
    }

    #[test]
    fn inclusion_at_every_index_of_every_size() {
        let leaves = numbered_leaves(MOST);
        for size in 1..=MOST {
            let root = tree(&leaves, size);
            for index in 0..size {
                let proof = InclusionProof::prove(leaves.as_slice(), index, size).unwrap();
                let leaf = &leaves[index as usize];
                assert_eq!(proof.verify(leaf, size, &root), Ok(()), "{index} of {size}");
                rejects_changed_inclusion(&proof, leaf, size, &root);
            }
        }
    }

    fn rejects_changed_inclusion(proof: &InclusionProof, leaf: &Hash, size: u64, root: &Hash) {
        for index in (0..size + 2).filter(|index| *index != proof.index) {
            let moved = InclusionProof { index, path: proof.path.clone() };
            assert!(moved.verify(leaf, size, root).is_err(), "{} passed as {index} of {size}", proof.index);
        }
        let mut long = proof.clone();
        long.path.push([0; 32]);
        assert_eq!(long.verify(leaf, size, root), Err(ProofError::TooLong));
        if let Some((_, most)) = proof.path.split_last() {
            let short = InclusionProof { index: proof.index, path: most.to_vec() };
            assert_eq!(short.verify(leaf, size, root), Err(ProofError::TooShort));
            let headless = InclusionProof { index: proof.index, path: proof.path[1..].to_vec() };
            assert_eq!(headless.verify(leaf, size, root), Err(ProofError::TooShort));
        }
        for at in 0..proof.path.len() {
            let mut bent = proof.clone();
            bent.path[at][31] ^= 1;
            assert_eq!(bent.verify(leaf, size, root), Err(ProofError::Root));
        }
        assert_eq!(proof.verify(&[7; 32], size, root), Err(ProofError::Root));
        assert_eq!(proof.verify(leaf, size, &[7; 32]), Err(ProofError::Root));
    }

    #[test]
    fn a_node_does_not_pass_for_a_leaf() {
        let leaves = numbered_leaves(8);
        let root = tree(&leaves, 8);
        let node = node_hash(&leaves[0], &leaves[1]);
        let proof = InclusionProof::prove(leaves.as_slice(), 0, 8).unwrap();
        let upper = InclusionProof { index: 0, path: proof.path[1..].to_vec() };
        assert_eq!(upper.verify(&node, 8, &root), Err(ProofError::TooShort));
        // It would in a tree of four leaves: so the size must come from the signed checkpoint.
        assert_eq!(upper.verify(&node, 4, &root), Ok(()));
    }

    #[test]
    fn consistency_of_every_pair_of_sizes() {
        let leaves = numbered_leaves(MOST);
        for new in 0..=MOST {
            let new_root = tree(&leaves, new);
            for old in 0..=new {
                let old_root = tree(&leaves, old);
                let proof = ConsistencyProof::prove(leaves.as_slice(), old, new).unwrap();
                assert_eq!(proof.verify(old, &old_root, new, &new_root), Ok(()), "{old} to {new}");
                rejects_changed_consistency(&proof, (old, &old_root), (new, &new_root));
            }
        }
    }

    fn rejects_changed_consistency(proof: &ConsistencyProof, old: (u64, &Hash), new: (u64, &Hash)) {
        let verify = |proof: &ConsistencyProof| proof.verify(old.0, old.1, new.0, new.1);
        let mut long = proof.clone();
        long.path.push([0; 32]);
        assert_eq!(verify(&long), Err(ProofError::TooLong));
        if let Some((_, most)) = proof.path.split_last() {
            assert_eq!(verify(&ConsistencyProof { path: most.to_vec() }), Err(ProofError::TooShort));
        }
        for at in 0..proof.path.len() {
            let mut bent = proof.clone();
            bent.path[at][0] ^= 1;
            assert!(verify(&bent).is_err());
        }
        assert!(proof.verify(old.0, &[7; 32], new.0, new.1).is_err());
        if old.0 > 0 {
            assert!(proof.verify(old.0, old.1, new.0, &[7; 32]).is_err());
        }
        if old.0 != new.0 {
            let backwards = proof.verify(new.0, new.1, old.0, old.1);
            assert_eq!(backwards, Err(ProofError::Shrunk { old: new.0, new: old.0 }));
        }
        // Another number of old entries never fits, whatever root is claimed with it.
        for other in (1..new.0).filter(|other| *other != old.0) {
            assert!(proof.verify(other, old.1, new.0, new.1).is_err());
        }
    }

    #[test]
    fn a_fork_is_not_consistent() {
        let honest = numbered_leaves(20);
        for at in 0..13 {
            let mut forked = honest.clone();
            forked[at] = [9; 32];
            let proof = ConsistencyProof::prove(forked.as_slice(), 13, 20).unwrap();
            assert!(proof.verify(13, &definition(&honest[..13]), 20, &definition(&forked)).is_err());
        }
        let mut swapped = honest.clone();
        swapped.swap(3, 4);
        let proof = ConsistencyProof::prove(swapped.as_slice(), 13, 20).unwrap();
        assert!(proof.verify(13, &definition(&honest[..13]), 20, &definition(&swapped)).is_err());
    }

    #[test]
    fn refuses_to_prove_what_is_not_so() {
        let leaves = numbered_leaves(3);
        let error = InclusionProof::prove(leaves.as_slice(), 3, 3).unwrap_err();
        assert_eq!(error, ProveError::Statement(ProofError::Index { index: 3, size: 3 }));
        let error = ConsistencyProof::prove(leaves.as_slice(), 3, 2).unwrap_err();
        assert_eq!(error, ProveError::Statement(ProofError::Shrunk { old: 3, new: 2 }));
        assert!(matches!(InclusionProof::prove(leaves.as_slice(), 0, 4), Err(ProveError::Nodes(_))));
    }

    proptest! {
        #[test]
        fn larger_trees(size in 1u64..3000, a in any::<u64>(), b in any::<u64>()) {
            let leaves = numbered_leaves(size);
            let root = leaves.iter().copied().collect::<MerkleTree>().root();
            let index = a % size;
            let proof = InclusionProof::prove(leaves.as_slice(), index, size).unwrap();
            prop_assert_eq!(proof.verify(&leaves[index as usize], size, &root), Ok(()));
            let old = b % (size + 1);
            let old_root = leaves[..old as usize].iter().copied().collect::<MerkleTree>().root();
            let proof = ConsistencyProof::prove(leaves.as_slice(), old, size).unwrap();
            prop_assert_eq!(proof.verify(old, &old_root, size, &root), Ok(()));
        }

        #[test]
        fn no_input_panics(
            index in any::<u64>(), old in any::<u64>(), new in any::<u64>(),
            path in proptest::collection::vec(any::<[u8; 32]>(), 0..80),
        ) {
            let inclusion = InclusionProof { index, path: path.clone() };
            prop_assert!(inclusion.verify(&[1; 32], new, &[2; 32]).is_err());
            let consistency = ConsistencyProof { path };
            prop_assert!(consistency.verify(old, &[1; 32], new, &[2; 32]).is_err());
        }
    }
}
