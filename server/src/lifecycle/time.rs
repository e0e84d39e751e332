//! Whether the time is believed. A machine with a wrong clock must neither begin nor end the voting: what a jump
//! reaches counts once witnesses say the same time, or staff does; and what cannot be taken back is done at a time that the
//! witnesses have just confirmed.

use core::time::Duration;
use std::sync::PoisonError;
use std::time::Instant;

use super::{Conductor, LifecycleError, start};
use crate::board::Told;
use crate::events::Event;
use crate::store::StoreError;

/// How often the witnesses are asked what they know of the logs.
const COMPARE: Duration = Duration::from_secs(60);

/// Seconds before an instant of the calendar from which on the witnesses are asked for the time.
const SOON: i64 = 60;
/// How often they are.
const ASK: Duration = Duration::from_secs(5);
/// For how long an answer is good.
const FRESH: Duration = Duration::from_secs(60);
/// For how long nothing is done by the clock while too few witnesses answer; and for how long it is if staff has
/// confirmed it.
const WAIT: Duration = Duration::from_secs(600);

/// What witnesses and staff have said of the clock.
#[derive(Debug, Default)]
pub(super) struct Trust {
    /// Something waits for their word.
    awaited: bool,
    asked: Option<Instant>,
    /// When a quorum agreed last.
    agreed: Option<Instant>,
    /// A quorum said another time last.
    contradicted: bool,
    /// Since when they are asked, too few answer, and none says another time.
    silent: Option<Instant>,
    /// When staff confirmed it last.
    confirmed: Option<Instant>,
}

fn within(at: Option<Instant>, time: Duration) -> bool {
    at.is_some_and(|at| at.elapsed() < time)
}

impl Trust {
    /// Whether what cannot be taken back may be done by the clock now.
    fn holds(&self) -> bool {
        let silent = within(self.asked, FRESH) && self.silent.is_some_and(|since| since.elapsed() >= WAIT);
        !self.contradicted && (within(self.agreed, FRESH) || within(self.confirmed, WAIT) || silent)
    }

    /// Takes note of an answer.
    fn hear(&mut self, told: Told, is_quorum: impl Fn(usize) -> bool) {
        if !within(self.asked.replace(Instant::now()), FRESH) {
            self.silent = None;
        }
        let agree = is_quorum(told.agree);
        let differ = !agree && is_quorum(told.differ);
        if agree {
            (self.agreed, self.awaited) = (self.asked, false);
        }
        if differ {
            (self.agreed, self.confirmed) = (None, None);
        }
        // Whoever has contradicted and says nothing now has not agreed.
        self.contradicted = differ || self.contradicted && !agree;
        let quiet = !agree && told.differ == 0;
        self.silent = if quiet { self.silent.or(self.asked) } else { None };
    }
}

/// What the clock said when it was looked at last.
pub(super) type Look = (Instant, i64);

impl Conductor {
    /// Notes the present time; one that was reached by a jump is in doubt instead.
    pub(super) async fn watch_clock(&self, now: i64) -> Result<(), StoreError> {
        let parts = &self.parts;
        self.notice_step(now);
        if let Some(since) = parts.lifecycle.doubted() {
            // Another instance is sure of it: it has noted a later time than the last one that is believed here.
            let latest = start::latest(&parts.store).await?;
            let alone = latest <= since || self.trust().contradicted;
            if alone || now.saturating_sub(latest) > start::JUMP || parts.lifecycle.would_turn(latest, now) {
                return Ok(());
            }
            parts.lifecycle.believe();
        }
        start::note_time(&parts.store, now).await
    }

    /// What there is to say to the witnesses, and to hear of them.
    pub(super) async fn meet_witnesses(&self) -> Result<(), StoreError> {
        let asked = self.trust().asked;
        if self.parts.lifecycle.doubted().is_some() || !within(asked, ASK) {
            self.ask_time().await?;
        }
        if self.leads() {
            self.parts.board.cosign().await?;
        }
        self.compare().await
    }

    /// Once a minute, and whenever a witness says that it knows more: stops if one proves it, or the databases do.
    async fn compare(&self) -> Result<(), StoreError> {
        {
            let mut compared = self.compared.lock().unwrap_or_else(PoisonError::into_inner);
            let alarm = self.parts.board.witnesses().iter().any(|witness| witness.ahead.is_some());
            if !alarm && compared.is_some_and(|at| at.elapsed() < COMPARE) {
                return Ok(());
            }
            *compared = Some(Instant::now());
        }
        self.refuse_old_copy().await
    }

