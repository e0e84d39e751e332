//! Every checkpoint that was ever seen of a log: signed, never smaller than before, each the beginning of
//! the next.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use escrutinio_core::board::checkpoint::LogKeys;
use escrutinio_core::board::proof::ConsistencyProof;
use escrutinio_core::board::tile::TileNodes;
use escrutinio_core::board::{MerkleTree, SignedCheckpoint, leaf_hash};
use escrutinio_core::hash::Hash;

use crate::lab::election::Election;
use crate::lab::site::Site;
use crate::shell::{Failure, Outcome};

/// Where a log lies and what was seen of it.
#[derive(Debug)]
pub(crate) struct Heads {
    name: &'static str,
    keys: LogKeys,
    /// Root by size.
    seen: BTreeMap<u64, Hash>,
    /// Up to this size every head is proved to begin with the one before.
    proved: u64,
    proofs: u64,
}

impl Heads {
    /// The board and the acts of an election.
    pub(crate) fn both(election: &Election) -> Result<[Self; 2], Failure> {
        let (manifest, id) = (&election.rehearsal.manifest, &election.record.election.election_id);
        let log = (manifest.log.name.as_str(), manifest.log.key);
        let witnesses = || manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key));
        let bad = |why: &dyn core::fmt::Display| Failure::new(why.to_string());
        let board = LogKeys::of_election(id, log, witnesses()).map_err(|why| bad(&why))?;
        let acts = LogKeys::of_acts(id, log, witnesses()).map_err(|why| bad(&why))?;
        Ok([Self::new("board", board), Self::new("acts", acts)])
    }

    fn new(name: &'static str, keys: LogKeys) -> Self {
        Self { name, keys, seen: BTreeMap::new(), proved: 0, proofs: 0 }
    }

    /// Where the server shows its last checkpoint.
    pub(crate) fn path(&self) -> String {
        format!("/{}/checkpoint", self.name)
    }

    /// Size of the largest head.
    pub(crate) fn largest(&self) -> u64 {
        self.seen.last_key_value().map_or(0, |(size, _)| *size)
    }

    /// How many heads were seen, of how many it is proved that each begins with the one before.
    pub(crate) fn figures(&self) -> (usize, u64) {
        (self.seen.len(), self.proofs)
    }

    /// Takes a checkpoint that was asked for when a head of size `known` had been seen: it is signed, not smaller,
    /// and there is no other of its size.
    pub(crate) fn see(&mut self, bytes: &[u8], known: u64) -> Result<u64, Failure> {
        let name = self.name;
        let bad = |why: &dyn core::fmt::Display| Failure::new(format!("checkpoint of the {name}: {why}"));
        let signed = SignedCheckpoint::parse(bytes).map_err(|why| bad(&why))?;
        let head = signed.verify(&self.keys).map_err(|why| bad(&why))?.checkpoint().clone();
        if head.size < known {
            return Err(bad(&format!("it had {known} entries, and shows {}", head.size)));
        }
        if self.seen.insert(head.size, head.root).is_some_and(|root| root != head.root) {
            return Err(bad(&format!("two roots of size {}", head.size)));
        }
        Ok(head.size)
    }

    /// Proves of every two successive heads that the later begins with the earlier (RFC 6962), from the tiles on the
    /// disk of an instance.
    pub(crate) fn prove(&mut self, site: &Site) -> Outcome {
        let folder = site.data().join(self.name);
        let path = folder.join("checkpoint");
        let mut tries = 0..20;
        loop {
            let bytes = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
            let size = self.see(&bytes, 0)?;
            match self.prove_from(&folder, size) {
                // The instance may have gone on meanwhile, and taken away what the next size does not need.
                Err(_) if tries.next().is_some() => std::thread::sleep(core::time::Duration::from_millis(50)),
                other => return other,
            }
        }
    }

    fn prove_from(&mut self, folder: &Path, size: u64) -> Outcome {
        let read = |path: PathBuf| std::fs::read(&path).map_err(|error| Failure::file(&path, &error));
        let nodes = TileNodes::new(size, |id| read(folder.join(format!("{id}"))));
        let heads: Vec<(u64, Hash)> = self.seen.range(self.proved..=size).map(|(size, root)| (*size, *root)).collect();
        for pair in heads.windows(2) {
            let [(old, old_root), (new, new_root)] = pair else { continue };
            let bad = |why: &dyn core::fmt::Display| {
                Failure::new(format!("the {} of {new} entries does not begin with that of {old}: {why}", self.name))
            };
            let proof = ConsistencyProof::prove(&nodes, *old, *new).map_err(|why| bad(&why))?;
            proof.verify(*old, old_root, *new, new_root).map_err(|why| bad(&why))?;
            // Every log begins with the empty one: that is no news.
            (self.proved, self.proofs) = (*new, self.proofs.saturating_add(u64::from(*old > 0)));
        }
        Ok(())
    }

    /// The entries give every root that was seen.
    pub(crate) fn given_by(&self, entries: &[Vec<u8>]) -> Outcome {
        let mut tree = MerkleTree::new();
        let mut expected = self.seen.iter().peekable();
        loop {
            while let Some((size, root)) = expected.next_if(|(size, _)| **size == tree.size()) {
                if tree.root() != *root {
                    return Err(Failure::new(format!("the {} is not what it was at size {size}", self.name)));
                }
            }
            let next = usize::try_from(tree.size()).ok().and_then(|place| entries.get(place));
            let Some(entry) = next else { break };
            tree.push_leaf_hash(leaf_hash(entry));
        }
        match expected.next() {
            None => Ok(()),
            Some((size, _)) => {
                Err(Failure::new(format!("the {} had {size} entries and has {}", self.name, entries.len())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use escrutinio_core::board::Checkpoint;
    use escrutinio_core::board::tile::TileWriter;
    use escrutinio_core::ids::ElectionId;
    use escrutinio_core::testing::signing_key;

    use super::*;

    fn entries() -> Vec<Vec<u8>> {
        (0..9u8).map(|n| vec![n; 5]).collect()
    }

    fn root(entries: &[Vec<u8>]) -> Hash {
        entries.iter().map(|entry| leaf_hash(entry)).collect::<MerkleTree>().root()
    }

    fn heads(sizes: &[usize]) -> Heads {
        let keys = LogKeys::of_election(&ElectionId([1; 32]), ("log", signing_key("log").verifying_key()), []);
        let mut heads = Heads::new("board", keys.unwrap());
        for size in sizes {
            let root = root(&entries()[..*size]);
            let origin = heads.keys.origin().to_owned();
            let head = Checkpoint { origin, size: u64::try_from(*size).unwrap(), root };
            let signed = head.sign(&signing_key("log")).unwrap().to_string();
            heads.see(signed.as_bytes(), 0).unwrap();
            let known = u64::try_from(*size).unwrap() + 1;
            assert!(heads.see(signed.as_bytes(), known).is_err(), "smaller than what was seen");
        }
        heads
    }

    #[test]
    fn entries_that_give_other_heads_are_told() {
        let (entries, heads) = (entries(), heads(&[0, 3, 9]));
        assert!(heads.given_by(&entries).is_ok());
        assert!(heads.given_by(&entries[..8]).is_err(), "one is gone");
        let mut other = entries.clone();
        other.swap(1, 4);
        assert!(heads.given_by(&other).is_err(), "another order than was seen");
    }

    #[test]
    fn tiles_that_grew_otherwise_prove_nothing() {
        for (changed, proofs) in [(None, Some(2)), (Some(1), None), (Some(5), None)] {
            let folder = tempfile::tempdir().unwrap();
            let mut writer = TileWriter::new();
            for (place, entry) in entries().iter().enumerate() {
                let leaf = if changed == Some(place) { [0; 32] } else { leaf_hash(entry) };
                assert!(writer.push_leaf_hash(leaf).is_empty());
            }
            for tile in writer.partial() {
                let path = folder.path().join(tile.path());
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, tile.to_bytes()).unwrap();
            }
            let mut heads = heads(&[0, 3, 5, 9]);
            assert_eq!(heads.prove_from(folder.path(), 9).ok().map(|()| heads.figures().1), proofs, "{changed:?}");
        }
    }

    #[test]
    fn another_root_of_a_size_is_told() {
        let mut heads = heads(&[3]);
        let origin = heads.keys.origin().to_owned();
        let other = Checkpoint { origin, size: 3, root: [7; 32] }.sign(&signing_key("log")).unwrap().to_string();
        assert!(heads.see(other.as_bytes(), 0).is_err());
    }
}
