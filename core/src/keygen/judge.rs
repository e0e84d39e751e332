//! Judging: who is excluded, and why, from the messages alone.

use alloc::vec::Vec;
use core::fmt;

use super::pair::Party;
use super::round1::Round1;
use super::round2::Round2;
use super::round3::Complaint;
use super::table::Table;
use crate::encoding::{Decode, DecodeError, DecodeErrorKind, Encode, Reader, codec};
use crate::ids::CustodianIndex;

/// Why a custodian is excluded. The first that applies counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It published nothing in round 1.
    NoCommitment,
    /// It did not open.
    NoOpening,
    /// It opened wrongly.
    BadOpening,
    /// It dealt a bad share.
    BadShare,
    /// It complained of a good share.
    FalseComplaint,
    /// It gave no verdict.
    NoVerdict,
}

impl Reason {
    const ALL: [Self; 6] =
        [Self::NoCommitment, Self::NoOpening, Self::BadOpening, Self::BadShare, Self::FalseComplaint, Self::NoVerdict];

    /// The number in the transcript.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::NoCommitment => 0,
            Self::NoOpening => 1,
            Self::BadOpening => 2,
            Self::BadShare => 3,
            Self::FalseComplaint => 4,
            Self::NoVerdict => 5,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCommitment => "no commitment",
            Self::NoOpening => "no opening",
            Self::BadOpening => "bad opening",
            Self::BadShare => "bad share",
            Self::FalseComplaint => "false complaint",
            Self::NoVerdict => "no verdict",
        })
    }
}

impl Encode for Reason {
    fn encode(&self, out: &mut Vec<u8>) {
        self.number().encode(out);
    }
}

impl Decode for Reason {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = u32::decode(reader)?;
        Self::ALL
            .into_iter()
            .find(|reason| reason.number() == number)
            .ok_or_else(|| reader.error(DecodeErrorKind::Tag(number)))
    }
}

/// A custodian who leaves the ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// The custodian.
    pub index: CustodianIndex,
    /// Why.
    pub reason: Reason,
}

codec!(Exclusion { index, reason });

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "custodian {} ({})", self.index, self.reason)
    }
}

/// A good opening, with the commitment that it opens.
#[derive(Clone, Copy)]
pub(super) struct Dealing<'a> {
    round1: &'a Round1,
    pub(super) round2: &'a Round2,
}

impl<'a> Dealing<'a> {
    pub(super) fn party(&self) -> Party<'a> {
        self.round1.party()
    }
}

impl<'a> Table<'a> {
    /// Those who opened what they committed to.
    pub(super) fn good_openings(&self) -> Vec<Dealing<'a>> {
        self.round1
            .iter()
            .filter_map(|round1| {
                let round2 = self.opening_of(round1.index)?;
                round2.verify_opening(self.ceremony, round1, self.round1).ok()?;
                Some(Dealing { round1, round2 })
            })
            .collect()
    }

    /// The openings of some custodians, already known to be good.
    pub(super) fn openings_of(&self, custodians: &[CustodianIndex]) -> Vec<Dealing<'a>> {
        let find = |index| Some(Dealing { round1: self.commitment_of(index)?, round2: self.opening_of(index)? });
        custodians.iter().filter_map(|index| find(*index)).collect()
    }

    /// K2.2: the excluded, in order. The messages have passed the checks before: only such lie on
    /// the table.
    #[must_use]
    pub fn judge(&self) -> Vec<Exclusion> {
        let good = self.good_openings();
        let find = |index: u32| good.iter().find(|dealing| dealing.round2.index.get() == index);

        // All complaints are judged before anyone is excluded: the order of the messages is no argument.
        let mut bad_shares = Vec::new();
        let mut false_complaints = Vec::new();
        for verdict in self.verdicts {
            for complaint in &verdict.complaints {
                let upheld = match (find(verdict.index.get()), find(complaint.dealer)) {
                    (Some(accuser), Some(dealing)) => self.upholds(complaint, accuser, dealing),
                    _ => false,
                };
                if upheld {
                    bad_shares.push(complaint.dealer);
                } else {
                    false_complaints.push(verdict.index);
                }
            }
        }

        let reason = |index: CustodianIndex| {
            if self.commitment_of(index).is_none() {
                Some(Reason::NoCommitment)
            } else if self.opening_of(index).is_none() {
                Some(Reason::NoOpening)
            } else if find(index.get()).is_none() {
                Some(Reason::BadOpening)
            } else if bad_shares.contains(&index.get()) {
                Some(Reason::BadShare)
            } else if false_complaints.contains(&index) {
                Some(Reason::FalseComplaint)
            } else if self.verdicts.iter().all(|verdict| verdict.index != index) {
                Some(Reason::NoVerdict)
            } else {
                None
            }
        };
        self.ceremony.everyone().filter_map(|index| reason(index).map(|reason| Exclusion { index, reason })).collect()
    }

    fn upholds(&self, complaint: &Complaint, accuser: &Dealing<'_>, dealing: &Dealing<'_>) -> bool {
        accuser.round1.index != dealing.round1.index
            && complaint.is_upheld(self.ceremony, accuser.party(), dealing.party(), dealing.round2)
    }
}
