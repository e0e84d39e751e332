//! The table: the messages of a ceremony, as everyone sees them.

use alloc::vec::Vec;
use core::fmt;

use super::round1::Round1;
use super::round2::Round2;
use super::round3::Verdict;
use super::{Ceremony, KeygenError, before_signature};
use crate::encoding::{Encode, put_all, put_length};
use crate::hash::{Hash, tagged_hash};
use crate::ids::CustodianIndex;
use crate::signature::{Signature, SigningKey};

/// A round of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Round 1.
    Commit,
    /// Round 2.
    Deal,
    /// Round 3.
    Verdict,
}

impl Round {
    fn label(self) -> &'static str {
        match self {
            Self::Commit => "keygen-round1",
            Self::Deal => "keygen-round2",
            Self::Verdict => "keygen-verdict",
        }
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commit => "round-1",
            Self::Deal => "round-2",
            Self::Verdict => "round-3",
        })
    }
}

/// A signed broadcast; its signature is its last field.
pub(super) trait Message: Encode {
    const ROUND: Round;

    fn index(&self) -> CustodianIndex;
    fn signature_mut(&mut self) -> &mut Signature;
    fn signature(&self) -> &Signature;

    fn sign(&mut self, ceremony: &Ceremony, key: &SigningKey) {
        let data = before_signature(self);
        *self.signature_mut() = key.sign(Self::ROUND.label(), &[ceremony.setup_id().as_bytes(), &data]);
    }

    fn verify_signature(&self, ceremony: &Ceremony) -> Result<(), KeygenError> {
        let index = self.index();
        ceremony
            .custodian(index)?
            .verify(Self::ROUND.label(), &[ceremony.setup_id().as_bytes(), &before_signature(self)], self.signature())
            .map_err(|_| KeygenError::Signature { round: Self::ROUND, index })
    }
}

macro_rules! message {
    ($name:ident, $round:ident) => {
        impl Message for $name {
            const ROUND: Round = Round::$round;

            fn index(&self) -> CustodianIndex {
                self.index
            }

            fn signature(&self) -> &Signature {
                &self.signature
            }

            fn signature_mut(&mut self) -> &mut Signature {
                &mut self.signature
            }
        }
    };
}

message!(Round1, Commit);
message!(Round2, Deal);
message!(Verdict, Verdict);

fn encode_list<T: Encode>(out: &mut Vec<u8>, items: &[T]) {
    put_length(out, items.len());
    put_all(out, items);
}

/// The messages of a ceremony, or of its first rounds.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// The ceremony.
    pub ceremony: &'a Ceremony,
    /// The round-1 messages.
    pub round1: &'a [Round1],
    /// The round-2 messages.
    pub round2: &'a [Round2],
    /// The round-3 messages.
    pub verdicts: &'a [Verdict],
}

impl<'a> Table<'a> {
    /// K1.1: custodians of the ceremony only, in strictly increasing order, and nobody speaks
    /// later who did not commit.
    ///
    /// # Errors
    /// [`KeygenError::Unknown`], [`KeygenError::Order`] or [`KeygenError::Uncommitted`].
    pub fn verify_form(&self) -> Result<(), KeygenError> {
        self.verify_round(self.round1)?;
        self.verify_round(self.round2)?;
        self.verify_round(self.verdicts)
    }

    fn verify_round<M: Message>(&self, messages: &[M]) -> Result<(), KeygenError> {
        if !messages.is_sorted_by(|a, b| a.index() < b.index()) {
            return Err(KeygenError::Order { round: M::ROUND });
        }
        for index in messages.iter().map(Message::index) {
            self.ceremony.custodian(index)?;
            if self.commitment_of(index).is_none() {
                return Err(KeygenError::Uncommitted { round: M::ROUND, index });
            }
        }
        Ok(())
    }

    /// K1.3: the signatures of round 1.
    ///
    /// # Errors
    /// [`KeygenError::Signature`] for the first that does not verify.
    pub fn verify_commit_signatures(&self) -> Result<(), KeygenError> {
        self.round1.iter().try_for_each(|message| message.verify_signature(self.ceremony))
    }

    /// K1.4: everyone holds its ephemeral key.
    ///
    /// # Errors
    /// [`KeygenError::Ephemeral`] for the first that does not prove it.
    pub fn verify_ephemeral_keys(&self) -> Result<(), KeygenError> {
        self.round1.iter().try_for_each(|message| message.verify_ephemeral_key(self.ceremony))
    }

    /// K2.1: the signatures of rounds 2 and 3, and the tables that they name: whoever saw other
    /// messages has no part in this transcript.
    ///
    /// # Errors
    /// [`KeygenError::Signature`] or [`KeygenError::Table`] for the first that fails.
    pub fn verify_later_signatures(&self) -> Result<(), KeygenError> {
        self.round2.iter().try_for_each(|message| message.verify_signature(self.ceremony))?;
        self.verdicts.iter().try_for_each(|message| message.verify_signature(self.ceremony))?;

        let (commit, deal) = (self.commit_hash(), self.deal_hash());
        let dealt = self.round2.iter().map(|message| (Round::Deal, message.index, message.table == commit));
        let judged = self.verdicts.iter().map(|message| (Round::Verdict, message.index, message.table == deal));
        match dealt.chain(judged).find(|(_, _, same)| !same) {
            Some((round, index, _)) => Err(KeygenError::Table { round, index }),
            None => Ok(()),
        }
    }

    /// Hash of the messages of round 1, which the custodians compare before they deal.
    #[must_use]
    pub fn commit_hash(&self) -> Hash {
        let mut bytes = self.ceremony.setup_id().to_bytes();
        encode_list(&mut bytes, self.round1);
        tagged_hash("keygen-table-1", &[&bytes])
    }

    /// Hash of the messages of rounds 1 and 2, which the custodians compare before their verdict.
    #[must_use]
    pub fn deal_hash(&self) -> Hash {
        let mut bytes = self.ceremony.setup_id().to_bytes();
        encode_list(&mut bytes, self.round1);
        encode_list(&mut bytes, self.round2);
        tagged_hash("keygen-table-2", &[&bytes])
    }

    /// Everything that makes a message one to be taken on the table: K1.1, K1.3, K1.4 and K2.1.
    ///
    /// # Errors
    /// The first that fails; it names whose message is to be left out.
    pub fn verify(&self) -> Result<(), KeygenError> {
        self.verify_form()?;
        self.verify_commit_signatures()?;
        self.verify_ephemeral_keys()?;
        self.verify_later_signatures()
    }

    pub(super) fn commitment_of(&self, index: CustodianIndex) -> Option<&'a Round1> {
        self.round1.iter().find(|message| message.index == index)
    }

    pub(super) fn opening_of(&self, index: CustodianIndex) -> Option<&'a Round2> {
        self.round2.iter().find(|message| message.index == index)
    }
}
