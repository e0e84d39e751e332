//! First access, login and recovery, step by step (`spec/server.md`, "Access").

use escrutinio_core::access::{AccessLink, PasswordKeys};
use escrutinio_core::credential::IssuedHalf;
use rand_core::CryptoRng;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::api::{Api, Factors};
use crate::authenticator::Authenticator;
use crate::error::{Error, Result};
use crate::kdf::{self, Kdf};
use crate::mail::AccessMail;
use crate::outbox::Outbox;
use crate::session::Session;

/// A voter's second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// An authenticator application.
    Totp,
    /// A code by SMS.
    Sms,
}

impl Factor {
    fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Sms => "sms",
        }
    }
}

/// What a voter brings to the first access.
#[derive(Debug)]
pub struct FirstAccess<'a> {
    /// The access mail.
    pub mail: &'a AccessMail,
    /// The registered phone, whole.
    pub phone: &'a str,
    /// A password of the voter's own.
    pub password: &'a str,
    /// Which second factor.
    pub factor: Factor,
    /// Argon2id's cost, if it is not to be the one that the server says: a machine that plays
    /// thousands of devices has not their memory.
    pub cost: Option<Cost>,
}

/// A cost of Argon2id other than the served one.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

/// What stays on the device after the first access.
pub struct Device {
    user: String,
    phone: String,
    factor: Factor,
    authenticator: Option<Authenticator>,
    cost: Option<Cost>,
    /// The first half, sealed.
    half: Vec<u8>,
}

impl core::fmt::Debug for Device {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Device(..)")
    }
}

#[derive(Deserialize)]
struct Linked {
    attempt: String,
    user: String,
}

#[derive(Deserialize)]
struct Chosen {
    attempt: String,
    uri: Option<String>,
    #[serde(default)]
    sms: bool,
}

#[derive(Deserialize)]
struct Proved {
    attempt: String,
    #[serde(flatten)]
    kdf: Kdf,
}

#[derive(Deserialize)]
struct Entered {
    session: String,
    expires: i64,
}

impl Entered {
    fn session(self, api: &Api) -> Session {
        Session::resume(api.clone(), self.session, self.expires)
    }
}

/// The device's clock, in seconds since 1970.
pub type Now<'a> = &'a (dyn Fn() -> i64 + Sync);

impl Device {
    /// First access: link, digits, factor, password. The half is sealed on the device.
    ///
    /// # Errors
    /// If the server refuses a step, or a code does not come.
    pub async fn first_access(
        api: &Api,
        outbox: &Outbox,
        now: Now<'_>,
        voter: &FirstAccess<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Session)> {
        let link = &voter.mail.link;
        let linked: Linked = api.post("/access/link", &json!({ "token": link.expose_token() })).await?;
        if linked.user != voter.mail.user {
            let why = "another user name than the mail's".to_owned();
            return Err(Error::Answer { request: "/access/link".to_owned(), why });
        }
        let digits: String = voter.phone.chars().filter(char::is_ascii_digit).collect();
        let last = digits.get(digits.len().saturating_sub(4)..).unwrap_or_default();
        let factors: Factors =
            api.post("/access/digits", &json!({ "attempt": linked.attempt, "digits": last })).await?;
        outbox.forget(voter.phone)?;
        let chosen = choose(api, &factors, voter.factor).await?;
        let authenticator = match (voter.factor, &chosen.uri) {
            (Factor::Totp, Some(uri)) => Some(Authenticator::scan(uri)?),
            (Factor::Totp, None) => return Err(Error::Authenticator("no seed is shown".to_owned())),
            (Factor::Sms, _) => None,
        };
        let sms = if chosen.sms { Some(outbox.code(voter.phone).await?) } else { None };
        let code = codes(&chosen.attempt, authenticator.as_ref(), now, sms);
        let proved: Proved = api.post("/access/code", &code).await?;
        let keys = derive(voter.password, &proved.kdf, voter.cost).await?;
        let password = json!({ "attempt": proved.attempt, "auth": keys.expose_auth() });
        let entered: Entered = api.post("/access/password", &password).await?;
        let (user, phone) = (linked.user, voter.phone.to_owned());
        let half = keys.seal(&user, link.expose_half(), rng)?;
        let (factor, cost) = (voter.factor, voter.cost);
        Ok((Self { user, phone, factor, authenticator, cost, half }, entered.session(api)))
    }

    /// The device of somebody who has used up the link elsewhere: the link gives the half again.
    ///
    /// # Errors
    /// If the password's key cannot be derived.
    pub async fn again(&self, api: &Api, link: &AccessLink, password: &str, rng: &mut impl CryptoRng) -> Result<Self> {
        let keys = self.keys(api, password).await?;
        let half = keys.seal(&self.user, link.expose_half(), rng)?;
        Ok(Self {
            user: self.user.clone(),
            phone: self.phone.clone(),
            factor: self.factor,
            authenticator: self.authenticator.clone(),
            cost: self.cost,
            half,
        })
    }

