//! The validity of a ballot: exactly one option is chosen, and no text stands without its mark.
//!
//! # Relation
//! ```text
//! BALLOT(K_0..K_{N-1}, L_0..L_{m-1}, omega; A, B_0..B_{N-1}, T_0..T_{m-1}):  witness i, M, r
//!   A   = [r]G
//!   B_j = [j = i]G + [r]K_j
//!   T_k = M_k + [r]L_k,   and M = 0 unless i = omega
//! ```
//!
//! # Protocol
//! Three challenge rounds (`spec/ballots.md`), labels in append order: header, `N`, `m`, `omega`,
//! `K`, `L`, `u`, `A`, `B`, `T`; challenges `y`, `tau`; `M1`, `M2`, `E`; challenge `x`; `f`,
//! `z1`, `Ed`, `RA`, `RB`, `R1`, `R2`; challenge `c`; responses `w`, `zt`, `z`, `zq`.
//! The unit vector is collapsed under random powers of y to one ciphertext of `v = y^i`; the
//! bits of i are committed to; `v` is the leading coefficient of a polynomial that the
//! committed bits determine.
//!
//! # Verification
//! Equations (1) to (6) of `spec/ballots.md`, check V1.7. They are linear in the points, so
//! [`BallotProof::accumulate`] adds them, each under its own unpredictable weight, into one sum that
//! must vanish; many ballots share it.
//!
//! # Security
//! Special soundness `(max(nu+1, 3), 2)`, perfect honest-verifier zero knowledge; only relations
//! among H and the commitment generators must be unknown. No two of the six equations may be merged
//! (`spec/ballots-security.md` has the forgeries). *Not proved*: that the text decodes, and
//! anything about the credential but that the proof is bound to it through u.
//!
//! # References
//! Bootle et al. 2015; Groth and Kohlweiss 2015; Zhang, Oliynykov, Balogun 2019; Kurosawa 2002.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use super::BadProof;
use crate::encoding::{Decode, DecodeError, Encode, Reader, put_all};
use crate::group::{self, Element, ElementBytes, Generators, Scalar};
use crate::hash::Hash;
use crate::ids::{CredentialBinding, ElectionId};
use crate::manifest::ContestShape;
use crate::point::{Point, encodings};
use crate::secret::SecretScalar;
use crate::transcript::{Nonces, Position, Proof, ProofContext, Transcript};

/// Second half of a doubled vector commitment begins here.
const SECOND: usize = 8;

/// What all ballots of a contest share.
#[derive(Clone, Debug)]
pub struct ContestParameters {
    /// The election.
    pub election_id: ElectionId,
    /// The contest.
    pub contest: u32,
    /// Numbers of options and text points.
    pub shape: ContestShape,
    /// Option keys K_0..K_{N-1}.
    pub option_keys: Vec<Point>,
    /// Text keys L_0..L_{m-1}.
    pub text_keys: Vec<Point>,
    /// Commitment generators.
    pub generators: Generators,
}

/// A ballot's public part.
#[derive(Clone, Copy, Debug)]
pub struct BallotStatement<'a> {
    /// What all ballots of the contest share.
    pub parameters: &'a ContestParameters,
    /// Ballot style.
    pub style: u32,
    /// Reporting unit.
    pub unit: u32,
    /// Binds the ballot to a credential.
    pub u: &'a CredentialBinding,
    /// `[r]G`.
    pub a: &'a Point,
    /// One component per option.
    pub b: &'a [Point],
    /// One component per text point.
    pub t: &'a [Point],
}

/// A ballot's secret part. It stays inside the crate: the nonce is nobody else's to choose.
///
/// ```compile_fail
/// use escrutinio_core::proof::ballot::BallotWitness;
/// ```
#[derive(Debug)]
pub(crate) struct BallotWitness<'a> {
    /// Number of the chosen option.
    pub(crate) option: u32,
    /// Encryption nonce.
    pub(crate) nonce: &'a SecretScalar,
}

/// The proof: 8 points and `2 nu + 4` scalars; 6 and `2 nu + 3` without texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotProof {
    /// M1, M2, E.
    commitments: [Point; 3],
    f: Vec<Scalar>,
    z1: Scalar,
    /// Ed, RA, RB.
    masks: [Point; 3],
    /// R1, R2.
    text_masks: Option<[Point; 2]>,
    w: Vec<Scalar>,
    zt: Scalar,
    z: Scalar,
    zq: Option<Scalar>,
}

