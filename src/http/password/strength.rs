//! `POST /_gatehouse/password/strength`.

use std::sync::Arc;

use axum::{Json, extract::State};
use gatehouse_protocol::{StrengthQuestion, StrengthReport};

use crate::http::{answer::Refusal, body::Step, context::Context, openapi::Refusals, responder::App};

/// Judges a password while it is typed.
#[utoipa::path(
    post, path = "/_gatehouse/password/strength", request_body = StrengthQuestion,
    responses((status = 200, description = "The judgement", body = StrengthReport), Refusals)
)]
pub(in crate::http) async fn post(
    State(app): State<Arc<App>>,
    Context(context): Context,
    Step(question): Step<StrengthQuestion>,
) -> Result<Json<StrengthReport>, Refusal> {
    Ok(Json(app.endpoint.strength(&context, question).await?))
}
