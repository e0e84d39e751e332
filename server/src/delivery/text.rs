//! What is written to voters. The texts are in `text/es.toml` and `text/en.toml`, so that they
//! can be edited without touching the program; an authority may put its own in their place.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::Channel;
use super::carrier::Letter;
use crate::access::secret::Secret;

/// In which language somebody is written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Spanish.
    #[default]
    Es,
    /// English.
    En,
}

/// What somebody is told.
#[derive(Clone, Debug)]
pub enum Notice {
    /// The second factor, to enter.
    LoginCode(Secret),
    /// Confirms a new authenticator.
    EnrolmentCode(Secret),
    /// The first factor of a recovery.
    RecoveryCode(Secret),
    /// Confirms a new address or number.
    ContactCode(Secret),
    /// The first password was set.
    PasswordSet,
    /// The password was changed.
    PasswordChanged,
    /// The e-mail address was changed; goes to the old one.
    EmailChanged,
    /// The telephone number was changed.
    PhoneChanged,
}

/// A text that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// It is no catalogue.
    #[error("the texts are not as they should be: {0}")]
    Form(String),
    /// A mark that nothing is put in for.
    #[error("text {text}: unknown mark {{{mark}}}")]
    Mark {
        /// Which text.
        text: &'static str,
        /// The mark.
        mark: String,
    },
    /// A text for a code without a place for it.
    #[error("text {text}: no {{code}}")]
    NoCode {
        /// Which text.
        text: &'static str,
    },
    /// A message that teaches voters to follow links.
    #[error("text {text}: messages have no links")]
    Link {
        /// Which text.
        text: &'static str,
    },
    /// A subject of more than one line.
    #[error("text {text}: a subject is one line")]
    Subject {
        /// Which text.
        text: &'static str,
    },
}