/// Absorbs the statement: the only place that does.
fn bind(statement: &BallotStatement<'_>) -> Transcript {
    bind_ballot(bind_list(statement.parameters, statement.style, statement.unit), statement)
}

/// The part of the statement that all ballots of a contest and a credential list share. It comes
/// first, so that a batch absorbs it once for every list.
fn bind_list(parameters: &ContestParameters, style: u32, unit: u32) -> Transcript {
    let mut transcript =
        ProofContext::new(Proof::BallotValidity).bind(parameters.election_id.as_bytes()).at(Position {
            contest: Some(parameters.contest),
            style: Some(style),
            unit: Some(unit),
            ..Position::default()
        });
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    transcript.append_u32("N", count(parameters.shape.options));
    transcript.append_u32("m", count(parameters.shape.texts));
    transcript.append_u32("omega", parameters.shape.write_in.unwrap_or(u32::MAX));
    transcript.append_all("K", &encodings(&parameters.option_keys));
    transcript.append_all("L", &encodings(&parameters.text_keys));
    transcript
}

fn bind_ballot(mut transcript: Transcript, statement: &BallotStatement<'_>) -> Transcript {
    transcript.append("u", statement.u.as_bytes());
    transcript.append("A", &statement.a.bytes);
    transcript.append_all("B", &encodings(statement.b));
    transcript.append_all("T", &encodings(statement.t));
    transcript
}

/// The first challenges and what follows from them for both sides.
struct Collapse {
    y: Scalar,
    tau: Scalar,
    /// `g_k - 1` with `g_k = y^(2^k)`.
    g_minus_one: Vec<Scalar>,
    y_omega: Scalar,
}

impl Collapse {
    fn draw(transcript: &mut Transcript, shape: &ContestShape) -> Self {
        let y = transcript.challenge("y");
        let tau = if shape.texts > 0 { transcript.challenge("tau") } else { Scalar::ZERO };
        let g: Vec<Scalar> = core::iter::successors(Some(y), |g| Some(g * g)).take(shape.bits()).collect();
        let y_omega = shape.write_in.map_or(Scalar::ZERO, |omega| {
            g.iter().zip(0u32..).filter(|(_, k)| (omega >> k) & 1 == 1).map(|(g, _)| g).product()
        });
        Self { y, tau, g_minus_one: g.iter().map(|g| g - Scalar::ONE).collect(), y_omega }
    }
}

/// `sum_j [x^j]P_j`.
fn collapse_points(x: &Scalar, points: &[Point]) -> Element {
    group::vartime_multiscalar_mul(&group::powers(x, points.len()), points.iter().map(|p| p.element))
}

/// `Com(values; blinding)`, in constant time.
fn commit(generators: &Generators, values: &[Scalar], blinding: &SecretScalar) -> Element {
    commit_pair(generators, values, &[], blinding)
}

/// `Com2(first, second; blinding)`, in constant time.
fn commit_pair(generators: &Generators, first: &[Scalar], second: &[Scalar], blinding: &SecretScalar) -> Element {
    let mut scalars = Zeroizing::new(vec![*blinding.expose()]);
    scalars.extend_from_slice(first);
    scalars.extend_from_slice(second);
    let mut bases = vec![generators.h];
    bases.extend(generators.g.iter().take(first.len()));
    bases.extend(generators.g.iter().skip(SECOND).take(second.len()));
    group::multiscalar_mul(&scalars, &bases)
}

fn draw_many(nonces: &mut Nonces, n: usize) -> Zeroizing<Vec<Scalar>> {
    Zeroizing::new((0..n).map(|_| *nonces.draw().expose()).collect())
}

/// Coefficients of `prod_k (X + (b_k X + a_k)(g_k - 1))`, constant term first.
fn polynomial(bits: &[Scalar], masks: &[Scalar], g_minus_one: &[Scalar]) -> Zeroizing<Vec<Scalar>> {
    let mut product = Zeroizing::new(vec![Scalar::ONE]);
    for ((bit, mask), g) in bits.iter().zip(masks).zip(g_minus_one) {
        let (linear, constant) = (Scalar::ONE + bit * g, mask * g);
        let mut next = Zeroizing::new(Vec::with_capacity(product.len().saturating_add(1)));
        let shifted = core::iter::once(&Scalar::ZERO).chain(product.iter());
        let kept = product.iter().chain(core::iter::once(&Scalar::ZERO));
        next.extend(kept.zip(shifted).map(|(same, lower)| same * constant + lower * linear));
        product = next;
    }
    product
}

