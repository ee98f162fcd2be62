//! The log of a process: one line per event on standard error, for people or for machines.
//!
//! Which lines are written follows `GATEHOUSE_LOG` (as of `tracing_subscriber::EnvFilter`), else `RUST_LOG`, else
//! [`USUAL`]. Each line of a request carries the request's span: its id, route and method.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::LogFormat;

/// What is written unless somebody asks for more.
const USUAL: &str = "gatehouse=info,warn";

/// What was started for a process. Spans that wait are sent by [`Self::flush`].
#[derive(Debug)]
pub struct Telemetry {
    #[cfg(feature = "otel")]
    traces: Option<super::otel::Traces>,
}

/// Starts the log, and the traces where the build has them and the environment names a receiver. Where the app has a
/// subscriber of its own, that one is used. To be called in a tokio runtime.
pub fn start(format: LogFormat) -> Telemetry {
    let filter = ["GATEHOUSE_LOG", "RUST_LOG"]
        .into_iter()
        .find_map(|variable| EnvFilter::try_from_env(variable).ok())
        .unwrap_or_else(|| EnvFilter::new(USUAL));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        // A log that nobody reads any more is no reason to fail: complaining about it would panic.
        .log_internal_errors(false);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter));
    #[cfg(feature = "otel")]
    let (registry, traces) = {
        let traces = super::otel::Traces::open();
        (registry.with(traces.as_ref().map(super::otel::Traces::layer)), traces)
    };
    // What is refused is a second subscriber, where the first has the events.
    let _ = registry.try_init();
    #[cfg(not(feature = "otel"))]
    if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        tracing::info!("this build sends no traces: it was made without the feature `otel`");
    }
    Telemetry {
        #[cfg(feature = "otel")]
        traces,
    }
}

impl Telemetry {
    /// Sends what waits, before the process ends.
    #[cfg(feature = "otel")]
    pub async fn flush(&self) {
        if let Some(traces) = &self.traces {
            traces.flush().await;
        }
    }

    /// Sends what waits, before the process ends.
    #[cfg(not(feature = "otel"))]
    pub async fn flush(&self) {}
}
