//! `POST /_gatehouse/login`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use gatehouse_protocol::{LoginState, LoginStep};

use super::{
    answer::{self, Refusal},
    body::Step,
    context::Context,
    openapi::Refusals,
    responder::App,
};

/// One step of a login.
#[utoipa::path(
    post, path = "/_gatehouse/login", request_body = LoginStep,
    responses((status = 200, description = "The next state", body = LoginState), Refusals)
)]
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Context(context): Context,
    Step(step): Step<LoginStep>,
) -> Result<Response, Refusal> {
    let answer = app.endpoint.login(&context, step).await?;
    Ok(answer::write(&answer, &app.cookies))
}
