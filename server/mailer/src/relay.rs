//! The conversation with the mail relay: one message, step by step, so that it is known at every
//! moment whether the relay can have taken it.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, CertificateStore, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::message::Prepared;

/// Where the relay is, from `smtps://user@host:port` or, on this machine only, `smtp://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether the connection begins with TLS.
    pub tls: bool,
    /// The user who logs in, if one does.
    pub user: Option<String>,
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl Endpoint {
    /// Reads the address of a relay.
    ///
    /// # Errors
    /// If it has not one of the two forms, holds a password, or would send access links in the clear
    /// to another machine.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = |why: &str| Error::Use(format!("--smtp: {why}"));
        let (tls, rest) = match (text.strip_prefix("smtps://"), text.strip_prefix("smtp://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(bad("expected smtps://user@host:port or smtp://127.0.0.1:port")),
        };
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, _)) if user.is_empty() || user.contains(':') => {
                return Err(bad("a user and no password: it is read from a file or asked for"));
            }
            Some((user, rest)) => (Some(user.to_owned()), rest),
            None => (None, rest),
        };
        let bracketed = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let (host, port) = match bracketed {
            Some((host, "")) => (host, None),
            Some((host, rest)) => (host, Some(rest.strip_prefix(':').unwrap_or("-"))),
            None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            Some(port) => port.parse().map_err(|_| bad("the port is no number"))?,
            None if tls => 465,
            None => 25,
        };
        if host.is_empty() || host.contains(['/', '?', '#', ' ']) {
            return Err(bad("no host"));
        }
        let here = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        if !tls && host != "localhost" && !host.parse().is_ok_and(|address| here.contains(&address)) {
            return Err(bad("without TLS only to this machine: access links would cross the network in the clear"));
        }
        Ok(Self { tls, user, host: host.to_owned(), port })
    }
}

/// What the relay made of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It took it.
    Sent(u16),
    /// It refused it for good.
    Refused(u16),
    /// It did not take it, and may later.
    Deferred(u16),
    /// The connection broke after the content was handed over.
    Unsure,
}

/// Why a message did not come so far that the relay could take it.
#[derive(Debug)]
pub enum Trouble {
    /// No connection, or it broke, or the relay is shutting down: trying again may help.
    Connection(String),
    /// The relay refuses us, whatever the message.
    Refused(String),
    /// The journal cannot be written.
    Journal(Error),
}

/// How the relay is reached.
pub struct Relay {
    endpoint: Endpoint,
    credentials: Option<Credentials>,
    tls: Option<TlsParameters>,
    hello: ClientId,
    timeout: Duration,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Relay {
    /// A relay; `authority` is the certificate (PEM) of the only authority that it is believed from,
    /// instead of the public ones. We greet it with the domain of the sender.
    ///
    /// # Errors
    /// If the certificate cannot be read.
    pub fn new(
        endpoint: Endpoint,
        password: Option<&Zeroizing<String>>,
        authority: Option<&[u8]>,
        from: &Address,
        timeout: Duration,
    ) -> Result<Self> {
        let bad = |why: SmtpError| Error::Use(format!("--ca: {why}"));
        let tls = if endpoint.tls {
            let mut builder = TlsParameters::builder(endpoint.host.clone());
            if let Some(pem) = authority {
                builder = builder
                    .certificate_store(CertificateStore::None)
                    .add_root_certificate(Certificate::from_pem(pem).map_err(bad)?);
            }
            Some(builder.build().map_err(bad)?)
        } else {
            None
        };
        let credentials = endpoint
            .user
            .as_ref()
            .zip(password)
            .map(|(user, password)| Credentials::new(user.clone(), password.as_str().to_owned()));
        Ok(Self { endpoint, credentials, tls, hello: ClientId::Domain(from.domain().to_owned()), timeout })
    }

    /// Connects and logs in.
    ///
    /// # Errors
    /// If it cannot be reached, or does not let us in.
    pub fn connect(&self) -> core::result::Result<Connection, Trouble> {
        let at = (self.endpoint.host.as_str(), self.endpoint.port);
        let mut smtp = SmtpConnection::connect(at, Some(self.timeout), &self.hello, self.tls.as_ref(), None)
            .map_err(|why| us(&why))?;
        if let Some(credentials) = &self.credentials {
            smtp.auth(&[Mechanism::Plain, Mechanism::Login], credentials)
                .map_err(|why| if why.is_client() { Trouble::Refused(why.to_string()) } else { us(&why) })?;
        }
        Ok(Connection { smtp, usable: true })
    }
}

/// A connection to the relay.
pub struct Connection {
    smtp: SmtpConnection,
    usable: bool,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("usable", &self.usable).finish_non_exhaustive()
    }
}

