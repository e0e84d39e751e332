//! Ballots that no voting page makes: their author chooses the nonce and encrypts any vector.
//! Everything else is done as the rules say.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use crate::ballot::credential_binding;
use crate::encoding::{Encode, put_all, put_header};
use crate::group::{Element, Scalar, mul_generator};
use crate::hash::tagged_hash;
use crate::ids::CredentialBinding;
use crate::point::Point;
use crate::proof::ballot::{BallotProof, BallotStatement, BallotWitness, ContestParameters};
use crate::proof::knowledge::Knowledge;
use crate::secret::SecretScalar;
use crate::transcript::{Position, Proof, ProofContext};

/// What the author of a ballot chooses.
#[derive(Debug)]
pub struct Forgery<'a> {
    /// The contest, and the election that the ballot says to be of.
    pub parameters: &'a ContestParameters,
    /// The style that it says to be of.
    pub style: u32,
    /// The unit that it says to be of.
    pub unit: u32,
    /// Secret of the credential.
    pub secret: SecretScalar,
    /// The base that it is a logarithm to: G, unless changed to that of a mixed list.
    pub base: Point,
    /// The salt.
    pub salt: [u8; 32],
    /// The key and salt that u binds, if not those above.
    pub bound_to: Option<(Point, [u8; 32])>,
    /// Encryption nonce.
    pub nonce: Scalar,
    /// What every option encrypts.
    pub marks: Vec<Scalar>,
    /// What every text point encrypts.
    pub texts: Vec<Element>,
    /// The option for which the proof is made.
    pub claimed: u32,
}

impl<'a> Forgery<'a> {
    /// A right ballot for an option, with a nonce that follows from a seed.
    #[must_use]
    pub fn new(
        parameters: &'a ContestParameters,
        (style, unit): (u32, u32),
        secret: SecretScalar,
        option: u32,
        seed: u64,
    ) -> Self {
        let marks = (0..).take(parameters.shape.options).map(|o: u32| Scalar::from(u8::from(o == option))).collect();
        Self {
            parameters,
            style,
            unit,
            secret,
            base: Point::new(crate::group::GENERATOR),
            salt: tagged_hash("forged-salt", &[&seed.to_le_bytes()]),
            bound_to: None,
            nonce: crate::group::hash_to_scalar("forged-nonce", &seed.to_le_bytes()),
            marks,
            texts: alloc::vec![crate::group::identity(); parameters.shape.texts],
            claimed: option,
        }
    }

    /// The entry of the board.
    #[must_use]
    pub fn cast(&self, rng: &mut dyn CryptoRng) -> Vec<u8> {
        let parameters = self.parameters;
        let key = Point::new(self.base.element * self.secret.expose());
        let (bound_key, bound_salt) = self.bound_to.unwrap_or((key, self.salt));
        let u: CredentialBinding = credential_binding(&bound_key, &bound_salt);
        let nonce = SecretScalar::new(self.nonce);
        let a = Point::new(nonce.public());
        let b: Vec<Point> = (self.marks.iter().zip(&parameters.option_keys))
            .map(|(mark, key)| Point::new(mul_generator(mark) + key.element * self.nonce))
            .collect();
        let t: Vec<Point> = (self.texts.iter().zip(&parameters.text_keys))
            .map(|(text, key)| Point::new(text + key.element * self.nonce))
            .collect();
        let (style, unit) = (self.style, self.unit);
        let statement = BallotStatement { parameters, style, unit, u: &u, a: &a, b: &b, t: &t };
        let witness = BallotWitness { option: self.claimed, nonce: &nonce };
        let proof = BallotProof::prove(&statement, &witness, rng);

        let mut bytes = Vec::new();
        put_header(&mut bytes, *b"EBAL");
        parameters.election_id.encode(&mut bytes);
        parameters.contest.encode(&mut bytes);
        style.encode(&mut bytes);
        unit.encode(&mut bytes);
        u.encode(&mut bytes);
        a.encode(&mut bytes);
        put_all(&mut bytes, &b);
        put_all(&mut bytes, &t);
        proof.encode(&mut bytes);

        let position =
            Position { contest: Some(parameters.contest), style: Some(style), unit: Some(unit), ..Position::default() };
        let code = tagged_hash("tracking-code", &[&bytes]);
        let mut transcript =
            ProofContext::new(Proof::CastSignature).bind(parameters.election_id.as_bytes()).at(position);
        transcript.append_element("base", &self.base.element);
        transcript.append("C", &key.bytes);
        transcript.append("code", &code);
        let signature = Knowledge::prove(&mut transcript, &self.base.element, &self.secret, rng);
        key.encode(&mut bytes);
        bytes.extend_from_slice(&self.salt);
        signature.encode(&mut bytes);
        bytes
    }
}
