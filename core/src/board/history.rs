//! What a log did with its board (`spec/board.md`), judged from the checkpoints that it signed and
//! the entries that it published, as the entries pass: one at a time, none kept.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use super::checkpoint::Checkpoint;
use super::merkle::MerkleTree;
use crate::hash::Hash;

/// A board that no honest log makes. Checkpoints count from 0; epoch n lies between
/// checkpoints n - 1 and n; entries count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistoryError {
    /// There is no checkpoint.
    Empty,
    /// The first checkpoint is not of the empty board.
    First {
        /// Its size.
        size: u64,
    },
    /// A checkpoint is not larger than the one before.
    Size {
        /// Which checkpoint.
        checkpoint: usize,
    },
    /// The last checkpoint has another size than the board.
    Entries {
        /// Size of the last checkpoint.
        expected: u64,
        /// Entries of the board.
        actual: u64,
    },
    /// The root of a checkpoint is not that of the entries before it.
    Root {
        /// Which checkpoint.
        checkpoint: usize,
    },
    /// An epoch before the last has fewer than k entries.
    Few {
        /// Which epoch.
        epoch: usize,
        /// Its entries.
        actual: u64,
    },
    /// An entry has a leaf hash that is not above the one before, in its epoch.
    Order {
        /// Which entry.
        entry: u64,
    },
    /// Fewer than k later entries stand above an epoch's highest: it did not leave k waiting.
    Left {
        /// Which epoch.
        epoch: usize,
        /// How many later entries stand above.
        above: u64,
    },
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is no checkpoint"),
            Self::First { size } => write!(f, "the first checkpoint has {size} entries, not 0"),
            Self::Size { checkpoint } => write!(f, "checkpoint {checkpoint} is not larger than the one before"),
            Self::Entries { expected, actual } => {
                write!(f, "the last checkpoint has {expected} entries, the board {actual}")
            }
            Self::Root { checkpoint } => write!(f, "the root of checkpoint {checkpoint} is not that of its entries"),
            Self::Few { epoch, actual } => write!(f, "epoch {epoch} has only {actual} entries"),
            Self::Order { entry } => write!(f, "entry {entry} is out of its epoch's order"),
            Self::Left { epoch, above } => {
                write!(f, "epoch {epoch} did not leave enough hashes waiting: {above} later entries stand above it")
            }
        }
    }
}

impl core::error::Error for HistoryError {}

/// What a history comes to: the board only grew, and ballots entered as they should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Check B2.1: from size 0 on, strictly, to all entries, each checkpoint with the root of its
    /// entries. The error is the first that does not fit.
    pub growth: Result<(), HistoryError>,
    /// Check B2.2: at least k entries in every epoch but the last, order within each, and at least
    /// k higher entries after every one but the last. The error is the first found.
    pub epochs: Result<(), HistoryError>,
}

/// Watches the entries pass.
#[derive(Debug)]
pub struct History<'a> {
    checkpoints: Vec<&'a Checkpoint>,
    /// The next checkpoint to be reached.
    next: usize,
    min_group: u64,
    tree: MerkleTree,
    /// The entry before, in this epoch.
    previous: Option<Hash>,
    /// Highest hash of every epoch that has not seen k higher ones after it: which epoch, and how
    /// many it has seen.
    waiting: BTreeMap<Hash, (usize, u64)>,
    judgement: Judgement,
}

impl<'a> History<'a> {
    /// Before the first entry; `checkpoints` are all that the log signed, and k = `min_group` of
    /// the manifest.
    #[must_use]
    pub fn new(checkpoints: impl IntoIterator<Item = &'a Checkpoint>, min_group: u32) -> Self {
        let mut history = Self {
            checkpoints: checkpoints.into_iter().collect(),
            next: 0,
            min_group: min_group.into(),
            tree: MerkleTree::new(),
            previous: None,
            waiting: BTreeMap::new(),
            judgement: Judgement { growth: Ok(()), epochs: Ok(()) },
        };
        match history.checkpoints.first() {
            None => history.judgement.growth = Err(HistoryError::Empty),
            Some(first) if first.size > 0 => {
                history.judgement.growth = Err(HistoryError::First { size: first.size });
            }
            Some(_) => history.reach(),
        }
        history
    }

