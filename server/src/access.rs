//! Access: from a link or a user name to a session (`spec/server.md`, Access).
//!
//! Read in this order:
//!
//! 1. [`api`]: what goes in and out;
//! 2. `attempt`: what was proved so far, carried by the client, sealed;
//! 3. `steps`, `login`, `factor`: the steps, each in one transaction;
//! 4. [`session`]: whoever is past both factors;
//! 5. `contact`: new addresses and numbers; `help`: what the desk can do;
//! 6. `rows`: the statements; `code`, [`totp`]: codes; [`address`], [`place`]: limits by address.
//!
//! A try that is compared with a secret is counted in the transaction that compares it. Transactions of
//! one account come one after the other, so requests sent at the same time gain no tries.

pub mod address;
pub mod api;
mod attempt;
mod code;
mod contact;
pub mod counts;
mod factor;
#[cfg(feature = "fuzzing")]
#[allow(clippy::missing_panics_doc, reason = "a finding is a panic")]
pub(crate) mod fuzzing;
mod help;
mod login;
pub mod place;
mod rows;
pub mod rules;
pub mod secret;
pub mod session;
mod steps;
pub mod totp;

use core::fmt;
use core::net::IpAddr;
use std::sync::Arc;

use escrutinio_core::encoding::{Decode, Encode};
use zeroize::Zeroizing;

use self::address::AddressLimits;
use self::api::{Caller, KdfAnswer};
use self::attempt::{Attempt, Stage};
use self::counts::{Counted, Counts};
pub use self::help::Resend;
use self::place::PlaceGate;
use self::rows::{Rows, Stop};
pub use self::rules::{AccessSettings, Rules, RulesError};
use self::secret::Secret;
use crate::clock::{Clock, ClockHealth};
use crate::delivery::Delivery;
use crate::events::EventLog;
use crate::keys::ServerKeys;
use crate::phase::Lifecycle;
use crate::random;
use crate::refusal::{Refusal, Wait};
use crate::store::roll::{AccountNumber, AccountRow};
use crate::store::{BoxFuture, Database, Person, StoreError};

/// Argon2id as the page computes it: memory in KiB, passes, lanes.
pub const KDF: (u32, u32, u32) = (19_456, 2, 1);
/// Wrong tries before an account is locked, and digits of one link.
const TRIES: i64 = 5;
/// Seconds of the first lock; each that follows is twice as long.
const LOCK: i64 = 900;
/// Longest user name, in bytes: nobody has a longer one.
const USER: usize = 64;

/// What access is put together from.
#[derive(Debug)]
pub struct AccessParts {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The keys of the server.
    pub keys: Arc<ServerKeys>,
    /// The roll.
    pub roll: Database,
    /// What may be done when.
    pub lifecycle: Arc<Lifecycle>,
    /// What the manifest and the configuration say.
    pub rules: Rules,
    /// Sends codes and notices.
    pub delivery: Delivery,
    /// Where it is written how much was done, and that contact data changed.
    pub events: Arc<EventLog>,
}

/// Lets voters in. Copies are the same service.
#[derive(Clone)]
pub struct AccessService {
    clock: Arc<dyn Clock>,
    keys: Arc<ServerKeys>,
    roll: Database,
    lifecycle: Arc<Lifecycle>,
    rules: Arc<Rules>,
    delivery: Delivery,
    addresses: Arc<AddressLimits>,
    place: Arc<PlaceGate>,
    counts: Arc<Counts>,
}

impl fmt::Debug for AccessService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessService(..)")
    }
}

impl AccessService {
    /// Puts it together.
    #[must_use]
    pub fn new(parts: AccessParts) -> Self {
        let settings = &parts.rules.settings;
        Self {
            addresses: Arc::new(AddressLimits::new(settings.wrong_tries_per_minute)),
            place: Arc::new(PlaceGate::new(parts.rules.geo_gate, settings.domestic.clone())),
            clock: parts.clock,
            keys: parts.keys,
            roll: parts.roll,
            lifecycle: parts.lifecycle,
            rules: Arc::new(parts.rules),
            delivery: parts.delivery,
            counts: Arc::new(Counts::new(Arc::clone(&parts.events))),
        }
    }

