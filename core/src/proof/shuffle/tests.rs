use alloc::vec;
use alloc::vec::Vec;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::group::Element;
use crate::proof::BadProof;
use crate::secret::SecretScalar;

mod changed;
mod forger;
mod forgeries;
mod keys;
mod source;
mod texts;

const CONTEXT: [u8; 32] = [7; 32];

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

fn points(strings: &[ElementBytes]) -> Vec<Element> {
    strings.iter().map(|bytes| group::decompress(bytes).unwrap()).collect()
}

fn strings(points: &[Element]) -> Vec<ElementBytes> {
    points.iter().map(group::compress).collect()
}

/// A shuffle in memory, with everything that may be changed about it.
#[derive(Clone)]
struct Sample {
    context: [u8; 32],
    position: Position,
    /// Base and image, or the text keys.
    points: Vec<Point>,
    of_keys: bool,
    generators: ShuffleGenerators,
    input: Vec<ElementBytes>,
    output: Vec<ElementBytes>,
    proof: ShuffleProof,
}

impl Sample {
    fn with_statement<T>(&self, f: impl FnOnce(&ShuffleStatement<'_>) -> T) -> T {
        let relation = match self.points.as_slice() {
            [base, image] if self.of_keys => Relation::Keys { base, image },
            keys => Relation::Texts { keys },
        };
        f(&ShuffleStatement { context: &self.context, position: self.position, relation })
    }

    fn verify(&self) -> Result<(), ShuffleError<BadProof>> {
        let source = MemorySource { input: &self.input, output: &self.output, proof: &self.proof };
        self.with_statement(|statement| statement.verify(&self.generators, &source, &mut rng(3)))
    }

    fn shape(&self) -> ShuffleShape {
        self.with_statement(|statement| statement.shape(self.input.len() / statement.relation.width()))
    }
}
