//! One ballot: encrypted and proved, then either cast or audited, never both
//! (`spec/ballots.md`).
//!
//! [`PreparedBallot::encrypt`] makes the body and its tracking code. What happens next consumes
//! it: [`PreparedBallot::cast`] reveals the credential's key and signs, [`PreparedBallot::audit`]
//! opens the encryption and destroys what a signature would need.

mod batch;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use subtle::{Choice, ConditionallySelectable};
use zeroize::Zeroizing;

pub(crate) use batch::verify_seeded;
pub use batch::{BallotFault, verify_batch};

use crate::encoding::{Decode, DecodeError, DecodeErrorKind, DecodeLimited, Encode, Reader, put_all, put_header};
use crate::group::{self, Element, Scalar};
use crate::hash::tagged_hash;
use crate::ids::{CredentialBinding, ElectionId, TrackingCode};
use crate::manifest::{ContestShape, ListKey, ValidManifest};
use crate::point::Point;
use crate::proof::BadProof;
use crate::proof::ballot::{BallotProof, BallotStatement, BallotWitness, ContestParameters, encrypt_unit_vector};
use crate::proof::knowledge::Knowledge;
use crate::secret::{SecretBytes, SecretScalar};
use crate::text::{self, Illegible, Text, TextError};
use crate::transcript::{Position, Proof, ProofContext, Transcript};

const BODY: [u8; 4] = *b"EBAL";
const OPENING: [u8; 4] = *b"EOPN";

/// 16 bytes of a written-in name.
pub type TextBlock = [u8; 16];

/// What the voter chose.
pub struct PlaintextBallot {
    option: Zeroizing<u32>,
    text: Option<Zeroizing<Vec<TextBlock>>>,
}

impl fmt::Debug for PlaintextBallot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlaintextBallot(..)")
    }
}

impl PlaintextBallot {
    /// A choice, with the padded text of a write-in.
    ///
    /// # Errors
    /// If the contest has no such option, or a text stands without the write-in mark or does not
    /// have the contest's number of blocks.
    pub fn new(
        shape: &ContestShape,
        option: u32,
        text: Option<Zeroizing<Vec<TextBlock>>>,
    ) -> Result<Self, PlaintextError> {
        if usize::try_from(option).map_or(true, |o| o >= shape.options) {
            return Err(PlaintextError::NoSuchOption { option, options: shape.options });
        }
        if let Some(blocks) = &text {
            if shape.write_in != Some(option) || shape.texts == 0 {
                return Err(PlaintextError::TextWithoutMark);
            }
            if blocks.len() != shape.texts {
                return Err(PlaintextError::TextLength { expected: shape.texts, actual: blocks.len() });
            }
        }
        Ok(Self { option: Zeroizing::new(option), text })
    }
}

/// A choice that the contest does not offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlaintextError {
    /// No option of this number.
    NoSuchOption {
        /// The number given.
        option: u32,
        /// How many there are.
        options: usize,
    },
    /// A text without the write-in option.
    TextWithoutMark,
    /// A text of the wrong number of blocks.
    TextLength {
        /// Blocks of the contest.
        expected: usize,
        /// Blocks given.
        actual: usize,
    },
}

impl fmt::Display for PlaintextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchOption { option, options } => {
                write!(f, "option {option} does not exist: the contest has {options}")
            }
            Self::TextWithoutMark => f.write_str("a name may only be written with the write-in option"),
            Self::TextLength { expected, actual } => write!(f, "a text of {actual} blocks where {expected} are needed"),
        }
    }
}

impl core::error::Error for PlaintextError {}

/// A choice that makes no ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChoiceError {
    /// The contest does not offer it.
    Choice(PlaintextError),
    /// The text does not fit.
    Text(TextError),
}

impl fmt::Display for ChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choice(error) => error.fmt(f),
            Self::Text(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ChoiceError {}

/// A ballot's body: what the tracking code is the hash of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedBallot {
    /// The election.
    pub election_id: ElectionId,
    /// The contest.
    pub contest: u32,
    /// Ballot style of the credential's list.
    pub style: u32,
    /// Reporting unit of the credential's list.
    pub unit: u32,
    /// Binds the body to a credential.
    pub u: CredentialBinding,
    /// `[r]G`.
    pub a: Point,
    /// One component per option.
    pub b: Vec<Point>,
    /// One component per text point.
    pub t: Vec<Point>,
    proof: BallotProof,
    code: TrackingCode,
}

