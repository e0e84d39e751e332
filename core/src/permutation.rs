//! A secret permutation that sorts: Batcher's odd-even merge sort, kept as one bit for
//! each of its exchanges.
//!
//! Which places are compared depends on the number of items alone (Knuth, The Art of
//! Computer Programming, volume 3, 5.2.2, algorithm M). Comparisons and exchanges take no
//! branch and no index from what is compared, so neither time nor memory accesses tell
//! the order that was found. For 200,000 items 15 million comparisons: 2 MB of bits.

use alloc::vec::Vec;
use core::fmt;

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The permutation pi that brought keys in order: what came to place i had stood at pi(i).
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Permutation {
    length: usize,
    /// The exchanges of each stage, 64 in a word.
    exchanges: Vec<Vec<u64>>,
}

impl fmt::Debug for Permutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permutation(..)")
    }
}

impl Permutation {
    /// Sorts keys, as byte strings, and keeps how. Nothing is said of the order of equal keys.
    #[must_use]
    pub fn sort(keys: &mut [[u8; 32]]) -> Self {
        let length = keys.len();
        let exchanges = stages(length)
            .map(|stage| {
                let mut bits = Recorder::new(length);
                stage.each_pair(keys, |a, b| {
                    let exchange = greater(a, b);
                    ConditionallySelectable::conditional_swap(a, b, exchange);
                    bits.push(exchange);
                });
                bits.finish()
            })
            .collect();
        Self { length, exchanges }
    }

    /// Moves as many items as were sorted in the same way: place i gets what stood at pi(i).
    pub fn forward<T: ConditionallySelectable>(&self, items: &mut [T]) {
        for (stage, bits) in stages(self.length).zip(&self.exchanges) {
            replay(stage, bits, items);
        }
    }

    /// Undoes [`Permutation::forward`]: place pi(i) gets what stood at i.
    pub fn backward<T: ConditionallySelectable>(&self, items: &mut [T]) {
        let stages: Vec<_> = stages(self.length).zip(&self.exchanges).collect();
        for (stage, bits) in stages.into_iter().rev() {
            replay(stage, bits, items);
        }
    }
}

fn replay<T: ConditionallySelectable>(stage: Stage, bits: &[u64], items: &mut [T]) {
    let mut bits = bits.iter().flat_map(|word| (0..u64::BITS).map(move |bit| word >> bit & 1));
    stage.each_pair(items, |a, b| {
        // A bit is 0 or 1: the lowest byte holds it.
        let [bit, ..] = bits.next().unwrap_or(0).to_le_bytes();
        T::conditional_swap(a, b, Choice::from(bit));
    });
}

/// Whether `a` stands behind `b`.
fn greater(a: &[u8; 32], b: &[u8; 32]) -> Choice {
    let words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
    // The first word that differs decides, so it is looked at last.
    words.rev().fold(Choice::from(0), |rest, (a, b)| {
        let (a, b) = (u64::from_be_bytes(*a), u64::from_be_bytes(*b));
        a.ct_gt(&b) | (a.ct_eq(&b) & rest)
    })
}

/// Writes one bit after another.
struct Recorder {
    words: Vec<u64>,
    word: u64,
    used: u32,
}

impl Recorder {
    /// Room for the exchanges of one stage of a network over so many items: at once, since a list
    /// that grows leaves copies behind.
    fn new(items: usize) -> Self {
        Self { words: Vec::with_capacity(items.div_ceil(64)), word: 0, used: 0 }
    }

    fn push(&mut self, bit: Choice) {
        self.word |= u64::from(bit.unwrap_u8()) << self.used;
        self.used = self.used.wrapping_add(1);
        if self.used == u64::BITS {
            self.words.push(self.word);
            (self.word, self.used) = (0, 0);
        }
    }

    fn finish(mut self) -> Vec<u64> {
        if self.used > 0 {
            self.words.push(self.word);
        }
        self.word.zeroize();
        self.words
    }
}

/// Comparisons that have no place in common: of i with i + distance for every i whose bit
/// `block`, a power of two, is as in `offset`, which is 0 or `block`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stage {
    block: usize,
    offset: usize,
    distance: usize,
}

