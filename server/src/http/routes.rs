//! Which path is answered by whom. One table: the router and the check of the OpenAPI document come from it.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::routing::{MethodRouter, delete, get, post};
use escrutinio_core::ballot::CastBallot;

use super::{access, board, body, election, monitor, openapi, session};
use crate::server::Server;

/// What handlers are given.
pub(super) type App = Arc<Server>;

/// One method of one path.
#[derive(Debug)]
pub(super) struct Route {
    #[cfg_attr(
        not(any(test, feature = "fuzzing")),
        expect(dead_code, reason = "the handler knows it; the document is compared with it")
    )]
    pub(super) method: Method,
    pub(super) path: &'static str,
    handler: MethodRouter<App>,
}

macro_rules! routes {
    ($($method:ident $verb:ident $path:literal $handler:path;)*) => {
        vec![$(Route { method: Method::$verb, path: $path, handler: $method($handler) },)*]
    };
}

/// Everything that voters, observers of the logs and their programs may ask for.
pub(super) fn table() -> Vec<Route> {
    routes! {
        get GET "/api/v1/election" election::election;
        get GET "/api/v1/record/{*path}" election::record;
        get GET "/api/v1/lists/{list}" election::list;
        get GET "/api/v1/lists/{list}/{bucket}" election::bucket;
        post POST "/api/v1/access/link" access::link;
        post POST "/api/v1/access/digits" access::digits;
        post POST "/api/v1/access/kdf" access::kdf;
        post POST "/api/v1/access/login" access::login;
        post POST "/api/v1/access/recover" access::recover;
        post POST "/api/v1/access/recover-code" access::recover_code;
        post POST "/api/v1/access/factor" access::factor;
        post POST "/api/v1/access/code" access::code;
        post POST "/api/v1/access/password" access::password;
        get GET "/api/v1/session" session::state;
        delete DELETE "/api/v1/session" session::logout;
        get GET "/api/v1/session/half" session::half;
        post POST "/api/v1/session/ballots" session::cast;
        post POST "/api/v1/session/contact" session::contact;
        post POST "/api/v1/session/contact/confirm" session::contact_confirm;
        post POST "/api/v1/recorded" board::recorded;
        get GET "/board/checkpoint" board::checkpoint;
        get GET "/board/checkpoints/{number}" board::checkpoint_of;
        get GET "/board/tile/{*path}" board::tile;
        get GET "/receipts.txt" board::receipts;
        get GET "/acts/checkpoint" board::acts_checkpoint;
        get GET "/acts/witnessed" board::acts_witnessed;
        get GET "/acts/tile/{*path}" board::acts_tile;
        get GET "/monitor" monitor::page;
        get GET "/monitor.json" monitor::figures;
        get GET "/openapi.json" openapi::document;
    }
}

/// The routes, with the limits of their bodies.
pub(super) fn routes(server: &App) -> Router {
    let longest = server.election.election.shapes.iter().map(CastBallot::encoded_length).max().unwrap_or(0);
    let limit = |path: &str| if path == "/api/v1/session/ballots" { longest } else { body::JSON };
    let add = |router: Router<App>, route: Route| {
        router.route(route.path, route.handler.layer(DefaultBodyLimit::max(limit(route.path))))
    };
    table().into_iter().fold(Router::new(), add).with_state(Arc::clone(server))
}
