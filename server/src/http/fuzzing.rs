//! The interface without sockets, for a fuzzer (`fuzz/README.md`): every route with every decoder behind it, over a
//! loaded election on which people vote.

use core::net::Ipv4Addr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::Response;
use axum::{Extension, Router};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use super::caller::bearer;
use super::connections::Client;
use super::problem::language;
use super::routes::table;
use super::{admin, monitor, proxy};
use crate::clock::ManualClock;
use crate::phase::Facts;
use crate::server::Server;
use crate::testing::{Databases, Fixture, Site};

/// Nobody waits here.
const LIMITS: &str = "[limits]\nrequests_per_minute = 100000000\n[access]\nwrong_tries_per_minute = 1000000\n";

/// Everything that is read of a head.
pub fn headers(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let text = value.to_str().ok().map(str::to_owned);
    language(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, value)]));
    if let Some(text) = text {
        if let Some(token) = bearer(&text) {
            assert!(token.trim() == token && text.trim_end().ends_with(token), "another token");
        }
        if let Some((name, _)) = monitor::basic(&text) {
            assert!(!name.contains(':'), "a name ends at the first colon");
        }
    }
}

/// What a balancer says before a connection's own bytes; not a byte more is read than it has.
pub fn balancer(data: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut rest = data;
    let told = runtime.block_on(proxy::read(&mut rest));
    if told.is_ok() && data.starts_with(b"PROXY") {
        let line = data.split_at(data.len() - rest.len()).0;
        assert!(line.ends_with(b"\r\n") && line.len() <= 107, "more than a line");
    }
}

/// A server without sockets.
#[derive(Debug)]
pub struct Interface {
    runtime: Runtime,
    voters: Router,
    staff: Router,
    session: String,
    attempt: String,
    ballot: Vec<u8>,
    /// By method and path, which statuses the document states.
    stated: BTreeMap<(Method, &'static str), BTreeSet<u16>>,
    _site: Site,
}

impl Default for Interface {
    fn default() -> Self {
        Self::new()
    }
}

impl Interface {
    /// Voting has begun, and one voter has entered.
    #[must_use]
    pub fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(start()).within(runtime)
    }

    /// One request: `route`, `manner`, then lines for what varies in path and headers, then the body.
    pub fn ask(&self, data: &[u8]) {
        let [route, manner, rest @ ..] = data else { return };
        let Some((method, path, body)) = self.request(*route, rest) else { return };
        let in_session = manner & 1 != 0 && !(method == Method::DELETE && path == "/api/v1/session");
        let mut body = if manner & 2 == 0 {
            let text = String::from_utf8_lossy(body);
            if text.contains("ATTEMPT") { text.replace("ATTEMPT", &self.attempt).into() } else { body.to_vec() }
        } else {
            self.changed(body)
        };
        let (authorization, language) = (header(manner & 4 != 0, &mut body), header(manner & 8 != 0, &mut body));
        let desk = path.starts_with("/desk");
        let Ok(mut request) = axum::http::Request::builder().method(&method).uri(path.as_str()).body(Body::from(body))
        else {
            return;
        };
        let headers = request.headers_mut();
        let kind = if path.ends_with("ballots") { "application/octet-stream" } else { "application/json" };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        let session = in_session.then(|| format!("Bearer {}", self.session).parse().ok()).flatten();
        for (name, value) in [(AUTHORIZATION, session.or(authorization)), (ACCEPT_LANGUAGE, language)] {
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
        let router = if desk { &self.staff } else { &self.voters };
        self.runtime.block_on(async {
            let response = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
            self.judge(*route, &method, &path, response).await;
        });
    }

    /// Method, path and what is left for the body.
    fn request<'a>(&self, route: u8, rest: &'a [u8]) -> Option<(Method, String, &'a [u8])> {
        let table = table();
        let Some(route) = table.get(usize::from(route)) else {
            // The desk; and paths that are none.
            return match route.checked_sub(table.len().try_into().unwrap_or(u8::MAX))? {
                0 => Some((Method::POST, "/desk".to_owned(), rest)),
                _ => line(rest).map(|(path, rest)| (Method::GET, path, rest)),
            };
        };
        let Some((before, after)) = route.path.split_once('{') else {
            return Some((route.method.clone(), route.path.to_owned(), rest));
        };
        let (varies, rest) = line(rest)?;
        // A second variable follows in the same line.
        let end = if after.contains('{') { "" } else { after.split_once('}').map_or("", |(_, end)| end) };
        Some((route.method.clone(), format!("{before}{varies}{end}"), rest))
    }

    /// The honest ballot with some bytes of it changed.
    fn changed(&self, change: &[u8]) -> Vec<u8> {
        let mut ballot = self.ballot.clone();
        if let [low, high, change @ ..] = change {
            let at = usize::from(u16::from_le_bytes([*low, *high])) % ballot.len().max(1);
            ballot.iter_mut().skip(at).zip(change).for_each(|(byte, change)| *byte ^= change);
        }
        ballot
    }

