//! How often what happened: within the hour, for the log of events. Nothing here says who. The figures since the start
//! are shown to nobody: who looks every second would see when each came.

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use crate::events::EventLog;

macro_rules! counted {
    ($($(#[$doc:meta])* $variant:ident $name:literal;)*) => {
        /// What is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Counted { $($(#[$doc])* $variant,)* }

        impl Counted {
            /// All of it.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name in the metrics and the events.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        /// The counters.
        #[derive(Debug)]
        #[expect(non_snake_case, reason = "each is named by what it counts")]
        pub struct Counts {
            events: Arc<EventLog>,
            statements: AtomicU64,
            hashes: AtomicU64,
            $($variant: AtomicU64,)*
        }

        impl Counts {
            pub(super) fn new(events: Arc<EventLog>) -> Self {
                let (statements, hashes) = (AtomicU64::default(), AtomicU64::default());
                Self { events, statements, hashes, $($variant: AtomicU64::default(),)* }
            }

            fn of(&self, what: Counted) -> &AtomicU64 {
                match what { $(Counted::$variant => &self.$variant,)* }
            }
        }
    };
}

counted! {
    /// Links opened.
    Links "links";
    /// Digits that were right.
    Digits "digits";
    /// Second factors that were right.
    Factors "factors";
    /// Passwords set on first access.
    Passwords "passwords";
    /// Passwords recovered.
    Recovered "recovered";
    /// Codes sent to telephones.
    Messages "messages";
    /// Codes sent by e-mail.
    Mails "mails";
    /// Wrong tries.
    Wrong "wrong";
    /// Accounts and links locked.
    Locks "locks";
    /// Sessions begun.
    Sessions "sessions";
    /// Sessions ended by their voter.
    Logouts "logouts";
    /// Contact data changed.
    Contacts "contacts";
    /// Entries from within the territory, where that is noted or refused.
    Domestic "domestic";
}

impl Counts {
    /// One more.
    pub(super) fn add(&self, what: Counted) {
        self.of(what).fetch_add(1, Ordering::Relaxed);
        self.events.count(what.name());
    }

    /// How many since the start, for tests.
    #[must_use]
    pub fn value(&self, what: Counted) -> u64 {
        self.of(what).load(Ordering::Relaxed)
    }

    pub(super) fn statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn hash(&self) {
        self.hashes.fetch_add(1, Ordering::Relaxed);
    }

    /// Statements sent to the roll, and hashes computed, for what clients sent: with both of them a test compares
    /// what an account costs that exists with one that does not.
    #[must_use]
    pub fn effort(&self) -> (u64, u64) {
        (self.statements.load(Ordering::Relaxed), self.hashes.load(Ordering::Relaxed))
    }
}
