//! One table: this protocol and its peer, run by run in turn, in one process.

use core::error::Error;
use core::fmt;

use escrutinio_core::tally::Sum;
use serde_json::{Value, json};

use crate::ballots::{BATCH, Contest};
use crate::machine;
use crate::peer::Peer;
use crate::shuffles::Costs;
use crate::tally::{BALLOTS, Tally};
use crate::timing::{ROUNDS, Samples, seconds_per_item};

/// Numbers of options measured.
pub const OPTIONS: [usize; 4] = [13, 17, 41, 127];
/// Ballots of the peer that one run verifies.
const PEER_BALLOTS: u32 = 24;

/// Medians, in seconds.
#[derive(Clone, Debug)]
pub struct Row {
    options: usize,
    bytes: usize,
    encrypt: f64,
    verify_single: f64,
    verify_batched: f64,
    /// Largest over smallest time of the batched verification.
    spread: f64,
    aggregate: f64,
    decrypt: f64,
    verify_decryption: f64,
    open: f64,
    peer_bytes: usize,
    peer_encrypt: f64,
    peer_verify: f64,
}

impl Row {
    /// Measures contests of this many options.
    ///
    /// # Errors
    /// If anything measured fails.
    pub fn measure(options: usize) -> Result<Self, Box<dyn Error>> {
        let batch = u32::try_from(BATCH)?;
        let mut contest = Contest::new(options);
        let encoded = contest.cast_many(BATCH)?;
        let decoded = contest.decode(&encoded)?;
        let first = encoded.first().ok_or("no ballots")?;
        let single = core::slice::from_ref(first);
        let credential = contest.credential();
        let mut peer = Peer::new(options);
        let peer_encoded = peer.encrypt_many(usize::try_from(PEER_BALLOTS)?)?;
        let mut tally = Tally::new(options)?;
        let partials = (0..3).map(|place| tally.decrypt(place)).collect::<Result<Vec<_>, _>>()?;
        let partial = partials.first().ok_or("no partial decryption")?;

        let mut samples: [Samples; 9] = Default::default();
        for _ in 0..ROUNDS {
            let [batched, peer_verify, alone, encrypt, peer_encrypt, aggregate, decrypt, verify, open] = &mut samples;
            batched.add(seconds_per_item(1, batch, || contest.verify(&encoded))?);
            peer_verify.add(seconds_per_item(1, PEER_BALLOTS, || peer.verify(&peer_encoded))?);
            alone.add(seconds_per_item(24, 1, || contest.verify(single))?);
            encrypt.add(seconds_per_item(12, 1, || contest.encrypt(0, &credential).map(drop))?);
            peer_encrypt.add(seconds_per_item(12, 1, || {
                core::hint::black_box(peer.encrypt(0));
                Ok::<_, Box<dyn Error>>(())
            })?);
            aggregate.add(seconds_per_item(8, batch, || {
                let mut sum = Sum::empty(options);
                decoded.iter().for_each(|ballot| sum.add(&ballot.body));
                core::hint::black_box(&sum);
                Ok::<_, Box<dyn Error>>(())
            })?);
            decrypt.add(seconds_per_item(12, 1, || tally.decrypt(0).map(drop))?);
            verify.add(seconds_per_item(24, 1, || tally.verify(0, partial))?);
            open.add(seconds_per_item(4, 1, || tally.open(&partials))?);
        }
        let [batched, peer_verify, alone, encrypt, peer_encrypt, aggregate, decrypt, verify, open] = &samples;
        Ok(Self {
            options,
            bytes: first.len(),
            encrypt: encrypt.median(),
            verify_single: alone.median(),
            verify_batched: batched.median(),
            spread: batched.spread(),
            aggregate: aggregate.median(),
            decrypt: decrypt.median(),
            verify_decryption: verify.median(),
            open: open.median(),
            peer_bytes: peer.ballot_bytes(),
            peer_encrypt: peer_encrypt.median(),
            peer_verify: peer_verify.median(),
        })
    }

