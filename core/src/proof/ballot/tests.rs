//! The honest prover passes; what is changed, moved or made up does not.

mod forger;
mod forgeries;

use alloc::vec;
use alloc::vec::Vec;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use self::forger::{NONE, challenges, errors, failing};
use super::*;
use crate::group::GENERATOR;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// A contest whose keys have logarithms that the tests know, as all custodians together would.
pub(super) struct Contest {
    parameters: ContestParameters,
    option_logs: Vec<Scalar>,
    text_logs: Vec<Scalar>,
}

/// Ciphertexts of one ballot, good or bad, and their nonce.
#[derive(Clone)]
pub(super) struct Ciphertexts {
    r: Scalar,
    a: Point,
    b: Vec<Point>,
    t: Vec<Point>,
}

const U: CredentialBinding = CredentialBinding([9; 32]);

impl Contest {
    fn new(options: usize, texts: usize, write_in: Option<u32>) -> Self {
        let logs = |label, n: usize| -> Vec<Scalar> {
            (0..n).map(|j| group::hash_to_scalar(label, &j.to_le_bytes())).collect()
        };
        let keys = |logs: &[Scalar]| logs.iter().map(|log| Point::new(GENERATOR * log)).collect();
        let (option_logs, text_logs) = (logs("option key", options), logs("text key", texts));
        let parameters = ContestParameters {
            election_id: ElectionId([1; 32]),
            contest: 2,
            shape: ContestShape { options, texts, write_in },
            option_keys: keys(&option_logs),
            text_keys: keys(&text_logs),
            generators: Generators::new(),
        };
        Self { parameters, option_logs, text_logs }
    }

    /// N = 5 (no power of two) with two text points; option 3 is the write-in.
    fn with_texts() -> Self {
        Self::new(5, 2, Some(3))
    }

    fn nu(&self) -> usize {
        self.parameters.shape.bits()
    }

    /// Encrypts any marks and messages, which no honest device would.
    fn encrypt(&self, marks: &[Scalar], messages: &[Element], seed: u64) -> Ciphertexts {
        let r = *SecretScalar::generate(&mut rng(seed)).expose();
        let keys = &self.parameters;
        let b = marks.iter().zip(&keys.option_keys).map(|(e, key)| Point::new(GENERATOR * e + key.element * r));
        let t = messages.iter().zip(&keys.text_keys).map(|(m, key)| Point::new(m + key.element * r));
        Ciphertexts { r, a: Point::new(GENERATOR * r), b: b.collect(), t: t.collect() }
    }

    /// Encrypts one mark and no text.
    fn encrypt_option(&self, option: u32, seed: u64) -> Ciphertexts {
        self.encrypt(&self.unit_vector(option), &self.no_text(), seed)
    }

    fn unit_vector(&self, option: u32) -> Vec<Scalar> {
        (0u32..).take(self.parameters.shape.options).map(|j| Scalar::from(u8::from(j == option))).collect()
    }

    fn no_text(&self) -> Vec<Element> {
        vec![group::identity(); self.parameters.shape.texts]
    }

    fn statement<'a>(&'a self, c: &'a Ciphertexts) -> BallotStatement<'a> {
        BallotStatement { parameters: &self.parameters, style: 3, unit: 5, u: &U, a: &c.a, b: &c.b, t: &c.t }
    }

    fn prove(&self, ciphertexts: &Ciphertexts, option: u32, seed: u64) -> BallotProof {
        let nonce = SecretScalar::new(ciphertexts.r);
        BallotProof::prove(&self.statement(ciphertexts), &BallotWitness { option, nonce: &nonce }, &mut rng(seed))
    }

    fn verifies(&self, ciphertexts: &Ciphertexts, proof: &BallotProof) -> bool {
        proof.verify(&self.statement(ciphertexts), &mut rng(77)).is_ok()
    }
}

/// Every change of one field of a proof.
fn changed_proofs(proof: &BallotProof) -> Vec<BallotProof> {
    type Field<T> = fn(&mut BallotProof) -> Vec<&mut T>;
    let points: Field<Point> = |p| {
        let texts = p.text_masks.iter_mut().flatten();
        p.commitments.iter_mut().chain(&mut p.masks).chain(texts).collect()
    };
    let scalars: Field<Scalar> = |p| {
        let single = [&mut p.z1, &mut p.zt, &mut p.z];
        p.f.iter_mut().chain(&mut p.w).chain(single).chain(&mut p.zq).collect()
    };
    let mut changed = Vec::new();
    for i in 0..points(&mut proof.clone()).len() {
        let mut copy = proof.clone();
        let point = &mut *points(&mut copy)[i];
        *point = Point::new(point.element + GENERATOR);
        changed.push(copy);
    }
    for i in 0..scalars(&mut proof.clone()).len() {
        let mut copy = proof.clone();
        *scalars(&mut copy)[i] += Scalar::ONE;
        changed.push(copy);
    }
    changed
}

