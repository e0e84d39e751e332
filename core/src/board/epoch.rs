//! Epochs (`spec/board.md`): ballots enter together, sorted by leaf hash, so that the board
//! says nothing of who came when; and the checks of what a log made of that.
//!
//! An epoch leaves its k highest hashes waiting. So a ballot that has just come does not
//! know whether it leaves with the next epoch, and nobody who counts arrivals learns it.

use alloc::collections::{BTreeMap, BinaryHeap};
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;

use super::checkpoint::Checkpoint;
use super::merkle::MerkleTree;
use crate::hash::Hash;

/// Ballots that are accepted and not yet on the board, in the order of their leaf hashes.
#[derive(Clone, Debug)]
pub struct Waiting<T> {
    group: usize,
    ballots: BTreeMap<Hash, T>,
}

impl<T> Waiting<T> {
    /// An empty room, with k = `min_group` of the manifest.
    #[must_use]
    pub fn new(min_group: u32) -> Self {
        Self { group: usize::try_from(min_group).unwrap_or(usize::MAX), ballots: BTreeMap::new() }
    }

    /// Takes a ballot by its leaf hash.
    ///
    /// # Errors
    /// Gives the ballot back if it waits already.
    pub fn insert(&mut self, leaf_hash: Hash, ballot: T) -> Result<(), T> {
        use alloc::collections::btree_map::Entry;
        match self.ballots.entry(leaf_hash) {
            Entry::Occupied(_) => Err(ballot),
            Entry::Vacant(vacant) => {
                vacant.insert(ballot);
                Ok(())
            }
        }
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ballots.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ballots.is_empty()
    }

    /// The next epoch while voting is open: if at least 2k wait, all but the k highest.
    pub fn release(&mut self) -> Option<Vec<(Hash, T)>> {
        if self.ballots.len() < self.group.saturating_mul(2) {
            return None;
        }
        let leaving = self.ballots.len().saturating_sub(self.group);
        self.take(leaving)
    }

    /// The last epoch: all that wait, if any do.
    pub fn close(mut self) -> Option<Vec<(Hash, T)>> {
        self.take(self.ballots.len())
    }

    fn take(&mut self, number: usize) -> Option<Vec<(Hash, T)>> {
        let mut leaving = Vec::with_capacity(number);
        while leaving.len() < number {
            leaving.push(self.ballots.pop_first()?);
        }
        (!leaving.is_empty()).then_some(leaving)
    }
}

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
            Self::Left { epoch } => write!(f, "epoch {epoch} did not leave its highest hashes waiting"),
        }
    }
}

impl core::error::Error for HistoryError {}

/// Verifies that the checkpoints tell of one board that only grew (check B2.1): from size 0
/// on, strictly, to all entries, each with the root of its entries.
///
/// # Errors
/// [`HistoryError`] with the first checkpoint that does not fit.
pub fn verify_growth<'a>(
    checkpoints: impl IntoIterator<Item = &'a Checkpoint>,
    leaf_hashes: &[Hash],
) -> Result<(), HistoryError> {
    let mut tree = MerkleTree::new();
    let mut leaves = leaf_hashes.iter();
    let mut last = None;
    for (number, checkpoint) in checkpoints.into_iter().enumerate() {
        match last {
            None if checkpoint.size > 0 => return Err(HistoryError::First { size: checkpoint.size }),
            Some(before) if checkpoint.size <= before => return Err(HistoryError::Size { checkpoint: number }),
            _ => last = Some(checkpoint.size),
        }
        let more = checkpoint.size.saturating_sub(tree.size());
        tree.extend(leaves.by_ref().take(usize::try_from(more).unwrap_or(usize::MAX)).copied());
        if tree.size() < checkpoint.size {
            break;
        }
        if tree.root() != checkpoint.root {
            return Err(HistoryError::Root { checkpoint: number });
        }
    }
    let expected = last.ok_or(HistoryError::Empty)?;
    let actual = u64::try_from(leaf_hashes.len()).unwrap_or(u64::MAX);
    if expected == actual { Ok(()) } else { Err(HistoryError::Entries { expected, actual }) }
}

/// Verifies the epochs (check B2.2): at least k entries in every one but the last, order
/// within each, and at least k higher entries after every one but the last.
///
/// `sizes` are those of all checkpoints, as [`verify_growth`] accepts them.
///
/// # Errors
/// [`HistoryError`] with the first epoch or entry that does not fit.
pub fn verify_epochs(sizes: &[u64], leaf_hashes: &[Hash], min_group: u32) -> Result<(), HistoryError> {
    let epochs = epochs(sizes, leaf_hashes)?;
    let least = u64::from(min_group);
    let mut start = 0u64;
    for (epoch, entries) in (1..).zip(&epochs) {
        let actual = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        if epoch < epochs.len() && actual < least {
            return Err(HistoryError::Few { epoch, actual });
        }
        let pairs = entries.iter().zip(entries.iter().skip(1));
        if let Some((entry, _)) = (start..).zip(pairs).find(|(_, (before, after))| before >= after) {
            return Err(HistoryError::Order { entry: entry.saturating_add(1) });
        }
        start = start.saturating_add(actual);
    }
    verify_left_waiting(&epochs, usize::try_from(min_group).unwrap_or(usize::MAX))
}

