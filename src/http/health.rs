//! `GET /_gatehouse/health`.

use std::sync::Arc;

use axum::{Json, extract::State};
use gatehouse_protocol::{ErrorCode, Problem};
use serde::Serialize;

use super::{answer::Refusal, openapi::Refusals, responder::App};

/// The endpoint can do its work.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Health {
    /// Always `ok`.
    status: &'static str,
}

impl Health {
    /// All is well.
    pub(super) const OK: Self = Self { status: "ok" };
}

/// Says whether the database can be read and written.
#[utoipa::path(
    get, path = "/_gatehouse/health", responses((status = 200, description = "All is well", body = Health), Refusals)
)]
pub(super) async fn get(State(app): State<Arc<App>>) -> Result<Json<Health>, Refusal> {
    app.endpoint.storage().check().await.map_err(|error| {
        tracing::error!(%error, "the health check failed");
        Problem::new(ErrorCode::Unavailable).retry_after(5)
    })?;
    Ok(Json(Health::OK))
}