    /// The next entry, by its leaf hash.
    pub fn push(&mut self, leaf_hash: Hash) {
        if self.previous.is_some_and(|previous| previous >= leaf_hash) {
            self.blame_epoch(HistoryError::Order { entry: self.tree.size() });
        }
        self.previous = Some(leaf_hash);
        let mut satisfied = Vec::new();
        for (highest, (_, above)) in self.waiting.range_mut(..leaf_hash) {
            *above = above.saturating_add(1);
            if *above >= self.min_group {
                satisfied.push(*highest);
            }
        }
        for highest in satisfied {
            self.waiting.remove(&highest);
        }
        self.tree.push_leaf_hash(leaf_hash);
        self.reach();
    }

    /// After the last entry.
    #[must_use]
    pub fn finish(mut self) -> Judgement {
        let (expected, actual) = (self.checkpoints.last().map_or(0, |last| last.size), self.tree.size());
        if expected != actual {
            self.blame_growth(HistoryError::Entries { expected, actual });
        }
        if let Some((epoch, above)) = self.waiting.values().min().copied() {
            self.blame_epoch(HistoryError::Left { epoch, above });
        }
        self.judgement
    }

    /// Compares the root with the checkpoints of this size, and closes the epoch.
    fn reach(&mut self) {
        while let Some(checkpoint) = self.checkpoints.get(self.next).filter(|c| c.size <= self.tree.size()).copied() {
            let number = self.next;
            self.next = number.saturating_add(1);
            let before = number.checked_sub(1).and_then(|before| self.checkpoints.get(before)).map(|c| c.size);
            if before.is_some_and(|before| before >= checkpoint.size) {
                self.blame_growth(HistoryError::Size { checkpoint: number });
            } else if checkpoint.root != self.tree.root() {
                self.blame_growth(HistoryError::Root { checkpoint: number });
            }
            let is_last = self.next == self.checkpoints.len();
            if let Some(before) = before.filter(|_| !is_last) {
                self.close_epoch(number, checkpoint.size.saturating_sub(before));
            }
            self.previous = None;
        }
    }

    /// An epoch, not the last, ends here.
    fn close_epoch(&mut self, epoch: usize, actual: u64) {
        if actual < self.min_group {
            self.blame_epoch(HistoryError::Few { epoch, actual });
        }
        if let Some(highest) = self.previous.filter(|_| self.min_group > 0) {
            self.waiting.insert(highest, (epoch, 0));
        }
    }

    fn blame_growth(&mut self, error: HistoryError) {
        self.judgement.growth = self.judgement.growth.and(Err(error));
    }

    fn blame_epoch(&mut self, error: HistoryError) {
        self.judgement.epochs = self.judgement.epochs.and(Err(error));
    }
}

