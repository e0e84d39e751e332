//! A prover without scruples, and the six equations one by one.
//!
//! Both are written from the specification alone: they share with the code under test nothing but
//! the transcript.

use alloc::vec;
use alloc::vec::Vec;

use super::*;

/// All challenges of one proof.
#[derive(Clone, Copy, Debug)]
pub(super) struct Challenges {
    pub(super) y: Scalar,
    pub(super) tau: Scalar,
    pub(super) x: Scalar,
    pub(super) c: Scalar,
}

/// What the first challenges make of the statement.
pub(super) struct View {
    pub(super) y: Scalar,
    pub(super) y_powers: Vec<Scalar>,
    pub(super) y_omega: Scalar,
    pub(super) tau_powers: Vec<Scalar>,
    nu: usize,
}

impl View {
    fn new(shape: &ContestShape, y: Scalar, tau: Scalar) -> Self {
        let y_powers = group::powers(&y, shape.options);
        let y_omega = shape.write_in.map_or(Scalar::ZERO, |omega| power(y, omega.into()));
        Self { y, y_powers, y_omega, tau_powers: group::powers(&tau, shape.texts), nu: shape.bits() }
    }

    /// `g_k - 1`.
    fn g_minus_one(&self, k: usize) -> Scalar {
        power(self.y, 1 << k) - Scalar::ONE
    }

    /// `y^i`.
    pub(super) fn y_to(&self, i: u32) -> Scalar {
        power(self.y, i.into())
    }

    pub(super) fn bits_of(&self, i: u32) -> Vec<Scalar> {
        (0..self.nu).map(|k| Scalar::from((i >> k) & 1)).collect()
    }

    /// What the marks add up to under the powers of y.
    pub(super) fn collapse(&self, marks: &[Scalar]) -> Scalar {
        inner(&self.y_powers, marks)
    }
}

pub(super) fn power(base: Scalar, exponent: u64) -> Scalar {
    (0..exponent).fold(Scalar::ONE, |product, _| product * base)
}

