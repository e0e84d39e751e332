//! How often what happened since the program started: for the events of every hour and the metrics.
//! Nothing here says who.

use core::sync::atomic::{AtomicU64, Ordering};

/// One counter.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// All of them.
#[derive(Debug, Default)]
pub struct Counts {
    /// Links opened.
    pub links: Count,
    /// Digits that were right.
    pub digits: Count,
    /// Second factors that were right.
    pub factors: Count,
    /// Passwords set on first access.
    pub passwords: Count,
    /// Passwords recovered.
    pub recovered: Count,
    /// Codes sent by message.
    pub sms: Count,
    /// Codes sent by e-mail.
    pub mails: Count,
    /// Wrong tries.
    pub wrong: Count,
    /// Accounts locked.
    pub locks: Count,
    /// Sessions begun.
    pub sessions: Count,
    /// Sessions ended by their voter.
    pub logouts: Count,
    /// Contact data changed.
    pub contacts: Count,
    /// Entries from within the territory, where that is noted or refused.
    pub domestic: Count,
    /// Statements sent to the roll by these steps.
    pub statements: Count,
    /// Hashes computed over what clients sent.
    pub hashes: Count,
}

impl Counts {
    /// Names and values, for the log of events and the metrics.
    #[must_use]
    pub fn all(&self) -> [(&'static str, u64); 13] {
        [
            ("links", self.links.value()),
            ("digits", self.digits.value()),
            ("factors", self.factors.value()),
            ("passwords", self.passwords.value()),
            ("recovered", self.recovered.value()),
            ("sms", self.sms.value()),
            ("mails", self.mails.value()),
            ("wrong", self.wrong.value()),
            ("locks", self.locks.value()),
            ("sessions", self.sessions.value()),
            ("logouts", self.logouts.value()),
            ("contacts", self.contacts.value()),
            ("domestic", self.domestic.value()),
        ]
    }
}