impl BallotProof {
    /// Proves that the statement, made with `witness`, is a valid ballot. Runs in constant
    /// time over the witness.
    #[must_use]
    pub(crate) fn prove(
        statement: &BallotStatement<'_>,
        witness: &BallotWitness<'_>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let parameters = statement.parameters;
        let (shape, generators) = (parameters.shape, &parameters.generators);
        let nu = shape.bits();
        let mut transcript = bind(statement);
        let collapse = Collapse::draw(&mut transcript, &shape);

        let option = Zeroizing::new(Scalar::from(witness.option));
        let mut nonces = transcript.nonces(&[witness.nonce.expose(), &option], rng);

        // The bits of the option, and a commitment to them.
        let bits: Zeroizing<Vec<Scalar>> =
            Zeroizing::new((0..nu).map(|k| Scalar::from((witness.option >> k) & 1)).collect());
        let masks = draw_many(&mut nonces, nu);
        let (s1, s2, t) = (nonces.draw(), nonces.draw(), nonces.draw());
        let cross: Zeroizing<Vec<Scalar>> =
            Zeroizing::new(bits.iter().zip(masks.iter()).map(|(b, a)| a * (Scalar::ONE - b - b)).collect());
        let squares: Zeroizing<Vec<Scalar>> = Zeroizing::new(masks.iter().map(|a| -(a * a)).collect());
        let p = polynomial(&bits, &masks, &collapse.g_minus_one);
        let commitments = [
            Point::new(commit_pair(generators, &bits, &cross, &s1)),
            Point::new(commit_pair(generators, &masks, &squares, &s2)),
            Point::new(commit(generators, &p, &t)),
        ];
        let x = absorb_commitments(&mut transcript, &commitments);

        let f: Vec<Scalar> = bits.iter().zip(masks.iter()).map(|(b, a)| b * x + a).collect();
        let z1 = x * s1.expose() + s2.expose();
        let x_powers = group::powers(&x, nu.saturating_add(1));
        let mut d = draw_many(&mut nonces, nu.saturating_add(1));
        let tail: Scalar = d.iter().zip(&x_powers).skip(1).map(|(d, x)| d * x).sum();
        if let Some(first) = d.first_mut() {
            *first = -tail;
        }
        let d_nu = Zeroizing::new(d.last().copied().unwrap_or(Scalar::ZERO));
        let (t_mask, r_mask, q_mask) = (nonces.draw(), nonces.draw(), nonces.draw());
        let key = collapse_points(&collapse.y, &parameters.option_keys);
        let masks = [
            Point::new(commit(generators, &d, &t_mask)),
            Point::new(r_mask.public()),
            Point::new(group::mul_generator(&d_nu) + key * r_mask.expose()),
        ];
        let text_masks = (shape.texts > 0).then(|| {
            let text = collapse_points(&collapse.tau, statement.t);
            let text_key = collapse_points(&collapse.tau, &parameters.text_keys);
            [
                Point::new(statement.a.element * *d_nu - q_mask.public()),
                Point::new(group::multiscalar_mul(&[*d_nu, -q_mask.expose()], &[text, text_key])),
            ]
        });
        let c = absorb_masks(&mut transcript, &f, &z1, &masks, text_masks.as_ref());

        let w = p.iter().zip(d.iter()).skip(1).map(|(p, d)| c * p + d).collect();
        let v = p.last().copied().unwrap_or(Scalar::ZERO);
        let q = Zeroizing::new((v - collapse.y_omega) * witness.nonce.expose());
        Self {
            commitments,
            f,
            z1,
            masks,
            text_masks,
            w,
            zt: c * t.expose() + t_mask.expose(),
            z: c * witness.nonce.expose() + r_mask.expose(),
            zq: (shape.texts > 0).then(|| c * *q + q_mask.expose()),
        }
    }

