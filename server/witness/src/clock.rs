//! The time, in seconds since 1970.

use core::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Seconds for which a log may show less than it showed before without an alarm: requests
/// overtake each other, and several machines are not brought up to date at once.
pub const PATIENCE: u64 = 600;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Seconds since 1970.
    fn now(&self) -> u64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}

/// For rehearsals: the machine's clock, moved by the seconds that stand in a file.
#[cfg(feature = "rehearsal")]
#[derive(Clone, Debug)]
pub struct FileClock(std::path::PathBuf);

#[cfg(feature = "rehearsal")]
impl FileClock {
    /// A clock moved by the number in the file; an absent file moves nothing.
    #[must_use]
    pub fn new(path: std::path::PathBuf) -> Self {
        Self(path)
    }
}

#[cfg(feature = "rehearsal")]
impl Clock for FileClock {
    fn now(&self) -> u64 {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        let offset = text.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0);
        SystemClock.now().saturating_add_signed(offset)
    }
}

/// A clock that stands until it is set.
#[derive(Debug, Default)]
pub struct SetClock(AtomicU64);

impl SetClock {
    /// Stands at a time.
    #[must_use]
    pub fn at(time: u64) -> Self {
        Self(AtomicU64::new(time))
    }

    /// Sets it.
    pub fn set(&self, time: u64) {
        self.0.store(time, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A time as people write it, in UTC.
#[must_use]
pub fn utc(time: u64) -> String {
    let stamp = i64::try_from(time).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    stamp.map_or_else(|| time.to_string(), |stamp| stamp.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_readable() {
        assert_eq!(utc(1_638_754_200), "2021-12-06T01:30:00Z");
        assert_eq!(utc(u64::MAX), u64::MAX.to_string());
        assert!(SystemClock.now() > 1_700_000_000);
    }

    #[cfg(feature = "rehearsal")]
    #[test]
    fn a_file_moves_the_clock_of_a_rehearsal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("offset");
        let clock = FileClock::new(path.clone());
        assert!(clock.now().abs_diff(SystemClock.now()) <= 1);
        std::fs::write(&path, "-86400 0\n").unwrap();
        assert!(clock.now().abs_diff(SystemClock.now() - 86_400) <= 1);
    }
}
