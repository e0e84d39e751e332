//! The second factor: its choice, and its code.

use super::api::{Caller, CodeAnswer, CodeRequest, Factor, FactorAnswer, FactorRequest, FactorsAnswer, PasswordStep};
use super::attempt::{Chosen, Purpose, Setting, Stage};
use super::code::{self, Use};
use super::counts::Counted;
use super::rows::{Line, Rows, Set, Stop};
use super::secret::Secret;
use super::{AccessService, current, totp};
use crate::delivery::{Channel, Language, Notice};
use crate::keys::ServerKeys;
use crate::random;
use crate::refusal::{Refusal, Wait};
use crate::store::roll::{AccountNumber, AccountRow, aad};

/// What of a second factor was accepted.
struct Accepted {
    /// The step of the authenticator.
    step: Option<i64>,
    /// Whether a code that was sent is used up.
    sms: bool,
}

impl AccessService {
    /// The first factor was right: which second factors there are.
    pub(super) fn factors(&self, row: &AccountRow, purpose: Purpose, now: i64) -> FactorsAnswer {
        FactorsAnswer {
            attempt: self.seal_attempt(row.account, row.generation, now, Stage::Factor(purpose)),
            factors: self.rules.factors().to_vec(),
            authenticator: row.totp.is_some(),
        }
    }

    /// `POST /access/factor`.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn factor(&self, caller: &Caller, request: FactorRequest) -> Result<FactorAnswer, Refusal> {
        let now = self.enter(caller)?;
        let attempt = self.open_attempt(&request.attempt, now)?;
        let Stage::Factor(purpose) = attempt.stage else { return Err(Refusal::Attempt) };
        if !self.rules.factors().contains(&request.factor) {
            return Err(Refusal::Factor);
        }
        let step = self.step(move |mut rows| Box::pin(async move { current(&mut rows, &attempt, now).await }));
        let row = step.await?;
        let chosen = match (request.factor, row.totp.is_some()) {
            (Factor::Sms, _) => Chosen::Sms,
            (Factor::Totp, true) => Chosen::Totp,
            // By a password or an e-mail alone nobody enrols an authenticator; by the link it is a setting.
            (Factor::Totp, false) => Chosen::Enrol {
                seed: zeroize::Zeroizing::new(random::bytes()),
                confirm: purpose != Purpose::FirstAccess || self.rules.settings.confirm_enrolment_by_sms,
            },
        };
        let purpose_of_code = match &chosen {
            Chosen::Sms => Some(Use::Factor(purpose)),
            Chosen::Enrol { confirm: true, .. } => Some(Use::Enrolment(purpose)),
            Chosen::Totp | Chosen::Enrol { confirm: false, .. } => None,
        };
        let sms = purpose_of_code.is_some();
        if let Some(purpose) = purpose_of_code {
            let phone = Secret::new(self.person(&row)?.phone.clone());
            self.send_code((&row, Some(phone)), (Line::Sms, Channel::Sms), purpose, caller.language, now).await?;
        }
        let shown = match &chosen {
            Chosen::Enrol { seed, .. } => {
                let shown = totp::enrolment(seed, &self.rules.settings.issuer, &row.user_name);
                Some(shown.ok_or(Refusal::Internal)?)
            }
            Chosen::Totp | Chosen::Sms => None,
        };
        let (secret, uri) = shown.map_or((None, None), |shown| (Some(shown.secret), Some(shown.uri)));
        let attempt = self.seal_attempt(row.account, row.generation, now, Stage::Code(purpose, chosen));
        Ok(FactorAnswer { attempt, secret, uri, sms })
    }

    /// Draws a code for one use and sends it, if there is room and not too many were sent. To nobody it does the same,
    /// and sends nothing.
    pub(super) async fn send_code(
        &self,
        (row, to): (&AccountRow, Option<Secret>),
        (line, channel): (Line, Channel),
        purpose: Use<'_>,
        language: Language,
        now: i64,
    ) -> Result<(), Refusal> {
        // Room first: no code is kept that nobody gets.
        let slot = self.delivery.reserve(channel).map_err(|_| Refusal::BUSY)?;
        let drawn = code::draw();
        let hash = code::hash(self.keys.access(), row.account, row.generation, purpose, &drawn);
        let (account, most) = (row.account, self.rules.settings.messages_per_hour);
        let step = self
            .step(move |mut rows| Box::pin(async move { Ok(rows.keep_code(account, line, &hash, now, most).await?) }));
        if !step.await? {
            let seconds = 3600 - u32::try_from(now.rem_euclid(3600)).unwrap_or(0);
            return Err(Refusal::Wait { why: Wait::Messages, seconds });
        }
        match channel {
            Channel::Sms => self.counts.add(Counted::Messages),
            Channel::Mail => self.counts.add(Counted::Mails),
        }
        let notice = match purpose {
            Use::Factor(_) | Use::ContactFactor => Notice::LoginCode(drawn),
            Use::Enrolment(_) => Notice::EnrolmentCode(drawn),
            Use::Recovery => Notice::RecoveryCode(drawn),
            Use::Contact(_) => Notice::ContactCode(drawn),
        };
        if let Some(to) = to {
            slot.send(to, language, &notice);
        }
        Ok(())
    }

    /// `POST /access/code`.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn code(&self, caller: &Caller, request: CodeRequest) -> Result<CodeAnswer, Refusal> {
        let now = self.enter(caller)?;
        let attempt = self.open_attempt(&request.attempt, now)?;
        let Stage::Code(purpose, chosen) = attempt.stage.clone() else { return Err(Refusal::Attempt) };
        let (token, begun) = self.draw_session(attempt.account, now);
        let (keys, seed) = (self.keys.clone(), enrolled(&chosen));
        let step = self.step(move |mut rows| {
            Box::pin(async move {
                let row = current(&mut rows, &attempt, now).await?;
                let accepted = rows.second_factor(&keys, &row, (purpose, &chosen), &request, now).await?;
                let Some(accepted) = accepted else {
                    rows.fail(&row, now).await?;
                    return Err(Stop::Refused(Refusal::Code));
                };
                if accepted.sms {
                    rows.use_code(row.account, Line::Sms).await?;
                }
                if purpose != Purpose::Login {
                    if let Some(step) = accepted.step {
                        rows.use_step(row.account, step).await?;
                    }
                    return Ok((row, None));
                }
                let totp = enrolled(&chosen).map(|seed| seal_seed(&keys, row.account, &seed));
                rows.begin(&row, &begun, &Set { auth: None, totp, step: accepted.step }).await?;
                Ok((row, Some(begun)))
            })
        });
        let (row, begun) = self.judge(caller.address, step.await)?;
        self.counts.add(Counted::Factors);
        let setting = match (purpose, begun) {
            (_, Some(begun)) => return Ok(CodeAnswer::Session(begun.answer(token, now))),
            (Purpose::Recovery, None) => Setting::Again,
            (Purpose::FirstAccess | Purpose::Login, None) => Setting::First,
        };
        let stage = Stage::Password(setting, seed);
        Ok(CodeAnswer::Password(PasswordStep {
            attempt: self.seal_attempt(row.account, row.generation, now, stage),
            kdf: self.derivation(&row.user_name),
            user: row.user_name,
        }))
    }
}

