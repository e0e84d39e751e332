//! Requests and answers (`spec/server.md`, "Interface").

use core::fmt;
use core::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Result};

/// A server, reached over connections that are kept.
#[derive(Clone, Debug)]
pub struct Api {
    http: Client,
    base: String,
}

/// Where an election stands.
#[derive(Clone, Debug, Deserialize)]
pub struct ElectionInfo {
    /// Hexadecimal.
    pub election_id: String,
    /// One of the phases of the specification.
    pub phase: String,
    /// The server's time, in seconds since 1970.
    pub now: i64,
    /// Times of the election.
    pub calendar: Calendar,
}

/// Times of the election, in seconds since 1970.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Calendar {
    /// First second of voting.
    pub voting_start: i64,
    /// No entry from here on.
    pub voting_close: i64,
}

/// A step of an attempt was right.
#[derive(Clone, Debug, Deserialize)]
pub struct Factors {
    /// For the next step.
    pub attempt: String,
    /// Second factors on offer: `totp`, `sms`.
    pub factors: Vec<String>,
}

/// A refusal (RFC 9457).
#[derive(Clone, Debug, Deserialize)]
pub struct Problem {
    /// `urn:escrutinio:problem:<name>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// For people.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// The check that failed, where one did.
    #[serde(default)]
    pub code: Option<String>,
}

impl Problem {
    /// The name within the type.
    #[must_use]
    pub fn name(&self) -> &str {
        self.kind.strip_prefix("urn:escrutinio:problem:").unwrap_or(&self.kind)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.name(), self.title)?;
        self.code.as_ref().map_or(Ok(()), |code| write!(f, " ({code})"))
    }
}

impl Api {
    /// A server at a base such as `http://127.0.0.1:8443`.
    ///
    /// # Errors
    /// If the client cannot be made.
    pub fn new(base: &str) -> Result<Self> {
        // Whoever was first has chosen; both would choose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .no_proxy()
            .tcp_nodelay(true)
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(60))
            .pool_max_idle_per_host(usize::MAX)
            .build()?;
        Ok(Self::with_client(http, base))
    }

    /// The same, with a client of the caller's.
    #[must_use]
    pub fn with_client(http: Client, base: &str) -> Self {
        Self { http, base: base.trim_end_matches('/').to_owned() }
    }

    /// The same connections to another instance.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self::with_client(self.http.clone(), base)
    }

    /// Where the server is.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The election.
    ///
    /// # Errors
    /// If the server does not answer as specified.
    pub async fn election(&self) -> Result<ElectionInfo> {
        json("GET /election", self.request(Method::GET, "/election").send().await?).await
    }

    /// A file of the sealed record.
    ///
    /// # Errors
    /// If the server does not answer as specified.
    pub async fn record(&self, path: &str) -> Result<Vec<u8>> {
        let answer = self.request(Method::GET, &format!("/record/{path}")).send().await?;
        Ok(accepted(answer).await?.bytes().await?.to_vec())
    }

    /// Whether a tracking code was recorded.
    ///
    /// # Errors
    /// If the server does not answer as specified.
    pub async fn recorded(&self, code: &str) -> Result<bool> {
        #[derive(Deserialize)]
        struct Recorded {
            recorded: bool,
        }
        let answer: Recorded = self.post("/recorded", &serde_json::json!({ "code": code })).await?;
        Ok(answer.recorded)
    }

    /// A file that lies outside of the interface, such as `/board/checkpoint`.
    ///
    /// # Errors
    /// If the server does not answer, or refuses.
    pub async fn file(&self, path: &str) -> Result<Vec<u8>> {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await?;
        Ok(accepted(answer).await?.bytes().await?.to_vec())
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/api/v1{path}", self.base))
    }

    /// A request whose answer has no content.
    pub(crate) async fn accept(&self, path: &str, body: &Value) -> Result<()> {
        accepted(self.request(Method::POST, path).json(body).send().await?).await.map(drop)
    }

    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T> {
        json(path, self.request(Method::POST, path).json(body).send().await?).await
    }
}

/// The answer, or the problem that it tells.
pub(crate) async fn accepted(answer: Response) -> Result<Response> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let (status, path) = (answer.status(), answer.url().path().to_owned());
    let bytes = answer.bytes().await?;
    Err(serde_json::from_slice::<Problem>(&bytes).map_or_else(
        |why| Error::Answer { request: path, why: format!("{status}, and no problem is told: {why}") },
        |problem| {
            if problem.status == status.as_u16() {
                Error::Refused(Box::new(problem))
            } else {
                let why = format!("status {status}, the problem says {}", problem.status);
                Error::Answer { request: problem.kind, why }
            }
        },
    ))
}

pub(crate) async fn json<T: DeserializeOwned>(request: &str, answer: Response) -> Result<T> {
    let bytes = accepted(answer).await?.bytes().await?;
    serde_json::from_slice(&bytes).map_err(|why| Error::Answer { request: request.to_owned(), why: why.to_string() })
}
