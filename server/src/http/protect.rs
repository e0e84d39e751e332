//! The layers around every route, from the outermost in: headers, the last answer, the text of problems, CORS, rate, panics, time.

use core::any::Any;
use core::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::connections::last;
use super::harden::{Hardening, harden};
use super::problem::{Problem, render};
use super::rate::{Rates, limit};
use crate::refusal::Refusal;

/// How long a browser may remember what an origin may do.
const PREFLIGHT: Duration = Duration::from_secs(600);

/// What surrounds the routes.
#[derive(Clone, Debug)]
pub struct Protection {
    /// Whether answers go over TLS.
    pub tls: bool,
    /// Origins whose pages may ask.
    pub origins: Vec<String>,
    /// Requests of one network in a minute; `None`: as many as it wants.
    pub requests_per_minute: Option<u32>,
    /// For one request, from its head to its answer; `None`: as long as it takes.
    pub request: Option<Duration>,
}

/// Surrounds routes with all of it; what none of them answers is nowhere.
pub fn protect(routes: Router, protection: &Protection) -> Router {
    surround(routes.fallback(async || Problem(Refusal::NotFound)), protection)
}

/// The same for routes that have an answer to everything.
pub(super) fn surround(routes: Router, protection: &Protection) -> Router {
    let mut routes = routes.method_not_allowed_fallback(async || Problem(Refusal::Method));
    if let Some(request) = protection.request {
        routes = routes.layer(from_fn_with_state(request, in_time));
    }
    routes = routes.layer(CatchPanicLayer::custom(panicked));
    if let Some(per_minute) = protection.requests_per_minute {
        routes = routes.layer(from_fn_with_state(Rates::new(per_minute), limit));
    }
    routes
        .layer(cors(&protection.origins))
        .layer(from_fn(render))
        .layer(from_fn(last))
        .layer(from_fn_with_state(Hardening { tls: protection.tls }, harden))
}

fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, ACCEPT_LANGUAGE])
        .expose_headers([RETRY_AFTER])
        .max_age(PREFLIGHT)
}

/// Ends what takes too long.
pub(super) async fn in_time(State(most): State<Duration>, request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(most, next.run(request)).await;
    answer.unwrap_or_else(|_| Problem(Refusal::Timeout).into_response())
}

/// What a panic says may hold anything: neither client nor log sees it. The hook of the program names the place.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Problem(Refusal::Internal).into_response()
}
