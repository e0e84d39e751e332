//! The proof for rows that were shuffled.

use alloc::vec::Vec;
use core::iter::once;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::generators::generators_hash;
use super::prove::{ShuffleInputError, join};
use super::{
    Hashes, Relation, ShuffleGenerators, ShuffleProof, ShuffleStatement, chain_challenge, flat, last_challenge, pieces,
    row_challenges, row_seed,
};
use crate::group::{self, Element, ElementBytes, FixedBase, Scalar};
use crate::hash::tagged_hash;
use crate::parallel::map_all;
use crate::permutation::Permutation;
use crate::secret::SecretScalar;

/// Points of one multiplication in constant time: their tables stay near the processor.
const NEAR: usize = if cfg!(test) { 5 } else { 128 };

type Scalars = Zeroizing<Vec<Scalar>>;

/// What made the rows that came out.
pub(super) enum Witness<'a> {
    /// The power of keys: g.
    Power(&'a SecretScalar),
    /// The nonces of texts: e_j in the order of what went in.
    Nonces(&'a [Scalar]),
}

impl Witness<'_> {
    /// One scalar that depends on all of it.
    fn digest(&self) -> Zeroizing<Scalar> {
        match self {
            Self::Power(g) => Zeroizing::new(*g.expose()),
            Self::Nonces(nonces) => secret_sum(nonces.iter()),
        }
    }
}

/// Rows that went in and came out, and their order.
pub(super) struct Argument<'a> {
    pub(super) statement: &'a ShuffleStatement<'a>,
    pub(super) input: &'a [ElementBytes],
    pub(super) output: &'a [ElementBytes],
    pub(super) permutation: &'a Permutation,
}

/// The chain D as scalars: `D_i = [blinds_i]G + [products_i]H`.
struct Chain {
    /// u'_i
    factors: Scalars,
    /// R_i
    blinds: Scalars,
    /// U_i
    products: Scalars,
}