    async fn judge(&self, route: u8, method: &Method, path: &str, response: Response) {
        let status = response.status();
        assert!(!status.is_server_error(), "{method} {path}: {status}");
        let known = table().get(usize::from(route)).map(|route| (route.method.clone(), route.path));
        // What goes beyond the route's own path is another's, or nobody's.
        if let Some(stated) = known.and_then(|known| self.stated.get(&known)) {
            assert!(stated.contains(&status.as_u16()) || status == 404, "{method} {path}: {status} is not stated");
        }
        let kind = response.headers().get(CONTENT_TYPE).cloned();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        if status.is_client_error() {
            assert_eq!(kind.as_ref().map(HeaderValue::as_bytes), Some(&b"application/problem+json"[..]));
            let problem: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(problem["status"], status.as_u16());
        }
    }
}

/// The first line of what is left.
fn line(rest: &[u8]) -> Option<(String, &[u8])> {
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (line, rest) = rest.split_at(end);
    let escaped = line.iter().map(|byte| match byte {
        b'!'..=b'~' if !b"\"#<>?\\^`{|}".contains(byte) => char::from(*byte).to_string(),
        other => format!("%{other:02X}"),
    });
    Some((escaped.collect(), rest.get(1..).unwrap_or_default()))
}

/// The first line of a body as a header, if it is wanted and can be one.
fn header(wanted: bool, body: &mut Vec<u8>) -> Option<HeaderValue> {
    let end = body.iter().position(|byte| *byte == b'\n').filter(|_| wanted)?;
    let line: Vec<u8> = body.drain(..=end).take(end).collect();
    HeaderValue::from_bytes(&line).ok()
}

/// What [`Interface`] is made of.
struct Parts {
    voters: Router,
    staff: Router,
    session: String,
    attempt: String,
    ballot: Vec<u8>,
    site: Site,
}

impl Parts {
    fn within(self, runtime: Runtime) -> Interface {
        let Self { voters, staff, session, attempt, ballot, site } = self;
        let document = runtime.block_on(get(&voters, "/openapi.json"));
        let stated = table().into_iter().map(|route| {
            let (path, method) = (route.path.replace("{*", "{"), route.method.as_str().to_lowercase());
            let answers = document["paths"][path][method]["responses"].as_object().unwrap();
            ((route.method.clone(), route.path), answers.keys().map(|status| status.parse().unwrap()).collect())
        });
        let stated = stated.collect();
        Interface { runtime, voters, staff, session, attempt, ballot, stated, _site: site }
    }
}

async fn start() -> Parts {
    let fixture = Fixture::several(Databases::sqlite(), 12).await;
    let site = Site::new(&fixture.rehearsal);
    let config = std::fs::read_to_string(site.path("server.toml")).unwrap();
    site.write("server.toml", &format!("{config}{LIMITS}"));
    site.init().await.unwrap();
    let clock = Arc::new(ManualClock::at(fixture.schedule().voting_start));
    let server = Server::start(site.config(), &site.passwords(), clock).await.unwrap();
    server.lifecycle.note(Facts { opened: true, ..Facts::default() });
    let here = Extension(Client(Ipv4Addr::LOCALHOST.into()));
    let voters = super::voters(&server).layer(here);
    let staff = super::protect(
        admin::routes(&server),
        &super::Protection { tls: false, origins: Vec::new(), requests_per_minute: None, request: None },
    );
    let session = enter(&voters, &site, 0).await;
    let linked = link(&voters, 1).await;
    let ballot = fixture.ballot(0, 0, 1);
    // Both listeners have the server; it is never ended.
    Parts { voters, staff: staff.layer(here), session, attempt: text(&linked, "attempt"), ballot, site }
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap_or_else(|| panic!("no {name} in {answer}")).to_owned()
}

async fn read(response: Response) -> Value {
    let body: Bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

async fn get(router: &Router, path: &str) -> Value {
    let request = axum::http::Request::get(path).body(Body::empty()).unwrap();
    read(router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})).await
}

async fn post(router: &Router, path: &str, body: Value) -> Value {
    let request = axum::http::Request::post(format!("/api/v1/access/{path}")).header(CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body.to_string())).unwrap();
    read(router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})).await
}

async fn link(router: &Router, voter: u32) -> Value {
    let token = Base64UrlUnpadded::encode_string(&Site::token(voter));
    post(router, "link", serde_json::json!({ "token": token })).await
}

/// First access by a message to the telephone.
async fn enter(router: &Router, site: &Site, voter: u32) -> String {
    let mut answer = link(router, voter).await;
    let step =
        |answer: &Value, name: &str, value: &str| serde_json::json!({ "attempt": answer["attempt"], name: value });
    for (path, name, value) in [("digits", "digits", format!("{voter:04}")), ("factor", "factor", "sms".to_owned())] {
        answer = post(router, path, step(&answer, name, &value)).await;
    }
    let code = loop {
        let files = std::fs::read_dir(site.path("sms")).into_iter().flatten().flatten();
        let texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
        let body = |text: String| text.split_once("\n\n").map(|(_, body)| body.to_owned()).unwrap_or(text);
        let code = texts.map(body).find_map(|text| {
            text.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 6).map(str::to_owned)
        });
        match code {
            Some(code) => break code,
            None => tokio::time::sleep(core::time::Duration::from_millis(20)).await,
        }
    };
    answer = post(router, "code", step(&answer, "code", &code)).await;
    let auth = Base64UrlUnpadded::encode_string(&[7; 32]);
    answer = post(router, "password", step(&answer, "auth", &auth)).await;
    text(&answer, "session")
}
