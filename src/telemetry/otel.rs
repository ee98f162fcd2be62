//! Traces by OTLP over HTTP: spans alone, no line of the log. What is configured by `OTEL_*` follows the standard.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use opentelemetry::{propagation::TextMapPropagator as _, trace::TracerProvider as _};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracerProvider, Tracer},
};
use tokio::runtime::Handle;
use tracing::{Metadata, Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::{
    Layer,
    filter::{FilterFn, Filtered, filter_fn},
    registry::LookupSpan,
};

/// What names a receiver.
const RECEIVERS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
/// How long the receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most of an answer that is read.
const ANSWER_MAX: usize = 64 * 1024;

/// The way of spans to their receiver.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
}

/// The layer of a subscriber that makes spans of ours into spans of OpenTelemetry.
type SpansOnly<S> = Filtered<OpenTelemetryLayer<S, Tracer>, FilterFn<fn(&Metadata<'_>) -> bool>, S>;

impl Traces {
    /// Opens the way, where the environment names a receiver.
    pub(super) fn open() -> Option<Self> {
        RECEIVERS.into_iter().find(|variable| std::env::var_os(variable).is_some())?;
        let exporter = SpanExporter::builder().with_http().with_http_client(Sender::new()).build();
        let exporter =
            exporter.inspect_err(|error| eprintln!("gatehouse: no traces are sent: {error}")).ok()?;
        let named = std::env::var_os("OTEL_SERVICE_NAME").is_some();
        let resource = Resource::builder();
        let resource = if named { resource } else { resource.with_service_name("gatehouse") };
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.build())
            .build();
        Some(Self { provider })
    }

    /// Where spans come from. What the log says of them is not sent: it may have more to say than a trace should.
    pub(super) fn layer<S: Subscriber + for<'span> LookupSpan<'span>>(&self) -> SpansOnly<S> {
        let ours: fn(&Metadata<'_>) -> bool =
            |metadata| metadata.is_span() && metadata.target().starts_with("gatehouse");
        let layer = tracing_opentelemetry::layer()
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_tracer(self.provider.tracer("gatehouse"));
        layer.with_filter(filter_fn(ours))
    }

    /// Sends what waits.
    pub(super) async fn flush(&self) {
        let provider = self.provider.clone();
        // The library waits on a thread of its own.
        let sent = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(PATIENCE)).await;
        if let Ok(Err(error)) = sent {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}

/// Makes a span part of the trace that a `traceparent` names. What is no `traceparent` begins a trace of its own.
pub fn continue_from(span: &Span, traceparent: &str) {
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract(&carrier);
    // Refused where nobody listens for traces.
    drop(span.set_parent(context));
}

/// Sends requests from this process's runtime: the library asks from a thread that has none.
#[derive(Debug)]
struct Sender {
    runtime: Handle,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Sender {
    fn new() -> Self {
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .build();
        Self { runtime: Handle::current(), client: Client::builder(TokioExecutor::new()).build(connector) }
    }
}

#[async_trait::async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        let asking = self.client.request(request.map(Full::new));
        let answered = self.runtime.spawn(async move {
            tokio::time::timeout(PATIENCE, async move {
                let (parts, body) = asking.await?.into_parts();
                let body = Limited::new(body, ANSWER_MAX).collect().await?.to_bytes();
                Ok::<_, HttpError>(http::Response::from_parts(parts, body))
            })
            .await
        });
        answered.await??
    }
}
