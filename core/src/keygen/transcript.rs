//! The transcript: everything that was on the table, judged and certified. It is the key record.

use alloc::vec::Vec;

use super::round1::{Round1, SecretRound1};
use super::round2::Round2;
use super::round3::{Verdict, open_dealings};
use super::{Ceremony, ElectionKeys, Exclusion, KeyShare, KeygenError, MAX_CUSTODIANS, Round, Table};
use crate::encoding::{Encode, codec, put_header};
use crate::hash::{Hash, tagged_hash};
use crate::ids::{CustodianIndex, ManifestHash};
use crate::signature::{Signature, SigningKey};

const CERTIFICATE: &str = "keygen-certificate";

/// The record of a ceremony.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTranscript {
    /// The manifest that the keys are for.
    pub manifest_hash: ManifestHash,
    /// Number of the ceremony.
    pub ceremony: u32,
    /// Messages of round 1.
    pub round1: Vec<Round1>,
    /// Messages of round 2.
    pub round2: Vec<Round2>,
    /// Messages of round 3.
    pub verdicts: Vec<Verdict>,
    /// Who left, and why.
    pub excluded: Vec<Exclusion>,
    /// One by everyone who remains.
    pub certificates: Vec<Certificate>,
}

codec!(KeyTranscript header b"EKEY" {
    manifest_hash,
    ceremony,
    round1[MAX_CUSTODIANS],
    round2[MAX_CUSTODIANS],
    verdicts[MAX_CUSTODIANS],
    excluded[MAX_CUSTODIANS],
    certificates[MAX_CUSTODIANS],
});

/// A custodian's signature on the whole ceremony.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The custodian.
    pub index: CustodianIndex,
    /// Its signature on the transcript hash.
    pub signature: Signature,
}

codec!(Certificate { index, signature });

impl KeyTranscript {
    /// Judges the messages on the table and puts them together, still without certificates.
    ///
    /// # Errors
    /// If a message is not one to be taken on the table (it names whose), or the ceremony is void.
    pub fn assemble(
        ceremony: &Ceremony,
        round1: Vec<Round1>,
        round2: Vec<Round2>,
        verdicts: Vec<Verdict>,
    ) -> Result<Self, KeygenError> {
        let table = Table { ceremony, round1: &round1, round2: &round2, verdicts: &verdicts };
        table.verify()?;
        let excluded = table.judge();
        ElectionKeys::derive(ceremony, ceremony.qualified(&excluded)?, &round2)?;
        Ok(Self {
            manifest_hash: *ceremony.manifest_hash(),
            ceremony: ceremony.number(),
            round1,
            round2,
            verdicts,
            excluded,
            certificates: Vec::new(),
        })
    }

    /// The messages, for the checks on them.
    #[must_use]
    pub fn table<'a>(&'a self, ceremony: &'a Ceremony) -> Table<'a> {
        Table { ceremony, round1: &self.round1, round2: &self.round2, verdicts: &self.verdicts }
    }

    /// What the certificates sign.
    #[must_use]
    pub fn transcript_hash(&self) -> Hash {
        let mut bytes = Vec::new();
        put_header(&mut bytes, *b"EKEY");
        self.manifest_hash.encode(&mut bytes);
        self.ceremony.encode(&mut bytes);
        self.round1.encode(&mut bytes);
        self.round2.encode(&mut bytes);
        self.verdicts.encode(&mut bytes);
        self.excluded.encode(&mut bytes);
        tagged_hash("keygen-transcript", &[&bytes])
    }

    /// Adds a custodian's certificate in its place.
    ///
    /// # Errors
    /// [`KeygenError::Certificate`] if it does not verify, or its custodian is excluded or has
    /// certified already.
    pub fn certify_with(&mut self, ceremony: &Ceremony, certificate: Certificate) -> Result<(), KeygenError> {
        let index = certificate.index;
        let qualified = ceremony.qualified(&self.excluded)?;
        if !qualified.contains(&index) {
            return Err(KeygenError::Certificate { index });
        }
        certificate.verify(ceremony, &self.transcript_hash())?;
        match self.certificates.binary_search_by_key(&index, |certificate| certificate.index) {
            Ok(_) => Err(KeygenError::Certificate { index }),
            Err(place) => {
                self.certificates.insert(place, certificate);
                Ok(())
            }
        }
    }

    /// K1.1, after decoding: numbers of custodians of this ceremony, in order.
    ///
    /// # Errors
    /// [`KeygenError::Unknown`], [`KeygenError::Order`] or [`KeygenError::Uncommitted`].
    pub fn verify_form(&self, ceremony: &Ceremony) -> Result<(), KeygenError> {
        self.table(ceremony).verify_form()?;
        require_order(ceremony, self.excluded.iter().map(|exclusion| exclusion.index))?;
        require_order(ceremony, self.certificates.iter().map(|certificate| certificate.index))
    }

