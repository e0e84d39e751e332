//! Messages to telephones by a provider's HTTP interface: one POST, whose body is a template.

use core::fmt;
use core::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use super::carrier::{Carrier, DeliveryError, Letter, Sending};
use super::text::fill;
use crate::access::secret::Secret;

/// How number and text are quoted within the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Within a string of JSON.
    Json,
    /// As a value of a form.
    Form,
    /// As they are.
    Plain,
}

impl Encoding {
    /// The one that a media type asks for.
    #[must_use]
    pub fn of(content_type: &str) -> Self {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/x-www-form-urlencoded" => Self::Form,
            json if json == "application/json" || json.ends_with("+json") => Self::Json,
            _ => Self::Plain,
        }
    }

    fn quote(self, text: &str) -> String {
        match self {
            Self::Json => {
                let quoted = serde_json::Value::from(text).to_string();
                // Without its two quotation marks.
                quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
            }
            Self::Form => form(text),
            Self::Plain => text.to_owned(),
        }
    }
}

fn form(text: &str) -> String {
    use core::fmt::Write;
    let mut out = String::with_capacity(text.len().saturating_mul(3));
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'*' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// Which provider, and how it is asked.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// Where it is asked: https, or http on this machine.
    pub url: String,
    /// The body, with `{phone}` and `{text}`.
    pub body: String,
    /// Its media type, by which number and text are quoted.
    pub content_type: String,
    /// Headers, some of which are secrets.
    pub headers: Vec<(String, Secret)>,
    /// Statuses that mean that it took the message; none: every 2xx.
    pub accepted: Vec<u16>,
}

/// Settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// It is no address, or an open line to another machine.
    #[error("the gateway's address begins with https:// (http:// on this machine only)")]
    Url,
    /// Number or text is missing.
    #[error("the gateway's body lacks {{phone}} or {{text}}")]
    Body,
    /// A header cannot be sent.
    #[error("header {0} cannot be sent")]
    Header(String),
    /// There is no TLS.
    #[error("TLS cannot be set up")]
    Tls,
}

/// A provider.
pub struct HttpGateway {
    client: Client,
    url: Url,
    body: String,
    encoding: Encoding,
    headers: Vec<(HeaderName, HeaderValue)>,
    accepted: Vec<u16>,
}

impl fmt::Debug for HttpGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpGateway({})", self.url.host_str().unwrap_or_default())
    }
}

impl HttpGateway {
    /// Connects when there is something to send.
    ///
    /// # Errors
    /// [`GatewayError`]
    pub fn new(settings: &GatewaySettings) -> Result<Self, GatewayError> {
        let url: Url = settings.url.parse().map_err(|_| GatewayError::Url)?;
        let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && here) {
            return Err(GatewayError::Url);
        }
        if !settings.body.contains("{phone}") || !settings.body.contains("{text}") {
            return Err(GatewayError::Body);
        }
        let fail = |name: &str| GatewayError::Header(name.to_owned());
        let mut headers = Vec::new();
        let content_type = HeaderValue::from_str(&settings.content_type).map_err(|_| fail("Content-Type"))?;
        headers.push((CONTENT_TYPE, content_type));
        for (name, value) in &settings.headers {
            let mut value = HeaderValue::from_str(value.expose()).map_err(|_| fail(name))?;
            value.set_sensitive(true);
            headers.push((name.parse().map_err(|_| fail(name))?, value));
        }
        // If the program has installed another, that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            // A redirect would carry number and code to whom nobody has chosen.
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(15))
            .build()
            .map_err(|_| GatewayError::Tls)?;
        Ok(Self {
            client,
            url,
            body: settings.body.clone(),
            encoding: Encoding::of(&settings.content_type),
            headers,
            accepted: settings.accepted.clone(),
        })
    }

    fn body(&self, letter: &Letter) -> String {
        fill(&self.body, |mark| match mark {
            "phone" => Some(self.encoding.quote(letter.to.expose())),
            "text" => Some(self.encoding.quote(letter.text.expose())),
            other => Some(format!("{{{other}}}")),
        })
    }

    fn judge(&self, status: u16) -> Result<(), DeliveryError> {
        let taken =
            if self.accepted.is_empty() { (200..300).contains(&status) } else { self.accepted.contains(&status) };
        match status {
            _ if taken => Ok(()),
            // About this message; what else is refused is about us, or them.
            400 | 413 | 422 => Err(DeliveryError::Refused(status)),
            _ => Err(DeliveryError::Later(status)),
        }
    }
}

