//! Ceremonies, honest and attacked.

mod attacks;
mod codec;
mod honest;
mod judging;
mod trial;
mod vectors;

use alloc::vec::Vec;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::round1::{Round1, SecretRound1, commit};
use super::round2::{Round2, deal};
use super::round3::{Verdict, verdict};
use super::table::Message;
use super::trial::{Trial, trial_partial};
use super::{Ceremony, ElectionKeys, Exclusion, KeyShare, KeyTranscript, KeygenError, Reason, Table, certify};
use crate::ids::{CustodianIndex, ManifestHash};
use crate::secret::SecretBytes;
use crate::signature::{Signature, SigningKey};

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn custodian(number: u32) -> CustodianIndex {
    CustodianIndex::new(number).unwrap()
}

fn excluded(number: u32, reason: Reason) -> Exclusion {
    Exclusion { index: custodian(number), reason }
}

fn signing_key(number: u8) -> SigningKey {
    SigningKey::from_seed(&SecretBytes::new([number; 32]))
}

/// Where a custodian stands in the lists of a stage.
fn place(number: u32) -> usize {
    usize::try_from(number).unwrap() - 1
}

/// Custodians of one ceremony with all their secrets, which a test leads from round to round. In
/// between it may do to the messages what an attacker could.
struct Stage {
    ceremony: Ceremony,
    keys: Vec<SigningKey>,
    secrets: Vec<SecretRound1>,
    round1: Vec<Round1>,
    round2: Vec<Round2>,
    verdicts: Vec<Verdict>,
    rng: ChaCha20Rng,
}

impl Stage {
    /// A ceremony of t of n in which everyone has committed.
    fn committed(threshold: u32, count: u8, slots: usize) -> Self {
        Self::numbered(threshold, count, slots, 0)
    }

    fn numbered(threshold: u32, count: u8, slots: usize, number: u32) -> Self {
        let keys: Vec<_> = (1..=count).map(signing_key).collect();
        let public = keys.iter().map(SigningKey::verifying_key).collect();
        let ceremony = Ceremony::new(ManifestHash([9; 32]), number, threshold, threshold, public, slots).unwrap();
        let mut rng = rng(u64::from(number) + 1);
        let secrets: Vec<_> = ceremony
            .everyone()
            .zip(&keys)
            .map(|(index, key)| commit(&ceremony, index, key, &mut rng).unwrap())
            .collect();
        let round1 = secrets.iter().map(|secret| secret.message().clone()).collect();
        Self { ceremony, keys, secrets, round1, round2: Vec::new(), verdicts: Vec::new(), rng }
    }

    /// Everyone deals who committed to what lies on the table.
    fn deal(mut self) -> Self {
        self.round2 = self
            .round1
            .iter()
            .map(|message| {
                let place = place(message.index.get());
                deal(&self.ceremony, &self.secrets[place], &self.round1, &self.keys[place]).unwrap()
            })
            .collect();
        self
    }

    fn dealt(threshold: u32, count: u8, slots: usize) -> Self {
        Self::committed(threshold, count, slots).deal()
    }

    /// Everyone who dealt gives a verdict; who cheated, and so cannot, pretends to have nothing to say.
    fn judge(mut self) -> Self {
        let dealers: Vec<_> = self.round2.iter().map(|message| message.index.get()).collect();
        for number in dealers {
            let place = place(number);
            let (ceremony, secret, key) = (&self.ceremony, &self.secrets[place], &self.keys[place]);
            match verdict(ceremony, secret, &self.round1, &self.round2, key, &mut self.rng) {
                Ok((message, _)) => self.verdicts.push(message),
                Err(KeygenError::Replaced { .. }) => self.cheat_verdict(number, |_| {}),
                Err(error) => panic!("{error}"),
            }
        }
        self
    }

    fn judged(threshold: u32, count: u8, slots: usize) -> Self {
        Self::dealt(threshold, count, slots).judge()
    }

    /// Changes a message of round 2 and signs it again, as its author can.
    fn cheat_dealing(&mut self, number: u32, cheat: impl FnOnce(&mut Round2)) {
        let message = self.round2.iter_mut().find(|message| message.index.get() == number).unwrap();
        cheat(message);
        message.sign(&self.ceremony, &self.keys[place(number)]);
    }

    /// A verdict as a liar would give it, whatever it received.
    fn cheat_verdict(&mut self, number: u32, cheat: impl FnOnce(&mut Verdict)) {
        let table = self.table().deal_hash();
        let index = custodian(number);
        let mut message = Verdict { index, table, complaints: Vec::new(), signature: Signature([0; 64]) };
        cheat(&mut message);
        message.sign(&self.ceremony, &self.keys[place(number)]);
        self.verdicts.retain(|verdict| verdict.index != index);
        let place = self.verdicts.partition_point(|verdict| verdict.index < index);
        self.verdicts.insert(place, message);
    }

    fn table(&self) -> Table<'_> {
        Table { ceremony: &self.ceremony, round1: &self.round1, round2: &self.round2, verdicts: &self.verdicts }
    }

    fn assemble(&self) -> Result<KeyTranscript, KeygenError> {
        let (round1, round2, verdicts) = (self.round1.clone(), self.round2.clone(), self.verdicts.clone());
        KeyTranscript::assemble(&self.ceremony, round1, round2, verdicts)
    }

    fn certify(&self, number: u32, transcript: &KeyTranscript) -> Result<(super::Certificate, KeyShare), KeygenError> {
        let place = place(number);
        let verdict = self.verdicts.iter().find(|verdict| verdict.index.get() == number).unwrap();
        certify(&self.ceremony, &self.secrets[place], verdict, transcript, &self.keys[place])
    }

    /// Everyone who remains certifies.
    fn finish(&self) -> (KeyTranscript, ElectionKeys, Vec<KeyShare>) {
        let mut transcript = self.assemble().unwrap();
        let mut shares = Vec::new();
        for index in self.ceremony.qualified(&transcript.excluded).unwrap() {
            let (certificate, share) = self.certify(index.get(), &transcript).unwrap();
            transcript.certify_with(&self.ceremony, certificate).unwrap();
            shares.push(share);
        }
        let keys = transcript.verify(&self.ceremony).unwrap();
        (transcript, keys, shares)
    }

    fn trial(&self, keys: &ElectionKeys, shares: &[KeyShare]) -> Trial {
        let partial = |share| trial_partial(&self.ceremony, keys, share, &mut rng(77)).unwrap();
        Trial { setup_id: *self.ceremony.setup_id(), partials: shares.iter().map(partial).collect() }
    }
}
