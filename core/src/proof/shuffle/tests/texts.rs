//! Lists of texts, shuffled honestly.

use super::*;

/// Secret keys, and rows under them of which every third holds the same text.
pub(super) fn rows(n: usize, width: usize) -> (Vec<SecretScalar>, Vec<ElementBytes>) {
    let rng = &mut rng(1);
    let secrets: Vec<_> = (1..width).map(|_| SecretScalar::generate(rng)).collect();
    let mut rows = Vec::new();
    for row in 0..n {
        let nonce = SecretScalar::generate(rng);
        rows.push(group::compress(&nonce.public()));
        let texts = secrets
            .iter()
            .zip(row % 3 * 8..)
            .map(|(secret, text)| secret.public() * nonce.expose() + element("text", text));
        rows.extend(texts.map(|point| group::compress(&point)));
    }
    (secrets, rows)
}

pub(super) fn sample(n: usize, width: usize) -> (Vec<SecretScalar>, Sample) {
    let (secrets, rows) = rows(n, width);
    let keys: Vec<_> = secrets.iter().map(|secret| Point::new(secret.public())).collect();
    let shuffled = shuffle_texts(&CONTEXT, position(), &generators(), &keys, &rows, &mut rng(2)).unwrap();
    let sample = Sample {
        context: CONTEXT,
        position: position(),
        points: keys,
        of_keys: false,
        generators: generators(),
        input: rows,
        output: shuffled.rows,
        proof: shuffled.proof,
    };
    (secrets, sample)
}

/// The texts of rows, in order of their bytes.
fn decrypt(secrets: &[SecretScalar], rows: &[ElementBytes]) -> Vec<Vec<ElementBytes>> {
    let mut texts: Vec<Vec<_>> = points(rows)
        .chunks(secrets.len() + 1)
        .map(|row| {
            let texts = row[1..].iter().zip(secrets);
            texts.map(|(point, secret)| group::compress(&(point - row[0] * secret.expose()))).collect()
        })
        .collect();
    texts.sort_unstable();
    texts
}

#[test]
fn completeness() {
    for width in [1, 2, 4] {
        for n in [0, 1, 2, 3, 5, 16, 17, 33, 100] {
            let (secrets, sample) = sample(n, width);
            assert_eq!(sample.verify(), Ok(()), "{n} rows of {width}");
            assert!(sample.output.iter().step_by(width).is_sorted_by(|a, b| a < b));
            assert!(sample.output.iter().all(|point| !sample.input.contains(point)));
            assert_eq!(decrypt(&secrets, &sample.output), decrypt(&secrets, &sample.input));
        }
    }
}

#[test]
fn refuses_rows_that_are_not_full() {
    let (_, sample) = sample(2, 4);
    let shuffle = |rows: &[ElementBytes]| {
        shuffle_texts(&CONTEXT, position(), &generators(), &sample.points, rows, &mut rng(2)).map(drop)
    };
    assert_eq!(shuffle(&sample.input[..7]), Err(ShuffleInputError::Width(4)));
    let mut bad = sample.input.clone();
    bad[6] = [0xff; 32];
    assert_eq!(shuffle(&bad), Err(ShuffleInputError::Encoding { place: 6 }));
}
