//! Time. Nothing in the server asks the operating system for it but here.

use core::fmt::Debug;
use core::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Seconds by which the machine's clock may differ from ours before the state is red.
const RED: u64 = 2;
/// Seconds by which it may differ before nobody is let in.
const REFUSE: u64 = 60;

/// How far the machine's clock is from the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockHealth {
    /// They agree.
    Good,
    /// They differ by so many seconds: to be looked at.
    Red {
        /// The machine's clock less ours.
        offset: i64,
    },
    /// They differ so much that neither can be relied on: logins and casts are refused.
    Unusable {
        /// The machine's clock less ours.
        offset: i64,
    },
}

impl ClockHealth {
    /// The judgement on an offset in seconds.
    #[must_use]
    pub fn of(offset: i64) -> Self {
        let seconds = offset.unsigned_abs();
        if seconds <= RED {
            Self::Good
        } else if seconds <= REFUSE {
            Self::Red { offset }
        } else {
            Self::Unusable { offset }
        }
    }
}

/// Tells the time.
pub trait Clock: Send + Sync + Debug {
    /// Seconds since 1970. Never less than what it said before.
    fn now(&self) -> i64;

    /// Whether it can be relied on.
    fn health(&self) -> ClockHealth;

    /// Whether somebody moves it on purpose, so that its jumps are right: in rehearsals.
    fn is_moved(&self) -> bool {
        false
    }
}

/// The machine's time when the program started, plus a monotonic clock.
#[derive(Debug)]
pub struct ServerClock {
    start: i64,
    since: Instant,
}

fn machine_time() -> i64 {
    let seconds = |d: core::time::Duration| i64::try_from(d.as_secs()).unwrap_or(i64::MAX);
    // A machine set to a time before 1970 is refused by the high-water mark.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, seconds)
}

impl ServerClock {
    /// Takes the machine's time for right, now and never again.
    #[must_use]
    pub fn start() -> Self {
        Self { start: machine_time(), since: Instant::now() }
    }
}

impl Clock for ServerClock {
    fn now(&self) -> i64 {
        self.start.saturating_add(i64::try_from(self.since.elapsed().as_secs()).unwrap_or(i64::MAX))
    }

    fn health(&self) -> ClockHealth {
        ClockHealth::of(machine_time().saturating_sub(self.now()))
    }
}

/// A clock that tests set.
#[derive(Debug)]
pub struct ManualClock {
    now: AtomicI64,
    offset: AtomicI64,
    moved: AtomicBool,
}

impl ManualClock {
    /// A clock that stands still.
    #[must_use]
    pub fn at(now: i64) -> Self {
        Self { now: AtomicI64::new(now), offset: AtomicI64::new(0), moved: AtomicBool::new(true) }
    }

    /// Sets the time.
    pub fn set(&self, now: i64) {
        self.now.store(now, Ordering::SeqCst);
    }

    /// Lets some seconds go by.
    pub fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Makes it a clock that nobody moves on purpose: its jumps are faults.
    pub fn let_run(&self) {
        self.moved.store(false, Ordering::SeqCst);
    }

    /// Makes the machine's clock differ.
    pub fn set_offset(&self, offset: i64) {
        self.offset.store(offset, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    fn health(&self) -> ClockHealth {
        ClockHealth::of(self.offset.load(Ordering::SeqCst))
    }

    fn is_moved(&self) -> bool {
        self.moved.load(Ordering::SeqCst)
    }
}

#[cfg(feature = "rehearsal")]
pub use rehearsal::FileClock;

#[cfg(feature = "rehearsal")]
mod rehearsal {
    use core::time::Duration;
    use std::path::{Path, PathBuf};
    use std::sync::Mutex;
    use std::time::Instant;

    use super::{Clock, ClockHealth, ServerClock};

    /// For rehearsals: the server's clock, moved by the seconds that stand in a file. A second number
    /// there is by how many the machine's clock is made to differ: the server must notice, not follow. The
    /// word `fault` after it says that the first number is a fault too, and not what somebody wants.
    #[derive(Debug)]
    pub struct FileClock {
        clock: ServerClock,
        path: PathBuf,
        read: Mutex<Read>,
    }

    #[derive(Clone, Copy, Debug, Default)]
    struct Read {
        at: Option<Instant>,
        offset: i64,
        step: i64,
        fault: bool,
    }

    impl FileClock {
        /// A clock moved by the number in the file; an absent file moves nothing.
        #[must_use]
        pub fn new(path: &Path) -> Self {
            Self { clock: ServerClock::start(), path: path.to_path_buf(), read: Mutex::default() }
        }

        fn read(&self) -> Read {
            let mut read = self.read.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if read.at.is_none_or(|at| at.elapsed() >= Duration::from_millis(100)) {
                let text = std::fs::read_to_string(&self.path).unwrap_or_default();
                let mut words = text.split_whitespace();
                let mut number = || words.next().and_then(|number| number.parse().ok());
                let (offset, step) = (number().unwrap_or(read.offset), number().unwrap_or(0));
                *read = Read { at: Some(Instant::now()), offset, step, fault: words.next() == Some("fault") };
            }
            *read
        }
    }

    impl Clock for FileClock {
        fn now(&self) -> i64 {
            self.clock.now().saturating_add(self.read().offset)
        }

        fn health(&self) -> ClockHealth {
            match self.clock.health() {
                ClockHealth::Good => ClockHealth::of(self.read().step),
                other => other,
            }
        }

        fn is_moved(&self) -> bool {
            !self.read().fault
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_tz_08_a_step_of_the_machine_is_seen() {
        let clock = ManualClock::at(1_000);
        for (offset, health) in [
            (0, ClockHealth::Good),
            (-2, ClockHealth::Good),
            (3, ClockHealth::Red { offset: 3 }),
            (-60, ClockHealth::Red { offset: -60 }),
            (61, ClockHealth::Unusable { offset: 61 }),
            (i64::MIN, ClockHealth::Unusable { offset: i64::MIN }),
        ] {
            clock.set_offset(offset);
            assert_eq!(clock.health(), health);
            assert_eq!(clock.now(), 1_000);
        }
    }

    #[cfg(feature = "rehearsal")]
    #[test]
    fn a_file_moves_the_clock_of_a_rehearsal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("offset");
        for (text, offset, health, moved) in [
            ("", 0, ClockHealth::Good, true),
            ("-3600\n", -3600, ClockHealth::Good, true),
            ("100 -61", 100, ClockHealth::Unusable { offset: -61 }, true),
            ("100 0 fault", 100, ClockHealth::Good, false),
        ] {
            std::fs::write(&path, text).unwrap();
            let clock = FileClock::new(&path);
            assert!((clock.now() - machine_time() - offset).abs() <= 1);
            assert_eq!(clock.health(), health);
            assert_eq!(clock.is_moved(), moved);
        }
    }

    #[test]
    fn the_servers_clock_goes_forward() {
        let clock = ServerClock::start();
        assert!(clock.now() > 1_700_000_000);
        assert_eq!(clock.health(), ClockHealth::Good);
        let moved = ServerClock { start: clock.start - 61, since: clock.since };
        assert!(matches!(moved.health(), ClockHealth::Unusable { offset: 61.. }));
    }
}
