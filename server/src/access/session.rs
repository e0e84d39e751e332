//! Who is in.

use crate::store::roll::AccountNumber;

/// A voter past both factors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoterSession {
    /// The account.
    pub account: AccountNumber,
    /// The credential list.
    pub list: u32,
    /// The place in it.
    pub place: u32,
    /// When the session began.
    pub start: i64,
    /// When it ends.
    pub end: i64,
}
