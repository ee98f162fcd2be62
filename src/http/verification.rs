//! `POST /_gatehouse/verification`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use gatehouse_protocol::{VerificationState, VerificationStep};

use super::{
    answer::{self, Refusal},
    body::Step,
    context::Context,
    openapi::Refusals,
    responder::App,
};

/// Confirms an address, or sends the link again.
#[utoipa::path(
    post, path = "/_gatehouse/verification", request_body = VerificationStep,
    responses((status = 200, description = "The next state", body = VerificationState), Refusals)
)]
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Context(context): Context,
    Step(step): Step<VerificationStep>,
) -> Result<Response, Refusal> {
    let answer = app.endpoint.verification(&context, step).await?;
    Ok(answer::write(&answer, &app.cookies))
}
