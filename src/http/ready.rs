//! `GET /_gatehouse/ready`: requests may be sent here. Whoever spreads them over replicas, asks this.

use std::sync::Arc;

use axum::{Json, extract::State};
use gatehouse_protocol::{ErrorCode, Problem};

use super::{answer::Refusal, health::Health, openapi::Refusals, responder::App};
use crate::endpoint::Endpoint;

/// The seconds after which it is worth another look.
const RETRY_AFTER: u32 = 1;

/// Says whether the database was heard within the last second, and the process is not about to stop. Asks nothing
/// itself, so it may be asked as often as anybody likes.
#[utoipa::path(
    get, path = "/_gatehouse/ready",
    responses((status = 200, description = "Requests may be sent here", body = Health), Refusals)
)]
pub(super) async fn get(State(app): State<Arc<App>>) -> Result<Json<Health>, Refusal> {
    judge(&app.endpoint)
}

pub(super) fn judge(endpoint: &Endpoint) -> Result<Json<Health>, Refusal> {
    if endpoint.is_ready() {
        Ok(Json(Health::OK))
    } else {
        Err(Problem::new(ErrorCode::Unavailable).retry_after(RETRY_AFTER).into())
    }
}
