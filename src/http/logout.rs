//! `POST /_gatehouse/logout`. The body is empty: who signs out is in the cookie, and the origin was checked.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use gatehouse_protocol::LogoutState;

use super::{
    answer::{self, Refusal},
    context::Context,
    openapi::Refusals,
    responder::App,
};

/// Ends the session.
#[utoipa::path(
    post, path = "/_gatehouse/logout",
    responses((status = 200, description = "Signed out", body = LogoutState), Refusals)
)]
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Context(context): Context,
) -> Result<Response, Refusal> {
    let answer = app.endpoint.logout(&context).await?;
    Ok(answer::write(&answer, &app.cookies))
}