impl EncryptedBallot {
    /// Bytes of a body of this shape.
    #[must_use]
    pub fn encoded_length(shape: &ContestShape) -> usize {
        let points = shape.options.saturating_add(shape.texts).saturating_add(1);
        BallotProof::encoded_length(shape).saturating_add(points.saturating_mul(32)).saturating_add(84)
    }

    /// The code that the voter keeps.
    #[must_use]
    pub fn tracking_code(&self) -> TrackingCode {
        self.code
    }

    fn statement<'a>(&'a self, parameters: &'a ContestParameters) -> BallotStatement<'a> {
        BallotStatement {
            parameters,
            style: self.style,
            unit: self.unit,
            u: &self.u,
            a: &self.a,
            b: &self.b,
            t: &self.t,
        }
    }

    /// Verifies the validity proof alone (V1.7).
    ///
    /// # Errors
    /// [`BadProof`] if the body is not a valid ballot of the contest.
    pub fn verify_proof(
        &self,
        parameters: &ContestParameters,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(), BadProof> {
        if self.election_id != parameters.election_id || self.contest != parameters.contest {
            return Err(BadProof);
        }
        self.proof.verify(&self.statement(parameters), rng)
    }

    /// Reads a body; `shapes` are those of the manifest's contests.
    ///
    /// # Errors
    /// If the bytes are not the encoding of a body of one of the contests.
    pub fn decode(reader: &mut Reader<'_>, shapes: &[ContestShape]) -> Result<Self, DecodeError> {
        let mut start = reader.clone();
        reader.header(BODY)?;
        let election_id = ElectionId::decode(reader)?;
        let contest = u32::decode(reader)?;
        let shape = usize::try_from(contest)
            .ok()
            .and_then(|c| shapes.get(c))
            .ok_or_else(|| reader.error(DecodeErrorKind::Value(contest.into())))?;
        let (style, unit) = (u32::decode(reader)?, u32::decode(reader)?);
        let u = CredentialBinding::decode(reader)?;
        let a = Point::decode_nonidentity(reader)?;
        let b = reader.repeat(shape.options)?;
        let t = reader.repeat(shape.texts)?;
        let proof = BallotProof::decode(reader, shape)?;
        let body = start.take(Self::encoded_length(shape))?;
        let code = code_of(body);
        Ok(Self { election_id, contest, style, unit, u, a, b, t, proof, code })
    }
}

impl Encode for EncryptedBallot {
    fn encode(&self, out: &mut Vec<u8>) {
        put_header(out, BODY);
        self.election_id.encode(out);
        self.contest.encode(out);
        self.style.encode(out);
        self.unit.encode(out);
        self.u.encode(out);
        self.a.encode(out);
        put_all(out, &self.b);
        put_all(out, &self.t);
        self.proof.encode(out);
    }
}

fn code_of(body: &[u8]) -> TrackingCode {
    TrackingCode(tagged_hash("tracking-code", &[body]))
}

/// `u`: binds a ballot to a credential's key without showing it.
#[must_use]
pub fn credential_binding(key: &Point, salt: &[u8; 32]) -> CredentialBinding {
    CredentialBinding(tagged_hash("ballot-u", &[&key.bytes, salt]))
}

/// A credential as a ballot needs it: the secret, and the base of its list.
#[derive(Debug)]
pub struct BallotCredential {
    secret: SecretScalar,
    base: Point,
    key: Point,
}

impl BallotCredential {
    /// From the voter's secret and the base of the list that holds the key.
    #[must_use]
    pub fn new(secret: SecretScalar, base: Point) -> Self {
        let key = Point::new(base.element * secret.expose());
        Self { secret, base, key }
    }

