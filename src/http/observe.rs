//! What is noted of a request: its name, its span in the log, how long it took, one line in the end.

use axum::{
    body::Bytes,
    http::{HeaderName, HeaderValue, Method, Request, Response},
};
use gatehouse_protocol::MOUNT;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field::Empty};

use crate::telemetry::{
    metrics::{self, Raised, class_of, status_of},
    request::{RequestId, RequestIds},
};

/// The header that names a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request that is under way.
#[derive(Debug)]
pub struct Observed {
    id: RequestId,
    route: &'static str,
    began: Instant,
    span: Span,
    _open: Raised,
}

impl Observed {
    /// Begins to note. What the request says of its own name counts where it comes from a proxy that is `trusted`.
    pub fn begin<B>(ids: &RequestIds, request: &Request<B>, route: &'static str, trusted: bool) -> Self {
        let said = |name: &HeaderName| request.headers().get(name).filter(|_| trusted)?.to_str().ok();
        let id = said(&REQUEST_ID).and_then(RequestId::received).unwrap_or_else(|| ids.draw());
        let span = span(&id, route, method_of(request.method()));
        #[cfg(feature = "otel")]
        if let Some(parent) = said(&HeaderName::from_static("traceparent")) {
            crate::telemetry::otel::continue_from(&span, parent);
        }
        Self { id, route, began: Instant::now(), span, _open: metrics::REQUESTS_OPEN.raise() }
    }

    /// Answers the request; whatever is logged meanwhile carries its name.
    pub async fn answer<B>(self, answering: impl Future<Output = Response<B>>) -> Response<B> {
        let mut response = answering.instrument(self.span.clone()).await;
        let (status, took) = (response.status(), self.began.elapsed());
        let code = status_of(status.as_u16());
        metrics::REQUESTS.count(&[("route", self.route), ("status", code)]);
        let class = class_of(status.as_u16());
        metrics::REQUEST_SECONDS.took(&[("route", self.route), ("class", class)], took);
        self.span.record("status", status.as_u16());
        self.span.in_scope(|| {
            tracing::debug!(target: "gatehouse::access", took_ms = took.as_secs_f64() * 1000.0, "answered");
        });
        if let Ok(id) = HeaderValue::from_str(self.id.as_str()) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }

    /// The name of the request.
    pub fn id(&self) -> &str {
        self.id.as_str()
    }
}

#[cfg(not(feature = "otel"))]
fn span(id: &RequestId, route: &'static str, method: &'static str) -> Span {
    tracing::info_span!("request", id = id.as_str(), method, route, status = Empty)
}

/// The same with what OpenTelemetry calls these things.
#[cfg(feature = "otel")]
fn span(id: &RequestId, route: &'static str, method: &'static str) -> Span {
    let name = format!("{method} {route}");
    tracing::info_span!(
        "request",
        id = id.as_str(),
        method,
        route,
        status = Empty,
        otel.name = name,
        otel.kind = "server"
    )
}

/// The method, if it is one that browsers have.
fn method_of(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// The route of a request to the endpoint, as a label: one of [`metrics::ROUTES`].
pub(super) fn route(base_path: &str, request: &Request<Bytes>) -> &'static str {
    let path = request.uri().path();
    let below = path.strip_prefix(base_path).and_then(|path| path.strip_prefix(MOUNT));
    match below {
        Some("/" | "") => "page",
        Some("/password/strength") => "strength",
        Some(below) if below.starts_with("/assets/") => "assets",
        Some(below) if below.starts_with("/provider/") => "provider",
        Some(below) => named(below),
        None if path == "/metrics" => "metrics",
        None => "other",
    }
}

/// The route that is called as its path.
fn named(below: &str) -> &'static str {
    let name = below.strip_prefix('/').unwrap_or_default();
    let own = |route: &&&str| {
        **route == name && !matches!(**route, "page" | "assets" | "strength" | "metrics" | "provider" | "app")
    };
    metrics::ROUTES.iter().find(own).copied().unwrap_or("other")
}