    /// The user name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The authenticator, if there is one.
    #[must_use]
    pub fn authenticator(&self) -> Option<&Authenticator> {
        self.authenticator.as_ref()
    }

    /// The registrar's half, which lies sealed on the device.
    ///
    /// # Errors
    /// If the password is another.
    pub async fn half(&self, api: &Api, password: &str) -> Result<IssuedHalf> {
        let keys = self.keys(api, password).await?;
        Ok(IssuedHalf::from_bytes(&keys.open(&self.user, &self.half)?)?)
    }

    /// User name, password, code.
    ///
    /// # Errors
    /// If the server refuses a step, or a code does not come.
    pub async fn login(&self, api: &Api, outbox: &Outbox, now: Now<'_>, password: &str) -> Result<Session> {
        let keys = self.keys(api, password).await?;
        self.login_with(api, outbox, now, &keys).await
    }

    /// The same with a key that was derived before.
    ///
    /// # Errors
    /// If the server refuses a step, or a code does not come.
    pub async fn login_with(&self, api: &Api, outbox: &Outbox, now: Now<'_>, keys: &PasswordKeys) -> Result<Session> {
        let request = json!({ "user": self.user, "auth": keys.expose_auth() });
        let factors: Factors = api.post("/access/login", &request).await?;
        let code = self.second_factor(api, outbox, now, &factors).await?;
        let entered: Entered = api.post("/access/code", &code).await?;
        Ok(entered.session(api))
    }

    /// The password is forgotten: a code by e-mail, the second factor, a new password. The half
    /// that lies on the device is lost with the old one; the link gives it again.
    ///
    /// # Errors
    /// If the server refuses a step, or a code does not come.
    pub async fn recover(
        &mut self,
        api: &Api,
        (mails, sms): (&Outbox, &Outbox),
        now: Now<'_>,
        mail: &AccessMail,
        password: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<Session> {
        mails.forget(&mail.to)?;
        api.accept("/access/recover", &json!({ "user": self.user })).await?;
        let code = mails.code(&mail.to).await?;
        let factors: Factors = api.post("/access/recover-code", &json!({ "user": self.user, "code": code })).await?;
        let code = self.second_factor(api, sms, now, &factors).await?;
        let proved: Proved = api.post("/access/code", &code).await?;
        let keys = derive(password, &proved.kdf, self.cost).await?;
        let request = json!({ "attempt": proved.attempt, "auth": keys.expose_auth() });
        let entered: Entered = api.post("/access/password", &request).await?;
        self.half = keys.seal(&self.user, mail.link.expose_half(), rng)?;
        Ok(entered.session(api))
    }

    /// What the password gives for this account.
    ///
    /// # Errors
    /// If the server does not say salt and cost, or they cannot be used.
    pub async fn keys(&self, api: &Api, password: &str) -> Result<PasswordKeys> {
        let kdf: Kdf = api.post("/access/kdf", &json!({ "user": self.user })).await?;
        derive(password, &kdf, self.cost).await
    }

    async fn second_factor(&self, api: &Api, outbox: &Outbox, now: Now<'_>, factors: &Factors) -> Result<Value> {
        outbox.forget(&self.phone)?;
        let chosen = choose(api, factors, self.factor).await?;
        let sms = if chosen.sms { Some(outbox.code(&self.phone).await?) } else { None };
        Ok(codes(&chosen.attempt, self.authenticator.as_ref(), now, sms))
    }
}

async fn choose(api: &Api, factors: &Factors, factor: Factor) -> Result<Chosen> {
    if !factors.factors.iter().any(|offered| offered == factor.name()) {
        return Err(Error::Factor { wanted: factor.name(), offered: factors.factors.join(", ") });
    }
    api.post("/access/factor", &json!({ "attempt": factors.attempt, "factor": factor.name() })).await
}

/// The authenticator's code, and the one by SMS beside it or in its place.
fn codes(attempt: &str, authenticator: Option<&Authenticator>, now: Now<'_>, sms: Option<String>) -> Value {
    match (authenticator, sms) {
        (Some(authenticator), Some(sms)) => {
            json!({ "attempt": attempt, "code": authenticator.code(now()), "sms_code": sms })
        }
        (Some(authenticator), None) => json!({ "attempt": attempt, "code": authenticator.code(now()) }),
        (None, sms) => json!({ "attempt": attempt, "code": sms }),
    }
}

async fn derive(password: &str, kdf: &Kdf, cost: Option<Cost>) -> Result<PasswordKeys> {
    let kdf = kdf.clone();
    let password = Zeroizing::new(password.to_owned());
    tokio::task::spawn_blocking(move || kdf::derive(&password, &kdf, cost))
        .await
        .map_err(|why| Error::Kdf(why.to_string()))?
}