    /// The key, C.
    #[must_use]
    pub fn key(&self) -> &Point {
        &self.key
    }
}

/// An encrypted ballot that is neither cast nor audited yet, with everything secret about it.
///
/// What is done with it consumes it:
///
/// ```
/// use escrutinio_core::ballot::{CastBallot, Opening, PreparedBallot, BallotCredential};
/// # use rand_core::CryptoRng;
/// fn cast(ballot: PreparedBallot, credential: &BallotCredential, rng: &mut impl CryptoRng) -> CastBallot {
///     ballot.cast(credential, rng)
/// }
/// fn audit(ballot: PreparedBallot) -> Opening {
///     ballot.audit()
/// }
/// ```
///
/// so that a ballot that was opened cannot be cast,
///
/// ```compile_fail,E0382
/// use escrutinio_core::ballot::{CastBallot, Opening, PreparedBallot, BallotCredential};
/// # use rand_core::CryptoRng;
/// fn both(ballot: PreparedBallot, credential: &BallotCredential, rng: &mut impl CryptoRng) -> (Opening, CastBallot) {
///     (ballot.audit(), ballot.cast(credential, rng))
/// }
/// ```
///
/// nor copied before it is opened,
///
/// ```compile_fail,E0599
/// use escrutinio_core::ballot::PreparedBallot;
/// fn copy(ballot: &PreparedBallot) -> PreparedBallot {
///     ballot.clone()
/// }
/// ```
///
/// and an opening casts nothing.
///
/// ```compile_fail,E0599
/// use escrutinio_core::ballot::{CastBallot, Opening, BallotCredential};
/// # use rand_core::CryptoRng;
/// fn cast(opening: Opening, credential: &BallotCredential, rng: &mut impl CryptoRng) -> CastBallot {
///     opening.cast(credential, rng)
/// }
/// ```
#[derive(Debug)]
pub struct PreparedBallot {
    body: EncryptedBallot,
    choice: PlaintextBallot,
    nonce: SecretScalar,
    salt: SecretBytes,
}

impl PreparedBallot {
    /// Encrypts a choice with a fresh nonce and salt and proves it valid, in constant time over
    /// the choice. `key` is the credential's.
    #[must_use]
    pub fn encrypt(
        parameters: &ContestParameters,
        style: u32,
        unit: u32,
        key: &Point,
        choice: PlaintextBallot,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let nonce = SecretScalar::generate(rng);
        let mut salt = [0u8; 32];
        rng.fill_bytes(&mut salt);
        let u = credential_binding(key, &salt);
        let a = Point::new(nonce.public());
        let b = encrypt_unit_vector(&parameters.option_keys, *choice.option, &nonce);
        let t = encrypt_text(&parameters.text_keys, choice.text.as_deref(), &nonce);
        let statement = BallotStatement { parameters, style, unit, u: &u, a: &a, b: &b, t: &t };
        let witness = BallotWitness { option: *choice.option, nonce: &nonce };
        let proof = BallotProof::prove(&statement, &witness, rng);
        let (election_id, contest) = (parameters.election_id, parameters.contest);
        let code = TrackingCode([0; 32]);
        let mut body = EncryptedBallot { election_id, contest, style, unit, u, a, b, t, proof, code };
        body.code = code_of(&body.to_bytes());
        Self { body, choice, nonce, salt: SecretBytes::new(salt) }
    }

