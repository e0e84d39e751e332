//! One custodian's mix of the texts of a contest.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::Rows;
use crate::encoding::{Decode, DecodeError, Encode, Reader, put_header};
use crate::ids::{CustodianIndex, ElectionId};
use crate::point::Point;
use crate::proof::BadProof;
use crate::proof::shuffle::{
    MemorySource, Relation, ShuffleError, ShuffleGenerators, ShuffleInputError, ShuffleProof, ShuffleShape,
    ShuffleStatement, ShuffledTexts, shuffle_texts,
};
use crate::signature::{BadSignature, Signature, SigningKey, VerifyingKey};
use crate::transcript::Position;

/// Texts of a contest, encrypted anew and in another order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextMix {
    /// The election.
    pub election_id: ElectionId,
    /// The contest.
    pub contest: u32,
    /// Its place in the chain, from 1.
    pub number: u32,
    /// The custodian.
    pub index: CustodianIndex,
    /// The rows that came out, in strictly increasing order of their first points.
    pub rows: Rows,
    proof: ShuffleProof,
    signature: Signature,
}

/// Where a mix stands.
#[derive(Clone, Copy, Debug)]
pub struct MixPlace {
    /// The election.
    pub election_id: ElectionId,
    /// The contest.
    pub contest: u32,
    /// The place in the chain, from 1.
    pub number: u32,
    /// The custodian.
    pub index: CustodianIndex,
}

impl MixPlace {
    fn position(&self) -> Position {
        Position {
            contest: Some(self.contest),
            role: Some(self.number),
            index: Some(self.index.get()),
            ..Position::default()
        }
    }
}

impl TextMix {
    /// Mixes rows under the text keys of the contest, proves it and signs. Everything secret about
    /// it is wiped.
    ///
    /// # Errors
    /// [`ShuffleInputError`] if two rows begin with the same point: a board that was verified
    /// (V1.8) and honest mixes give none.
    pub fn mix(
        place: &MixPlace,
        input: &Rows,
        keys: &[Point],
        generators: &ShuffleGenerators,
        key: &SigningKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, ShuffleInputError> {
        let context = place.election_id.as_bytes();
        let mixed = shuffle_texts(context, place.position(), generators, keys, input.points(), rng)?;
        Self::signed(place, input, mixed, key)
    }

    /// A mix under nonces of which the mixer tells: what custodians who cheat could make.
    ///
    /// # Errors
    /// As [`TextMix::mix`].
    #[cfg(any(test, feature = "test-util"))]
    pub fn mix_under(
        place: &MixPlace,
        input: &Rows,
        keys: &[Point],
        nonces: &[crate::group::Scalar],
        key: &SigningKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, ShuffleInputError> {
        let generators = ShuffleGenerators::new(u32::try_from(input.len()).unwrap_or(u32::MAX));
        let at = (place.election_id.as_bytes(), place.position());
        let mixed = crate::proof::shuffle::shuffle_texts_under(at, &generators, keys, input.points(), nonces, rng)?;
        Self::signed(place, input, mixed, key)
    }

    fn signed(
        place: &MixPlace,
        input: &Rows,
        mixed: ShuffledTexts,
        key: &SigningKey,
    ) -> Result<Self, ShuffleInputError> {
        let MixPlace { election_id, contest, number, index } = *place;
        let width = ShuffleInputError::Width(input.width());
        let rows = Rows::from_points(input.texts(), mixed.rows).ok_or(width)?;
        let signature = Signature([0; 64]);
        let mut mix = Self { election_id, contest, number, index, rows, proof: mixed.proof, signature };
        mix.signature = key.sign("text-mix", &[&mix.signed_bytes()]);
        Ok(mix)
    }

    fn place(&self) -> MixPlace {
        let Self { election_id, contest, number, index, .. } = *self;
        MixPlace { election_id, contest, number, index }
    }

    /// Verifies the custodian's signature (W2.2).
    ///
    /// # Errors
    /// [`BadSignature`] if it does not hold.
    pub fn verify_signature(&self, key: &VerifyingKey) -> Result<(), BadSignature> {
        key.verify("text-mix", &[&self.signed_bytes()], &self.signature)
    }

    /// Verifies the shuffle proof (W2.4).
    ///
    /// # Errors
    /// [`ShuffleError`]. [`ShuffleError::Encoding`] says that the proof is not canonical, which is a
    /// matter of W2.1: the points of a proof are decoded once, here.
    pub fn verify_proof(
        &self,
        input: &Rows,
        keys: &[Point],
        generators: &ShuffleGenerators,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(), ShuffleError<BadProof>> {
        let place = self.place();
        let statement = ShuffleStatement {
            context: self.election_id.as_bytes(),
            position: place.position(),
            relation: Relation::Texts { keys },
        };
        let source = MemorySource { input: input.points(), output: self.rows.points(), proof: &self.proof };
        statement.verify(generators, &source, rng)
    }

    /// Bytes of a mix of `rows` rows of `texts` text points.
    #[must_use]
    pub fn encoded_length(rows: usize, texts: usize) -> usize {
        let shape = ShuffleShape::texts(rows, texts);
        let strings = shape.points().saturating_add(shape.proof());
        strings.saturating_mul(32).saturating_add(8 + 32 + 3 * 4 + 8 + 64)
    }

    /// Reads a mix of so many rows that fills the bytes. Whether the strings of the proof are
    /// canonical is found by [`TextMix::verify_proof`].
    ///
    /// # Errors
    /// If the bytes are not the encoding of such a mix.
    pub fn decode(bytes: &[u8], rows: usize, texts: usize) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.header(*b"ETMX")?;
        let election_id = ElectionId::decode(&mut reader)?;
        let contest = u32::decode(&mut reader)?;
        let number = u32::decode(&mut reader)?;
        let index = CustodianIndex::decode(&mut reader)?;
        let count = rows;
        let rows = Rows::decode_sorted(&mut reader, texts, count)?;
        let proof = ShuffleProof::decode(&mut reader, ShuffleShape::texts(count, texts))?;
        let signature = Signature::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self { election_id, contest, number, index, rows, proof, signature })
    }

    fn signed_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::encoded_length(self.rows.len(), self.rows.texts()));
        put_header(&mut out, *b"ETMX");
        self.election_id.encode(&mut out);
        self.contest.encode(&mut out);
        self.number.encode(&mut out);
        self.index.encode(&mut out);
        self.rows.encode(&mut out);
        self.proof.encode(&mut out);
        out
    }
}

impl Encode for TextMix {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.signed_bytes());
        self.signature.encode(out);
    }
}
