//! Shuffles by a mixer without scruples.
//!
//! Written from the specification: with the code that shuffles for elections it shares the transcript
//! and the group, and no more, because that code proves nothing false. Its coins follow from the
//! published seed and stay inside.

use escrutinio_core::group::{self, Element, GENERATOR, Scalar};
use escrutinio_core::hash::{Hash, tagged_hash};
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::transcript::{Position, Proof as Name, ProofContext, Transcript};

/// What is claimed of the rows.
#[expect(clippy::large_enum_variant, reason = "there are few")]
#[derive(Clone, Debug)]
pub(super) enum Relation {
    Keys { base: Element, image: Element },
    Texts { keys: Vec<Element> },
}

/// Rows that went in and rows that came out.
#[derive(Clone, Debug)]
pub(super) struct Shuffle {
    pub(super) context: [u8; 32],
    pub(super) position: Position,
    pub(super) relation: Relation,
    pub(super) input: Vec<Vec<Element>>,
    pub(super) output: Vec<Vec<Element>>,
}

/// A proof, true or false.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    pub(super) commitments: Vec<Element>,
    pub(super) chain: Vec<Element>,
    /// RG, RQ, RE and, for keys, RB.
    pub(super) announced: Vec<Element>,
    pub(super) z: Vec<Scalar>,
    /// zG, zQ, zE
    pub(super) last: [Scalar; 3],
}

/// What a verifier computes before the equations.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    pub(super) generators: Hash,
    pub(super) input: Hash,
    pub(super) output: Hash,
    pub(super) commitments: Hash,
    pub(super) seed: [u8; 32],
    pub(super) u: Vec<Scalar>,
    pub(super) chain: Hash,
    pub(super) rho: Scalar,
    pub(super) c: Scalar,
}

/// What a prover does as it likes. Everything else is done by the book.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The generators it commits with.
    pub(super) generators: Vec<Element>,
    /// What its challenges do not depend on: labels of the transcript.
    pub(super) without: &'static [&'static str],
    /// The matrix it commits to: row i says what comes out at place i.
    pub(super) matrix: Vec<Vec<Scalar>>,
    /// What it responds with for the rows, if not what the matrix makes of the challenges.
    pub(super) factors: Option<Vec<Scalar>>,
    /// H's part of each D, if not the products.
    pub(super) products: Option<Vec<Scalar>>,
    /// The power (keys).
    pub(super) power: Scalar,
    /// What was added to each row that comes out (texts).
    pub(super) nonces: Vec<Scalar>,
    /// Added to announcements: which, and what.
    pub(super) shift: Option<(usize, Element)>,
    /// Logarithms of the generators, of whoever knows them.
    pub(super) logs: Option<Vec<Scalar>>,
}

/// `Q_0 .. Q_{n-1}`.
pub(super) fn generators(n: usize) -> Vec<Element> {
    (0u32..).take(n).map(generator).collect()
}

/// `Q_i`.
pub(super) fn generator(i: u32) -> Element {
    let half = group::hash_to_element(&[b"Q", &i.to_le_bytes()]);
    half + half
}

/// The matrix of a permutation: place i gets what stood at `places[i]`.
pub(super) fn permutation(places: &[usize]) -> Vec<Vec<Scalar>> {
    places.iter().map(|place| (0..places.len()).map(|j| Scalar::from(u32::from(j == *place))).collect()).collect()
}

pub(super) fn bytes(points: &[Element]) -> Vec<[u8; 32]> {
    points.iter().map(group::compress).collect()
}

