//! E-mail over SMTP, with TLS from the first byte or after STARTTLS. Every message has a connection of its
//! own: one that was left in the middle of a conversation, as an attempt took too long, is never used again.

use core::fmt;
use core::time::Duration;
use std::io;
use std::path::PathBuf;

use lettre::message::Mailbox;
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::carrier::{Carrier, DeliveryError, Letter, Sending};
use crate::access::secret::Secret;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after a command; a relay that does not know it gets nothing.
    StartTls,
    /// None: only to this machine itself.
    None,
}

/// Which relay, and how.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Its host name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// User name and password, if it asks for them.
    pub login: Option<(String, Secret)>,
    /// The sender, `Name <address>`.
    pub from: String,
    /// A certificate (PEM) to trust beside the usual ones.
    pub ca: Option<PathBuf>,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// The sender is no address.
    #[error("the sender is no address")]
    From,
    /// No TLS, and the relay is another machine.
    #[error("mail goes without TLS to this machine only, not to {0}")]
    Open(String),
    /// The certificate cannot be read or used.
    #[error("{}: {why}", .path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up for this host")]
    Tls,
}

/// A relay.
pub struct Smtp {
    relay: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    host: String,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({})", self.host)
    }
}

impl Smtp {
    /// Connects when there is something to send.
    ///
    /// # Errors
    /// [`SmtpError`]
    pub fn new(settings: &SmtpSettings) -> Result<Self, SmtpError> {
        let from = settings.from.parse().map_err(|_| SmtpError::From)?;
        let tls = match settings.security {
            Security::Tls => Tls::Wrapper(parameters(settings)?),
            Security::StartTls => Tls::Required(parameters(settings)?),
            Security::None if is_this_machine(&settings.host) => Tls::None,
            Security::None => return Err(SmtpError::Open(settings.host.clone())),
        };
        let mut relay = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(Duration::from_secs(15)));
        if let Some((user, password)) = &settings.login {
            relay = relay.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self { relay: relay.build(), from, host: settings.host.clone() })
    }

    fn message(&self, letter: &Letter) -> Result<Message, DeliveryError> {
        let to = Mailbox::new(None, letter.to.expose().parse().map_err(|_| DeliveryError::Address)?);
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject.clone())
            // No program answers it, and nobody's absence does.
            .header(AutoSubmitted)
            .message_id(None)
            .header(ContentType::TEXT_PLAIN)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(letter.text.expose().to_owned())
            .map_err(|_| DeliveryError::Address)
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<core::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn parameters(settings: &SmtpSettings) -> Result<TlsParameters, SmtpError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca {
        let fail = |why| SmtpError::Certificate { path: path.clone(), why };
        let pem = std::fs::read(path).map_err(fail)?;
        let certificate = Certificate::from_pem(&pem).map_err(|_| fail(io::ErrorKind::InvalidData.into()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(|_| SmtpError::Tls)
}

impl Carrier for Smtp {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        Box::pin(async move {
            let message = self.message(letter)?;
            self.relay.send(message).await.map(drop).map_err(|why| outcome(&why))
        })
    }
}

/// What an error is, without the words of the other side.
fn outcome(why: &lettre::transport::smtp::Error) -> DeliveryError {
    match why.status().map(u16::from) {
        // About this mailbox or this message; what else is refused is about us.
        Some(code @ 550..=554) => DeliveryError::Refused(code),
        Some(code) => DeliveryError::Later(code),
        None if why.is_timeout() => DeliveryError::TimedOut,
        None if why.is_tls() => DeliveryError::Tls,
        None if why.is_response() || why.is_client() => DeliveryError::Protocol,
        None => DeliveryError::Unreachable,
    }
}

/// RFC 3834.
#[derive(Clone, Copy, Debug)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn core::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(host: &str, security: Security) -> SmtpSettings {
        SmtpSettings {
            host: host.into(),
            port: 25,
            security,
            login: Some(("u".into(), Secret::new("canary".into()))),
            from: "Voto <no-responder@voto.example>".into(),
            ca: None,
        }
    }

    #[tokio::test]
    async fn without_tls_only_to_this_machine() {
        for (host, open) in [("localhost", true), ("127.0.0.1", true), ("::1", true), ("relay.example", false)] {
            assert_eq!(Smtp::new(&settings(host, Security::None)).is_ok(), open, "{host}");
            assert!(Smtp::new(&settings(host, Security::StartTls)).is_ok());
        }
        let wrong = SmtpSettings { from: "nobody".into(), ..settings("localhost", Security::None) };
        assert!(matches!(Smtp::new(&wrong), Err(SmtpError::From)));
        let ca = Some(PathBuf::from("absent.pem"));
        let wrong = SmtpSettings { ca, ..settings("localhost", Security::Tls) };
        assert!(matches!(Smtp::new(&wrong), Err(SmtpError::Certificate { .. })));
        assert!(!format!("{:?}", settings("localhost", Security::Tls)).contains("canary"));
    }

    #[tokio::test]
    async fn a_letter_is_one_message_to_one_address() {
        let smtp = Smtp::new(&settings("localhost", Security::None)).unwrap();
        let letter = |to: &str, subject: &str| Letter {
            to: Secret::new(to.into()),
            subject: subject.into(),
            text: Secret::new("código\n.\nfin".into()),
        };
        let text = String::from_utf8(smtp.message(&letter("a@b.example", "Código")).unwrap().formatted()).unwrap();
        assert!(text.contains("To: a@b.example\r\n") && text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
        assert!(text.contains("c=C3=B3digo"), "{text}");
        for to in ["a@b.example, c@d.example", "a@b.example\r\nBcc: x@y.example", "", "a"] {
            assert_eq!(smtp.message(&letter(to, "x")).unwrap_err(), DeliveryError::Address);
        }
        let text = smtp.message(&letter("a@b.example", "x\r\nBcc: x@y.example")).unwrap().formatted();
        assert!(!String::from_utf8(text).unwrap().contains("\r\nBcc:"));
    }
}
