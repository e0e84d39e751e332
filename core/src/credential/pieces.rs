//! Work on long lists, piece by piece.

use alloc::vec::Vec;

use crate::group::{ElementBytes, decompress_nonidentity};
use crate::parallel::map_all;

/// Keys that are decompressed at once: some hundred kilobytes of points.
pub(super) const PIECE: usize = 1024;

/// A piece of a list, and the number of its first key through all lists.
pub(super) type Piece<'a> = (u64, &'a [ElementBytes]);

/// All lists in pieces, in order.
pub(super) fn pieces(lists: &[Vec<ElementBytes>]) -> Vec<Piece<'_>> {
    let mut first = 0u64;
    lists
        .iter()
        .flat_map(|keys| keys.chunks(PIECE))
        .map(|keys| {
            let piece = (first, keys);
            first = first.saturating_add(u64::try_from(keys.len()).unwrap_or(u64::MAX));
            piece
        })
        .collect()
}

/// The place of the first key that is not the canonical encoding of an element other than
/// the identity, in one list.
pub(super) fn first_bad(keys: &[ElementBytes]) -> Option<usize> {
    let bad = map_all(keys.chunks(PIECE).collect(), |piece| {
        piece.iter().position(|key| decompress_nonidentity(key).is_none())
    });
    let (piece, place) = bad.into_iter().enumerate().find_map(|(piece, bad)| bad.map(|place| (piece, place)))?;
    Some(piece.saturating_mul(PIECE).saturating_add(place))
}
