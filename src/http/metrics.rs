//! `GET /metrics`, and what is counted. Labels come from closed tables: no request can make a new one.

use std::sync::{Arc, OnceLock};

use axum::{
    body::Bytes,
    extract::State,
    http::{Request, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use gatehouse_protocol::{ErrorCode, MOUNT, Problem};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::{answer::Refusal, openapi::Refusals, responder::App};

const REQUESTS: &str = "gatehouse_http_requests_total";

/// Renders what was counted.
pub(super) type Handle = PrometheusHandle;

/// The recorder of this process, installed when the first server asks for it. Nothing where another library was
/// faster: then its own exporter shows our counters.
pub(super) fn handle() -> Option<Handle> {
    static RECORDER: OnceLock<Option<Handle>> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            let handle = PrometheusBuilder::new().install_recorder().ok()?;
            metrics::describe_counter!(REQUESTS, "Requests answered, by route and status");
            Some(handle)
        })
        .clone()
}

/// The route of a request, as a label.
pub(super) fn route(base_path: &str, request: &Request<Bytes>) -> &'static str {
    let path = request.uri().path();
    let path = path.strip_prefix(base_path).and_then(|path| path.strip_prefix(MOUNT)).unwrap_or_default();
    match path {
        "/" => "page",
        "/health" => "health",
        "/config" => "config",
        "/session" => "session",
        "/login" => "login",
        "/logout" => "logout",
        "/registration" => "registration",
        "/verification" => "verification",
        "/recovery" => "recovery",
        "/password" => "password",
        "/password/strength" => "strength",
        _ if path.starts_with("/assets/") => "assets",
        _ => "other",
    }
}

/// Counts one answer.
pub(super) fn count(route: &'static str, status: StatusCode) {
    metrics::counter!(REQUESTS, "route" => route, "status" => status.as_str().to_owned()).increment(1);
}

/// What was counted, for Prometheus.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "Counters as text"), Refusals))]
pub(super) async fn get(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let handle = app.metrics.as_ref().ok_or(Refusal(Problem::new(ErrorCode::NotFound)))?;
    handle.run_upkeep();
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response())
}
