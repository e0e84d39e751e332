//! The tally of one contest by three of five custodians.

use core::error::Error;

use escrutinio_core::dlog::DiscreteLog;
use escrutinio_core::group::{Element, GENERATOR, Scalar, mul_generator};
use escrutinio_core::ids::CustodianIndex;
use escrutinio_core::proof::decryption::{DecryptionStatement, combine};
use escrutinio_core::proof::equality::Equality;
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::transcript::Position;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Ballots in the tally: the bound of the counts.
pub const BALLOTS: u64 = 100_000;
const THRESHOLD: u32 = 3;

/// A custodian, with the public image of their shares.
#[derive(Debug)]
struct Custodian {
    index: CustodianIndex,
    shares: Vec<SecretScalar>,
    public: Vec<Element>,
}

/// An aggregate of 100,000 ballots, and the custodians who can open it.
#[derive(Debug)]
pub struct Tally {
    a: Element,
    b: Vec<Element>,
    counts: Vec<u64>,
    custodians: Vec<Custodian>,
    logarithms: DiscreteLog,
    rng: ChaCha20Rng,
}

impl Tally {
    /// An aggregate of a contest of this many options, whose keys were shared out.
    ///
    /// # Errors
    /// Never, unless there are no options.
    pub fn new(options: usize) -> Result<Self, Box<dyn Error>> {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let indices =
            (1..=THRESHOLD).map(|i| CustodianIndex::new(i).ok_or("no custodian")).collect::<Result<Vec<_>, _>>()?;
        let polynomials: Vec<[SecretScalar; 3]> =
            (0..options).map(|_| core::array::from_fn(|_| SecretScalar::generate(&mut rng))).collect();
        let share = |[a0, a1, a2]: &[SecretScalar; 3], x: Scalar| {
            SecretScalar::new((a2.expose() * x + a1.expose()) * x + a0.expose())
        };
        let custodians = indices
            .into_iter()
            .map(|index| {
                let shares: Vec<_> = polynomials.iter().map(|p| share(p, Scalar::from(index.get()))).collect();
                let public = shares.iter().map(SecretScalar::public).collect();
                Custodian { index, shares, public }
            })
            .collect();
        // A landslide: the first option has all votes but one for each of the others.
        let others = u64::try_from(options)?.checked_sub(1).ok_or("no options")?;
        let mut counts = vec![BALLOTS.saturating_sub(others)];
        counts.resize(options, 1);
        let a = mul_generator(SecretScalar::generate(&mut rng).expose());
        let b = counts
            .iter()
            .zip(&polynomials)
            .map(|(count, [key, ..])| GENERATOR * Scalar::from(*count) + a * key.expose())
            .collect();
        Ok(Self { a, b, counts, custodians, logarithms: DiscreteLog::new(BALLOTS), rng })
    }

    fn statement(&self, index: CustodianIndex) -> DecryptionStatement<'_> {
        let position = Position { contest: Some(0), unit: Some(0), index: Some(index.get()), ..Position::default() };
        DecryptionStatement { context: &[1; 32], position, group: &[2; 32], a: &self.a }
    }

    /// One custodian's partial decryption, with its proof.
    ///
    /// # Errors
    /// If there is no custodian of this place.
    pub fn decrypt(&mut self, place: usize) -> Result<(Vec<Element>, Equality), Box<dyn Error>> {
        let custodian = self.custodians.get(place).ok_or("no such custodian")?;
        let mut rng = self.rng.clone();
        let partial = self.statement(custodian.index).prove(&custodian.shares, &mut rng);
        self.rng = rng;
        Ok(partial)
    }

    /// Verifies one custodian's partial decryption.
    ///
    /// # Errors
    /// If it does not hold.
    pub fn verify(&self, place: usize, (decrypted, proof): &(Vec<Element>, Equality)) -> Result<(), Box<dyn Error>> {
        let custodian = self.custodians.get(place).ok_or("no such custodian")?;
        Ok(self.statement(custodian.index).verify(&custodian.public, decrypted, proof)?)
    }

    /// Combines partial decryptions and looks for the counts.
    ///
    /// # Errors
    /// If they do not combine, or the counts are not those of the tally.
    pub fn open(&self, partials: &[(Vec<Element>, Equality)]) -> Result<(), Box<dyn Error>> {
        let parts: Vec<_> = self.custodians.iter().zip(partials).map(|(c, p)| (c.index, p.0.as_slice())).collect();
        let masks = combine(self.custodians.len(), &parts)?;
        let solved = self.b.iter().zip(&masks).map(|(b, mask)| self.logarithms.solve(&(b - mask)));
        if solved.eq(self.counts.iter().map(|count| Some(*count))) { Ok(()) } else { Err("wrong counts".into()) }
    }
}
