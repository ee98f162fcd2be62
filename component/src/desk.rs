//! Who decides in this process: an endpoint of its own, or a remote one.

use std::{error::Error, sync::Arc};

use gatehouse::{
    config::{LoadFrom, Loaded, Settings},
    endpoint::{Authority, Endpoint},
    http::{Responder, Surface, bind_monitor, serve_monitor},
    remote::RemoteEndpoint,
    storage::StorageError,
};
use tokio::net::TcpListener;

/// The endpoint, wherever it is.
#[derive(Clone)]
pub(crate) enum Desk {
    /// In this process.
    Here(Arc<Endpoint>),
    /// Elsewhere.
    There(Arc<RemoteEndpoint>),
}

impl Desk {
    /// Opens what the settings name, and starts what runs in the background.
    pub(crate) async fn open(loaded: &Loaded, from: LoadFrom) -> Result<Self, Box<dyn Error>> {
        let settings = loaded.settings.clone();
        if settings.endpoint.is_some() {
            let remote = RemoteEndpoint::new(settings)?;
            remote.start();
            return Ok(Self::There(remote));
        }
        let endpoint = Endpoint::open(settings).await?;
        endpoint.declare(loaded).await?;
        let monitor = bind_monitor(&endpoint).await?;
        endpoint.start();
        if let Some(listener) = monitor {
            tokio::spawn(serve_monitor(Arc::clone(&endpoint), listener, std::future::pending()));
        }
        tokio::spawn(Arc::clone(&endpoint).follow_settings(from));
        Ok(Self::Here(endpoint))
    }

    pub(crate) fn settings(&self) -> &Settings {
        match self {
            Self::Here(endpoint) => endpoint.settings(),
            Self::There(remote) => remote.settings(),
        }
    }

    /// What the gate asks.
    pub(crate) fn authority(&self) -> Arc<dyn Authority> {
        match self {
            Self::Here(endpoint) => Arc::<Endpoint>::clone(endpoint),
            Self::There(remote) => Arc::<RemoteEndpoint>::clone(remote),
        }
    }

    /// What answers under `base_path` of the app, whose port is `port`.
    pub(crate) fn responder(&self, base_path: String, port: u16) -> Responder {
        let surface = Surface::Mount { base_path };
        match self {
            Self::Here(endpoint) => Responder::new(Arc::clone(endpoint), surface),
            Self::There(remote) => Responder::remote(Arc::<RemoteEndpoint>::clone(remote), surface, port),
        }
    }

    /// Answers on a loopback port of its own, for ever.
    pub(crate) async fn serve(self, listener: TcpListener, surface: Surface) -> std::io::Result<()> {
        let port = listener.local_addr()?.port();
        let responder = match self {
            Self::Here(endpoint) => Responder::at_port(endpoint, surface, port),
            Self::There(remote) => Responder::remote(remote, surface, port),
        };
        gatehouse::http::listen(listener, CONNECTIONS, responder, std::future::pending()).await
    }

    /// The process is about to stop.
    pub(crate) fn prepare_to_stop(&self) {
        if let Self::Here(endpoint) = self {
            endpoint.prepare_to_stop();
        }
    }

    /// Writes what waits.
    pub(crate) async fn settle(&self) -> Result<(), StorageError> {
        match self {
            Self::Here(endpoint) => endpoint.settle_at_last().await,
            Self::There(remote) => remote.sessions().settle().await,
        }
    }

    /// Says under which path the app stands.
    pub(crate) fn set_base_path(&self, path: &str) {
        if let Self::Here(endpoint) = self {
            endpoint.set_base_path(path);
        }
    }

    /// Says where the app is on this machine.
    pub(crate) fn set_local_url(&self, url: &str) {
        if let Self::Here(endpoint) = self {
            endpoint.set_local_url(url);
        }
    }

    /// The link that makes the first administrator; a remote endpoint prints it where it runs.
    pub(crate) async fn setup_link(&self) -> Result<Option<String>, StorageError> {
        match self {
            Self::Here(endpoint) => endpoint.setup_link().await,
            Self::There(_) => Ok(None),
        }
    }
}

/// How many connections the loopback port takes at once.
const CONNECTIONS: usize = 1024;
