//! From the marks that a voter sees to exactly one option, or to a precise refusal: no
//! vote ever becomes null by mistake.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use super::{BlankVote, Contest, ContestOption, InvalidCombination, ValidManifest, number};

/// A space of the ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// A party that is in no candidatura común.
    Party(u32),
    /// A candidatura común.
    Common(u32),
    /// An independent.
    Independent(u32),
    /// An answer of a consultation.
    Answer(u32),
    /// The space for an unregistered name.
    WriteIn,
    /// The null space.
    Null,
}

/// What a voter marked: a vote in the clear, so it is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// The marked spaces.
    pub spaces: BTreeSet<Mark>,
    /// Whether the voter expressly confirmed an empty ballot or a combination that makes no option.
    pub confirmed: bool,
}

impl Marks {
    /// Marks that nobody confirmed yet.
    #[must_use]
    pub fn new(spaces: impl IntoIterator<Item = Mark>) -> Self {
        Self { spaces: spaces.into_iter().collect(), confirmed: false }
    }

    /// The same marks, expressly confirmed.
    #[must_use]
    pub fn confirm(self) -> Self {
        Self { confirmed: true, ..self }
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marks(..)")
    }
}

/// Why marks are not a vote.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResolveError {
    /// There is no such contest.
    Contest(u32),
    /// The ballot has no such space.
    NotASpace(Mark),
    /// Nothing is marked, which this election does not allow.
    Empty,
    /// Nothing is marked, which counts as the option named once the voter confirms it.
    ConfirmEmpty {
        /// Place of the option.
        option: u32,
    },
    /// The marks make no option together.
    Combination {
        /// The marks, each with the coalition it belongs to.
        marks: Vec<(Mark, Option<u32>)>,
        /// Place of the null option, if the vote counts as null once the voter confirms it.
        confirmable: Option<u32>,
    },
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contest(contest) => write!(f, "there is no contest {contest}"),
            // The marks themselves are the vote: they are for the voter's screen only.
            Self::NotASpace(_) => f.write_str("a mark that is no space of the ballot"),
            Self::Empty => f.write_str("nothing is marked"),
            Self::ConfirmEmpty { .. } => f.write_str("nothing is marked, and nobody confirmed it"),
            Self::Combination { confirmable: None, .. } => f.write_str("the marks make no option together"),
            Self::Combination { .. } => f.write_str("the marks make no option together, and nobody confirmed them"),
        }
    }
}

impl core::error::Error for ResolveError {}

impl ValidManifest {
    /// The place of the option that the marks stand for.
    ///
    /// # Errors
    /// [`ResolveError`] names the marks and the coalition of each.
    pub fn resolve(&self, contest: u32, marks: &Marks) -> Result<u32, ResolveError> {
        let entry = self.contest(contest).ok_or(ResolveError::Contest(contest))?;
        let place = |option: &ContestOption| entry.options.iter().position(|o| o == option).map(number);

        for mark in &marks.spaces {
            if place(&single(*mark)).is_none() {
                return Err(ResolveError::NotASpace(*mark));
            }
        }
        let mut spaces = marks.spaces.iter();
        let option = match (spaces.next(), spaces.next()) {
            (None, _) => return self.resolve_empty(entry, marks.confirmed),
            (Some(mark), None) => Some(single(*mark)),
            _ => combination(entry, &marks.spaces),
        };
        if let Some(place) = option.as_ref().and_then(place) {
            return Ok(place);
        }

        let confirmable = match self.policies.invalid_combination {
            InvalidCombination::AllowAsNull => place(&ContestOption::Null),
            InvalidCombination::Forbid | InvalidCombination::Unknown(_) => None,
        };
        match confirmable {
            Some(null) if marks.confirmed => Ok(null),
            _ => Err(ResolveError::Combination {
                marks: marks.spaces.iter().map(|mark| (*mark, coalition_of(entry, *mark))).collect(),
                confirmable,
            }),
        }
    }

    fn resolve_empty(&self, contest: &Contest, confirmed: bool) -> Result<u32, ResolveError> {
        let option = match self.policies.blank_vote {
            BlankVote::OwnLine => ContestOption::Blank,
            BlankVote::AsNull => ContestOption::Null,
            BlankVote::Forbid | BlankVote::Unknown(_) => return Err(ResolveError::Empty),
        };
        let place = contest.options.iter().position(|o| *o == option).map(number).ok_or(ResolveError::Empty)?;
        if confirmed { Ok(place) } else { Err(ResolveError::ConfirmEmpty { option: place }) }
    }
}

fn single(mark: Mark) -> ContestOption {
    match mark {
        Mark::Party(party) => ContestOption::Party(party),
        Mark::Common(common) => ContestOption::Common(common),
        Mark::Independent(independent) => ContestOption::Independent(independent),
        Mark::Answer(answer) => ContestOption::Answer(answer),
        Mark::WriteIn => ContestOption::WriteIn,
        Mark::Null => ContestOption::Null,
    }
}

fn coalition_of(contest: &Contest, mark: Mark) -> Option<u32> {
    match mark {
        Mark::Party(party) => contest.coalition_of(party),
        Mark::Common(_) | Mark::Independent(_) | Mark::Answer(_) | Mark::WriteIn | Mark::Null => None,
    }
}

/// The combination of several marks, if all are parties of one coalition.
fn combination(contest: &Contest, marks: &BTreeSet<Mark>) -> Option<ContestOption> {
    let coalition = coalition_of(contest, *marks.first()?)?;
    let parties = marks
        .iter()
        .map(|mark| match mark {
            Mark::Party(party) if contest.coalition_of(*party) == Some(coalition) => Some(*party),
            _ => None,
        })
        .collect::<Option<Vec<u32>>>()?;
    Some(ContestOption::Combination { coalition, parties })
}
