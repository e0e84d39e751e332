//! What a mixer without scruples can try: every step of the proof has a forgery that holds without it
//! (`shuffle-security.md`).

use escrutinio_core::group::{self, Element, GENERATOR, Scalar};

use super::given::Given;
use super::mixer::{Plan, Relation, Shuffle, inner, permutation};
use super::{element, rows, scalar, text_logs};
use crate::vectors::case::Case;

const ROWS: usize = 3;
/// Challenges that depend on nothing of what is announced.
const ANNOUNCED: &[&str] = &["RG", "RQ", "RE", "RB"];

const COMPONENTS: [&str; 3] = ["(3) component 0", "(3) component 1", "(3) component 2"];

/// Kind, comment, an honest mix, and its forgeries.
type Forgeries = (&'static str, &'static str, Given, Vec<Case>);

pub(super) fn all() -> Vec<Forgeries> {
    let keys = Forger { honest: Given::honest_keys(ROWS) };
    let texts = Forger { honest: Given::honest_texts(ROWS, 2) };
    let (of_keys, of_texts) = (keys.of_keys(), texts.of_texts());
    let again = texts.not_anew();
    vec![
        ("shuffle-keys", "Forged proofs about keys.", keys.honest, of_keys),
        ("shuffle-texts", "Forged proofs about texts.", texts.honest.clone(), of_texts),
        ("shuffle-texts", "Mixes that hide nothing, most with a true proof.", texts.honest, again),
    ]
}

struct Forger {
    honest: Given,
}

fn two() -> Scalar {
    Scalar::from(2u32)
}

/// What comes out as combinations of what went in, and what has to be committed to for that: the
/// one is the other, transposed and inverted.
struct Matrices {
    rows: Vec<Vec<Scalar>>,
    committed: Vec<Vec<Scalar>>,
}

impl Matrices {
    fn permutation() -> Self {
        let rows = permutation(&[0, 1, 2]);
        Self { committed: rows.clone(), rows }
    }

    /// One row doubled and another one halved: the product of the rows stays, their sums do not.
    fn unbalanced() -> Self {
        let mut both = Self::permutation();
        (both.rows[0][0], both.rows[1][1]) = (two(), two().invert());
        (both.committed[0][0], both.committed[1][1]) = (two().invert(), two());
        both
    }

    /// A row taken from one and added to another one: the sums of the rows stay, their product does
    /// not.
    fn combined() -> Self {
        let mut both = Self::permutation();
        (both.rows[0][2], both.rows[1][2]) = (-Scalar::ONE, Scalar::ONE);
        (both.committed[2][0], both.committed[2][1]) = (Scalar::ONE, -Scalar::ONE);
        both
    }

    /// A row twice, another one not at all.
    fn twice() -> Self {
        let mut both = Self::permutation();
        both.rows[1] = both.rows[0].clone();
        both.committed = both.rows.clone();
        both
    }

    /// The mean of two rows in the place of the third.
    fn dropped() -> Self {
        let mut both = Self::permutation();
        both.rows[1] = vec![two().invert(), Scalar::ZERO, two().invert()];
        both.committed = both.rows.clone();
        both
    }
}

fn power() -> Scalar {
    scalar("forger's power", 0)
}

fn nonces() -> Vec<Scalar> {
    (0..ROWS).map(|i| scalar("forger's nonce", i)).collect()
}

impl Forger {
    /// Rows that come out as these matrices, power and nonces make them, in order; and the plan of
    /// whoever made them.
    fn made(&self, matrices: &Matrices) -> (Shuffle, Plan) {
        let mut shuffle = self.honest.shuffle.clone();
        let committed = matrices.committed.clone();
        let plan = Plan { matrix: committed, power: power(), nonces: nonces(), ..Plan::honest(&[0, 1, 2]) };
        shuffle.output = (0..ROWS).map(|i| combination(&shuffle, &matrices.rows[i], &plan, plan.nonces[i])).collect();
        if let Relation::Keys { base, image } = &mut shuffle.relation {
            *image = *base * power();
        }
        (shuffle, plan)
    }

    /// An honest mix of this forger's own.
    fn mixed(&self) -> (Shuffle, Plan) {
        self.made(&Matrices::permutation())
    }

