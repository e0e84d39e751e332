//! Shuffles that are none, with the best proofs that can be made for them.

use super::forger::{Claim, Fails, identity_matrix};
use super::*;

/// Three keys raised to one power, in the order that they came in.
fn keys_claim() -> Claim {
    let input: Vec<_> = (0..3).map(|i| vec![element("key", i)]).collect();
    let g = group::hash_to_scalar("test", b"g");
    let base = element("base", 0);
    Claim {
        points: vec![Point::new(base), Point::new(base * g)],
        of_keys: true,
        output: input.iter().map(|row| vec![row[0] * g]).collect(),
        input,
        matrix: identity_matrix(3),
        exponents: vec![g],
    }
}

/// Three texts encrypted anew, in the order that they came in.
fn texts_claim(width: usize) -> Claim {
    let (secrets, rows) = texts::rows(3, width);
    let keys: Vec<_> = secrets.iter().map(|secret| Point::new(secret.public())).collect();
    let exponents: Vec<_> = (0..3u8).map(|j| group::hash_to_scalar("test e", &[j])).collect();
    let input: Vec<Vec<_>> = points(&rows).chunks(width).map(<[_]>::to_vec).collect();
    let masks: Vec<_> = core::iter::once(group::GENERATOR).chain(keys.iter().map(|key| key.element)).collect();
    let output = input
        .iter()
        .zip(&exponents)
        .map(|(row, e)| row.iter().zip(&masks).map(|(point, mask)| point + mask * e).collect());
    Claim { points: keys, of_keys: false, output: output.collect(), input, matrix: identity_matrix(3), exponents }
}

fn claims() -> [Claim; 4] {
    [keys_claim(), texts_claim(1), texts_claim(2), texts_claim(4)]
}

/// Puts what comes out in order.
fn sorted(mut claim: Claim) -> Claim {
    let mut rows: Vec<_> = claim.output.drain(..).zip(claim.matrix.drain(..)).collect();
    rows.sort_by_key(|(row, _)| group::compress(&row[0]));
    (claim.output, claim.matrix) = rows.into_iter().unzip();
    claim
}

/// The proof fails in just these equations, and so it is refused.
#[track_caller]
fn refused(claim: Claim, expected: &[Fails]) {
    let (sample, fails) = sorted(claim).prove(None);
    assert_eq!(fails, expected);
    assert_eq!(sample.verify(), Err(ShuffleError::Proof));
}

/// The forger is able: what it proves honestly is accepted.
#[test]
fn accepts_an_honest_claim() {
    for claim in claims() {
        let (sample, fails) = sorted(claim).prove(None);
        assert_eq!((sample.verify(), fails), (Ok(()), vec![]));
    }
}

/// Everything is right but the order of the rows.
#[test]
fn rejects_rows_out_of_order() {
    for claim in claims() {
        let mut claim = sorted(claim);
        claim.output.swap(0, 2);
        claim.matrix.swap(0, 2);
        let (sample, fails) = claim.prove(None);
        assert_eq!((sample.verify(), fails), (Err(ShuffleError::Order { row: 1 }), vec![]));
    }
}

/// Each equation stands in the sum: one point announced wrong is enough.
#[test]
fn each_equation_counts() {
    for claim in claims() {
        let claim = sorted(claim);
        let names = [Fails::Chain, Fails::Matrix].into_iter().chain((0..claim.output[0].len()).map(Fails::Row));
        let names: Vec<_> = names.chain(claim.of_keys.then_some(Fails::Base)).collect();
        for (place, name) in names.into_iter().enumerate() {
            let (sample, fails) = claim.prove(Some(place));
            assert_eq!((sample.verify(), fails), (Err(ShuffleError::Proof), vec![name]));
        }
    }
}

#[test]
fn rejects_another_power_for_one_key() {
    let mut claim = keys_claim();
    claim.output[1][0] += claim.input[1][0];
    refused(claim, &[Fails::Row(0)]);
}

