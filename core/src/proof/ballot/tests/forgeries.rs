//! Forgeries by a prover who does their best: all equations hold but the one that must not.

use alloc::vec;
use alloc::vec::Vec;

use super::forger::{Challenges, Claim, NONE, View, challenges, errors, failing, forge, inner, pretend, simulate};
use super::*;

fn scalars(values: &[i64]) -> Vec<Scalar> {
    let scalar = |v: &i64| {
        let size = Scalar::from(v.unsigned_abs());
        if *v < 0 { -size } else { size }
    };
    values.iter().map(scalar).collect()
}

/// Admits in E what the ciphertexts hold, and commits to the bits of an option all the same.
fn admit(view: &View, marks: &[Scalar], r: Scalar) -> Claim {
    let v = view.collapse(marks);
    Claim { v, q: (v - view.y_omega) * r, ..pretend(view, 0, r) }
}

/// Commits to a "bit" that makes the polynomial lead with what the ciphertexts hold.
fn bend(view: &View, marks: &[Scalar], r: Scalar) -> Claim {
    let claim = admit(view, marks, r);
    let mut bits = view.bits_of(0);
    bits[0] = (claim.v - Scalar::ONE) * (view.y - Scalar::ONE).invert();
    Claim { bits, ..claim }
}

/// Asserts that the verifier refuses the proof, and that exactly these equations are why.
#[track_caller]
fn assert_refused(contest: &Contest, ciphertexts: &Ciphertexts, proof: &BallotProof, equations: &[usize]) {
    let statement = contest.statement(ciphertexts);
    assert_eq!(failing(&errors(&statement, proof, &challenges(&statement, proof))), equations);
    assert_eq!(proof.verify(&statement, &mut rng(3)), Err(BadProof));
}

/// Verifies with all weights one, as if the equations were merged into their plain sum.
fn verifies_unweighted(statement: &BallotStatement<'_>, proof: &BallotProof) -> bool {
    let mut sum = WeightedSum::new(statement.parameters, &mut rng(3));
    sum.weights.ready = vec![Scalar::ONE; 6];
    proof.accumulate(statement, &mut sum).is_ok() && sum.verify(statement.parameters).is_ok()
}

/// Marks that are no unit vector, by each of the three ways to lie about them.
#[track_caller]
fn assert_marks_refused(marks: &[i64]) {
    let marks = scalars(marks);
    for contest in [Contest::new(marks.len(), 0, None), Contest::new(marks.len(), 2, Some(1))] {
        let ciphertexts = contest.encrypt(&marks, &contest.no_text(), 6);
        let (statement, r) = (contest.statement(&ciphertexts), ciphertexts.r);
        for option in 0..1 << contest.nu() {
            let proof = forge(&statement, None, 7, |view| pretend(view, option, r));
            assert_refused(&contest, &ciphertexts, &proof, &[4]);
        }
        let proof = forge(&statement, None, 7, |view| admit(view, &marks, r));
        assert_refused(&contest, &ciphertexts, &proof, &[2]);
        let proof = forge(&statement, None, 7, |view| bend(view, &marks, r));
        assert_refused(&contest, &ciphertexts, &proof, &[1]);
    }
}

#[test]
fn the_forger_passes_when_it_tells_the_truth() {
    // So that the refusals below are refusals of the lie and not of the forger's arithmetic.
    for contest in [Contest::with_texts(), Contest::new(5, 0, None)] {
        for option in 0..5 {
            let ciphertexts = contest.encrypt_option(option, 6);
            let r = ciphertexts.r;
            let proof = forge(&contest.statement(&ciphertexts), None, 7, |view| pretend(view, option, r));
            assert!(contest.verifies(&ciphertexts, &proof));
        }
    }
}

// R-BAL-21, R-BAL-27.
#[test]
fn rejects_zero_marks() {
    assert_marks_refused(&[0, 0, 0, 0, 0]);
    assert_marks_refused(&[0, 0]);
}

// R-BAL-27.
#[test]
fn rejects_two_marks() {
    assert_marks_refused(&[1, 0, 1, 0, 0]);
    assert_marks_refused(&[1, 1]);
}

// R-BAL-27.
#[test]
fn rejects_minus_one_and_two() {
    // The marks add up to one.
    assert_marks_refused(&[2, 0, 0, -1, 0]);
    assert_marks_refused(&[-1, 2]);
}

#[test]
fn rejects_a_mark_of_two() {
    assert_marks_refused(&[0, 0, 2, 0, 0]);
}

#[test]
fn rejects_a_negative_mark() {
    assert_marks_refused(&[0, -1, 0, 0, 0]);
}

