//! Phases: what may be done when (`spec/server.md`, Clock and phases). Pure functions of the time
//! and of three facts that are kept in the databases.

use std::sync::{PoisonError, RwLock};

use escrutinio_core::manifest::{CloseMode, Manifest};

use crate::refusal::Refusal;

/// Seconds by which the clocks of two instances may differ: who entered at the one may already be
/// at the other, for which that moment has not come.
const SKEW: i64 = 5;

/// Where the election is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Everything is loaded, nothing has begun.
    Loaded,
    /// The box was shown empty; voting begins by the clock.
    Opened,
    /// Voters come in and cast.
    Voting,
    /// Voting is over; sessions that began before may finish.
    Grace,
    /// No ballot is taken any more.
    Closed,
    /// The record is verified and public.
    Published,
}

impl Phase {
    /// Its name in the interface and in the acts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Opened => "opened",
            Self::Voting => "voting",
            Self::Grace => "grace",
            Self::Closed => "closed",
            Self::Published => "published",
        }
    }
}

/// The instants and rules that the manifest fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Voting begins.
    pub voting_start: i64,
    /// Nobody comes in from here on.
    pub voting_close: i64,
    /// No ballot is taken from here on: the end of reception, or the close itself where it is immediate.
    pub last: i64,
    /// The end of reception, before which no witness signs the closing checkpoint.
    pub reception_end: i64,
    /// Contact data can be changed until then.
    pub contact_updates_until: i64,
    /// Longest session, in seconds.
    pub session_seconds: i64,
}

impl Schedule {
    /// What a manifest says.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        let calendar = &manifest.calendar;
        let last = match manifest.policies.close_mode {
            CloseMode::Immediate => calendar.voting_close.min(calendar.reception_end),
            _ => calendar.reception_end,
        };
        Self {
            voting_start: calendar.voting_start,
            voting_close: calendar.voting_close,
            last,
            reception_end: calendar.reception_end,
            contact_updates_until: calendar.contact_updates_until,
            session_seconds: i64::from(manifest.policies.session_minutes).saturating_mul(60),
        }
    }
}

/// What has been done, as the databases keep it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The act *open* is done.
    pub opened: bool,
    /// The close is written down, or a signed exception has closed early.
    pub closed: bool,
    /// The act *publish* is done.
    pub published: bool,
}

/// What stands in the way of relying on the clock and on the databases.
#[derive(Clone, Copy, Debug, Default)]
struct Doubts {
    /// The last time that is believed; the present one was reached by a jump.
    since: Option<i64>,
    /// It is proved that a database is an old copy.
    old_copy: bool,
    /// Nothing is taken for a moment.
    held: bool,
}

/// Schedule and facts: what may be done now.
#[derive(Debug)]
pub struct Lifecycle {
    schedule: Schedule,
    facts: RwLock<Facts>,
    doubts: RwLock<Doubts>,
}

impl Lifecycle {
    /// A lifecycle at the point that the databases say.
    #[must_use]
    pub fn new(schedule: Schedule, facts: Facts) -> Self {
        Self { schedule, facts: RwLock::new(facts), doubts: RwLock::default() }
    }

