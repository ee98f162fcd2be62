//! `POST /_gatehouse/recovery`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use gatehouse_protocol::{RecoveryState, RecoveryStep};

use super::{
    answer::{self, Refusal},
    body::Step,
    context::Context,
    openapi::Refusals,
    responder::App,
};

/// Sends a link for a new password, or takes the new password.
#[utoipa::path(
    post, path = "/_gatehouse/recovery", request_body = RecoveryStep,
    responses((status = 200, description = "The next state", body = RecoveryState), Refusals)
)]
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Context(context): Context,
    Step(step): Step<RecoveryStep>,
) -> Result<Response, Refusal> {
    let answer = app.endpoint.recovery(&context, step).await?;
    Ok(answer::write(&answer, &app.cookies))
}
