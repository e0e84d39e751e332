//! Round 2: a custodian opens its commitment and deals the shares.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::pair::{MAX_CIPHERTEXT, ciphertext_length, pair_key, seal};
use super::round1::{MAX_COMMITMENTS, Round1, SecretRound1, commitments_to, opening_hash, possession_holds};
use super::table::{Message, Round, Table};
use super::{Ceremony, KeygenError, MAX_CUSTODIANS};
use crate::encoding::codec;
use crate::group;
use crate::hash::Hash;
use crate::ids::CustodianIndex;
use crate::point::Point;
use crate::proof::knowledge::Knowledge;
use crate::signature::{Signature, SigningKey};

/// What a custodian publishes second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round2 {
    /// The custodian: the dealer.
    pub index: CustodianIndex,
    /// Hash of the round-1 messages that it saw.
    pub table: Hash,
    /// Commitments to its polynomials, slot by slot, constant term first.
    pub commitments: Vec<Point>,
    /// Proves that it knows every constant term.
    pub possession: Knowledge,
    /// One for everyone else who committed.
    pub shares: Vec<EncryptedShare>,
    /// By the custodian, over all of the above.
    pub signature: Signature,
}

codec!(Round2 { index, table, commitments[MAX_COMMITMENTS], possession, shares[MAX_CUSTODIANS], signature });

/// The shares of all slots for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedShare {
    /// Who can open it. Any number decodes: a wrong one convicts the dealer.
    pub recipient: u32,
    /// 32 bytes for each slot, and a tag.
    pub ciphertext: Vec<u8>,
}

codec!(EncryptedShare { recipient, ciphertext[MAX_CIPHERTEXT] });

/// What is wrong with an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadOpening {
    /// It is not what the hash of round 1 hid.
    Hash,
    /// Not the number of commitments that slots and threshold ask for.
    Count,
    /// A commitment is the identity.
    Identity,
    /// The constant terms are not proved to be known.
    Possession,
    /// The recipients are not all others who committed, in order.
    Recipients,
    /// A ciphertext has a wrong length.
    Length,
}

impl fmt::Display for BadOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hash => "the opening is not what was committed to",
            Self::Count => "the number of commitments is wrong",
            Self::Identity => "a commitment is the identity",
            Self::Possession => "the contribution to the keys is not proved",
            Self::Recipients => "the recipients are not the others who committed",
            Self::Length => "an encrypted share has a wrong length",
        })
    }
}

impl core::error::Error for BadOpening {}

impl Round2 {
    /// Judges the opening against round 1, where `committed` is the dealer's message.
    ///
    /// # Errors
    /// [`BadOpening`] with the first thing that is wrong.
    pub fn verify_opening(&self, ceremony: &Ceremony, committed: &Round1, round1: &[Round1]) -> Result<(), BadOpening> {
        let require = |holds: bool, otherwise| if holds { Ok(()) } else { Err(otherwise) };
        let hash = opening_hash(ceremony, self.index, &self.commitments, &self.possession);
        require(hash == committed.opening && self.index == committed.index, BadOpening::Hash)?;
        require(self.commitments.len() == ceremony.commitment_count(), BadOpening::Count)?;
        require(!self.commitments.iter().any(|f| group::is_identity(&f.element)), BadOpening::Identity)?;
        let possession = possession_holds(ceremony, self.index, &self.commitments, &self.possession);
        require(possession, BadOpening::Possession)?;
        let others = round1.iter().map(|message| message.index).filter(|i| *i != self.index);
        let recipients = self.shares.iter().map(|share| share.recipient);
        require(recipients.eq(others.map(CustodianIndex::get)), BadOpening::Recipients)?;
        let length = ciphertext_length(ceremony.slots());
        require(self.shares.iter().all(|share| share.ciphertext.len() == length), BadOpening::Length)
    }

    pub(super) fn ciphertext_for(&self, recipient: CustodianIndex) -> Option<&[u8]> {
        self.shares.iter().find(|share| share.recipient == recipient.get()).map(|share| share.ciphertext.as_slice())
    }
}

/// Opens the commitment of `secret` and deals the shares to everyone else in `round1`, the
/// messages of round 1 in order of their custodians. The same input gives the same bytes.
///
/// # Errors
/// If a message of round 1 is not one to be taken on the table (it names whose), if the
/// custodian's own is not there, or if the secrets or the key are not those of this ceremony.
pub fn deal(
    ceremony: &Ceremony,
    secret: &SecretRound1,
    round1: &[Round1],
    key: &SigningKey,
) -> Result<Round2, KeygenError> {
    let index = secret.message.index;
    secret.require(ceremony)?;
    ceremony.require_key(index, key)?;
    let table = Table { ceremony, round1, round2: &[], verdicts: &[] };
    table.verify()?;
    require_own_commitment(&table, secret)?;
    let mut message = dealing(&table, secret);
    message.sign(ceremony, key);
    Ok(message)
}

/// What is dealt to this table, not yet signed.
fn dealing(table: &Table<'_>, secret: &SecretRound1) -> Round2 {
    let Table { ceremony, round1, .. } = *table;
    let index = secret.message.index;
    let shares = round1
        .iter()
        .filter(|message| message.index != index)
        .map(|message| {
            let shared = Zeroizing::new(message.ephemeral * secret.ephemeral.expose());
            let pair = pair_key(ceremony, secret.party(), message.party(), &shared);
            let ciphertext = seal(&pair, &secret.shares_for(ceremony, message.index));
            EncryptedShare { recipient: message.index.get(), ciphertext }
        })
        .collect();
    Round2 {
        index,
        table: table.commit_hash(),
        commitments: commitments_to(&secret.polynomials),
        possession: secret.possession,
        shares,
        signature: Signature([0; 64]),
    }
}

/// The table must hold what this custodian committed to, or someone plays it.
pub(super) fn require_own_commitment(table: &Table<'_>, secret: &SecretRound1) -> Result<(), KeygenError> {
    let index = secret.message.index;
    match table.commitment_of(index) {
        None => Err(KeygenError::Absent { round: Round::Commit, index }),
        Some(message) if *message == secret.message => Ok(()),
        Some(_) => Err(KeygenError::Replaced { round: Round::Commit, index }),
    }
}

/// The table must hold what this custodian dealt. The signatures on it are verified.
pub(super) fn require_own_opening(table: &Table<'_>, secret: &SecretRound1) -> Result<(), KeygenError> {
    let index = secret.message.index;
    let message = table.opening_of(index).ok_or(KeygenError::Absent { round: Round::Deal, index })?;
    if (Round2 { signature: message.signature, ..dealing(table, secret) }) == *message {
        Ok(())
    } else {
        Err(KeygenError::Replaced { round: Round::Deal, index })
    }
}