impl Argument<'_> {
    pub(super) fn prove(
        &self,
        generators: &ShuffleGenerators,
        witness: &Witness<'_>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<ShuffleProof, ShuffleInputError> {
        let width = self.statement.relation.width();
        let n = self.output.len() / width;
        let shape = self.statement.shape(n);
        let too_few = ShuffleInputError::Generators { rows: n, generators: generators.len() };
        let q = generators.first(n).ok_or(too_few)?;
        let h = FixedBase::new(&generators.h);
        let mut proof = Vec::with_capacity(shape.proof());

        let hashes = Hashes {
            generators: generators_hash(q),
            input: tagged_hash("shuffle-input", &[self.input.as_flattened()]),
            output: tagged_hash("shuffle-output", &[self.output.as_flattened()]),
        };
        let mut transcript = self.statement.bind(n, &hashes);
        // What else is drawn for the proof comes from the transcript as well: a generator that repeats
        // itself repeats nothing between two proofs.
        let coins = transcript.nonces(&[&witness.digest()], rng).draw_all(n);
        proof.extend_from_slice(&commit(q, &coins, self.permutation));
        let seed = row_seed(&mut transcript, &tagged_hash("shuffle-commitments", &[proof.as_flattened()]));
        let challenges = map_all(pieces(n), |piece| row_challenges(&seed, piece)).concat();

        let sum = secret_sum(coins.iter());
        let blinds = transcript.nonces(&[&sum], rng).draw_all(n);
        let chain = Chain::new(&challenges, self.permutation, blinds);
        let points = chain.commit(&h);
        let rho = chain_challenge(&mut transcript, &tagged_hash("shuffle-chain", &[points.as_flattened()]));
        proof.extend_from_slice(&points);
        // rho^(i+2)
        let powers: Vec<_> = group::powers(&rho, n.saturating_add(2)).split_off(2);

        let chained = chain.total(&powers, &rho);
        let total_g = SecretScalar::new(*sum + *chained);
        let total_q = SecretScalar::new(*inner_product(&chain.factors, &coins));
        let total_e = match witness {
            Witness::Power(g) => SecretScalar::new(*g.expose()),
            Witness::Nonces(nonces) => SecretScalar::new(*inner_product(&challenges, nonces)),
        };

        let mut source = transcript.nonces(&[total_g.expose(), total_q.expose(), total_e.expose()], rng);
        let (nonce_g, nonce_q, nonce_e) = (source.draw(), source.draw(), source.draw());
        let nonces = source.draw_all(n);

        let announced_g = nonce_g.public() + chain.announce(&nonces, &powers, &h);
        let announced_q = nonce_q.public() + secret_combination(&nonces, q, 1, 0);
        let announced = proof.len();
        proof.extend([announced_g, announced_q].iter().map(group::compress));
        self.announce_rows(&nonces, &nonce_e, &challenges, &mut proof)?;
        let c = last_challenge(&mut transcript, proof.get(announced..).unwrap_or_default(), shape);

        let responses = nonces.iter().zip(chain.factors.iter()).map(|(nonce, factor)| nonce + c * factor);
        proof.extend(responses.map(|response| response.to_bytes()));
        for (nonce, total) in [(&nonce_g, &total_g), (&nonce_q, &total_q), (&nonce_e, &total_e)] {
            proof.push((nonce.expose() + c * total.expose()).to_bytes());
        }
        Ok(ShuffleProof(proof))
    }

    /// RE, and for keys RB.
    fn announce_rows(
        &self,
        nonces: &[Scalar],
        nonce_e: &SecretScalar,
        challenges: &[Scalar],
        proof: &mut Vec<ElementBytes>,
    ) -> Result<(), ShuffleInputError> {
        let sum = |width: usize, k: usize| secret_combination(nonces, self.output, width, k);
        match self.statement.relation {
            Relation::Keys { base, .. } => {
                let weighted = public_combination(challenges, self.input);
                proof.push(group::compress(&(sum(1, 0) - weighted * nonce_e.expose())));
                proof.push(group::compress(&(base.element * nonce_e.expose())));
            }
            Relation::Texts { keys } => {
                let masks = once(nonce_e.public()).chain(keys.iter().map(|key| key.element * nonce_e.expose()));
                let width = keys.len().saturating_add(1);
                proof.extend((0..width).zip(masks).map(|(k, mask)| group::compress(&(sum(width, k) - mask))));
            }
        }
        Ok(())
    }
}

/// `C_{pi(i)} = [r_i]G + Q_i`.
fn commit(q: &[ElementBytes], coins: &[Scalar], permutation: &Permutation) -> Zeroizing<Vec<ElementBytes>> {
    let commitments = map_all(pieces(q.len()), |piece| {
        let coins = coins.get(piece.clone()).unwrap_or_default();
        let q = published_points(q.get(piece).unwrap_or_default(), 1, 0);
        let mut out = Zeroizing::new(Vec::with_capacity(coins.len()));
        out.extend(q.iter().zip(coins).map(|(q, coin)| group::compress(&(group::mul_generator(coin) + q))));
        out
    });
    let mut commitments = join(q.len(), commitments);
    permutation.backward(&mut commitments);
    commitments
}

impl Chain {
    fn new(challenges: &[Scalar], permutation: &Permutation, blinds: Scalars) -> Self {
        let mut factors = Zeroizing::new(challenges.to_vec());
        permutation.forward(&mut factors);
        let mut products: Scalars = Zeroizing::new(Vec::with_capacity(factors.len()));
        let mut product = Zeroizing::new(Scalar::ONE);
        for factor in factors.iter() {
            *product *= factor;
            products.push(*product);
        }
        Self { factors, blinds, products }
    }

