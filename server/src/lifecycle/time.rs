//! Whether the time is believed. A machine that starts with a wrong clock must neither begin nor end the
//! voting: what a jump reaches counts once witnesses say the same time, or staff does.

use core::time::Duration;
use std::sync::PoisonError;
use std::time::Instant;

use super::{Conductor, LifecycleError, start};
use crate::events::Event;
use crate::store::StoreError;

/// How often the witnesses are asked what they know of the logs.
const COMPARE: Duration = Duration::from_secs(60);

/// What the clock said when it was looked at last.
pub(super) type Look = (Instant, i64);

impl Conductor {
    /// Notes the present time; one that was reached by a jump is in doubt instead.
    pub(super) async fn watch_clock(&self, now: i64) -> Result<(), StoreError> {
        let parts = &self.parts;
        self.notice_step(now);
        if parts.lifecycle.doubted().is_some() {
            // Another instance is sure of it.
            let latest = start::latest(&parts.store).await?;
            if now.saturating_sub(latest) > start::JUMP || parts.lifecycle.would_turn(latest, now) {
                return Ok(());
            }
            parts.lifecycle.believe();
        }
        start::note_time(&parts.store, now).await
    }

    /// What there is to say to the witnesses, and to hear of them.
    pub(super) async fn meet_witnesses(&self) -> Result<(), StoreError> {
        self.ask_time().await?;
        if self.leads() {
            self.parts.board.cosign().await?;
        }
        self.compare().await
    }

    /// Once a minute, and whenever a witness says that it knows more: stops if one proves it.
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

    /// Stops if a witness holds a checkpoint that the log signed and the box does not know.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn refuse_old_copy(&self) -> Result<(), StoreError> {
        match self.parts.board.compare().await {
            Err(StoreError::Refused { what }) => {
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

    /// If the time is in doubt, asks the witnesses: as many as make a quorum have to agree with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_time(&self) -> Result<(), StoreError> {
        let parts = &self.parts;
        let Some(since) = parts.lifecycle.doubted() else { return Ok(()) };
        let agree = parts.board.ask_time().await?;
        if !parts.board.is_quorum(agree) {
            let (since, now) = (crate::board::utc(since), crate::board::utc(parts.clock.now()));
            tracing::warn!(since, now, agree, "the time is in doubt: too few witnesses agree with it");
            return Ok(());
        }
        self.believe(format!("{agree} witnesses agree with it")).await
    }

    /// Staff has compared the server's time with a clock of their own.
    ///
    /// # Errors
    /// [`LifecycleError::Clock`] if the machine itself contradicts it.
    pub async fn confirm_clock(&self) -> Result<(), LifecycleError> {
        self.demand_health()?;
        Ok(self.believe("confirmed by staff".to_owned()).await?)
    }

    async fn believe(&self, why: String) -> Result<(), StoreError> {
        let parts = &self.parts;
        parts.lifecycle.believe();
        start::note_time(&parts.store, parts.clock.now()).await?;
        parts.events.append(Event::server("clock", why)).await
    }
}
