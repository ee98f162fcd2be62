//! `GET /metrics`.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use gatehouse_protocol::{ErrorCode, Problem};

use super::{answer::Refusal, openapi::Refusals, responder::App};
use crate::{
    endpoint::Endpoint,
    telemetry::metrics::{self, Handle},
};

/// The recorder, where metrics are shown beside everything else: on a server of its own that has no other address for
/// them.
pub(super) fn beside(endpoint: &Endpoint) -> Option<Handle> {
    endpoint.settings().metrics_address.is_none().then(metrics::handle).flatten()
}

/// What was measured, for Prometheus.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "Metrics as text"), Refusals))]
pub(super) async fn get(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let handle = app.metrics.as_ref().ok_or(Refusal(Problem::new(ErrorCode::NotFound)))?;
    Ok(shown(&app.endpoint, handle))
}

/// Everything that was measured until now.
pub(super) fn shown(endpoint: &Endpoint, handle: &Handle) -> Response {
    endpoint.observe();
    handle.run_upkeep();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response()
}
