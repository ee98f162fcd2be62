//! An address of its own for those who watch: metrics, and whether the process lives and is ready. Nothing of people,
//! and nothing that changes anything, so that any name will do.

use std::{future::Future, io, sync::Arc};

use axum::{
    Json,
    body::Bytes,
    http::{Method, Request, Response},
    response::IntoResponse as _,
};
use gatehouse_protocol::{ErrorCode, Problem};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use tokio::net::TcpListener;

use super::{
    answer::Refusal,
    headers,
    health::Health,
    listener::{Answer, Caller, listen},
    metrics, ready,
};
use crate::{endpoint::Endpoint, telemetry};

/// How many monitors are connected at once.
const CONNECTIONS: usize = 64;

/// Answers on the address of the metrics.
#[derive(Debug, Clone)]
struct Monitor(Arc<Endpoint>);

/// Binds the address that `metrics_address` names, if it names one. What is measured is measured from here on.
pub async fn bind_monitor(endpoint: &Endpoint) -> Result<Option<TcpListener>, String> {
    let Some(address) = &endpoint.settings().metrics_address else { return Ok(None) };
    let bound = TcpListener::bind(address.as_str()).await;
    let bound = bound.map_err(|error| {
        format!("{address} can't be listened on ({error}): write another `metrics_address`, or leave it out")
    })?;
    // Nothing is counted before there is a recorder.
    drop(telemetry::metrics::handle());
    Ok(Some(bound))
}

/// Serves the monitors on a listener until `shutdown` completes.
pub async fn serve_monitor(
    endpoint: Arc<Endpoint>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listen(listener, CONNECTIONS, Monitor(endpoint), shutdown).await
}

impl Answer for Monitor {
    type Body = Full<Bytes>;

    async fn answer(&self, request: Request<Incoming>, _: Caller) -> Response<Full<Bytes>> {
        let asks = matches!(*request.method(), Method::GET | Method::HEAD);
        let mut response = match request.uri().path() {
            _ if !asks => Refusal(Problem::new(ErrorCode::MethodNotAllowed)).into_response(),
            "/live" => Json(Health::OK).into_response(),
            "/ready" => ready::judge(&self.0).into_response(),
            "/metrics" => match telemetry::metrics::handle() {
                Some(handle) => metrics::shown(&self.0, &handle),
                None => Refusal(Problem::new(ErrorCode::NotFound)).into_response(),
            },
            _ => Refusal(Problem::new(ErrorCode::NotFound)).into_response(),
        };
        headers::secure(response.headers_mut(), None);
        let (parts, body) = response.into_parts();
        // Every body here is already in memory.
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Response::from_parts(parts, Full::new(body))
    }
}