#[test]
fn rejects_another_power_for_the_base() {
    let mut claim = keys_claim();
    let base = claim.points[0].element;
    claim.points[1] = Point::new(claim.points[1].element + base);
    refused(claim, &[Fails::Base]);
}

/// Every power raises the identity to the identity: all equations hold, and say nothing of g.
#[test]
fn rejects_the_identity_as_base() {
    let identity = Point::new(group::identity());
    let mut claim = keys_claim();
    claim.points = vec![identity, identity];
    let (sample, fails) = sorted(claim).prove(None);
    assert_eq!((sample.verify(), fails), (Err(ShuffleError::Base), vec![]));
    // All keys and the base to the power zero: what came out is one row.
    let mut claim = keys_claim();
    claim.points[1] = identity;
    claim.exponents = vec![Scalar::ZERO];
    for rows in [&mut claim.input, &mut claim.output] {
        rows.truncate(1);
    }
    claim.output[0][0] = group::identity();
    claim.matrix = identity_matrix(1);
    let (sample, fails) = claim.prove(None);
    assert_eq!((sample.verify(), fails), (Err(ShuffleError::Base), vec![]));
}

#[test]
fn rejects_a_key_that_did_not_go_in() {
    let mut claim = keys_claim();
    claim.output[2][0] = element("key", 9) * claim.exponents[0];
    refused(claim, &[Fails::Row(0)]);
}

#[test]
fn rejects_another_text() {
    for width in [2, 4] {
        let mut claim = texts_claim(width);
        claim.output[1][width - 1] += group::GENERATOR;
        refused(claim, &[Fails::Row(width - 1)]);
    }
}

/// Texts exchanged between rows, whose other points stay.
#[test]
fn rejects_texts_exchanged_between_rows() {
    let mut claim = texts_claim(4);
    let text = claim.output[0][2];
    claim.output[0][2] = claim.output[1][2];
    claim.output[1][2] = text;
    refused(claim, &[Fails::Row(2)]);
}

#[test]
fn rejects_a_factor_of_its_own_for_one_point() {
    let mut claim = texts_claim(4);
    let key = claim.points[1].element;
    claim.output[0][2] += key;
    refused(claim, &[Fails::Row(2)]);
}

/// `[g]` of every point is no encryption anew.
#[test]
fn rejects_texts_raised_to_a_power() {
    let mut claim = texts_claim(2);
    let g = group::hash_to_scalar("test", b"g");
    claim.output = claim.input.iter().map(|row| row.iter().map(|point| point * g).collect()).collect();
    refused(claim, &[Fails::Row(0), Fails::Row(1)]);
}

type Matrix = [[Scalar; 3]; 3];

/// What comes out is made of all rows with the weights of one matrix; committed to is another.
fn mixed(claim: Claim, weights: Matrix, committed: Matrix) -> Claim {
    let rows = &claim.output;
    let combine = |weights: &[Scalar; 3]| {
        (0..rows[0].len()).map(|k| weights.iter().zip(rows).map(|(w, row)| w * row[k]).sum()).collect()
    };
    let output = weights.iter().map(combine).collect();
    Claim { output, matrix: committed.iter().map(|row| row.to_vec()).collect(), ..claim }
}

/// Committed to is the transposed inverse of what the rows were made with, so that all but one
/// equation hold: that of the chain, which wants a permutation.
#[test]
fn rejects_a_matrix_that_is_no_permutation() {
    let [zero, one, two, four] = [0u8, 1, 2, 4].map(Scalar::from);
    let (half, third) = (two.invert(), Scalar::from(3u8).invert());
    let diagonal = |a, b, c| [[a, zero, zero], [zero, b, zero], [zero, zero, c]];
    let pairs = [
        // The product of the weights is one, their sums are not.
        (diagonal(two, half, one), diagonal(half, two, one)),
        (diagonal(-one, -one, one), diagonal(-one, -one, one)),
        // Every row and every column adds up to one.
        (
            [[two * third, third, zero], [third, two * third, zero], [zero, zero, one]],
            [[two, -one, zero], [-one, two, zero], [zero, zero, one]],
        ),
        // Neither.
        (diagonal(four, two, one), diagonal(four.invert(), half, one)),
        (
            [[one, one, zero], [zero, one, zero], [zero, zero, one]],
            [[one, zero, zero], [-one, one, zero], [zero, zero, one]],
        ),
    ];
    for (weights, committed) in pairs {
        for claim in claims() {
            refused(mixed(claim, weights, committed), &[Fails::Chain]);
        }
    }
}

