//! Latencies, counted and shown.

use core::time::Duration;
use std::collections::BTreeMap;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

/// What one measurement gave.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// Microseconds, one a success; sorted once they are all there.
    pub(crate) times: Vec<u32>,
    /// What went wrong, and how often.
    pub(crate) faults: BTreeMap<String, u64>,
    /// How long it took in all.
    pub(crate) took: Duration,
}

impl Figures {
    pub(crate) fn success(&mut self, took: Duration) {
        self.times.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    pub(crate) fn fault(&mut self, what: String) {
        let count = self.faults.entry(what).or_default();
        *count = count.saturating_add(1);
    }

    /// Takes another worker's figures.
    pub(crate) fn add(&mut self, other: Self) {
        self.times.extend(other.times);
        for (what, count) in other.faults {
            let sum = self.faults.entry(what).or_default();
            *sum = sum.saturating_add(count);
        }
    }

    /// All are there: sorts, and notes how long it took.
    pub(crate) fn end(mut self, took: Duration) -> Self {
        self.times.sort_unstable();
        self.took = took;
        self
    }

    pub(crate) fn done(&self) -> usize {
        self.times.len()
    }

    pub(crate) fn errors(&self) -> u64 {
        self.faults.values().sum()
    }

    pub(crate) fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.times.len()).unwrap_or(u32::MAX)) / self.took.as_secs_f64().max(0.001)
    }

    /// The time within which so many of a thousand were answered, in milliseconds.
    fn within(&self, of_a_thousand: usize) -> f64 {
        let place = self.times.len().saturating_mul(of_a_thousand).div_ceil(1000).saturating_sub(1);
        f64::from(self.times.get(place).copied().unwrap_or(0)) / 1000.0
    }

    pub(crate) fn latencies(&self) -> String {
        let [p50, p95, p99, most] = [500, 950, 990, 1000].map(|part| self.within(part));
        format!("p50 {p50:.1} ms, p95 {p95:.1} ms, p99 {p99:.1} ms, longest {most:.1} ms")
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "done": self.done(),
            "errors": self.errors(),
            "seconds": self.took.as_secs_f64(),
            "per_second": self.per_second(),
            "p50_ms": self.within(500),
            "p95_ms": self.within(950),
            "p99_ms": self.within(990),
            "longest_ms": self.within(1000),
        })
    }
}

/// A figure of the report.
pub(crate) fn line(what: &str, value: impl core::fmt::Display) {
    println!("   {what:<24} {value}");
}

/// A bar for something that takes a while.
pub(crate) fn bar(total: u64, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("   {msg} {bar:30} {pos}/{len} ({per_sec}, {eta})");
    ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rank() {
        let mut figures = Figures::default();
        (1..=200u64).rev().for_each(|n| figures.success(Duration::from_millis(n)));
        figures.fault("x".to_owned());
        let figures = figures.end(Duration::from_secs(2));
        assert_eq!((figures.within(500), figures.within(990), figures.within(1000)), (100.0, 198.0, 200.0));
        assert_eq!((figures.per_second(), figures.errors()), (100.0, 1));
    }
}