    /// The ballot of a voter of a list: an option, with the name that was written if it is the write-in
    /// option. `key` is the credential's.
    ///
    /// # Errors
    /// [`ChoiceError`] if the contest does not offer it.
    pub fn of_choice(
        parameters: &ContestParameters,
        list: &ListKey,
        key: &Point,
        (option, text): (u32, Option<&Text>),
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, ChoiceError> {
        let shape = &parameters.shape;
        let blocks = text.map(|text| text.to_blocks(shape.texts)).transpose().map_err(ChoiceError::Text)?;
        let choice = PlaintextBallot::new(shape, option, blocks).map_err(ChoiceError::Choice)?;
        Ok(Self::encrypt(parameters, list.style, list.unit, key, choice, rng))
    }

    /// The body: its tracking code is shown before the voter decides.
    #[must_use]
    pub fn body(&self) -> &EncryptedBallot {
        &self.body
    }

    /// Casts: reveals the key and signs. The nonce is wiped.
    #[must_use]
    pub fn cast(self, credential: &BallotCredential, rng: &mut (impl CryptoRng + ?Sized)) -> CastBallot {
        let mut transcript = signature_transcript(&self.body, &credential.base, &credential.key);
        let signature = Knowledge::prove(&mut transcript, &credential.base.element, &credential.secret, rng);
        CastBallot { body: self.body, key: credential.key, salt: *self.salt.expose(), signature }
    }

    /// Audits: opens the encryption. The salt is wiped, so that the body can never be cast.
    #[must_use]
    pub fn audit(self) -> Opening {
        Opening {
            option: *self.choice.option,
            text: self.choice.text.map(|blocks| blocks.to_vec()),
            nonce: self.nonce,
            body: self.body,
        }
    }
}

/// `M_k + [r]L_k`, in constant time over the presence and the content of the text.
fn encrypt_text(keys: &[Point], text: Option<&Vec<TextBlock>>, nonce: &SecretScalar) -> Vec<Point> {
    let present = Choice::from(u8::from(text.is_some()));
    let empty = Zeroizing::new(alloc::vec![[0u8; 16]; keys.len()]);
    text.unwrap_or(&empty)
        .iter()
        .zip(keys)
        .map(|(block, key)| {
            let encoded = group::lizard_encode(block);
            let message = Element::conditional_select(&group::identity(), &encoded, present);
            Point::new(message + key.element * nonce.expose())
        })
        .collect()
}

fn signature_transcript(body: &EncryptedBallot, base: &Point, key: &Point) -> Transcript {
    let mut transcript = ProofContext::new(Proof::CastSignature).bind(body.election_id.as_bytes()).at(Position {
        contest: Some(body.contest),
        style: Some(body.style),
        unit: Some(body.unit),
        ..Position::default()
    });
    transcript.append("base", &base.bytes);
    transcript.append("C", &key.bytes);
    transcript.append("code", body.code.as_bytes());
    transcript
}

/// A cast ballot: an entry of the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CastBallot {
    /// The body.
    pub body: EncryptedBallot,
    /// The credential's key, C.
    pub key: Point,
    /// Salt of u.
    pub salt: [u8; 32],
    signature: Knowledge,
}

impl CastBallot {
    /// Bytes of a cast of this shape.
    #[must_use]
    pub fn encoded_length(shape: &ContestShape) -> usize {
        EncryptedBallot::encoded_length(shape).saturating_add(128)
    }

    /// Reads a cast that fills the bytes (V1.1).
    ///
    /// # Errors
    /// If the bytes are not the encoding of a cast of one of the contests.
    pub fn decode(bytes: &[u8], shapes: &[ContestShape]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let body = EncryptedBallot::decode(&mut reader, shapes)?;
        let key = Point::decode_nonidentity(&mut reader)?;
        let salt = reader.array()?;
        let signature = Knowledge::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self { body, key, salt, signature })
    }

    /// Whether u is the binding of the key (V1.5).
    #[must_use]
    pub fn binding_holds(&self) -> bool {
        credential_binding(&self.key, &self.salt) == self.body.u
    }

    /// Verifies the signature alone (V1.6), under the base of the key's list.
    ///
    /// # Errors
    /// [`BadProof`] if it does not hold.
    pub fn verify_signature(&self, base: &Point) -> Result<(), BadProof> {
        let mut transcript = signature_transcript(&self.body, base, &self.key);
        self.signature.verify(&mut transcript, &base.element, &self.key.element)
    }
}

impl Encode for CastBallot {
    fn encode(&self, out: &mut Vec<u8>) {
        self.body.encode(out);
        self.key.encode(out);
        out.extend_from_slice(&self.salt);
        self.signature.encode(out);
    }
}

/// An audited ballot, opened for another device to recompute. It holds no salt, no key, no
/// signature and no proof nonce.
#[derive(Debug)]
pub struct Opening {
    /// The body.
    pub body: EncryptedBallot,
    /// The chosen option.
    pub option: u32,
    text: Option<Vec<TextBlock>>,
    nonce: SecretScalar,
}

impl Opening {
    /// The padded text blocks, if a name was written.
    #[must_use]
    pub fn text(&self) -> Option<&[TextBlock]> {
        self.text.as_deref()
    }

