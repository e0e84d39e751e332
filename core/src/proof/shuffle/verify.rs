//! The verifier's side: two passes over rows and proof, each in pieces on all cores.
//!
//! The first hashes them, and sees that the rows are in order. The second sums all points of
//! all equations, each equation under a weight of 128 bits that nobody else knows: a, b, d
//! and t_k for (1), (2), the base's and (3). Rows and proof must not change in between.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use rand_core::CryptoRng;

use super::generators::generators_hash;
use super::{
    Hashes, MemorySource, Part, Relation, ShuffleGenerators, ShuffleShape, ShuffleSource, ShuffleStatement,
    chain_challenge, flat, last_challenge, pieces, row_challenges, row_seed,
};
use crate::group::{self, Element, ElementBytes, Scalar};
use crate::hash::{Hash, TaggedHasher};
use crate::parallel::map_all;
use crate::proof::BadProof;

/// Rows that are hashed at once.
const HASHED: usize = if cfg!(test) { 7 } else { 16_384 };

/// Why a shuffle is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShuffleError<E> {
    /// Rows or proof cannot be read.
    Read(E),
    /// The base that went in, or the one that came out, is the identity: it tells no power.
    Base,
    /// Fewer generators than rows.
    Generators {
        /// Rows given.
        rows: usize,
        /// Generators made.
        generators: usize,
    },
    /// A point or a scalar that is not canonical.
    Encoding {
        /// Where.
        part: Part,
        /// Which of the part's 32-byte strings.
        place: usize,
    },
    /// The rows that came out are not in strictly increasing order.
    Order {
        /// The row that does not stand behind the one before it.
        row: usize,
    },
    /// The proof does not hold.
    Proof,
}

impl<E: fmt::Display> fmt::Display for ShuffleError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Base => f.write_str("a base is the identity"),
            Self::Generators { rows, generators } => write!(f, "{rows} rows and only {generators} generators"),
            Self::Encoding { part, place } => {
                let part = match part {
                    Part::Input => "the rows that went in",
                    Part::Output => "the rows that came out",
                    Part::Proof => "the proof",
                };
                write!(f, "string {place} of {part} is not canonical")
            }
            Self::Order { row } => write!(f, "row {row} that came out is out of order or repeated"),
            Self::Proof => BadProof.fmt(f),
        }
    }
}

impl<E: core::error::Error> core::error::Error for ShuffleError<E> {}

impl ShuffleStatement<'_> {
    /// Verifies a shuffle in memory.
    ///
    /// # Errors
    /// [`ShuffleError`] says what is wrong.
    pub fn verify(
        &self,
        generators: &ShuffleGenerators,
        source: &MemorySource<'_>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(), ShuffleError<BadProof>> {
        let rows = source.input.len() / self.relation.width();
        let shape = self.shape(rows);
        let lengths =
            [(source.input, shape.points()), (source.output, shape.points()), (source.proof.strings(), shape.proof())];
        if lengths.iter().any(|(strings, length)| strings.len() != *length) {
            return Err(ShuffleError::Proof);
        }
        self.verify_source(generators, rows, source, rng)
    }

    /// Verifies a shuffle of so many rows that is read in pieces.
    ///
    /// # Errors
    /// [`ShuffleError`] says what is wrong.
    pub fn verify_source<S: ShuffleSource>(
        &self,
        generators: &ShuffleGenerators,
        rows: usize,
        source: &S,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(), ShuffleError<S::Error>> {
        if self.relation.identity_as_base() {
            return Err(ShuffleError::Base);
        }
        let too_few = ShuffleError::Generators { rows, generators: generators.len() };
        let q = generators.first(rows).ok_or(too_few)?;
        let pass = Pass { shape: self.shape(rows), source };
        let mut seed = [0u8; 32];
        rng.fill_bytes(&mut seed);

        let (hashes, commitments, chain) = pass.hash(generators_hash(q))?;
        let mut transcript = self.bind(rows, &hashes);
        let challenge_seed = row_seed(&mut transcript, &commitments);
        let rho = chain_challenge(&mut transcript, &chain);
        let announced = pass.read(Part::Proof, pass.shape.announced())?;
        let c = last_challenge(&mut transcript, &announced, pass.shape);
        let announced = pass.elements(Part::Proof, pass.shape.announced())?;
        let [z_g, z_q, z_e] =
            <[Scalar; 3]>::try_from(pass.scalars(pass.shape.last())?).map_err(|_| ShuffleError::Proof)?;

        let equations = Equations {
            relation: self.relation,
            shape: pass.shape,
            weights: Weights::new(&seed, self.relation.width()),
            challenge_seed,
            rho,
            c,
            z_e,
        };
        let sums = map_all(pieces(rows), |piece| equations.sum(&pass, q, piece));
        let (mut total, mut product) = (group::identity(), Scalar::ONE);
        for part in sums {
            let (sum, challenges) = part?;
            total += sum;
            product *= challenges;
        }
        let first = pass.shape.responses().start;
        let z_0 = if rows == 0 { None } else { pass.scalars(first..first.saturating_add(1))?.first().copied() };
        total += equations.rest(&generators.h, z_0.map(|z| (z, product)), &announced, [z_g, z_q]);
        if group::is_identity(&total) { Ok(()) } else { Err(ShuffleError::Proof) }
    }
}

