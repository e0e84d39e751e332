//! First access: the link's token, the last four digits of the telephone, and at the end the password.

use escrutinio_core::hash::tagged_hash;
use subtle::ConstantTimeEq;

use super::api::{Caller, DigitsRequest, FactorsAnswer, LinkAnswer, LinkRequest, PasswordRequest, SessionAnswer};
use super::attempt::{Purpose, Setting, Stage};
use super::counts::Counted;
use super::factor::seal_seed;
use super::rows::{Set, Stop};
use super::secret::Secret;
use super::{AccessService, TRIES, current, open_person, unlocked};
use crate::delivery::{Channel, Notice};
use crate::refusal::Refusal;
use crate::store::roll::{self, AccountRow};

/// How many digits of the telephone are asked for.
const DIGITS: usize = 4;

impl AccessService {
    /// `POST /access/link`.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn link(&self, caller: &Caller, request: LinkRequest) -> Result<LinkAnswer, Refusal> {
        let now = self.enter(caller)?;
        let found = self.find_link(&request.token, now).await;
        let row = self.judge(caller.address, found)?;
        self.counts.add(Counted::Links);
        let attempt = self.seal_attempt(row.account, row.generation, now, Stage::Digits);
        Ok(LinkAnswer { attempt, user: row.user_name })
    }

    async fn find_link(&self, token: &Secret, now: i64) -> Result<AccountRow, Refusal> {
        let token = token.decode_array::<32>().ok_or(Refusal::Link)?;
        self.counts.hash();
        let hash = tagged_hash("access-token", &[token.as_ref()]);
        let found = async { roll::by_token(&mut *self.roll.read().await?, &hash).await };
        let row = found.await.map_err(|error| super::store_failed(&error))?.ok_or(Refusal::Link)?;
        unlocked(&row, now)?;
        if row.digit_tries < TRIES { Ok(row) } else { Err(Refusal::LinkLocked) }
    }

    /// `POST /access/digits`.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn digits(&self, caller: &Caller, request: DigitsRequest) -> Result<FactorsAnswer, Refusal> {
        let now = self.enter(caller)?;
        let attempt = self.open_attempt(&request.attempt, now)?;
        if attempt.stage != Stage::Digits {
            return Err(Refusal::Attempt);
        }
        let keys = self.keys.clone();
        let step = self.step(move |mut rows| {
            Box::pin(async move {
                let row = current(&mut rows, &attempt, now).await?;
                if row.token.is_none() {
                    return Err(Refusal::Attempt.into());
                }
                if row.digit_tries >= TRIES {
                    return Err(Refusal::LinkLocked.into());
                }
                let person = open_person(&keys, &row)?;
                if last_digits(&person.phone, request.digits.expose()) {
                    return Ok(row);
                }
                rows.fail_digits(&row).await?;
                Err(Stop::Refused(Refusal::Digits))
            })
        });
        let row = self.judge(caller.address, step.await)?;
        self.counts.add(Counted::Digits);
        Ok(self.factors(&row, Purpose::FirstAccess, now))
    }

    /// `POST /access/password`: the end of first access and of recovery.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn password(&self, caller: &Caller, request: PasswordRequest) -> Result<SessionAnswer, Refusal> {
        let now = self.enter(caller)?;
        let attempt = self.open_attempt(&request.attempt, now)?;
        let Stage::Password(setting, seed) = attempt.stage.clone() else { return Err(Refusal::Attempt) };
        let auth = request.auth.decode_array::<32>().ok_or(Refusal::BadRequest)?;
        // Entry was when the last factor was accepted; who takes long over a password has as much less.
        let (token, begun) = self.draw_session(attempt.account, attempt.begun());
        let keys = self.keys.clone();
        let step = self.step(move |mut rows| {
            Box::pin(async move {
                let row = current(&mut rows, &attempt, now).await?;
                // A password is set once by the link; then it can only be recovered.
                if (setting == Setting::First) != row.token.is_some() {
                    return Err(Refusal::Attempt.into());
                }
                let auth = Some(auth_hash(&auth, &row.user_name));
                let totp = seed.as_ref().map(|seed| seal_seed(&keys, row.account, seed));
                let set = Set { auth, totp, step: None };
                rows.begin(&row, &begun, &set).await?;
                Ok((row, begun))
            })
        });
        let (row, begun) = step.await?;
        let (count, notice) = match setting {
            Setting::First => (Counted::Passwords, Notice::PasswordSet),
            Setting::Again => (Counted::Recovered, Notice::PasswordChanged),
        };
        self.counts.add(count);
        if let Ok(person) = self.person(&row) {
            self.delivery.notify_late(Channel::Mail, Secret::new(person.email.clone()), caller.language, notice);
        }
        Ok(begun.answer(token, now))
    }
}

/// What is kept of the key that a password gives.
pub(super) fn auth_hash(auth: &[u8; 32], user: &str) -> [u8; 32] {
    tagged_hash("auth-hash", &[auth, user.as_bytes()])
}

/// Whether these are the last four digits of a number.
fn last_digits(phone: &str, digits: &str) -> bool {
    let last = phone.len().checked_sub(DIGITS).and_then(|start| phone.get(start..));
    digits.len() == DIGITS && last.is_some_and(|last| bool::from(last.as_bytes().ct_eq(digits.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_and_the_last_ones() {
        assert!(last_digits("13125550147", "0147"));
        for wrong in ["1470", "147", "50147", "", "０１４７", "014"] {
            assert!(!last_digits("13125550147", wrong), "{wrong}");
        }
        assert!(!last_digits("147", "147"));
        assert!(last_digits("0147", "0147"));
    }

    #[test]
    fn a_kept_key_is_of_one_account() {
        assert_ne!(auth_hash(&[1; 32], "a"), auth_hash(&[1; 32], "b"));
        assert_ne!(auth_hash(&[1; 32], "a"), auth_hash(&[2; 32], "a"));
    }
}
