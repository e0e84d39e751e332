//! The zero-knowledge proofs, and which check uses each.
//!
//! | proof | module | checks |
//! |---|---|---|
//! | a valid ballot | [`ballot`] | V1.7 |
//! | knowledge of a discrete logarithm | [`knowledge`] | C1.3, C2.3, K1.4, K2.2, V1.6 |
//! | equality of two discrete logarithms | [`equality`] | K2.2, K4.2, T2.3 |
//! | a partial decryption | [`decryption`] | K4.2, T2.3 |
//! | rows shuffled | [`shuffle`] | |
//! | decrypted texts | [`text_decryption`] | W3.3 |

pub mod ballot;
pub mod decryption;
pub mod equality;
pub mod knowledge;
pub mod shuffle;
pub mod text_decryption;

use core::fmt;

/// The proof does not hold for its statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadProof;

impl fmt::Display for BadProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the proof does not hold")
    }
}

impl core::error::Error for BadProof {}