impl Carrier for HttpGateway {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        let mut request = self.client.post(self.url.clone()).body(self.body(letter));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        Box::pin(async move {
            match request.send().await {
                Ok(answer) => self.judge(answer.status().as_u16()),
                Err(why) if why.is_timeout() => Err(DeliveryError::TimedOut),
                Err(why) if why.is_connect() => Err(DeliveryError::Unreachable),
                Err(_) => Err(DeliveryError::Protocol),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> GatewaySettings {
        GatewaySettings {
            url: "https://gateway.example/send".into(),
            body: r#"{"to": "+{phone}", "text": "{text}", "more": {"a": 1}}"#.into(),
            content_type: "application/json".into(),
            headers: vec![("Authorization".into(), Secret::new("Bearer canary".into()))],
            accepted: Vec::new(),
        }
    }

    fn letter(text: &str) -> Letter {
        Letter { to: Secret::new("15551234567".into()), subject: String::new(), text: Secret::new(text.into()) }
    }

    #[test]
    fn settings_that_would_leak_are_refused() {
        let with = |change: fn(&mut GatewaySettings)| {
            let mut settings = settings();
            change(&mut settings);
            HttpGateway::new(&settings).map(drop)
        };
        assert_eq!(with(|_| ()), Ok(()));
        assert_eq!(with(|s| s.url = "http://gateway.example/".into()), Err(GatewayError::Url));
        assert_eq!(with(|s| s.url = "http://127.0.0.1:1/".into()), Ok(()));
        assert_eq!(with(|s| s.url = "file:///x".into()), Err(GatewayError::Url));
        assert_eq!(with(|s| s.body = "{text}".into()), Err(GatewayError::Body));
        let header = Err(GatewayError::Header("X\n".into()));
        assert_eq!(with(|s| s.headers = vec![("X\n".into(), Secret::new("v".into()))]), header);
        let gateway = HttpGateway::new(&settings()).unwrap();
        assert!(!format!("{gateway:?} {:?}", settings()).contains("canary"));
    }

    #[test]
    fn a_text_stays_a_text() {
        let gateway = HttpGateway::new(&settings()).unwrap();
        let body = gateway.body(&letter("\"}, {phone}\n\u{1} ñ"));
        let value: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(value["text"], "\"}, {phone}\n\u{1} ñ");
        assert_eq!(value["to"], "+15551234567");
        assert_eq!(Encoding::of("Application/X-WWW-form-urlencoded; charset=utf-8"), Encoding::Form);
        assert_eq!(Encoding::Form.quote("a b&c=ñ+%"), "a+b%26c%3D%C3%B1%2B%25");
        assert_eq!(Encoding::of("application/vnd.x+json"), Encoding::Json);
        assert_eq!(Encoding::of("text/plain"), Encoding::Plain);
    }

    #[test]
    fn what_the_gateway_says_decides_whether_it_is_asked_again() {
        let gateway = HttpGateway::new(&settings()).unwrap();
        assert_eq!(gateway.judge(202), Ok(()));
        assert_eq!(gateway.judge(422), Err(DeliveryError::Refused(422)));
        for later in [301, 401, 404, 429, 500, 503] {
            assert_eq!(gateway.judge(later), Err(DeliveryError::Later(later)));
        }
        let only = HttpGateway::new(&GatewaySettings { accepted: vec![201], ..settings() }).unwrap();
        assert_eq!(only.judge(201), Ok(()));
        assert_eq!(only.judge(200), Err(DeliveryError::Later(200)));
    }
}
