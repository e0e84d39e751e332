//! The words of the TOML file for values that travel as numbers.

use escrutinio_core::manifest::{
    Baseline, BlankVote, CloseMode, ContestKind, CustodianSelection, Custody, Enrolment, GeoGate, HashFunction,
    InvalidCombination, Scope, SecondFactor, WriteIn,
};

use crate::error::{Result, refused};

/// A value with words.
pub(super) trait Named: Copy + PartialEq + 'static {
    const NAMES: &'static [(&'static str, Self)];
}

macro_rules! named {
    ($($name:ident { $($word:literal = $variant:ident),* })*) => {$(
        impl Named for $name {
            const NAMES: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];
        }
    )*};
}

named! {
    ContestKind {
        "presidency" = Presidency, "senate" = Senate, "governorship" = Governorship,
        "consultation" = Consultation, "other" = Other
    }
    WriteIn { "none" = None, "count-only" = CountOnly, "sealed" = Sealed, "disclose" = Disclose }
    BlankVote { "forbid" = Forbid, "as-null" = AsNull, "own-line" = OwnLine }
    InvalidCombination { "forbid" = Forbid, "allow-as-null" = AllowAsNull }
    CloseMode { "grace" = Grace, "immediate" = Immediate }
    Custody { "share-file" = ShareFile, "smart-card" = SmartCard, "hsm" = Hsm }
    CustodianSelection { "quorum-present" = QuorumPresent, "lottery" = Lottery }
    GeoGate { "off" = Off, "log-only" = LogOnly, "enforce" = Enforce }
    Enrolment { "link-then-password" = LinkThenPassword, "mailed-password" = MailedPassword }
    SecondFactor { "totp-and-sms" = TotpAndSms, "totp" = Totp, "sms" = Sms }
    HashFunction { "sha256" = Sha256 }
    Baseline { "post-simulacro" = PostSimulacro, "dictamen" = Dictamen, "both" = Both }
    Scope { "federal" = Federal, "national" = Federal, "local" = Local }
}

/// The value of a word.
pub(super) fn parse<T: Named>(field: &'static str, word: &str) -> Result<T> {
    let known = || T::NAMES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    T::NAMES
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, value)| *value)
        .ok_or_else(|| refused("error.draft.word", &[("field", &field), ("word", &word), ("known", &known())]))
}

/// The word of a value.
pub(super) fn word<T: Named>(value: T) -> String {
    T::NAMES.iter().find(|(_, v)| *v == value).map_or("?", |(name, _)| name).to_owned()
}
