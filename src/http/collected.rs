//! `POST /_gatehouse/collected`: a frame asks for what its window left.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use gatehouse_protocol::{Collect, CollectState};

use super::{
    answer::{self, Refusal},
    body::Step,
    context::Context,
    openapi::Refusals,
    responder::App,
};

/// What came of a sign-in that a frame began in a window.
#[utoipa::path(
    post, path = "/_gatehouse/collected", request_body = Collect,
    responses((status = 200, description = "What came of it so far", body = CollectState), Refusals)
)]
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Context(context): Context,
    Step(asked): Step<Collect>,
) -> Result<Response, Refusal> {
    let answer = app.endpoint.collect(&context, asked).await?;
    Ok(answer::write(&answer, &app.cookies))
}
