//! What the verifier reads from, when it fails.

use super::*;

/// Fails, or returns too little, when it is asked for a string.
struct Broken<'a> {
    memory: MemorySource<'a>,
    part: Part,
    place: usize,
    /// What is returned instead of an error.
    answer: Option<usize>,
}

#[derive(Debug, PartialEq, Eq)]
struct Unreadable;

impl ShuffleSource for Broken<'_> {
    type Error = Unreadable;

    fn read(&self, part: Part, first: usize, count: usize) -> Result<Vec<ElementBytes>, Unreadable> {
        let mut strings = self.memory.read(part, first, count).map_err(|_| Unreadable)?;
        if part == self.part && (first..first + count).contains(&self.place) {
            strings.truncate(self.answer.ok_or(Unreadable)?);
        }
        Ok(strings)
    }
}

#[test]
fn everything_is_read_and_no_error_is_lost() {
    let (_, sample) = texts::sample(20, 2);
    let memory = MemorySource { input: &sample.input, output: &sample.output, proof: &sample.proof };
    let lengths = [(Part::Input, 40), (Part::Output, 40), (Part::Proof, sample.proof.0.len())];
    for (part, length) in lengths {
        for place in 0..length {
            let verify = |answer| {
                let source = Broken { memory, part, place, answer };
                sample.with_statement(|s| s.verify_source(&sample.generators, 20, &source, &mut rng(3)))
            };
            assert_eq!(verify(None), Err(ShuffleError::Read(Unreadable)));
            assert_eq!(verify(Some(0)), Err(ShuffleError::Proof));
            assert_eq!(verify(Some(usize::MAX)), Ok(()));
        }
    }
}

#[test]
fn memory_ends_where_it_ends() {
    let (_, sample) = texts::sample(2, 2);
    let memory = MemorySource { input: &sample.input, output: &sample.output, proof: &sample.proof };
    assert_eq!(memory.read(Part::Input, 0, 4).as_deref(), Ok(sample.input.as_slice()));
    assert_eq!(memory.read(Part::Output, 1, 4), Err(BadProof));
    assert_eq!(memory.read(Part::Proof, usize::MAX, 2), Err(BadProof));
    let verify = |rows| sample.with_statement(|s| s.verify_source(&sample.generators, rows, &memory, &mut rng(3)));
    assert_eq!(verify(2), Ok(()));
    assert_eq!(verify(3), Err(ShuffleError::Read(BadProof)));
}
