//! A log that another implementation wrote: checkpoints of size 0 to 15, their partial
//! tiles and entry bundles.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use escrutinio_core::board::bundle::{BundleId, BundleWriter, read_bundle};
use escrutinio_core::board::history::{History, HistoryError};
use escrutinio_core::board::note::NoteKey;
use escrutinio_core::board::tile::{TileId, TileNodes, TileWriter};
use escrutinio_core::board::{
    Checkpoint, ConsistencyProof, InclusionProof, LogKeys, MerkleTree, SignedCheckpoint, leaf_hash,
};
use escrutinio_core::hash::Hash;

const KEY: &str = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
const LARGEST: u64 = 15;

struct Sample(PathBuf);

impl Sample {
    /// The folder, where there is one.
    fn find(test: &str) -> Option<Self> {
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
        let folder = env::var_os("ESCRUTINIO_SHARED").map_or_else(beside, PathBuf::from).join("vectors/tlog-sample");
        if !folder.is_dir() {
            eprintln!("{test}: skipped, {} is absent", folder.display());
            return None;
        }
        Some(Self(folder))
    }

    fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.0.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn checkpoint(&self, size: u64) -> Checkpoint {
        let keys = LogKeys::new(KEY.parse::<NoteKey>().unwrap(), vec![]).unwrap();
        let bytes = self.read(&format!("checkpoint.{size}"));
        let signed = SignedCheckpoint::parse(&bytes).unwrap();
        assert_eq!(signed.to_string().as_bytes(), bytes);
        signed.verify(&keys).unwrap().checkpoint().clone()
    }

    fn checkpoints(&self) -> Vec<Checkpoint> {
        (0..=LARGEST).map(|size| self.checkpoint(size)).collect()
    }

    /// The entries of the bundles for a size.
    fn entries(&self, size: u64) -> Vec<Vec<u8>> {
        let mut entries = Vec::new();
        for id in BundleId::all(size) {
            let bytes = self.read(&id.to_string());
            entries.extend(read_bundle(id, &bytes).unwrap().into_iter().map(<[u8]>::to_vec));
        }
        entries
    }

    fn leaf_hashes(&self) -> Vec<Hash> {
        self.entries(LARGEST).iter().map(|entry| leaf_hash(entry)).collect()
    }

    /// Proofs are made of the tiles.
    fn nodes(&self, size: u64) -> TileNodes<impl Fn(TileId) -> Result<Vec<u8>, std::io::Error>> {
        TileNodes::new(size, |id: TileId| fs::read(self.0.join(id.to_string())))
    }
}

fn verify_growth(checkpoints: &[Checkpoint], leaf_hashes: &[Hash]) -> Result<(), HistoryError> {
    let mut history = History::new(checkpoints, 1);
    leaf_hashes.iter().for_each(|leaf| history.push(*leaf));
    history.finish().growth
}

#[test]
fn checkpoints_verify_and_roots_are_those_of_the_entries() {
    let Some(sample) = Sample::find("checkpoints") else { return };
    for size in 0..=LARGEST {
        let checkpoint = sample.checkpoint(size);
        assert_eq!(checkpoint.size, size);
        let mut tree = MerkleTree::new();
        for entry in sample.entries(size) {
            tree.push(&entry);
        }
        assert_eq!((tree.size(), tree.root()), (size, checkpoint.root));
        let from_tiles = MerkleTree::resume(&sample.nodes(size), size).unwrap();
        assert_eq!(from_tiles, tree);
    }
    assert_eq!(verify_growth(&sample.checkpoints(), &sample.leaf_hashes()), Ok(()));
}

#[test]
fn changed_checkpoints_are_refused() {
    let Some(sample) = Sample::find("changed checkpoints") else { return };
    let keys = LogKeys::new(KEY.parse::<NoteKey>().unwrap(), vec![]).unwrap();
    let honest = sample.read("checkpoint.12");
    for at in 0..honest.len() {
        let mut changed = honest.clone();
        changed[at] ^= 0x01;
        assert!(SignedCheckpoint::parse(&changed).and_then(|c| c.verify(&keys)).is_err(), "byte {at}");
        assert!(SignedCheckpoint::parse(&honest[..at]).and_then(|c| c.verify(&keys)).is_err(), "{at} bytes");
    }
}

#[test]
fn tiles_and_bundles_are_written_to_the_byte() {
    let Some(sample) = Sample::find("tiles and bundles") else { return };
    let (mut tiles, mut bundles) = (TileWriter::new(), BundleWriter::new());
    for entry in sample.entries(LARGEST) {
        assert!(tiles.push_leaf_hash(leaf_hash(&entry)).is_empty());
        assert_eq!(bundles.push(&entry).unwrap(), None);
        let written: Vec<_> = tiles.partial().collect();
        assert!(written.iter().map(|tile| tile.id()).eq(TileId::all(tiles.size())));
        for tile in written {
            assert_eq!(sample.read(&tile.path()), tile.to_bytes(), "{}", tile.path());
        }
        let bundle = bundles.partial().unwrap();
        assert_eq!(sample.read(&bundle.path()), bundle.bytes, "{}", bundle.path());
    }
    assert_eq!(tiles.size(), LARGEST);
}

#[test]
fn every_entry_is_included_and_every_pair_of_sizes_consistent() {
    let Some(sample) = Sample::find("proofs") else { return };
    let (checkpoints, leaves) = (sample.checkpoints(), sample.leaf_hashes());
    for new in &checkpoints {
        let nodes = sample.nodes(new.size);
        for (index, leaf) in (0..new.size).zip(&leaves) {
            let proof = InclusionProof::prove(&nodes, index, new.size).unwrap();
            assert_eq!(proof.verify(leaf, new.size, &new.root), Ok(()));
            let other = &leaves[usize::try_from((index + 1) % LARGEST).unwrap()];
            assert!(proof.verify(other, new.size, &new.root).is_err());
        }
        for old in checkpoints.iter().filter(|old| old.size <= new.size) {
            let proof = ConsistencyProof::prove(&nodes, old.size, new.size).unwrap();
            assert_eq!(proof.verify(old.size, &old.root, new.size, &new.root), Ok(()));
        }
    }
}

#[test]
fn forks_truncation_and_reordering_are_refused() {
    let Some(sample) = Sample::find("forks") else { return };
    let (checkpoints, honest) = (sample.checkpoints(), sample.leaf_hashes());
    let mut forked = honest.clone();
    forked[6] = leaf_hash(b"another");
    assert_eq!(verify_growth(&checkpoints, &forked), Err(HistoryError::Root { checkpoint: 7 }));
    let mut reordered = honest.clone();
    reordered.swap(3, 9);
    assert_eq!(verify_growth(&checkpoints, &reordered), Err(HistoryError::Root { checkpoint: 4 }));
    let truncated = verify_growth(&checkpoints, &honest[..14]);
    assert_eq!(truncated, Err(HistoryError::Entries { expected: 15, actual: 14 }));
    let without_the_last = verify_growth(&checkpoints[..15], &honest);
    assert_eq!(without_the_last, Err(HistoryError::Entries { expected: 14, actual: 15 }));
    // A forked log cannot show that it continues the signed one.
    let fork = forked.iter().copied().collect::<MerkleTree>();
    for old in checkpoints.iter().filter(|old| (1..15).contains(&old.size)) {
        let proof = ConsistencyProof::prove(forked.as_slice(), old.size, 15).unwrap();
        let outcome = proof.verify(old.size, &old.root, 15, &fork.root());
        assert_eq!(outcome.is_ok(), old.size <= 6, "size {}", old.size);
    }
}
