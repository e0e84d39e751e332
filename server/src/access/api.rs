//! What goes in and out of the access routes (`spec/server.md`, interface). JSON; bytes are
//! base64url without padding, times seconds since 1970.

use core::net::IpAddr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::secret::Secret;
use crate::delivery::Language;

/// From where a request comes, and in which language its sender reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The address.
    pub address: IpAddr,
    /// The language.
    pub language: Language,
}

/// A second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Factor {
    /// A code that an authenticator shows.
    Totp,
    /// A code by a message to the registered telephone.
    Sms,
}

/// `POST /access/link`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// The one-time token of the link, 32 bytes.
    pub token: Secret,
}

/// The link is known.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkAnswer {
    /// For the next step.
    pub attempt: Secret,
    /// The user name of the account.
    pub user: String,
}

/// `POST /access/digits`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DigitsRequest {
    /// From the step before.
    pub attempt: Secret,
    /// The last four digits of the registered telephone.
    pub digits: Secret,
}

/// A second factor has to be chosen.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactorsAnswer {
    /// For the next step.
    pub attempt: Secret,
    /// What there is to choose from.
    pub factors: Vec<Factor>,
    /// Whether an authenticator is enrolled; if not, choosing it enrols one.
    pub authenticator: bool,
}

/// `POST /access/kdf`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KdfRequest {
    /// A user name, whether it exists or not.
    pub user: String,
}

/// How the page makes keys of a password: Argon2id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct KdfAnswer {
    /// Salt, 16 bytes.
    pub salt: String,
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// `POST /access/login`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// The user name.
    #[schema(pattern = "^[!-~]{1,64}$")]
    pub user: String,
    /// The authentication key of the password, 32 bytes.
    #[schema(value_type = String, pattern = "^[0-9A-Za-z_-]{42}[048AEIMQUYcgkosw]$")]
    pub auth: Secret,
}

/// `POST /access/recover`. The answer is the same for every user name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoverRequest {
    /// The user name.
    pub user: String,
}

/// `POST /access/recover-code`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoverCodeRequest {
    /// The user name.
    #[schema(pattern = "^[!-~]{1,64}$")]
    pub user: String,
    /// The code from the e-mail.
    pub code: Secret,
}

/// `POST /access/factor`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactorRequest {
    /// From the step before.
    pub attempt: Secret,
    /// Which second factor.
    pub factor: Factor,
}

/// The second factor is chosen: a code is on its way, or shown by the authenticator.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactorAnswer {
    /// For the next step.
    pub attempt: Secret,
    /// Enrolment: the seed to type into an authenticator, base32.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Enrolment: the same as the `otpauth` address of a QR code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<Secret>,
    /// Whether a code was sent to the telephone and is asked for.
    pub sms: bool,
}

/// `POST /access/code`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// From the step before.
    pub attempt: Secret,
    /// The code of the factor that was chosen.
    pub code: Secret,
    /// Enrolment of an authenticator: the code that was sent to the telephone as well.
    #[serde(default)]
    pub sms_code: Option<Secret>,
}

/// Both factors are proved.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum CodeAnswer {
    /// Login: the session.
    Session(SessionAnswer),
    /// First access and recovery: a password has to be set.
    Password(PasswordStep),
}

/// A password has to be set.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasswordStep {
    /// For the next step.
    pub attempt: Secret,
    /// The user name that the password is for.
    pub user: String,
    /// How keys are made of it.
    #[serde(flatten)]
    pub kdf: KdfAnswer,
}

/// `POST /access/password`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// From the step before.
    pub attempt: Secret,
    /// The authentication key of the new password, 32 bytes.
    #[schema(value_type = String, pattern = "^[0-9A-Za-z_-]{42}[048AEIMQUYcgkosw]$")]
    pub auth: Secret,
}

/// A session has begun.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionAnswer {
    /// The token of the session, for `Authorization: Bearer`.
    pub session: Secret,
    /// When it ends.
    pub expires: i64,
    /// Seconds until then, by the server's clock.
    pub remaining: i64,
}

/// `GET /session`.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SessionState {
    /// When the session ends.
    pub expires: i64,
    /// Seconds until then, by the server's clock.
    pub remaining: i64,
    /// Whether voting has closed and this session may still finish.
    pub grace: bool,
    /// The voter's credential list.
    pub list: u32,
    /// The style of the ballot.
    pub style: u32,
    /// The reporting unit.
    pub unit: u32,
    /// The contests of the style.
    pub contests: Vec<ContestState>,
}

/// One contest of a voter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContestState {
    /// Its number.
    pub contest: u32,
    /// Whether the voter has cast a ballot in it.
    pub cast: bool,
}

/// What of the contact data is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContactKind {
    /// The e-mail address.
    Email,
    /// The telephone.
    Phone,
}

/// `POST /session/contact`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactRequest {
    /// What is changed.
    pub kind: ContactKind,
    /// The new address or number.
    pub value: Secret,
    /// Which second factor will confirm it.
    pub factor: Factor,
}

/// A code is on its way to the new address.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactAnswer {
    /// For the confirmation.
    pub attempt: Secret,
}

/// `POST /session/contact/confirm`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactConfirmRequest {
    /// From the step before.
    pub attempt: Secret,
    /// The code that was sent to the new address.
    pub code: Secret,
    /// The code of the second factor.
    pub factor_code: Secret,
}
