//! Lists of credential keys and of encrypted texts, shuffled and verified.

use core::error::Error;
use core::fmt;

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
    steps: [(&'static str, &'static str, f64); 5],
}

impl Costs {
    /// Measures lists of this many rows.
    ///
    /// # Errors
    /// If anything measured fails.
    pub fn measure(rows: u32) -> Result<Self, Box<dyn Error>> {
        // Long lists are an average of themselves.
        let rounds = if rows > ROWS { 1 } else { 3 };
        let mut samples: [Samples; 5] = Default::default();
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
        }
        let names = [
            ("hash generators", "generators_us"),
            ("shuffle and prove, a key", "prove_key_us"),
            ("verify, a key", "verify_key_us"),
            ("shuffle and prove, a text of four points", "prove_text_us"),
            ("verify, a text of four points", "verify_text_us"),
        ];
        let mut medians = samples.iter().map(Samples::median);
        Ok(Self { rows, steps: names.map(|(name, field)| (name, field, medians.next().unwrap_or(f64::NAN))) })
    }

    /// For machines.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut json = json!({ "rows": self.rows });
        for (_, field, seconds) in self.steps {
            if let Some(object) = json.as_object_mut() {
                object.insert(field.to_owned(), json!(seconds * 1e6));
            }
        }
        json
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Shuffles of {} rows, us a row", self.rows)?;
        for (name, _, seconds) in self.steps {
            writeln!(f, "  {name:<50}{:>12.1}", seconds * 1e6)?;
        }
        Ok(())
    }
}