    /// Stops if a witness holds a checkpoint that the log signed and the box does not know, or if marks or ballots
    /// have gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn refuse_old_copy(&self) -> Result<(), StoreError> {
        let compared = match self.parts.board.compare().await {
            Ok(()) => self.parts.cast.compare().await,
            error => error,
        };
        match compared {
            Err(StoreError::OldCopy { what }) => {
                tracing::error!(what, "no ballot is taken any more");
                self.parts.lifecycle.stop();
                Ok(())
            }
            other => other,
        }
    }

    fn notice_step(&self, now: i64) {
        let mut look = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = i64::try_from(look.0.elapsed().as_secs()).unwrap_or(i64::MAX);
        let expected = look.1.saturating_add(gone);
        if now.saturating_sub(expected) > start::JUMP && !self.parts.clock.is_moved() {
            self.parts.lifecycle.doubt(look.1);
        }
        *look = (Instant::now(), now);
    }

    fn trust(&self) -> std::sync::MutexGuard<'_, Trust> {
        self.trust.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there are witnesses who could say that the clock is wrong.
    fn compares(&self) -> bool {
        let parts = &self.parts;
        parts.election.election.manifest.witness_quorum > 0 && !parts.clock.is_moved()
    }

    /// Whether what cannot be taken back may be done by the clock now; if not, the witnesses are asked.
    pub(super) fn may_turn(&self) -> bool {
        if !self.compares() {
            return true;
        }
        let mut trust = self.trust();
        let holds = trust.holds();
        trust.awaited = !holds;
        holds
    }

    /// If the time is in doubt, or something begins or ends soon, asks the witnesses: as many as make a quorum have to
    /// agree with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_time(&self) -> Result<(), StoreError> {
        let parts = &self.parts;
        let soon = self.compares() && parts.lifecycle.turns_within(parts.clock.now(), SOON);
        let doubted = parts.lifecycle.doubted();
        if doubted.is_none() && !soon && !self.trust().awaited {
            return Ok(());
        }
        let told = self.hear_witnesses().await?;
        let now = parts.clock.now();
        let time = crate::board::utc;
        let Told { agree, differ, skew } = told;
        match doubted {
            Some(_) if parts.board.is_quorum(agree) => self.believe(format!("{agree} witnesses agree with it")).await,
            Some(since) => {
                tracing::warn!(since = time(since), now = time(now), agree, differ, "the time is in doubt");
                Ok(())
            }
            None if self.trust().contradicted => {
                // What has begun or ended since the time that they say has not.
                let since = now.saturating_add(skew.unwrap_or(0).min(0));
                parts.lifecycle.doubt(since);
                tracing::error!(now = time(now), skew, "witnesses say another time: nothing is begun or ended by ours");
                parts.events.append(Event::server("clock", format!("{differ} witnesses say another time"))).await
            }
            None => {
                if self.trust().awaited {
                    tracing::warn!(now = time(now), agree, differ, "what is due waits for witnesses who say the time");
                }
                Ok(())
            }
        }
    }

    async fn hear_witnesses(&self) -> Result<Told, StoreError> {
        let board = &self.parts.board;
        let told = board.ask_time().await?;
        if self.compares() {
            self.trust().hear(told, |witnesses| board.is_quorum(witnesses));
        }
        Ok(told)
    }

    /// Two of staff have compared the server's time with clocks of their own.
    ///
    /// # Errors
    /// [`LifecycleError::Clock`] if the machine itself contradicts it, or a quorum of witnesses.
    pub async fn confirm_clock(&self) -> Result<(), LifecycleError> {
        self.demand_health()?;
        if self.compares() {
            let told = self.hear_witnesses().await?;
            let mut trust = self.trust();
            // They were heard to contradict just now, and not only once.
            if !self.parts.board.is_quorum(told.agree) && self.parts.board.is_quorum(told.differ) {
                return Err(LifecycleError::Clock(told.skew.unwrap_or(0)));
            }
            (trust.contradicted, trust.confirmed) = (false, Some(Instant::now()));
        }
        Ok(self.believe("confirmed by staff".to_owned()).await?)
    }

    async fn believe(&self, why: String) -> Result<(), StoreError> {
        let parts = &self.parts;
        parts.lifecycle.believe();
        start::note_confirmed(&parts.store, parts.clock.now()).await?;
        parts.events.append(Event::server("clock", why)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(trust: &mut Trust, agree: usize, differ: usize) {
        trust.hear(Told { agree, differ, skew: None }, |witnesses| witnesses >= 2);
    }

    /// As if some time had gone by.
    fn ago(seconds: u64) -> Option<Instant> {
        Instant::now().checked_sub(Duration::from_secs(seconds))
    }

    #[test]
    fn r_tz_08_what_cannot_be_taken_back_waits_for_a_quorum_of_witnesses() {
        let mut trust = Trust::default();
        assert!(!trust.holds(), "nobody was asked");
        hear(&mut trust, 2, 0);
        assert!(trust.holds());
        hear(&mut trust, 0, 2);
        assert!(!trust.holds(), "they say another time");
        hear(&mut trust, 0, 0);
        (trust.silent, trust.confirmed) = (ago(700), Some(Instant::now()));
        assert!(!trust.holds(), "and have not taken it back");
        hear(&mut trust, 2, 1);
        assert!(trust.holds());
    }

    #[test]
    fn r_tz_08_witnesses_that_nobody_reaches_hold_it_up_for_ten_minutes() {
        let mut trust = Trust::default();
        hear(&mut trust, 1, 0);
        assert!(!trust.holds());
        trust.silent = ago(599);
        assert!(!trust.holds());
        trust.silent = ago(600);
        hear(&mut trust, 0, 0);
        assert!(trust.holds());
        hear(&mut trust, 0, 1);
        assert!(!trust.holds(), "one answers, and says another time");
        trust.confirmed = Some(Instant::now());
        assert!(trust.holds(), "two of staff know better than one witness");
        // What was in vain long ago counts for nothing.
        let mut trust = Trust { asked: ago(61), silent: ago(700), ..Trust::default() };
        assert!(!trust.holds());
        hear(&mut trust, 0, 0);
        assert!(!trust.holds());
    }
}
