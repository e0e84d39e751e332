//! What can go wrong in a ceremony, and through whom.

use alloc::vec::Vec;
use core::fmt;

use super::{Exclusion, Round};
use crate::ids::CustodianIndex;

/// Why a step of the ceremony, or a check of its record, failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeygenError {
    /// Threshold, minimum, custodians and slots do not fit together.
    Parameters,
    /// The ceremony has no custodian of this number.
    Unknown {
        /// The number.
        index: CustodianIndex,
    },
    /// The signing key is not that of the custodian.
    WrongKey {
        /// Whose it should be.
        index: CustodianIndex,
    },
    /// The secrets belong to another ceremony or to other messages.
    OtherCeremony,
    /// The messages of a round are not in strictly increasing order of their custodians.
    Order {
        /// The round.
        round: Round,
    },
    /// The excluded, or the certificates, are not in strictly increasing order.
    Form,
    /// A later message by someone who did not commit.
    Uncommitted {
        /// The round of the message.
        round: Round,
        /// Its sender.
        index: CustodianIndex,
    },
    /// A custodian's own message is not on the table.
    Absent {
        /// The round.
        round: Round,
        /// The custodian.
        index: CustodianIndex,
    },
    /// A message on the table under a custodian's own number is not the one that it sent.
    Replaced {
        /// The round.
        round: Round,
        /// The custodian.
        index: CustodianIndex,
    },
    /// A message is not signed by its custodian.
    Signature {
        /// The round.
        round: Round,
        /// The custodian.
        index: CustodianIndex,
    },
    /// A message answers another table: its custodian saw other messages.
    Table {
        /// The round of the message.
        round: Round,
        /// The custodian.
        index: CustodianIndex,
    },
    /// The possession of an ephemeral key is not proved.
    Ephemeral {
        /// The custodian.
        index: CustodianIndex,
    },
    /// The transcript is about another manifest.
    Manifest,
    /// The transcript is about another ceremony for the manifest.
    Number {
        /// The number in the transcript.
        actual: u32,
    },
    /// The list of the excluded is not what the messages give.
    Excluded {
        /// What they give.
        expected: Vec<Exclusion>,
    },
    /// Too few custodians remain.
    Void {
        /// Who went, and why.
        excluded: Vec<Exclusion>,
    },
    /// The key of a slot is the identity.
    SlotKey {
        /// The slot.
        slot: usize,
    },
    /// The custodian is excluded: it has neither share nor certificate.
    NotQualified {
        /// The custodian.
        index: CustodianIndex,
    },
    /// A share that the transcript deals is bad, though nobody has complained in it.
    BadShare {
        /// The dealer.
        dealer: CustodianIndex,
    },
    /// A key share does not belong to the public shares.
    KeyShare {
        /// The first slot where it differs.
        slot: usize,
    },
    /// A certificate is missing, does not verify, or is by someone excluded.
    Certificate {
        /// The custodian.
        index: CustodianIndex,
    },
    /// The trial is about another ceremony.
    TrialSetup,
    /// The partials of the trial are not one by each custodian that remains.
    TrialPartials,
    /// A partial of the trial has a wrong value.
    TrialValue {
        /// The custodian.
        index: CustodianIndex,
        /// The first slot where it is wrong.
        slot: usize,
    },
    /// The proof of a partial of the trial does not hold.
    TrialProof {
        /// The custodian.
        index: CustodianIndex,
    },
    /// The partials of the trial do not combine to what was encrypted.
    TrialResult {
        /// The first slot where they do not.
        slot: usize,
    },
}

impl KeygenError {
    /// The custodians at fault. Empty where it is who collected the messages, or who called.
    #[must_use]
    pub fn culprits(&self) -> Vec<CustodianIndex> {
        match self {
            Self::Signature { index, .. }
            | Self::Table { index, .. }
            | Self::Ephemeral { index }
            | Self::BadShare { dealer: index }
            | Self::Certificate { index }
            | Self::TrialValue { index, .. }
            | Self::TrialProof { index } => [*index].into(),
            Self::Void { excluded } => excluded.iter().map(|exclusion| exclusion.index).collect(),
            Self::Parameters
            | Self::Unknown { .. }
            | Self::WrongKey { .. }
            | Self::OtherCeremony
            | Self::Order { .. }
            | Self::Form
            | Self::Uncommitted { .. }
            | Self::Absent { .. }
            | Self::Replaced { .. }
            | Self::Manifest
            | Self::Number { .. }
            | Self::Excluded { .. }
            | Self::SlotKey { .. }
            | Self::NotQualified { .. }
            | Self::KeyShare { .. }
            | Self::TrialSetup
            | Self::TrialPartials
            | Self::TrialResult { .. } => Vec::new(),
        }
    }
}

impl fmt::Display for KeygenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameters => f.write_str("threshold, minimum, custodians and slots do not fit together"),
            Self::Unknown { index } => write!(f, "the ceremony has no custodian {index}"),
            Self::WrongKey { index } => write!(f, "the signing key is not that of custodian {index}"),
            Self::OtherCeremony => f.write_str("the secrets belong to another ceremony"),
            Self::Order { round } => write!(f, "the {round} messages are out of order or repeated"),
            Self::Form => f.write_str("the excluded or the certificates are out of order or repeated"),
            Self::Uncommitted { round, index } => {
                write!(f, "{round} message of custodian {index}, who did not commit")
            }
            Self::Absent { round, index } => write!(f, "the {round} message of custodian {index} is missing"),
            Self::Replaced { round, index } => {
                write!(f, "the {round} message under the number of custodian {index} is not the one it sent")
            }
            Self::Signature { round, index } => {
                write!(f, "the signature of the {round} message of custodian {index} does not verify")
            }
            Self::Table { round, index } => {
                write!(f, "the {round} message of custodian {index} answers other messages than these")
            }
            Self::Ephemeral { index } => write!(f, "custodian {index} does not prove its ephemeral key"),
            Self::Manifest => f.write_str("the transcript is about another manifest"),
            Self::Number { actual } => write!(f, "the transcript is about ceremony {actual}"),
            Self::Excluded { .. } => f.write_str("the excluded are not those whom the messages exclude"),
            Self::Void { excluded } => {
                f.write_str("the ceremony is void, too few custodians remain; excluded:")?;
                excluded.iter().try_for_each(|exclusion| write!(f, " {exclusion};"))
            }
            Self::SlotKey { slot } => write!(f, "the key of slot {slot} is the identity"),
            Self::NotQualified { index } => write!(f, "custodian {index} is excluded"),
            Self::BadShare { dealer } => write!(f, "the share dealt by custodian {dealer} is bad"),
            Self::KeyShare { slot } => write!(f, "the key share does not fit the public share of slot {slot}"),
            Self::Certificate { index } => {
                write!(f, "the certificate of custodian {index} is missing, superfluous or does not verify")
            }
            Self::TrialSetup => f.write_str("the trial is about another ceremony"),
            Self::TrialPartials => f.write_str("the trial has not exactly one partial by each custodian"),
            Self::TrialValue { index, slot } => {
                write!(f, "custodian {index} decrypted slot {slot} of the trial wrongly")
            }
            Self::TrialProof { index } => write!(f, "the trial proof of custodian {index} does not hold"),
            Self::TrialResult { slot } => write!(f, "slot {slot} of the trial does not decrypt"),
        }
    }
}

impl core::error::Error for KeygenError {}