    fn json(&self) -> Value {
        json!({
            "options": self.options,
            "ballot_bytes": self.bytes,
            "encrypt_ms": milliseconds(self.encrypt),
            "verify_single_ms": milliseconds(self.verify_single),
            "verify_batched_ms": milliseconds(self.verify_batched),
            "verify_batched_spread": self.spread,
            "aggregate_us": milliseconds(self.aggregate) * 1e3,
            "decrypt_one_custodian_ms": milliseconds(self.decrypt),
            "verify_one_custodian_ms": milliseconds(self.verify_decryption),
            "combine_and_logarithms_ms": milliseconds(self.open),
            "peer": {
                "ballot_bytes": self.peer_bytes,
                "encrypt_ms": milliseconds(self.peer_encrypt),
                "verify_ms": milliseconds(self.peer_verify),
            },
            "peer_over_ours_verify": self.peer_verify / self.verify_batched,
        })
    }
}

fn milliseconds(seconds: f64) -> f64 {
    seconds * 1e3
}

/// All rows, and where they were measured.
#[derive(Clone, Debug)]
pub struct Table {
    processor: String,
    backend: &'static str,
    decompression: f64,
    rows: Vec<Row>,
    shuffles: Costs,
}

impl Table {
    /// Measures contests of these numbers of options, and shuffles of so many rows.
    ///
    /// # Errors
    /// If anything measured fails.
    pub fn measure(options: &[usize], shuffled: u32) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            processor: machine::processor(),
            backend: machine::backend(),
            decompression: machine::decompression(),
            rows: options.iter().map(|n| Row::measure(*n)).collect::<Result<_, _>>()?,
            shuffles: Costs::measure(shuffled, None)?,
        })
    }

    /// For machines.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "processor": self.processor,
            "backend": self.backend,
            "threads": 1,
            "rounds": ROUNDS,
            "batch": BATCH,
            "tally_ballots": BALLOTS,
            "peer": "elastic-elgamal 0.4.0-beta.1",
            "decompression_us": milliseconds(self.decompression) * 1e3,
            "rows": self.rows.iter().map(Row::json).collect::<Vec<_>>(),
            "shuffles": self.shuffles.json(),
        })
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, name: &str, value: impl Fn(&Row) -> String) -> fmt::Result {
        write!(f, "{name:<52}")?;
        for row in &self.rows {
            write!(f, "{:>12}", value(row))?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |seconds: f64| format!("{:.3}", milliseconds(seconds));
        writeln!(f, "{}, {} arithmetic, one thread", self.processor, self.backend)?;
        writeln!(
            f,
            "one decompression: {:.2} us; median of {ROUNDS} alternating runs",
            milliseconds(self.decompression) * 1e3
        )?;
        writeln!(f)?;
        self.line(f, "options", |row| row.options.to_string())?;
        writeln!(f, "Escrutinio, with write-in and signature")?;
        self.line(f, "  ballot, bytes", |row| row.bytes.to_string())?;
        self.line(f, "  encrypt and prove, ms", |row| ms(row.encrypt))?;
        self.line(f, "  decode and verify, alone, ms", |row| ms(row.verify_single))?;
        self.line(f, &format!("  decode and verify, {BATCH} together, ms each"), |row| ms(row.verify_batched))?;
        self.line(f, "    slowest run over fastest", |row| format!("{:.2}", row.spread))?;
        self.line(f, "  aggregate, us per ballot", |row| format!("{:.2}", milliseconds(row.aggregate) * 1e3))?;
        self.line(f, "  decrypt, one custodian, ms", |row| ms(row.decrypt))?;
        self.line(f, "  verify one custodian, ms", |row| ms(row.verify_decryption))?;
        self.line(f, &format!("  combine three, find counts among {BALLOTS}, ms"), |row| ms(row.open))?;
        writeln!(f, "elastic-elgamal 0.4.0-beta.1, single choice")?;
        self.line(f, "  ballot, bytes", |row| row.peer_bytes.to_string())?;
        self.line(f, "  encrypt and prove, ms", |row| ms(row.peer_encrypt))?;
        self.line(f, "  decode and verify, ms", |row| ms(row.peer_verify))?;
        self.line(f, "its verification over ours", |row| format!("{:.1}", row.peer_verify / row.verify_batched))?;
        write!(f, "{}", self.shuffles)
    }
}
