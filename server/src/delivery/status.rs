//! How deliveries go, in numbers: for the desk, the metrics and the health of the server.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::Mutex;

use serde::Serialize;
use utoipa::ToSchema;

use super::carrier::DeliveryError;

/// Failures in a row after which a channel counts as down.
const DOWN: u32 = 3;

/// Whether a channel works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It does.
    Up,
    /// What was tried last failed, several times in a row.
    Down,
    /// So much is waiting that nothing more is taken.
    Full,
}

/// How one channel does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChannelStatus {
    /// Whether it works.
    pub health: Health,
    /// Messages on their way.
    pub waiting: u64,
    /// Messages that were taken.
    pub sent: u64,
    /// Attempts that failed and were repeated.
    pub repeated: u64,
    /// Messages that were given up.
    pub failed: u64,
    /// Messages that were not taken, as too many were waiting.
    pub refused: u64,
    /// Why the last one that failed did.
    pub last_failure: Option<String>,
}

/// How both do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryStatus {
    /// E-mail.
    pub mail: ChannelStatus,
    /// Messages to telephones.
    pub sms: ChannelStatus,
}

/// The counters of one channel.
#[derive(Debug, Default)]
pub(super) struct Counters {
    sent: AtomicU64,
    repeated: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    in_a_row: AtomicU32,
    last: Mutex<Option<DeliveryError>>,
}

impl Counters {
    pub(super) fn sent(&self) {
        self.sent.fetch_add(1, Relaxed);
        self.in_a_row.store(0, Relaxed);
    }

    pub(super) fn repeated(&self, why: DeliveryError) {
        self.repeated.fetch_add(1, Relaxed);
        self.note(why, true);
    }

    /// `down`: whether it speaks against the channel, not the message alone.
    pub(super) fn failed(&self, why: DeliveryError, down: bool) {
        self.failed.fetch_add(1, Relaxed);
        self.note(why, down);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    fn note(&self, why: DeliveryError, down: bool) {
        if down {
            self.in_a_row.fetch_add(1, Relaxed);
        }
        if let Ok(mut last) = self.last.lock() {
            *last = Some(why);
        }
    }

    pub(super) fn status(&self, waiting: usize, full: bool) -> ChannelStatus {
        let down = self.in_a_row.load(Relaxed) >= DOWN;
        ChannelStatus {
            health: if full {
                Health::Full
            } else if down {
                Health::Down
            } else {
                Health::Up
            },
            waiting: u64::try_from(waiting).unwrap_or(u64::MAX),
            sent: self.sent.load(Relaxed),
            repeated: self.repeated.load(Relaxed),
            failed: self.failed.load(Relaxed),
            refused: self.refused.load(Relaxed),
            last_failure: self.last.lock().ok().and_then(|last| last.map(|why| why.to_string())),
        }
    }
}
