//! Options and their order (rules O1 to O7, check M1.3).

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;

use super::{BlankVote, Candidacy, Contest, Holder, MANY, Manifest, WriteIn, nth};
use crate::encoding::{Decode, DecodeError, DecodeErrorKind, DecodeLimited, Encode, Reader};

/// Something that can be chosen: one line of the acta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContestOption {
    /// A party by itself.
    Party(u32),
    /// Several parties of a coalition.
    Combination {
        /// The coalition.
        coalition: u32,
        /// The parties, increasing.
        parties: Vec<u32>,
    },
    /// A candidatura común.
    Common(u32),
    /// An independent.
    Independent(u32),
    /// Someone who is not registered.
    WriteIn,
    /// An empty ballot that counts as one.
    Blank,
    /// A null vote.
    Null,
    /// An answer of a consultation.
    Answer(u32),
}

impl Encode for ContestOption {
    fn encode(&self, out: &mut Vec<u8>) {
        let mut put = |tag: u32, number: Option<&u32>| {
            tag.encode(out);
            if let Some(number) = number {
                number.encode(out);
            }
        };
        match self {
            Self::Party(number) => put(0, Some(number)),
            Self::Combination { coalition, parties } => {
                put(1, Some(coalition));
                parties.encode(out);
            }
            Self::Common(number) => put(2, Some(number)),
            Self::Independent(number) => put(3, Some(number)),
            Self::WriteIn => put(4, None),
            Self::Blank => put(5, None),
            Self::Null => put(6, None),
            Self::Answer(number) => put(7, Some(number)),
        }
    }
}

impl Decode for ContestOption {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match u32::decode(reader)? {
            0 => Self::Party(u32::decode(reader)?),
            1 => Self::Combination { coalition: u32::decode(reader)?, parties: Vec::decode_limited(reader, MANY)? },
            2 => Self::Common(u32::decode(reader)?),
            3 => Self::Independent(u32::decode(reader)?),
            4 => Self::WriteIn,
            5 => Self::Blank,
            6 => Self::Null,
            7 => Self::Answer(u32::decode(reader)?),
            tag => return Err(reader.error(DecodeErrorKind::Tag(tag))),
        })
    }
}

/// An option list is not the derived one (check M1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionsError {
    /// The contest.
    pub contest: u32,
    /// The first place that differs.
    pub place: u32,
    /// What should stand there; `None` behind the end.
    pub expected: Option<ContestOption>,
    /// What stands there; `None` behind the end.
    pub actual: Option<ContestOption>,
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "contest {}, option {}: ", self.contest, self.place)?;
        match (&self.expected, &self.actual) {
            (Some(expected), Some(actual)) => write!(f, "{actual:?} stands where {expected:?} belongs"),
            (Some(expected), None) => write!(f, "{expected:?} is missing"),
            (None, Some(actual)) => write!(f, "{actual:?} is one too many"),
            (None, None) => f.write_str("the lists differ"),
        }
    }
}

impl core::error::Error for OptionsError {}

/// The order of combinations: larger sets first, equal sizes in the order of the parties.
pub(super) fn combination_key(parties: &[u32]) -> (Reverse<usize>, &[u32]) {
    (Reverse(parties.len()), parties)
}

/// Every combination of two or more of a coalition's parties, in their order; `None` above
/// eight parties, whose combinations no contest holds.
#[must_use]
pub fn all_combinations(parties: &[u32]) -> Option<Vec<Vec<u32>>> {
    if parties.len() > 8 {
        return None;
    }
    let mut sets = alloc::vec![Vec::new()];
    for party in parties {
        let with: Vec<Vec<u32>> = sets.iter().map(|set: &Vec<u32>| [set.as_slice(), &[*party]].concat()).collect();
        sets.extend(with);
    }
    sets.retain(|set| set.len() >= 2);
    sets.sort_by(|a, b| combination_key(a).cmp(&combination_key(b)));
    Some(sets)
}