#[cfg(test)]
#[expect(clippy::as_conversions, reason = "small numbers")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::board::epoch::Waiting;
    use crate::board::merkle::tests::numbered_leaves;

    fn sorted(n: u64) -> Vec<Hash> {
        let mut leaves = numbered_leaves(n);
        leaves.sort_unstable();
        leaves
    }

    /// Checkpoints of these sizes over the leaves.
    fn checkpoints(sizes: &[u64], leaves: &[Hash]) -> Vec<Checkpoint> {
        let root =
            |size: &u64| leaves.iter().take(usize::try_from(*size).unwrap()).copied().collect::<MerkleTree>().root();
        sizes.iter().map(|size| Checkpoint { origin: "o".into(), size: *size, root: root(size) }).collect()
    }

    fn judge(checkpoints: &[Checkpoint], leaves: &[Hash], min_group: u32) -> Judgement {
        let mut history = History::new(checkpoints, min_group);
        leaves.iter().for_each(|leaf| history.push(*leaf));
        history.finish()
    }

    fn verify_growth(checkpoints: &[Checkpoint], leaves: &[Hash]) -> Result<(), HistoryError> {
        judge(checkpoints, leaves, 0).growth
    }

    fn verify_epochs(sizes: &[u64], leaves: &[Hash], min_group: u32) -> Result<(), HistoryError> {
        judge(&checkpoints(sizes, leaves), leaves, min_group).epochs
    }

    #[test]
    fn growth() {
        let leaves = numbered_leaves(9);
        let verify = |sizes: &[u64]| verify_growth(&checkpoints(sizes, &leaves), &leaves);
        assert_eq!(verify(&[0, 1, 5, 9]), Ok(()));
        assert_eq!(verify(&[]), Err(HistoryError::Empty));
        assert_eq!(verify(&[1, 9]), Err(HistoryError::First { size: 1 }));
        assert_eq!(verify(&[0, 5, 5, 9]), Err(HistoryError::Size { checkpoint: 2 }));
        assert_eq!(verify(&[0, 5, 4, 9]), Err(HistoryError::Size { checkpoint: 2 }));
        assert_eq!(verify(&[0, 8]), Err(HistoryError::Entries { expected: 8, actual: 9 }));
        assert_eq!(verify(&[0, 10]), Err(HistoryError::Entries { expected: 10, actual: 9 }));
        assert_eq!(verify(&[0, u64::MAX]), Err(HistoryError::Entries { expected: u64::MAX, actual: 9 }));
        assert_eq!(verify_growth(&checkpoints(&[0], &[]), &[]), Ok(()));
    }

    #[test]
    fn growth_rejects_forks_truncation_and_reordering() {
        let leaves = numbered_leaves(9);
        let honest = checkpoints(&[0, 4, 9], &leaves);
        let mut forked = leaves.clone();
        forked[2] = [0; 32];
        assert_eq!(verify_growth(&honest, &forked), Err(HistoryError::Root { checkpoint: 1 }));
        let mut reordered = leaves.clone();
        reordered.swap(7, 8);
        assert_eq!(verify_growth(&honest, &reordered), Err(HistoryError::Root { checkpoint: 2 }));
        let truncated = verify_growth(&honest, &leaves[..8]);
        assert_eq!(truncated, Err(HistoryError::Entries { expected: 9, actual: 8 }));
        let mut first = honest.clone();
        first[0].root = [0; 32];
        assert_eq!(verify_growth(&first, &leaves), Err(HistoryError::Root { checkpoint: 0 }));
    }

    #[test]
    fn epochs_reject_sizes() {
        let leaves = sorted(9);
        assert_eq!(verify_epochs(&[0, 3, 6, 9], &leaves, 3), Ok(()));
        assert_eq!(verify_epochs(&[0, 2, 9], &leaves, 3), Err(HistoryError::Few { epoch: 1, actual: 2 }));
        assert_eq!(verify_epochs(&[0, 9], &leaves, 1000), Ok(()));
        assert_eq!(verify_epochs(&[0], &[], 3), Ok(()));
    }

    #[test]
    fn epochs_reject_order() {
        let mut swapped = sorted(9);
        swapped.swap(4, 5);
        assert_eq!(verify_epochs(&[0, 3, 9], &swapped, 3), Err(HistoryError::Order { entry: 5 }));
        let mut repeated = sorted(9);
        repeated[1] = repeated[0];
        assert_eq!(verify_epochs(&[0, 3, 9], &repeated, 3), Err(HistoryError::Order { entry: 1 }));
    }

    #[test]
    fn epochs_reject_one_that_left_too_few_waiting() {
        let leaves = sorted(9);
        // The second epoch has enough entries, but only two of them above the first.
        let order = [0, 1, 6, 2, 3, 4, 5, 7, 8].map(|i: usize| leaves[i]);
        assert_eq!(verify_epochs(&[0, 3, 9], &order, 2), Ok(()));
        assert_eq!(verify_epochs(&[0, 3, 9], &order, 3), Err(HistoryError::Left { epoch: 1, above: 2 }));
        // The higher ones may come two epochs later; the last epoch may be small.
        let order = [0, 1, 5, 2, 3, 4, 6, 7, 8].map(|i: usize| leaves[i]);
        assert_eq!(verify_epochs(&[0, 3, 6, 9], &order, 3), Ok(()));
        assert_eq!(verify_epochs(&[0, 6, 9], &leaves, 4), Err(HistoryError::Left { epoch: 1, above: 3 }));
    }

    proptest! {
        #[test]
        fn what_is_released_verifies(
            min_group in 1u32..6, seed in any::<u64>(), arrivals in proptest::collection::vec(0u8..8, 0..120),
        ) {
            let mut waiting = Waiting::new(min_group);
            let (mut leaves, mut sizes) = (Vec::new(), alloc::vec![0]);
            let mut publish = |epoch: Option<Vec<(Hash, ())>>| {
                if let Some(epoch) = epoch {
                    leaves.extend(epoch.into_iter().map(|(hash, ())| hash));
                    sizes.push(leaves.len() as u64);
                }
            };
            for (i, burst) in (0u64..).zip(arrivals) {
                for j in 0..burst {
                    let ballot = [seed.to_le_bytes(), i.to_le_bytes()].concat();
                    waiting.insert(crate::board::leaf_hash(&[ballot, [j].to_vec()].concat()), ()).unwrap();
                }
                publish(waiting.release());
            }
            publish(waiting.close());
            prop_assert_eq!(verify_epochs(&sizes, &leaves, min_group), Ok(()));
            prop_assert_eq!(verify_growth(&checkpoints(&sizes, &leaves), &leaves), Ok(()));
        }
    }
}
