//! Ballots by a prover without scruples.
//!
//! It is written from the specification: with the code that makes real ballots it shares the
//! transcript and the group, and no more, because that code proves nothing false. Its coins follow
//! from the published seed and stay inside.

use escrutinio_core::encoding::Encode;
use escrutinio_core::group::{self, Element, GENERATOR, Generators, Scalar};
use escrutinio_core::manifest::ContestShape;
use escrutinio_core::point::{Point, encodings};
use escrutinio_core::proof::ballot::ContestParameters;
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::transcript::{Position, Proof as Name, ProofContext, Transcript};

/// The public part of a ballot.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) parameters: ContestParameters,
    pub(super) style: u32,
    pub(super) unit: u32,
    pub(super) u: [u8; 32],
    pub(super) a: Point,
    pub(super) b: Vec<Point>,
    pub(super) t: Vec<Point>,
}

/// A proof, true or false.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    pub(super) commitments: [Point; 3],
    pub(super) f: Vec<Scalar>,
    pub(super) z1: Scalar,
    pub(super) masks: [Point; 3],
    pub(super) text_masks: Option<[Point; 2]>,
    pub(super) w: Vec<Scalar>,
    pub(super) zt: Scalar,
    pub(super) z: Scalar,
    pub(super) zq: Option<Scalar>,
}

/// The challenges of one proof.
#[derive(Clone, Copy, Debug)]
pub(super) struct Challenges {
    pub(super) y: Scalar,
    pub(super) tau: Option<Scalar>,
    pub(super) x: Scalar,
    pub(super) c: Scalar,
}

impl Statement {
    /// The body with a proof.
    pub(super) fn body(&self, proof: &Proof) -> Vec<u8> {
        let mut out = b"EBAL\x01\0\x01\0".to_vec();
        out.extend(self.parameters.election_id.as_bytes());
        for number in [self.parameters.contest, self.style, self.unit] {
            number.encode(&mut out);
        }
        out.extend(self.u);
        let points = [&[self.a][..], &self.b, &self.t, &proof.commitments].concat();
        out.extend(encodings(&points).concat());
        let scalars = |out: &mut Vec<u8>, scalars: &[Scalar]| out.extend(scalars.iter().flat_map(Scalar::to_bytes));
        scalars(&mut out, &proof.f);
        scalars(&mut out, &[proof.z1]);
        out.extend(encodings(&proof.masks).concat());
        out.extend(proof.text_masks.iter().flat_map(|masks| encodings(masks).concat()));
        scalars(&mut out, &proof.w);
        scalars(&mut out, &[proof.zt, proof.z]);
        scalars(&mut out, proof.zq.as_slice());
        out
    }

    fn shape(&self) -> &ContestShape {
        &self.parameters.shape
    }

    fn bind(&self) -> Transcript {
        let parameters = &self.parameters;
        let mut transcript =
            ProofContext::new(Name::BallotValidity).bind(parameters.election_id.as_bytes()).at(Position {
                contest: Some(parameters.contest),
                style: Some(self.style),
                unit: Some(self.unit),
                ..Position::default()
            });
        transcript.append_u32("N", u32::try_from(self.shape().options).unwrap());
        transcript.append_u32("m", u32::try_from(self.shape().texts).unwrap());
        transcript.append_u32("omega", self.shape().write_in.unwrap_or(u32::MAX));
        transcript.append_all("K", &encodings(&parameters.option_keys));
        transcript.append_all("L", &encodings(&parameters.text_keys));
        transcript.append("u", &self.u);
        transcript.append("A", &self.a.bytes);
        transcript.append_all("B", &encodings(&self.b));
        transcript.append_all("T", &encodings(&self.t));
        transcript
    }

    fn first(&self, transcript: &mut Transcript) -> (Scalar, Option<Scalar>) {
        let y = transcript.challenge("y");
        (y, (self.shape().texts > 0).then(|| transcript.challenge("tau")))
    }

    /// The challenges that the transcript gives.
    pub(super) fn challenges(&self, proof: &Proof) -> Challenges {
        let mut transcript = self.bind();
        let (y, tau) = self.first(&mut transcript);
        let x = second(&mut transcript, &proof.commitments);
        let c = third(&mut transcript, proof);
        Challenges { y, tau, x, c }
    }

