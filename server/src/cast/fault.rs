//! Where a test can let the act of casting stop dead, as a crash would.

#[cfg(feature = "test-util")]
use core::sync::atomic::{AtomicU8, Ordering};

/// A place between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Step {
    /// Nothing is written yet.
    Verified = 1,
    /// Marks and intent are written, the ballots are not.
    Marked = 2,
    /// The ballots are in the box, nobody has a promise.
    Stored = 3,
    /// Promises are out, the intent stands.
    Answered = 4,
    /// Nothing is verified yet.
    Received = 5,
}

impl Step {
    /// All at which the program may stop and leave something.
    pub const ALL: [Self; 4] = [Self::Verified, Self::Marked, Self::Stored, Self::Answered];
}

/// Stops nothing, unless a test asks for it.
#[derive(Debug, Default)]
pub struct Faults {
    #[cfg(feature = "test-util")]
    stop: AtomicU8,
    #[cfg(feature = "test-util")]
    panic: AtomicU8,
}

impl Faults {
    /// Lets whoever reaches a step stop there for good.
    #[cfg(feature = "test-util")]
    #[expect(clippy::as_conversions, reason = "the number of the step")]
    pub fn stop_at(&self, step: Step) {
        self.stop.store(step as u8, Ordering::SeqCst);
    }

    /// Lets whoever reaches a step next panic there.
    #[cfg(feature = "test-util")]
    #[expect(clippy::as_conversions, reason = "the number of the step")]
    pub fn panic_at(&self, step: Step) {
        self.panic.store(step as u8, Ordering::SeqCst);
    }

    /// Whether to stop here.
    #[cfg(feature = "test-util")]
    #[expect(clippy::as_conversions, reason = "the number of the step")]
    pub(super) fn stops(&self, step: Step) -> bool {
        let once = self.panic.compare_exchange(step as u8, 0, Ordering::SeqCst, Ordering::SeqCst);
        assert!(once.is_err(), "a test asked for it");
        self.stop.load(Ordering::SeqCst) == step as u8
    }

    #[cfg(not(feature = "test-util"))]
    #[expect(clippy::unused_self, reason = "it has nothing to look at")]
    pub(super) fn stops(&self, _: Step) -> bool {
        false
    }
}
