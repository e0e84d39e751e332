//! Lists of credential keys and of encrypted texts, shuffled and verified.

use core::error::Error;
use core::fmt;
use std::path::Path;
use std::process::Command;

use escrutinio_core::group::{ElementBytes, compress, hash_to_element};
use escrutinio_core::point::Point;
use escrutinio_core::proof::shuffle::{
    MemorySource, Relation, ShuffleGenerators, ShuffleStatement, ShuffledKeys, ShuffledTexts, shuffle_keys,
    shuffle_texts,
};
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::transcript::Position;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};

use crate::timing::{Samples, seconds_per_item};

/// Rows of the lists measured, if nothing else is asked for.
pub const ROWS: u32 = 10_000;
/// Keys of the texts measured: rows of four points.
const TEXTS: usize = 3;
const CONTEXT: [u8; 32] = [1; 32];

/// Lists to shuffle.
#[derive(Debug)]
pub struct Lists {
    generators: ShuffleGenerators,
    base: Point,
    text_keys: Vec<Point>,
    keys: Vec<ElementBytes>,
    texts: Vec<ElementBytes>,
    rng: ChaCha20Rng,
}

impl Lists {
    /// Lists of this many rows.
    #[must_use]
    pub fn new(rows: u32) -> Self {
        let point = |label: &[u8], number: u32| hash_to_element(&[b"bench", label, &number.to_le_bytes()]);
        let texts = u32::try_from(TEXTS + 1).unwrap_or(u32::MAX);
        Self {
            generators: ShuffleGenerators::new(rows),
            base: Point::new(point(b"base", 0)),
            text_keys: (1..texts).map(|k| Point::new(point(b"text key", k))).collect(),
            keys: (0..rows).map(|row| compress(&point(b"key", row))).collect(),
            texts: (0..rows.saturating_mul(texts)).map(|place| compress(&point(b"text", place))).collect(),
            rng: ChaCha20Rng::seed_from_u64(3),
        }
    }

    /// Shuffles the keys and proves it.
    ///
    /// # Errors
    /// If they cannot be shuffled.
    pub fn shuffle_keys(&mut self) -> Result<ShuffledKeys, Box<dyn Error>> {
        let g = SecretScalar::generate(&mut self.rng);
        let (position, rng) = (Position::default(), &mut self.rng);
        Ok(shuffle_keys(&CONTEXT, position, &self.generators, &self.base, &self.keys, &g, rng)?)
    }

    /// Shuffles the texts and proves it.
    ///
    /// # Errors
    /// If they cannot be shuffled.
    pub fn shuffle_texts(&mut self) -> Result<ShuffledTexts, Box<dyn Error>> {
        let (position, rng) = (Position::default(), &mut self.rng);
        Ok(shuffle_texts(&CONTEXT, position, &self.generators, &self.text_keys, &self.texts, rng)?)
    }

    /// Verifies shuffled keys.
    ///
    /// # Errors
    /// If the proof does not hold.
    pub fn verify_keys(&mut self, shuffled: &ShuffledKeys) -> Result<(), Box<dyn Error>> {
        let relation = Relation::Keys { base: &self.base, image: &shuffled.base };
        let statement = ShuffleStatement { context: &CONTEXT, position: Position::default(), relation };
        let source = MemorySource { input: &self.keys, output: &shuffled.keys, proof: &shuffled.proof };
        Ok(statement.verify(&self.generators, &source, &mut self.rng)?)
    }

    /// Verifies shuffled texts.
    ///
    /// # Errors
    /// If the proof does not hold.
    pub fn verify_texts(&mut self, shuffled: &ShuffledTexts) -> Result<(), Box<dyn Error>> {
        let relation = Relation::Texts { keys: &self.text_keys };
        let statement = ShuffleStatement { context: &CONTEXT, position: Position::default(), relation };
        let source = MemorySource { input: &self.texts, output: &shuffled.rows, proof: &shuffled.proof };
        Ok(statement.verify(&self.generators, &source, &mut self.rng)?)
    }
}

