//! Written-in names: how many votes they got comes from the tally, which names they were from here
//! (`spec/writeins.md`).
//!
//! The text ciphertexts of all ballots of a contest ([`Rows`]) are mixed by custodians one after
//! another ([`TextMix`]), so that nobody knows whose they were, then decrypted ([`TextPartial`]) and
//! reported ([`Texts`]). Where a contest's texts are sealed, an order of the competent authority
//! ([`TextOrder`]) comes first.

mod fold;
mod mix;
mod order;
mod partial;
mod rows;
mod texts;

pub use fold::fold;
pub use mix::{MixPlace, TextMix};
pub use order::{OrderContent, TextOrder};
pub use partial::{TextPartial, opened};
pub use rows::{Prints, Rows, RowsError};
pub(crate) use rows::{element, pieces};
pub use texts::{NamedVotes, Texts, is_registered, report};

#[cfg(test)]
mod tests;