    /// The case of a plan, whose proof must hold for a verifier that forgets what the plan says.
    fn weak(&self, comment: &str, flag: &'static str, (shuffle, plan): (Shuffle, Plan)) -> Case {
        let (shuffle, plan) = arranged(shuffle, plan);
        let proof = if plan.without == ANNOUNCED { shuffle.simulate(&plan) } else { shuffle.prove(&plan) };
        let steps = shuffle.steps(&plan.generators, &proof, plan.without);
        assert!(shuffle.failing(&plan.generators, &proof, &steps).is_empty(), "{comment}");
        self.case(comment, flag, shuffle, &proof)
    }

    /// The case of a plan, of whose proof only these equations fail.
    fn fails(&self, comment: &str, flag: &'static str, only: &[&str], (shuffle, plan): (Shuffle, Plan)) -> Case {
        let (shuffle, plan) = arranged(shuffle, plan);
        let proof = shuffle.prove(&plan);
        let steps = shuffle.steps(&plan.generators, &proof, &[]);
        assert_eq!(shuffle.failing(&plan.generators, &proof, &steps), only, "{comment}");
        self.case(comment, flag, shuffle, &proof)
    }

    fn case(&self, comment: &str, flag: &'static str, shuffle: Shuffle, proof: &super::mixer::Proof) -> Case {
        Given::of(shuffle, proof).refused(comment, self.honest.proof_code(), flag, &self.honest)
    }

    /// Forgeries of keys and texts alike.
    fn of_both(&self) -> Vec<Case> {
        let mut all = vec!["(1)"];
        all.extend(if self.honest.shuffle.width() == 1 { &["(3)"][..] } else { &COMPONENTS });
        vec![
            self.fails(
                "the mean of two rows in the place of the third",
                "Matrix",
                &all,
                self.made(&Matrices::dropped()),
            ),
            self.fails("a row taken from one, added to another", "Matrix", &["(1)"], self.made(&Matrices::combined())),
            self.fails("a row doubled, another one halved", "Matrix", &["(1)"], self.made(&Matrices::unbalanced())),
            self.fails(
                "a row doubled and another one halved, under a permutation committed to",
                "Responses",
                &["(2)"],
                self.uncommitted(),
            ),
            self.weak("generators whose logarithms the mixer knows", "Generators", self.with_known_generators()),
            self.weak("generators of the mixer's, rows by the book", "Generators", self.with_other_generators()),
            self.weak("u drawn before C", "LateChallenge", self.before_commitments()),
            self.weak("u drawn before the rows that come out", "LateChallenge", self.before_rows()),
            self.weak("rho drawn before D", "LateChallenge", self.before_chain()),
            self.weak("c drawn before the announcements", "LateChallenge", self.before_announcements()),
        ]
    }

    fn of_keys(&self) -> Vec<Case> {
        let mut cases = self.of_both();
        let other = scalar("another power", 0);

        let (mut shuffle, plan) = self.mixed();
        shuffle.output[0][0] = shuffle.input[0][0] * other;
        cases.push(self.fails("one key with another power", "Rows", &["(3)"], (shuffle, plan)));
        let (mut shuffle, plan) = self.mixed();
        shuffle.output[1][0] = element("stranger", 0);
        cases.push(self.fails("a stranger's key", "Rows", &["(3)"], (shuffle, plan)));
        let (mut shuffle, plan) = self.mixed();
        shuffle.output.iter_mut().for_each(|row| row[0] *= other);
        cases.push(self.fails("keys with another power than their base", "Rows", &["(3)"], (shuffle, plan)));
        let (mut shuffle, plan) = self.mixed();
        if let Relation::Keys { base, image } = &mut shuffle.relation {
            *image = *base * other;
        }
        cases.push(self.fails("the base with another power than its keys", "Base", &["(3) base"], (shuffle, plan)));

        let (mut shuffle, mut plan) = self.mixed();
        plan.power = Scalar::ONE;
        shuffle.output = shuffle.input.clone();
        if let Relation::Keys { base, image } = &mut shuffle.relation {
            *image = *base;
        }
        cases.push(self.fails("a power of 1: a true proof", "SamePower", &[], (shuffle, plan)));
        cases.push(self.before_image());
        cases
    }

