//! The OpenAPI document: every route with every answer that it may give.

use axum::Json as Answer;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::problem::ProblemBody;
use super::{access, board, election, monitor, session};

/// The interface of the casting server.
#[derive(OpenApi)]
#[openapi(
    info(title = "Escrutinio casting server", description = "spec/server.md, Interface"),
    paths(
        election::election, election::record, election::list, election::bucket,
        access::link, access::digits, access::kdf, access::login, access::recover, access::recover_code,
        access::factor, access::code, access::password,
        session::state, session::logout, session::half, session::cast, session::contact, session::contact_confirm,
        board::recorded, board::checkpoint, board::checkpoint_of, board::tile, board::receipts,
        board::acts_checkpoint, board::acts_witnessed, board::acts_tile,
        monitor::page, monitor::figures,
        document,
    ),
    components(schemas(ProblemBody)),
    modifiers(&Problems),
)]
struct Interface;

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "election", responses((status = 200, body = Object)))]
pub(super) async fn document() -> Answer<Document> {
    Answer(Interface::openapi())
}

/// Adds what routes of a kind have in common: the problems that they may answer with, and the session.
struct Problems;

/// Panics, rates, times, stores.
const ALWAYS: &[u16] = &[405, 408, 429, 500, 503];
/// What may be wrong with a body.
const BODY: &[u16] = &[400, 413, 415];
/// Nobody enters, or not this one.
const ACCESS: &[u16] = &[401, 403];
/// What may be wrong with a ballot.
const BALLOT: &[u16] = &[409, 422];

impl Modify for Problems {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let session = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.security_schemes.insert("session".to_owned(), session.into());
        let observer = SecurityScheme::Http(Http::new(HttpAuthScheme::Basic));
        components.security_schemes.insert("observer".to_owned(), observer.into());
        for (path, item) in &mut document.paths.paths {
            for operation in [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten() {
                add(path, operation);
            }
        }
    }
}

fn add(path: &str, operation: &mut Operation) {
    let tagged = |tag: &str| operation.tags.as_ref().is_some_and(|tags| tags.iter().any(|one| one == tag));
    let in_session = tagged("session");
    let mut statuses = ALWAYS.to_vec();
    if operation.request_body.is_some() {
        statuses.extend(BODY);
    }
    if in_session || tagged("access") {
        statuses.extend(ACCESS);
    }
    if tagged("monitor") {
        statuses.push(401);
        operation.security = Some(vec![SecurityRequirement::new("observer", Vec::<String>::new())]);
    }
    if path.ends_with("/ballots") {
        statuses.extend(BALLOT);
    }
    if tagged("board") || path.contains('{') {
        statuses.push(404);
    }
    for status in statuses {
        let schema = Ref::from_schema_name("ProblemBody");
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new().description("a problem").content("application/problem+json", content);
        operation.responses.responses.insert(status.to_string(), response.build().into());
    }
    if in_session {
        operation.security = Some(vec![SecurityRequirement::new("session", Vec::<String>::new())]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::routes::table;

    #[test]
    fn every_route_stands_in_it_and_nothing_else() {
        let document = serde_json::to_value(Interface::openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap().iter();
        let stated: BTreeSet<(String, String)> = paths
            .flat_map(|(path, item)| item.as_object().unwrap().keys().map(|verb| (verb.to_uppercase(), path.clone())))
            .collect();
        let served = |route: &crate::http::routes::Route| (route.method.to_string(), route.path.replace("{*", "{"));
        assert_eq!(stated, table().iter().map(served).collect());
    }

    #[test]
    fn every_answer_of_a_session_and_a_ballot_is_stated() {
        let document = serde_json::to_value(Interface::openapi()).unwrap();
        let operation = &document["paths"]["/api/v1/session/ballots"]["post"];
        for status in [200, 400, 401, 403, 405, 408, 409, 413, 415, 422, 429, 500, 503] {
            assert!(operation["responses"].get(status.to_string()).is_some(), "{status}");
        }
        assert_eq!(operation["security"][0]["session"], serde_json::json!([]));
    }
}