    /// How many did what; never who.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What sends codes and notices.
    #[must_use]
    pub fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// The time, if somebody may come in from there now.
    fn enter(&self, caller: &Caller) -> Result<i64, Refusal> {
        if let ClockHealth::Unusable { .. } = self.clock.health() {
            return Err(Refusal::Clock);
        }
        let now = self.clock.now();
        self.lifecycle.may_enter(now)?;
        self.addresses.admit(caller.address)?;
        if self.place.domestic(caller.address) {
            self.counts.add(Counted::Domestic);
            if self.place.enforced() {
                return Err(Refusal::Place);
            }
        }
        Ok(now)
    }

    /// What somebody who got it wrong is told; it counts against the address.
    fn wrong(&self, address: IpAddr, why: Refusal) -> Refusal {
        self.addresses.wrong(address);
        self.counts.add(Counted::Wrong);
        why
    }

    /// Counts against the address what was a wrong try.
    fn judge<T>(&self, address: IpAddr, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
        outcome.map_err(|why| match why {
            Refusal::Link | Refusal::Digits | Refusal::Code | Refusal::Credentials => self.wrong(address, why),
            other => other,
        })
    }

    fn seal_attempt(&self, account: AccountNumber, generation: i64, now: i64, stage: Stage) -> Secret {
        let attempt = Attempt { account, generation, expires: now.saturating_add(attempt::LIFETIME), stage };
        let plain = Zeroizing::new(attempt.to_bytes());
        Secret::encode(&self.keys.access().seal(b"attempt", &plain, &mut random::system()))
    }

    fn open_attempt(&self, sealed: &Secret, now: i64) -> Result<Attempt, Refusal> {
        let bytes = sealed.decode().ok_or(Refusal::Attempt)?;
        let plain = self.keys.access().open(b"attempt", &bytes).map_err(|_| Refusal::Attempt)?;
        let attempt = Attempt::from_bytes(&plain).map_err(|_| Refusal::Attempt)?;
        if now < attempt.expires { Ok(attempt) } else { Err(Refusal::Attempt) }
    }

    /// Salt and cost for a user name, whether it exists or not: no database is asked.
    #[must_use]
    pub fn derivation(&self, user: &str) -> KdfAnswer {
        let mac = self.keys.access().mac("salt", user.as_bytes());
        let salt = mac.first_chunk::<16>().copied().unwrap_or_default();
        let (memory_kib, passes, lanes) = KDF;
        KdfAnswer { salt: Secret::encode(&salt).expose().to_owned(), memory_kib, passes, lanes }
    }

    /// Runs a step within one transaction of the roll. A refusal is written as well: it counted a try.
    async fn step<T: Send + 'static>(
        &self,
        job: impl for<'c> FnOnce(Rows<'c>) -> BoxFuture<'c, Result<T, Stop>> + Send + 'static,
    ) -> Result<T, Refusal> {
        let counts = Arc::clone(&self.counts);
        let outcome = self.roll.run(move |connection| {
            Box::pin(async move {
                match job(Rows { connection, counts }).await {
                    Ok(value) => Ok(Ok(value)),
                    Err(Stop::Refused(why)) => Ok(Err(why)),
                    Err(Stop::Store(error)) => Err(error),
                }
            })
        });
        outcome.await.map_err(|error| store_failed(&error))?
    }

    fn person(&self, row: &AccountRow) -> Result<Person, Refusal> {
        open_person(&self.keys, row)
    }
}

fn open_person(keys: &ServerKeys, row: &AccountRow) -> Result<Person, Refusal> {
    // One damaged row is no reason to fail the transactions of others.
    Person::open(keys.roll(), row.account, &row.person).map_err(|error| store_failed(&error))
}

fn store_failed(error: &StoreError) -> Refusal {
    tracing::error!(%error, "the roll");
    error.clone().into()
}

/// Refuses while an account is locked.
fn unlocked(row: &AccountRow, now: i64) -> Result<(), Refusal> {
    match u32::try_from(row.locked_until.saturating_sub(now)) {
        Err(_) | Ok(0) => Ok(()),
        Ok(seconds) => Err(Refusal::Wait { why: Wait::Locked, seconds }),
    }
}

/// The account of an attempt that has not ended.
async fn current(rows: &mut Rows<'_>, attempt: &Attempt, now: i64) -> Result<AccountRow, Stop> {
    rows.hold(attempt.account).await?;
    let row = rows.account(attempt.account).await?.ok_or(Refusal::Attempt)?;
    unlocked(&row, now)?;
    if row.generation == attempt.generation { Ok(row) } else { Err(Refusal::Attempt.into()) }
}
