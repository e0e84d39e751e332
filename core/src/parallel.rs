//! The same work on many items, on all cores where the feature `parallel` is on.

use alloc::vec::Vec;

/// Applies a function to all items; the results stand in their order.
#[cfg(feature = "parallel")]
pub(crate) fn map_all<T: Send, U: Send>(items: Vec<T>, f: impl Fn(T) -> U + Sync + Send) -> Vec<U> {
    use rayon::prelude::*;
    items.into_par_iter().map(f).collect()
}

/// Applies a function to all items; the results stand in their order.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map_all<T, U>(items: Vec<T>, f: impl Fn(T) -> U) -> Vec<U> {
    items.into_iter().map(f).collect()
}
