//! Round 3: a custodian checks the shares dealt to it, and complains of the bad ones.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::judge::Dealing;
use super::keys::{ElectionKeys, KeyShare};
use super::pair::{Party, open, pair_key, shares_fit};
use super::round1::{Round1, SecretRound1};
use super::round2::{Round2, require_own_commitment, require_own_opening};
use super::table::{Message, Table};
use super::{Ceremony, KeygenError, MAX_CUSTODIANS};
use crate::encoding::{Decode, DecodeError, DecodeErrorKind, DecodeLimited, Encode, Reader, codec};
use crate::group::{Element, Scalar};
use crate::hash::Hash;
use crate::ids::{CustodianIndex, SetupId};
use crate::proof::equality::Equality;
use crate::secret::SecretScalar;
use crate::signature::{Signature, SigningKey};
use crate::transcript::{Position, Proof, ProofContext, Transcript};

/// What a custodian publishes third.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The custodian: the accuser.
    pub index: CustodianIndex,
    /// Hash of the round-1 and round-2 messages that it saw.
    pub table: Hash,
    /// One for every bad share, in order of the dealers; none against itself.
    pub complaints: Vec<Complaint>,
    /// By the custodian, over all of the above.
    pub signature: Signature,
}

impl Encode for Verdict {
    fn encode(&self, out: &mut Vec<u8>) {
        self.index.encode(out);
        self.table.encode(out);
        self.complaints.encode(out);
        self.signature.encode(out);
    }
}

impl Decode for Verdict {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let index = CustodianIndex::decode(reader)?;
        let table = Decode::decode(reader)?;
        let complaints = Vec::<Complaint>::decode_limited(reader, MAX_CUSTODIANS)?;
        if !complaints.is_sorted_by(|a, b| a.dealer < b.dealer) {
            return Err(reader.error(DecodeErrorKind::Order));
        }
        if complaints.iter().any(|complaint| complaint.dealer == index.get()) {
            return Err(reader.error(DecodeErrorKind::Index(index.get())));
        }
        Ok(Self { index, table, complaints, signature: Decode::decode(reader)? })
    }
}

/// Opens one pairwise key, so that anyone can see what was dealt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Whose share is said to be bad. Any number decodes: a wrong one convicts the accuser.
    pub dealer: u32,
    /// The Diffie-Hellman element of accuser and dealer.
    pub shared: Element,
    /// Proves that it is.
    pub proof: Equality,
}

codec!(Complaint { dealer, shared, proof });

impl Complaint {
    fn transcript(ceremony: &Ceremony, accuser: Party<'_>, dealer: Party<'_>, shared: &Element) -> Transcript {
        let position =
            Position { role: Some(accuser.index.get()), index: Some(dealer.index.get()), ..Position::default() };
        let mut transcript = ProofContext::new(Proof::Complaint).bind(ceremony.setup_id().as_bytes()).at(position);
        transcript.append_element("E_accuser", accuser.ephemeral);
        transcript.append_element("E_dealer", dealer.ephemeral);
        transcript.append_element("Z", shared);
        transcript
    }

    /// Whether the complaint is upheld: the key that it opens is the right one, and what the
    /// dealer sent under it is not a good share. Dealer and accuser have good openings.
    pub(super) fn is_upheld(
        &self,
        ceremony: &Ceremony,
        accuser: Party<'_>,
        dealer: Party<'_>,
        dealing: &Round2,
    ) -> bool {
        let mut transcript = Self::transcript(ceremony, accuser, dealer, &self.shared);
        let proof = self.proof.verify(&mut transcript, accuser.ephemeral, dealer.ephemeral, &self.shared);
        proof.is_ok() && dealt(ceremony, dealing, dealer, accuser, &self.shared).is_none()
    }
}

/// The good shares that `dealer` sent `recipient`, if they are good.
fn dealt(
    ceremony: &Ceremony,
    dealing: &Round2,
    dealer: Party<'_>,
    recipient: Party<'_>,
    shared: &Element,
) -> Option<Vec<SecretScalar>> {
    let key = pair_key(ceremony, dealer, recipient, shared);
    let shares = open(&key, dealing.ciphertext_for(recipient.index)?)?;
    shares_fit(ceremony, &shares, &dealing.commitments, recipient.index).then_some(shares)
}

/// The good shares that a custodian holds after round 2, its own included; wiped when dropped.
pub struct ReceivedShares {
    setup_id: SetupId,
    index: CustodianIndex,
    shares: Vec<(CustodianIndex, Vec<SecretScalar>)>,
    refused: Vec<CustodianIndex>,
}

impl fmt::Debug for ReceivedShares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceivedShares({} refuses {:?}, ..)", self.index, self.refused)
    }
}

