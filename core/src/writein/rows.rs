//! Rows of text ciphertexts: what the board holds of a contest, and what its mixes hand on.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use crate::board::bundle::{BundleError, BundleId, read_bundle};
use crate::encoding::{DecodeError, DecodeErrorKind, Encode, Reader, put_length};
use crate::group::{self, Element, ElementBytes};
use crate::hash::{Hash, TaggedHasher};
use crate::manifest::ContestShape;
use crate::parallel::map_all;
use crate::record::{File, Source};

/// Points that are decoded at once.
pub(crate) const PIECE: usize = 4096;
/// Bytes before the contest in the body of a ballot: header and election id.
const CONTEST_AT: usize = 40;
/// Bytes between the contest and A: style, unit and u.
const CONTEST_TO_A: usize = 40;

/// Rows `(A, T_0, .., T_{m-1})`, one after another, 32 bytes a point. All points are canonical, and
/// no A is the identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    width: usize,
    points: Vec<ElementBytes>,
}

/// Why the board gives no rows. A board that was verified does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowsError<E> {
    /// It cannot be read.
    Source(E),
    /// A bundle is not framed well.
    Bundle(BundleError),
    /// An entry is not a ballot.
    Entry(DecodeError),
}

impl<E: fmt::Display> fmt::Display for RowsError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => error.fmt(f),
            Self::Bundle(error) => error.fmt(f),
            Self::Entry(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error> core::error::Error for RowsError<E> {}

impl Rows {
    /// No row yet, for a contest of `texts` text points.
    #[must_use]
    pub fn new(texts: usize) -> Self {
        Self { width: texts.saturating_add(1), points: Vec::new() }
    }

    /// Rows of `texts + 1` points each; `None` if the points do not fill rows, or one is not
    /// canonical, or an A is the identity.
    #[must_use]
    pub fn from_points(texts: usize, points: Vec<ElementBytes>) -> Option<Self> {
        let rows = Self { width: texts.saturating_add(1), points };
        (rows.points.len().is_multiple_of(rows.width) && rows.faults().is_none()).then_some(rows)
    }

    /// What goes into the first mix of a contest: the rows of its ballots, in the order of the
    /// board, read from the bundles anew. Of an entry, which check V1.1 has accepted, only the
    /// points of the row are looked at.
    ///
    /// # Errors
    /// [`RowsError`] if the bundles cannot be read, or were not verified.
    pub fn of_board<S: Source>(
        source: &S,
        length: impl Fn(&str) -> u64,
        size: u64,
        contest: u32,
        shape: &ContestShape,
    ) -> Result<Self, RowsError<S::Error>> {
        let mut rows = Self::new(shape.texts);
        for id in BundleId::all(size) {
            let path = alloc::format!("board/{id}");
            let length = length(&path);
            let bytes = File::new(source, &path, length)
                .next(usize::try_from(length).unwrap_or(usize::MAX))
                .map_err(RowsError::Source)?;
            for entry in read_bundle(id, &bytes).map_err(RowsError::Bundle)? {
                rows.push_entry(entry, contest, shape).map_err(RowsError::Entry)?;
            }
        }
        match rows.faults() {
            None => Ok(rows),
            Some((at, kind)) => Err(RowsError::Entry(DecodeError { at, kind })),
        }
    }

    fn push_entry(&mut self, entry: &[u8], contest: u32, shape: &ContestShape) -> Result<(), DecodeError> {
        let mut reader = Reader::new(entry);
        reader.take(CONTEST_AT)?;
        if u32::from_le_bytes(reader.array()?) != contest {
            return Ok(());
        }
        reader.take(CONTEST_TO_A)?;
        self.points.push(reader.array()?);
        reader.take(shape.options.saturating_mul(32))?;
        for _ in 0..shape.texts {
            self.points.push(reader.array()?);
        }
        Ok(())
    }

    /// Reads a list of `count` rows in strictly increasing order of their first points.
    ///
    /// # Errors
    /// If the bytes are not the encoding of such a list.
    pub fn decode_sorted(reader: &mut Reader<'_>, texts: usize, count: usize) -> Result<Self, DecodeError> {
        let length = reader.length(count)?;
        if length != count {
            return Err(reader.error(DecodeErrorKind::Value(u64::try_from(length).unwrap_or(u64::MAX))));
        }
        let start = reader.position();
        let width = texts.saturating_add(1);
        let bytes = reader.take(count.saturating_mul(width).saturating_mul(32))?;
        let rows = Self { width, points: bytes.as_chunks::<32>().0.to_vec() };
        let fault = |(place, kind): (usize, DecodeErrorKind)| DecodeError {
            at: start.saturating_add(place.saturating_mul(32)),
            kind,
        };
        if let Some(found) = rows.faults() {
            return Err(fault(found));
        }
        let first: Vec<&ElementBytes> = rows.first().collect();
        match first.windows(2).position(|pair| matches!(pair, [a, b] if a >= b)) {
            None => Ok(rows),
            Some(row) => Err(fault((row.saturating_add(1).saturating_mul(width), DecodeErrorKind::Order))),
        }
    }

    /// The first point that may not stand where it stands.
    fn faults(&self) -> Option<(usize, DecodeErrorKind)> {
        let found = map_all(self.pieces(), |piece| {
            let start = piece.start;
            let points = self.points.get(piece).unwrap_or_default();
            (start..).zip(points).find_map(|(place, point)| {
                if group::decompress(point).is_none() {
                    return Some((place, DecodeErrorKind::Element));
                }
                // The identity has one encoding: zero bytes.
                let identity = place.is_multiple_of(self.width) && *point == [0; 32];
                identity.then_some((place, DecodeErrorKind::Identity))
            })
        });
        found.into_iter().flatten().next()
    }

    fn pieces(&self) -> Vec<Range<usize>> {
        pieces(self.points.len(), self.width)
    }

    /// Points of a row: one more than the text points.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Text points of a row, m.
    #[must_use]
    pub fn texts(&self) -> usize {
        self.width.saturating_sub(1)
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.len().checked_div(self.width).unwrap_or(0)
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The rows, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[ElementBytes]> {
        self.points.chunks_exact(self.width)
    }

    /// All points, row by row.
    #[must_use]
    pub fn points(&self) -> &[ElementBytes] {
        &self.points
    }

    /// The first points of all rows.
    pub fn first(&self) -> impl ExactSizeIterator<Item = &ElementBytes> {
        self.points.iter().step_by(self.width)
    }

    /// What a decryption is bound to.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let mut length = Vec::new();
        put_length(&mut length, self.len());
        let mut hasher = TaggedHasher::new("text-rows");
        hasher.update(&length);
        hasher.update(self.points.as_flattened());
        hasher.finish()
    }
}

impl Encode for Rows {
    fn encode(&self, out: &mut Vec<u8>) {
        put_length(out, self.len());
        out.extend_from_slice(self.points.as_flattened());
    }
}

/// So many points in pieces of whole rows.
pub(crate) fn pieces(points: usize, width: usize) -> Vec<Range<usize>> {
    let step = PIECE.saturating_sub(PIECE.checked_rem(width).unwrap_or(0)).max(1);
    (0..points).step_by(step).map(|start| start..points.min(start.saturating_add(step))).collect()
}

/// The element of an encoding that was found canonical before.
pub(crate) fn element(bytes: &ElementBytes) -> Element {
    group::decompress(bytes).unwrap_or_else(group::identity)
}

/// The components of all rows, and the differences of every two, in a form that tells points apart:
/// a column for each, sorted. 32 bytes for each.
#[derive(Clone, Debug)]
pub struct Prints {
    columns: Vec<Vec<ElementBytes>>,
}

impl Prints {
    /// Of rows that go into a mix, or come out of it.
    #[must_use]
    pub fn of(rows: &Rows) -> Self {
        let width = rows.width;
        // Row by row: w components, then the differences.
        let prints = map_all(rows.pieces(), |piece| {
            let points = rows.points.get(piece).unwrap_or_default();
            let mut differences: Vec<Element> = Vec::new();
            for row in points.chunks_exact(width) {
                let row: Vec<Element> = row.iter().map(element).collect();
                for (k, a) in row.iter().enumerate() {
                    differences.extend(row.iter().skip(k.saturating_add(1)).map(|b| a - b));
                }
            }
            // [2]P tells points apart as P does, and is encoded faster.
            group::double_and_compress(&differences)
        })
        .concat();
        let pairs = width.saturating_mul(width.saturating_sub(1)) / 2;
        let components = (0..width).map(|k| column(&rows.points, k, width));
        let differences = (0..pairs).map(|pair| column(&prints, pair, pairs));
        Self { columns: components.chain(differences).collect() }
    }

    /// Whether rows with these prints were all encrypted anew in `output`: no component of it, and
    /// no difference of two, is one that a row of the input has at the same place (W2.3). What only
    /// permutes, or adds one point to several components, fails.
    #[must_use]
    pub fn are_gone_in(&self, output: &Self) -> bool {
        self.columns.len() == output.columns.len()
            && self.columns.iter().zip(&output.columns).all(|(before, after)| disjoint(before, after))
    }
}

fn column(points: &[ElementBytes], k: usize, width: usize) -> Vec<ElementBytes> {
    let mut column: Vec<ElementBytes> = points.iter().skip(k).step_by(width.max(1)).copied().collect();
    column.sort_unstable();
    column
}

/// Whether two sorted lists have nothing in common.
fn disjoint(mut a: &[ElementBytes], mut b: &[ElementBytes]) -> bool {
    while let (Some((first, rest)), Some((second, others))) = (a.split_first(), b.split_first()) {
        match first.cmp(second) {
            core::cmp::Ordering::Equal => return false,
            core::cmp::Ordering::Less => a = rest,
            core::cmp::Ordering::Greater => b = others,
        }
    }
    true
}