#[test]
fn completeness() {
    for (options, texts, every) in [
        (2, 0, 1),
        (2, 1, 1),
        (3, 0, 1),
        (3, 8, 1),
        (13, 0, 1),
        (13, 3, 1),
        (17, 0, 4),
        (17, 3, 4),
        (41, 3, 13),
        (128, 3, 50),
        (255, 0, 127),
        (255, 8, 127),
    ] {
        let last = u32::try_from(options - 1).unwrap();
        let contest = Contest::new(options, texts, (texts > 0).then_some(last - 1));
        for option in (0..=last).step_by(every).chain([last]) {
            let ciphertexts = contest.encrypt_option(option, option.into());
            let proof = contest.prove(&ciphertexts, option, 1);
            assert!(contest.verifies(&ciphertexts, &proof), "option {option} of {options}, {texts} texts");
            let statement = contest.statement(&ciphertexts);
            assert_eq!(failing(&errors(&statement, &proof, &challenges(&statement, &proof))), NONE);
        }
    }
}

#[test]
fn a_write_in_mark_is_valid_with_and_without_text() {
    let contest = Contest::with_texts();
    let text = |n: u8| group::lizard_encode(&[n; 16]);
    for messages in [contest.no_text(), vec![text(1), text(2)], vec![text(1), group::identity()]] {
        let ciphertexts = contest.encrypt(&contest.unit_vector(3), &messages, 4);
        assert!(contest.verifies(&ciphertexts, &contest.prove(&ciphertexts, 3, 1)));
    }
}

#[test]
fn a_write_in_may_be_counted_without_its_text() {
    // The contest has the option but captures no name.
    let contest = Contest::new(5, 0, Some(3));
    let ciphertexts = contest.encrypt_option(3, 4);
    assert!(contest.verifies(&ciphertexts, &contest.prove(&ciphertexts, 3, 1)));
}

#[test]
fn rejects_each_changed_field_of_the_proof() {
    for contest in [Contest::with_texts(), Contest::new(5, 0, None)] {
        let ciphertexts = contest.encrypt_option(1, 4);
        let proof = contest.prove(&ciphertexts, 1, 1);
        let changed = changed_proofs(&proof);
        let fields = if contest.parameters.shape.texts > 0 { 8 + 10 } else { 6 + 9 };
        assert_eq!(changed.len(), fields);
        assert!(contest.verifies(&ciphertexts, &proof));
        for (i, changed) in changed.iter().enumerate() {
            assert!(!contest.verifies(&ciphertexts, changed), "field {i}");
        }
    }
}

#[test]
fn rejects_each_changed_ciphertext() {
    let contest = Contest::with_texts();
    let good = contest.encrypt_option(1, 4);
    let proof = contest.prove(&good, 1, 1);
    let components = 1 + good.b.len() + good.t.len();
    for i in 0..components {
        let mut bad = good.clone();
        let point = core::iter::once(&mut bad.a).chain(&mut bad.b).chain(&mut bad.t).nth(i).unwrap();
        *point = Point::new(point.element + GENERATOR);
        assert!(!contest.verifies(&bad, &proof), "component {i}");
    }
    for i in 0..good.b.len() {
        for j in 0..i {
            let mut swapped = good.clone();
            swapped.b.swap(i, j);
            assert!(!contest.verifies(&swapped, &proof), "B_{i} and B_{j}");
        }
    }
    let mut swapped = good.clone();
    swapped.t.swap(0, 1);
    assert!(!contest.verifies(&swapped, &proof));
}

