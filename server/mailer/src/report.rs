//! Sending statistics (R-ACC-05): counts by outcome and by entity, and no personal data.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::journal::{Journal, State};
use crate::outbox::Outbox;

/// Counts of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that the ceremony made.
    pub generated: u64,
    /// Taken by the relay.
    pub sent: u64,
    /// Refused for good.
    pub failed: u64,
    /// Perhaps taken.
    pub unsure: u64,
    /// Not taken yet.
    pub pending: u64,
    /// Of those sent, the ones to somebody who had been sent one, or perhaps one, before.
    pub resent: u64,
}

impl Counts {
    fn named(self) -> [(&'static str, u64); 6] {
        [
            ("generated", self.generated),
            ("sent", self.sent),
            ("failed", self.failed),
            ("unsure", self.unsure),
            ("pending", self.pending),
            ("resent", self.resent),
        ]
    }
}

/// What became of an outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// All messages.
    pub all: Counts,
    /// By entity; empty if the outbox does not say.
    pub entities: BTreeMap<String, Counts>,
    /// Failed messages by code.
    pub codes: BTreeMap<String, u64>,
    /// Numbers of the messages that may have been taken.
    pub unsure: Vec<u32>,
    /// Numbers of the messages that were refused.
    pub failed: Vec<u32>,
    /// First and last moment of the sending, and until when it was to be done.
    pub moments: [Option<String>; 3],
}

impl Report {
    /// Counts.
    #[must_use]
    pub fn new(outbox: &Outbox, journal: &Journal) -> Self {
        let moments = [journal.first.clone(), journal.last.clone(), outbox.until.clone()];
        let mut report = Self { moments, ..Self::default() };
        for number in 1..=outbox.messages {
            let entry = journal.entry(number);
            let resent = entry.state == State::Sent && (entry.again || outbox.again);
            match &entry.state {
                State::Failed(code) => {
                    let count = report.codes.entry(code.clone()).or_default();
                    *count = count.saturating_add(1);
                    report.failed.push(number);
                }
                State::Unsure => report.unsure.push(number),
                State::Sent | State::Pending => {}
            }
            let entity = outbox.entity(number);
            let entity = (!entity.is_empty()).then(|| report.entities.entry(entity.to_owned()).or_default());
            for counts in entity.into_iter().chain([&mut report.all]) {
                let place = match &entry.state {
                    State::Sent => &mut counts.sent,
                    State::Failed(_) => &mut counts.failed,
                    State::Unsure => &mut counts.unsure,
                    State::Pending => &mut counts.pending,
                };
                *place = place.saturating_add(1);
                counts.generated = counts.generated.saturating_add(1);
                counts.resent = counts.resent.saturating_add(u64::from(resent));
            }
        }
        report
    }

    /// Whether every message was taken.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.all.sent == self.all.generated
    }

    fn named_moments(&self) -> impl Iterator<Item = (&'static str, &str)> {
        ["first", "last", "until"]
            .into_iter()
            .zip(&self.moments)
            .filter_map(|(name, moment)| Some((name, moment.as_deref()?)))
    }

    /// The text of `sending-report.txt`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("escrutinio/sending-report/v1\n");
        for (name, count) in self.all.named() {
            text.push_str(&format!("{name} {count}\n"));
        }
        for (name, moment) in self.named_moments() {
            text.push_str(&format!("{name} {moment}\n"));
        }
        for (code, count) in &self.codes {
            text.push_str(&format!("code {code} {count}\n"));
        }
        for (entity, counts) in &self.entities {
            let counts: String = counts.named().map(|(name, count)| format!("{name} {count} ")).concat();
            text.push_str(&format!("entity {counts}{entity}\n"));
        }
        text
    }

    /// The same as JSON, with the numbers of the messages that want a decision.
    #[must_use]
    pub fn json(&self) -> Value {
        let counts = |counts: &Counts| Value::from_iter(counts.named().map(|(name, count)| (name, Value::from(count))));
        json!({
            "all": counts(&self.all),
            "entities": self.entities.iter().map(|(entity, c)| (entity.clone(), counts(c))).collect::<Value>(),
            "codes": self.codes,
            "moments": self.named_moments().map(|(name, m)| (name.to_owned(), Value::from(m))).collect::<Value>(),
            "failed": self.failed,
            "unsure": self.unsure,
            "complete": self.complete(),
        })
    }
}