impl Stage {
    fn each_pair<T>(self, items: &mut [T], mut f: impl FnMut(&mut T, &mut T)) {
        let mut start = self.offset;
        // The distance is not smaller than the block: the two sides of a block do not overlap.
        while let Some((left, right)) = items.get_mut(start..).and_then(|rest| rest.split_at_mut_checked(self.distance))
        {
            for (a, b) in left.iter_mut().zip(right).take(self.block) {
                f(a, b);
            }
            start = start.saturating_add(self.block.saturating_mul(2));
        }
    }
}

/// The stages of the network for so many items.
fn stages(items: usize) -> impl Iterator<Item = Stage> {
    // The largest power of two below the number of items.
    let top = items.saturating_sub(1).checked_ilog2();
    let blocks = top.into_iter().flat_map(|top| (0..=top).rev());
    blocks.flat_map(move |block| {
        let block_size = 1usize << block;
        let merged = (block.saturating_add(1)..=top.unwrap_or(0)).rev().map(move |q| Stage {
            block: block_size,
            offset: block_size,
            distance: (1usize << q).saturating_sub(block_size),
        });
        core::iter::once(Stage { block: block_size, offset: 0, distance: block_size }).chain(merged)
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    fn key(number: u64) -> [u8; 32] {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_be_bytes());
        key
    }

    /// By the 0/1 principle a network that sorts all zeros and ones sorts everything.
    #[test]
    fn sorts_all_zeros_and_ones() {
        for n in 0..=12usize {
            for bits in 0..1u64 << n {
                let mut keys: Vec<_> = (0..n).map(|i| key(bits >> i & 1)).collect();
                let before = keys.clone();
                let permutation = Permutation::sort(&mut keys);
                assert!(keys.is_sorted());
                let mut again = before.clone();
                permutation.forward(&mut again);
                assert_eq!(again, keys);
                permutation.backward(&mut again);
                assert_eq!(again, before);
            }
        }
    }

    #[test]
    fn every_byte_counts() {
        for place in 0..32 {
            let mut small = [7; 32];
            let mut large = [7; 32];
            large[place] = 200;
            small[place + 1..].fill(255);
            let mut keys = vec![large, small];
            let _ = Permutation::sort(&mut keys);
            assert_eq!(keys, [small, large]);
        }
    }

    /// The places compared, as the algorithm's own loops give them.
    #[test]
    fn compares_the_places_of_algorithm_m() {
        for n in 0..70usize {
            let mut expected = Vec::new();
            let top = if n < 2 { 0 } else { n.next_power_of_two() / 2 };
            let mut p = top;
            while p > 0 {
                let (mut q, mut r, mut d) = (top, 0, p);
                loop {
                    expected.extend((0..n.saturating_sub(d)).filter(|i| i & p == r).map(|i| (i, i + d)));
                    if q == p {
                        break;
                    }
                    (d, q, r) = (q - p, q / 2, p);
                }
                p /= 2;
            }
            let mut places: Vec<usize> = (0..n).collect();
            let mut pairs = Vec::new();
            for stage in stages(n) {
                stage.each_pair(&mut places, |a, b| pairs.push((*a, *b)));
            }
            assert_eq!(pairs, expected, "{n}");
        }
    }

    #[test]
    fn prints_nothing_of_itself() {
        assert_eq!(alloc::format!("{:?}", Permutation::sort(&mut [[1; 32], [0; 32]])), "Permutation(..)");
    }

    proptest! {
        #[test]
        fn sorts_and_carries(mut keys in prop::collection::vec(any::<[u8; 32]>(), 0..300)) {
            let before = keys.clone();
            let mut places: Vec<u64> = (0..).take(keys.len()).collect();
            let permutation = Permutation::sort(&mut keys);
            let mut expected = before.clone();
            expected.sort_unstable();
            prop_assert_eq!(&keys, &expected);
            permutation.forward(&mut places);
            for (key, place) in keys.iter().zip(&places) {
                prop_assert_eq!(key, &before[usize::try_from(*place).unwrap()]);
            }
            permutation.backward(&mut places);
            prop_assert!(places.iter().copied().eq((0..).take(places.len())));
        }
    }
}
