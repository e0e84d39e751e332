//! What must hold after every crash, and when all is over.

use std::collections::BTreeMap;
use std::path::Path;

use escrutinio_core::board::bundle::{BundleId, read_bundle};
use escrutinio_core::board::checkpoint::LogKeys;
use escrutinio_core::board::{MerkleTree, SignedCheckpoint, leaf_hash};
use escrutinio_core::hash::Hash;
use escrutinio_driver::Api;

use crate::lab::counts::{Counts, count};
use crate::lab::election::Election;
use crate::lab::house::House;
use crate::shell::{Failure, Outcome};

/// Every checkpoint that was ever seen: root by size.
#[derive(Debug, Default)]
pub(crate) struct Heads(BTreeMap<u64, Hash>);

impl Heads {
    /// Takes a checkpoint of the board: it is signed, not smaller than the last, and no other of its size.
    pub(crate) fn see(&mut self, bytes: &[u8], keys: &LogKeys) -> Result<u64, Failure> {
        let bad = |why: &dyn core::fmt::Display| Failure::new(format!("checkpoint: {why}"));
        let signed = SignedCheckpoint::parse(bytes).map_err(|why| bad(&why))?;
        let head = signed.verify(keys).map_err(|why| bad(&why))?.checkpoint().clone();
        if let Some((size, _)) = self.0.last_key_value()
            && *size > head.size
        {
            return Err(Failure::new(format!("the board had {size} ballots and now shows {}", head.size)));
        }
        if self.0.insert(head.size, head.root).is_some_and(|root| root != head.root) {
            return Err(Failure::new(format!("two roots of size {}", head.size)));
        }
        Ok(head.size)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The board's entries give every root that was seen.
    fn consistent(&self, entries: &[Vec<u8>]) -> Outcome {
        let mut tree = MerkleTree::new();
        let mut expected = self.0.iter().peekable();
        loop {
            while let Some((size, root)) = expected.next_if(|(size, _)| **size == tree.size()) {
                if tree.root() != *root {
                    return Err(Failure::new(format!("the board is not what it was at size {size}")));
                }
            }
            let next = usize::try_from(tree.size()).ok().and_then(|place| entries.get(place));
            let Some(entry) = next else { break };
            tree.push(entry);
        }
        match expected.next() {
            None => Ok(()),
            Some((size, _)) => Err(Failure::new(format!("the board had {size} ballots and has {}", entries.len()))),
        }
    }
}

/// The keys of the election's board.
pub(crate) fn board_keys(election: &Election) -> Result<LogKeys, Failure> {
    let (manifest, id) = (&election.rehearsal.manifest, &election.record.election.election_id);
    let witnesses = manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key));
    LogKeys::of_election(id, (&manifest.log.name, manifest.log.key), witnesses)
        .map_err(|why| Failure::new(why.to_string()))
}

/// Nothing is on its way: every mark has its ballot, no intent is left, and all that was promised is there.
pub(crate) async fn settled(house: &House, promised: usize) -> Result<Counts, Failure> {
    // An instance that died leaves its intents until its lease is over.
    let mut counts = count(house).await?;
    for _ in 0..200 {
        if counts.intents == 0 {
            break;
        }
        tokio::time::sleep(core::time::Duration::from_millis(100)).await;
        counts = count(house).await?;
    }
    let Counts { marks, ballots, intents } = counts;
    if marks != ballots || intents != 0 || ballots < promised {
        let what = format!("{marks} marks, {ballots} ballots, {intents} intents, {promised} promises");
        return Err(Failure::new(format!("after the restart there are {what}")));
    }
    Ok(counts)
}

/// The server knows these tracking codes.
pub(crate) async fn recorded(api: &Api, codes: &[String]) -> Outcome {
    for code in codes {
        if !api.recorded(code).await? {
            return Err(Failure::new(format!("{code} was promised, and is not recorded")));
        }
    }
    Ok(())
}

/// Every entry of an exported board, in order.
pub(crate) fn entries(board: &Path, size: u64) -> Result<Vec<Vec<u8>>, Failure> {
    let mut entries = Vec::new();
    for id in BundleId::all(size) {
        let path = board.join(id.to_string());
        let bytes = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
        let bundle = read_bundle(id, &bytes).map_err(|why| Failure::new(format!("{}: {why}", path.display())))?;
        entries.extend(bundle.into_iter().map(<[u8]>::to_vec));
    }
    Ok(entries)
}

/// The board holds what was promised, each ballot once, and nothing else; and it grew as it was seen to.
pub(crate) fn board(entries: &[Vec<u8>], promised: &[Hash], heads: &Heads) -> Outcome {
    let mut leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    leaves.sort_unstable();
    if leaves != promised {
        let missing = promised.iter().filter(|leaf| leaves.binary_search(leaf).is_err()).count();
        let more = leaves.len().saturating_add(missing).saturating_sub(promised.len());
        return Err(Failure::new(format!(
            "of {} promised ballots {missing} are absent, {more} too many",
            promised.len()
        )));
    }
    heads.consistent(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(entries: &[Vec<u8>], sizes: &[usize]) -> Heads {
        let root =
            |size: &usize| entries.iter().take(*size).map(|entry| leaf_hash(entry)).collect::<MerkleTree>().root();
        Heads(sizes.iter().map(|size| (u64::try_from(*size).unwrap_or(0), root(size))).collect())
    }

    #[test]
    fn a_board_that_forgets_or_repeats_is_seen() {
        let entries: Vec<Vec<u8>> = (0..9u8).map(|n| vec![n; 5]).collect();
        let mut promised: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        promised.sort_unstable();
        let seen = heads(&entries, &[0, 3, 9]);
        assert!(board(&entries, &promised, &seen).is_ok());
        let mut other = entries.clone();
        other.swap(1, 4);
        assert!(board(&other, &promised, &seen).is_err(), "another order than was seen");
        other.swap(1, 4);
        other.pop();
        assert!(board(&other, &promised, &heads(&entries, &[3])).is_err(), "one is absent");
        other.extend([vec![1; 5], vec![8; 5]]);
        assert!(board(&other, &promised, &heads(&entries, &[3])).is_err(), "one stands twice");
        assert!(heads(&entries, &[9]).consistent(&entries[..8]).is_err());
    }
}
