//! Limits by address, in memory: who gets too much wrong has to wait. Limits by account are in the
//! database, as the instances share them.

use core::net::IpAddr;
use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::place::plain;
use crate::refusal::{Refusal, Wait};

/// For how long an address has to wait.
const PAUSE: Duration = Duration::from_secs(60);
/// Networks that are remembered before those of the past are forgotten.
const REMEMBERED: usize = 65_536;

/// The network that an address counts for: what one customer or one building has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Neighbourhood {
    /// 24 bits.
    V4([u8; 3]),
    /// 56 bits.
    V6([u8; 7]),
}

impl Neighbourhood {
    /// Of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match plain(address) {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                Self::V4([a, b, c])
            }
            IpAddr::V6(v6) => {
                let [a, b, c, d, e, f, g, ..] = v6.octets();
                Self::V6([a, b, c, d, e, f, g])
            }
        }
    }
}

/// Counts wrong tries.
#[derive(Debug)]
pub struct AddressLimits {
    wrong: DefaultKeyedRateLimiter<Neighbourhood>,
    waiting: Mutex<HashMap<Neighbourhood, Instant>>,
}

impl AddressLimits {
    /// So many wrong tries a minute.
    #[must_use]
    pub fn new(per_minute: NonZeroU32) -> Self {
        Self { wrong: RateLimiter::keyed(Quota::per_minute(per_minute)), waiting: Mutex::default() }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Neighbourhood, Instant>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an address may try.
    ///
    /// # Errors
    /// [`Wait::Rate`]
    pub fn admit(&self, address: IpAddr) -> Result<(), Refusal> {
        let until = self.waiting().get(&Neighbourhood::of(address)).copied();
        match until.and_then(|until| until.checked_duration_since(Instant::now())) {
            None => Ok(()),
            Some(left) => {
                let seconds = u32::try_from(left.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
                Err(Refusal::Wait { why: Wait::Rate, seconds })
            }
        }
    }

    /// Takes note of a wrong try.
    pub fn wrong(&self, address: IpAddr) {
        let network = Neighbourhood::of(address);
        if self.wrong.check_key(&network).is_err() {
            let now = Instant::now();
            let mut waiting = self.waiting();
            if waiting.len() >= REMEMBERED {
                waiting.retain(|_, until| *until > now);
            }
            if let Some(until) = now.checked_add(PAUSE) {
                waiting.insert(network, until);
            }
        }
        if self.wrong.len() >= REMEMBERED {
            self.wrong.retain_recent();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> AddressLimits {
        AddressLimits::new(NonZeroU32::new(3).unwrap())
    }

    fn at(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn r_auth_16_an_address_with_many_wrong_tries_waits() {
        let limits = limits();
        for _ in 0..3 {
            limits.wrong(at("198.51.100.1"));
            assert_eq!(limits.admit(at("198.51.100.1")), Ok(()));
        }
        limits.wrong(at("198.51.100.77"));
        for near in ["198.51.100.1", "198.51.100.200", "::ffff:198.51.100.3"] {
            let wait = limits.admit(at(near)).unwrap_err();
            assert_eq!((wait.name(), wait.status()), ("too-many-requests", 429));
            assert!((1..=60).contains(&wait.retry_after().unwrap()));
        }
        assert_eq!(limits.admit(at("198.51.101.1")), Ok(()), "another network");
    }

    #[test]
    fn a_customer_of_ipv6_has_56_bits() {
        let limits = limits();
        for n in 0..4 {
            limits.wrong(at(&format!("2001:db8:0:1{n}::1")));
        }
        assert!(limits.admit(at("2001:db8:0:1f::9")).is_err());
        assert_eq!(limits.admit(at("2001:db8:0:100::9")), Ok(()));
    }
}