    /// The instants.
    #[must_use]
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The facts.
    #[must_use]
    pub fn facts(&self) -> Facts {
        *self.facts.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what was written down. No fact is ever taken back.
    pub fn note(&self, facts: Facts) {
        let mut known = self.facts.write().unwrap_or_else(PoisonError::into_inner);
        known.opened |= facts.opened;
        known.closed |= facts.closed;
        known.published |= facts.published;
    }

    fn doubts(&self) -> Doubts {
        *self.doubts.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time has jumped, and the last one that is believed is this: until somebody confirms it, no
    /// instant of the calendar is passed.
    pub fn doubt(&self, since: i64) {
        self.doubts.write().unwrap_or_else(PoisonError::into_inner).since = Some(since);
    }

    /// The present time is right.
    pub fn believe(&self) {
        self.doubts.write().unwrap_or_else(PoisonError::into_inner).since = None;
    }

    /// The last time that is believed, if the present one is in doubt.
    #[must_use]
    pub fn doubted(&self) -> Option<i64> {
        self.doubts().since
    }

    /// A database is an old copy: nothing is taken any more.
    pub fn stop(&self) {
        self.doubts.write().unwrap_or_else(PoisonError::into_inner).old_copy = true;
    }

    /// Takes nothing, or takes again.
    pub fn hold(&self, held: bool) {
        self.doubts.write().unwrap_or_else(PoisonError::into_inner).held = held;
    }

    /// Whether it has come to that.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.doubts().old_copy
    }

    /// Whether an instant of the calendar lies between two times.
    fn passes(&self, from: i64, to: i64) -> bool {
        let Schedule { voting_start, voting_close, last, reception_end, .. } = self.schedule;
        [voting_start, voting_close, last, reception_end].iter().any(|instant| from < *instant && *instant <= to)
    }

    /// Whether something begins or ends by the clock within so many seconds.
    #[must_use]
    pub fn turns_within(&self, now: i64, seconds: i64) -> bool {
        self.would_turn(now, now.saturating_add(seconds))
    }

    /// Whether a time at which a program finds itself, after another that was the latest known, would begin or end
    /// something: a clock that is a few minutes ahead must not.
    #[must_use]
    pub fn would_turn(&self, latest: i64, now: i64) -> bool {
        let facts = self.facts();
        facts.opened && !facts.closed && self.passes(latest, now)
    }

    /// The time by which phases go; an error with the last one believed, if an instant of the calendar
    /// lies within the jump.
    fn believed(&self, now: i64) -> Result<i64, i64> {
        match self.doubted() {
            Some(since) if self.passes(since, now) => Err(since),
            _ => Ok(now),
        }
    }

    /// The phase at a time.
    #[must_use]
    pub fn phase(&self, now: i64) -> Phase {
        let (facts, schedule) = (self.facts(), &self.schedule);
        let now = self.believed(now).unwrap_or_else(|since| since);
        if facts.published {
            Phase::Published
        } else if facts.closed {
            Phase::Closed
        } else if !facts.opened {
            Phase::Loaded
        } else if now < schedule.voting_start {
            Phase::Opened
        } else if now < schedule.voting_close {
            Phase::Voting
        } else if now < schedule.last {
            Phase::Grace
        } else {
            Phase::Closed
        }
    }

    /// When a session that begins at `entry` ends.
    #[must_use]
    pub fn session_end(&self, entry: i64) -> i64 {
        entry.saturating_add(self.schedule.session_seconds).min(self.schedule.last)
    }

    /// Whether somebody may come in, or go on coming in.
    ///
    /// # Errors
    /// [`Refusal::NotOpen`] before voting, [`Refusal::Closed`] from the close on; [`Refusal::Clock`] if it is not
    /// certain which.
    pub fn may_enter(&self, now: i64) -> Result<(), Refusal> {
        self.reliable(now)?;
        match self.phase(now) {
            Phase::Loaded | Phase::Opened => Err(Refusal::NotOpen),
            Phase::Voting => Ok(()),
            Phase::Grace | Phase::Closed | Phase::Published => Err(Refusal::Closed),
        }
    }

    /// Whether anything can be decided at a time: whatever is closed stays closed.
    fn reliable(&self, now: i64) -> Result<(), Refusal> {
        let facts = self.facts();
        if facts.closed || facts.published || !facts.opened {
            return Ok(());
        }
        if self.is_stopped() || self.doubts().held {
            return Err(Refusal::Storage);
        }
        self.believed(now).map(drop).map_err(|_| Refusal::Clock)
    }

    /// Whether a session may do something: look, change contact data, cast.
    ///
    /// # Errors
    /// [`Refusal::NotOpen`], [`Refusal::Closed`], [`Refusal::SessionExpired`], or [`Refusal::Clock`].
    pub fn may_cast(&self, now: i64, session_start: i64, session_end: i64) -> Result<(), Refusal> {
        self.reliable(now)?;
        match self.phase(now) {
            Phase::Loaded | Phase::Opened => return Err(Refusal::NotOpen),
            Phase::Closed | Phase::Published => return Err(Refusal::Closed),
            Phase::Voting | Phase::Grace => {}
        }
        let end = session_end.min(self.session_end(session_start));
        if session_start >= self.schedule.voting_close || now < session_start.saturating_sub(SKEW) || now >= end {
            return Err(Refusal::SessionExpired);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 19:00 and 19:30 of a day on which voting is open from 08:00.
    const CLOSE: i64 = 19 * 3600;
    const START: i64 = 8 * 3600;

    fn at(hour: i64, minute: i64) -> i64 {
        hour * 3600 + minute * 60
    }

    fn lifecycle(last: i64) -> Lifecycle {
        let schedule = Schedule {
            voting_start: START,
            voting_close: CLOSE,
            last,
            reception_end: at(19, 30),
            contact_updates_until: at(12, 0),
            session_seconds: 1800,
        };
        Lifecycle::new(schedule, Facts { opened: true, ..Facts::default() })
    }

    fn grace() -> Lifecycle {
        lifecycle(at(19, 30))
    }

    fn cast(now: i64, entry: i64) -> Result<(), Refusal> {
        let lifecycle = grace();
        lifecycle.may_cast(now, entry, lifecycle.session_end(entry))
    }

    #[test]
    fn r_open_13_voting_starts_at_its_instant() {
        assert_eq!(grace().may_enter(START - 1), Err(Refusal::NotOpen));
        assert_eq!(grace().may_enter(START), Ok(()));
        let never_opened = Lifecycle::new(*grace().schedule(), Facts::default());
        assert_eq!(never_opened.may_enter(START), Err(Refusal::NotOpen));
        assert_eq!(never_opened.may_cast(START + 1, START, START + 1800), Err(Refusal::NotOpen));
    }

    #[test]
    fn r_close_01_voting_closes_by_the_clock() {
        assert_eq!(grace().phase(CLOSE - 1), Phase::Voting);
        assert_eq!(grace().phase(CLOSE), Phase::Grace);
        assert_eq!(grace().may_enter(CLOSE - 1), Ok(()));
        assert_eq!(grace().may_enter(CLOSE), Err(Refusal::Closed));
    }

    #[test]
    fn r_close_02_a_session_open_at_the_close_may_finish() {
        assert_eq!(cast(at(19, 20), at(18, 55)), Ok(()));
    }

    #[test]
    fn r_close_03_reception_ends_for_everyone() {
        let entry = CLOSE - 1;
        assert_eq!(cast(at(19, 29), entry), Ok(()));
        // The session of 18:59:59 would end at 19:29:59.
        assert_eq!(cast(at(19, 30) - 2, entry), Ok(()));
        assert_eq!(cast(at(19, 30) - 1, entry), Err(Refusal::SessionExpired));
        assert_eq!(cast(at(19, 30), entry), Err(Refusal::Closed));
        assert_eq!(grace().phase(at(19, 30)), Phase::Closed);
    }

    #[test]
    fn r_close_04_the_grace_is_the_sessions_own() {
        let entry = at(18, 40);
        assert_eq!(grace().session_end(entry), at(19, 10));
        assert_eq!(cast(at(19, 10) - 1, entry), Ok(()));
        assert_eq!(cast(at(19, 11), entry), Err(Refusal::SessionExpired));
        // A row that claims a later end gets none.
        assert_eq!(grace().may_cast(at(19, 11), entry, at(20, 0)), Err(Refusal::SessionExpired));
    }

    #[test]
    fn r_close_05_nobody_enters_after_the_close() {
        assert_eq!(grace().may_enter(at(19, 6)), Err(Refusal::Closed));
        assert_eq!(cast(at(19, 6), at(19, 5)), Err(Refusal::SessionExpired));
        assert_eq!(cast(CLOSE + 1, CLOSE), Err(Refusal::SessionExpired));
    }

    #[test]
    fn r_close_09_what_is_closed_stays_closed() {
        let lifecycle = grace();
        lifecycle.note(Facts { closed: true, ..Facts::default() });
        lifecycle.note(Facts { opened: true, ..Facts::default() });
        assert_eq!(lifecycle.phase(at(12, 0)), Phase::Closed);
        assert_eq!(lifecycle.may_cast(at(12, 0), at(11, 50), at(12, 20)), Err(Refusal::Closed));
        lifecycle.note(Facts { published: true, ..Facts::default() });
        assert_eq!(lifecycle.phase(at(12, 0)), Phase::Published);
    }

    #[test]
    fn a_jump_passes_no_instant_of_the_calendar() {
        let lifecycle = grace();
        let week = CLOSE + 7 * 86_400;
        lifecycle.doubt(at(12, 0));
        assert_eq!(lifecycle.phase(week), Phase::Voting);
        assert_eq!(lifecycle.may_enter(week), Err(Refusal::Clock));
        assert_eq!(lifecycle.may_cast(week, week - 60, week + 1800), Err(Refusal::Clock));
        // Where it passes none it changes nothing.
        assert_eq!(lifecycle.may_enter(at(13, 0)), Ok(()));
        lifecycle.believe();
        assert_eq!((lifecycle.phase(week), lifecycle.may_enter(week)), (Phase::Closed, Err(Refusal::Closed)));
        // Nor does a clock that is ahead begin the voting.
        let lifecycle = grace();
        lifecycle.doubt(START - 3600);
        assert_eq!((lifecycle.phase(START), lifecycle.may_enter(START)), (Phase::Opened, Err(Refusal::Clock)));
        // What was written down needs no clock.
        lifecycle.note(Facts { closed: true, ..Facts::default() });
        assert_eq!(lifecycle.may_enter(START), Err(Refusal::Closed));
    }

    #[test]
    fn an_old_copy_takes_nothing() {
        let lifecycle = grace();
        lifecycle.stop();
        assert_eq!(lifecycle.may_enter(START), Err(Refusal::Storage));
        assert_eq!(lifecycle.may_cast(START, START, START + 1800), Err(Refusal::Storage));
    }

    #[test]
    fn r_close_12_an_immediate_close_cuts_sessions() {
        let lifecycle = lifecycle(CLOSE);
        let entry = at(18, 55);
        assert_eq!(lifecycle.session_end(entry), CLOSE);
        assert_eq!(lifecycle.may_cast(CLOSE - 1, entry, CLOSE), Ok(()));
        assert_eq!(lifecycle.may_cast(CLOSE, entry, CLOSE), Err(Refusal::Closed));
        assert_eq!(lifecycle.phase(CLOSE), Phase::Closed);
    }

    #[test]
    fn r_auth_08_a_session_lasts_thirty_minutes() {
        let entry = at(10, 0);
        assert_eq!(cast(entry + 29 * 60 + 59, entry), Ok(()));
        assert_eq!(cast(entry + 30 * 60, entry), Err(Refusal::SessionExpired));
        assert_eq!(cast(entry + 30 * 60 + 1, entry), Err(Refusal::SessionExpired));
    }

    #[test]
    fn a_session_of_an_instance_whose_clock_is_ahead_is_good() {
        let entry = at(10, 0);
        assert_eq!(cast(entry - SKEW, entry), Ok(()));
        assert_eq!(cast(entry - SKEW - 1, entry), Err(Refusal::SessionExpired));
    }
}
