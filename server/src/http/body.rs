//! Bodies as they come in: their length is bounded, and whatever is wrong with them is a problem.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::refusal::Refusal;

/// Longest body of JSON, in bytes.
pub(super) const JSON: usize = 4096;

/// A body of JSON.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

/// A body of bytes.
#[derive(Debug)]
pub(super) struct Octets(pub(super) Bytes);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read: Result<axum::Json<T>, JsonRejection> = axum::Json::from_request(request, state).await;
        match read {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem(Refusal::MediaType)),
            Err(JsonRejection::BytesRejection(error)) => Err(unread(error)),
            Err(_) => Err(Problem(Refusal::BadRequest)),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Octets {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Bytes::from_request(request, state).await.map(Self).map_err(unread)
    }
}

/// A body that did not come as it should: too long, or broken off.
fn unread(error: BytesRejection) -> Problem {
    let too_large = error.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE;
    Problem(if too_large { Refusal::TooLarge } else { Refusal::BadRequest })
}