pub(super) fn inner(left: &[Scalar], right: &[Scalar]) -> Scalar {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

pub(super) fn sum(scalars: &[Scalar], points: &[Element]) -> Element {
    scalars.iter().zip(points).map(|(s, p)| p * s).sum()
}

fn hash(label: &str, points: &[Element]) -> Hash {
    tagged_hash(label, &[bytes(points).as_flattened()])
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap()
}

impl Shuffle {
    pub(super) fn rows(&self) -> usize {
        self.input.len()
    }

    pub(super) fn width(&self) -> usize {
        match &self.relation {
            Relation::Keys { .. } => 1,
            Relation::Texts { keys } => keys.len() + 1,
        }
    }

    fn column(rows: &[Vec<Element>], k: usize) -> Vec<Element> {
        rows.iter().map(|row| row[k]).collect()
    }

    /// Y_0, .., Y_{w-1}
    fn masks(&self) -> Vec<Element> {
        match &self.relation {
            Relation::Keys { .. } => Vec::new(),
            Relation::Texts { keys } => core::iter::once(&GENERATOR).chain(keys).copied().collect(),
        }
    }

    /// The transcript up to the first challenge, without the labels named.
    fn first(&self, generators: &[Element], commitments: &[Element], without: &[&str]) -> (Transcript, Steps) {
        let name = match self.relation {
            Relation::Keys { .. } => Name::ShuffleKeys,
            Relation::Texts { .. } => Name::ShuffleTexts,
        };
        let mut transcript = ProofContext::new(name).bind(&self.context).at(self.position);
        let mut steps = Steps {
            generators: hash("shuffle-generators", generators),
            input: hash("shuffle-input", &self.input.concat()),
            output: hash("shuffle-output", &self.output.concat()),
            commitments: hash("shuffle-commitments", commitments),
            seed: [0; 32],
            u: Vec::new(),
            chain: [0; 32],
            rho: Scalar::ZERO,
            c: Scalar::ZERO,
        };
        let mut append = |label: &'static str, value: &[u8]| {
            if !without.contains(&label) {
                transcript.append(label, value);
            }
        };
        append("n", &number(self.rows()).to_le_bytes());
        append("w", &number(self.width()).to_le_bytes());
        append("generators", &steps.generators);
        match &self.relation {
            Relation::Keys { base, image } => {
                append("base", &group::compress(base));
                append("image", &group::compress(image));
            }
            Relation::Texts { keys } => append("keys", bytes(keys).as_flattened()),
        }
        append("input", &steps.input);
        append("output", &steps.output);
        append("commitments", &steps.commitments);
        steps.seed = transcript.challenge_seed("s");
        steps.u = (0u64..)
            .take(self.rows())
            .map(|j| group::hash_to_scalar("shuffle-challenge", &[&steps.seed[..], &j.to_le_bytes()].concat()))
            .collect();
        (transcript, steps)
    }

    /// What the transcript gives, without the labels named.
    pub(super) fn steps(&self, generators: &[Element], proof: &Proof, without: &[&str]) -> Steps {
        let (mut transcript, mut steps) = self.first(generators, &proof.commitments, without);
        steps.chain = hash("shuffle-chain", &proof.chain);
        steps.rho = second(&mut transcript, &steps.chain, without);
        steps.c = self.third(&mut transcript, &proof.announced, without);
        steps
    }

    fn third(&self, transcript: &mut Transcript, announced: &[Element], without: &[&str]) -> Scalar {
        let strings = bytes(announced);
        let (matrix, rest) = strings.split_at(2);
        let (rows, base) = rest.split_at(self.width());
        let parts = [("RG", &matrix[..1]), ("RQ", &matrix[1..]), ("RE", rows), ("RB", base)];
        for (label, points) in parts {
            if !without.contains(&label) && (label != "RB" || !points.is_empty()) {
                transcript.append(label, points.as_flattened());
            }
        }
        transcript.challenge("c")
    }

    /// `V` and `sum [u_j]C_j`.
    pub(super) fn sums(&self, generators: &[Element], proof: &Proof, steps: &Steps) -> [Element; 2] {
        let product: Scalar = steps.u.iter().product();
        let h = group::h();
        let end = proof.chain.last().copied().unwrap_or(h) - h * product;
        let columns = proof.commitments.iter().sum::<Element>() - generators.iter().sum::<Element>();
        [columns + end * steps.rho, sum(&steps.u, &proof.commitments)]
    }

    /// Left side less right side of every equation, with its name.
    pub(super) fn errors(&self, generators: &[Element], proof: &Proof, steps: &Steps) -> Vec<(String, Element)> {
        let (n, c) = (self.rows(), steps.c);
        let [zg, zq, ze] = proof.last;
        let powers = &group::powers(&steps.rho, n + 2)[2..];
        let before: Vec<Element> = core::iter::once(group::h()).chain(proof.chain.iter().copied()).collect();
        let [v, columns] = self.sums(generators, proof, steps);
        let weighted: Vec<Scalar> = powers.iter().zip(&proof.z).map(|(power, z)| power * z).collect();
        let (rg, rq) = (proof.announced[0], proof.announced[1]);
        let mut errors = vec![
            ("(1)".to_owned(), GENERATOR * zg + sum(&weighted, &before) - rg - (v + sum(powers, &proof.chain)) * c),
            ("(2)".to_owned(), GENERATOR * zq + sum(&proof.z, generators) - rq - columns * c),
        ];
        let announced = &proof.announced[2..];
        match &self.relation {
            Relation::Keys { base, image } => {
                let weighted = sum(&steps.u, &Self::column(&self.input, 0));
                let rows = sum(&proof.z, &Self::column(&self.output, 0));
                errors.push(("(3)".to_owned(), rows - weighted * ze - announced[0]));
                errors.push(("(3) base".to_owned(), base * ze - announced[1] - image * c));
            }
            Relation::Texts { .. } => {
                for (k, y) in self.masks().iter().enumerate() {
                    let rows = sum(&proof.z, &Self::column(&self.output, k));
                    let weighted = sum(&steps.u, &Self::column(&self.input, k));
                    errors.push((format!("(3) component {k}"), rows - y * ze - announced[k] - weighted * c));
                }
            }
        }
        errors
    }

    /// Names of the equations that do not hold.
    pub(super) fn failing(&self, generators: &[Element], proof: &Proof, steps: &Steps) -> Vec<String> {
        let errors = self.errors(generators, proof, steps);
        errors.into_iter().filter(|(_, error)| !group::is_identity(error)).map(|(name, _)| name).collect()
    }

    /// The first challenges that a prover with this plan gets.
    pub(super) fn look_ahead(&self, plan: &Plan) -> Steps {
        let (commitments, _) = plan.commit();
        let (mut transcript, mut steps) = self.first(&plan.generators, &commitments, plan.without);
        if plan.without.contains(&"chain") {
            steps.rho = second(&mut transcript, &[0; 32], plan.without);
        }
        steps
    }

    /// Proves what the plan claims.
    pub(super) fn prove(&self, plan: &Plan) -> Proof {
        let mut rng = super::super::rng("mixer");
        let mut draw = || *SecretScalar::generate(&mut rng).expose();
        let n = self.rows();
        let (commitments, coins) = plan.commit();
        let (mut transcript, steps) = self.first(&plan.generators, &commitments, plan.without);
        let u = &steps.u;
        let factors =
            plan.factors.clone().unwrap_or_else(|| plan.matrix.iter().map(|row| inner(row, u)).collect::<Vec<_>>());

        let mut product = Scalar::ONE;
        let honest = factors.iter().map(|factor| {
            product *= factor;
            product
        });
        let products = plan.products.clone().unwrap_or_else(|| honest.collect());
        let blinds: Vec<Scalar> = (0..n).map(|_| draw()).collect();
        let h = group::h();
        let chain: Vec<Element> = blinds.iter().zip(&products).map(|(r, p)| GENERATOR * r + h * p).collect();
        let rho = second(&mut transcript, &hash("shuffle-chain", &chain), plan.without);
        let powers = &group::powers(&rho, n + 2)[2..];

        let k: Vec<Scalar> = (0..n).map(|_| draw()).collect();
        let [kg, kq, ke] = [draw(), draw(), draw()];
        let before: Vec<Element> = core::iter::once(h).chain(chain.iter().copied()).collect();
        let weighted: Vec<Scalar> = powers.iter().zip(&k).map(|(power, k)| power * k).collect();
        let mut announced = vec![GENERATOR * kg + sum(&weighted, &before), GENERATOR * kq + sum(&k, &plan.generators)];
        let secret = match &self.relation {
            Relation::Keys { base, .. } => {
                let rows = sum(&k, &Self::column(&self.output, 0));
                announced.push(rows - sum(u, &Self::column(&self.input, 0)) * ke);
                announced.push(base * ke);
                plan.power
            }
            Relation::Texts { .. } => {
                for (column, y) in self.masks().iter().enumerate() {
                    announced.push(sum(&k, &Self::column(&self.output, column)) - y * ke);
                }
                inner(&factors, &plan.nonces)
            }
        };
        if let Some((at, point)) = &plan.shift {
            announced[*at] += point;
        }
        let c = self.third(&mut transcript, &announced, plan.without);

        let blinds_before = core::iter::once(Scalar::ZERO).chain(blinds.iter().copied());
        let steps_of_chain: Vec<Scalar> =
            blinds.iter().zip(blinds_before).zip(&factors).map(|((r, before), factor)| r - factor * before).collect();
        let last_blind = blinds.last().copied().unwrap_or(Scalar::ZERO);
        // Where logarithms are known, the commitments open to any factors.
        let committed: Vec<Scalar> = plan.matrix.iter().map(|row| inner(row, u)).collect();
        let moved: Vec<Scalar> = committed.iter().zip(&factors).map(|(c, f)| c - f).collect();
        let total_q = inner(u, &coins) + inner(&moved, plan.logs.as_deref().unwrap_or_default());
        let total_g = coins.iter().sum::<Scalar>() + rho * last_blind + inner(powers, &steps_of_chain);
        Proof {
            commitments,
            chain,
            announced,
            z: k.iter().zip(&factors).map(|(k, factor)| k + c * factor).collect(),
            last: [kg + c * total_g, kq + c * total_q, ke + c * secret],
        }
    }

    /// A proof whose announcements are computed from responses drawn at random: it holds wherever the
    /// last challenge does not depend on them.
    pub(super) fn simulate(&self, plan: &Plan) -> Proof {
        let mut proof = self.prove(plan);
        let identity = group::identity();
        proof.announced = proof.announced.iter().map(|_| identity).collect();
        let steps = self.steps(&plan.generators, &proof, plan.without);
        proof.announced = self.errors(&plan.generators, &proof, &steps).into_iter().map(|(_, error)| error).collect();
        proof
    }
}

