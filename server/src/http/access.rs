//! The steps of access. What they do stands in [`crate::access`].

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;

use super::body::Json;
use super::caller::From;
use super::problem::Problem;
use super::routes::App;
use crate::access::api::{
    CodeAnswer, CodeRequest, DigitsRequest, FactorAnswer, FactorRequest, FactorsAnswer, KdfAnswer, KdfRequest,
    LinkAnswer, LinkRequest, LoginRequest, PasswordRequest, RecoverCodeRequest, RecoverRequest, SessionAnswer,
};

/// Begins a first access with the token of the link.
#[utoipa::path(post, path = "/api/v1/access/link", tag = "access", request_body = LinkRequest,
    responses((status = 200, body = LinkAnswer)))]
pub(super) async fn link(
    State(app): State<App>,
    From(caller): From,
    Json(request): Json<LinkRequest>,
) -> Result<Answer<LinkAnswer>, Problem> {
    Ok(Answer(app.access.link(&caller, request).await?))
}

/// The last four digits of the registered telephone.
#[utoipa::path(post, path = "/api/v1/access/digits", tag = "access", request_body = DigitsRequest,
    responses((status = 200, body = FactorsAnswer)))]
pub(super) async fn digits(
    State(app): State<App>,
    From(caller): From,
    Json(request): Json<DigitsRequest>,
) -> Result<Answer<FactorsAnswer>, Problem> {
    Ok(Answer(app.access.digits(&caller, request).await?))
}

/// How keys are made of the password of a user name, whether it exists or not.
#[utoipa::path(post, path = "/api/v1/access/kdf", tag = "access", request_body = KdfRequest,
    responses((status = 200, body = KdfAnswer)))]
pub(super) async fn kdf(
    State(app): State<App>,
    From(caller): From,
    Json(request): Json<KdfRequest>,
) -> Result<Answer<KdfAnswer>, Problem> {
    Ok(Answer(app.access.kdf(&caller, &request)?))
}

/// User name and authentication key.
#[utoipa::path(post, path = "/api/v1/access/login", tag = "access", request_body = LoginRequest,
    responses((status = 200, body = FactorsAnswer)))]
pub(super) async fn login(
    State(app): State<App>,
    From(caller): From,
    Json(request): Json<LoginRequest>,
) -> Result<Answer<FactorsAnswer>, Problem> {
    Ok(Answer(app.access.login(&caller, request).await?))
}

/// Asks for a code by e-mail; the answer is the same for every user name.
#[utoipa::path(post, path = "/api/v1/access/recover", tag = "access", request_body = RecoverRequest,
    responses((status = 202)))]
pub(super) async fn recover(
    State(app): State<App>,
    From(caller): From,
    Json(request): Json<RecoverRequest>,
) -> Result<StatusCode, Problem> {
    app.access.recover(&caller, request).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The code from the e-mail.
#[utoipa::path(post, path = "/api/v1/access/recover-code", tag = "access", request_body = RecoverCodeRequest,
    responses((status = 200, body = FactorsAnswer)))]
pub(super) async fn recover_code(
    State(app): State<App>,
    From(caller): From,
    Json(request): Json<RecoverCodeRequest>,
) -> Result<Answer<FactorsAnswer>, Problem> {
    Ok(Answer(app.access.recover_code(&caller, request).await?))
}

/// Chooses the second factor.
#[utoipa::path(post, path = "/api/v1/access/factor", tag = "access", request_body = FactorRequest,
    responses((status = 200, body = FactorAnswer)))]
pub(super) async fn factor(
    State(app): State<App>,
    From(caller): From,
    Json(request): Json<FactorRequest>,
) -> Result<Answer<FactorAnswer>, Problem> {
    Ok(Answer(app.access.factor(&caller, request).await?))
}

/// The code of the second factor.
#[utoipa::path(post, path = "/api/v1/access/code", tag = "access", request_body = CodeRequest,
    responses((status = 200, body = CodeAnswer)))]
pub(super) async fn code(
    State(app): State<App>,
    From(caller): From,
    Json(request): Json<CodeRequest>,
) -> Result<Answer<CodeAnswer>, Problem> {
    Ok(Answer(app.access.code(&caller, request).await?))
}

/// Sets the password, which ends a first access or a recovery.
#[utoipa::path(post, path = "/api/v1/access/password", tag = "access", request_body = PasswordRequest,
    responses((status = 200, body = SessionAnswer)))]
pub(super) async fn password(
    State(app): State<App>,
    From(caller): From,
    Json(request): Json<PasswordRequest>,
) -> Result<Answer<SessionAnswer>, Problem> {
    Ok(Answer(app.access.password(&caller, request).await?))
}