#[test]
fn binds_context() {
    let contest = Contest::with_texts();
    let ciphertexts = contest.encrypt_option(1, 4);
    let proof = contest.prove(&ciphertexts, 1, 1);
    let other_u = CredentialBinding([8; 32]);
    let verifies = |parameters: &ContestParameters, style, unit, u| {
        let statement = BallotStatement { parameters, style, unit, u, ..contest.statement(&ciphertexts) };
        proof.verify(&statement, &mut rng(5)).is_ok()
    };
    let same = &contest.parameters;
    assert!(verifies(same, 3, 5, &U));
    assert!(!verifies(same, 4, 5, &U), "style");
    assert!(!verifies(same, 3, 6, &U), "unit");
    assert!(!verifies(same, 5, 3, &U), "style and unit exchanged");
    assert!(!verifies(same, 3, 5, &other_u), "credential");

    let with = |change: fn(&mut ContestParameters)| {
        let mut other = same.clone();
        change(&mut other);
        verifies(&other, 3, 5, &U)
    };
    assert!(with(|_| ()));
    assert!(!with(|p| p.election_id = ElectionId([2; 32])), "election");
    assert!(!with(|p| p.contest = 1), "contest");
    assert!(!with(|p| p.shape.write_in = Some(4)), "omega");
    assert!(!with(|p| p.shape.write_in = None), "no omega");
    assert!(!with(|p| p.option_keys.swap(0, 1)), "option keys exchanged");
    assert!(!with(|p| p.text_keys.swap(0, 1)), "text keys exchanged");
    // Only the transcript can notice these: every mark but the first two is zero under any key set
    // that agrees on the collapsed key.
    assert!(!with(|p| p.option_keys[4] = Point::new(p.option_keys[4].element + GENERATOR)), "one option key");
    assert!(!with(|p| p.text_keys[1] = Point::new(p.text_keys[1].element + GENERATOR)), "one text key");
}

#[test]
fn rejects_wrong_shape() {
    let contest = Contest::with_texts();
    let ciphertexts = contest.encrypt_option(1, 4);
    let proof = contest.prove(&ciphertexts, 1, 1);
    let changes: [fn(&mut BallotProof); 9] = [
        |p| p.f.truncate(2),
        |p| p.f.push(Scalar::ZERO),
        |p| p.f.clear(),
        |p| p.w.truncate(2),
        |p| p.w.push(Scalar::ZERO),
        |p| p.w.clear(),
        |p| p.text_masks = None,
        |p| p.zq = None,
        |p| (p.text_masks, p.zq) = (None, None),
    ];
    for (i, change) in changes.iter().enumerate() {
        let mut changed = proof.clone();
        change(&mut changed);
        assert!(!contest.verifies(&ciphertexts, &changed), "change {i}");
    }
    let changes: [fn(&mut Ciphertexts); 6] = [
        |c| c.b.truncate(4),
        |c| c.b.push(Point::new(group::identity())),
        |c| c.b.clear(),
        |c| c.t.truncate(1),
        |c| c.t.push(Point::new(group::identity())),
        |c| c.t.clear(),
    ];
    for (i, change) in changes.iter().enumerate() {
        let mut changed = ciphertexts.clone();
        change(&mut changed);
        assert!(!contest.verifies(&changed, &proof), "change {i} of the ciphertexts");
    }
}

#[test]
fn rejects_parameters_that_lack_keys() {
    // Judged by fewer keys than there are components, the last component would not be judged.
    let contest = Contest::with_texts();
    for change in
        [|p: &mut ContestParameters| p.option_keys.truncate(4), |p: &mut ContestParameters| p.text_keys.truncate(1)]
    {
        let mut parameters = contest.parameters.clone();
        change(&mut parameters);
        let ciphertexts = contest.encrypt_option(1, 4);
        let statement = BallotStatement { parameters: &parameters, ..contest.statement(&ciphertexts) };
        let proof = forger::forge_option(&statement, 1, ciphertexts.r);
        assert_eq!(proof.verify(&statement, &mut rng(5)), Err(BadProof));
    }
}

#[test]
fn rejects_fewer_options_than_two_and_more_than_generators_serve() {
    for options in [1, 257] {
        let contest = Contest::new(options, 0, None);
        let ciphertexts = contest.encrypt_option(0, 4);
        let proof = forger::forge_option(&contest.statement(&ciphertexts), 0, ciphertexts.r);
        assert!(!contest.verifies(&ciphertexts, &proof), "{options} options");
    }
}

#[test]
fn rejects_a_write_in_beyond_the_options() {
    let contest = Contest::new(5, 2, Some(5));
    let ciphertexts = contest.encrypt_option(0, 4);
    let proof = forger::forge_option(&contest.statement(&ciphertexts), 0, ciphertexts.r);
    assert!(!contest.verifies(&ciphertexts, &proof));
}

#[test]
fn a_proof_of_texts_does_not_pass_without_them() {
    let (with, without) = (Contest::with_texts(), Contest::new(5, 0, Some(3)));
    let ciphertexts = with.encrypt_option(1, 4);
    let mut proof = with.prove(&ciphertexts, 1, 1);
    (proof.text_masks, proof.zq) = (None, None);
    let bare = Ciphertexts { t: Vec::new(), ..ciphertexts };
    assert!(!without.verifies(&bare, &proof));
}
