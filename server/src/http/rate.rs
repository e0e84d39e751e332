//! How often one network may ask (R-SEC-15). In memory: nothing of an address is kept.

use core::net::IpAddr;
use core::num::NonZeroU32;
use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::connections::Client;
use super::problem::Problem;
use crate::access::address::Neighbourhood;
use crate::refusal::{Refusal, Wait};

/// After so many requests networks that were quiet are forgotten.
const SWEEP: u32 = 65_536;

/// Counts the requests of each network.
#[derive(Clone)]
pub(super) struct Rates(Arc<Shared>);

struct Shared {
    limiter: RateLimiter<Neighbourhood, DashMapStateStore<Neighbourhood>, DefaultClock>,
    seen: AtomicU32,
}

impl Rates {
    pub(super) fn new(per_minute: u32) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        Self(Arc::new(Shared { limiter: RateLimiter::dashmap(quota), seen: AtomicU32::new(0) }))
    }

    /// Whether one more is allowed.
    fn admit(&self, address: IpAddr) -> Result<(), Refusal> {
        if self.0.seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP) {
            self.0.limiter.retain_recent();
        }
        self.0.limiter.check_key(&Neighbourhood::of(address)).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            Refusal::Wait { why: Wait::Rate, seconds }
        })
    }
}

/// Refuses what is too much.
pub(super) async fn limit(
    State(rates): State<Rates>,
    Extension(Client(address)): Extension<Client>,
    request: Request,
    next: Next,
) -> Response {
    match rates.admit(address) {
        Ok(()) => next.run(request).await,
        Err(refusal) => Problem(refusal).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_sec_15_one_network_does_not_use_up_another() {
        let rates = Rates::new(10);
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        for n in 0..10 {
            assert_eq!(rates.admit(address(&format!("192.0.2.{n}"))), Ok(()));
        }
        let refused = rates.admit(address("::ffff:192.0.2.200")).unwrap_err();
        assert!(matches!(refused, Refusal::Wait { why: Wait::Rate, seconds: 1..=7 }), "{refused:?}");
        assert_eq!(rates.admit(address("192.0.3.1")), Ok(()));
    }
}
