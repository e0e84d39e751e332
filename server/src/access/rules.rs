//! What manifest and configuration say of access.

use core::num::NonZeroU32;

use escrutinio_core::manifest::{Enrolment, GeoGate, Manifest, SecondFactor};

use super::api::Factor;
use super::place::Network;

/// What the configuration says.
#[derive(Clone, Debug)]
pub struct AccessSettings {
    /// Who an authenticator says that the code is for.
    pub issuer: String,
    /// Whether enrolling an authenticator on first access takes a code to the registered telephone as well.
    pub confirm_enrolment_by_sms: bool,
    /// Wrong tries of one address (IPv4 /24, IPv6 /56) in a minute.
    pub wrong_tries_per_minute: NonZeroU32,
    /// Messages of one kind to one account in an hour.
    pub messages_per_hour: u32,
    /// Addresses of the national territory, for manifests whose geo_gate is not off.
    pub domestic: Vec<Network>,
}

impl Default for AccessSettings {
    fn default() -> Self {
        Self {
            issuer: "Voto por internet".to_owned(),
            confirm_enrolment_by_sms: true,
            wrong_tries_per_minute: NonZeroU32::MIN.saturating_add(29),
            messages_per_hour: 6,
            domestic: Vec::new(),
        }
    }
}

/// A manifest or configuration that this server cannot follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Passwords that somebody else chose.
    #[error("the manifest asks for mailed passwords: this server knows only links with which voters set their own")]
    MailedPasswords,
    /// A gate without a list.
    #[error("the manifest asks where voters are, and the configuration has no list of domestic addresses")]
    NoDomesticList,
}

/// The rules of access.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(super) settings: AccessSettings,
    pub(super) geo_gate: GeoGate,
    pub(super) lists: Vec<ListRules>,
    factors: Vec<Factor>,
}

/// What the voters of one credential list vote on.
#[derive(Clone, Debug)]
pub(super) struct ListRules {
    pub(super) style: u32,
    pub(super) unit: u32,
    pub(super) contests: Vec<u32>,
}

impl Rules {
    /// From a valid manifest and the configuration.
    ///
    /// # Errors
    /// [`RulesError`]
    pub fn of(manifest: &Manifest, settings: AccessSettings) -> Result<Self, RulesError> {
        if manifest.policies.enrolment != Enrolment::LinkThenPassword {
            return Err(RulesError::MailedPasswords);
        }
        let geo_gate = manifest.policies.geo_gate;
        if geo_gate != GeoGate::Off && settings.domestic.is_empty() {
            return Err(RulesError::NoDomesticList);
        }
        let factors = match manifest.policies.second_factor {
            SecondFactor::Totp => vec![Factor::Totp],
            SecondFactor::Sms => vec![Factor::Sms],
            // No valid manifest has an unknown one.
            SecondFactor::TotpAndSms | SecondFactor::Unknown(_) => vec![Factor::Totp, Factor::Sms],
        };
        let contests = |style: u32| {
            let style = usize::try_from(style).ok().and_then(|style| manifest.styles.get(style));
            style.map(|style| style.contests.clone()).unwrap_or_default()
        };
        let lists = manifest.lists.iter();
        let lists = lists.map(|l| ListRules { style: l.style, unit: l.unit, contests: contests(l.style) }).collect();
        Ok(Self { settings, geo_gate, lists, factors })
    }

    /// The second factors that there are.
    #[must_use]
    pub fn factors(&self) -> &[Factor] {
        &self.factors
    }
}
