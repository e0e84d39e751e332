//! Lists of keys, shuffled honestly.

use super::*;

fn keys(n: usize) -> Vec<ElementBytes> {
    (0..n).map(|i| group::compress(&element("key", i))).collect()
}

/// Keys and what became of them under a power that the test knows.
pub(super) fn sample(n: usize) -> (SecretScalar, Sample) {
    let (base, keys, g) = (Point::new(element("base", 0)), keys(n), SecretScalar::generate(&mut rng(1)));
    let shuffled = shuffle_keys(&CONTEXT, position(), &generators(), &base, &keys, &g, &mut rng(2)).unwrap();
    let sample = Sample {
        context: CONTEXT,
        position: position(),
        points: vec![base, shuffled.base],
        of_keys: true,
        generators: generators(),
        input: keys,
        output: shuffled.keys,
        proof: shuffled.proof,
    };
    (g, sample)
}

#[test]
fn completeness() {
    for n in [0, 1, 2, 3, 5, 16, 17, 32, 33, 100, 101] {
        let (g, sample) = sample(n);
        assert_eq!(sample.verify(), Ok(()), "{n}");
        let mut expected: Vec<_> =
            points(&sample.input).iter().map(|key| group::compress(&(key * g.expose()))).collect();
        expected.sort_unstable();
        assert_eq!(sample.output, expected);
        assert_eq!(sample.points[1].element, sample.points[0].element * g.expose());
    }
}

#[test]
fn refuses_what_cannot_be_shuffled() {
    let (base, g) = (Point::new(element("base", 0)), SecretScalar::generate(&mut rng(1)));
    let shuffle = |keys: &[ElementBytes]| {
        shuffle_keys(&CONTEXT, position(), &generators(), &base, keys, &g, &mut rng(2)).map(drop).unwrap_err()
    };
    let mut bad = keys(40);
    bad[35] = [0xff; 32];
    assert_eq!(shuffle(&bad), ShuffleInputError::Encoding { place: 35 });
    bad[35] = bad[2];
    assert_eq!(shuffle(&bad), ShuffleInputError::Repeated);
    assert_eq!(shuffle(&keys(102)), ShuffleInputError::Generators { rows: 102, generators: 101 });
}

#[test]
fn refuses_the_identity_as_base() {
    let shuffle = |base: Element, g: Scalar| {
        let (base, g) = (Point::new(base), SecretScalar::new(g));
        shuffle_keys(&CONTEXT, position(), &generators(), &base, &keys(2), &g, &mut rng(2)).map(drop)
    };
    assert_eq!(shuffle(element("base", 0), Scalar::ONE), Ok(()));
    assert_eq!(shuffle(group::identity(), Scalar::ONE), Err(ShuffleInputError::Base));
    assert_eq!(shuffle(element("base", 0), Scalar::ZERO), Err(ShuffleInputError::Base));
}

/// The same keys, the same power, the same randomness: another proof for another place.
#[test]
fn coins_differ_from_mix_to_mix() {
    let (base, keys, g) = (Point::new(element("base", 0)), keys(3), SecretScalar::generate(&mut rng(1)));
    let shuffle = |mix| {
        let position = Position { role: Some(mix), ..position() };
        shuffle_keys(&CONTEXT, position, &generators(), &base, &keys, &g, &mut rng(2)).unwrap().proof
    };
    let (first, second) = (shuffle(1), shuffle(2));
    // C, D, RG and RQ: any two equal points would join two places.
    let (drawn, again) = (&first.strings()[..8], &second.strings()[..8]);
    assert!(drawn.iter().all(|point| !again.contains(point)));
    assert_eq!(first, shuffle(1));
}
