//! The observers' page and its figures, for who has a name and a token.

use askama::Template;
use axum::Json as Answer;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{AUTHORIZATION, CONTENT_SECURITY_POLICY, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use base64ct::{Base64, Encoding};

use super::problem::{Problem, language};
use super::routes::App;
use crate::desk::Observer;
use crate::monitor::{self, Monitor, Page, STYLE_HASH};
use crate::refusal::Refusal;

/// An observer who has shown the token.
#[derive(Clone, Debug)]
pub(super) struct Accredited(Observer);

impl FromRequestParts<App> for Accredited {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let found = header.and_then(basic).and_then(|(name, token)| app.staff.observer(&name, &token).cloned());
        found.map(Self).ok_or_else(|| {
            let ask = [(WWW_AUTHENTICATE, "Basic realm=\"monitor\", charset=\"UTF-8\"")];
            (ask, Problem(Refusal::Credentials)).into_response()
        })
    }
}

/// Name and token of `Basic <base64>`.
pub(super) fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, value) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(Base64::decode_vec(value.trim()).ok()?).ok()?;
    let (name, token) = text.split_once(':')?;
    Some((name.to_owned(), token.to_owned()))
}

/// The observers' page.
#[utoipa::path(get, path = "/monitor", tag = "monitor",
    responses((status = 200, body = String, content_type = "text/html")))]
pub(super) async fn page(
    State(app): State<App>,
    Accredited(observer): Accredited,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let monitor = monitor::look(&app).await?;
    let page = Page::new(&monitor, &observer.name, &observer.role, language(&headers));
    let html = page.render().map_err(|_| Refusal::Internal)?;
    let policy = format!("default-src 'none'; style-src {}; frame-ancestors 'none'; base-uri 'none'", *STYLE_HASH);
    let policy = HeaderValue::from_str(&policy).map_err(|_| Refusal::Internal)?;
    Ok(([(CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response())
}

/// The same as figures.
#[utoipa::path(get, path = "/monitor.json", tag = "monitor", responses((status = 200, body = Monitor)))]
pub(super) async fn figures(State(app): State<App>, _: Accredited) -> Result<Answer<Monitor>, Problem> {
    Ok(Answer(monitor::look(&app).await?))
}