    /// Verifies the opening as one of an election: its style, unit and contest belong together in the
    /// manifest, and everything of [`Opening::verify`] holds. Gives the name that was written. `read` is
    /// [`text::from_blocks`], or [`text::from_nfc_blocks`] for who looks at the form of a text elsewhere.
    ///
    /// # Errors
    /// [`OpeningError`] saying what does not fit.
    pub fn verify_for(
        &self,
        manifest: &ValidManifest,
        parameters: &[ContestParameters],
        read: impl FnOnce(&[TextBlock]) -> Result<String, Illegible>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Option<String>, OpeningError> {
        let EncryptedBallot { contest, style, unit, .. } = self.body;
        let parameters = usize::try_from(contest).ok().and_then(|contest| parameters.get(contest));
        let listed = manifest.lists.iter().any(|list| (list.style, list.unit) == (style, unit));
        let place = listed && manifest.style_has(style, contest);
        let parameters = parameters.filter(|_| place).ok_or(OpeningError::Place)?;
        self.verify_reading(parameters, read, rng)
    }

    /// Recomputes the ciphertexts from what was opened, demands of a text that it is the normal form of
    /// one, and verifies the proof.
    ///
    /// # Errors
    /// [`OpeningError`] saying what does not fit.
    pub fn verify(
        &self,
        parameters: &ContestParameters,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(), OpeningError> {
        self.verify_reading(parameters, text::from_blocks, rng).map(|_| ())
    }

    fn verify_reading(
        &self,
        parameters: &ContestParameters,
        read: impl FnOnce(&[TextBlock]) -> Result<String, Illegible>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Option<String>, OpeningError> {
        let choice = PlaintextBallot::new(&parameters.shape, self.option, self.text.clone().map(Zeroizing::new))
            .map_err(OpeningError::Choice)?;
        let body = &self.body;
        if body.election_id != parameters.election_id || body.contest != parameters.contest {
            return Err(OpeningError::OtherElection);
        }
        let b = encrypt_unit_vector(&parameters.option_keys, self.option, &self.nonce);
        let t = encrypt_text(&parameters.text_keys, choice.text.as_deref(), &self.nonce);
        if Point::new(self.nonce.public()) != body.a || b != body.b || t != body.t {
            return Err(OpeningError::Ciphertext);
        }
        body.verify_proof(parameters, rng).map_err(|BadProof| OpeningError::Proof)?;
        // The count reads nothing else: what only looks like a name is lost to who wrote it.
        self.text.as_deref().map(read).transpose().map_err(|Illegible| OpeningError::Text)
    }

    /// Reads an opening that fills the bytes.
    ///
    /// # Errors
    /// If the bytes are not the encoding of an opening of one of the contests.
    pub fn decode(bytes: &[u8], shapes: &[ContestShape]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.header(OPENING)?;
        let body_bytes = Vec::<u8>::decode_limited(&mut reader, 1 << 16)?;
        let mut body_reader = Reader::new(&body_bytes);
        let body = EncryptedBallot::decode(&mut body_reader, shapes)?;
        body_reader.finish()?;
        let option = u32::decode(&mut reader)?;
        let text_bytes = Vec::<u8>::decode_limited(&mut reader, 16 * 8)?;
        let (blocks, rest) = text_bytes.as_chunks::<16>();
        if !rest.is_empty() {
            return Err(reader.error(DecodeErrorKind::Truncated));
        }
        let nonce = SecretScalar::new(Scalar::decode(&mut reader)?);
        reader.finish()?;
        let text = (!blocks.is_empty()).then(|| blocks.to_vec());
        Ok(Self { body, option, text, nonce })
    }
}

impl Encode for Opening {
    fn encode(&self, out: &mut Vec<u8>) {
        put_header(out, OPENING);
        self.body.to_bytes().encode(out);
        self.option.encode(out);
        self.text.as_ref().map(|blocks| blocks.as_flattened().to_vec()).unwrap_or_default().encode(out);
        self.nonce.expose().encode(out);
    }
}

/// An opening that does not fit its ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpeningError {
    /// The choice is none of the contest.
    Choice(PlaintextError),
    /// The ballot is of another election or contest.
    OtherElection,
    /// The manifest has no voters of the ballot's style and unit, or they have not its contest.
    Place,
    /// The ciphertexts are not the encryption of the opened choice.
    Ciphertext,
    /// The validity proof does not hold.
    Proof,
    /// The text is not the normal form of a name: the count would find it illegible.
    Text,
}

impl fmt::Display for OpeningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choice(error) => error.fmt(f),
            Self::OtherElection => f.write_str("the ballot belongs to another election or contest"),
            Self::Place => f.write_str("no voters of the ballot's style and unit have its contest"),
            Self::Ciphertext => f.write_str("the ballot does not encrypt the opened choice"),
            Self::Proof => f.write_str("the ballot's validity proof does not hold"),
            Self::Text => f.write_str("the written name is not in its normal form: the count could not read it"),
        }
    }
}

impl core::error::Error for OpeningError {}

#[cfg(test)]
mod tests;