#[test]
fn rejects_a_mark_beyond_the_options() {
    // The bits can say 5, 6 and 7; the ciphertexts of five options cannot.
    let contest = Contest::new(5, 0, None);
    let ciphertexts = contest.encrypt(&scalars(&[0; 5]), &[], 6);
    for option in 5..8 {
        let r = ciphertexts.r;
        let proof = forge(&contest.statement(&ciphertexts), None, 7, |view| pretend(view, option, r));
        assert_refused(&contest, &ciphertexts, &proof, &[4]);
        // The honest prover, asked the impossible, does no better.
        assert!(!contest.verifies(&ciphertexts, &contest.prove(&ciphertexts, option, 1)));
    }
}

#[test]
fn rejects_components_along_auxiliary_generators() {
    let contest = Contest::with_texts();
    let generators = &contest.parameters.generators;
    for auxiliary in generators.g.iter().chain([&generators.h]) {
        for option in [1, 3] {
            let good = contest.encrypt_option(option, 6);
            let forged = |ciphertexts: &Ciphertexts| {
                forge(&contest.statement(ciphertexts), None, 7, |view| pretend(view, option, good.r))
            };
            let mut bad = good.clone();
            bad.a = Point::new(bad.a.element + auxiliary);
            // Equation (5) is about A too, but says nothing when the write-in is chosen.
            assert_refused(&contest, &bad, &forged(&bad), if option == 3 { &[3] } else { &[3, 5] });
            for j in 0..5 {
                let mut bad = good.clone();
                bad.b[j] = Point::new(bad.b[j].element + auxiliary);
                assert_refused(&contest, &bad, &forged(&bad), &[4]);
            }
            // A text point is free when the write-in is chosen: it is then an illegible text.
            for k in 0..if option == 3 { 0 } else { 2 } {
                let mut bad = good.clone();
                bad.t[k] = Point::new(bad.t[k].element + auxiliary);
                assert_refused(&contest, &bad, &forged(&bad), &[6]);
            }
        }
    }
}

#[test]
fn rejects_a_text_without_its_mark() {
    let contest = Contest::with_texts();
    let log = Scalar::from(1234u32);
    let (text, nothing) = (GENERATOR * log, group::identity());
    for (messages, logs) in [
        (vec![text, text], vec![log, log]),
        (vec![text, nothing], vec![log, Scalar::ZERO]),
        (vec![nothing, text], vec![Scalar::ZERO, log]),
    ] {
        for option in [0, 1, 2, 4] {
            let ciphertexts = contest.encrypt(&contest.unit_vector(option), &messages, 6);
            let (statement, r) = (contest.statement(&ciphertexts), ciphertexts.r);
            // Denies the text.
            let proof = forge(&statement, None, 7, |view| pretend(view, option, r));
            assert_refused(&contest, &ciphertexts, &proof, &[6]);
            // Knows the logarithms of the text keys, and explains the text by another nonce.
            let proof = forge(&statement, None, 7, |view| {
                let other = inner(&view.tau_powers, &logs) * inner(&view.tau_powers, &contest.text_logs).invert();
                let claim = pretend(view, option, r);
                Claim { q: (claim.v - view.y_omega) * (r + other), ..claim }
            });
            assert_refused(&contest, &ciphertexts, &proof, &[5]);
            // Pretends that the write-in is marked.
            let proof = forge(&statement, None, 7, |view| pretend(view, 3, r));
            assert_refused(&contest, &ciphertexts, &proof, &[4]);
        }
    }
}

#[test]
fn rejects_a_text_where_the_contest_has_no_write_in() {
    let contest = Contest::new(5, 2, None);
    let text = group::lizard_encode(b"not to be here..");
    for option in 0..5 {
        let ciphertexts = contest.encrypt(&contest.unit_vector(option), &[group::identity(), text], 6);
        let r = ciphertexts.r;
        let proof = forge(&contest.statement(&ciphertexts), None, 7, |view| pretend(view, option, r));
        assert_refused(&contest, &ciphertexts, &proof, &[6]);
    }
}

/// E merged with B': the blinding of E is free, and takes in a component along H, which would block
/// the tally.
#[test]
fn rejects_the_forgery_of_a_merged_commitment_and_ciphertext() {
    let contest = Contest::with_texts();
    let mut ciphertexts = contest.encrypt_option(1, 6);
    let shift = Scalar::from(1_000_000u32);
    let blocked = ciphertexts.b[2].element + contest.parameters.generators.h * shift;
    ciphertexts.b[2] = Point::new(blocked);
    let (statement, r) = (contest.statement(&ciphertexts), ciphertexts.r);
    let proof = forge(&statement, None, 7, |view| Claim { t_extra: shift * view.y_to(2), ..pretend(view, 1, r) });
    let [_, e2, _, e4, ..] = errors(&statement, &proof, &challenges(&statement, &proof));
    assert!(group::is_identity(&(e2 + e4)), "the merged equation holds");
    assert!(verifies_unweighted(&statement, &proof));
    assert_refused(&contest, &ciphertexts, &proof, &[2, 4]);
}

