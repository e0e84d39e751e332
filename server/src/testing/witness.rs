//! A witness that does what it should, on a port of this machine, by the clock of the test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use escrutinio_core::board::Submission;
use escrutinio_core::signature::SigningKey;
use serde_json::json;

use super::Fixture;
use crate::board::WitnessAddress;
use crate::clock::{Clock, ManualClock};

/// A witness of an election.
#[derive(Debug)]
pub struct Witness {
    address: WitnessAddress,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    name: String,
    key: SigningKey,
    clock: Arc<ManualClock>,
    /// Its clock less that of the test; `None`: it does not answer.
    offset: Mutex<Option<i64>>,
    /// Size and root that it signed last, by origin.
    signed: Mutex<BTreeMap<String, (u64, [u8; 32])>>,
    /// The checkpoints that it has, by origin, as the log signed them.
    kept: Mutex<BTreeMap<String, String>>,
}

impl Witness {
    /// The witness of a number, from 0.
    pub async fn start(fixture: &Fixture, number: usize) -> Self {
        let manifest = &fixture.election.election.manifest;
        let shared = Arc::new(Shared {
            name: manifest.witnesses[number].name.clone(),
            key: SigningKey::from_seed(&fixture.rehearsal.keys.witnesses[number].expose_seed()),
            clock: fixture.clock.clone(),
            offset: Mutex::new(Some(0)),
            signed: Mutex::default(),
            kept: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new()
            .route("/add-checkpoint", post(add))
            .route("/status", get(status))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address: WitnessAddress { name: shared.name.clone(), url }, shared, server }
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> WitnessAddress {
        self.address.clone()
    }

    /// Sets its clock, or lets it answer no more.
    pub fn set_offset(&self, offset: Option<i64>) {
        *self.shared.offset.lock().unwrap() = offset;
    }

    /// The size that it signed last of a log.
    #[must_use]
    pub fn size(&self, origin: &str) -> Option<u64> {
        self.shared.signed.lock().unwrap().get(origin).map(|(size, _)| *size)
    }

    /// Lets it say that it has signed more.
    pub fn pretend(&self, origin: &str, size: u64) {
        self.shared.signed.lock().unwrap().insert(origin.to_owned(), (size, [7; 32]));
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn status(State(shared): State<Arc<Shared>>) -> Response {
    if shared.offset.lock().unwrap().is_none() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let logs: Vec<_> = shared.kept.lock().unwrap().values().map(|note| json!({ "checkpoint": note })).collect();
    json!({ "logs": logs }).to_string().into_response()
}

async fn add(State(shared): State<Arc<Shared>>, body: String) -> Response {
    let Some(offset) = *shared.offset.lock().unwrap() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let Ok(submission) = Submission::parse(body.as_bytes()) else { return StatusCode::BAD_REQUEST.into_response() };
    let claimed = submission.checkpoint.claimed();
    let mut signed = shared.signed.lock().unwrap();
    if let Some((size, root)) = signed.get(&claimed.origin) {
        if submission.old != *size {
            let kind = [(header::CONTENT_TYPE, "text/x.tlog.size")];
            return (StatusCode::CONFLICT, kind, format!("{size}\n")).into_response();
        }
        if submission.proof.verify(*size, root, claimed.size, &claimed.root).is_err() {
            return StatusCode::UNPROCESSABLE_ENTITY.into_response();
        }
    }
    signed.insert(claimed.origin.clone(), (claimed.size, claimed.root));
    shared.kept.lock().unwrap().insert(claimed.origin.clone(), submission.checkpoint.to_string());
    let time = u64::try_from(shared.clock.now() + offset).unwrap();
    format!("{}\n", claimed.cosign(&shared.name, &shared.key, time).unwrap()).into_response()
}
