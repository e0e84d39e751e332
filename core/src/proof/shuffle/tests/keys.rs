use super::*;

const CONTEXT: [u8; 32] = [7; 32];

fn keys(n: usize) -> Vec<ElementBytes> {
    (0..n).map(|i| group::compress(&element("key", i))).collect()
}

/// Keys and what became of them under the power g.
struct Sample {
    base: Point,
    keys: Vec<ElementBytes>,
    g: SecretScalar,
    shuffled: ShuffledKeys,
}

impl Sample {
    fn new(n: usize) -> Self {
        let (base, keys, g) = (Point::new(element("base", 0)), keys(n), SecretScalar::generate(&mut rng(1)));
        let shuffled = shuffle_keys(&CONTEXT, position(), &generators(), &base, &keys, &g, &mut rng(2)).unwrap();
        Self { base, keys, g, shuffled }
    }

    fn statement(&self) -> ShuffleStatement<'_> {
        let relation = Relation::Keys { base: &self.base, image: &self.shuffled.base };
        ShuffleStatement { context: &CONTEXT, position: position(), relation }
    }

    fn source(&self) -> MemorySource<'_> {
        MemorySource { input: &self.keys, output: &self.shuffled.keys, proof: &self.shuffled.proof }
    }
}

#[test]
fn completeness() {
    for n in [0, 1, 2, 3, 5, 17, 100] {
        let sample = Sample::new(n);
        assert_eq!(sample.statement().verify(&generators(), &sample.source(), &mut rng(3)), Ok(()), "{n}");
        let mut expected: Vec<_> = sample
            .keys
            .iter()
            .map(|key| group::compress(&(group::decompress(key).unwrap() * sample.g.expose())))
            .collect();
        expected.sort_unstable();
        assert_eq!(sample.shuffled.keys, expected);
        assert_eq!(sample.shuffled.base.element, sample.base.element * sample.g.expose());
    }
}

/// Every string of the statement and of the proof, put for another one of its kind.
#[test]
fn rejects_each_changed_string() {
    let sample = Sample::new(5);
    let other = [group::compress(&element("other", 0)), group::hash_to_scalar("test", b"other").to_bytes()];
    let statement = sample.statement();
    let verify = |input: &[ElementBytes], output: &[ElementBytes], proof: &ShuffleProof| {
        statement.verify(&generators(), &MemorySource { input, output, proof }, &mut rng(3))
    };
    for place in 0..5 {
        let mut input = sample.keys.clone();
        input[place] = other[0];
        assert_eq!(verify(&input, &sample.shuffled.keys, &sample.shuffled.proof), Err(ShuffleError::Proof));
        let mut output = sample.shuffled.keys.clone();
        output[place] = other[0];
        output.sort_unstable();
        assert_eq!(verify(&sample.keys, &output, &sample.shuffled.proof), Err(ShuffleError::Proof));
    }
    for place in 0..statement.shape(5).proof() {
        let mut proof = sample.shuffled.proof.clone();
        // C, D, then the four points announced.
        proof.0[place] = other[usize::from(place >= 14)];
        assert_eq!(verify(&sample.keys, &sample.shuffled.keys, &proof), Err(ShuffleError::Proof), "{place}");
        proof.0[place] = [0xff; 32];
        let error = ShuffleError::Encoding { part: Part::Proof, place };
        assert_eq!(verify(&sample.keys, &sample.shuffled.keys, &proof), Err(error));
    }
}
