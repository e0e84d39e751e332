//! Bounded discrete logarithms: counts out of decrypted sums, baby step giant step.
//!
//! Everything here is public: a count is only looked for when it is about to be published.

use alloc::collections::BTreeMap;

use crate::group::{self, Element, ElementBytes, GENERATOR, Scalar};

/// A table for logarithms from 0 to a bound.
#[derive(Debug)]
pub struct DiscreteLog {
    baby_steps: BTreeMap<ElementBytes, u64>,
    giant_step: Element,
    width: u64,
    bound: u64,
}

impl DiscreteLog {
    /// A table of about the square root of `bound` entries.
    #[must_use]
    pub fn new(bound: u64) -> Self {
        let width = bound.isqrt().saturating_add(1);
        let mut baby_steps = BTreeMap::new();
        let mut element = group::identity();
        for i in 0..width {
            baby_steps.insert(group::compress(&element), i);
            element += GENERATOR;
        }
        Self { baby_steps, giant_step: GENERATOR * Scalar::from(width), width, bound }
    }

    /// The count c with `[c]G = element` and c at most the bound; `None` if there is none.
    #[must_use]
    pub fn solve(&self, element: &Element) -> Option<u64> {
        let mut rest = *element;
        let mut giant = 0u64;
        while giant <= self.bound {
            if let Some(baby) = self.baby_steps.get(&group::compress(&rest)) {
                let count = giant.checked_add(*baby)?;
                return (count <= self.bound).then_some(count);
            }
            rest -= self.giant_step;
            giant = giant.checked_add(self.width)?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_everything_up_to_the_bound_and_nothing_else() {
        for bound in [0u64, 1, 2, 3, 50, 99, 100] {
            let table = DiscreteLog::new(bound);
            for count in 0..=bound {
                assert_eq!(table.solve(&(GENERATOR * Scalar::from(count))), Some(count));
            }
            for count in bound + 1..bound + 30 {
                assert_eq!(table.solve(&(GENERATOR * Scalar::from(count))), None);
            }
            assert_eq!(table.solve(&-GENERATOR), None);
        }
    }
}
