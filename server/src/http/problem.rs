//! Errors as RFC 9457 problems, in the language of the request.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::delivery::Language;
use crate::desk::DeskFault;
use crate::refusal::Refusal;
use crate::store::StoreError;

/// What stands before the name of a problem.
pub const TYPE: &str = "urn:escrutinio:problem:";

/// A refusal on its way to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem(pub Refusal);

/// The body of every answer that is an error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// `urn:escrutinio:problem:` and the name of the problem.
    #[serde(rename = "type")]
    pub problem: String,
    /// What to tell the voter, in the language of the request.
    pub title: &'static str,
    /// The status of HTTP.
    pub status: u16,
    /// The check of `verification.md` that failed, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// For staff: what exactly. Nobody else is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Ranges of languages that are read; who wants more has said enough.
const RANGES: usize = 16;

/// The language that a request prefers; Spanish unless English is wanted more.
pub(super) fn language(headers: &HeaderMap) -> Language {
    preferred(headers.get(ACCEPT_LANGUAGE))
}

fn preferred(accepted: Option<&HeaderValue>) -> Language {
    let accepted = accepted.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let ranges = || accepted.split(',').take(RANGES);
    let weight = |language: &str| ranges().filter_map(|range| weight(range, language)).max();
    if weight("en") > weight("es") { Language::En } else { Language::Es }
}

/// Thousandths by which a range of languages wants this one; `None` if not at all.
fn weight(range: &str, language: &str) -> Option<u32> {
    let mut parts = range.split(';').map(str::trim);
    let tag = parts.next()?.split('-').next()?;
    if !tag.eq_ignore_ascii_case(language) {
        return None;
    }
    let quality = parts.find_map(|part| part.strip_prefix("q="));
    quality.map_or(Some(1000), thousandths).filter(|thousandths| *thousandths > 0)
}

/// A weight as RFC 9110 writes it: from 0 to 1, with three decimals at most.
fn thousandths(quality: &str) -> Option<u32> {
    let (whole, decimals) = quality.split_once('.').unwrap_or((quality, ""));
    if !matches!(whole, "0" | "1") || decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{whole}{decimals:0<3}").parse().ok().filter(|thousandths| *thousandths <= 1000)
}

/// The tag of a language.
pub(super) fn tag(language: Language) -> &'static str {
    match language {
        Language::Es => "es",
        Language::En => "en",
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "store");
        Self(error.into())
    }
}

impl Problem {
    fn body(self, language: Language) -> ProblemBody {
        ProblemBody {
            problem: format!("{TYPE}{}", self.0.name()),
            title: match language {
                Language::Es => self.0.title_es(),
                Language::En => self.0.title_en(),
            },
            status: self.0.status(),
            code: self.0.check().map(|check| check.code()),
            detail: None,
        }
    }

    fn status(self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    /// The status, and the problem itself for [`render`] to write down.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What staff is told beyond a problem.
#[derive(Clone, Debug)]
struct Detail(String);

impl IntoResponse for DeskFault {
    fn into_response(self) -> Response {
        let mut response = Problem(self.refusal).into_response();
        if !self.detail.is_empty() {
            response.extensions_mut().insert(Detail(self.detail));
        }
        response
    }
}

/// Writes down the problem of an answer in the language of the request.
pub(super) async fn render(request: Request, next: Next) -> Response {
    let accepted = request.headers().get(ACCEPT_LANGUAGE).cloned();
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let language = preferred(accepted.as_ref());
    *response.status_mut() = problem.status();
    let detail = response.extensions_mut().remove::<Detail>().map(|Detail(detail)| detail);
    let body = ProblemBody { detail, ..problem.body(language) };
    let body = serde_json::to_vec(&body).unwrap_or_default();
    *response.body_mut() = Body::from(body);
    let headers = response.headers_mut();
    headers.remove("content-length");
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(tag(language)));
    if let Some(seconds) = problem.0.retry_after() {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if problem.status() == StatusCode::UNAUTHORIZED && !headers.contains_key(WWW_AUTHENTICATE) {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spanish_unless_english_is_wanted_more() {
        for (accepted, wanted) in [
            ("", "es"),
            ("de", "es"),
            ("en", "en"),
            ("en-US,en;q=0.9", "en"),
            ("es-MX,en;q=0.9", "es"),
            ("en;q=0.4, es;q=0.5", "es"),
            ("en;q=0", "es"),
            ("fr, EN;q=0.1", "en"),
            ("en;q=nan", "es"),
            ("en;q=x", "es"),
            ("en;q=1.5", "es"),
            ("en;q=-1", "es"),
            ("en;q=0.0001", "es"),
            ("en;q=0.001", "en"),
            ("en;q=1.000, es;q=0.999", "en"),
            ("en; q=0.5, es; q=0.05", "en"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, accepted.parse().unwrap());
            assert_eq!(tag(language(&headers)), wanted, "{accepted}");
        }
    }
    #[test]
    fn r_sec_15_a_long_list_of_languages_costs_nothing() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, "en;q=-1,".repeat(2000).parse().unwrap());
        let begun = std::time::Instant::now();
        for _ in 0..100 {
            assert_eq!(tag(language(&headers)), "es");
        }
        assert!(begun.elapsed().as_millis() < 500, "{:?}", begun.elapsed());
    }
}
