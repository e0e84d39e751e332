//! Where the fields of an encoding stand, learnt from the decoder itself: mutation tests change
//! every field without a second description of the formats.

use alloc::vec::Vec;
use core::cell::RefCell;

std::thread_local! {
    static FIELDS: RefCell<Option<Vec<(usize, usize)>>> = const { RefCell::new(None) };
}

/// Called by the reader for everything it takes.
pub(crate) fn note(start: usize, length: usize) {
    FIELDS.with_borrow_mut(|fields| {
        if let Some(fields) = fields {
            fields.push((start, length));
        }
    });
}

/// Start and length of every field that `decode` reads on this thread.
pub fn of<T>(decode: impl FnOnce() -> T) -> Vec<(usize, usize)> {
    FIELDS.set(Some(Vec::new()));
    let _decoded = decode();
    FIELDS.take().unwrap_or_default()
}