/// The entries of each epoch.
fn epochs<'a>(sizes: &[u64], leaf_hashes: &'a [Hash]) -> Result<Vec<&'a [Hash]>, HistoryError> {
    let mut epochs = Vec::with_capacity(sizes.len());
    let (mut before, mut rest) = (0u64, leaf_hashes);
    let (first, later) = sizes.split_first().ok_or(HistoryError::Empty)?;
    if *first > 0 {
        return Err(HistoryError::First { size: *first });
    }
    let actual = u64::try_from(leaf_hashes.len()).unwrap_or(u64::MAX);
    for (checkpoint, size) in (1..).zip(later) {
        let length = size.checked_sub(before).filter(|n| *n > 0).ok_or(HistoryError::Size { checkpoint })?;
        let cut = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
        let (entries, left) = cut.ok_or(HistoryError::Entries { expected: *size, actual })?;
        epochs.push(entries);
        (before, rest) = (*size, left);
    }
    if rest.is_empty() { Ok(epochs) } else { Err(HistoryError::Entries { expected: before, actual }) }
}

/// Goes backwards and keeps the k highest hashes seen: the lowest of them must be above the
/// highest of the epoch before.
fn verify_left_waiting(epochs: &[&[Hash]], least: usize) -> Result<(), HistoryError> {
    let mut highest = BinaryHeap::new();
    let mut failed = None;
    for (index, entries) in epochs.iter().enumerate().rev() {
        let is_last = index.saturating_add(1) == epochs.len();
        let lowest_left = highest.peek().map(|Reverse(hash): &Reverse<&Hash>| *hash);
        let above = least == 0 || (highest.len() == least && entries.last() < lowest_left);
        if !is_last && !above {
            failed = Some(HistoryError::Left { epoch: index.saturating_add(1) });
        }
        for hash in *entries {
            highest.push(Reverse(hash));
            if highest.len() > least {
                highest.pop();
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

#[cfg(test)]
#[expect(clippy::as_conversions, reason = "small numbers")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::board::merkle::tests::numbered_leaves;

    fn sorted(n: u64) -> Vec<Hash> {
        let mut leaves = numbered_leaves(n);
        leaves.sort_unstable();
        leaves
    }

    #[test]
    fn releases_all_but_the_highest() {
        let mut waiting = Waiting::new(3);
        let leaves = numbered_leaves(7);
        for (i, leaf) in leaves.iter().enumerate() {
            assert_eq!(waiting.insert(*leaf, i), Ok(()));
            assert_eq!(waiting.insert(*leaf, 99), Err(99));
            if i < 5 {
                assert_eq!(waiting.release(), None);
            }
        }
        let epoch: Vec<_> = waiting.release().unwrap().into_iter().map(|(hash, _)| hash).collect();
        assert_eq!(epoch, sorted(7)[..4]);
        assert_eq!((waiting.len(), waiting.release()), (3, None));
        let last: Vec<_> = waiting.close().unwrap().into_iter().map(|(hash, _)| hash).collect();
        assert_eq!(last, sorted(7)[4..]);
        let empty = Waiting::<()>::new(0);
        assert!(empty.is_empty());
        assert_eq!(empty.clone().release(), None);
        assert_eq!(empty.close(), None);
    }

    /// Checkpoints of these sizes over the leaves.
    fn checkpoints(sizes: &[u64], leaves: &[Hash]) -> Vec<Checkpoint> {
        let root =
            |size: &u64| leaves.iter().take(usize::try_from(*size).unwrap()).copied().collect::<MerkleTree>().root();
        sizes.iter().map(|size| Checkpoint { origin: "o".into(), size: *size, root: root(size) }).collect()
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
        assert_eq!(verify_epochs(&[], &[], 3), Err(HistoryError::Empty));
        assert_eq!(verify_epochs(&[3, 9], &leaves, 3), Err(HistoryError::First { size: 3 }));
        assert_eq!(verify_epochs(&[0, 3, 3, 9], &leaves, 3), Err(HistoryError::Size { checkpoint: 2 }));
        let short = HistoryError::Entries { expected: 8, actual: 9 };
        assert_eq!(verify_epochs(&[0, 8], &leaves, 3), Err(short));
        let long = HistoryError::Entries { expected: u64::MAX, actual: 9 };
        assert_eq!(verify_epochs(&[0, 3, u64::MAX], &leaves, 3), Err(long));
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
        assert_eq!(verify_epochs(&[0, 3, 9], &order, 3), Err(HistoryError::Left { epoch: 1 }));
        // The higher ones may come two epochs later; the last epoch may be small.
        let order = [0, 1, 5, 2, 3, 4, 6, 7, 8].map(|i: usize| leaves[i]);
        assert_eq!(verify_epochs(&[0, 3, 6, 9], &order, 3), Ok(()));
        assert_eq!(verify_epochs(&[0, 6, 9], &leaves, 4), Err(HistoryError::Left { epoch: 1 }));
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