pub(super) fn inner(left: &[Scalar], right: &[Scalar]) -> Scalar {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

fn inner_points(scalars: &[Scalar], points: &[Point]) -> Element {
    scalars.iter().zip(points).map(|(s, p)| p.element * s).sum()
}

fn com(generators: &Generators, values: &[Scalar], blinding: Scalar) -> Element {
    generators.h * blinding + values.iter().zip(&generators.g).map(|(v, g)| g * v).sum::<Element>()
}

fn com2(generators: &Generators, first: &[Scalar], second: &[Scalar], blinding: Scalar) -> Element {
    let upper = second.iter().zip(&generators.g[8..]).map(|(v, g)| g * v).sum::<Element>();
    com(generators, first, blinding) + upper
}

/// The challenges that the transcript gives.
pub(super) fn challenges(statement: &BallotStatement<'_>, proof: &BallotProof) -> Challenges {
    let mut transcript = bind(statement);
    let (y, tau) = first_challenges(&mut transcript, statement);
    let x = absorb_commitments(&mut transcript, &proof.commitments);
    let c = absorb_masks(&mut transcript, &proof.f, &proof.z1, &proof.masks, proof.text_masks.as_ref());
    Challenges { y, tau, x, c }
}

fn first_challenges(transcript: &mut Transcript, statement: &BallotStatement<'_>) -> (Scalar, Scalar) {
    let y = transcript.challenge("y");
    let has_texts = statement.parameters.shape.texts > 0;
    (y, if has_texts { transcript.challenge("tau") } else { Scalar::ZERO })
}

/// Left side minus right side of equations (1) to (6), under given challenges.
pub(super) fn errors(statement: &BallotStatement<'_>, proof: &BallotProof, given: &Challenges) -> [Element; 6] {
    let parameters = statement.parameters;
    let generators = &parameters.generators;
    let view = View::new(&parameters.shape, given.y, given.tau);
    let (x, c) = (given.x, given.c);
    let [m1, m2, e] = proof.commitments.map(|p| p.element);
    let [ed, ra, rb] = proof.masks.map(|p| p.element);
    let (a, g) = (statement.a.element, GENERATOR);

    let products: Vec<Scalar> = proof.f.iter().map(|f| f * (x - f)).collect();
    let value: Scalar = proof.f.iter().enumerate().map(|(k, f)| x + f * view.g_minus_one(k)).product();
    let x_powers = group::powers(&x, view.nu + 1);
    let mut w = vec![c * value - inner(&x_powers[1..], &proof.w)];
    w.extend(&proof.w);
    let w_nu = w[view.nu];
    let collapsed = inner_points(&view.y_powers, statement.b);
    let key = inner_points(&view.y_powers, &parameters.option_keys);
    let (e5, e6) = match (&proof.text_masks, &proof.zq) {
        (Some([r1, r2]), Some(zq)) => {
            let factor = w_nu - c * view.y_omega;
            let text = inner_points(&view.tau_powers, statement.t);
            let text_key = inner_points(&view.tau_powers, &parameters.text_keys);
            (a * factor - g * zq - r1.element, text * factor - text_key * zq - r2.element)
        }
        _ => (group::identity(), group::identity()),
    };
    [
        m1 * x + m2 - com2(generators, &proof.f, &products, proof.z1),
        e * c + ed - com(generators, &w, proof.zt),
        a * c + ra - g * proof.z,
        collapsed * c + rb - g * w_nu - key * proof.z,
        e5,
        e6,
    ]
}

/// No equation fails.
pub(super) const NONE: [usize; 0] = [];

/// Numbers of the equations that do not hold.
pub(super) fn failing(errors: &[Element; 6]) -> Vec<usize> {
    (1..).zip(errors).filter(|(_, error)| !group::is_identity(error)).map(|(number, _)| number).collect()
}

/// What a prover asserts, true or not. Everything else is done by the book.
pub(super) struct Claim {
    /// The committed "bits".
    pub(super) bits: Vec<Scalar>,
    /// The committed leading coefficient.
    pub(super) v: Scalar,
    /// The nonce behind `z`.
    pub(super) r: Scalar,
    /// What stands behind `zq`.
    pub(super) q: Scalar,
    /// Added to the blinding of E in the response only.
    pub(super) t_extra: Scalar,
}

/// Claims that the ballot marks `option`, and keeps to it everywhere.
pub(super) fn pretend(view: &View, option: u32, r: Scalar) -> Claim {
    let v = view.y_to(option);
    Claim { bits: view.bits_of(option), v, r, q: (v - view.y_omega) * r, t_extra: Scalar::ZERO }
}

/// A proof of `option` by the book.
pub(super) fn forge_option(statement: &BallotStatement<'_>, option: u32, r: Scalar) -> BallotProof {
    forge(statement, None, 7, |view| pretend(view, option, r))
}

/// Proves a claim. The challenges come from the transcript unless others are given; the coins are
/// those of the seed, so that the same seed with other challenges is the prover rewound.
pub(super) fn forge(
    statement: &BallotStatement<'_>,
    given: Option<&Challenges>,
    seed: u64,
    claim: impl FnOnce(&View) -> Claim,
) -> BallotProof {
    let mut rng = rng(seed);
    let mut draw = || *SecretScalar::generate(&mut rng).expose();
    let parameters = statement.parameters;
    let generators = &parameters.generators;
    let mut transcript = bind(statement);
    let (y, tau) = first_challenges(&mut transcript, statement);
    let (y, tau) = given.map_or((y, tau), |given| (given.y, given.tau));
    let view = View::new(&parameters.shape, y, tau);
    let nu = view.nu;
    let Claim { bits, v, r, q, t_extra } = claim(&view);

    let a: Vec<Scalar> = (0..nu).map(|_| draw()).collect();
    let (s1, s2, t) = (draw(), draw(), draw());
    let cross: Vec<Scalar> = bits.iter().zip(&a).map(|(b, a)| a - a * b - a * b).collect();
    let squares: Vec<Scalar> = a.iter().map(|a| -(a * a)).collect();
    // p_0 .. p_{nu-1} as they must be, and v as claimed.
    let mut p = vec![Scalar::ONE];
    for k in 0..nu {
        let (linear, constant) = (Scalar::ONE + bits[k] * view.g_minus_one(k), a[k] * view.g_minus_one(k));
        let mut next = vec![Scalar::ZERO; p.len() + 1];
        for (i, coefficient) in p.iter().enumerate() {
            next[i] += coefficient * constant;
            next[i + 1] += coefficient * linear;
        }
        p = next;
    }
    p[nu] = v;
    let commitments = [
        Point::new(com2(generators, &bits, &cross, s1)),
        Point::new(com2(generators, &a, &squares, s2)),
        Point::new(com(generators, &p, t)),
    ];
    let x = absorb_commitments(&mut transcript, &commitments);
    let x = given.map_or(x, |given| given.x);

    let f: Vec<Scalar> = bits.iter().zip(&a).map(|(b, a)| b * x + a).collect();
    let z1 = x * s1 + s2;
    let mut d: Vec<Scalar> = (0..=nu).map(|_| draw()).collect();
    d[0] = -inner(&d[1..], &group::powers(&x, nu + 1)[1..]);
    let (t_mask, r_mask, q_mask) = (draw(), draw(), draw());
    let key = inner_points(&view.y_powers, &parameters.option_keys);
    let masks = [
        Point::new(com(generators, &d, t_mask)),
        Point::new(GENERATOR * r_mask),
        Point::new(GENERATOR * d[nu] + key * r_mask),
    ];
    let has_texts = parameters.shape.texts > 0;
    let text_masks = has_texts.then(|| {
        let text = inner_points(&view.tau_powers, statement.t);
        let text_key = inner_points(&view.tau_powers, &parameters.text_keys);
        [Point::new(statement.a.element * d[nu] - GENERATOR * q_mask), Point::new(text * d[nu] - text_key * q_mask)]
    });
    let c = absorb_masks(&mut transcript, &f, &z1, &masks, text_masks.as_ref());
    let c = given.map_or(c, |given| given.c);
    BallotProof {
        commitments,
        f,
        z1,
        masks,
        text_masks,
        w: p.iter().zip(&d).skip(1).map(|(p, d)| c * p + d).collect(),
        zt: c * (t + t_extra) + t_mask,
        z: c * r + r_mask,
        zq: has_texts.then(|| c * q + q_mask),
    }
}

/// A proof for any statement, true or false, made backwards from challenges known in advance.
pub(super) fn simulate(statement: &BallotStatement<'_>, given: &Challenges, seed: u64) -> BallotProof {
    let mut rng = rng(seed);
    let mut draw = || *SecretScalar::generate(&mut rng).expose();
    let shape = &statement.parameters.shape;
    let nu = shape.bits();
    let nothing = Point::new(group::identity());
    let mut proof = BallotProof {
        commitments: [Point::new(GENERATOR * draw()), nothing, Point::new(GENERATOR * draw())],
        f: (0..nu).map(|_| draw()).collect(),
        z1: draw(),
        masks: [nothing; 3],
        text_masks: (shape.texts > 0).then_some([nothing; 2]),
        w: (0..nu).map(|_| draw()).collect(),
        zt: draw(),
        z: draw(),
        zq: (shape.texts > 0).then(&mut draw),
    };
    // Every equation has a point of its own that stands alone: it is solved for.
    let [e1, e2, e3, e4, e5, e6] = errors(statement, &proof, given);
    proof.commitments[1] = Point::new(-e1);
    proof.masks = [-e2, -e3, -e4].map(Point::new);
    proof.text_masks = proof.text_masks.map(|_| [e5, e6].map(Point::new));
    proof
}
