//! The mixer's side: rows are made anew, put in order and proved.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

use super::argument::{Argument, Witness};
use super::{Relation, ShuffleGenerators, ShuffleProof, ShuffleStatement, flat, pieces};
use crate::group::{self, Element, ElementBytes, FixedBase, Scalar};
use crate::parallel::map_all;
use crate::permutation::Permutation;
use crate::point::Point;
use crate::secret::SecretScalar;
use crate::transcript::Position;

/// Why rows cannot be shuffled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShuffleInputError {
    /// The base is the identity, or the power is zero.
    Base,
    /// The points do not fill rows of this width.
    Width(usize),
    /// More rows than generators.
    Generators {
        /// Rows given.
        rows: usize,
        /// Generators made.
        generators: usize,
    },
    /// Not the canonical encoding of an element.
    Encoding {
        /// Which of the points.
        place: usize,
    },
    /// Two rows that come out begin with the same point: so did two that went in.
    Repeated,
}

impl fmt::Display for ShuffleInputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base => f.write_str("a base is the identity"),
            Self::Width(width) => write!(f, "the points do not fill rows of {width}"),
            Self::Generators { rows, generators } => write!(f, "{rows} rows and only {generators} generators"),
            Self::Encoding { place } => write!(f, "point {place} is not a canonical group element"),
            Self::Repeated => f.write_str("two rows begin with the same point"),
        }
    }
}

impl core::error::Error for ShuffleInputError {}

/// Credential keys, shuffled.
#[derive(Clone, Debug)]
pub struct ShuffledKeys {
    /// Their base.
    pub base: Point,
    /// The keys, in order.
    pub keys: Vec<ElementBytes>,
    /// That they are those that went in.
    pub proof: ShuffleProof,
}

/// Encrypted texts, shuffled.
#[derive(Clone, Debug)]
pub struct ShuffledTexts {
    /// The rows, in order, one after another.
    pub rows: Vec<ElementBytes>,
    /// That they are those that went in.
    pub proof: ShuffleProof,
}