impl Manifest {
    /// The options that a contest must have, in their order.
    #[must_use]
    pub fn derive_options(&self, contest: &Contest) -> Vec<ContestOption> {
        let mut options = Vec::new();
        for party in &contest.parties {
            match contest.common_of(*party) {
                None => options.push(ContestOption::Party(*party)),
                Some(common) => {
                    let first = nth(&contest.commons, common).and_then(|c| c.parties.first());
                    if first == Some(party) {
                        options.push(ContestOption::Common(common));
                    }
                }
            }
        }
        for (coalition, entry) in (0..).zip(&contest.coalitions) {
            let mut sets: Vec<&Vec<u32>> = entry.combinations.iter().collect();
            sets.sort_by(|a, b| combination_key(a).cmp(&combination_key(b)));
            options.extend(sets.into_iter().map(|set| ContestOption::Combination { coalition, parties: set.clone() }));
        }
        options.extend((0..).zip(&contest.independents).map(|(i, _)| ContestOption::Independent(i)));
        options.extend((0..).zip(&contest.answers).map(|(i, _)| ContestOption::Answer(i)));
        if contest.write_in != WriteIn::None {
            options.push(ContestOption::WriteIn);
        }
        if self.policies.blank_vote == BlankVote::OwnLine {
            options.push(ContestOption::Blank);
        }
        options.push(ContestOption::Null);
        options
    }

    /// Compares every option list with the derived one (check M1.3).
    ///
    /// # Errors
    /// [`OptionsError`] at the first place that differs.
    pub fn check_options(&self) -> Result<(), OptionsError> {
        for (contest, entry) in (0..).zip(&self.contests) {
            let derived = self.derive_options(entry);
            let (mut expected, mut actual) = (derived.iter(), entry.options.iter());
            for place in 0.. {
                match (expected.next(), actual.next()) {
                    (None, None) => break,
                    (a, b) if a == b => {}
                    (a, b) => {
                        return Err(OptionsError { contest, place, expected: a.cloned(), actual: b.cloned() });
                    }
                }
            }
        }
        Ok(())
    }

    /// What the acta calls an option: `PVEM-PT-MORENA`.
    #[must_use]
    pub fn option_name(&self, contest: u32, option: u32) -> Option<String> {
        let contest = self.contest(contest)?;
        let short = |party: &u32| nth(&self.parties, *party).map(|party| party.short.as_str());
        Some(match nth(&contest.options, option)? {
            ContestOption::Party(party) => short(party)?.to_string(),
            ContestOption::Combination { parties, .. } => {
                parties.iter().map(short).collect::<Option<Vec<_>>>()?.join("-")
            }
            ContestOption::Common(common) => nth(&contest.commons, *common)?.name.clone(),
            ContestOption::Independent(independent) => nth(&contest.independents, *independent)?.clone(),
            ContestOption::Answer(answer) => nth(&contest.answers, *answer)?.clone(),
            ContestOption::WriteIn => String::from("Candidaturas no registradas"),
            ContestOption::Blank => String::from("Votos en blanco"),
            ContestOption::Null => String::from("Votos nulos"),
        })
    }

    /// The candidacy that an option counts for, in sums that help reading; `None` for
    /// options that count for nobody.
    #[must_use]
    pub fn candidacy_of(&self, contest: u32, option: u32) -> Option<&Candidacy> {
        let contest = self.contest(contest)?;
        let holder = match nth(&contest.options, option)? {
            ContestOption::Party(party) => match contest.coalition_of(*party) {
                Some(coalition) => Holder::Coalition(coalition),
                None => Holder::Party(*party),
            },
            ContestOption::Combination { coalition, .. } => Holder::Coalition(*coalition),
            ContestOption::Common(common) => Holder::Common(*common),
            ContestOption::Independent(independent) => Holder::Independent(*independent),
            ContestOption::Answer(_) | ContestOption::WriteIn | ContestOption::Blank | ContestOption::Null => {
                return None;
            }
        };
        contest.candidacies.iter().find(|candidacy| candidacy.holder == holder)
    }
}