/// The relay closes the connection.
const CLOSING: u16 = 421;

fn code(why: &SmtpError) -> Option<u16> {
    why.status().map(u16::from)
}

/// What an error means before the relay has heard of any recipient.
fn us(why: &SmtpError) -> Trouble {
    if why.is_permanent() { Trouble::Refused(why.to_string()) } else { Trouble::Connection(why.to_string()) }
}

impl Connection {
    /// Whether another message can go through it.
    #[must_use]
    pub fn usable(&self) -> bool {
        self.usable
    }

    /// Hands one message over. `about_to_send` is called when the relay is ready for the content and
    /// none of it has been sent.
    ///
    /// # Errors
    /// If the relay cannot have taken the message, for a reason that is not the message's.
    pub fn deliver(
        &mut self,
        from: &Address,
        message: &Prepared,
        about_to_send: impl FnOnce() -> Result<()>,
    ) -> core::result::Result<Delivery, Trouble> {
        let utf8 = !message.to.to_string().is_ascii();
        if utf8 && !self.smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
            // 553: the address is not allowed here.
            return Ok(Delivery::Refused(553));
        }
        let parameters = if utf8 { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };
        self.smtp.command(Mail::new(Some(from.clone()), parameters)).map_err(|why| {
            self.usable = false;
            us(&why)
        })?;
        if let Err(why) = self.smtp.command(Rcpt::new(message.to.clone(), Vec::new())) {
            return self.not_taken(&why).ok_or_else(|| us(&why));
        }
        if let Err(why) = self.smtp.command(Data) {
            return self.not_taken(&why).ok_or_else(|| us(&why));
        }
        if let Err(why) = about_to_send() {
            // The relay waits for content: this connection is good for nothing else.
            self.usable = false;
            return Err(Trouble::Journal(why));
        }
        match self.smtp.message(&message.bytes) {
            Ok(response) => Ok(Delivery::Sent(response.code().into())),
            Err(why) => {
                let closing = code(&why).filter(|code| *code == CLOSING).map(Delivery::Deferred);
                Ok(self.not_taken(&why).or(closing).unwrap_or(Delivery::Unsure))
            }
        }
    }

    /// What an answer says of a message that was not taken; nothing if there was no answer, or
    /// the relay is shutting down. The connection is then of no more use.
    fn not_taken(&mut self, why: &SmtpError) -> Option<Delivery> {
        let delivery = match code(why) {
            Some(CLOSING) | None => None,
            Some(code) if why.is_permanent() => Some(Delivery::Refused(code)),
            Some(code) => Some(Delivery::Deferred(code)),
        };
        self.usable = delivery.is_some() && self.smtp.command(Rset).is_ok();
        delivery
    }

    /// Says goodbye.
    pub fn quit(mut self) {
        if self.usable {
            let _ = self.smtp.quit();
        } else {
            self.smtp.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_relays() {
        let relay = |text: &str| Endpoint::parse(text).ok().map(|e| (e.tls, e.user, e.host, e.port));
        let user = |user: &str| Some(user.to_owned());
        assert_eq!(relay("smtps://ana@mx.example:4650"), Some((true, user("ana"), "mx.example".into(), 4650)));
        assert_eq!(
            relay("smtps://a@ine.example@mx.example"),
            Some((true, user("a@ine.example"), "mx.example".into(), 465))
        );
        assert_eq!(relay("smtp://127.0.0.1:2525"), Some((false, None, "127.0.0.1".into(), 2525)));
        assert_eq!(relay("smtp://[::1]:2525"), Some((false, None, "::1".into(), 2525)));
        assert_eq!(relay("smtp://localhost"), Some((false, None, "localhost".into(), 25)));
        for bad in [
            "mx.example:25",
            "http://127.0.0.1",
            "smtp://mx.example:25",
            "smtp://10.0.0.1",
            "smtp://localhost.evil.example",
            "smtps://ana:secret@mx.example",
            "smtps://@mx.example",
            "smtps://mx.example:port",
            "smtps://mx.example:70000",
            "smtps://[::1]25",
            "smtps://mx.example/x",
            "smtps://",
        ] {
            assert!(matches!(Endpoint::parse(bad), Err(Error::Use(_))), "{bad}");
        }
    }
}
