//! An attempt: what somebody who wants to enter has proved so far.
//!
//! The client carries it, sealed: it can neither read nor change it. Which steps there are, and
//! what each of them needs from the ones before, is [`Stage`]; a step that is out of order finds
//! another stage than its own and is refused (R-AUTH-02). What may happen once only is not kept
//! here but in the account: codes, the link's token, and `generation`, which a change of
//! password, a lock and a new session raise.

use core::fmt;

use escrutinio_core::encoding::{Decode, DecodeError, DecodeErrorKind, Encode, Reader};
use zeroize::Zeroizing;

use super::api::ContactKind;
use super::totp::SEED;

/// Seconds for which an attempt may go on.
pub(super) const LIFETIME: i64 = 600;

/// Longest contact data, in bytes.
pub(super) const CONTACT: usize = 254;

/// What was proved, of which account.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    /// The account.
    pub(super) account: i64,
    /// The account's generation when the attempt began.
    pub(super) generation: i64,
    /// When it ends.
    pub(super) expires: i64,
    /// What was proved.
    pub(super) stage: Stage,
}

impl Attempt {
    /// When it came to its stage: each step seals a new one.
    pub(super) fn begun(&self) -> i64 {
        self.expires.saturating_sub(LIFETIME)
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt(..)")
    }
}

/// Why somebody wants to enter, when the second factor is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// First access: link and digits were right.
    FirstAccess,
    /// User name and password were right.
    Login,
    /// The code sent by e-mail was right.
    Recovery,
}

/// Whether there was a password before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// There was none.
    First,
    /// It is forgotten.
    Again,
}

/// The second factor that was chosen.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Chosen {
    /// The authenticator that is enrolled.
    Totp,
    /// A message.
    Sms,
    /// A new authenticator; whether a code to the telephone confirms it.
    Enrol {
        /// Its seed.
        seed: Zeroizing<[u8; SEED]>,
        /// Whether a code to the telephone is asked for as well.
        confirm: bool,
    },
}

/// How far an attempt has come: what is asked for next.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// The link was right: the digits.
    Digits,
    /// The first factor was right: the choice of a second.
    Factor(Purpose),
    /// The second factor is chosen: its code.
    Code(Purpose, Chosen),
    /// Both factors are proved: a password. The seed is of the authenticator that was enrolled.
    Password(Setting, Option<Zeroizing<[u8; SEED]>>),
    /// In a session: codes from the new address and of the second factor.
    Contact {
        /// What is changed.
        kind: ContactKind,
        /// The new address or number.
        value: Zeroizing<String>,
        /// Whether the second factor is the authenticator.
        totp: bool,
    },
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stage(..)")
    }
}

impl fmt::Debug for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chosen(..)")
    }
}

impl Encode for Attempt {
    fn encode(&self, out: &mut Vec<u8>) {
        self.account.encode(out);
        self.generation.encode(out);
        self.expires.encode(out);
        match &self.stage {
            Stage::Digits => 0u8.encode(out),
            Stage::Factor(purpose) => {
                1u8.encode(out);
                purpose.encode(out);
            }
            Stage::Code(purpose, chosen) => {
                2u8.encode(out);
                purpose.encode(out);
                chosen.encode(out);
            }
            Stage::Password(setting, seed) => {
                3u8.encode(out);
                (*setting == Setting::Again).encode(out);
                seed.is_some().encode(out);
                out.extend_from_slice(seed.as_ref().map_or(&[], |seed| seed.as_slice()));
            }
            Stage::Contact { kind, value, totp } => {
                4u8.encode(out);
                (*kind == ContactKind::Phone).encode(out);
                totp.encode(out);
                out.extend_from_slice(value.as_bytes());
            }
        }
    }
}