/// Reads what is verified.
struct Pass<'a, S> {
    shape: ShuffleShape,
    source: &'a S,
}

impl<S: ShuffleSource> Pass<'_, S> {
    fn read(&self, part: Part, strings: Range<usize>) -> Result<Vec<ElementBytes>, ShuffleError<S::Error>> {
        let read = self.source.read(part, strings.start, strings.len()).map_err(ShuffleError::Read)?;
        // Whatever a source does, no part of a sum goes missing.
        if read.len() == strings.len() { Ok(read) } else { Err(ShuffleError::Proof) }
    }

    fn elements(&self, part: Part, strings: Range<usize>) -> Result<Vec<Element>, ShuffleError<S::Error>> {
        let numbered = (strings.start..).zip(self.read(part, strings)?);
        numbered.map(|(place, bytes)| group::decompress(&bytes).ok_or(ShuffleError::Encoding { part, place })).collect()
    }

    fn scalars(&self, strings: Range<usize>) -> Result<Vec<Scalar>, ShuffleError<S::Error>> {
        let part = Part::Proof;
        let numbered = (strings.start..).zip(self.read(part, strings)?);
        numbered
            .map(|(place, bytes)| group::decode_scalar(&bytes).ok_or(ShuffleError::Encoding { part, place }))
            .collect()
    }

    /// The hashes of the statement's lists, of the commitments and of the chain. The rows that
    /// came out are seen to be in order.
    fn hash(&self, generators: Hash) -> Result<(Hashes, Hash, Hash), ShuffleError<S::Error>> {
        let shape = self.shape;
        let parts = [
            ("shuffle-input", Part::Input, 0..shape.points()),
            ("shuffle-output", Part::Output, 0..shape.points()),
            ("shuffle-commitments", Part::Proof, shape.commitments()),
            ("shuffle-chain", Part::Proof, shape.chain()),
        ];
        let hashes = map_all(parts.into(), |(label, part, strings)| self.hash_part(label, part, strings));
        let hashes = hashes.into_iter().collect::<Result<Vec<_>, _>>()?;
        let [input, output, commitments, chain] = <[Hash; 4]>::try_from(hashes).map_err(|_| ShuffleError::Proof)?;
        Ok((Hashes { generators, input, output }, commitments, chain))
    }

    fn hash_part(&self, label: &str, part: Part, strings: Range<usize>) -> Result<Hash, ShuffleError<S::Error>> {
        let mut hasher = TaggedHasher::new(label);
        let mut order = Order { before: None, row: 0 };
        // Whole rows at a time.
        let step = HASHED.saturating_mul(self.shape.width());
        for first in strings.clone().step_by(step) {
            let piece = self.read(part, first..strings.end.min(first.saturating_add(step)))?;
            hasher.update(piece.as_flattened());
            if part == Part::Output {
                piece
                    .iter()
                    .step_by(self.shape.width())
                    .try_for_each(|point| order.next(point))
                    .map_err(|row| ShuffleError::Order { row })?;
            }
        }
        Ok(hasher.finish())
    }
}

/// Sees that rows are in strictly increasing order of their first points.
struct Order {
    before: Option<ElementBytes>,
    row: usize,
}

impl Order {
    fn next(&mut self, point: &ElementBytes) -> Result<(), usize> {
        if self.before.is_some_and(|before| before >= *point) {
            return Err(self.row);
        }
        self.before = Some(*point);
        self.row = self.row.saturating_add(1);
        Ok(())
    }
}

/// What each equation counts with in the sum of all.
struct Weights {
    /// (1)
    a: Scalar,
    /// (2)
    b: Scalar,
    /// The base's.
    d: Scalar,
    /// (3), one for each point of a row.
    t: Vec<Scalar>,
}

impl Weights {
    fn new(seed: &[u8; 32], width: usize) -> Self {
        let [a, b, d, _] = group::four_weights(seed, 0);
        Self { a, b, d, t: (1..).flat_map(|counter| group::four_weights(seed, counter)).take(width).collect() }
    }
}