    fn of_texts(&self) -> Vec<Case> {
        let mut cases = self.of_both();
        let other = scalar("another nonce", 0);
        let all = COMPONENTS;
        let comment = "a text twice under different nonces, another one not at all";
        let failing = [&["(1)"][..], &all].concat();
        cases.push(self.fails(comment, "Matrix", &failing, self.made(&Matrices::twice())));

        for k in 0..ROWS {
            let (mut shuffle, plan) = self.mixed();
            let y = masks(&shuffle)[k];
            shuffle.output[0][k] += y * other;
            let comment = format!("component {k} of a row with another nonce");
            cases.push(self.fails(&comment, "Factor", &all[k..=k], (shuffle, plan)));
        }
        let (mut shuffle, plan) = self.mixed();
        shuffle.output[2][1] += element("text", 100);
        cases.push(self.fails("something added to a text", "Rows", &all[1..2], (shuffle, plan)));
        let (mut shuffle, plan) = self.mixed();
        let texts: Vec<Element> = shuffle.output[0][1..].to_vec();
        let others: Vec<Element> = shuffle.output[1][1..].to_vec();
        shuffle.output[0][1..].copy_from_slice(&others);
        shuffle.output[1][1..].copy_from_slice(&texts);
        cases.push(self.fails("the texts of two rows exchanged", "Rows", &all[1..], (shuffle, plan)));
        let (mut shuffle, plan) = self.mixed();
        shuffle.output[0] = vec![GENERATOR * other, element("text", 7), element("text", 8)];
        cases.push(self.fails("a ballot replaced", "Rows", &all, (shuffle, plan)));
        let (mut shuffle, plan) = self.mixed();
        shuffle.output[0].iter_mut().for_each(|point| *point += element("shift", 0));
        cases.push(self.fails("one point added to all components of a row", "Factor", &all, (shuffle, plan)));
        cases.push(self.before_keys());
        cases
    }

    /// Mixes that anyone undoes (W2.3).
    fn not_anew(&self) -> Vec<Case> {
        let case = |comment: &str, shuffle: Shuffle, plan: Plan| {
            let (shuffle, plan) = arranged(shuffle, plan);
            let proof = shuffle.prove(&plan);
            assert!(
                shuffle.failing(&plan.generators, &proof, &shuffle.steps(&plan.generators, &proof, &[])).is_empty()
            );
            Given::of(shuffle, &proof).refused(comment, "W2.3", "NotEncryptedAnew", &self.honest)
        };
        let with = |mut shuffle: Shuffle, nonces: Vec<Scalar>| {
            let plan = Plan { nonces, ..Plan::honest(&[0, 1, 2]) };
            shuffle.output = (0..ROWS).map(|i| combination(&shuffle, &plan.matrix[i], &plan, plan.nonces[i])).collect();
            (shuffle, plan)
        };
        let honest = || self.honest.shuffle.clone();
        let (shuffle, plan) = with(honest(), vec![Scalar::ZERO; ROWS]);
        let mut cases = vec![case("nothing encrypted anew", shuffle, plan)];
        let mut one = nonces();
        one[1] = Scalar::ZERO;
        let (shuffle, plan) = with(honest(), one);
        cases.push(case("one row not encrypted anew", shuffle, plan));
        // Not a true proof either, but that is for a later check.
        let (mut shuffle, plan) = self.mixed();
        shuffle.output.iter_mut().zip(&shuffle.input).for_each(|(row, before)| row[1..].copy_from_slice(&before[1..]));
        let (shuffle, plan) = arranged(shuffle, plan);
        let proof = shuffle.prove(&plan);
        let comment = "only the first points encrypted anew; the proof fails too";
        cases.push(Given::of(shuffle, &proof).refused(comment, "W2.3", "NotEncryptedAnew", &self.honest));
        // Under equal keys the differences of the components stay.
        let log = text_logs(1)[0];
        for (comment, logs) in [
            ("two text keys are equal: one point is added to both texts of a row", [log, log]),
            ("a text key is G: one point is added to the first point and a text", [log, Scalar::ONE]),
            ("all keys are G: one point is added to all components of a row", [Scalar::ONE; 2]),
        ] {
            let mut shuffle = honest();
            shuffle.relation = Relation::Texts { keys: logs.iter().map(group::mul_generator).collect() };
            shuffle.input = rows(ROWS, &logs);
            let (shuffle, plan) = with(shuffle, nonces());
            cases.push(case(comment, shuffle, plan));
        }
        cases
    }

