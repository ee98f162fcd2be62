//! `gatehouse serve`: the endpoint alone, or the gate in front of an app that another process serves.

mod stop;

use std::{net::SocketAddr, sync::Arc};

use super::{args::Place, failure::Failure, opened};
use crate::{
    config::{GateMode, Settings, load},
    endpoint::{Endpoint, OpenError},
    http::{Surface, bind_monitor, serve},
    proxy::{Front, Limits, Upstream},
    telemetry,
};

pub(super) async fn run(place: &Place, listen: SocketAddr, upstream: Option<&str>) -> Result<i32, Failure> {
    let from = opened::from(place);
    let loaded = load(&from)?;
    let settings = loaded.settings.clone();
    if settings.endpoint.is_some() {
        return Err(Failure::Other(
            "`gatehouse serve` is an endpoint itself: take `endpoint` out of its settings, or serve the app with \
             `gatehouse run`"
                .to_owned(),
        ));
    }
    let telemetry = telemetry::log::start(settings.log_format);
    if settings.public_url.is_none() && !listen.ip().is_loopback() {
        return Err(Failure::Other(format!(
            "{listen} can be reached from elsewhere, but nobody said as what: write public_url = \
             \"https://app.example.org\" into gatehouse.toml, or listen on 127.0.0.1"
        )));
    }
    let upstream = upstream.map(|url| app(url, listen, &settings)).transpose()?;
    let endpoint = Endpoint::open(settings).await?;
    endpoint.declare(&loaded).await.map_err(OpenError::from)?;
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .map_err(|error| Failure::Other(format!("{listen} can't be listened on: {error}")))?;
    let port = listener.local_addr()?.port();
    let monitor = bind_monitor(&endpoint).await.map_err(Failure::Other)?;
    endpoint.set_local_url(&format!("http://localhost:{port}"));
    endpoint.start();
    tokio::spawn(endpoint.clone().follow_settings(from));
    if let Some(link) = endpoint.setup_link().await? {
        eprintln!("\nMake the first administrator within the hour:\n\n    {link}\n");
    }
    let home = endpoint.home().unwrap_or_default();
    let (asked, watching) = stop::asked(Arc::clone(&endpoint), monitor);
    match upstream {
        None => {
            eprintln!("Serving {home}/_gatehouse/");
            serve(endpoint.clone(), listener, Surface::Standalone, asked).await?;
        }
        Some(upstream) => {
            let limits = Limits::default();
            may_open(2 * (limits.connections + limits.websockets) as u64);
            eprintln!("Serving {upstream} at {home}/ to those who sign in");
            Front::serve(endpoint.clone(), listener, upstream, limits, asked).await?;
        }
    }
    drop(watching);
    stop::finish(&endpoint, &telemetry).await?;
    Ok(0)
}

/// The app behind, or a sentence that says what to write instead.
fn app(url: &str, listen: SocketAddr, settings: &Settings) -> Result<Upstream, Failure> {
    let refused = |reason: &str| {
        Failure::Other(format!(
            "--upstream {url} {reason}. Write where the app listens, for example --upstream http://127.0.0.1:8501"
        ))
    };
    let upstream = Upstream::parse(url).map_err(refused)?;
    if upstream.is_listener(listen) {
        return Err(refused("is this server itself"));
    }
    if settings.gate == GateMode::Script || !settings.pages.is_empty() {
        return Err(Failure::Other(
            "behind --upstream nothing of the app is served before sign-in, and who is signed in may ask for all of it: \
             take `gate = \"script\"` and `[pages]` out of the settings, and let the app check roles by the token"
                .to_owned(),
        ));
    }
    if settings.assets.as_ref().is_none_or(|assets| !assets.join("index.html").is_file()) {
        return Err(Failure::Other(
            "there is no browser bundle, so nobody could sign in: use the `gatehouse` of streamlit-gatehouse, or \
             name the bundle's directory in `assets`"
                .to_owned(),
        ));
    }
    Ok(upstream)
}

/// Lets the process open so many files, as far as it may: each connection is one, and each websocket two.
fn may_open(files: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(files, |maximum| maximum.min(files));
    if current.is_some_and(|current| current < wanted) {
        let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
        if let Err(error) = raised {
            tracing::warn!(%error, "the limit of open files stays low: many websockets will not fit");
        }
    }
}
