//! A manifest that passed, and what follows from it.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use super::{Contest, ContestOption, Manifest, OptionsError, RuleError, WriteIn, nth, number};
use crate::encoding::Encode;
use crate::hash::tagged_hash;
use crate::ids::{ManifestHash, SetupId};

/// Why a manifest is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestError {
    /// A rule is broken (check M1.2).
    Rule(RuleError),
    /// An option list is not the derived one (check M1.3).
    Options(OptionsError),
}

impl ManifestError {
    /// The number of the broken rule in `spec/manifest.md`; `None` for an option list.
    #[must_use]
    pub fn rule(&self) -> Option<u8> {
        match self {
            Self::Rule(error) => Some(error.rule),
            Self::Options(_) => None,
        }
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(error) => error.fmt(f),
            Self::Options(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ManifestError {}

impl From<RuleError> for ManifestError {
    fn from(error: RuleError) -> Self {
        Self::Rule(error)
    }
}

impl From<OptionsError> for ManifestError {
    fn from(error: OptionsError) -> Self {
        Self::Options(error)
    }
}

/// A manifest that obeys the rules and has the derived options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidManifest {
    manifest: Manifest,
    hash: ManifestHash,
}

/// How many keys of each kind the ceremony makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    /// Option keys, S_o.
    pub options: usize,
    /// Text keys, S_t; they stand after the option keys.
    pub texts: usize,
}

impl Slots {
    /// All keys, S.
    #[must_use]
    pub fn total(&self) -> usize {
        self.options.saturating_add(self.texts)
    }
}

/// The shape of a contest's ballots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContestShape {
    /// Number of options, N.
    pub options: usize,
    /// Number of text points, m; 0 where no text is captured.
    pub texts: usize,
    /// Place of the write-in option, omega.
    pub write_in: Option<u32>,
}

impl ContestShape {
    /// Bits of an option's number: `ceil(log2 N)`.
    #[must_use]
    pub fn bits(&self) -> usize {
        let last = self.options.saturating_sub(1);
        usize::try_from(usize::BITS.saturating_sub(last.leading_zeros())).unwrap_or(0)
    }
}

impl Manifest {
    /// Checks the rules and the options.
    ///
    /// # Errors
    /// [`ManifestError`] at the first rule that is broken, in the order of the specification.
    pub fn validate(self) -> Result<ValidManifest, ManifestError> {
        self.check_rules()?;
        self.check_options()?;
        let hash = self.hash();
        Ok(ValidManifest { manifest: self, hash })
    }
}

impl ValidManifest {
    /// The manifest's hash, computed once.
    #[must_use]
    pub fn hash(&self) -> ManifestHash {
        self.hash
    }

    /// The manifest, for changes; it must be validated again.
    #[must_use]
    pub fn into_inner(self) -> Manifest {
        self.manifest
    }

    /// The context of the key ceremony with this number.
    #[must_use]
    pub fn setup_id(&self, ceremony: u32) -> SetupId {
        SetupId(tagged_hash("setup-id", &[self.hash.as_bytes(), &ceremony.to_bytes()]))
    }

    /// The keys that the contests need together.
    #[must_use]
    pub fn slots(&self) -> Slots {
        let most = |size: fn(&ContestShape) -> usize| self.shapes().iter().map(size).max().unwrap_or(0);
        Slots { options: most(|shape| shape.options), texts: most(|shape| shape.texts) }
    }

    /// The shape of a contest's ballots; `None` if there is no such contest.
    #[must_use]
    pub fn shape(&self, contest: u32) -> Option<ContestShape> {
        self.contest(contest).map(|contest| self.shape_of(contest))
    }

    /// The shapes of all contests, in their order.
    #[must_use]
    pub fn shapes(&self) -> Vec<ContestShape> {
        self.contests.iter().map(|contest| self.shape_of(contest)).collect()
    }

    fn shape_of(&self, contest: &Contest) -> ContestShape {
        ContestShape {
            options: contest.options.len(),
            texts: self.texts(contest.write_in),
            write_in: contest.options.iter().position(|option| *option == ContestOption::WriteIn).map(number),
        }
    }

    fn texts(&self, write_in: WriteIn) -> usize {
        match write_in {
            WriteIn::Sealed | WriteIn::Disclose => usize::try_from(self.text_points).unwrap_or(0),
            WriteIn::None | WriteIn::CountOnly | WriteIn::Unknown(_) => 0,
        }
    }

    /// The number of the credential list of a style and unit.
    #[must_use]
    pub fn list_index(&self, style: u32, unit: u32) -> Option<u32> {
        self.lists.binary_search_by_key(&(style, unit), |list| (list.style, list.unit)).ok().map(number)
    }

    /// Whether a style votes on a contest.
    #[must_use]
    pub fn style_has(&self, style: u32, contest: u32) -> bool {
        nth(&self.styles, style).is_some_and(|style| style.contests.binary_search(&contest).is_ok())
    }
}

impl Deref for ValidManifest {
    type Target = Manifest;

    fn deref(&self) -> &Manifest {
        &self.manifest
    }
}
