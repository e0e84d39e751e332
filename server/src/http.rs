//! The interface over HTTP (`spec/server.md`, Interface): what every request passes before a
//! handler sees it, and every answer before it leaves.
//!
//! 1. [`connections`], [`proxy`]: who may connect, and whose a connection is;
//! 2. [`listener`]: sockets, TLS 1.3, times, the end in good order;
//! 3. [`protect`], [`rate`], [`harden`]: what surrounds every route;
//! 4. [`problem`], [`body`], [`caller`]: errors, bodies, who asks;
//! 5. [`routes`]: which path is answered by whom; [`openapi`]: the same for programs.
//!
//! There is no log of requests. A fault is logged without anything that came from outside.

mod access;
mod admin;
mod board;
mod body;
mod caller;
mod connections;
mod election;
#[cfg(feature = "fuzzing")]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a finding is a panic"
)]
pub(crate) mod fuzzing;
mod harden;
pub mod listener;
mod monitor;
mod openapi;
#[cfg(feature = "rehearsal")]
mod page;
pub mod problem;
mod protect;
mod proxy;
mod rate;
mod routes;
mod session;

pub use listener::{Listener, ListenerError};
pub use problem::{Problem, ProblemBody};
#[cfg(feature = "rehearsal")]
use protect::surround;
pub use protect::{Protection, protect};

use axum::Router;

use routes::App;

/// Everything for voters, with all that surrounds it.
pub fn voters(server: &App) -> Router {
    let config = &server.config;
    let protection = Protection {
        tls: config.listen.tls.is_some() || !config.listen.proxies.is_empty(),
        origins: config.listen.origins.clone(),
        requests_per_minute: Some(config.limits.requests_per_minute),
        request: Some(config.limits.request),
    };
    let routes = routes::routes(server);
    #[cfg(feature = "rehearsal")]
    if let Some(rehearsal) = config.rehearsal.as_ref().filter(|rehearsal| !rehearsal.pages.is_empty()) {
        return surround(page::beside(routes, &rehearsal.pages), &protection);
    }
    protect(routes, &protection)
}

/// Everything for the machine's own people and programs: no rate, no other origin, and no time for what they do.
pub fn admin(server: &App) -> Router {
    let protection = Protection { tls: false, origins: Vec::new(), requests_per_minute: None, request: None };
    protect(admin::routes(server), &protection)
}

#[cfg(test)]
mod tests;
