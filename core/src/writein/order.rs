//! The order of an authority that opens sealed texts.

use alloc::string::String;
use alloc::vec::Vec;

use crate::acta::ActaSignature;
use crate::encoding::{Decode, DecodeError, DecodeErrorKind, DecodeLimited, Encode, Reader, STRING, codec};
use crate::ids::{CustodianIndex, ElectionId};
use crate::signature::{BadSignature, SigningKey, VerifyingKey};

/// What the custodians sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderContent {
    /// The election.
    pub election_id: ElectionId,
    /// The contest.
    pub contest: u32,
    /// Who ordered it.
    pub authority: String,
    /// Reference of the resolution.
    pub document: String,
    /// Who alone gets the names; empty if they are published.
    pub recipients: String,
    /// When, in seconds since 1970.
    pub at: i64,
}

codec!(OrderContent header b"EORD" {
    election_id, contest, authority [STRING], document [STRING], recipients [STRING], at,
});

impl OrderContent {
    /// A custodian's signature.
    #[must_use]
    pub fn sign(&self, index: CustodianIndex, key: &SigningKey) -> ActaSignature {
        ActaSignature { index, signature: key.sign("text-order", &[&self.to_bytes()]) }
    }

    /// Verifies a custodian's signature.
    ///
    /// # Errors
    /// [`BadSignature`] if it does not hold.
    pub fn verify(&self, signature: &ActaSignature, key: &VerifyingKey) -> Result<(), BadSignature> {
        key.verify("text-order", &[&self.to_bytes()], &signature.signature)
    }
}

/// The order of one contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextOrder {
    /// What is signed.
    pub content: OrderContent,
    /// Signatures of custodians, in the order of their numbers.
    pub signatures: Vec<ActaSignature>,
}

impl Encode for TextOrder {
    fn encode(&self, out: &mut Vec<u8>) {
        self.content.encode(out);
        self.signatures.encode(out);
    }
}

impl Decode for TextOrder {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let content = OrderContent::decode(reader)?;
        let signatures = Vec::<ActaSignature>::decode_limited(reader, 16)?;
        if !signatures.is_sorted_by(|a, b| a.index < b.index) {
            return Err(reader.error(DecodeErrorKind::Order));
        }
        Ok(Self { content, signatures })
    }
}
