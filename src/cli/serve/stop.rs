//! How `serve` ends: not ready, a while of answering on, no new connections, what is under way, what waits to be written.

use std::{process::exit, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};

use crate::{cli::failure::Failure, endpoint::Endpoint, http::serve_monitor, telemetry::log::Telemetry};

/// How long writing what waits may take.
const WRITING: Duration = Duration::from_secs(5);
/// The exit code of a process that was told twice: 128 and SIGTERM.
const AT_ONCE: i32 = 143;

/// Completes when the process is asked to stop and has said for `shutdown_delay` that it is not ready. The monitor, if
/// there is one, answers until what comes beside it is dropped. Asked a second time, the process ends at once.
pub(super) fn asked(
    endpoint: Arc<Endpoint>,
    monitor: Option<TcpListener>,
) -> (impl Future<Output = ()> + Send + 'static, oneshot::Sender<()>) {
    let (watching, watched) = oneshot::channel::<()>();
    if let Some(listener) = monitor {
        let endpoint = Arc::clone(&endpoint);
        tokio::spawn(async move {
            let served = serve_monitor(endpoint, listener, async { drop(watched.await) }).await;
            if let Err(error) = served {
                tracing::error!(%error, "the address of the metrics failed");
            }
        });
    }
    // Listened for from here on: a signal that comes before the first request counts.
    let signals = Signals::open();
    let stop = async move {
        let Some(mut signals) = signals else { return std::future::pending().await };
        signals.next().await;
        endpoint.prepare_to_stop();
        let delay = Duration::from_secs(endpoint.settings().shutdown_delay);
        tracing::info!(delay = delay.as_secs(), "asked to stop");
        let (again, impatient) = (signals, endpoint);
        tokio::spawn(at_once(again, impatient));
        tokio::time::sleep(delay).await;
    };
    (stop, watching)
}

async fn at_once(mut signals: Signals, _running: Arc<Endpoint>) {
    signals.next().await;
    tracing::warn!("asked to stop again: what is under way is dropped");
    exit(AT_ONCE);
}

/// Writes what waits, closes the database, and sends the last spans.
pub(super) async fn finish(endpoint: &Endpoint, telemetry: &Telemetry) -> Result<(), Failure> {
    let written = tokio::time::timeout(WRITING, async {
        endpoint.settle_at_last().await?;
        endpoint.storage().close().await;
        Ok::<_, crate::storage::StorageError>(())
    })
    .await;
    let written = match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the database takes too long".to_owned()),
    };
    telemetry.flush().await;
    written.map_err(|why| Failure::Other(format!("the last events and uses could not be written: {why}")))
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Without a handler the signal's own effect is to stop.
    fn open() -> Option<Self> {
        let opened = signal(SignalKind::terminate())
            .and_then(|terminate| Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? }));
        opened
            .inspect_err(|error| tracing::warn!(%error, "signals can't be handled: stopping is abrupt"))
            .ok()
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
