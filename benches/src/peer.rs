//! The ballot compared with: `elastic-elgamal`'s encrypted choice of one among N, on the same curve
//! through the same curve library. It has no write-in, no signature and no batches.

use core::error::Error;

use elastic_elgamal::Keypair;
use elastic_elgamal::app::{ChoiceParams, EncryptedChoice, SingleChoice};
use elastic_elgamal::group::Ristretto;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// A contest of the peer.
#[derive(Debug)]
pub struct Peer {
    parameters: ChoiceParams<Ristretto, SingleChoice>,
    options: usize,
    rng: ChaCha20Rng,
}

impl Peer {
    /// A contest of this many options.
    #[must_use]
    pub fn new(options: usize) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let (key, _) = Keypair::<Ristretto>::generate(&mut rng).into_tuple();
        Self { parameters: ChoiceParams::single(key, options), options, rng }
    }

    /// Encrypts and proves a choice.
    #[must_use]
    pub fn encrypt(&mut self, option: usize) -> EncryptedChoice<Ristretto, SingleChoice> {
        EncryptedChoice::single(&self.parameters, option, &mut self.rng)
    }

    /// The encodings of `n` ballots.
    ///
    /// # Errors
    /// If a ballot cannot be encoded.
    pub fn encrypt_many(&mut self, n: usize) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
        (0..n)
            .map(|i| {
                let option = i.checked_rem(self.options).ok_or("no options")?;
                Ok(postcard::to_stdvec(&self.encrypt(option))?)
            })
            .collect()
    }

    /// Bytes of the bare points and scalars of a ballot: 2 N points, 2 N + 1 scalars of the ring
    /// proof, 2 of the sum proof.
    #[must_use]
    pub fn ballot_bytes(&self) -> usize {
        self.options.saturating_mul(128).saturating_add(96)
    }

    /// Reads and verifies ballots one by one: it has no other way.
    ///
    /// # Errors
    /// If any ballot does not decode or does not hold.
    pub fn verify(&self, encoded: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
        for bytes in encoded {
            let ballot: EncryptedChoice<Ristretto, SingleChoice> = postcard::from_bytes(bytes)?;
            ballot.verify(&self.parameters)?;
        }
        Ok(())
    }
}
