//! `/_gatehouse/enrollment`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use gatehouse_protocol::{EnrollmentState, EnrollmentStep};

use super::{
    answer::{self, Refusal},
    body::Step,
    context::Context,
    openapi::Refusals,
    responder::App,
};

/// One step of setting a second factor up.
#[utoipa::path(
    post, path = "/_gatehouse/enrollment", request_body = EnrollmentStep,
    responses((status = 200, description = "The next state", body = EnrollmentState), Refusals)
)]
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Context(context): Context,
    Step(step): Step<EnrollmentStep>,
) -> Result<Response, Refusal> {
    let answer = app.endpoint.enroll(&context, step).await?;
    Ok(answer::write(&answer, &app.cookies))
}
