//! `POST /_gatehouse/registration`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use gatehouse_protocol::{RegistrationState, RegistrationStep};

use super::{
    answer::{self, Refusal},
    body::Step,
    context::Context,
    openapi::Refusals,
    responder::App,
};

/// Creates an account, or says what a link offers.
#[utoipa::path(
    post, path = "/_gatehouse/registration", request_body = RegistrationStep,
    responses((status = 200, description = "The next state", body = RegistrationState), Refusals)
)]
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Context(context): Context,
    Step(step): Step<RegistrationStep>,
) -> Result<Response, Refusal> {
    let answer = app.endpoint.registration(&context, step).await?;
    Ok(answer::write(&answer, &app.cookies))
}