impl Decode for Attempt {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (account, generation, expires) = (i64::decode(reader)?, i64::decode(reader)?, i64::decode(reader)?);
        let stage = match u8::decode(reader)? {
            0 => Stage::Digits,
            1 => Stage::Factor(Purpose::decode(reader)?),
            2 => Stage::Code(Purpose::decode(reader)?, Chosen::decode(reader)?),
            3 => {
                let setting = if bool::decode(reader)? { Setting::Again } else { Setting::First };
                let seed = if bool::decode(reader)? { Some(Zeroizing::new(reader.array()?)) } else { None };
                Stage::Password(setting, seed)
            }
            4 => {
                let kind = if bool::decode(reader)? { ContactKind::Phone } else { ContactKind::Email };
                let totp = bool::decode(reader)?;
                let value = reader.take(reader.remaining().min(CONTACT))?;
                let value = core::str::from_utf8(value).map_err(|_| reader.error(DecodeErrorKind::Utf8))?;
                Stage::Contact { kind, value: Zeroizing::new(value.to_owned()), totp }
            }
            other => return Err(reader.error(DecodeErrorKind::Tag(other.into()))),
        };
        Ok(Self { account, generation, expires, stage })
    }
}

impl Encode for Purpose {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(match self {
            Self::FirstAccess => 0,
            Self::Login => 1,
            Self::Recovery => 2,
        });
    }
}

impl Decode for Purpose {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match u8::decode(reader)? {
            0 => Ok(Self::FirstAccess),
            1 => Ok(Self::Login),
            2 => Ok(Self::Recovery),
            other => Err(reader.error(DecodeErrorKind::Tag(other.into()))),
        }
    }
}

impl Encode for Chosen {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Totp => out.push(0),
            Self::Sms => out.push(1),
            Self::Enrol { seed, confirm } => {
                out.push(2);
                confirm.encode(out);
                out.extend_from_slice(seed.as_ref());
            }
        }
    }
}

impl Decode for Chosen {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match u8::decode(reader)? {
            0 => Ok(Self::Totp),
            1 => Ok(Self::Sms),
            2 => {
                let confirm = bool::decode(reader)?;
                Ok(Self::Enrol { confirm, seed: Zeroizing::new(reader.array()?) })
            }
            other => Err(reader.error(DecodeErrorKind::Tag(other.into()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages() -> Vec<Stage> {
        let seed = || Zeroizing::new([7; SEED]);
        let mut stages = vec![Stage::Digits];
        for setting in [Setting::First, Setting::Again] {
            stages.push(Stage::Password(setting, None));
            stages.push(Stage::Password(setting, Some(seed())));
        }
        for purpose in [Purpose::FirstAccess, Purpose::Login, Purpose::Recovery] {
            stages.push(Stage::Factor(purpose));
            stages.push(Stage::Code(purpose, Chosen::Totp));
            stages.push(Stage::Code(purpose, Chosen::Sms));
            stages.push(Stage::Code(purpose, Chosen::Enrol { seed: seed(), confirm: true }));
            stages.push(Stage::Code(purpose, Chosen::Enrol { seed: seed(), confirm: false }));
        }
        for (kind, value) in [(ContactKind::Email, "á@b.example"), (ContactKind::Phone, "15551234567")] {
            let value = Zeroizing::new(value.to_owned());
            stages.push(Stage::Contact { kind, value, totp: kind == ContactKind::Phone });
        }
        stages
    }

    #[test]
    fn every_stage_has_one_encoding() {
        let mut seen = std::collections::HashSet::new();
        for stage in stages() {
            let attempt = Attempt { account: -5, generation: 7, expires: 1 << 40, stage };
            let bytes = attempt.to_bytes();
            assert!(Attempt::from_bytes(&bytes).unwrap() == attempt);
            assert!(Attempt::from_bytes(&bytes[..bytes.len() - 1]).ok().is_none_or(|other| other != attempt));
            assert!(seen.insert(bytes));
        }
        assert_eq!(seen.len(), 22);
    }

    #[test]
    fn nothing_else_decodes() {
        let bytes = Attempt { account: 1, generation: 1, expires: 1, stage: Stage::Digits }.to_bytes();
        for tag in 5..=255 {
            let mut other = bytes.clone();
            *other.last_mut().unwrap() = tag;
            assert!(Attempt::from_bytes(&other).is_err());
        }
        let mut longer = bytes;
        longer.push(0);
        assert!(Attempt::from_bytes(&longer).is_err());
    }

    #[test]
    fn prints_nothing_of_the_voter() {
        for stage in stages() {
            let attempt = Attempt { account: 1, generation: 1, expires: 1, stage };
            assert_eq!(format!("{attempt:?} {:?}", attempt.stage), "Attempt(..) Stage(..)");
        }
    }
}
