//! The key ceremony, with custodians who may cheat.

use alloc::sync::Arc;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::Rehearsal;
use crate::encoding::Encode;
use crate::ids::CustodianIndex;
use crate::keygen::round1::{self, Round1};
use crate::keygen::round2::{self, Round2};
use crate::keygen::round3::{self, Verdict};
use crate::keygen::trial::{Trial, trial_partial};
use crate::keygen::{Ceremony, KeyTranscript, KeygenError, Round, certify};
use crate::record;
use crate::signature::{Signature, SigningKey};
use crate::testing::Keys;
use crate::verify;

/// What lies on the table of a ceremony.
#[derive(Clone, Debug)]
pub struct Messages {
    /// The ceremony.
    pub ceremony: Ceremony,
    /// Everybody's keys.
    pub keys: Arc<Keys>,
    /// Round 1.
    pub round1: Vec<Round1>,
    /// Round 2.
    pub round2: Vec<Round2>,
    /// Round 3.
    pub verdicts: Vec<Verdict>,
}

impl Messages {
    /// A custodian's signature on a message, given with any signature, of a round.
    #[must_use]
    pub fn sign(&self, round: Round, index: CustodianIndex, message: &impl Encode) -> Signature {
        sign_message(&self.ceremony, round, signer(&self.keys, index), message)
    }
}

/// Signs a message of the ceremony, given with any signature.
#[must_use]
pub fn sign_message(ceremony: &Ceremony, round: Round, key: &SigningKey, message: &impl Encode) -> Signature {
    let label = match round {
        Round::Commit => "keygen-round1",
        Round::Deal => "keygen-round2",
        Round::Verdict => "keygen-verdict",
    };
    let bytes = message.to_bytes();
    // The signature is the last field.
    key.sign(label, &[ceremony.setup_id().as_bytes(), &bytes[..bytes.len() - 64]])
}

fn signer(keys: &Keys, index: CustodianIndex) -> &SigningKey {
    &keys.custodians[usize::try_from(index.get()).unwrap() - 1]
}

impl Rehearsal {
    /// An honest ceremony of all custodians.
    pub fn key_ceremony(&mut self, rng: &mut dyn CryptoRng) {
        self.attacked_ceremony(0, &mut |_, _| {}, rng).expect("an honest ceremony makes keys");
    }

    /// A ceremony of this number in which `attack` does to the messages of every round, once
    /// they lie on the table, what its custodians like. Whose message is taken away takes no
    /// further part; whose own dealing is not on the table gives a verdict without complaints.
    ///
    /// # Errors
    /// [`KeygenError`] if the ceremony is void.
    pub fn attacked_ceremony(
        &mut self,
        number: u32,
        attack: &mut dyn FnMut(Round, &mut Messages),
        rng: &mut dyn CryptoRng,
    ) -> Result<KeyTranscript, KeygenError> {
        let ceremony = verify::ceremony(&self.manifest, number)?;
        let keys = self.keys.clone();
        let key = |index| signer(&keys, index);
        let mut secrets = Vec::new();
        for index in ceremony.everyone() {
            secrets.push(round1::commit(&ceremony, index, key(index), rng)?);
        }
        let secret = |index| secrets.iter().find(|secret| secret.message().index == index).unwrap();

        let mut table = Messages {
            ceremony: ceremony.clone(),
            keys: keys.clone(),
            round1: secrets.iter().map(|secret| secret.message().clone()).collect(),
            round2: Vec::new(),
            verdicts: Vec::new(),
        };
        attack(Round::Commit, &mut table);
        for message in &table.round1 {
            let index = message.index;
            table.round2.push(round2::deal(&ceremony, secret(index), &table.round1, key(index))?);
        }
        attack(Round::Deal, &mut table);
        for message in &table.round2 {
            let index = message.index;
            let (round1, round2) = (&table.round1, &table.round2);
            let verdict = match round3::verdict(&ceremony, secret(index), round1, round2, key(index), rng) {
                Ok((verdict, _)) => verdict,
                Err(KeygenError::Replaced { .. }) => silent_verdict(&table, index),
                Err(error) => return Err(error),
            };
            table.verdicts.push(verdict);
        }
        attack(Round::Verdict, &mut table);

        let verdicts = table.verdicts.clone();
        let mut transcript = KeyTranscript::assemble(&ceremony, table.round1, table.round2, verdicts.clone())?;
        let uncertified = transcript.clone();
        let election_keys = transcript.election_keys(&ceremony)?;
        let mut shares = Vec::new();
        for index in &election_keys.qualified {
            let verdict = verdicts.iter().find(|verdict| verdict.index == *index).unwrap();
            let (certificate, share) = certify(&ceremony, secret(*index), verdict, &uncertified, key(*index))?;
            transcript.certify_with(&ceremony, certificate)?;
            shares.push(share);
        }
        let mut partials = Vec::new();
        for share in &shares {
            partials.push(trial_partial(&ceremony, &election_keys, share, rng)?);
        }
        self.setup_id = *ceremony.setup_id();
        self.shares = Arc::new(shares);
        self.put(record::KEY_TRANSCRIPT, transcript.to_bytes());
        self.put(record::TRIAL, Trial { setup_id: *ceremony.setup_id(), partials }.to_bytes());
        Ok(transcript)
    }
}

fn silent_verdict(table: &Messages, index: CustodianIndex) -> Verdict {
    let messages =
        crate::keygen::Table { ceremony: &table.ceremony, round1: &table.round1, round2: &table.round2, verdicts: &[] };
    let mut verdict =
        Verdict { index, table: messages.deal_hash(), complaints: Vec::new(), signature: Signature([0; 64]) };
    verdict.signature = table.sign(Round::Verdict, index, &verdict);
    verdict
}