    /// Verifies one proof by itself.
    ///
    /// # Errors
    /// [`BadProof`] if it does not hold for the statement.
    pub fn verify(&self, statement: &BallotStatement<'_>, rng: &mut (impl CryptoRng + ?Sized)) -> Result<(), BadProof> {
        let mut sum = WeightedSum::new(statement.parameters, rng);
        self.accumulate(statement, &mut sum)?;
        sum.verify(statement.parameters)
    }

    /// Adds the six equations, each under its own weight, to a sum that must vanish.
    ///
    /// # Errors
    /// [`BadProof`] if the proof does not have the shape of the statement, or the statement not that
    /// of a contest.
    pub fn accumulate<'a>(
        &'a self,
        statement: &BallotStatement<'a>,
        sum: &mut WeightedSum<'a>,
    ) -> Result<(), BadProof> {
        let parameters = statement.parameters;
        let shape = parameters.shape;
        let nu = shape.bits();
        let has_texts = shape.texts > 0;
        // A component without its key would not be judged, and beyond eight bits the two halves of
        // a doubled commitment would share generators.
        let judged = (1..=SECOND).contains(&nu)
            && parameters.option_keys.len() == shape.options
            && parameters.text_keys.len() == shape.texts
            && shape.write_in.is_none_or(|omega| usize::try_from(omega).is_ok_and(|omega| omega < shape.options));
        let shaped = judged
            && self.f.len() == nu
            && self.w.len() == nu
            && self.text_masks.is_some() == has_texts
            && self.zq.is_some() == has_texts
            && statement.b.len() == shape.options
            && statement.t.len() == shape.texts;
        if !shaped {
            return Err(BadProof);
        }
        let mut transcript = bind_ballot(sum.prefix(statement), statement);
        let collapse = Collapse::draw(&mut transcript, &shape);
        let x = absorb_commitments(&mut transcript, &self.commitments);
        let c = absorb_masks(&mut transcript, &self.f, &self.z1, &self.masks, self.text_masks.as_ref());
        let [m1, m2, e] = &self.commitments;
        let [ed, ra, rb] = &self.masks;

        // (1) [x]M1 + M2 = Com2(f, f (x - f); z1)
        let rho = sum.weight();
        sum.add(rho * x, m1);
        sum.add(rho, m2);
        sum.h -= rho * self.z1;
        for (k, f) in self.f.iter().enumerate() {
            let rho_f = rho * f;
            sum.subtract_generator(k, rho_f);
            sum.subtract_generator(SECOND.saturating_add(k), rho_f * (x - f));
        }

        // (2) [c]E + Ed = Com(w_0..w_nu; zt)
        let rho = sum.weight();
        let value: Scalar = self.f.iter().zip(&collapse.g_minus_one).map(|(f, g)| x + f * g).product();
        let tail: Scalar = self.w.iter().rev().fold(Scalar::ZERO, |tail, w| (tail + w) * x);
        sum.add(rho * c, e);
        sum.add(rho, ed);
        sum.h -= rho * self.zt;
        sum.subtract_generator(0, rho * (c * value - tail));
        for (k, w) in self.w.iter().enumerate() {
            sum.subtract_generator(k.saturating_add(1), rho * w);
        }

        // (3) [c]A + RA = [z]G
        let rho = sum.weight();
        let mut a_weight = rho * c;
        sum.add(rho, ra);
        sum.g -= rho * self.z;

        // (4) [c]B' + RB = [w_nu]G + [z]K'
        let rho = sum.weight();
        let w_nu = self.w.last().copied().unwrap_or(Scalar::ZERO);
        let (mut component_weight, mut key_weight) = (rho * c, rho * self.z);
        for (b, key) in statement.b.iter().zip(&mut sum.option_keys) {
            sum.scalars.push(component_weight);
            sum.elements.push(&b.element);
            *key -= key_weight;
            component_weight *= collapse.y;
            key_weight *= collapse.y;
        }
        sum.add(rho, rb);
        sum.g -= rho * w_nu;

        if let (Some([r1, r2]), Some(zq)) = (&self.text_masks, &self.zq) {
            let factor = w_nu - c * collapse.y_omega;
            // (5) [w_nu - c y^omega]A = [zq]G + R1
            let rho = sum.weight();
            a_weight += rho * factor;
            sum.add(-rho, r1);
            sum.g -= rho * zq;

            // (6) [w_nu - c y^omega]T' = [zq]L' + R2
            let rho = sum.weight();
            let (mut component_weight, mut key_weight) = (rho * factor, rho * zq);
            for (t, key) in statement.t.iter().zip(&mut sum.text_keys) {
                sum.scalars.push(component_weight);
                sum.elements.push(&t.element);
                *key -= key_weight;
                component_weight *= collapse.tau;
                key_weight *= collapse.tau;
            }
            sum.add(-rho, r2);
        }
        sum.add(a_weight, statement.a);
        Ok(())
    }

    /// Bytes of a proof of this shape.
    #[must_use]
    pub fn encoded_length(shape: &ContestShape) -> usize {
        let scalars_and_points = shape.bits().saturating_mul(2).saturating_add(9);
        let text = if shape.texts > 0 { 3 } else { 0 };
        scalars_and_points.saturating_add(text).saturating_mul(32)
    }

    /// Reads a proof of this shape.
    ///
    /// # Errors
    /// If a point or scalar is not canonical, or the bytes end too early.
    pub fn decode(reader: &mut Reader<'_>, shape: &ContestShape) -> Result<Self, DecodeError> {
        let nu = shape.bits();
        let has_texts = shape.texts > 0;
        let point = Point::decode;
        Ok(Self {
            commitments: [point(reader)?, point(reader)?, point(reader)?],
            f: reader.repeat(nu)?,
            z1: Scalar::decode(reader)?,
            masks: [point(reader)?, point(reader)?, point(reader)?],
            text_masks: if has_texts { Some([point(reader)?, point(reader)?]) } else { None },
            w: reader.repeat(nu)?,
            zt: Scalar::decode(reader)?,
            z: Scalar::decode(reader)?,
            zq: if has_texts { Some(Scalar::decode(reader)?) } else { None },
        })
    }
}

