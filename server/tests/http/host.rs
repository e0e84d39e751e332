//! A whole server in this process, and what a page asks of it.

use core::time::Duration;
use std::sync::Arc;

use escrutinio_server::clock::ManualClock;
use escrutinio_server::phase::Facts;
use escrutinio_server::testing::{Databases, Fixture, Live, Site};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

/// A server that listens, its election, and somebody who asks.
pub struct Host {
    pub fixture: Fixture,
    pub site: Site,
    pub live: Live,
    pub clock: Arc<ManualClock>,
    pub client: Client,
}

impl Host {
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// With more in its configuration.
    pub async fn with(more: &str) -> Self {
        let fixture = Fixture::several(Databases::sqlite(), 12).await;
        let site = Site::new(&fixture.rehearsal);
        let config = std::fs::read_to_string(site.path("server.toml")).unwrap();
        site.write("server.toml", &format!("{config}{more}"));
        site.init().await.unwrap();
        let clock = Arc::new(ManualClock::at(fixture.schedule().voting_start - 60));
        let live = Live::start(&site, clock.clone()).await.unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { fixture, site, live, clock, client: Client::builder().no_proxy().build().unwrap() }
    }

    /// Voting, without the act of opening.
    pub fn open(&self) {
        self.live.server.lifecycle.note(Facts { opened: true, ..Facts::default() });
        self.clock.set(self.fixture.schedule().voting_start);
    }

    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.live.voters));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::POST, path, Some(body)).await;
        assert!(status.is_success(), "{path}: {answer}");
        answer
    }

    /// The last message to a telephone of a voter: its code.
    pub async fn code(&self, voter: u32) -> String {
        let folder = self.live.server.config.file.parent().unwrap().join("sms");
        for _ in 0..100 {
            let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
            let to = format!("To: 1555{voter:07}\n");
            let code = texts.filter_map(|text| text.strip_prefix(&to).map(digits)).next();
            if let Some(Some(code)) = code {
                return code;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no message came");
    }

    /// First access by SMS alone.
    pub async fn enter(&self, voter: u32) -> String {
        let token = base64(&Site::token(voter));
        let answer = self.post("/api/v1/access/link", json!({ "token": token })).await;
        let digits = format!("{:04}", voter % 10_000);
        let answer =
            self.post("/api/v1/access/digits", json!({ "attempt": answer["attempt"], "digits": digits })).await;
        let body = json!({ "attempt": answer["attempt"], "factor": "sms" });
        let answer = self.post("/api/v1/access/factor", body).await;
        let body = json!({ "attempt": answer["attempt"], "code": self.code(voter).await });
        let answer = self.post("/api/v1/access/code", body).await;
        let body = json!({ "attempt": answer["attempt"], "auth": base64(&[7; 32]) });
        let answer = self.post("/api/v1/access/password", body).await;
        answer["session"].as_str().unwrap().to_owned()
    }
}

/// The code in a message.
fn digits(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 6).map(Into::into)
}

pub fn base64(bytes: &[u8]) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::encode_string(bytes)
}

pub fn bytes(value: &Value) -> Vec<u8> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    Base64UrlUnpadded::decode_vec(value.as_str().unwrap()).unwrap()
}