    /// K1.2: it is about the manifest of the ceremony, and about this ceremony.
    ///
    /// # Errors
    /// [`KeygenError::Manifest`] or [`KeygenError::Number`].
    pub fn verify_manifest(&self, ceremony: &Ceremony) -> Result<(), KeygenError> {
        if self.manifest_hash != *ceremony.manifest_hash() {
            return Err(KeygenError::Manifest);
        }
        if self.ceremony != ceremony.number() {
            return Err(KeygenError::Number { actual: self.ceremony });
        }
        Ok(())
    }

    /// K2.2: the excluded are those whom the messages exclude.
    ///
    /// # Errors
    /// [`KeygenError::Excluded`] if they are not.
    pub fn verify_excluded(&self, ceremony: &Ceremony) -> Result<(), KeygenError> {
        let expected = self.table(ceremony).judge();
        if self.excluded == expected { Ok(()) } else { Err(KeygenError::Excluded { expected }) }
    }

    /// K2.3: enough custodians remain, and their dealings add up to keys.
    ///
    /// # Errors
    /// [`KeygenError::Void`] or [`KeygenError::SlotKey`].
    pub fn election_keys(&self, ceremony: &Ceremony) -> Result<ElectionKeys, KeygenError> {
        ElectionKeys::derive(ceremony, ceremony.qualified(&self.excluded)?, &self.round2)
    }

    /// K3.1: a certificate by everyone who remains, and by nobody else.
    ///
    /// # Errors
    /// [`KeygenError::Certificate`] for the first custodian for whom this does not hold.
    pub fn verify_certificates(&self, ceremony: &Ceremony, keys: &ElectionKeys) -> Result<(), KeygenError> {
        let hash = self.transcript_hash();
        for certificate in &self.certificates {
            let index = certificate.index;
            if !keys.qualified.contains(&index) {
                return Err(KeygenError::Certificate { index });
            }
            certificate.verify(ceremony, &hash)?;
        }
        let certified = |index| self.certificates.iter().any(|certificate| certificate.index == index);
        match keys.qualified.iter().find(|index| !certified(**index)) {
            Some(index) => Err(KeygenError::Certificate { index: *index }),
            None => Ok(()),
        }
    }

    /// Every check from K1.1 to K3.1, in order.
    ///
    /// # Errors
    /// The first that fails.
    pub fn verify(&self, ceremony: &Ceremony) -> Result<ElectionKeys, KeygenError> {
        let keys = self.verify_messages(ceremony)?;
        self.verify_certificates(ceremony, &keys)?;
        Ok(keys)
    }

    /// K1.1 to K2.3: all that can be checked before the certificates.
    fn verify_messages(&self, ceremony: &Ceremony) -> Result<ElectionKeys, KeygenError> {
        self.verify_form(ceremony)?;
        self.verify_manifest(ceremony)?;
        self.table(ceremony).verify()?;
        self.verify_excluded(ceremony)?;
        self.election_keys(ceremony)
    }
}

impl Certificate {
    fn verify(&self, ceremony: &Ceremony, transcript_hash: &Hash) -> Result<(), KeygenError> {
        ceremony
            .custodian(self.index)?
            .verify(CERTIFICATE, &[transcript_hash], &self.signature)
            .map_err(|_| KeygenError::Certificate { index: self.index })
    }
}

fn require_order(
    ceremony: &Ceremony,
    indices: impl Iterator<Item = CustodianIndex> + Clone,
) -> Result<(), KeygenError> {
    if !indices.clone().is_sorted_by(|a, b| a < b) {
        return Err(KeygenError::Form);
    }
    indices.clone().try_for_each(|index| ceremony.custodian(index).map(|_| ()))
}

/// The custodian of `secret`, whose last message was `verdict`, checks the whole transcript again,
/// and that its own messages stand in it unaltered; it computes its key share from the messages
/// that stand there, and signs. Who does so signs no second transcript of a ceremony.
///
/// # Errors
/// Any check of K1.1 to K2.3; [`KeygenError::Absent`] and [`KeygenError::Replaced`] for its own
/// messages; [`KeygenError::NotQualified`] if it is excluded, [`KeygenError::BadShare`] if the
/// transcript deals it a bad share.
pub fn certify(
    ceremony: &Ceremony,
    secret: &SecretRound1,
    verdict: &Verdict,
    transcript: &KeyTranscript,
    key: &SigningKey,
) -> Result<(Certificate, KeyShare), KeygenError> {
    let index = secret.message().index;
    ceremony.require_key(index, key)?;
    let keys = transcript.verify_messages(ceremony)?;
    let table = transcript.table(ceremony);
    let received = open_dealings(&table, secret, &table.openings_of(&keys.qualified))?;
    let own = transcript.verdicts.iter().find(|message| message.index == index);
    match own {
        None => return Err(KeygenError::Absent { round: Round::Verdict, index }),
        Some(own) if own != verdict => return Err(KeygenError::Replaced { round: Round::Verdict, index }),
        Some(_) => {}
    }
    let share = received.key_share(&keys)?;
    let signature = key.sign(CERTIFICATE, &[&transcript.transcript_hash()]);
    Ok((Certificate { index, signature }, share))
}

/// Names the key record: the hash of the transcript's file.
#[must_use]
pub fn key_record_hash(transcript: &KeyTranscript) -> Hash {
    tagged_hash("key-record", &[&transcript.to_bytes()])
}
