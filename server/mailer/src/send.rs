//! All messages of an outbox, in their order, with patience: what is not taken now is tried again
//! later, what is refused for good is not.

use core::time::Duration;
use std::thread::sleep;
use std::time::{Instant, SystemTime};

use lettre::Address;

use crate::error::{Error, Result};
use crate::journal::{Event, Journal, State};
use crate::message::prepare;
use crate::outbox::Outbox;
use crate::relay::{Connection, Delivery, Relay, Trouble};

/// How fast, and how patient.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Shortest time between two messages.
    pub interval: Duration,
    /// Pause after the first connection that failed; every further one doubles it, to a minute.
    pub reconnect: Duration,
    /// Connections in succession that may fail.
    pub connections: u32,
    /// Pause before messages that were deferred are tried again; every round doubles it, to fifteen
    /// minutes.
    pub later: Duration,
    /// How often a message is tried.
    pub rounds: u32,
    /// Refusals in succession after which it is the relay and not the addresses.
    pub refusals: u32,
}

impl Pace {
    /// So many messages a minute.
    #[must_use]
    pub fn per_minute(messages: u32) -> Self {
        Self {
            interval: Duration::from_secs(60).checked_div(messages).unwrap_or_default(),
            reconnect: Duration::from_secs(1),
            connections: 10,
            later: Duration::from_secs(30),
            rounds: 8,
            refusals: 25,
        }
    }
}

fn doubled(first: Duration, times: u32, most: Duration) -> Duration {
    first.saturating_mul(2u32.saturating_pow(times)).min(most)
}

/// One run.
struct Run<'a> {
    outbox: &'a Outbox,
    journal: &'a mut Journal,
    relay: &'a Relay,
    from: &'a Address,
    pace: Pace,
    connection: Option<Connection>,
    broken: u32,
    refused: u32,
    next: Instant,
}

/// Sends every message that stands as pending in the journal. `progress` is told how many of how
/// many are done.
///
/// # Errors
/// If the journal cannot be written, or the relay cannot be reached or takes nothing from us.
/// What was done until then stands in the journal.
pub fn send(
    outbox: &Outbox,
    journal: &mut Journal,
    relay: &Relay,
    from: &Address,
    pace: Pace,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    let mut run =
        Run { outbox, journal, relay, from, pace, connection: None, broken: 0, refused: 0, next: Instant::now() };
    let outcome = run.rounds(progress);
    if let Some(connection) = run.connection.take() {
        connection.quit();
    }
    outcome
}

impl Run<'_> {
    fn rounds(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
        let mut queue: Vec<u32> =
            (1..=self.outbox.messages).filter(|number| self.journal.entry(*number).state == State::Pending).collect();
        let all = u64::try_from(queue.len()).unwrap_or(u64::MAX);
        let mut done = 0u64;
        for round in 0..self.pace.rounds {
            let mut later = Vec::new();
            for number in queue {
                if self.one(number)? {
                    done = done.saturating_add(1);
                    progress(done, all);
                } else {
                    later.push(number);
                }
            }
            queue = later;
            if queue.is_empty() || round.saturating_add(1) == self.pace.rounds {
                break;
            }
            // No relay keeps a connection open for so long.
            if let Some(connection) = self.connection.take() {
                connection.quit();
            }
            sleep(doubled(self.pace.later, round, Duration::from_secs(15 * 60)));
        }
        Ok(())
    }

    /// Tries one message until the relay has answered, or may have taken it. False if it is to be
    /// tried again later.
    fn one(&mut self, number: u32) -> Result<bool> {
        let message = match prepare(&self.outbox.read(number)?, self.from, SystemTime::now()) {
            Ok(message) => message,
            Err(unfit) => {
                self.journal.append(number, &Event::Failed(unfit.word().to_owned()))?;
                return Ok(true);
            }
        };
        loop {
            sleep(self.next.saturating_duration_since(Instant::now()));
            let mut connection = match self.connection.take().map_or_else(|| self.relay.connect(), Ok) {
                Ok(connection) => connection,
                Err(trouble) => {
                    self.trouble(trouble)?;
                    continue;
                }
            };
            self.next = Instant::now().checked_add(self.pace.interval).unwrap_or(self.next);
            let journal = &mut *self.journal;
            let delivery = connection.deliver(self.from, &message, || journal.append(number, &Event::Sending));
            if connection.usable() {
                self.connection = Some(connection);
            } else {
                connection.quit();
            }
            let event = match delivery {
                Ok(Delivery::Sent(code)) => Event::Sent(code),
                Ok(Delivery::Refused(code)) => Event::Failed(code.to_string()),
                Ok(Delivery::Deferred(code)) => Event::Deferred(code),
                Ok(Delivery::Unsure) => Event::Unsure,
                Err(trouble) => {
                    self.trouble(trouble)?;
                    continue;
                }
            };
            self.journal.append(number, &event)?;
            self.judge(&event)?;
            return Ok(!matches!(event, Event::Deferred(_)));
        }
    }

    /// Counts what comes in succession and is therefore not the single message's.
    fn judge(&mut self, event: &Event) -> Result<()> {
        if let Event::Unsure = event {
            return self.trouble(Trouble::Connection("the connection broke after the content".to_owned()));
        }
        self.broken = 0;
        self.refused = if let Event::Failed(_) = event { self.refused.saturating_add(1) } else { 0 };
        if self.refused >= self.pace.refusals { Err(Error::Refusals(self.refused)) } else { Ok(()) }
    }

    /// Waits before the next connection, or gives up.
    fn trouble(&mut self, trouble: Trouble) -> Result<()> {
        let why = match trouble {
            Trouble::Connection(why) => why,
            Trouble::Refused(why) => return Err(Error::Relay(why)),
            Trouble::Journal(why) => return Err(why),
        };
        let pause = doubled(self.pace.reconnect, self.broken, Duration::from_secs(60));
        self.broken = self.broken.saturating_add(1);
        if self.broken >= self.pace.connections {
            return Err(Error::Unreachable { attempts: self.broken, why });
        }
        sleep(pause);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound() {
        let minute = Duration::from_secs(60);
        let pauses: Vec<u64> = (0..8).map(|n| doubled(Duration::from_secs(1), n, minute).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(doubled(Duration::from_secs(1), u32::MAX, minute), minute);
        assert_eq!(Pace::per_minute(120).interval, Duration::from_millis(500));
    }
}
