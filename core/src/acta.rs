//! The count record (*acta de escrutinio y cómputo*) of one contest (`spec/tally.md`).
//!
//! The machine fills the figures, the board of the count the incidents and protests
//! (R-AEC-11, 12, 14); then custodians sign all of it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::encoding::{Decode, DecodeError, DecodeLimited, Encode, Reader, STRING, TEXT, codec, put_header};
use crate::hash::Hash;
use crate::ids::{CustodianIndex, ElectionId};
use crate::signature::{BadSignature, Signature, SigningKey, VerifyingKey};

/// A protest writing of a party's representative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protest {
    /// Party.
    pub party: String,
    /// Who filed it.
    pub person: String,
    /// Why.
    pub reason: String,
}

codec!(Protest { party [STRING], person [STRING], reason [TEXT] });

/// A custodian's signature of the acta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActaSignature {
    /// Who.
    pub index: CustodianIndex,
    /// Signature over "acta".
    pub signature: Signature,
}

codec!(ActaSignature { index, signature });

/// What is signed: everything but the signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActaContent {
    /// The election.
    pub election_id: ElectionId,
    /// The contest.
    pub contest: u32,
    /// Hash of the results file.
    pub results: Hash,
    /// Where it was made (block IV).
    pub place: String,
    /// When, in seconds since 1970 (block IV).
    pub generated_at: i64,
    /// Votes per option, all groups together (blocks V and VI).
    pub votes: Vec<u64>,
    /// Their sum (block VII).
    pub total: u64,
    /// Voters marked as having voted.
    pub voters_marked: u64,
    /// Incidents (block VIII).
    pub incidents: Vec<String>,
    /// Protests (block IX).
    pub protests: Vec<Protest>,
}

struct IncidentText(String);

impl Decode for IncidentText {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        String::decode_limited(reader, TEXT).map(Self)
    }
}

impl Encode for ActaContent {
    fn encode(&self, out: &mut Vec<u8>) {
        put_header(out, *b"EACT");
        self.election_id.encode(out);
        self.contest.encode(out);
        self.results.encode(out);
        self.place.encode(out);
        self.generated_at.encode(out);
        self.votes.encode(out);
        self.total.encode(out);
        self.voters_marked.encode(out);
        self.incidents.encode(out);
        self.protests.encode(out);
    }
}

impl Decode for ActaContent {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.header(*b"EACT")?;
        Ok(Self {
            election_id: ElectionId::decode(reader)?,
            contest: u32::decode(reader)?,
            results: Decode::decode(reader)?,
            place: String::decode_limited(reader, STRING)?,
            generated_at: i64::decode(reader)?,
            votes: Vec::decode_limited(reader, 255)?,
            total: u64::decode(reader)?,
            voters_marked: u64::decode(reader)?,
            incidents: Vec::<IncidentText>::decode_limited(reader, 256)?.into_iter().map(|t| t.0).collect(),
            protests: Vec::decode_limited(reader, 256)?,
        })
    }
}

/// The acta of one contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acta {
    /// What is signed.
    pub content: ActaContent,
    /// Signatures of custodians, in the order of their numbers.
    pub signatures: Vec<ActaSignature>,
}

impl Encode for Acta {
    fn encode(&self, out: &mut Vec<u8>) {
        self.content.encode(out);
        self.signatures.encode(out);
    }
}

impl Decode for Acta {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let content = ActaContent::decode(reader)?;
        let signatures = Vec::<ActaSignature>::decode_limited(reader, 16)?;
        if !signatures.is_sorted_by(|a, b| a.index < b.index) {
            return Err(reader.error(crate::encoding::DecodeErrorKind::Order));
        }
        Ok(Self { content, signatures })
    }
}

impl ActaContent {
    /// A custodian's signature.
    #[must_use]
    pub fn sign(&self, index: CustodianIndex, key: &SigningKey) -> ActaSignature {
        ActaSignature { index, signature: key.sign("acta", &[&self.to_bytes()]) }
    }

    /// Verifies a custodian's signature.
    ///
    /// # Errors
    /// [`BadSignature`] if it does not hold.
    pub fn verify(&self, signature: &ActaSignature, key: &VerifyingKey) -> Result<(), BadSignature> {
        key.verify("acta", &[&self.to_bytes()], &signature.signature)
    }
}
