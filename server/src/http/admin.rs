//! The second listener, on loopback: health, metrics, the desk.

use axum::Json as Answer;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;

use super::body::Json;
use super::problem::Problem;
use super::protect::in_time;
use super::routes::App;
use crate::desk::components::{self, Components};
use crate::desk::{Desk, DeskAnswer, DeskFault, DeskRequest, state};
use crate::metrics;
use crate::refusal::Refusal;

/// Longest request to the desk, in bytes: a package of the registrar's links.
const DESK: usize = 1 << 20;

/// The routes of the second listener.
pub(super) fn routes(server: &App) -> Router {
    let desk = Router::new().route("/desk", get(greet).post(ask)).route("/desk/components", get(listing));
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .layer(from_fn_with_state(server.config.limits.request, in_time))
        .merge(desk.layer(DefaultBodyLimit::max(DESK)))
        .with_state(App::clone(server))
}

/// Whether voters may be sent here: databases, disk, clock.
async fn readyz(State(app): State<App>) -> (StatusCode, String) {
    let state = state::look(&app).await;
    let status = if state.ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let lines = state.components.iter().map(|part| format!("{:?} {} {}\n", part.light, part.name, part.detail.en));
    (status, lines.collect())
}

async fn metrics(State(app): State<App>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics::render(&app).await).into_response()
}

/// What a member of staff has to know before signing.
#[derive(Debug, Serialize)]
struct Greeting {
    election: String,
    title: String,
    binding: bool,
    phase: &'static str,
    now: i64,
}

async fn greet(State(app): State<App>) -> Answer<Greeting> {
    let election = &app.election.election;
    let now = app.clock.now();
    Answer(Greeting {
        election: election.election_id.to_string(),
        title: election.manifest.title.clone(),
        binding: election.manifest.binding,
        phase: app.lifecycle.phase(now).name(),
        now,
    })
}

async fn listing(State(app): State<App>) -> Result<Answer<Components>, DeskFault> {
    Ok(Answer(components::show(&app).await?))
}

async fn ask(State(app): State<App>, request: Request) -> Result<Answer<DeskAnswer>, Response> {
    let reading = tokio::time::timeout(app.config.limits.request, Json::<DeskRequest>::from_request(request, &app));
    let read = reading.await.unwrap_or(Err(Problem(Refusal::Timeout)));
    let Json(request) = read.map_err(IntoResponse::into_response)?;
    // Not a part of this request: what two persons have signed is done to its end.
    let task = tokio::spawn(async move { Desk::new(app).ask(&request).await });
    let done = task.await.map_err(|_| DeskFault::from(Refusal::Internal).into_response())?;
    done.map(Answer).map_err(IntoResponse::into_response)
}