    /// Commits to a permutation, and responds with the rows doubled and halved.
    fn uncommitted(&self) -> (Shuffle, Plan) {
        let (shuffle, mut plan) = arranged_by(self.made(&Matrices::unbalanced()));
        // What is committed to is the permutation of the same order.
        let order: Vec<usize> =
            plan.matrix.iter().map(|row| row.iter().position(|m| *m != Scalar::ZERO).unwrap()).collect();
        let scales = plan.matrix.clone();
        plan.matrix = permutation(&order);
        let u = shuffle.look_ahead(&plan).u;
        plan.factors = Some(order.iter().zip(&scales).map(|(j, row)| u[*j] * row[*j]).collect());
        (shuffle, plan)
    }

    fn with_known_generators(&self) -> (Shuffle, Plan) {
        let (shuffle, mut plan) = arranged_by(self.made(&Matrices::unbalanced()));
        let order: Vec<usize> =
            plan.matrix.iter().map(|row| row.iter().position(|m| *m != Scalar::ZERO).unwrap()).collect();
        let scales = plan.matrix.clone();
        let logs: Vec<Scalar> = (0..ROWS).map(|i| scalar("trapdoor", i)).collect();
        plan.generators = logs.iter().map(group::mul_generator).collect();
        plan.matrix = permutation(&order);
        let u = shuffle.look_ahead(&plan).u;
        plan.factors = Some(order.iter().zip(&scales).map(|(j, row)| u[*j] * row[*j]).collect());
        plan.logs = Some(logs);
        (shuffle, plan)
    }

    fn with_other_generators(&self) -> (Shuffle, Plan) {
        let (shuffle, mut plan) = self.mixed();
        plan.generators = (0..ROWS).map(|i| element("other generator", i)).collect();
        (shuffle, plan)
    }

    /// Knows u when it commits: a matrix whose rows sum to one takes this u to anything.
    fn before_commitments(&self) -> (Shuffle, Plan) {
        let (shuffle, mut plan) = arranged_by(self.made(&Matrices::unbalanced()));
        plan.without = &["commitments"];
        let u = shuffle.look_ahead(&plan).u;
        let mut matrix = Vec::new();
        for row in &plan.matrix {
            let j = row.iter().position(|m| *m != Scalar::ZERO).unwrap();
            let factor = u[j] * row[j];
            // x u_0 + (1 - x) u_1
            let x = (factor - u[1]) * (u[0] - u[1]).invert();
            matrix.push(vec![x, Scalar::ONE - x, Scalar::ZERO]);
        }
        plan.matrix = matrix;
        (shuffle, plan)
    }

    /// Knows u when it publishes: what is added to one row is taken from another one.
    fn before_rows(&self) -> (Shuffle, Plan) {
        let (honest, mut plan) = arranged_by(self.mixed());
        plan.without = &["output"];
        let u = honest.look_ahead(&plan).u;
        let column = honest.width() - 1;
        let attempts = (0..).map(|attempt| {
            let extra = element("extra", attempt);
            let mut shuffle = honest.clone();
            let at = |i: usize| inner(&plan.matrix[i], &u);
            shuffle.output[0][column] += extra * at(1);
            shuffle.output[1][column] -= extra * at(0);
            shuffle
        });
        let mut in_order = attempts.filter(|s| s.output.is_sorted_by_key(|row| group::compress(&row[0])));
        (in_order.next().unwrap(), plan)
    }

    /// Knows rho when it makes the chain: what is wrong in it and at its end adds up to nothing.
    fn before_chain(&self) -> (Shuffle, Plan) {
        let (shuffle, mut plan) = arranged_by(self.made(&Matrices::combined()));
        plan.without = &["chain"];
        let steps = shuffle.look_ahead(&plan);
        let (u, rho) = (&steps.u, steps.rho);
        let factors: Vec<Scalar> = plan.matrix.iter().map(|row| inner(row, u)).collect();
        let all: Scalar = u.iter().product();
        let (first, second) = (factors[0], factors[0] * factors[1]);
        let rho_4 = rho * rho * rho * rho;
        let third = (rho * all + rho_4 * factors[2] * second) * (rho + rho_4).invert();
        plan.products = Some(vec![first, second, third]);
        (shuffle, plan)
    }