type Seed = zeroize::Zeroizing<[u8; totp::SEED]>;

fn enrolled(chosen: &Chosen) -> Option<Seed> {
    match chosen {
        Chosen::Enrol { seed, .. } => Some(seed.clone()),
        Chosen::Totp | Chosen::Sms => None,
    }
}

pub(super) fn seal_seed(keys: &ServerKeys, account: AccountNumber, seed: &Seed) -> Vec<u8> {
    keys.roll().seal(&aad("totp", account), seed.as_slice(), &mut random::system())
}

/// The step that the enrolled authenticator's code belongs to, if it is right and new.
pub(super) fn accept_totp(
    keys: &ServerKeys,
    row: &AccountRow,
    code: &Secret,
    now: i64,
) -> Result<Option<i64>, Refusal> {
    let Some(sealed) = &row.totp else { return Ok(None) };
    let seed = keys.roll().open(&aad("totp", row.account), sealed).map_err(|_| {
        tracing::error!("the seed of an authenticator does not open");
        Refusal::Internal
    })?;
    Ok(totp::accept(&seed, code.expose(), now, row.totp_step))
}

impl Rows<'_> {
    /// Whether a code that was sent is right; it is used up by whoever goes on.
    pub(super) async fn sms_is_right(
        &mut self,
        keys: &ServerKeys,
        row: &AccountRow,
        purpose: Use<'_>,
        code: &Secret,
        now: i64,
    ) -> Result<bool, Stop> {
        let sent = self.code(row.account, Line::Sms).await?;
        Ok(code::matches(keys.access(), Some(row), sent.as_ref(), purpose, code, now))
    }

    async fn second_factor(
        &mut self,
        keys: &ServerKeys,
        row: &AccountRow,
        (purpose, chosen): (Purpose, &Chosen),
        request: &CodeRequest,
        now: i64,
    ) -> Result<Option<Accepted>, Stop> {
        match chosen {
            Chosen::Totp => {
                let step = accept_totp(keys, row, &request.code, now)?;
                Ok(step.map(|step| Accepted { step: Some(step), sms: false }))
            }
            Chosen::Sms => {
                let right = self.sms_is_right(keys, row, Use::Factor(purpose), &request.code, now).await?;
                Ok(right.then_some(Accepted { step: None, sms: true }))
            }
            Chosen::Enrol { seed, confirm } => {
                let step = totp::accept(seed.as_slice(), request.code.expose(), now, row.totp_step);
                let confirmed = match (&request.sms_code, confirm) {
                    (_, false) => true,
                    (None, true) => false,
                    (Some(code), true) => self.sms_is_right(keys, row, Use::Enrolment(purpose), code, now).await?,
                };
                Ok(step.filter(|_| confirmed).map(|step| Accepted { step: Some(step), sms: *confirm }))
            }
        }
    }
}
