//! How far a verification is, on the terminal's error stream.

use std::io::{IsTerminal, Write, stderr};
use std::time::Instant;

use escrutinio_core::verify::{Phase, Progress};

/// Bars with speed; silent where nobody watches.
#[derive(Debug)]
pub(crate) struct Bars {
    shown: bool,
    spanish: bool,
    name: &'static str,
    total: u64,
    done: u64,
    began: Instant,
    painted: Instant,
}

impl Bars {
    /// Bars if the error stream is a terminal and `wanted`.
    #[must_use]
    pub(crate) fn new(wanted: bool, spanish: bool) -> Self {
        let now = Instant::now();
        let shown = wanted && stderr().is_terminal();
        Self { shown, spanish, name: "", total: 0, done: 0, began: now, painted: now }
    }

    fn paint(&mut self) {
        self.painted = Instant::now();
        let seconds = self.began.elapsed().as_secs().max(1);
        let tenths = self.done.saturating_mul(20).checked_div(self.total).unwrap_or(20).min(20);
        let bar: String = (0..20).map(|i| if i < tenths { '█' } else { '░' }).collect();
        let speed = self.done / seconds;
        let _ = write!(stderr(), "\r\x1b[K{bar} {} {}/{} ({speed}/s)", self.name, self.done, self.total);
    }

    /// Clears the line.
    pub(crate) fn finish(&self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

impl Progress for Bars {
    fn start(&mut self, phase: Phase, total: u64) {
        self.name = match (phase, self.spanish) {
            (Phase::Credentials, true) => "credenciales",
            (Phase::Credentials, false) => "credentials",
            (Phase::Mixes, true) => "mezclas de credenciales",
            (Phase::Mixes, false) => "credential mixes",
            (Phase::Ballots, true) => "boletas",
            (Phase::Ballots, false) => "ballots",
            (Phase::Texts, true) => "textos",
            (Phase::Texts, false) => "texts",
            (Phase::Receipts, true) => "recibos",
            (Phase::Receipts, false) => "receipts",
            (Phase::Sums, true) => "bytes de huellas",
            (Phase::Sums, false) => "bytes of hashes",
        };
        (self.total, self.done, self.began) = (total, 0, Instant::now());
    }

    fn advance(&mut self, steps: u64) {
        self.done = self.done.saturating_add(steps);
        if self.shown && self.painted.elapsed().as_millis() > 100 {
            self.paint();
        }
    }
}
