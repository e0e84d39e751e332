//! Medians of alternating runs, in processor time of the one thread that works.

use core::time::Duration;

use cpu_time::ThreadTime;

/// Rounds of which the median is taken.
pub const ROUNDS: usize = 7;

/// Processor time of `repeats` runs, divided by how many items they handle.
///
/// # Errors
/// Whatever the work returns: nothing that fails is timed.
pub fn seconds_per_item<E>(repeats: u32, items: u32, mut work: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    let start = ThreadTime::now();
    for _ in 0..repeats {
        work()?;
    }
    Ok(seconds(start.elapsed()) / f64::from(repeats) / f64::from(items))
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

/// The times of one operation, round by round.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds the time of one round.
    pub fn add(&mut self, seconds: f64) {
        self.0.push(seconds);
    }

    /// The middle one; `NaN` if there is none.
    #[must_use]
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The largest over the smallest: how quiet the machine was.
    #[must_use]
    pub fn spread(&self) -> f64 {
        let largest = self.0.iter().copied().fold(f64::NAN, f64::max);
        let smallest = self.0.iter().copied().fold(f64::NAN, f64::min);
        largest / smallest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_middle() {
        let mut samples = Samples::default();
        assert!(samples.median().is_nan());
        for time in [5.0, 1.0, 100.0, 2.0, 4.0, 3.0, 90.0] {
            samples.add(time);
        }
        assert_eq!(samples.median(), 4.0);
        assert_eq!(samples.spread(), 100.0);
    }

    #[test]
    fn passes_failures_on() {
        assert_eq!(seconds_per_item(1, 1, || Err("bad")), Err("bad"));
    }
}
