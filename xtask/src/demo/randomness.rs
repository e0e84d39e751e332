//! The demonstration's randomness: of the system, or from a seed.

use escrutinio_core::hash::tagged_hash;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::shell::Failure;

/// Gives every act and every voter a generator of their own, so that a run with a seed gives the
/// same record whatever runs side by side.
#[derive(Clone, Debug)]
pub(crate) struct Randomness {
    master: [u8; 32],
}

impl Randomness {
    /// From a seed, or from the system.
    pub(crate) fn new(seed: Option<[u8; 32]>) -> Result<Self, Failure> {
        let master = match seed {
            Some(seed) => seed,
            None => {
                let mut master = [0u8; 32];
                getrandom::fill(&mut master).map_err(|error| Failure::new(format!("no randomness: {error}")))?;
                master
            }
        };
        Ok(Self { master })
    }

    /// The generator of a purpose and a number.
    pub(crate) fn of(&self, purpose: &str, number: u64) -> ChaCha20Rng {
        ChaCha20Rng::from_seed(tagged_hash("demo", &[&self.master, purpose.as_bytes(), &number.to_le_bytes()]))
    }
}
