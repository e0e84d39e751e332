//! How far a verification is, told at most a hundred times a phase.

use escrutinio_core::verify::{Phase, Progress};

/// The name of a phase for the page.
#[must_use]
pub fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Credentials => "credentials",
        Phase::Mixes => "mixes",
        Phase::Ballots => "ballots",
        Phase::Texts => "texts",
        Phase::Receipts => "receipts",
        Phase::Sums => "sums",
    }
}

/// Counts steps and tells every hundredth part.
pub struct Steps<F> {
    tell: F,
    phase: &'static str,
    total: u64,
    done: u64,
    told: u64,
}

impl<F> core::fmt::Debug for Steps<F> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Steps({}, {} of {})", self.phase, self.done, self.total)
    }
}

impl<F: FnMut(&'static str, u64, u64)> Steps<F> {
    /// Tells phase, steps done and all steps of the phase.
    pub fn new(tell: F) -> Self {
        Self { tell, phase: "", total: 0, done: 0, told: 0 }
    }
}

impl<F: FnMut(&'static str, u64, u64)> Progress for Steps<F> {
    fn start(&mut self, phase: Phase, total: u64) {
        (self.phase, self.total, self.done, self.told) = (phase_name(phase), total, 0, 0);
        (self.tell)(self.phase, 0, total);
    }

    fn advance(&mut self, steps: u64) {
        self.done = self.done.saturating_add(steps);
        if self.done.saturating_sub(self.told) >= self.total / 100 {
            self.told = self.done;
            (self.tell)(self.phase, self.done, self.total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_every_hundredth_part() {
        let mut told = Vec::new();
        let mut steps = Steps::new(|phase, done, total| told.push((phase, done, total)));
        steps.start(Phase::Ballots, 1000);
        (0..1000).for_each(|_| steps.advance(1));
        steps.start(Phase::Sums, 3);
        (0..3).for_each(|_| steps.advance(1));
        assert_eq!(told.len(), 1 + 100 + 1 + 3);
        assert_eq!(
            (told[0], told[1], told[100]),
            (("ballots", 0, 1000), ("ballots", 10, 1000), ("ballots", 1000, 1000))
        );
        assert_eq!(told.last(), Some(&("sums", 3, 3)));
    }
}