impl Encode for BallotProof {
    fn encode(&self, out: &mut Vec<u8>) {
        put_all(out, &self.commitments);
        put_all(out, &self.f);
        self.z1.encode(out);
        put_all(out, &self.masks);
        if let Some(text_masks) = &self.text_masks {
            put_all(out, text_masks);
        }
        put_all(out, &self.w);
        self.zt.encode(out);
        self.z.encode(out);
        if let Some(zq) = &self.zq {
            zq.encode(out);
        }
    }
}

fn absorb_commitments(transcript: &mut Transcript, [m1, m2, e]: &[Point; 3]) -> Scalar {
    transcript.append("M1", &m1.bytes);
    transcript.append("M2", &m2.bytes);
    transcript.append("E", &e.bytes);
    transcript.challenge("x")
}

fn absorb_masks(
    transcript: &mut Transcript,
    f: &[Scalar],
    z1: &Scalar,
    [ed, ra, rb]: &[Point; 3],
    text_masks: Option<&[Point; 2]>,
) -> Scalar {
    let f: Vec<[u8; 32]> = f.iter().map(Scalar::to_bytes).collect();
    transcript.append_all("f", &f);
    transcript.append("z1", &z1.to_bytes());
    transcript.append("Ed", &ed.bytes);
    transcript.append("RA", &ra.bytes);
    transcript.append("RB", &rb.bytes);
    if let Some([r1, r2]) = text_masks {
        transcript.append("R1", &r1.bytes);
        transcript.append("R2", &r2.bytes);
    }
    transcript.challenge("c")
}

/// Encrypts the unit vector of `option` under the option keys: `[e_j]G + [r]K_j`, in constant
/// time over the option.
#[must_use]
pub(crate) fn encrypt_unit_vector(keys: &[Point], option: u32, nonce: &SecretScalar) -> Vec<Point> {
    // Half of every point, so that all of them are encoded with one inversion.
    let half = group::half();
    let half_nonce = Zeroizing::new(nonce.expose() * half);
    let half_one = group::mul_generator(&half);
    let halves: Vec<Element> = (0u32..)
        .zip(keys)
        .map(|(j, key)| {
            let chosen: Choice = j.ct_eq(&option);
            let mark = Element::conditional_select(&group::identity(), &half_one, chosen);
            mark + key.element * *half_nonce
        })
        .collect();
    Point::doubled(&halves)
}

