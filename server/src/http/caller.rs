//! Who asks.

use axum::Extension;
use axum::extract::{FromRequestParts, Path};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::connections::Client;
use super::problem::{Problem, language};
use super::routes::App;
use crate::access::api::Caller;
use crate::access::session::VoterSession;
use crate::refusal::Refusal;

/// Address and language of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct From(pub(super) Caller);

impl FromRequestParts<App> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let client = Extension::<Client>::from_request_parts(parts, app).await;
        let Extension(Client(address)) = client.map_err(|_| Problem(Refusal::Internal))?;
        Ok(Self(Caller { address, language: language(&parts.headers) }))
    }
}

/// A voter past both factors.
#[derive(Clone, Debug)]
pub(super) struct Voter(pub(super) VoterSession);

impl FromRequestParts<App> for Voter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Token(token) = Token::from_request_parts(parts, app).await?;
        Ok(Self(app.access.session(&token).await?))
    }
}

/// What a voter past both factors shows.
#[derive(Clone)]
pub(super) struct Token(pub(super) Zeroizing<String>);

impl FromRequestParts<App> for Token {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(bearer).ok_or(Problem(Refusal::NoSession))?;
        Ok(Self(Zeroizing::new(token.to_owned())))
    }
}

/// The token of `Bearer <token>`.
pub(super) fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What stands in a path; whatever it cannot be is nowhere.
#[derive(Clone, Debug)]
pub(super) struct At<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let found = Path::<T>::from_request_parts(parts, app).await;
        found.map(|Path(value)| Self(value)).map_err(|_| Problem(Refusal::NotFound))
    }
}
