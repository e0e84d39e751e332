//! What everybody may know of the election: figures, the sealed record, the credential lists in buckets.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::At;
use super::problem::Problem;
use super::routes::App;
use crate::access::KDF;
use crate::refusal::Refusal;
use crate::server::base_of;

/// What is sealed never changes; a day is short enough for a mistake to end.
const SEALED: &str = "public, max-age=86400, immutable";

/// `GET /election`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ElectionAnswer {
    /// The election id, hexadecimal.
    election_id: String,
    /// The manifest hash, hexadecimal.
    manifest_hash: String,
    /// The roll id, hexadecimal.
    roll_id: String,
    /// The election.
    title: String,
    /// Whether the vote binds.
    binding: bool,
    /// Whether the offer is a fictitious one.
    test: bool,
    /// Whether the clock is moved, as only in a rehearsal.
    rehearsal: bool,
    /// loaded, opened, voting, grace, closed, published.
    phase: &'static str,
    /// The server's time, in seconds since 1970.
    now: i64,
    /// The instants that a voter needs.
    calendar: CalendarAnswer,
    /// Minutes of a session.
    session_minutes: u32,
    /// How keys are made of a password.
    kdf: KdfCost,
}

/// Instants, in seconds since 1970.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CalendarAnswer {
    /// The first second of voting.
    voting_start: i64,
    /// From here on nobody enters.
    voting_close: i64,
    /// From here on no ballot is taken.
    reception_end: i64,
    /// From here on contact data stay as they are.
    contact_updates_until: i64,
}

/// Argon2id.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KdfCost {
    /// Memory in KiB.
    memory_kib: u32,
    /// Passes.
    passes: u32,
    /// Lanes.
    lanes: u32,
}

/// A credential list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListAnswer {
    /// How many keys it has.
    keys: usize,
    /// In how many buckets.
    buckets: u64,
    /// The base of the keys.
    base: String,
    /// Root of the tree over the buckets.
    root: String,
    /// The first key of every bucket.
    first: Vec<String>,
}

/// A bucket of a credential list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BucketAnswer {
    /// Its keys, increasing.
    keys: Vec<String>,
    /// Siblings from the leaf upwards.
    path: Vec<String>,
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

/// Ids, phase, time, calendar.
#[utoipa::path(get, path = "/api/v1/election", tag = "election", responses((status = 200, body = ElectionAnswer)))]
pub(super) async fn election(State(app): State<App>) -> Answer<ElectionAnswer> {
    let election = &app.election.election;
    let (manifest, calendar) = (&election.manifest, &election.manifest.calendar);
    let now = app.clock.now();
    let (memory_kib, passes, lanes) = KDF;
    Answer(ElectionAnswer {
        election_id: election.election_id.to_string(),
        manifest_hash: manifest.hash().to_string(),
        roll_id: app.election.roll_id.to_string(),
        title: manifest.title.clone(),
        binding: manifest.binding,
        test: manifest.test,
        rehearsal: app.config.rehearsal.is_some(),
        phase: app.lifecycle.phase(now).name(),
        now,
        calendar: CalendarAnswer {
            voting_start: calendar.voting_start,
            voting_close: calendar.voting_close,
            reception_end: app.lifecycle.schedule().last,
            contact_updates_until: calendar.contact_updates_until,
        },
        session_minutes: manifest.policies.session_minutes,
        kdf: KdfCost { memory_kib, passes, lanes },
    })
}

/// A file of the sealed record, by its path there.
#[utoipa::path(get, path = "/api/v1/record/{path}", tag = "election",
    params(("path" = String, Path, description = "such as `manifest.bin`")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(super) async fn record(State(app): State<App>, At(path): At<String>) -> Result<Response, Problem> {
    let file = app.election.files.get(&path).ok_or(Refusal::NotFound)?;
    let headers = [(CONTENT_TYPE, "application/octet-stream"), (CACHE_CONTROL, SEALED)];
    Ok((headers, axum::body::Bytes::from_owner(std::sync::Arc::clone(file))).into_response())
}

/// A credential list: how it is divided, and where each bucket begins.
#[utoipa::path(get, path = "/api/v1/lists/{list}", tag = "election",
    params(("list" = u32, Path, description = "its number")), responses((status = 200, body = ListAnswer)))]
pub(super) async fn list(State(app): State<App>, At(number): At<u32>) -> Result<Response, Problem> {
    let index = usize::try_from(number).map_err(|_| Refusal::NotFound)?;
    let (list, buckets) = app.election.lists.list(number).zip(app.buckets.get(index)).ok_or(Refusal::NotFound)?;
    let first = |bucket| buckets.keys(bucket, list.keys())?.first().map(text);
    let answer = ListAnswer {
        keys: list.keys().len(),
        buckets: buckets.shape().buckets(),
        base: text(base_of(&app.election, number).unwrap_or_default()),
        root: text(buckets.root()),
        first: (0..buckets.shape().buckets()).filter_map(first).collect(),
    };
    Ok(([(CACHE_CONTROL, SEALED)], Answer(answer)).into_response())
}

/// A bucket: at least as many keys as the smallest group, so that nobody learns which was looked for.
#[utoipa::path(get, path = "/api/v1/lists/{list}/{bucket}", tag = "election",
    params(("list" = u32, Path, description = "the number of the list"), ("bucket" = u64, Path, description = "from 0")),
    responses((status = 200, body = BucketAnswer)))]
pub(super) async fn bucket(State(app): State<App>, At((number, bucket)): At<(u32, u64)>) -> Result<Response, Problem> {
    let index = usize::try_from(number).map_err(|_| Refusal::NotFound)?;
    let (list, buckets) = app.election.lists.list(number).zip(app.buckets.get(index)).ok_or(Refusal::NotFound)?;
    let (keys, path) = buckets.keys(bucket, list.keys()).zip(buckets.path(bucket)).ok_or(Refusal::NotFound)?;
    let answer = BucketAnswer { keys: keys.iter().map(text).collect(), path: path.iter().map(text).collect() };
    Ok(([(CACHE_CONTROL, SEALED)], Answer(answer)).into_response())
}