/// Two rows added up, and one of nothing; a row twice, the other not at all.
#[test]
fn rejects_rows_merged_or_repeated() {
    let [zero, one] = [Scalar::ZERO, Scalar::ONE];
    let merged = [[one, one, zero], [zero, zero, zero], [zero, zero, one]];
    let twice = [[one, zero, zero], [one, zero, zero], [zero, zero, one]];
    let straight = [[one, zero, zero], [zero, one, zero], [zero, zero, one]];
    let rows = |claim: &Claim| (0..claim.output[0].len()).map(Fails::Row).collect::<Vec<_>>();
    for claim in claims() {
        let expected = rows(&claim);
        refused(mixed(claim, merged, straight), &expected);
    }
    for claim in claims() {
        let expected = [vec![Fails::Chain], rows(&claim)].concat();
        refused(mixed(claim, merged, merged), &expected);
    }
    // Encrypted anew each time, a text counted twice gives two rows that differ.
    for (width, committed) in [(2, twice), (4, twice), (2, straight), (4, straight)] {
        let mut claim = mixed(texts_claim(width), twice, committed);
        let masks = core::iter::once(group::GENERATOR).chain(claim.points.iter().map(|key| key.element));
        claim.output[1].iter_mut().zip(masks).for_each(|(point, mask)| *point += mask);
        let chain = if committed == twice { vec![Fails::Chain] } else { vec![] };
        let expected = [chain, rows(&claim)].concat();
        refused(claim, &expected);
    }
}

/// Rows out of a permutation, but committed to under another one.
#[test]
fn rejects_another_permutation_than_committed_to() {
    for claim in claims() {
        let mut claim = sorted(claim);
        claim.matrix.swap(0, 1);
        let (sample, fails) = claim.prove(None);
        assert!(fails.iter().all(|fails| matches!(fails, Fails::Row(_))) && !fails.is_empty());
        assert_eq!(sample.verify(), Err(ShuffleError::Proof));
    }
}

/// Two answers to one announcement give the witness away: the exponent and the permuted challenges.
#[test]
fn special_soundness() {
    for claim in claims() {
        let announced = claim.announce(None, &claim.sample(), &mut rng(12));
        let (c, other) = (announced.challenges.c, announced.challenges.c + Scalar::ONE);
        let (first, second) = (announced.respond(&c), announced.respond(&other));
        let witness: Vec<_> = first.iter().zip(&second).map(|(a, b)| b - a).collect();
        assert_eq!(witness[..3], announced.challenges.u);
        let e = if claim.of_keys {
            claim.exponents[0]
        } else {
            claim.exponents.iter().zip(&announced.challenges.u).map(|(e, u)| e * u).sum()
        };
        assert_eq!(witness[5], e);
    }
}

/// Who knows the last challenge before the announcement needs no witness.
#[test]
fn simulator_verifies() {
    for mut claim in claims() {
        // What is claimed is not even true.
        claim.output[0][0] += group::GENERATOR;
        let announced = claim.announce(None, &claim.sample(), &mut rng(13));
        let responses: Vec<_> = (0..6u8).map(|i| group::hash_to_scalar("test z", &[i])).collect();
        let mut challenges = announced.challenges.clone();
        challenges.c = group::hash_to_scalar("test", b"c");
        let simulated = announced.simulate(&claim, &challenges.c, &responses);
        assert_eq!(claim.failing(&simulated, &challenges, &responses), []);
    }
}
