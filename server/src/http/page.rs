//! In a rehearsal: the voting page, and what its host lays beside it, from this program's own origin.
//!
//! Where an election binds, the page has an origin of its own, so that nobody has to trust this server for the
//! code that encrypts (`server/OPERATING.md`).

use core::iter::repeat;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::problem::Problem;
use crate::refusal::Refusal;

/// What `wasm-client/PAGE.md` asks of a host; the interface is of the same origin.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
    style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the host lays beside the page, such as a printed acta: it runs nothing and has its style in itself.
const BESIDE: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What no route answers is looked for in folders, the first that has it. The first of all is the page.
pub(super) fn beside(routes: Router, folders: &[PathBuf]) -> Router {
    let folders: Arc<[PathBuf]> = folders.into();
    routes.fallback(async move |request: Request| {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        find(&folders, &method, &uri).await
    })
}

async fn find(folders: &[PathBuf], method: &Method, uri: &Uri) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Problem(Refusal::NotFound).into_response();
    }
    for (folder, policy) in folders.iter().zip([POLICY].into_iter().chain(repeat(BESIDE))) {
        let mut request = axum::http::Request::new(Body::from(Bytes::new()));
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri.clone();
        let Ok(answer) = ServeDir::new(folder).oneshot(request).await;
        if answer.status() == StatusCode::OK {
            let mut answer = answer.map(Body::new);
            let headers = answer.headers_mut();
            // A page that a browser keeps for its button Back would keep a session with it.
            let document = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
            let keep = if document { "no-store" } else { "no-cache" };
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
            return answer;
        }
    }
    Problem(Refusal::NotFound).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use axum::routing::get;

    use super::*;

    async fn ask(routes: &Router, method: Method, path: &str) -> (StatusCode, HeaderMap, Bytes) {
        let request = axum::http::Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = routes.clone().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        (status, headers, axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap())
    }

    #[tokio::test]
    async fn files_of_the_folders_are_served_where_no_route_answers() {
        let place = tempfile::tempdir().unwrap();
        let (page, host) = (place.path().join("page"), place.path().join("host"));
        for (path, text) in [
            (page.join("index.html"), "<!DOCTYPE html>"),
            (page.join("src/main.js"), "1"),
            (host.join("config.json"), "{}"),
            (host.join("acta.html"), "<style>"),
            (host.join("api"), "no route"),
            (place.path().join("secret"), "outside"),
        ] {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let routes = beside(Router::new().route("/api", get(async || "route")), &[page, host]);
        for (path, text, policy, keep) in [
            ("/", "<!DOCTYPE html>", POLICY, "no-store"),
            ("/src/main.js", "1", POLICY, "no-cache"),
            ("/config.json", "{}", BESIDE, "no-cache"),
            ("/acta.html", "<style>", BESIDE, "no-store"),
        ] {
            let (status, headers, body) = ask(&routes, Method::GET, path).await;
            assert_eq!((status, &body[..]), (StatusCode::OK, text.as_bytes()), "{path}");
            assert_eq!(
                (&headers[CONTENT_SECURITY_POLICY], &headers[CACHE_CONTROL]),
                (&policy.parse().unwrap(), &keep.parse().unwrap()),
                "{path}"
            );
        }
        assert_eq!(&ask(&routes, Method::GET, "/api").await.2[..], b"route");
        for path in ["/none", "/src", "/../secret", "/%2e%2e/secret", "/src/..%2f..%2fsecret", "//secret"] {
            assert_eq!(ask(&routes, Method::GET, path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(ask(&routes, Method::POST, "/config.json").await.0, StatusCode::NOT_FOUND);
    }
}
