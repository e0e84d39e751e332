use alloc::vec::Vec;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::group::Element;
use crate::secret::SecretScalar;

mod keys;
mod texts;

/// Generators for the lists of these tests.
fn generators() -> ShuffleGenerators {
    ShuffleGenerators::new(101)
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn element(name: &str, number: usize) -> Element {
    group::hash_to_element(&[b"test", name.as_bytes(), &number.to_le_bytes()])
}

fn position() -> Position {
    Position { contest: Some(3), style: Some(4), unit: Some(5), role: Some(1), index: Some(2) }
}