    /// Reads body and proof of a valid ballot back.
    pub(super) fn read(parameters: &ContestParameters, body: &[u8]) -> (Self, Proof) {
        let shape = parameters.shape;
        let number = |at: usize| u32::from_le_bytes(body[at..at + 4].try_into().unwrap());
        let mut words = body[84..].chunks_exact(32).map(|word| <[u8; 32]>::try_from(word).unwrap());
        let mut points = |n: usize| -> Vec<Point> {
            words.by_ref().take(n).map(|word| Point::new(group::decompress(&word).unwrap())).collect()
        };
        let (a, b, t) = (points(1)[0], points(shape.options), points(shape.texts));
        let commitments = points(3).try_into().unwrap();
        let nu = shape.bits();
        let mut scalars =
            |n: usize| -> Vec<Scalar> { words.by_ref().take(n).map(|w| group::decode_scalar(&w).unwrap()).collect() };
        let (f, z1) = (scalars(nu), scalars(1)[0]);
        let mut points = |n: usize| -> Vec<Point> {
            words.by_ref().take(n).map(|word| Point::new(group::decompress(&word).unwrap())).collect()
        };
        let masks = points(3).try_into().unwrap();
        let text_masks = (shape.texts > 0).then(|| points(2).try_into().unwrap());
        let mut scalars =
            |n: usize| -> Vec<Scalar> { words.by_ref().take(n).map(|w| group::decode_scalar(&w).unwrap()).collect() };
        let (w, zt, z) = (scalars(nu), scalars(1)[0], scalars(1)[0]);
        let zq = (shape.texts > 0).then(|| scalars(1)[0]);
        let u = body[52..84].try_into().unwrap();
        let statement = Self { parameters: parameters.clone(), style: number(44), unit: number(48), u, a, b, t };
        (statement, Proof { commitments, f, z1, masks, text_masks, w, zt, z, zq })
    }

    /// Left side less right side of the equations (1) to (6).
    pub(super) fn errors(&self, proof: &Proof, given: &Challenges) -> Vec<Element> {
        let generators = &self.parameters.generators;
        let view = View::new(self.shape(), given.y, given.tau);
        let (x, c) = (given.x, given.c);
        let [m1, m2, e] = proof.commitments.map(|p| p.element);
        let [ed, ra, rb] = proof.masks.map(|p| p.element);
        let w = view.all_w(proof, given);
        let last = w[w.len() - 1];
        let products: Vec<Scalar> = proof.f.iter().map(|f| f * (x - f)).collect();
        let mut errors = vec![
            m1 * x + m2 - com2(generators, &proof.f, &products, proof.z1),
            e * c + ed - com(generators, &w, proof.zt),
            self.a.element * c + ra - GENERATOR * proof.z,
            view.marks(&self.b) * c + rb - GENERATOR * last - view.marks(&self.parameters.option_keys) * proof.z,
        ];
        if let (Some([r1, r2]), Some(zq)) = (&proof.text_masks, &proof.zq) {
            let factor = last - c * view.y_omega;
            errors.push(self.a.element * factor - GENERATOR * zq - r1.element);
            errors.push(view.texts(&self.t) * factor - view.texts(&self.parameters.text_keys) * zq - r2.element);
        }
        errors
    }

    /// Numbers of the equations that do not hold.
    pub(super) fn failing(&self, proof: &Proof) -> Vec<u32> {
        let errors = self.errors(proof, &self.challenges(proof));
        (1..).zip(errors).filter(|(_, error)| !group::is_identity(error)).map(|(number, _)| number).collect()
    }
}

fn second(transcript: &mut Transcript, commitments: &[Point; 3]) -> Scalar {
    for (label, point) in ["M1", "M2", "E"].into_iter().zip(commitments) {
        transcript.append(label, &point.bytes);
    }
    transcript.challenge("x")
}

fn third(transcript: &mut Transcript, proof: &Proof) -> Scalar {
    let f: Vec<[u8; 32]> = proof.f.iter().map(Scalar::to_bytes).collect();
    transcript.append_all("f", &f);
    transcript.append("z1", &proof.z1.to_bytes());
    for (label, point) in ["Ed", "RA", "RB"].into_iter().zip(&proof.masks) {
        transcript.append(label, &point.bytes);
    }
    for (label, point) in ["R1", "R2"].into_iter().zip(proof.text_masks.iter().flatten()) {
        transcript.append(label, &point.bytes);
    }
    transcript.challenge("c")
}

/// What the first challenges make of the statement.
#[derive(Debug)]
pub(super) struct View {
    pub(super) y: Scalar,
    pub(super) y_omega: Scalar,
    pub(super) y_powers: Vec<Scalar>,
    pub(super) tau_powers: Vec<Scalar>,
    nu: usize,
}

