//! Verifying costs the server more than a wrong ballot costs its author. Who is in and sends ballots that do not
//! hold is let do so a few times, one after the other, and then once a minute; and what comes from there
//! is verified apart, so that finding the wrong one costs nobody else.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::refusal::{Refusal, Wait};
use crate::store::roll::AccountNumber;

/// Ballots of one account that may be under way, however few contests there are.
const AT_ONCE: u32 = 8;
/// Ballots that did not hold, after which one has to wait.
const WRONG: u32 = 10;
/// For how long.
const PAUSE: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
struct Record {
    under_way: u32,
    wrong: u32,
    until: Option<Instant>,
}

/// What is remembered of the accounts that cast.
#[derive(Debug)]
pub(super) struct Trust {
    records: Mutex<HashMap<AccountNumber, Record>>,
    at_once: u32,
}

/// A ballot that may be verified.
#[derive(Debug)]
pub(super) struct Admitted {
    trust: Arc<Trust>,
    account: AccountNumber,
    suspect: bool,
}

impl Trust {
    /// Where one voter may have so many ballots, all of which may come side by side.
    pub(super) fn new(contests: usize) -> Self {
        let at_once = u32::try_from(contests).unwrap_or(u32::MAX).max(AT_ONCE);
        Self { records: Mutex::default(), at_once }
    }

    fn records(&self) -> MutexGuard<'_, HashMap<AccountNumber, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a ballot of an account may be verified now.
    pub(super) fn admit(self: &Arc<Self>, account: AccountNumber, now: Instant) -> Result<Admitted, Refusal> {
        let mut records = self.records();
        let record = records.entry(account).or_default();
        if let Some(left) = record.until.and_then(|until| until.checked_duration_since(now)) {
            let seconds = u32::try_from(left.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            return Err(Refusal::Wait { why: Wait::Rate, seconds });
        }
        let suspect = record.wrong > 0;
        if record.under_way >= if suspect { 1 } else { self.at_once } {
            return Err(Refusal::BUSY);
        }
        record.under_way = record.under_way.saturating_add(1);
        Ok(Admitted { trust: Arc::clone(self), account, suspect })
    }
}

impl Admitted {
    /// Whether a ballot of this account has not held before.
    pub(super) fn is_suspect(&self) -> bool {
        self.suspect
    }

    /// It did not hold.
    pub(super) fn is_wrong(&self, now: Instant) {
        let mut records = self.trust.records();
        let record = records.entry(self.account).or_default();
        record.wrong = record.wrong.saturating_add(1);
        record.until = if record.wrong >= WRONG { now.checked_add(PAUSE) } else { None };
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut records = self.trust.records();
        if let Some(record) = records.get_mut(&self.account) {
            record.under_way = record.under_way.saturating_sub(1);
            if record.under_way == 0 && record.wrong == 0 {
                records.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_wrong_ballots_and_then_one_a_minute() {
        let trust = Arc::new(Trust::new(3));
        let now = Instant::now();
        for wrong in 0..WRONG {
            let ballot = trust.admit(7, now).unwrap();
            assert_eq!(ballot.is_suspect(), wrong > 0);
            ballot.is_wrong(now);
        }
        let later = |seconds| now + Duration::from_secs(seconds);
        let refused = trust.admit(7, later(1)).unwrap_err();
        assert_eq!(refused, Refusal::Wait { why: Wait::Rate, seconds: 60 });
        assert!(trust.admit(8, now).is_ok(), "others do not wait");
        trust.admit(7, later(61)).unwrap().is_wrong(later(61));
        assert!(trust.admit(7, later(62)).is_err());
        assert!(trust.admit(7, later(122)).is_ok());
    }

    #[test]
    fn only_so_many_are_under_way_and_nobody_is_remembered_for_nothing() {
        let trust = Arc::new(Trust::new(3));
        let now = Instant::now();
        let ballots: Vec<_> = (0..AT_ONCE).map(|_| trust.admit(7, now).unwrap()).collect();
        assert_eq!(trust.admit(7, now).unwrap_err(), Refusal::BUSY);
        ballots[0].is_wrong(now);
        drop(ballots);
        let one = trust.admit(7, now).unwrap();
        assert_eq!(trust.admit(7, now).unwrap_err(), Refusal::BUSY, "one after the other from then on");
        drop(one);
        drop(trust.admit(8, now).unwrap());
        assert_eq!(trust.records().len(), 1);
    }
}