/// Raises keys and their base to the power g, which serves this list alone.
///
/// # Errors
/// [`ShuffleInputError`] if the keys cannot be shuffled.
pub fn shuffle_keys(
    context: &[u8; 32],
    position: Position,
    generators: &ShuffleGenerators,
    base: &Point,
    keys: &[ElementBytes],
    g: &SecretScalar,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<ShuffledKeys, ShuffleInputError> {
    let image = Point::new(base.element * g.expose());
    let statement = ShuffleStatement { context, position, relation: Relation::Keys { base, image: &image } };
    refuse_published_identity(&statement.relation)?;
    let (output, permutation) = sort(raise(keys, g)?, 1)?;
    let rows = Argument { statement: &statement, input: keys, output: &output, permutation: &permutation };
    let proof = rows.prove(generators, &Witness::Power(g), rng)?;
    Ok(ShuffledKeys { base: image, keys: output, proof })
}

/// Encrypts texts anew; a row holds a point for G and one for each of the keys.
///
/// # Errors
/// [`ShuffleInputError`] if the rows cannot be shuffled.
pub fn shuffle_texts(
    context: &[u8; 32],
    position: Position,
    generators: &ShuffleGenerators,
    keys: &[Point],
    rows: &[ElementBytes],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<ShuffledTexts, ShuffleInputError> {
    let width = keys.len().saturating_add(1);
    if !rows.len().is_multiple_of(width) {
        return Err(ShuffleInputError::Width(width));
    }
    let nonces = random_scalars(rows.len() / width, rng);
    shuffle_texts_under((context, position), generators, keys, rows, &nonces, rng)
}

/// [`shuffle_texts`] with nonces that are given, one for each row: tests know what an honest mixer
/// does not.
///
/// # Errors
/// [`ShuffleInputError`] if the rows cannot be shuffled.
pub(crate) fn shuffle_texts_under(
    (context, position): (&[u8; 32], Position),
    generators: &ShuffleGenerators,
    keys: &[Point],
    rows: &[ElementBytes],
    nonces: &[Scalar],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<ShuffledTexts, ShuffleInputError> {
    let statement = ShuffleStatement { context, position, relation: Relation::Texts { keys } };
    let width = statement.relation.width();
    let (output, permutation) = sort(encrypt_anew(keys, rows, nonces)?, width)?;
    let argument = Argument { statement: &statement, input: rows, output: &output, permutation: &permutation };
    let proof = argument.prove(generators, &Witness::Nonces(nonces), rng)?;
    Ok(ShuffledTexts { rows: output, proof })
}

/// Base and image are published: that one is the identity may be seen.
#[inline(never)]
fn refuse_published_identity(relation: &Relation<'_>) -> Result<(), ShuffleInputError> {
    if relation.identity_as_base() { Err(ShuffleInputError::Base) } else { Ok(()) }
}

/// `[g]E` for every key. Half of it is computed and doubled while it is encoded, which takes
/// one inversion for many.
fn raise(keys: &[ElementBytes], g: &SecretScalar) -> Result<Zeroizing<Vec<ElementBytes>>, ShuffleInputError> {
    let half = SecretScalar::new(g.expose() * group::half());
    let raised = map_all(pieces(keys.len()), |piece| {
        let keys = decode(keys, &piece)?;
        let halves: Zeroizing<Vec<_>> = Zeroizing::new(keys.iter().map(|key| key * half.expose()).collect());
        Ok(Zeroizing::new(group::double_and_compress(&halves)))
    });
    Ok(join(keys.len(), raised.into_iter().collect::<Result<_, _>>()?))
}

/// `E_{k,j} + [e_j]Y_k` for every row.
fn encrypt_anew(
    keys: &[Point],
    rows: &[ElementBytes],
    nonces: &[Scalar],
) -> Result<Zeroizing<Vec<ElementBytes>>, ShuffleInputError> {
    let tables: Vec<_> = keys.iter().map(|key| FixedBase::new(&key.element)).collect();
    let width = keys.len().saturating_add(1);
    let encrypted = map_all(pieces(nonces.len()), |piece| {
        let points = decode(rows, &flat(&piece, width))?;
        let nonces = nonces.get(piece).unwrap_or_default();
        let mut out = Zeroizing::new(Vec::with_capacity(points.len()));
        for (row, nonce) in points.chunks_exact(width).zip(nonces) {
            let masks =
                core::iter::once(group::mul_generator(nonce)).chain(tables.iter().map(|table| table.mul(nonce)));
            out.extend(row.iter().zip(masks).map(|(point, mask)| group::compress(&(point + mask))));
        }
        Ok(out)
    });
    Ok(join(rows.len(), encrypted.into_iter().collect::<Result<_, _>>()?))
}

fn decode(strings: &[ElementBytes], piece: &Range<usize>) -> Result<Vec<Element>, ShuffleInputError> {
    let strings = (piece.start..).zip(strings.get(piece.clone()).unwrap_or_default());
    strings.map(|(place, bytes)| group::decompress(bytes).ok_or(ShuffleInputError::Encoding { place })).collect()
}

/// Puts rows in order of their first points. The order that they stood in is wiped.
fn sort(
    rows: Zeroizing<Vec<ElementBytes>>,
    width: usize,
) -> Result<(Vec<ElementBytes>, Permutation), ShuffleInputError> {
    let column = |k: usize| Zeroizing::new(rows.iter().skip(k).step_by(width).copied().collect::<Vec<_>>());
    let mut first = column(0);
    let permutation = Permutation::sort(&mut first);
    if !published_in_order(&first) {
        return Err(ShuffleInputError::Repeated);
    }
    let mut output = alloc::vec![[0; 32]; rows.len()];
    for k in 0..width {
        let mut sorted = column(k);
        permutation.forward(&mut sorted);
        for (place, point) in output.iter_mut().skip(k).step_by(width).zip(sorted.iter()) {
            *place = *point;
        }
    }
    Ok((output, permutation))
}

/// Whether what will be published, in order, is so strictly.
fn published_in_order(first: &[ElementBytes]) -> bool {
    first.is_sorted_by(|a, b| a < b)
}

/// Random scalars.
fn random_scalars(n: usize, rng: &mut (impl CryptoRng + ?Sized)) -> Zeroizing<Vec<Scalar>> {
    let mut scalars = Zeroizing::new(Vec::with_capacity(n));
    scalars.extend((0..n).map(|_| *SecretScalar::generate(rng).expose()));
    scalars
}

/// Secret pieces as one list, in memory that is wiped and does not grow.
pub(super) fn join<T: Copy + Zeroize>(length: usize, pieces: Vec<Zeroizing<Vec<T>>>) -> Zeroizing<Vec<T>> {
    let mut all = Zeroizing::new(Vec::with_capacity(length));
    for piece in pieces {
        all.extend_from_slice(&piece);
    }
    all
}
