use super::*;

const CONTEXT: [u8; 32] = [9; 32];

/// Rows under known keys, and what became of them.
struct Sample {
    secrets: Vec<SecretScalar>,
    keys: Vec<Point>,
    rows: Vec<ElementBytes>,
    shuffled: ShuffledTexts,
}

impl Sample {
    fn new(n: usize, width: usize) -> Self {
        let rng = &mut rng(1);
        let secrets: Vec<_> = (1..width).map(|_| SecretScalar::generate(rng)).collect();
        let keys: Vec<_> = secrets.iter().map(|secret| Point::new(secret.public())).collect();
        let mut rows = Vec::new();
        for row in 0..n {
            let nonce = SecretScalar::generate(rng);
            rows.push(group::compress(&nonce.public()));
            // Every third text is the same.
            let texts =
                keys.iter().enumerate().map(|(k, key)| key.element * nonce.expose() + element("text", row % 3 * 8 + k));
            rows.extend(texts.map(|point| group::compress(&point)));
        }
        let shuffled = shuffle_texts(&CONTEXT, position(), &generators(), &keys, &rows, rng).unwrap();
        Self { secrets, keys, rows, shuffled }
    }

    fn statement(&self) -> ShuffleStatement<'_> {
        ShuffleStatement { context: &CONTEXT, position: position(), relation: Relation::Texts { keys: &self.keys } }
    }

    fn source(&self) -> MemorySource<'_> {
        MemorySource { input: &self.rows, output: &self.shuffled.rows, proof: &self.shuffled.proof }
    }

    /// The texts of rows, in order of their bytes.
    fn decrypt(&self, rows: &[ElementBytes]) -> Vec<Vec<ElementBytes>> {
        let points: Vec<_> = rows.iter().map(|bytes| group::decompress(bytes).unwrap()).collect();
        let mut texts: Vec<Vec<_>> = points
            .chunks(self.keys.len() + 1)
            .map(|row| {
                let texts = row[1..].iter().zip(&self.secrets);
                texts.map(|(point, secret)| group::compress(&(point - row[0] * secret.expose()))).collect()
            })
            .collect();
        texts.sort_unstable();
        texts
    }
}

#[test]
fn completeness() {
    for width in [2, 4] {
        for n in [0, 1, 2, 3, 5, 17, 100] {
            let sample = Sample::new(n, width);
            assert_eq!(sample.statement().verify(&generators(), &sample.source(), &mut rng(3)), Ok(()), "{n}");
            let rows = &sample.shuffled.rows;
            assert!(rows.iter().step_by(width).is_sorted_by(|a, b| a < b));
            assert!(rows.iter().all(|point| !sample.rows.contains(point)));
            assert_eq!(sample.decrypt(rows), sample.decrypt(&sample.rows));
        }
    }
}
