//! What a verification found.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::Check;
use crate::ids::{ElectionId, ManifestHash};
use crate::writein::Texts;

/// The answer of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// Which check.
    pub check: Check,
    /// Whether it holds; a check that was not run does not.
    pub ok: bool,
    /// Its figure, or that it was not run.
    pub figure: String,
    /// Place and party, where it does not hold.
    pub culprit: Option<String>,
}

#[derive(Clone, Debug)]
enum Answer {
    Holds(String),
    Fails(String),
}

/// All answers.
#[derive(Clone, Debug, Default)]
pub struct Report {
    answers: BTreeMap<Check, Answer>,
    /// The manifest's hash, once read.
    pub manifest_hash: Option<ManifestHash>,
    /// The election id, once recomputed.
    pub election_id: Option<ElectionId>,
    /// How many custodians mixed the credential lists, once they hold.
    pub mixes: u32,
    /// How many custodians open the box, once the manifest holds.
    pub threshold: Option<u32>,
    /// Entries of the board.
    pub ballots: u64,
    /// What became of the written-in texts, contest by contest, once W4.3 holds.
    pub texts: Vec<ContestTexts>,
}

/// Who can tie an encrypted ballot to its roll entry: what stands between roll and box, beside what stands between the
/// box and its opening. Every verifier says it with its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linking {
    /// Whoever holds the roll: no custodian mixed.
    Anybody,
    /// Those who made the mixes, together: they are fewer than open the box.
    Mixers {
        /// How many they are.
        mixes: u32,
        /// How many open the box.
        threshold: u32,
    },
    /// As many custodians as open the box, or registrar and server together while both keep their halves.
    Threshold {
        /// How many mixed.
        mixes: u32,
        /// How many open the box.
        threshold: u32,
    },
}

/// What became of the written-in texts of a contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContestTexts {
    /// The contest has no write-in.
    None,
    /// Votes are counted, no text is captured.
    CountOnly,
    /// Captured, not opened.
    Sealed,
    /// Opened for the recipients that an order names; not in this record, so not checked.
    Reserved,
    /// Mixed, decrypted and reported.
    Disclosed {
        /// How many custodians mixed.
        mixes: usize,
        /// The report.
        texts: Texts,
    },
}

impl ContestTexts {
    /// Its word in the JSON report.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::CountOnly => "count_only",
            Self::Sealed => "sealed",
            Self::Reserved => "reserved",
            Self::Disclosed { .. } => "disclosed",
        }
    }
}

/// A phase ends here; later checks are not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop;

impl Report {
    /// The check holds. A failure found before stays.
    pub(crate) fn hold(&mut self, check: Check, figure: String) {
        self.answers.entry(check).or_insert(Answer::Holds(figure));
    }

    /// The check fails at this place. The first place found stays.
    pub(crate) fn fail(&mut self, check: Check, culprit: String) {
        match self.answers.get(&check) {
            Some(Answer::Fails(_)) => {}
            _ => {
                self.answers.insert(check, Answer::Fails(culprit));
            }
        }
    }

    /// The check fails and the phase ends.
    pub(crate) fn stop<T>(&mut self, check: Check, culprit: String) -> Result<T, Stop> {
        self.fail(check, culprit);
        Err(Stop)
    }

    /// Ends the phase if one of the checks failed.
    pub(crate) fn require(&self, checks: &[Check]) -> Result<(), Stop> {
        let failed = |check: &Check| !matches!(self.answers.get(check), Some(Answer::Holds(_)));
        if checks.iter().any(failed) { Err(Stop) } else { Ok(()) }
    }

    /// Whether one of the checks failed.
    pub(crate) fn failed(&self, checks: &[Check]) -> bool {
        checks.iter().any(|check| matches!(self.answers.get(check), Some(Answer::Fails(_))))
    }

    /// Who can tie a ballot to its roll entry. Nothing is said of credential lists that do not hold.
    #[must_use]
    pub fn linking(&self) -> Option<Linking> {
        let (mixes, threshold) = (self.mixes, self.threshold?);
        self.require(&[Check::C5_2]).ok()?;
        Some(match mixes {
            0 => Linking::Anybody,
            _ if mixes < threshold => Linking::Mixers { mixes, threshold },
            _ => Linking::Threshold { mixes, threshold },
        })
    }

    /// Whether every check holds.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.first_failure().is_none()
    }

    /// The first check, in the order of the specification, that does not hold.
    #[must_use]
    pub fn first_failure(&self) -> Option<Check> {
        Check::ALL.iter().copied().find(|check| !matches!(self.answers.get(check), Some(Answer::Holds(_))))
    }

    /// The first check that was run and does not hold, with place and party: why a run over part of a
    /// record, which leaves the other checks open, came to nothing.
    #[must_use]
    pub fn reason(&self) -> Option<(Check, &str)> {
        self.answers.iter().find_map(|(check, answer)| match answer {
            Answer::Holds(_) => None,
            Answer::Fails(culprit) => Some((*check, culprit.as_str())),
        })
    }

    /// Every check with its answer, in the order of the specification.
    #[must_use]
    pub fn checks(&self) -> Vec<CheckResult> {
        Check::ALL
            .iter()
            .map(|check| {
                let (ok, figure, culprit) = match self.answers.get(check) {
                    Some(Answer::Holds(figure)) => (true, figure.clone(), None),
                    Some(Answer::Fails(culprit)) => (false, String::from("failed"), Some(culprit.clone())),
                    None => (false, String::from("not run"), Some(String::from("not run: an earlier check failed"))),
                };
                CheckResult { check: *check, ok, figure, culprit }
            })
            .collect()
    }
}
