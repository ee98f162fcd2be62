//! `POST /_gatehouse/password`.

pub(super) mod strength;

use std::sync::Arc;

use axum::{extract::State, response::Response};
use gatehouse_protocol::{ChangePassword, PasswordChanged};

use super::{
    answer::{self, Refusal},
    body::Step,
    context::Context,
    openapi::Refusals,
    responder::App,
};

/// Replaces the password of whoever is signed in.
#[utoipa::path(
    post, path = "/_gatehouse/password", request_body = ChangePassword,
    responses((status = 200, description = "It is replaced", body = PasswordChanged), Refusals)
)]
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Context(context): Context,
    Step(change): Step<ChangePassword>,
) -> Result<Response, Refusal> {
    let answer = app.endpoint.change_password(&context, change).await?;
    Ok(answer::write(&answer, &app.cookies))
}
