//! A prover without scruples, and the equations one by one.
//!
//! Both are written from the specification alone: they share with the code under test nothing
//! but the transcript.

use super::*;

/// A shuffle claimed: rows that went in and came out, by some matrix and some exponent.
pub(super) struct Claim {
    /// Base and image, or text keys.
    pub(super) points: Vec<Point>,
    pub(super) of_keys: bool,
    pub(super) input: Vec<Vec<Element>>,
    pub(super) output: Vec<Vec<Element>>,
    /// Row i says what of the rows that went in makes row i of those that came out.
    pub(super) matrix: Vec<Vec<Scalar>>,
    /// g, or the `e_j`.
    pub(super) exponents: Vec<Scalar>,
}

/// Everything that the prover announces, and the scalars behind it.
pub(super) struct Announced {
    commitments: Vec<Element>,
    chain: Vec<Element>,
    /// RG, RQ, RE, RB
    points: Vec<Element>,
    nonces: Vec<Scalar>,
    /// `u'_i`
    factors: Vec<Scalar>,
    /// `k_G`, `k_Q`, `k_E` and what they hide.
    last: [(Scalar, Scalar); 3],
    pub(super) challenges: Challenges,
}

#[derive(Clone)]
pub(super) struct Challenges {
    pub(super) u: Vec<Scalar>,
    pub(super) rho: Scalar,
    pub(super) c: Scalar,
}

/// An equation of the specification that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fails {
    Chain,
    Matrix,
    Row(usize),
    Base,
}

/// Errors that a prover adds to what it announces.
pub(super) type Slip = Option<usize>;

pub(super) fn identity_matrix(n: usize) -> Vec<Vec<Scalar>> {
    (0..n).map(|i| (0..n).map(|j| if i == j { Scalar::ONE } else { Scalar::ZERO }).collect()).collect()
}

fn sum(scalars: &[Scalar], points: &[Element]) -> Element {
    assert_eq!(scalars.len(), points.len());
    scalars.iter().zip(points).map(|(s, p)| s * p).sum()
}

