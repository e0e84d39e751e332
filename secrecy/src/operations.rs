//! What is done with secrets, each with its secrets marked.

use std::hint::black_box;

use escrutinio_core::ballot::{BallotCredential, PlaintextBallot, PreparedBallot};
use escrutinio_core::credential::{HalfRole, HalfSecrets};
use escrutinio_core::group::{self, Generators};
use escrutinio_core::ids::{CustodianIndex, ElectionId, ManifestHash, RollId};
use escrutinio_core::keygen::round1::{self, Round1, SecretRound1};
use escrutinio_core::keygen::{Ceremony, round2};
use escrutinio_core::manifest::ContestShape;
use escrutinio_core::point::Point;
use escrutinio_core::proof::ballot::ContestParameters;
use escrutinio_core::proof::decryption::DecryptionStatement;
use escrutinio_core::proof::shuffle::{self, ShuffleGenerators};
use escrutinio_core::proof::text_decryption::TextDecryptionStatement;
use escrutinio_core::secret::{SecretBytes, SecretScalar};
use escrutinio_core::signature::SigningKey;
use escrutinio_core::transcript::Position;
use escrutinio_core::writein::Rows;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Infallible, SeedableRng, TryCryptoRng, TryRng};

use crate::valgrind::{errors, mark_secret};

type Operation = (&'static str, fn() -> usize);

/// Operations in which nothing may depend on a secret.
pub const SECRET: &[Operation] = &[
    ("encrypting a ballot (option, randomness)", encrypt),
    ("encrypting a ballot with a written name (name, randomness)", encrypt_text),
    ("casting a ballot (credential, randomness)", cast),
    ("committing to polynomials (coefficients, ephemeral key)", commit),
    ("dealing shares (coefficients, ephemeral key)", deal),
    ("partial decryption with its proof (key share)", decrypt),
    ("decrypting texts with its proof (key share)", decrypt_texts),
    ("drawing and publishing half credentials (halves)", halves),
    ("signing (seed of the key)", sign),
    ("shuffling keys (power, order, randomness)", shuffle_keys),
    ("shuffling texts (order, randomness)", shuffle_texts),
];

/// Operations that depend on a secret, to see that memcheck looks.
pub const CONTROLS: &[Operation] =
    &[("multi-scalar multiplication in variable time", vartime), ("a table read at a secret place", lookup)];

/// Randomness that is secret.
struct SecretRng(ChaCha20Rng);

impl TryRng for SecretRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(bytes)?;
        mark_secret(bytes);
        Ok(())
    }
}

impl TryCryptoRng for SecretRng {}

fn public_rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

fn secret_rng() -> SecretRng {
    SecretRng(ChaCha20Rng::seed_from_u64(2))
}

/// The reports that an operation causes.
fn reports<T>(operation: impl FnOnce() -> T) -> usize {
    let before = errors();
    black_box(operation());
    errors() - before
}

/// A scalar that nobody but its owner knows. Reading it branches on whether it is canonical, which
/// is so of every secret; callers do not count that.
fn secret_scalar(number: u32) -> SecretScalar {
    let mut bytes = group::hash_to_scalar("secrecy", &number.to_le_bytes()).to_bytes();
    mark_secret(&mut bytes);
    SecretScalar::from_bytes(&bytes).expect("canonical")
}

fn point(number: u32) -> Point {
    Point::new(group::hash_to_element(&[b"secrecy", &number.to_le_bytes()]))
}

fn contest() -> ContestParameters {
    ContestParameters {
        election_id: ElectionId([1; 32]),
        contest: 0,
        shape: ContestShape { options: 13, texts: 3, write_in: Some(11) },
        option_keys: (0..13).map(point).collect(),
        text_keys: (100..103).map(point).collect(),
        generators: Generators::new(),
    }
}

/// What was chosen; the range of the option is checked before the marks count.
fn choice(contest: &ContestParameters, option: u32) -> PlaintextBallot {
    let mut bytes = option.to_le_bytes();
    mark_secret(&mut bytes);
    PlaintextBallot::new(&contest.shape, u32::from_le_bytes(bytes), None).expect("an option")
}

fn encrypt() -> usize {
    let contest = contest();
    [0, 7, 12]
        .map(|option| {
            let choice = choice(&contest, option);
            let key = point(200);
            reports(|| PreparedBallot::encrypt(&contest, 0, 0, &key, choice, &mut secret_rng()))
        })
        .iter()
        .sum()
}

fn encrypt_text() -> usize {
    let contest = contest();
    let mut blocks = vec![*b"A name, written "; 3];
    mark_secret(blocks.as_flattened_mut());
    let choice = PlaintextBallot::new(&contest.shape, 11, Some(blocks.into())).expect("a name");
    let key = point(200);
    reports(|| PreparedBallot::encrypt(&contest, 0, 0, &key, choice, &mut secret_rng()))
}