    /// Knows c when it announces: any rows.
    fn before_announcements(&self) -> (Shuffle, Plan) {
        let (mut shuffle, mut plan) = self.mixed();
        plan.without = ANNOUNCED;
        shuffle.output = (0..ROWS).map(|i| (0..shuffle.width()).map(|k| element("any", 8 * i + k)).collect()).collect();
        (shuffle, plan)
    }

    /// Knows c when it names the base that comes out.
    fn before_image(&self) -> Case {
        let (shuffle, mut plan) = self.mixed();
        plan.without = &["image"];
        plan.shift = Some((3, element("shift", 1)));
        let (mut shuffle, plan) = arranged(shuffle, plan);
        let proof = shuffle.prove(&plan);
        let c = shuffle.steps(&plan.generators, &proof, plan.without).c;
        if let Relation::Keys { base, image } = &mut shuffle.relation {
            *image = (*base * proof.last[2] - proof.announced[3]) * c.invert();
        }
        self.late("c drawn before the base that comes out", shuffle, &plan, &proof)
    }

    /// Knows c when it names a text key.
    fn before_keys(&self) -> Case {
        let (shuffle, mut plan) = self.mixed();
        plan.without = &["keys"];
        plan.shift = Some((3, element("shift", 1)));
        let (mut shuffle, plan) = arranged(shuffle, plan);
        let proof = shuffle.prove(&plan);
        let steps = shuffle.steps(&plan.generators, &proof, plan.without);
        let wrong = shuffle.errors(&plan.generators, &proof, &steps)[3].1;
        if let Relation::Texts { keys } = &mut shuffle.relation {
            keys[0] += wrong * proof.last[2].invert();
        }
        self.late("c drawn before the text keys", shuffle, &plan, &proof)
    }

    fn late(&self, comment: &str, shuffle: Shuffle, plan: &Plan, proof: &super::mixer::Proof) -> Case {
        let steps = shuffle.steps(&plan.generators, proof, plan.without);
        assert!(shuffle.failing(&plan.generators, proof, &steps).is_empty(), "{comment}");
        self.case(comment, "LateChallenge", shuffle, proof)
    }
}

/// Y_0, .., Y_{w-1}
fn masks(shuffle: &Shuffle) -> Vec<Element> {
    match &shuffle.relation {
        Relation::Keys { .. } => Vec::new(),
        Relation::Texts { keys } => core::iter::once(&GENERATOR).chain(keys).copied().collect(),
    }
}

/// A row that comes out.
fn combination(shuffle: &Shuffle, factors: &[Scalar], plan: &Plan, nonce: Scalar) -> Vec<Element> {
    let column = |k: usize| factors.iter().zip(&shuffle.input).map(|(m, row)| row[k] * m).sum::<Element>();
    match &shuffle.relation {
        Relation::Keys { .. } => vec![column(0) * plan.power],
        Relation::Texts { .. } => masks(shuffle).iter().enumerate().map(|(k, y)| column(k) + y * nonce).collect(),
    }
}

fn arranged_by((shuffle, plan): (Shuffle, Plan)) -> (Shuffle, Plan) {
    arranged(shuffle, plan)
}

/// The rows that come out in order, and the plan with them.
fn arranged(mut shuffle: Shuffle, mut plan: Plan) -> (Shuffle, Plan) {
    let mut order: Vec<usize> = (0..ROWS).collect();
    order.sort_by_key(|i| group::compress(&shuffle.output[*i][0]));
    if order.is_sorted() {
        return (shuffle, plan);
    }
    assert!(plan.products.is_none() && plan.factors.is_none(), "what was computed for rows in order stays there");
    shuffle.output = order.iter().map(|i| shuffle.output[*i].clone()).collect();
    plan.matrix = order.iter().map(|i| plan.matrix[*i].clone()).collect();
    plan.nonces = order.iter().map(|i| plan.nonces[*i]).collect();
    (shuffle, plan)
}