/// A weighted sum of verification equations, over one ballot or many of one contest. All terms in
/// fixed points are collected in one coefficient each.
#[derive(Debug)]
pub struct WeightedSum<'a> {
    weights: Weights,
    scalars: Vec<Scalar>,
    elements: Vec<&'a Element>,
    g: Scalar,
    h: Scalar,
    generators: [Scalar; 16],
    option_keys: Vec<Scalar>,
    text_keys: Vec<Scalar>,
    bases: BTreeMap<ElementBytes, (&'a Element, Scalar)>,
    /// What was absorbed for every style and unit.
    prefixes: BTreeMap<(u32, u32), Transcript>,
}

impl<'a> WeightedSum<'a> {
    /// An empty sum, with weights that nobody can predict.
    #[must_use]
    pub fn new(parameters: &ContestParameters, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut seed = [0u8; 32];
        rng.fill_bytes(&mut seed);
        Self::from_seed(parameters, seed)
    }

    /// An empty sum under a seed that nobody could predict when the proofs were made.
    pub(crate) fn from_seed(parameters: &ContestParameters, seed: Hash) -> Self {
        Self {
            weights: Weights::new(seed),
            scalars: Vec::new(),
            elements: Vec::new(),
            g: Scalar::ZERO,
            h: Scalar::ZERO,
            generators: [Scalar::ZERO; 16],
            option_keys: vec![Scalar::ZERO; parameters.option_keys.len()],
            text_keys: vec![Scalar::ZERO; parameters.text_keys.len()],
            bases: BTreeMap::new(),
            prefixes: BTreeMap::new(),
        }
    }

    /// The transcript of a ballot up to what its list shares. All ballots of a sum have the
    /// same parameters.
    fn prefix(&mut self, statement: &BallotStatement<'_>) -> Transcript {
        let (style, unit) = (statement.style, statement.unit);
        self.prefixes.entry((style, unit)).or_insert_with(|| bind_list(statement.parameters, style, unit)).clone()
    }

    /// The next weight.
    pub(crate) fn weight(&mut self) -> Scalar {
        self.weights.next()
    }

    /// Adds `[scalar]point`.
    pub(crate) fn add(&mut self, scalar: Scalar, point: &'a Point) {
        self.scalars.push(scalar);
        self.elements.push(&point.element);
    }

    /// Adds `[scalar]base` for a base that many ballots share.
    pub(crate) fn add_base(&mut self, scalar: Scalar, base: &'a Point) {
        self.bases.entry(base.bytes).or_insert((&base.element, Scalar::ZERO)).1 += scalar;
    }

    fn subtract_generator(&mut self, index: usize, scalar: Scalar) {
        if let Some(coefficient) = self.generators.get_mut(index) {
            *coefficient -= scalar;
        }
    }

    /// Whether the sum vanishes.
    ///
    /// # Errors
    /// [`BadProof`] if it does not: some equation does not hold.
    pub fn verify(mut self, parameters: &'a ContestParameters) -> Result<(), BadProof> {
        self.scalars.extend([self.g, self.h]);
        self.elements.extend([&group::GENERATOR, &parameters.generators.h]);
        self.scalars.extend(self.generators);
        self.elements.extend(&parameters.generators.g);
        self.scalars.extend(&self.option_keys);
        self.elements.extend(parameters.option_keys.iter().map(|p| &p.element));
        self.scalars.extend(&self.text_keys);
        self.elements.extend(parameters.text_keys.iter().map(|p| &p.element));
        for (element, scalar) in self.bases.values() {
            self.scalars.push(*scalar);
            self.elements.push(element);
        }
        let sum = group::vartime_multiscalar_mul(&self.scalars, self.elements.iter().copied());
        if group::is_identity(&sum) { Ok(()) } else { Err(BadProof) }
    }
}

/// 128-bit weights, four from each SHA-512.
#[derive(Debug)]
struct Weights {
    seed: Hash,
    counter: u64,
    ready: Vec<Scalar>,
}

impl Weights {
    fn new(seed: Hash) -> Self {
        Self { seed, counter: 0, ready: Vec::with_capacity(4) }
    }

    fn next(&mut self) -> Scalar {
        loop {
            if let Some(weight) = self.ready.pop() {
                return weight;
            }
            self.ready.extend(group::four_weights(&self.seed, self.counter));
            self.counter = self.counter.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests;