impl ReceivedShares {
    /// The dealers whose shares are bad, to complain of.
    #[must_use]
    pub fn refused(&self) -> &[CustodianIndex] {
        &self.refused
    }

    /// The custodian's share of every slot key: the sum over those who remain.
    ///
    /// # Errors
    /// [`KeygenError::NotQualified`] if the custodian does not remain itself,
    /// [`KeygenError::BadShare`] if someone remains whose share is bad, and
    /// [`KeygenError::KeyShare`] if the sum does not belong to the public shares.
    pub fn key_share(&self, keys: &ElectionKeys) -> Result<KeyShare, KeygenError> {
        if !keys.qualified.contains(&self.index) {
            return Err(KeygenError::NotQualified { index: self.index });
        }
        let mut sums: Vec<_> = keys.slot_keys.iter().map(|_| Zeroizing::new(Scalar::ZERO)).collect();
        for dealer in &keys.qualified {
            let (_, shares) = self
                .shares
                .iter()
                .find(|(index, _)| index == dealer)
                .ok_or(KeygenError::BadShare { dealer: *dealer })?;
            for (sum, share) in sums.iter_mut().zip(shares) {
                **sum += share.expose();
            }
        }
        let mut shares = Vec::with_capacity(sums.len());
        shares.extend(sums.iter().map(|sum| SecretScalar::new(**sum)));
        let share = KeyShare { setup_id: self.setup_id, index: self.index, shares };
        share.verify(keys)?;
        Ok(share)
    }
}

/// Opens and checks what was dealt to the custodian of `secret` by everyone with a good opening.
/// The messages stand in order of their custodians.
///
/// # Errors
/// If a message is not one to be taken on the table (it names whose), if a message of the
/// custodian itself is not there, or if the secrets are not those of this ceremony.
pub fn receive(
    ceremony: &Ceremony,
    secret: &SecretRound1,
    round1: &[Round1],
    round2: &[Round2],
) -> Result<ReceivedShares, KeygenError> {
    let table = Table { ceremony, round1, round2, verdicts: &[] };
    table.verify()?;
    open_dealings(&table, secret, &table.good_openings())
}

/// The same on a table whose messages are verified, for some of the good openings.
pub(super) fn open_dealings(
    table: &Table<'_>,
    secret: &SecretRound1,
    dealings: &[Dealing<'_>],
) -> Result<ReceivedShares, KeygenError> {
    let ceremony = table.ceremony;
    secret.require(ceremony)?;
    require_own_commitment(table, secret)?;
    require_own_opening(table, secret)?;
    let index = secret.message.index;

    let recipient = secret.party();
    let mut received =
        ReceivedShares { setup_id: *ceremony.setup_id(), index, shares: Vec::new(), refused: Vec::new() };
    for dealing in dealings {
        let dealer = dealing.party();
        let shares = if dealer.index == index {
            Some(secret.shares_for(ceremony, index))
        } else {
            let shared = Zeroizing::new(dealer.ephemeral * secret.ephemeral.expose());
            dealt(ceremony, dealing.round2, dealer, recipient, &shared)
        };
        match shares {
            Some(shares) => received.shares.push((dealer.index, shares)),
            None => received.refused.push(dealer.index),
        }
    }
    Ok(received)
}

/// Checks everything dealt to the custodian of `secret`, as [`receive`], and complains of what is bad.
///
/// # Errors
/// As [`receive`], and if `key` is not the custodian's.
pub fn verdict(
    ceremony: &Ceremony,
    secret: &SecretRound1,
    round1: &[Round1],
    round2: &[Round2],
    key: &SigningKey,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(Verdict, ReceivedShares), KeygenError> {
    let index = secret.message.index;
    ceremony.require_key(index, key)?;
    let received = receive(ceremony, secret, round1, round2)?;
    let complaints = round1
        .iter()
        .filter(|message| received.refused.contains(&message.index))
        .map(|message| complain(ceremony, secret, message, rng))
        .collect();
    let table = Table { ceremony, round1, round2, verdicts: &[] }.deal_hash();
    let mut message = Verdict { index, table, complaints, signature: Signature([0; 64]) };
    message.sign(ceremony, key);
    Ok((message, received))
}

pub(super) fn complain(
    ceremony: &Ceremony,
    secret: &SecretRound1,
    against: &Round1,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Complaint {
    let shared = against.ephemeral * secret.ephemeral.expose();
    let mut transcript = Complaint::transcript(ceremony, secret.party(), against.party(), &shared);
    let proof = Equality::prove(&mut transcript, &against.ephemeral, &secret.ephemeral, rng);
    Complaint { dealer: against.index.get(), shared, proof }
}
