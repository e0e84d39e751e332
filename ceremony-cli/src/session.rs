//! What every command is given: randomness, the time, somebody to talk to. A rehearsal
//! with a seed drives the same code as the binary.

use core::fmt;

use jiff::tz::Offset;
use jiff::{Timestamp, civil};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::error::{Result, out_of_order};
use crate::text::{self, Lang};
use crate::ui::Ui;
use crate::workspace::Step;

/// Shortest password that seals a secret, in characters.
pub const PASSWORD_MIN: usize = 10;

/// Tells the time.
pub trait Clock {
    /// Seconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> i64;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        Timestamp::now().as_second()
    }
}

/// A clock that is told the time: rehearsals and tests.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub i64);

impl Clock for FixedClock {
    fn now(&self) -> i64 {
        self.0
    }
}

/// One run of a command.
pub struct Session<'a> {
    /// Where all randomness comes from.
    pub rng: &'a mut dyn CryptoRng,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// Who is asked and told.
    pub ui: &'a mut dyn Ui,
    /// In which language.
    pub lang: Lang,
}

impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("lang", &self.lang).finish_non_exhaustive()
    }
}

impl Session<'_> {
    /// Tells a text of the catalogue.
    pub fn say(&mut self, key: &str, args: &[(&'static str, &dyn fmt::Display)]) {
        let prose = text::say(self.lang, key, args);
        self.ui.say(&prose);
    }

    /// Asks for a line: the prompt `id` has its question under `ask.<id>`.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn ask(&mut self, id: &str) -> Result<String> {
        let question = text::say(self.lang, &format!("ask.{id}"), &[]);
        self.ui.ask(id, &question)
    }

    /// Records where an act takes place, who attests it and who attends, by role; of those
    /// who attend remotely only the name is entered.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn attendance(&mut self, step: Step) -> Result<Step> {
        let place = self.ask("act.place")?;
        let attested_by = self.ask("act.attested-by")?;
        let attendees = self.ask("act.attendees")?;
        Ok(step.note("place", place).note("attested_by", attested_by).note("attendees", attendees))
    }

    /// Asks for the password of a secret file that exists.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn password(&mut self) -> Result<Zeroizing<String>> {
        let question = text::say(self.lang, "ask.password", &[]);
        self.ui.password("password", &question, None)
    }

    /// Asks twice for the password of a new secret file.
    ///
    /// # Errors
    /// If there is no answer, the two differ, or it is too short.
    pub fn new_password(&mut self) -> Result<Zeroizing<String>> {
        let question = text::say(self.lang, "ask.password.new", &[("min", &PASSWORD_MIN)]);
        let again = text::say(self.lang, "ask.password.again", &[]);
        let password = self.ui.password("password", &question, Some(&again))?;
        if password.chars().count() < PASSWORD_MIN {
            return Err(out_of_order("error.password.short", &[("min", &PASSWORD_MIN)]));
        }
        Ok(password)
    }
}

/// A moment as `2021-12-05T19:30:00Z`.
#[must_use]
pub fn utc(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |t| t.to_string())
}

/// A moment on the clocks of a zone: `2021-12-05 13:30`.
#[must_use]
pub fn local(seconds: i64, offset_minutes: i64) -> String {
    let offset = i32::try_from(offset_minutes.saturating_mul(60)).ok().and_then(|s| Offset::from_seconds(s).ok());
    match (Timestamp::from_second(seconds), offset) {
        (Ok(moment), Some(offset)) => {
            let date: civil::DateTime = offset.to_datetime(moment);
            date.strftime("%Y-%m-%d %H:%M").to_string()
        }
        _ => utc(seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_both_zones() {
        assert_eq!(utc(1_638_754_200), "2021-12-06T01:30:00Z");
        assert_eq!(local(1_638_754_200, -360), "2021-12-05 19:30");
        assert_eq!(local(1_638_754_200, -420), "2021-12-05 18:30");
    }
}
