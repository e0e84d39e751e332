//! What access reads, for a fuzzer (`fuzz/README.md`).

use escrutinio_core::encoding::{Decode, Encode};

use super::api::ContactKind;
use super::attempt::Attempt;
use super::contact::normal;

/// The content of an attempt, once it is opened.
pub fn attempt(data: &[u8]) {
    if let Ok(attempt) = Attempt::from_bytes(data) {
        assert_eq!(attempt.to_bytes(), data, "two encodings of one attempt");
    }
}

/// An address or a number: its one form is the form of itself.
pub fn contact(text: &str) {
    for kind in [ContactKind::Email, ContactKind::Phone] {
        if let Some(form) = normal(kind, text) {
            assert_eq!(normal(kind, &form), Some(form), "two forms of one address");
        }
    }
}