/// Medians, in seconds per row.
#[derive(Clone, Debug)]
pub struct Costs {
    rows: u32,
    /// What each step is called, for readers and for machines, and its median.
    steps: Vec<(&'static str, &'static str, f64)>,
}

const STEPS: [(&str, &str); 5] = [
    ("hash generators", "generators_us"),
    ("shuffle and prove, a key", "prove_key_us"),
    ("verify, a key", "verify_key_us"),
    ("shuffle and prove, a text of four points", "prove_text_us"),
    ("verify, a text of four points", "verify_text_us"),
];

/// Ciphertexts of one message and of three, as many as a text has, generators included.
const PEER_STEPS: [(&str, &str); 4] = [
    ("peer: shuffle and prove, width 1", "peer_prove_1_us"),
    ("peer: verify, width 1", "peer_verify_1_us"),
    ("peer: shuffle and prove, width 3", "peer_prove_3_us"),
    ("peer: verify, width 3", "peer_verify_3_us"),
];

/// Runs a peer's program (`benches/peers/`): seconds per row of proving and verifying.
fn run_peer(program: &Path, rows: u32, width: u32) -> Result<[f64; 2], Box<dyn Error>> {
    let output = Command::new(program)
        .args([rows.to_string(), width.to_string()])
        // One thread, as everything here.
        .env("RAYON_NUM_THREADS", "1")
        .output()?;
    let json: Value = serde_json::from_slice(&output.stdout)?;
    let field = |name: &str| json.get(name).and_then(Value::as_f64).map(|us| us / 1e6).ok_or("the peer gave no figure");
    Ok([field("prove")?, field("verify")?])
}

impl Costs {
    /// Measures lists of this many rows, taking turns with a peer's program if there is one.
    ///
    /// # Errors
    /// If anything measured fails.
    pub fn measure(rows: u32, peer: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        // Long lists are an average of themselves.
        let rounds = if rows > ROWS { 1 } else { 3 };
        let mut samples: [Samples; 5] = Default::default();
        let mut peer_samples: [Samples; 4] = Default::default();
        let mut lists = Lists::new(rows);
        for _ in 0..rounds {
            let [make, prove_keys, verify_keys, prove_texts, verify_texts] = &mut samples;
            make.add(seconds_per_item(1, rows, || {
                core::hint::black_box(ShuffleGenerators::new(rows));
                Ok::<_, Box<dyn Error>>(())
            })?);
            let mut keys = None;
            prove_keys.add(seconds_per_item(1, rows, || lists.shuffle_keys().map(|done| keys = Some(done)))?);
            let keys = keys.ok_or("no keys")?;
            verify_keys.add(seconds_per_item(1, rows, || lists.verify_keys(&keys))?);
            let mut texts = None;
            prove_texts.add(seconds_per_item(1, rows, || lists.shuffle_texts().map(|done| texts = Some(done)))?);
            let texts = texts.ok_or("no texts")?;
            verify_texts.add(seconds_per_item(1, rows, || lists.verify_texts(&texts))?);
            if let Some(program) = peer {
                let figures = [run_peer(program, rows, 1)?, run_peer(program, rows, 3)?];
                peer_samples.iter_mut().zip(figures.as_flattened()).for_each(|(sample, figure)| sample.add(*figure));
            }
        }
        let ours = STEPS.into_iter().zip(&samples);
        let theirs = PEER_STEPS.into_iter().zip(&peer_samples).filter(|_| peer.is_some());
        let steps = ours.chain(theirs).map(|((name, field), samples)| (name, field, samples.median())).collect();
        Ok(Self { rows, steps })
    }

    /// For machines.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut json = json!({ "rows": self.rows });
        for (_, field, seconds) in &self.steps {
            if let Some(object) = json.as_object_mut() {
                object.insert((*field).to_owned(), json!(seconds * 1e6));
            }
        }
        json
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Shuffles of {} rows, us a row", self.rows)?;
        for (name, _, seconds) in &self.steps {
            writeln!(f, "  {name:<50}{:>12.1}", seconds * 1e6)?;
        }
        Ok(())
    }
}
