//! The generators Q_i, made once for the longest list and used for all.

use alloc::vec::Vec;

use crate::group::{self, Element, ElementBytes};
use crate::hash::{Hash, tagged_hash};
use crate::parallel::map_all;

/// The first generators Q_i, and H.
#[derive(Clone, Debug)]
pub struct ShuffleGenerators {
    pub(super) h: Element,
    pub(super) q: Vec<ElementBytes>,
}

impl ShuffleGenerators {
    /// Hashes as many generators as the longest list has rows.
    #[must_use]
    pub fn new(rows: u32) -> Self {
        let piece = |first: u32| {
            let last = rows.min(first.saturating_add(1024));
            // Q_i is twice the hashed element, so this is its encoding.
            let halves: Vec<_> = (first..last).map(|i| group::hash_to_element(&[b"Q", &i.to_le_bytes()])).collect();
            group::double_and_compress(&halves)
        };
        let q = map_all((0..rows).step_by(1024).collect(), piece).concat();
        Self { h: group::h(), q }
    }

    /// Generators of a prover's own, whose logarithms it may know: no verifier has them.
    #[cfg(any(test, feature = "test-util"))]
    #[must_use]
    pub fn of_prover(q: &[Element]) -> Self {
        Self { h: group::h(), q: q.iter().map(group::compress).collect() }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.q.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.q.is_empty()
    }

    /// The generators for so many rows; `None` if there are not enough.
    pub(super) fn first(&self, rows: usize) -> Option<&[ElementBytes]> {
        self.q.get(..rows)
    }
}

/// What the transcript absorbs of generators.
pub(super) fn generators_hash(q: &[ElementBytes]) -> Hash {
    tagged_hash("shuffle-generators", &[q.as_flattened()])
}
