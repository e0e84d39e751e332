//! Ballots of a contest: encrypted, proved, cast, read and verified.

use core::error::Error;

use escrutinio_core::ballot::{BallotCredential, CastBallot, PlaintextBallot, PreparedBallot, verify_batch};
use escrutinio_core::encoding::Encode;
use escrutinio_core::group::{Generators, hash_to_element};
use escrutinio_core::ids::ElectionId;
use escrutinio_core::manifest::ContestShape;
use escrutinio_core::point::Point;
use escrutinio_core::proof::ballot::ContestParameters;
use escrutinio_core::secret::SecretScalar;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Ballots that one batch verifies.
pub const BATCH: usize = 256;
/// Text points of the contests measured: room for a name of 48 bytes.
pub const TEXTS: usize = 3;

/// A contest with a write-in option that captures its name, and the base of a credential list.
#[derive(Debug)]
pub struct Contest {
    /// Keys and shape.
    pub parameters: ContestParameters,
    base: Point,
    rng: ChaCha20Rng,
}

impl Contest {
    /// A contest of this many options, the last but one of which is the write-in.
    #[must_use]
    pub fn new(options: usize) -> Self {
        let keys = |label: &[u8], n: usize| {
            (0..n).map(|j| Point::new(hash_to_element(&[label, &j.to_le_bytes()]))).collect::<Vec<_>>()
        };
        let write_in = u32::try_from(options.saturating_sub(2)).ok();
        let parameters = ContestParameters {
            election_id: ElectionId([1; 32]),
            contest: 0,
            shape: ContestShape { options, texts: TEXTS, write_in },
            option_keys: keys(b"bench option key", options),
            text_keys: keys(b"bench text key", TEXTS),
            generators: Generators::new(),
        };
        let base = Point::new(hash_to_element(&[b"bench base"]));
        Self { parameters, base, rng: ChaCha20Rng::seed_from_u64(1) }
    }

    /// A credential of the list.
    #[must_use]
    pub fn credential(&mut self) -> BallotCredential {
        BallotCredential::new(SecretScalar::generate(&mut self.rng), self.base)
    }

    /// Encrypts and proves a choice.
    ///
    /// # Errors
    /// If the contest has no such option.
    pub fn encrypt(&mut self, option: u32, credential: &BallotCredential) -> Result<PreparedBallot, Box<dyn Error>> {
        let choice = PlaintextBallot::new(&self.parameters.shape, option, None)?;
        Ok(PreparedBallot::encrypt(&self.parameters, 0, 0, credential.key(), choice, &mut self.rng))
    }

    /// The encodings of `n` ballots, each by another voter.
    ///
    /// # Errors
    /// Never, unless the contest has no options.
    pub fn cast_many(&mut self, n: usize) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
        (0..n)
            .map(|i| {
                let option = u32::try_from(i.checked_rem(self.parameters.shape.options).ok_or("no options")?)?;
                let credential = self.credential();
                let ballot = self.encrypt(option, &credential)?;
                Ok(ballot.cast(&credential, &mut self.rng).to_bytes())
            })
            .collect()
    }

    /// Reads ballots, as from the board.
    ///
    /// # Errors
    /// If one does not decode.
    pub fn decode(&self, encoded: &[Vec<u8>]) -> Result<Vec<CastBallot>, Box<dyn Error>> {
        let shapes = [self.parameters.shape];
        Ok(encoded.iter().map(|bytes| CastBallot::decode(bytes, &shapes)).collect::<Result<_, _>>()?)
    }

    /// Reads and verifies everything that a ballot says about itself: canonical encoding, tracking
    /// code, binding to the key, signature, validity with its write-in. Single ballots are a batch
    /// of one.
    ///
    /// # Errors
    /// If any ballot does not hold.
    pub fn verify(&mut self, encoded: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
        let ballots = self.decode(encoded)?;
        let batch: Vec<_> = ballots.iter().map(|ballot| (ballot, &self.base)).collect();
        let bound = ballots.iter().all(CastBallot::binding_holds);
        let faults = verify_batch(&self.parameters, &batch, &mut self.rng);
        if bound && faults.iter().all(Option::is_none) { Ok(()) } else { Err("a ballot does not verify".into()) }
    }
}
