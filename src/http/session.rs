//! `GET /_gatehouse/session`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use gatehouse_protocol::SessionState;

use super::{
    answer::{self, Refusal},
    context::Context,
    openapi::Refusals,
    responder::App,
};

/// Says who is signed in.
#[utoipa::path(
    get, path = "/_gatehouse/session",
    responses((status = 200, description = "Who is signed in", body = SessionState), Refusals)
)]
pub(super) async fn get(State(app): State<Arc<App>>, Context(context): Context) -> Result<Response, Refusal> {
    let answer = app.endpoint.session_state(&context).await?;
    Ok(answer::write(&answer, &app.cookies))
}
