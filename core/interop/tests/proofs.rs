//! Roots, inclusion and consistency proofs.

use escrutinio_core::board::{ConsistencyProof, InclusionProof, MerkleTree, leaf_hash};
use escrutinio_core::hash::Hash;
use escrutinio_interop::{TheirLog, entries, ours, theirs};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use tlog_tiles::{check_record, check_tree, prove_record, prove_tree};

/// Every pair of numbers to this size is tried.
const ALL_TO: u64 = 60;

/// Larger trees, most of them no power of two.
const LARGER: [u64; 13] = [127, 128, 129, 255, 256, 257, 511, 1000, 1023, 2048, 3333, 4999, 5000];

/// Pairs drawn from each of them.
const DRAWN: u64 = 40;

struct Both {
    leaves: Vec<Hash>,
    their_log: TheirLog,
}

impl Both {
    fn new() -> Self {
        let entries = entries(5000);
        Self { leaves: entries.iter().map(|entry| leaf_hash(entry)).collect(), their_log: TheirLog::of(&entries) }
    }

    /// The root, on which both agree.
    fn root(&self, size: u64) -> Hash {
        let leaves = &self.leaves[..usize::try_from(size).unwrap()];
        let root = leaves.iter().copied().collect::<MerkleTree>().root();
        assert_eq!(root, self.their_log.root(size), "root of {size}");
        root
    }

    fn leaf(&self, index: u64) -> Hash {
        self.leaves[usize::try_from(index).unwrap()]
    }
}

/// Pairs below and up to each size: `(smaller, size)`.
fn pairs(inclusive: bool) -> Vec<(u64, u64)> {
    let extra = u64::from(inclusive);
    let mut pairs: Vec<(u64, u64)> =
        (1..=ALL_TO).flat_map(|size| (extra..size + extra).map(move |small| (small, size))).collect();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for size in LARGER {
        pairs.extend([(extra, size), (size - 1 + extra, size)]);
        pairs.extend((0..DRAWN).map(|_| (extra + rng.next_u64() % size, size)));
    }
    pairs
}

/// The path with one thing changed, in every way: a bit of each hash, one fewer, one more, two swapped.
fn changed(path: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for at in 0..path.len() {
        let mut bent = path.to_vec();
        bent[at][at % 32] ^= 1 << (at % 8);
        all.push(bent);
        let mut short = path.to_vec();
        short.remove(at);
        all.push(short);
        if at > 0 && path[at] != path[at - 1] {
            let mut swapped = path.to_vec();
            swapped.swap(at, at - 1);
            all.push(swapped);
        }
    }
    all.push([path, &[[7; 32]]].concat());
    all.push([&[[7; 32]], path].concat());
    all
}

#[test]
fn inclusion() {
    let both = Both::new();
    let (mut good, mut bad) = (0u32, 0u32);
    for (index, size) in pairs(false) {
        let (root, leaf) = (both.root(size), both.leaf(index));
        let proof = InclusionProof::prove(both.leaves.as_slice(), index, size).unwrap();
        let their_proof = prove_record(size, index, &both.their_log).unwrap();
        assert_eq!(theirs(&proof.path), their_proof, "{index} of {size}");
        let we = |index, path: &[Hash], leaf: &Hash, size, root: &Hash| {
            InclusionProof { index, path: path.to_vec() }.verify(leaf, size, root).is_ok()
        };
        let they = |index, path: &[Hash], leaf: &Hash, size, root: &Hash| {
            let (root, leaf) = (tlog_tiles::Hash(*root), tlog_tiles::Hash(*leaf));
            check_record(&theirs(path), size, root, index, leaf).is_ok()
        };
        let path = ours(&their_proof);
        assert!(we(index, &path, &leaf, size, &root) && they(index, &path, &leaf, size, &root), "{index} of {size}");
        good += 1;
        let mut refused = |index, path: &[Hash], leaf: &Hash, size, root: &Hash| {
            assert!(!we(index, path, leaf, size, root), "we: {index} of {size}");
            assert!(!they(index, path, leaf, size, root), "they: {index} of {size}");
            bad += 1;
        };
        changed(&path).iter().for_each(|path| refused(index, path, &leaf, size, &root));
        refused(index, &path, &[7; 32], size, &root);
        refused(index, &path, &leaf, size, &[7; 32]);
        refused(size, &path, &leaf, size, &root);
        if size > 1 {
            refused((index + 1) % size, &path, &leaf, size, &root);
        }
    }
    println!("inclusion: {good} proofs made alike and accepted by both, {bad} altered ones refused by both");
    assert!(good >= 2000 && bad >= 10_000);
}

#[test]
fn consistency() {
    let both = Both::new();
    let (mut good, mut bad) = (0u32, 0u32);
    // They do not judge proofs from the empty tree.
    for (old, new) in pairs(true) {
        let (old_root, new_root) = (both.root(old), both.root(new));
        let proof = ConsistencyProof::prove(both.leaves.as_slice(), old, new).unwrap();
        let their_proof = prove_tree(new, old, &both.their_log).unwrap();
        assert_eq!(theirs(&proof.path), their_proof, "{old} to {new}");
        let we = |old, path: &[Hash], old_root: &Hash, new, new_root: &Hash| {
            ConsistencyProof { path: path.to_vec() }.verify(old, old_root, new, new_root).is_ok()
        };
        let they = |old, path: &[Hash], old_root: &Hash, new, new_root: &Hash| {
            let (old_root, new_root) = (tlog_tiles::Hash(*old_root), tlog_tiles::Hash(*new_root));
            check_tree(&theirs(path), new, new_root, old, old_root).is_ok()
        };
        let path = ours(&their_proof);
        assert!(we(old, &path, &old_root, new, &new_root), "{old} to {new}");
        assert!(they(old, &path, &old_root, new, &new_root), "{old} to {new}");
        good += 1;
        let mut refused = |old, path: &[Hash], old_root: &Hash, new, new_root: &Hash| {
            assert!(!we(old, path, old_root, new, new_root), "we: {old} to {new}");
            assert!(!they(old, path, old_root, new, new_root), "they: {old} to {new}");
            bad += 1;
        };
        changed(&path).iter().for_each(|path| refused(old, path, &old_root, new, &new_root));
        refused(old, &path, &[7; 32], new, &new_root);
        refused(old, &path, &old_root, new, &[7; 32]);
        refused(new + 1, &path, &old_root, new, &new_root);
        if old < new {
            refused(old + 1, &path, &old_root, new, &new_root);
        }
    }
    println!("consistency: {good} proofs made alike and accepted by both, {bad} altered ones refused by both");
    assert!(good >= 2000 && bad >= 10_000);
}
