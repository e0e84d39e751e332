//! What every answer carries, so that a browser does no more with it than it must.

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY};
use axum::http::header::{X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// For answers that are data: nothing is loaded, run or framed.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()";

/// Whether answers go over TLS, here or at a proxy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hardening {
    pub(super) tls: bool,
}

/// Adds the headers. A handler that says more of its own answer (the observers' page) keeps what it said.
pub(super) async fn harden(State(hardening): State<Hardening>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut add = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    add(CONTENT_SECURITY_POLICY, POLICY);
    add(CACHE_CONTROL, "no-store");
    add(X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(X_FRAME_OPTIONS, "DENY");
    add(REFERRER_POLICY, "no-referrer");
    add(HeaderName::from_static("permissions-policy"), PERMISSIONS);
    add(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    // The page's own origin reads answers by CORS; nobody embeds them.
    add(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if hardening.tls {
        add(STRICT_TRANSPORT_SECURITY, "max-age=63072000");
    }
    response
}
