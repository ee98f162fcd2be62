//! `gatehouse serve`: the endpoint alone.

use std::net::SocketAddr;

use super::{args::Place, failure::Failure, opened};
use crate::{
    config::load,
    endpoint::{Endpoint, OpenError},
    http::{Surface, serve},
};

pub(super) async fn run(place: &Place, listen: SocketAddr) -> Result<i32, Failure> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A log that nobody reads any more is no reason to fail: complaining about it would panic. And what `try_init`
    // refuses is a second subscriber, where the first has the events.
    let _ = log.log_internal_errors(false).try_init();
    let from = opened::from(place);
    let loaded = load(&from)?;
    let settings = loaded.settings.clone();
    if settings.public_url.is_none() && !listen.ip().is_loopback() {
        return Err(Failure::Other(format!(
            "{listen} can be reached from elsewhere, but nobody said as what: write public_url = \
             \"https://app.example.org\" into gatehouse.toml, or listen on 127.0.0.1"
        )));
    }
    let endpoint = Endpoint::open(settings).await?;
    endpoint.declare(&loaded).await.map_err(OpenError::from)?;
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .map_err(|error| Failure::Other(format!("{listen} can't be listened on: {error}")))?;
    let port = listener.local_addr()?.port();
    endpoint.set_local_url(&format!("http://localhost:{port}"));
    endpoint.start();
    tokio::spawn(endpoint.clone().follow_settings(from));
    if let Some(link) = endpoint.setup_link().await? {
        eprintln!("\nMake the first administrator within the hour:\n\n    {link}\n");
    }
    eprintln!("Serving {}/_gatehouse/", endpoint.home().unwrap_or_default());
    serve(endpoint.clone(), listener, Surface::Standalone, stopped()).await?;
    endpoint.settle().await?;
    Ok(0)
}

/// Completes when the process is asked to stop.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            // Without the handler the signal's own effect is to stop.
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