/// A merged with B': whoever knows the logarithms of the K_j explains any marks by another nonce.
#[test]
fn rejects_the_forgery_of_a_merged_nonce_and_ciphertext() {
    let contest = Contest::with_texts();
    // A thousand votes for the first option.
    let marks = scalars(&[1000, 0, 0, 0, 0]);
    let ciphertexts = contest.encrypt(&marks, &contest.no_text(), 6);
    let (statement, r) = (contest.statement(&ciphertexts), ciphertexts.r);
    let proof = forge(&statement, None, 7, |view| {
        let key = view.collapse(&contest.option_logs);
        let claim = pretend(view, 0, r);
        let surplus = view.collapse(&marks) - claim.v;
        Claim { r: r + surplus * (Scalar::ONE + key).invert(), ..claim }
    });
    let [_, _, e3, e4, ..] = errors(&statement, &proof, &challenges(&statement, &proof));
    assert!(group::is_identity(&(e3 + e4)), "the merged equation holds");
    assert!(verifies_unweighted(&statement, &proof));
    assert_refused(&contest, &ciphertexts, &proof, &[3, 4]);
}

/// The two write-in equations merged: whoever knows the logarithms of the L_k smuggles a text.
#[test]
fn rejects_the_forgery_of_merged_write_in_equations() {
    let contest = Contest::with_texts();
    let logs = scalars(&[1234, 5678]);
    let messages: Vec<Element> = logs.iter().map(|log| GENERATOR * log).collect();
    let ciphertexts = contest.encrypt(&contest.unit_vector(1), &messages, 6);
    let (statement, r) = (contest.statement(&ciphertexts), ciphertexts.r);
    let proof = forge(&statement, None, 7, |view| {
        let key = inner(&view.tau_powers, &contest.text_logs);
        let other = inner(&view.tau_powers, &logs) * (Scalar::ONE + key).invert();
        let claim = pretend(view, 1, r);
        Claim { q: (claim.v - view.y_omega) * (r + other), ..claim }
    });
    let [.., e5, e6] = errors(&statement, &proof, &challenges(&statement, &proof));
    assert!(group::is_identity(&(e5 + e6)), "the merged equation holds");
    assert!(verifies_unweighted(&statement, &proof));
    assert_refused(&contest, &ciphertexts, &proof, &[5, 6]);
}

/// The errors of two ballots cancel in their plain sum, not under weights.
#[test]
fn rejects_errors_that_cancel_between_ballots() {
    let contest = Contest::with_texts();
    let ciphertexts = contest.encrypt_option(1, 6);
    let statement = contest.statement(&ciphertexts);
    let (mut one, mut two) = (contest.prove(&ciphertexts, 1, 1), contest.prove(&ciphertexts, 1, 2));
    one.zt += Scalar::ONE;
    two.zt -= Scalar::ONE;
    let together = |weights: Vec<Scalar>| {
        let mut sum = WeightedSum::new(&contest.parameters, &mut rng(3));
        sum.weights.ready = weights;
        for proof in [&one, &two] {
            proof.accumulate(&statement, &mut sum).unwrap();
        }
        sum.verify(&contest.parameters)
    };
    assert_eq!(together(vec![Scalar::ONE; 12]), Ok(()));
    assert_eq!(together(Vec::new()), Err(BadProof));
}

#[test]
fn rejects_a_rerandomised_ballot() {
    let contest = Contest::with_texts();
    for option in [1, 3] {
        let good = contest.encrypt_option(option, 6);
        let proof = contest.prove(&good, option, 1);
        let known = challenges(&contest.statement(&good), &proof);
        let s = Scalar::from(42u32);
        let shifted = |points: &[Point], keys: &[Point]| -> Vec<Point> {
            points.iter().zip(keys).map(|(p, key)| Point::new(p.element + key.element * s)).collect()
        };
        let moved = Ciphertexts {
            r: good.r,
            a: Point::new(good.a.element + GENERATOR * s),
            b: shifted(&good.b, &contest.parameters.option_keys),
            t: shifted(&good.t, &contest.parameters.text_keys),
        };
        // Without the witness the responses can follow the ciphertexts, but not the challenges.
        let view_omega = forger::power(known.y, 3);
        let mut follows = proof.clone();
        follows.z += known.c * s;
        follows.zq = follows.zq.map(|zq| zq + (proof.w[2] - known.c * view_omega) * s);
        let statement = contest.statement(&moved);
        assert_eq!(failing(&errors(&statement, &follows, &known)), NONE);
        assert!(!contest.verifies(&moved, &follows));
        assert!(!contest.verifies(&moved, &proof));
    }
}

