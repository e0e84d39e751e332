//! New contact data, in a session (R-ROLL-11, R-ROLL-12): a code to the new address or number shows that it
//! is the voter's, the second factor that it is the voter who asks.

use core::str::FromStr;

use escrutinio_core::ids::hex;
use zeroize::Zeroizing;

use super::api::{Caller, ContactAnswer, ContactConfirmRequest, ContactKind, ContactRequest, Factor};
use super::attempt::{CONTACT, Stage};
use super::code::{self, Use};
use super::counts::Counted;
use super::factor::accept_totp;
use super::rows::{Line, Rows, Stop};
use super::secret::Secret;
use super::session::VoterSession;
use super::{AccessService, current, open_person};
use crate::board::utc;
use crate::delivery::{Channel, Language, Notice};
use crate::events::{self, Event};
use crate::refusal::Refusal;
use crate::store::contact_tag;
use crate::store::roll::{self, AccountNumber};

impl ContactKind {
    fn channel(self) -> Channel {
        match self {
            Self::Email => Channel::Mail,
            Self::Phone => Channel::Sms,
        }
    }
}

impl AccessService {
    /// The time, if contact data may be changed now.
    fn contact_open(&self) -> Result<i64, Refusal> {
        let now = self.clock.now();
        if now < self.lifecycle.schedule().contact_updates_until { Ok(now) } else { Err(Refusal::ContactClosed) }
    }

    /// `POST /session/contact`: sends the codes.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn contact(
        &self,
        caller: &Caller,
        session: &VoterSession,
        request: ContactRequest,
    ) -> Result<ContactAnswer, Refusal> {
        let now = self.contact_open()?;
        self.addresses.admit(caller.address)?;
        let value = normal(request.kind, request.value.expose()).ok_or(Refusal::ContactInvalid)?;
        let found = async { roll::account(&mut *self.roll.read().await?, session.account).await };
        let row = found.await.map_err(|error| super::store_failed(&error))?.ok_or(Refusal::NoSession)?;
        super::unlocked(&row, now)?;
        let person = self.person(&row)?;
        let old = match request.kind {
            ContactKind::Email => &person.email,
            ContactKind::Phone => &person.phone,
        };
        if *old == *value {
            return Err(Refusal::ContactInvalid);
        }
        let totp = request.factor == Factor::Totp;
        if !self.rules.factors().contains(&request.factor) || (totp && row.totp.is_none()) {
            return Err(Refusal::Factor);
        }
        // What is another's gets no code (R-ROLL-04); who asks is not told that it is somebody's.
        let tag = contact_tag(self.keys.roll(), &value);
        let holder = async { roll::holder(&mut *self.roll.read().await?, &tag).await };
        let holder = holder.await.map_err(|error| super::store_failed(&error))?;
        let free = holder.is_none_or(|holder| holder == row.account);
        let to = free.then(|| Secret::new(value.to_string()));
        let line = (Line::Contact, request.kind.channel());
        self.send_code((&row, to), line, Use::Contact(&value), caller.language, now).await?;
        if !totp {
            let phone = Some(Secret::new(person.phone.clone()));
            let line = (Line::Sms, Channel::Sms);
            self.send_code((&row, phone), line, Use::ContactFactor, caller.language, now).await?;
        }
        let stage = Stage::Contact { kind: request.kind, value, totp };
        Ok(ContactAnswer { attempt: self.seal_attempt(row.account, row.generation, now, stage) })
    }

    /// `POST /session/contact/confirm`.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn contact_confirm(
        &self,
        caller: &Caller,
        session: &VoterSession,
        request: ContactConfirmRequest,
    ) -> Result<(), Refusal> {
        let now = self.contact_open()?;
        self.addresses.admit(caller.address)?;
        let attempt = self.open_attempt(&request.attempt, now)?;
        let Stage::Contact { kind, value, totp } = attempt.stage.clone() else { return Err(Refusal::Attempt) };
        if attempt.account != session.account {
            return Err(Refusal::Attempt);
        }
        let (keys, backend) = (self.keys.clone(), self.roll.backend());
        let step = self.step(move |mut rows| {
            Box::pin(async move {
                let row = current(&mut rows, &attempt, now).await?;
                let sent = rows.code(row.account, Line::Contact).await?;
                let purpose = Use::Contact(&value);
                let reached = code::matches(keys.access(), Some(&row), sent.as_ref(), purpose, &request.code, now);
                let code = &request.factor_code;
                let step = if totp { accept_totp(&keys, &row, code, now)? } else { None };
                let proved = match totp {
                    true => step.is_some(),
                    false => rows.sms_is_right(&keys, &row, Use::ContactFactor, code, now).await?,
                };
                let tag = contact_tag(keys.roll(), &value);
                if !(reached && proved && roll::claim(rows.connection, &tag, row.account).await?) {
                    rows.fail(&row, now).await?;
                    return Err(Stop::Refused(Refusal::Code));
                }
                let mut person = open_person(&keys, &row)?;
                let old_email = Secret::new(person.email.clone());
                let field = match kind {
                    ContactKind::Email => &mut person.email,
                    ContactKind::Phone => &mut person.phone,
                };
                let old = core::mem::replace(field, value.to_string());
                // Keyed: there are not so many numbers that a plain hash would hide one.
                let logged = |value: &str| hex(&keys.roll().mac("contact", value.as_bytes()));
                let event = Event::server("contact", serde_json::json!({ "old": logged(&old), "new": logged(&value) }));
                let before = contact_tag(keys.roll(), &old);
                if before != tag {
                    roll::disclaim(rows.connection, &before, row.account).await?;
                }
                drop(Zeroizing::new(old));
                rows.set_contact(row.account, &person.seal(keys.roll(), row.account), kind, step).await?;
                events::append(rows.connection, backend, event, utc(now)).await?;
                Ok(old_email)
            })
        });
        let old_email = self.judge(caller.address, step.await)?;
        self.counts.add(Counted::Contacts);
        self.tell(kind, old_email, caller.language);
        Ok(())
    }

    fn tell(&self, kind: ContactKind, old_email: Secret, language: Language) {
        let notice = match kind {
            ContactKind::Email => Notice::EmailChanged,
            ContactKind::Phone => Notice::PhoneChanged,
        };
        self.delivery.notify_late(Channel::Mail, old_email, language, notice);
    }
}