/// All texts, with what is the same in all of them filled in.
#[derive(Clone, Debug)]
pub struct Texts {
    es: Catalogue,
    en: Catalogue,
    election: String,
    help: String,
    minutes: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    login_code: SmsText,
    enrolment_code: SmsText,
    contact_code: BothTexts,
    recovery_code: MailText,
    password_set: MailText,
    password_changed: MailText,
    email_changed: MailText,
    phone_changed: MailText,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SmsText {
    sms: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MailText {
    subject: String,
    mail: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BothTexts {
    sms: String,
    subject: String,
    mail: String,
}

impl Texts {
    /// The texts of this program, for an election of this title, with this to turn to for help.
    /// Codes are good for `minutes`.
    ///
    /// # Errors
    /// [`TextError`]
    pub fn standard(election: &str, help: &str, minutes: i64) -> Result<Self, TextError> {
        Self::parse(include_str!("../../text/es.toml"), include_str!("../../text/en.toml"), election, help, minutes)
    }

    /// Other texts, in the same form.
    ///
    /// # Errors
    /// [`TextError`]
    pub fn parse(es: &str, en: &str, election: &str, help: &str, minutes: i64) -> Result<Self, TextError> {
        let read = |text: &str| -> Result<Catalogue, TextError> {
            let catalogue: Catalogue = toml::from_str(text).map_err(|why| TextError::Form(why.message().to_owned()))?;
            catalogue.check()?;
            Ok(catalogue)
        };
        // What is filled in is one line, so that a subject stays one.
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Self { es: read(es)?, en: read(en)?, election: line(election), help: line(help), minutes })
    }

    /// A notice as it is sent.
    #[must_use]
    pub fn letter(&self, channel: Channel, to: Secret, language: Language, notice: &Notice) -> Letter {
        let texts = match language {
            Language::Es => &self.es,
            Language::En => &self.en,
        };
        let (subject, text, code) = match notice {
            Notice::LoginCode(code) => ("", texts.login_code.sms.as_str(), Some(code)),
            Notice::EnrolmentCode(code) => ("", texts.enrolment_code.sms.as_str(), Some(code)),
            Notice::ContactCode(code) => match channel {
                Channel::Sms => ("", texts.contact_code.sms.as_str(), Some(code)),
                Channel::Mail => (texts.contact_code.subject.as_str(), texts.contact_code.mail.as_str(), Some(code)),
            },
            Notice::RecoveryCode(code) => texts.recovery_code.with(Some(code)),
            Notice::PasswordSet => texts.password_set.with(None),
            Notice::PasswordChanged => texts.password_changed.with(None),
            Notice::EmailChanged => texts.email_changed.with(None),
            Notice::PhoneChanged => texts.phone_changed.with(None),
        };
        let fill = |text: &str| fill(text, |mark| self.value(mark, code));
        Letter { to, subject: fill(subject), text: Secret::new(fill(text.trim())) }
    }

    fn value(&self, mark: &str, code: Option<&Secret>) -> Option<String> {
        match mark {
            "election" => Some(self.election.clone()),
            "help" => Some(self.help.clone()),
            "minutes" => Some(self.minutes.to_string()),
            "code" => code.map(|code| code.expose().to_owned()),
            _ => None,
        }
    }
}

impl MailText {
    fn with<'a>(&'a self, code: Option<&'a Secret>) -> (&'a str, &'a str, Option<&'a Secret>) {
        (&self.subject, &self.mail, code)
    }
}

impl Catalogue {
    fn check(&self) -> Result<(), TextError> {
        let codes = [
            ("login_code.sms", &self.login_code.sms),
            ("enrolment_code.sms", &self.enrolment_code.sms),
            ("contact_code.sms", &self.contact_code.sms),
            ("contact_code.mail", &self.contact_code.mail),
            ("recovery_code.mail", &self.recovery_code.mail),
        ];
        let notices = [
            ("password_set.mail", &self.password_set.mail),
            ("password_changed.mail", &self.password_changed.mail),
            ("email_changed.mail", &self.email_changed.mail),
            ("phone_changed.mail", &self.phone_changed.mail),
        ];
        // A subject is shown on locked screens: no code in it.
        let subjects = [
            ("contact_code.subject", &self.contact_code.subject),
            ("recovery_code.subject", &self.recovery_code.subject),
            ("password_set.subject", &self.password_set.subject),
            ("password_changed.subject", &self.password_changed.subject),
            ("email_changed.subject", &self.email_changed.subject),
            ("phone_changed.subject", &self.phone_changed.subject),
        ];
        for (name, text) in codes {
            check_text(name, text, &["code", "minutes", "election", "help"])?;
            if !text.contains("{code}") {
                return Err(TextError::NoCode { text: name });
            }
        }
        for (name, text) in notices {
            check_text(name, text, &["election", "help"])?;
        }
        for (name, text) in subjects {
            check_text(name, text, &["election"])?;
            if text.contains(['\n', '\r']) {
                return Err(TextError::Subject { text: name });
            }
        }
        Ok(())
    }
}

fn check_text(name: &'static str, text: &str, known: &[&str]) -> Result<(), TextError> {
    if text.contains("://") || text.to_lowercase().contains("www.") {
        return Err(TextError::Link { text: name });
    }
    let mut unknown = None;
    let _ = fill(text, |mark| {
        if !known.contains(&mark) {
            unknown = Some(mark.to_owned());
        }
        Some(String::new())
    });
    unknown.map_or(Ok(()), |mark| Err(TextError::Mark { text: name, mark }))
}

/// Puts values in for `{mark}`. A brace that closes nothing stands for itself.
pub(super) fn fill(text: &str, mut value: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(64));
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let is_mark = |mark: &str| !mark.is_empty() && mark.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        match after.split_once('}').filter(|(mark, _)| is_mark(mark)) {
            Some((mark, tail)) => {
                out.push_str(&value(mark).unwrap_or_default());
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Es => "es",
            Self::En => "en",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Texts {
        Texts::standard("Gubernatura de Nayarit 2027", "INETEL, +52 55 5481 9897", 5).unwrap()
    }

    fn notices() -> Vec<(Channel, Notice)> {
        let code = || Secret::new("012345".into());
        vec![
            (Channel::Sms, Notice::LoginCode(code())),
            (Channel::Sms, Notice::EnrolmentCode(code())),
            (Channel::Sms, Notice::ContactCode(code())),
            (Channel::Mail, Notice::ContactCode(code())),
            (Channel::Mail, Notice::RecoveryCode(code())),
            (Channel::Mail, Notice::PasswordSet),
            (Channel::Mail, Notice::PasswordChanged),
            (Channel::Mail, Notice::EmailChanged),
            (Channel::Mail, Notice::PhoneChanged),
        ]
    }

    #[test]
    fn every_notice_is_written_in_both_languages() {
        let texts = texts();
        let mut seen = std::collections::HashSet::new();
        for (channel, notice) in notices() {
            for language in [Language::Es, Language::En] {
                let letter = texts.letter(channel, Secret::new("to".into()), language, &notice);
                let text = letter.text.expose();
                assert!(!text.contains(['{', '}']), "{text}");
                assert_eq!(text.contains("012345"), format!("{notice:?}").contains("Code"), "{text}");
                assert!(!letter.subject.contains("012345"));
                assert_eq!(letter.subject.is_empty(), channel == Channel::Sms);
                assert!(!text.contains("://") && !text.contains("www") && !text.contains('#'), "{text}");
                if channel == Channel::Mail {
                    assert!(text.contains("INETEL") && text.contains("Nayarit"), "{text}");
                } else {
                    // One segment even where an accent makes the whole message two bytes a letter.
                    assert!(text.chars().count() <= 70, "{} {text}", text.chars().count());
                }
                assert!(seen.insert(text.to_owned()), "{text}");
            }
        }
        assert_eq!(seen.len(), 18);
    }

    #[test]
    fn texts_that_would_mislead_are_refused() {
        let es = include_str!("../../text/es.toml");
        let try_es = |from: &str, to: &str| {
            let changed = es.replacen(from, to, 1);
            assert_ne!(changed, es, "{from}");
            Texts::parse(&changed, include_str!("../../text/en.toml"), "e", "h", 5).map(drop)
        };
        assert_eq!(try_es("es {code}.", "es."), Err(TextError::NoCode { text: "login_code.sms" }));
        let mark = Err(TextError::Mark { text: "login_code.sms", mark: "phone".into() });
        assert_eq!(try_es("Vale {minutes} min. No", "Vale {phone} min. No"), mark);
        let link = Err(TextError::Link { text: "recovery_code.mail" });
        assert_eq!(try_es("Después se le pedirá", "https://voto.example Se le pedirá"), link);
        let mark = Err(TextError::Mark { text: "password_changed.subject", mark: "help".into() });
        assert_eq!(try_es("Su contraseña cambió", "{help}"), mark);
        assert_eq!(
            try_es("\"Su contraseña cambió\"", "\"Su\\ncontraseña\""),
            Err(TextError::Subject { text: "password_changed.subject" })
        );
        assert!(matches!(try_es("[login_code]", "[login]"), Err(TextError::Form(_))));
        let mark = Err(TextError::Mark { text: "password_set.mail", mark: "code".into() });
        assert_eq!(try_es("quedó creada. Desde", "quedó {code}. Desde"), mark);
    }

    #[test]
    fn what_is_filled_in_cannot_add_lines_or_marks() {
        let texts = Texts::standard("A\r\nBcc: x {code}", "h", 5).unwrap();
        let code = Notice::RecoveryCode(Secret::new("012345".into()));
        let letter = texts.letter(Channel::Mail, Secret::new("to".into()), Language::Es, &code);
        assert!(letter.text.expose().starts_with("A Bcc: x {code}\n"));
        assert_eq!(fill("{ {a} {B} {", |_| Some("v".into())), "{ v {B} {");
    }
}