#[test]
fn rejects_ciphertexts_solved_for_after_the_challenges() {
    // If y did not depend on B, two components could be moved against each other.
    let contest = Contest::with_texts();
    let good = contest.encrypt_option(1, 6);
    let proof = contest.prove(&good, 1, 1);
    let known = challenges(&contest.statement(&good), &proof);
    let mut solved = good.clone();
    let gain = GENERATOR * Scalar::from(1000u32);
    solved.b[0] = Point::new(good.b[0].element + gain);
    solved.b[1] = Point::new(good.b[1].element - gain * known.y.invert());
    assert_eq!(failing(&errors(&contest.statement(&solved), &proof, &known)), NONE);
    assert!(!contest.verifies(&solved, &proof));
    // If tau did not depend on T, two text points could.
    let mut solved = good.clone();
    solved.t[0] = Point::new(good.t[0].element + gain);
    solved.t[1] = Point::new(good.t[1].element - gain * known.tau.invert());
    assert_eq!(failing(&errors(&contest.statement(&solved), &proof, &known)), NONE);
    assert!(!contest.verifies(&solved, &proof));
}

fn some_challenges(n: u8) -> Challenges {
    let draw = |label| group::hash_to_scalar(label, &[n]);
    Challenges { y: draw("y"), tau: draw("tau"), x: draw("x"), c: draw("c") }
}

#[test]
fn simulator_verifies_under_its_own_challenges_only() {
    for contest in [Contest::with_texts(), Contest::new(5, 0, None)] {
        for marks in [[0, 1, 0, 0, 0], [7, 0, 0, 0, 0]] {
            let ciphertexts = contest.encrypt(&scalars(&marks), &contest.no_text(), 6);
            let statement = contest.statement(&ciphertexts);
            let given = some_challenges(1);
            let proof = simulate(&statement, &given, 8);
            assert_eq!(failing(&errors(&statement, &proof, &given)), NONE);
            assert!(!contest.verifies(&ciphertexts, &proof));
        }
    }
}

#[test]
fn special_soundness() {
    let contest = Contest::with_texts();
    let ciphertexts = contest.encrypt_option(4, 6);
    let (statement, r) = (contest.statement(&ciphertexts), ciphertexts.r);
    let given = some_challenges(1);
    let answer = |given: &Challenges| {
        let proof = forge(&statement, Some(given), 7, |view| pretend(view, 4, r));
        assert_eq!(failing(&errors(&statement, &proof, given)), NONE);
        proof
    };
    let first = answer(&given);
    // Two answers to c give the nonce and the choice.
    let other = Challenges { c: given.c + Scalar::ONE, ..given };
    let second = answer(&other);
    assert_eq!(first.masks, second.masks);
    let slope = |one: Scalar, two: Scalar| (two - one) * (other.c - given.c).invert();
    assert_eq!(slope(first.z, second.z), r);
    assert_eq!(slope(first.w[2], second.w[2]), forger::power(given.y, 4));
    let q = (forger::power(given.y, 4) - forger::power(given.y, 3)) * r;
    assert_eq!(slope(first.zq.unwrap(), second.zq.unwrap()), q);
    // Two answers to x give the bits of 4.
    let other = Challenges { x: given.x + Scalar::ONE, ..given };
    let second = answer(&other);
    assert_eq!(first.commitments, second.commitments);
    let bits: Vec<Scalar> = first.f.iter().zip(&second.f).map(|(one, two)| two - one).collect();
    assert_eq!(bits, scalars(&[0, 0, 1]));
}

#[test]
fn rejects_the_all_zero_proof() {
    let nothing = Point::new(group::identity());
    for (texts, write_in) in [(0, None), (2, Some(3))] {
        let contest = Contest::new(5, texts, write_in);
        let proof = BallotProof {
            commitments: [nothing; 3],
            f: vec![Scalar::ZERO; 3],
            z1: Scalar::ZERO,
            masks: [nothing; 3],
            text_masks: (texts > 0).then_some([nothing; 2]),
            w: vec![Scalar::ZERO; 3],
            zt: Scalar::ZERO,
            z: Scalar::ZERO,
            zq: (texts > 0).then_some(Scalar::ZERO),
        };
        assert!(!contest.verifies(&contest.encrypt_option(1, 6), &proof));
        // Nor for ciphertexts that are all identity; there only equation (2) stands in the way.
        let empty = Ciphertexts { r: Scalar::ZERO, a: nothing, b: vec![nothing; 5], t: vec![nothing; texts] };
        assert_refused(&contest, &empty, &proof, &[2]);
    }
}