fn inner(a: &[Scalar], b: &[Scalar]) -> Scalar {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn draw(n: usize, rng: &mut ChaCha20Rng) -> Vec<Scalar> {
    (0..n).map(|_| *SecretScalar::generate(rng).expose()).collect()
}

fn column(rows: &[Vec<Element>], k: usize) -> Vec<Element> {
    rows.iter().map(|row| row[k]).collect()
}

impl Claim {
    fn n(&self) -> usize {
        self.input.len()
    }

    fn width(&self) -> usize {
        if self.of_keys { 1 } else { self.points.len() + 1 }
    }

    fn q(&self) -> Vec<Element> {
        points(&generators().q[..self.n()])
    }

    /// `Y_k`, or W.
    fn masked(&self, k: usize, u: &[Scalar]) -> Element {
        match (self.of_keys, k) {
            (true, _) => sum(u, &column(&self.input, 0)),
            (false, 0) => group::GENERATOR,
            (false, k) => self.points[k - 1].element,
        }
    }

    /// Everything up to the last challenge. With a slip one of the announced points is wrong.
    pub(super) fn announce(&self, slip: Slip, sample: &Sample, rng: &mut ChaCha20Rng) -> Announced {
        let (n, q, g) = (self.n(), self.q(), group::GENERATOR);
        let coins = draw(n, rng);
        let commitments: Vec<_> =
            (0..n).map(|j| g * coins[j] + sum(&self.matrix.iter().map(|row| row[j]).collect::<Vec<_>>(), &q)).collect();
        let (mut transcript, u) = sample.challenges(&strings(&commitments));

        let factors: Vec<_> = self.matrix.iter().map(|row| inner(row, &u)).collect();
        let d = draw(n, rng);
        let (mut chain, mut before, mut blind) = (Vec::new(), group::h(), Scalar::ZERO);
        for (d, factor) in d.iter().zip(&factors) {
            before = g * d + before * factor;
            blind = d + factor * blind;
            chain.push(before);
        }
        let rho = chain_challenge(
            &mut transcript,
            &crate::hash::tagged_hash("shuffle-chain", &[strings(&chain).as_flattened()]),
        );
        let powers: Vec<_> = (0..).take(n).map(|i| group::power(&rho, i + 2)).collect();

        let total_g = coins.iter().sum::<Scalar>() + rho * blind + inner(&powers, &d);
        let total_q = inner(&u, &coins);
        let total_e = if self.of_keys { self.exponents[0] } else { inner(&u, &self.exponents) };
        let nonces = draw(n, rng);
        let [k_g, k_q, k_e] = [0; 3].map(|_| draw(1, rng)[0]);
        let before: Vec<_> = core::iter::once(group::h()).chain(chain.iter().copied()).take(n).collect();
        let weighted: Vec<_> = powers.iter().zip(&nonces).map(|(p, k)| p * k).collect();
        let mut announced = vec![g * k_g + sum(&weighted, &before), g * k_q + sum(&nonces, &q)];
        for k in 0..self.width() {
            announced.push(sum(&nonces, &column(&self.output, k)) - self.masked(k, &u) * k_e);
        }
        if self.of_keys {
            announced.push(self.points[0].element * k_e);
        }
        if let Some(place) = slip {
            announced[place] += g;
        }
        let c = last_challenge(&mut transcript, &strings(&announced), sample.shape());
        let last = [(k_g, total_g), (k_q, total_q), (k_e, total_e)];
        Announced { commitments, chain, points: announced, nonces, factors, last, challenges: Challenges { u, rho, c } }
    }

    pub(super) fn sample(&self) -> Sample {
        Sample {
            context: CONTEXT,
            position: position(),
            points: self.points.clone(),
            of_keys: self.of_keys,
            generators: generators(),
            input: strings(&self.input.concat()),
            output: strings(&self.output.concat()),
            proof: ShuffleProof(Vec::new()),
        }
    }

    /// The best proof of the claim, and which equations it does not satisfy.
    pub(super) fn prove(&self, slip: Slip) -> (Sample, Vec<Fails>) {
        let mut sample = self.sample();
        let announced = self.announce(slip, &sample, &mut rng(11));
        let responses = announced.respond(&announced.challenges.c);
        let fails = self.failing(&announced, &announced.challenges, &responses);
        let points = [&announced.commitments[..], &announced.chain, &announced.points].concat();
        sample.proof = ShuffleProof(strings(&points));
        sample.proof.0.extend(responses.iter().map(Scalar::to_bytes));
        (sample, fails)
    }

    /// The equations that do not hold.
    pub(super) fn failing(&self, announced: &Announced, challenges: &Challenges, responses: &[Scalar]) -> Vec<Fails> {
        let (n, g, Challenges { u, rho, c }) = (self.n(), group::GENERATOR, challenges);
        let (z, last) = responses.split_at(n);
        let before: Vec<_> = core::iter::once(group::h()).chain(announced.chain.iter().copied()).collect();
        let powers: Vec<_> = (0..).take(n).map(|i| group::power(rho, i + 2)).collect();
        let weighted: Vec<_> = powers.iter().zip(z).map(|(p, z)| p * z).collect();
        let product: Scalar = u.iter().product();
        let v = announced.commitments.iter().sum::<Element>() - self.q().iter().sum::<Element>()
            + (before[n] - group::h() * product) * rho;
        let mut fails = Vec::new();
        let mut equation = |name, left: Element, right: Element| {
            if left != right {
                fails.push(name);
            }
        };
        equation(
            Fails::Chain,
            g * last[0] + sum(&weighted, &before[..n]),
            announced.points[0] + (v + sum(&powers, &announced.chain)) * c,
        );
        equation(
            Fails::Matrix,
            g * last[1] + sum(z, &self.q()),
            announced.points[1] + sum(u, &announced.commitments) * c,
        );
        for k in 0..self.width() {
            let left = sum(z, &column(&self.output, k)) - self.masked(k, u) * last[2];
            let again = if self.of_keys { group::identity() } else { sum(u, &column(&self.input, k)) * c };
            equation(Fails::Row(k), left, announced.points[2 + k] + again);
        }
        if let (true, [base, image]) = (self.of_keys, &self.points[..]) {
            equation(Fails::Base, base.element * last[2], announced.points[3] + image.element * c);
        }
        fails
    }
}

impl Announced {
    pub(super) fn respond(&self, c: &Scalar) -> Vec<Scalar> {
        let z = self.nonces.iter().zip(&self.factors).map(|(nonce, factor)| nonce + c * factor);
        z.chain(self.last.iter().map(|(nonce, total)| nonce + c * total)).collect()
    }

    /// Announcements that fit responses drawn first: nothing is known of a witness.
    pub(super) fn simulate(mut self, claim: &Claim, c: &Scalar, responses: &[Scalar]) -> Self {
        self.points.fill(group::identity());
        let (n, g, Challenges { u, rho, .. }) = (claim.n(), group::GENERATOR, self.challenges.clone());
        let (z, last) = responses.split_at(n);
        let before: Vec<_> = core::iter::once(group::h()).chain(self.chain.iter().copied()).collect();
        let v = self.commitments.iter().sum::<Element>() - claim.q().iter().sum::<Element>()
            + (before[n] - group::h() * u.iter().product::<Scalar>()) * rho;
        let mut chain = g * last[0] - v * c;
        for (i, z) in (0..).zip(z) {
            let power = group::power(&rho, i + 2);
            let place = usize::try_from(i).unwrap();
            chain += (before[place] * z - self.chain[place] * c) * power;
        }
        self.points[0] = chain;
        self.points[1] = g * last[1] + sum(z, &claim.q()) - sum(&u, &self.commitments) * c;
        for k in 0..claim.width() {
            let again = if claim.of_keys { group::identity() } else { sum(&u, &column(&claim.input, k)) * c };
            self.points[2 + k] = sum(z, &column(&claim.output, k)) - claim.masked(k, &u) * last[2] - again;
        }
        if let (true, [base, image]) = (claim.of_keys, &claim.points[..]) {
            self.points[3] = base.element * last[2] - image.element * c;
        }
        self
    }
}

impl Sample {
    /// The transcript after the commitments, and the `u_j`.
    fn challenges(&self, commitments: &[ElementBytes]) -> (Transcript, Vec<Scalar>) {
        let hash = |label, strings: &[ElementBytes]| crate::hash::tagged_hash(label, &[strings.as_flattened()]);
        let n = self.shape().rows();
        let hashes = Hashes {
            generators: hash("shuffle-generators", &self.generators.q[..n]),
            input: hash("shuffle-input", &self.input),
            output: hash("shuffle-output", &self.output),
        };
        let mut transcript = self.with_statement(|statement| statement.bind(n, &hashes));
        let seed = row_seed(&mut transcript, &hash("shuffle-commitments", commitments));
        let u = (0..)
            .take(n)
            .map(|j: u64| group::hash_to_scalar("shuffle-challenge", &[seed.as_slice(), &j.to_le_bytes()].concat()));
        (transcript, u.collect())
    }
}
