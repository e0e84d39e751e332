//! Partial decryptions of mixed texts, and what they combine to.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use crate::encoding::{Decode, DecodeError, DecodeErrorKind, Encode, Reader, put_header, put_length};
use crate::group::{self, Element, ElementBytes};
use crate::ids::{CustodianIndex, ElectionId};
use crate::keygen::KeyShare;
use crate::parallel::map_all;
use crate::proof::BadProof;
use crate::proof::decryption::{CombineError, combine};
use crate::proof::text_decryption::{TextDecryption, TextDecryptionStatement};
use crate::signature::{BadSignature, Signature, SigningKey, VerifyingKey};
use crate::writein::{Rows, element, pieces};

/// One custodian's decryption of the texts of a contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPartial {
    /// The election.
    pub election_id: ElectionId,
    /// The contest.
    pub contest: u32,
    /// The custodian.
    pub index: CustodianIndex,
    /// `[x_{l,k}]A_b` for every text key, row by row; canonical encodings.
    decrypted: Vec<ElementBytes>,
    texts: usize,
    proof: TextDecryption,
    signature: Signature,
}

impl TextPartial {
    /// Decrypts the rows of the last mix, proves it and signs. `first_slot` is the number of the
    /// first text key among the slots of the share.
    #[must_use]
    pub fn decrypt(
        election_id: ElectionId,
        contest: u32,
        rows: &Rows,
        (share, first_slot): (&KeyShare, usize),
        key: &SigningKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let (index, texts) = (share.index(), rows.texts());
        let slots = share.slots().get(first_slot..first_slot.saturating_add(texts)).unwrap_or_default();
        let statement = TextDecryptionStatement { election_id: &election_id, contest, index, rows };
        let (decrypted, proof) = statement.prove(slots, rng);
        let signature = Signature([0; 64]);
        let mut partial = Self { election_id, contest, index, decrypted, texts, proof, signature };
        partial.signature = key.sign("text-partial", &[&partial.signed_bytes()]);
        partial
    }

    /// Verifies the custodian's signature (W3.2).
    ///
    /// # Errors
    /// [`BadSignature`] if it does not hold.
    pub fn verify_signature(&self, key: &VerifyingKey) -> Result<(), BadSignature> {
        key.verify("text-partial", &[&self.signed_bytes()], &self.signature)
    }

    /// Verifies the proof against the custodian's public shares of the text keys (W3.3).
    ///
    /// # Errors
    /// [`BadProof`] if it does not hold.
    pub fn verify_proof(&self, rows: &Rows, public_share: &[Element]) -> Result<(), BadProof> {
        let Self { election_id, contest, index, .. } = self;
        TextDecryptionStatement { election_id, contest: *contest, index: *index, rows }.verify(
            public_share,
            &self.decrypted,
            &self.proof,
        )
    }

    /// Bytes of a partial for `rows` rows of `texts` text points.
    #[must_use]
    pub fn encoded_length(rows: usize, texts: usize) -> usize {
        let points = rows.saturating_mul(texts).saturating_add(texts.saturating_mul(2)).saturating_add(1);
        points.saturating_mul(32).saturating_add(8 + 32 + 4 + 4 + 8 + 64)
    }

    /// Reads a partial for these rows that fills the bytes.
    ///
    /// # Errors
    /// If the bytes are not the encoding of such a partial.
    pub fn decode(bytes: &[u8], rows: usize, texts: usize) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.header(*b"ETDC")?;
        let election_id = ElectionId::decode(&mut reader)?;
        let contest = u32::decode(&mut reader)?;
        let index = CustodianIndex::decode(&mut reader)?;
        let length = reader.length(rows)?;
        if length != rows {
            return Err(reader.error(DecodeErrorKind::Value(u64::try_from(length).unwrap_or(u64::MAX))));
        }
        let start = reader.position();
        let points = rows.saturating_mul(texts);
        let decrypted = reader.take(points.saturating_mul(32))?.as_chunks::<32>().0.to_vec();
        let wrong = map_all(pieces(points, texts), |piece| {
            let points = decrypted.get(piece.clone()).unwrap_or_default();
            points.iter().position(|point| group::decompress(point).is_none()).map(|n| piece.start.saturating_add(n))
        });
        if let Some(place) = wrong.into_iter().flatten().next() {
            let at = start.saturating_add(place.saturating_mul(32));
            return Err(DecodeError { at, kind: DecodeErrorKind::Element });
        }
        let proof = TextDecryption::decode(&mut reader, texts)?;
        let signature = Signature::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self { election_id, contest, index, decrypted, texts, proof, signature })
    }

    fn signed_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_header(&mut out, *b"ETDC");
        self.election_id.encode(&mut out);
        self.contest.encode(&mut out);
        self.index.encode(&mut out);
        put_length(&mut out, self.decrypted.len().checked_div(self.texts).unwrap_or(0));
        out.extend_from_slice(self.decrypted.as_flattened());
        self.proof.encode(&mut out);
        out
    }
}

impl Encode for TextPartial {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.signed_bytes());
        self.signature.encode(out);
    }
}

/// The text points of every row, from verified partials in order of their custodians.
///
/// # Errors
/// [`CombineError`] if they are too few, out of order, or of other rows.
pub fn opened(rows: &Rows, threshold: usize, partials: &[TextPartial]) -> Result<Vec<Vec<Element>>, CombineError> {
    let texts = rows.texts();
    let expected = rows.len().saturating_mul(texts);
    if let Some(other) = partials.iter().find(|partial| partial.decrypted.len() != expected) {
        return Err(CombineError::Slots { index: other.index });
    }
    // Also where there is no row: too few are too few.
    combine(threshold, &partials.iter().map(|partial| (partial.index, [].as_slice())).collect::<Vec<_>>())?;
    let opened = map_all(pieces(expected, texts), |piece| {
        let parts: Vec<(CustodianIndex, Vec<Element>)> = partials
            .iter()
            .take(threshold)
            .map(|partial| {
                let part = partial.decrypted.get(piece.clone()).unwrap_or_default();
                (partial.index, part.iter().map(element).collect())
            })
            .collect();
        let parts: Vec<(CustodianIndex, &[Element])> =
            parts.iter().map(|(index, part)| (*index, part.as_slice())).collect();
        let masks = combine(threshold, &parts)?;
        let first = piece.start.checked_div(texts).unwrap_or(0);
        let rows = rows.iter().skip(first).zip(masks.chunks(texts.max(1)));
        Ok(rows
            .map(|(row, masks)| row.iter().skip(1).zip(masks).map(|(t, mask)| element(t) - mask).collect())
            .collect::<Vec<Vec<Element>>>())
    });
    Ok(opened.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}