    /// D. Half of each is computed and doubled while it is encoded.
    fn commit(&self, h: &FixedBase) -> Vec<ElementBytes> {
        let half = group::half();
        let points = map_all(pieces(self.factors.len()), |piece| {
            let blinds = self.blinds.get(piece.clone()).unwrap_or_default();
            let products = self.products.get(piece).unwrap_or_default();
            let halves: Vec<_> = blinds
                .iter()
                .zip(products)
                .map(|(blind, product)| {
                    let (blind, product) = (SecretScalar::new(blind * half), SecretScalar::new(product * half));
                    blind.public() + h.mul(product.expose())
                })
                .collect();
            group::double_and_compress(&halves)
        });
        points.concat()
    }

    /// `rho R_{n-1} + sum_i rho^(i+2) (R_i - u'_i R_{i-1})`.
    fn total(&self, powers: &[Scalar], rho: &Scalar) -> Zeroizing<Scalar> {
        let mut total = Zeroizing::new(self.blinds.last().map_or(Scalar::ZERO, |last| rho * last));
        let before = once(&Scalar::ZERO).chain(self.blinds.iter());
        for (((power, factor), blind), before) in
            powers.iter().zip(self.factors.iter()).zip(self.blinds.iter()).zip(before)
        {
            *total += power * (blind - factor * before);
        }
        total
    }

    /// `sum_i [rho^(i+2) k_i]D_{i-1}`: two multiplications, since the D are known in G and H.
    fn announce(&self, nonces: &[Scalar], powers: &[Scalar], h: &FixedBase) -> Element {
        let (mut in_g, mut in_h) = (Zeroizing::new(Scalar::ZERO), Zeroizing::new(Scalar::ZERO));
        let blinds = once(&Scalar::ZERO).chain(self.blinds.iter());
        let products = once(&Scalar::ONE).chain(self.products.iter());
        for (((nonce, power), blind), product) in nonces.iter().zip(powers).zip(blinds).zip(products) {
            let weighted = Zeroizing::new(nonce * power);
            *in_g += *weighted * blind;
            *in_h += *weighted * product;
        }
        group::mul_generator(&in_g) + h.mul(&in_h)
    }
}

fn secret_sum<'a>(scalars: impl Iterator<Item = &'a Scalar>) -> Zeroizing<Scalar> {
    let mut sum = Zeroizing::new(Scalar::ZERO);
    scalars.for_each(|scalar| *sum += scalar);
    sum
}

fn inner_product(a: &[Scalar], b: &[Scalar]) -> Zeroizing<Scalar> {
    let mut sum = Zeroizing::new(Scalar::ZERO);
    a.iter().zip(b).for_each(|(a, b)| *sum += a * b);
    sum
}

/// `sum_i [s_i]P_{k,i}` in constant time, for the points at place k of rows of this width.
fn secret_combination(scalars: &[Scalar], rows: &[ElementBytes], width: usize, k: usize) -> Element {
    let parts = map_all(pieces(scalars.len()), |piece| {
        let scalars = scalars.get(piece.clone()).unwrap_or_default();
        let points = published_points(rows.get(flat(&piece, width)).unwrap_or_default(), width, k);
        let near = scalars.chunks(NEAR).zip(points.chunks(NEAR));
        near.map(|(scalars, points)| group::multiscalar_mul(scalars, points)).sum::<Element>()
    });
    parts.iter().sum()
}

/// `sum_j [u_j]E_j`, of public points under the verifier's challenges.
fn public_combination(challenges: &[Scalar], points: &[ElementBytes]) -> Element {
    let parts = map_all(pieces(challenges.len()), |piece| {
        let points = published_points(points.get(piece.clone()).unwrap_or_default(), 1, 0);
        group::vartime_multiscalar_mul(challenges.get(piece).unwrap_or_default(), &points)
    });
    parts.iter().sum()
}

/// The points at place k of rows that this prover has decoded before, or encoded itself.
fn published_points(rows: &[ElementBytes], width: usize, k: usize) -> Vec<Element> {
    // None fails to decode; if one did, the proof would not hold.
    let decode = |bytes| group::decompress(bytes).unwrap_or_else(group::identity);
    rows.iter().skip(k).step_by(width).map(decode).collect()
}