fn cast() -> usize {
    let contest = contest();
    let base = Point::new(group::GENERATOR);
    let secret = secret_scalar(1);
    let choice = PlaintextBallot::new(&contest.shape, 3, None).expect("an option");
    let prepared = PreparedBallot::encrypt(&contest, 0, 0, &point(200), choice, &mut public_rng());
    reports(|| {
        let credential = BallotCredential::new(secret, base);
        prepared.cast(&credential, &mut secret_rng())
    })
}

/// A ceremony of three, with their keys.
fn ceremony() -> (Ceremony, Vec<SigningKey>) {
    let keys: Vec<_> = (0..3).map(|i| SigningKey::from_seed(&SecretBytes::new([i; 32]))).collect();
    let public = keys.iter().map(SigningKey::verifying_key).collect();
    (Ceremony::new(ManifestHash([3; 32]), 0, 2, 2, public, 4).expect("a ceremony"), keys)
}

fn commit() -> usize {
    let (ceremony, keys) = ceremony();
    let index = CustodianIndex::new(1).expect("a number");
    reports(|| round1::commit(&ceremony, index, &keys[0], &mut secret_rng()))
}

fn deal() -> usize {
    let (ceremony, keys) = ceremony();
    let secrets: Vec<_> = ceremony
        .everyone()
        .zip(&keys)
        .map(|(index, key)| round1::commit(&ceremony, index, key, &mut public_rng()).expect("committed"))
        .collect();
    let table: Vec<Round1> = secrets.iter().map(|secret| secret.message().clone()).collect();
    let mut bytes = secrets[0].expose_bytes();
    // The secrets stand last: ephemeral key, number of coefficients, coefficients.
    let coefficients = 4 * 2 * 32;
    let length = bytes.len();
    mark_secret(&mut bytes[length - coefficients..]);
    mark_secret(&mut bytes[length - coefficients - 8 - 32..length - coefficients - 8]);
    let secret = SecretRound1::from_bytes(&bytes).expect("what was written");
    reports(|| round2::deal(&ceremony, &secret, &table, &keys[0]))
}

fn decrypt() -> usize {
    let shares: Vec<_> = (0..5).map(secret_scalar).collect();
    let a = point(300).element;
    let statement = DecryptionStatement { context: &[4; 32], position: Position::default(), group: &[5; 32], a: &a };
    reports(|| statement.prove(&shares, &mut secret_rng()))
}

fn decrypt_texts() -> usize {
    let shares: Vec<_> = (0..2).map(secret_scalar).collect();
    let rows = Rows::from_points(2, encodings(430..439)).expect("three rows of three points");
    let statement = TextDecryptionStatement {
        election_id: &ElectionId([4; 32]),
        contest: 0,
        index: CustodianIndex::new(1).expect("a custodian"),
        rows: &rows,
    };
    reports(|| statement.prove(&shares, &mut secret_rng()))
}

fn halves() -> usize {
    let key = SigningKey::from_seed(&SecretBytes::new([9; 32]));
    reports(|| {
        let secrets = HalfSecrets::generate(HalfRole::Registrar, &[5], &mut secret_rng());
        secrets.publish(RollId([6; 32]), &key, &mut secret_rng())
    })
}

fn sign() -> usize {
    let mut seed = [7; 32];
    mark_secret(&mut seed);
    let seed = SecretBytes::new(seed);
    reports(|| SigningKey::from_seed(&seed).sign("secrecy", &[b"message"]))
}

fn encodings(numbers: core::ops::Range<u32>) -> Vec<[u8; 32]> {
    numbers.map(|number| point(number).bytes).collect()
}

fn shuffle_keys() -> usize {
    let generators = ShuffleGenerators::new(7);
    let (base, keys, g) = (point(400), encodings(401..408), secret_scalar(6));
    reports(|| {
        let position = Position::default();
        shuffle::shuffle_keys(&[8; 32], position, &generators, &base, &keys, &g, &mut secret_rng())
    })
}

fn shuffle_texts() -> usize {
    let generators = ShuffleGenerators::new(5);
    let (keys, rows) = (vec![point(410), point(411)], encodings(412..427));
    reports(|| {
        let position = Position::default();
        shuffle::shuffle_texts(&[8; 32], position, &generators, &keys, &rows, &mut secret_rng())
    })
}

fn vartime() -> usize {
    let secret = secret_scalar(5);
    reports(|| group::vartime_multiscalar_mul(&[*secret.expose()], &[group::GENERATOR]))
}

fn lookup() -> usize {
    let table = black_box([3u8; 256]);
    let mut place = [17u8];
    mark_secret(&mut place);
    reports(|| if table[usize::from(place[0])] == 3 { 1 } else { 2 })
}
