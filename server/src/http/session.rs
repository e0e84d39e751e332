//! What a voter past both factors may do.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::body::{Json, Octets};
use super::caller::{From, Token, Voter};
use super::problem::Problem;
use super::routes::App;
use crate::access::api::{ContactAnswer, ContactConfirmRequest, ContactRequest, SessionState};
use crate::refusal::Refusal;

/// When the session ends, and on what its voter votes.
#[utoipa::path(get, path = "/api/v1/session", tag = "session", responses((status = 200, body = SessionState)))]
pub(super) async fn state(State(app): State<App>, Voter(voter): Voter) -> Result<Answer<SessionState>, Problem> {
    Ok(Answer(app.access.state(&voter).await?))
}

/// Ends the session.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 204)))]
pub(super) async fn logout(State(app): State<App>, Voter(voter): Voter) -> Result<StatusCode, Problem> {
    app.access.logout(&voter).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The server's half of the credential, 108 bytes.
#[utoipa::path(get, path = "/api/v1/session/half", tag = "session",
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(super) async fn half(State(app): State<App>, Voter(voter): Voter) -> Result<Response, Problem> {
    let half = app.access.half(&voter).await?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], half.to_vec()).into_response())
}

/// Casts a ballot. The answer is the receipt, once ballot and mark are on the disk; the same ballot sent
/// again gets the same receipt.
#[utoipa::path(post, path = "/api/v1/session/ballots", tag = "session",
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "a Cast"),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn cast(
    State(app): State<App>,
    Voter(_): Voter,
    Token(token): Token,
    Octets(ballot): Octets,
) -> Result<Response, Problem> {
    // All of it is here now: that is what counts at the end of a session.
    let received = app.clock.now();
    // Not a part of this request: it goes on when the voter goes away, or the time of the request is over.
    let task = tokio::spawn(async move {
        let _received = app.cast.receive();
        // While the ballot came the voter may have left, or come in anew.
        let voter = app.access.session_at(&token, received).await?;
        app.cast.cast(&voter, ballot.to_vec(), received).await
    });
    let receipt = task.await.map_err(|_| Refusal::Internal)??;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], receipt.to_string()).into_response())
}

/// Asks to change an address; a code goes to the new one.
#[utoipa::path(post, path = "/api/v1/session/contact", tag = "session", request_body = ContactRequest,
    responses((status = 200, body = ContactAnswer)))]
pub(super) async fn contact(
    State(app): State<App>,
    From(caller): From,
    Voter(voter): Voter,
    Json(request): Json<ContactRequest>,
) -> Result<Answer<ContactAnswer>, Problem> {
    Ok(Answer(app.access.contact(&caller, &voter, request).await?))
}

/// Confirms the new address with its code and the second factor.
#[utoipa::path(post, path = "/api/v1/session/contact/confirm", tag = "session", request_body = ContactConfirmRequest,
    responses((status = 204)))]
pub(super) async fn contact_confirm(
    State(app): State<App>,
    From(caller): From,
    Voter(voter): Voter,
    Json(request): Json<ContactConfirmRequest>,
) -> Result<StatusCode, Problem> {
    app.access.contact_confirm(&caller, &voter, request).await?;
    Ok(StatusCode::NO_CONTENT)
}