impl Rows<'_> {
    /// Writes new contact data. Attempts and codes under way end; with a new telephone the authenticator too.
    /// With a new address the registrar is asked to send the link there.
    async fn set_contact(
        &mut self,
        account: AccountNumber,
        person: &[u8],
        kind: ContactKind,
        step: Option<i64>,
    ) -> Result<(), Stop> {
        self.counts.statement();
        let statement = match kind {
            ContactKind::Email => {
                "UPDATE accounts SET person = $2, totp_step = coalesce($3, totp_step), resend = 1, \
                 generation = generation + 1 WHERE account = $1"
            }
            ContactKind::Phone => {
                "UPDATE accounts SET person = $2, totp_step = coalesce($3, totp_step), totp = NULL, \
                 generation = generation + 1 WHERE account = $1"
            }
        };
        sqlx::query(statement).bind(account).bind(person).bind(step).execute(&mut *self.connection).await?;
        Ok(())
    }
}

/// An address or number in the one form in which the roll has it.
pub(super) fn normal(kind: ContactKind, text: &str) -> Option<Zeroizing<String>> {
    let text = Zeroizing::new(text.trim().to_owned());
    match kind {
        ContactKind::Phone => phone(&text),
        ContactKind::Email => {
            let address = lettre::Address::from_str(&text).ok()?;
            (text.len() <= CONTACT && address.domain().contains('.')).then_some(text)
        }
    }
}

/// Digits with the country code, as the registrar loads them (R-ROLL-05).
fn phone(text: &str) -> Option<Zeroizing<String>> {
    let rest = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(text);
    let mut digits = Zeroizing::new(String::with_capacity(16));
    for letter in rest.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            ' ' | '-' | '(' | ')' | '.' => {}
            _ => return None,
        }
        if digits.len() > 15 {
            return None;
        }
    }
    (digits.len() >= 8 && !digits.starts_with('0')).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_roll_05_a_number_has_one_form() {
        for written in ["+1 (312) 555-0147", "13125550147", "0013125550147", " 1.312.555.0147 "] {
            assert_eq!(normal(ContactKind::Phone, written).unwrap().as_str(), "13125550147", "{written}");
        }
        for wrong in ["", "5550147", "0312555014", "+1312555014x", "1234567890123456", "１３１２５５５０１４７", "+"]
        {
            assert!(normal(ContactKind::Phone, wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_one_address() {
        assert_eq!(normal(ContactKind::Email, " ana@correo.example ").unwrap().as_str(), "ana@correo.example");
        let long = format!("{}@correo.example", "a".repeat(250));
        for wrong in ["", "ana", "ana@local", "a@b.example, c@d.example", "a@b.example\nBcc: x@y.example", &long] {
            assert!(normal(ContactKind::Email, wrong).is_none(), "{wrong}");
        }
    }
}
