//! Work on long lists, piece by piece.

use alloc::vec::Vec;

use crate::group::{self, Element, ElementBytes};

/// Keys that are decompressed at once: some hundred kilobytes of points.
pub(super) const PIECE: usize = 1024;

/// Applies a function to all items, on all cores where the feature `parallel` is on.
#[cfg(feature = "parallel")]
pub(super) fn map_all<T: Send, U: Send>(items: Vec<T>, f: impl Fn(T) -> U + Sync + Send) -> Vec<U> {
    use rayon::prelude::*;
    items.into_par_iter().map(f).collect()
}

/// Applies a function to all items.
#[cfg(not(feature = "parallel"))]
pub(super) fn map_all<T, U>(items: Vec<T>, f: impl Fn(T) -> U) -> Vec<U> {
    items.into_iter().map(f).collect()
}

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

/// The element of a key; `None` if it is not canonical, or the identity.
pub(super) fn nonidentity(key: &ElementBytes) -> Option<Element> {
    group::decompress(key).filter(|element| !group::is_identity(element))
}

/// The place of the first key that is not the canonical encoding of an element other than
/// the identity, in one list.
pub(super) fn first_bad(keys: &[ElementBytes]) -> Option<usize> {
    let bad = map_all(keys.chunks(PIECE).collect(), |piece| piece.iter().position(|key| nonidentity(key).is_none()));
    let (piece, place) = bad.into_iter().enumerate().find_map(|(piece, bad)| bad.map(|place| (piece, place)))?;
    Some(piece.saturating_mul(PIECE).saturating_add(place))
}
