//! Mail and messages, as the configuration says.

use escrutinio_core::manifest::Manifest;

use crate::access::secret::Secret;
use crate::config::{Config, Gateway, Mail, Sms, Smtp as SmtpConfig, SmtpSecurity};
use crate::delivery::carrier::Carrier;
use crate::delivery::gateway::GatewayError;
use crate::delivery::smtp::SmtpError;
use crate::delivery::{Delivery, FileOutbox, GatewaySettings, HttpGateway, Patience, Security, Smtp, SmtpSettings};
use crate::delivery::{TextError, Texts};
use crate::passwords::Passwords;

/// Minutes for which a code is good.
const CODE_MINUTES: i64 = 5;

/// Codes cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The relay.
    #[error("mail: {0}")]
    Smtp(#[from] SmtpError),
    /// The gateway.
    #[error("sms: {0}")]
    Gateway(#[from] GatewayError),
    /// The texts.
    #[error(transparent)]
    Texts(#[from] TextError),
    /// An outbox cannot be made.
    #[error("{}: {why}", .folder.display())]
    Outbox {
        /// The folder.
        folder: std::path::PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// A password is missing or cannot be read.
    #[error("{name}: {why}")]
    Password {
        /// Its name.
        name: &'static str,
        /// Why.
        why: String,
    },
}

pub(super) fn start(config: &Config, manifest: &Manifest, passwords: &Passwords) -> Result<Delivery, DeliveryError> {
    let texts = Texts::standard(&manifest.title, &config.access.help, CODE_MINUTES)?;
    let outbox = |folder: &std::path::PathBuf| -> Result<Box<dyn Carrier>, DeliveryError> {
        let fail = |why| DeliveryError::Outbox { folder: folder.clone(), why };
        Ok(Box::new(FileOutbox::open(folder).map_err(fail)?))
    };
    let mail = match &config.mail {
        Mail::Outbox(folder) => outbox(folder)?,
        Mail::Smtp(smtp) => relay(smtp, passwords)?,
    };
    let sms = match &config.sms {
        Sms::Outbox(folder) => outbox(folder)?,
        Sms::Gateway(settings) => gateway(settings, passwords)?,
    };
    Ok(Delivery::new(texts, mail, sms, Patience::default()))
}

fn password(passwords: &Passwords, name: &'static str) -> Result<Secret, DeliveryError> {
    let fail = |why: String| DeliveryError::Password { name, why };
    let found = passwords.credential_of(name).map_err(|why| fail(why.to_string()))?;
    let found = found.ok_or_else(|| fail("there is no such credential".to_owned()))?;
    Ok(Secret::new(found.to_string()))
}

fn relay(smtp: &SmtpConfig, passwords: &Passwords) -> Result<Box<dyn Carrier>, DeliveryError> {
    let login = match &smtp.user {
        None => None,
        Some(user) => Some((user.clone(), password(passwords, "smtp-password")?)),
    };
    let security = match smtp.security {
        SmtpSecurity::Tls => Security::Tls,
        SmtpSecurity::StartTls => Security::StartTls,
        SmtpSecurity::None => Security::None,
    };
    let settings = SmtpSettings {
        host: smtp.host.clone(),
        port: smtp.port,
        security,
        login,
        from: smtp.from.clone(),
        ca: smtp.ca.clone(),
    };
    Ok(Box::new(Smtp::new(&settings)?))
}

fn gateway(gateway: &Gateway, passwords: &Passwords) -> Result<Box<dyn Carrier>, DeliveryError> {
    let headers = match &gateway.token_header {
        None => Vec::new(),
        Some(name) => vec![(name.clone(), password(passwords, "sms-token")?)],
    };
    let settings = GatewaySettings {
        url: gateway.url.clone(),
        body: gateway.body.clone(),
        content_type: gateway.content_type.clone(),
        headers,
        accepted: Vec::new(),
    };
    Ok(Box::new(HttpGateway::new(&settings)?))
}
