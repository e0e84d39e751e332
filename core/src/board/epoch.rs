//! Epochs (`spec/board.md`): ballots enter together, sorted by leaf hash, so that the board
//! says nothing of who came when. [`super::history`] checks what a log made of that.
//!
//! An epoch leaves its k highest hashes waiting. So a ballot that has just come does not
//! know whether it leaves with the next epoch, and nobody who counts arrivals learns it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

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

#[cfg(test)]
mod tests {
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
}
