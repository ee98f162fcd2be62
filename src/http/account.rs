//! `/_gatehouse/account`.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use gatehouse_protocol::{AccountState, AccountStep, ErrorCode, Problem};

use super::{
    answer::{self, Refusal},
    body::Step,
    context::Context,
    openapi::Refusals,
    responder::App,
};

/// The account page.
#[utoipa::path(
    get, path = "/_gatehouse/account", responses((status = 200, description = "The page"), Refusals)
)]
pub(super) async fn get(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let page = app.shell.account_page.as_ref().ok_or(Refusal(Problem::new(ErrorCode::NotFound)))?;
    Ok(page.alone())
}

/// One thing done on the account page.
#[utoipa::path(
    post, path = "/_gatehouse/account", request_body = AccountStep,
    responses((status = 200, description = "The next state", body = AccountState), Refusals)
)]
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Context(context): Context,
    Step(step): Step<AccountStep>,
) -> Result<Response, Refusal> {
    let answer = app.endpoint.account(&context, step).await?;
    Ok(answer::write(&answer, &app.cookies))
}