fn second(transcript: &mut Transcript, chain: &Hash, without: &[&str]) -> Scalar {
    if !without.contains(&"chain") {
        transcript.append("chain", chain);
    }
    transcript.challenge("rho")
}

impl Plan {
    /// By the book: place i gets what stood at `places[i]`.
    pub(super) fn honest(places: &[usize]) -> Self {
        Self {
            generators: generators(places.len()),
            without: &[],
            matrix: permutation(places),
            factors: None,
            products: None,
            power: Scalar::ONE,
            nonces: vec![Scalar::ZERO; places.len()],
            shift: None,
            logs: None,
        }
    }

    /// C and its coins.
    fn commit(&self) -> (Vec<Element>, Vec<Scalar>) {
        let mut rng = super::super::rng("mixer's matrix");
        let coins: Vec<Scalar> = self.matrix.iter().map(|_| *SecretScalar::generate(&mut rng).expose()).collect();
        let commitments = coins.iter().enumerate().map(|(j, coin)| {
            let column: Vec<Scalar> = self.matrix.iter().map(|row| row[j]).collect();
            GENERATOR * coin + sum(&column, &self.generators)
        });
        (commitments.collect(), coins)
    }
}

impl Proof {
    /// As it is written.
    pub(super) fn strings(&self) -> Vec<[u8; 32]> {
        let points = [&self.commitments[..], &self.chain, &self.announced].concat();
        let scalars = self.z.iter().chain(&self.last).map(Scalar::to_bytes);
        bytes(&points).into_iter().chain(scalars).collect()
    }

    /// Reads a proof for so many rows.
    pub(super) fn read(strings: &[[u8; 32]], n: usize) -> Self {
        let points = |range: core::ops::Range<usize>| -> Vec<Element> {
            strings[range].iter().map(|string| group::decompress(string).unwrap()).collect()
        };
        let scalars: Vec<Scalar> =
            strings[strings.len() - n - 3..].iter().map(|string| group::decode_scalar(string).unwrap()).collect();
        Self {
            commitments: points(0..n),
            chain: points(n..2 * n),
            announced: points(2 * n..strings.len() - n - 3),
            z: scalars[..n].to_vec(),
            last: scalars[n..].try_into().unwrap(),
        }
    }
}
