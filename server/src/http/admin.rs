//! The second listener, on loopback: health, metrics, the desk.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use super::problem::Problem;
use super::routes::App;

/// The routes of the second listener.
pub(super) fn routes(server: &App) -> Router {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).with_state(App::clone(server))
}

/// The process answers.
async fn healthz() -> &'static str {
    "ok\n"
}

/// Both databases answer.
async fn readyz(State(app): State<App>) -> Result<(StatusCode, &'static str), Problem> {
    for database in [&app.store.roll, &app.store.ballots] {
        drop(database.read().await?);
    }
    Ok((StatusCode::OK, "ready\n"))
}
