//! Both logs as files, and whether a ballot was recorded.

use axum::Json as Answer;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use escrutinio_core::board::ReceiptList;
use escrutinio_core::board::bundle::BundleId;
use escrutinio_core::board::code::parse_code;
use escrutinio_core::board::tile::TileId;
use escrutinio_core::record;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::caller::At;
use super::problem::Problem;
use super::routes::App;
use crate::board::LogName;
use crate::phase::Phase;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::store::StoreError;

/// A head changes with the next epoch.
const HEAD: &str = "no-cache";
/// What is full, or superseded by another name, never changes.
const FULL: &str = "public, max-age=86400";
const TEXT: &str = "text/plain; charset=utf-8";

/// `POST /recorded`. A body, as paths are written down on the way.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedRequest {
    /// A tracking code.
    code: String,
}

/// Whether a ballot was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecordedAnswer {
    /// Whether it was.
    recorded: bool,
}

/// Whether a ballot of this tracking code was recorded.
#[utoipa::path(post, path = "/api/v1/recorded", tag = "board", request_body = RecordedRequest,
    responses((status = 200, body = RecordedAnswer)))]
pub(super) async fn recorded(
    State(app): State<App>,
    Json(RecordedRequest { code }): Json<RecordedRequest>,
) -> Result<Answer<RecordedAnswer>, Problem> {
    let code = parse_code(&code).map_err(|_| Refusal::BadRequest)?;
    Ok(Answer(RecordedAnswer { recorded: app.cast.recorded(&code).await? }))
}

async fn last(app: &Server, log: LogName) -> Result<Response, Problem> {
    let head = app.board.last(log).await?;
    signed(head.note, HEAD)
}

/// A head that is written down and not signed yet is nowhere.
fn signed(note: String, cache: &'static str) -> Result<Response, Problem> {
    if note.is_empty() {
        return Err(Problem(Refusal::NotFound));
    }
    Ok(([(CONTENT_TYPE, TEXT), (CACHE_CONTROL, cache)], note).into_response())
}

/// What is no path of a tile or bundle is nowhere, and no database is asked for it.
async fn file(app: &Server, log: LogName, path: &str) -> Result<Response, Problem> {
    let path = format!("tile/{path}");
    if path.parse::<TileId>().is_err() && path.parse::<BundleId>().is_err() {
        return Err(Problem(Refusal::NotFound));
    }
    let bytes = app.board.file(log, &path).await?.ok_or(Refusal::NotFound)?;
    Ok(([(CONTENT_TYPE, "application/octet-stream"), (CACHE_CONTROL, FULL)], bytes).into_response())
}

fn published(app: &Server) -> Result<(), Problem> {
    let phase = app.lifecycle.phase(app.clock.now());
    if phase == Phase::Published { Ok(()) } else { Err(Problem(Refusal::NotFound)) }
}

/// The last checkpoint of the board.
#[utoipa::path(get, path = "/board/checkpoint", tag = "board",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn checkpoint(State(app): State<App>) -> Result<Response, Problem> {
    last(&app, LogName::Board).await
}

/// A checkpoint of the board by its number, six digits.
#[utoipa::path(get, path = "/board/checkpoints/{number}", tag = "board",
    params(("number" = String, Path, description = "such as `000000`")),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn checkpoint_of(State(app): State<App>, At(name): At<String>) -> Result<Response, Problem> {
    let number = record::number_in(&name, "", "").map(u64::from).ok_or(Refusal::NotFound)?;
    if record::checkpoint(number) != format!("{}{name}", record::CHECKPOINTS) {
        return Err(Problem(Refusal::NotFound));
    }
    let head = app.board.head(LogName::Board, number).await?.ok_or(Refusal::NotFound)?;
    signed(head.note, HEAD)
}

/// A tile or bundle of the board, once it is published.
#[utoipa::path(get, path = "/board/tile/{path}", tag = "board",
    params(("path" = String, Path, description = "such as `0/000` or `entries/000.p/7`")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(super) async fn tile(State(app): State<App>, At(path): At<String>) -> Result<Response, Problem> {
    published(&app)?;
    file(&app, LogName::Board, &path).await
}

/// The tracking codes of all ballots, once they are published.
#[utoipa::path(get, path = "/receipts.txt", tag = "board",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn receipts(State(app): State<App>) -> Result<Response, Problem> {
    published(&app)?;
    let text = app.receipts.get_or_try_init(|| list(&app)).await?;
    Ok(([(CONTENT_TYPE, TEXT), (CACHE_CONTROL, FULL)], text.clone()).into_response())
}

/// One copy of it, however many ask.
async fn list(app: &Server) -> Result<Bytes, StoreError> {
    let election = &app.election.election;
    let codes = crate::board::codes(&app.store, election).await?;
    let list = ReceiptList::new(election.election_id, codes);
    list.map(|list| list.to_string().into()).map_err(|error| StoreError::corrupt(error.to_string()))
}

/// The last checkpoint of the log of acts.
#[utoipa::path(get, path = "/acts/checkpoint", tag = "board",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn acts_checkpoint(State(app): State<App>) -> Result<Response, Problem> {
    last(&app, LogName::Acts).await
}

/// The last checkpoint of the log of acts that a quorum of witnesses signed.
#[utoipa::path(get, path = "/acts/witnessed", tag = "board",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn acts_witnessed(State(app): State<App>) -> Result<Response, Problem> {
    let head = app.board.witnessed().await?.ok_or(Refusal::NotFound)?;
    signed(head.note, HEAD)
}

/// A tile or bundle of the log of acts.
#[utoipa::path(get, path = "/acts/tile/{path}", tag = "board",
    params(("path" = String, Path, description = "such as `0/000.p/1` or `entries/000.p/1`")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(super) async fn acts_tile(State(app): State<App>, At(path): At<String>) -> Result<Response, Problem> {
    file(&app, LogName::Acts, &path).await
}