/// The equations under their weights, everything brought to the left.
struct Equations<'a> {
    relation: Relation<'a>,
    shape: ShuffleShape,
    weights: Weights,
    challenge_seed: [u8; 32],
    rho: Scalar,
    c: Scalar,
    z_e: Scalar,
}

impl Equations<'_> {
    /// What the points of some rows add, and the product of their challenges u_j.
    fn sum<S: ShuffleSource>(
        &self,
        pass: &Pass<'_, S>,
        q: &[ElementBytes],
        rows: Range<usize>,
    ) -> Result<(Element, Scalar), ShuffleError<S::Error>> {
        let Weights { a, b, t, .. } = &self.weights;
        let (n, width, c) = (self.shape.rows(), self.shape.width(), &self.c);
        let in_proof = |part: Range<usize>, rows: &Range<usize>| {
            part.start.saturating_add(rows.start)..part.start.saturating_add(rows.end)
        };
        let u = row_challenges(&self.challenge_seed, rows.clone());
        // The responses of these rows and of the one behind them.
        let behind = rows.start..n.min(rows.end.saturating_add(1));
        let z = pass.scalars(in_proof(self.shape.responses(), &behind))?;

        let terms = rows.len().saturating_mul(width.saturating_mul(2).saturating_add(3));
        let mut scalars = Vec::with_capacity(terms);
        let mut points = Vec::with_capacity(terms);

        points.extend(pass.elements(Part::Proof, in_proof(self.shape.commitments(), &rows))?);
        scalars.extend(u.iter().map(|u| -(c * (a + b * u))));

        let generators = q.get(rows.clone()).unwrap_or_default();
        points.extend(generators.iter().filter_map(group::decompress));
        scalars.extend(z.iter().take(rows.len()).map(|z| a * c + b * z));

        points.extend(pass.elements(Part::Proof, in_proof(self.shape.chain(), &rows))?);
        // a rho^(i+2), and the last of all also ends the chain.
        let mut power = a * group::power(&self.rho, u64::try_from(rows.start).unwrap_or(u64::MAX).saturating_add(2));
        for z in z.iter().skip(1).map(Some).chain(core::iter::once(None)).take(rows.len()) {
            let next = power * self.rho;
            scalars.push(match z {
                Some(z) => next * z - c * power,
                None => -(c * (power + a * self.rho)),
            });
            power = next;
        }

        points.extend(pass.elements(Part::Output, flat(&rows, width))?);
        scalars.extend(z.iter().take(rows.len()).flat_map(|z| t.iter().map(move |t| t * z)));

        points.extend(pass.elements(Part::Input, flat(&rows, width))?);
        let common = match self.relation {
            Relation::Keys { .. } => -self.z_e,
            Relation::Texts { .. } => -c,
        };
        let t: Vec<_> = t.iter().map(|t| t * common).collect();
        scalars.extend(u.iter().flat_map(|u| t.iter().map(move |t| t * u)));

        if scalars.len() != points.len() {
            return Err(ShuffleError::Proof);
        }
        Ok((group::vartime_multiscalar_mul(&scalars, &points), u.iter().product()))
    }

    /// What all other points add. If there are rows: the first response, with which H counts as
    /// D_{-1}, and the product of the u_j.
    fn rest(
        &self,
        h: &Element,
        chain: Option<(Scalar, Scalar)>,
        announced: &[Element],
        [z_g, z_q]: [Scalar; 2],
    ) -> Element {
        let Weights { a, b, d, t } = &self.weights;
        let (c, z_e, rho) = (&self.c, &self.z_e, &self.rho);
        let mut scalars = alloc::vec![a * z_g + b * z_q];
        let mut points = alloc::vec![group::GENERATOR];
        if let Some((z_0, product)) = chain {
            scalars.push(a * rho * (rho * z_0 + c * product));
            points.push(*h);
        }
        match self.relation {
            Relation::Keys { base, image } => {
                scalars.extend([d * z_e, -(d * c)]);
                points.extend([base.element, image.element]);
            }
            Relation::Texts { keys } => {
                scalars.extend(t.iter().map(|t| -(t * z_e)));
                points.push(group::GENERATOR);
                points.extend(keys.iter().map(|key| key.element));
            }
        }
        // RG, RQ, RE and, for keys, RB.
        let weights = [a, b].into_iter().chain(t).chain([d]);
        scalars.extend(weights.take(announced.len()).map(|weight| -weight));
        points.extend(announced);
        group::vartime_multiscalar_mul(&scalars, &points)
    }
}