impl View {
    pub(super) fn new(shape: &ContestShape, y: Scalar, tau: Option<Scalar>) -> Self {
        Self {
            y,
            y_omega: shape.write_in.map_or(Scalar::ZERO, |omega| power(y, omega.into())),
            y_powers: group::powers(&y, shape.options),
            tau_powers: group::powers(&tau.unwrap_or(Scalar::ZERO), shape.texts),
            nu: shape.bits(),
        }
    }

    fn g_minus_one(&self, k: usize) -> Scalar {
        power(self.y, 1 << k) - Scalar::ONE
    }

    /// `sum [y^j]P_j`.
    pub(super) fn marks(&self, points: &[Point]) -> Element {
        inner_points(&self.y_powers, points)
    }

    /// `sum [tau^k]P_k`.
    pub(super) fn texts(&self, points: &[Point]) -> Element {
        inner_points(&self.tau_powers, points)
    }

    /// `P(x)`.
    pub(super) fn value(&self, proof: &Proof, x: Scalar) -> Scalar {
        (0..).zip(&proof.f).map(|(k, f)| x + f * self.g_minus_one(k)).product()
    }

    /// w_0 to w_nu.
    pub(super) fn all_w(&self, proof: &Proof, given: &Challenges) -> Vec<Scalar> {
        let tail = inner(&group::powers(&given.x, self.nu + 1)[1..], &proof.w);
        let mut w = vec![given.c * self.value(proof, given.x) - tail];
        w.extend(&proof.w);
        w
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
    com(generators, first, blinding) + second.iter().zip(&generators.g[8..]).map(|(v, g)| g * v).sum::<Element>()
}

/// What a prover asserts. Everything else is done by the book.
#[derive(Debug)]
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
    let v = power(view.y, option.into());
    let bits = (0..view.nu).map(|k| Scalar::from((option >> k) & 1)).collect();
    Claim { bits, v, r, q: (v - view.y_omega) * r, t_extra: Scalar::ZERO }
}

/// Proves a claim.
pub(super) fn forge(statement: &Statement, claim: impl FnOnce(&View) -> Claim) -> Proof {
    let mut rng = super::rng("forger");
    let mut draw = || *SecretScalar::generate(&mut rng).expose();
    let generators = &statement.parameters.generators;
    let mut transcript = statement.bind();
    let (y, tau) = statement.first(&mut transcript);
    let view = View::new(statement.shape(), y, tau);
    let nu = view.nu;
    let Claim { bits, v, r, q, t_extra } = claim(&view);

    let a: Vec<Scalar> = (0..nu).map(|_| draw()).collect();
    let (s1, s2, t) = (draw(), draw(), draw());
    let cross: Vec<Scalar> = bits.iter().zip(&a).map(|(b, a)| a - a * b - a * b).collect();
    let squares: Vec<Scalar> = a.iter().map(|a| -(a * a)).collect();
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
    let x = second(&mut transcript, &commitments);

    let f: Vec<Scalar> = bits.iter().zip(&a).map(|(b, a)| b * x + a).collect();
    let z1 = x * s1 + s2;
    let mut d: Vec<Scalar> = (0..=nu).map(|_| draw()).collect();
    d[0] = -inner(&d[1..], &group::powers(&x, nu + 1)[1..]);
    let (t_mask, r_mask, q_mask) = (draw(), draw(), draw());
    let masks = [
        Point::new(com(generators, &d, t_mask)),
        Point::new(GENERATOR * r_mask),
        Point::new(GENERATOR * d[nu] + view.marks(&statement.parameters.option_keys) * r_mask),
    ];
    let has_texts = statement.shape().texts > 0;
    let text_masks = has_texts.then(|| {
        [
            Point::new(statement.a.element * d[nu] - GENERATOR * q_mask),
            Point::new(view.texts(&statement.t) * d[nu] - view.texts(&statement.parameters.text_keys) * q_mask),
        ]
    });
    let zero = Scalar::ZERO;
    let mut proof = Proof { commitments, f, z1, masks, text_masks, w: Vec::new(), zt: zero, z: zero, zq: None };
    let c = third(&mut transcript, &proof);
    proof.w = p.iter().zip(&d).skip(1).map(|(p, d)| c * p + d).collect();
    proof.zt = c * (t + t_extra) + t_mask;
    proof.z = c * r + r_mask;
    proof.zq = has_texts.then(|| c * q + q_mask);
    proof
}
