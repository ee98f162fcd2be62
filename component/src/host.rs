//! The endpoint of this process: opened once, with a runtime of its own, and again in a forked child, where the
//! parent's threads and connections are of no use.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::Duration,
};

use gatehouse::{
    config::{LoadFrom, has_shared_password, load},
    gate::Gate,
    http::{HostPolicy, Responder, Surface},
    session::Secret,
    storage::StorageError,
    telemetry::{self, log::Telemetry},
};
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::{SetupError, UnavailableError, deliver::Deliver, desk::Desk};

/// How long writing what waits may take when the process ends.
const SETTLING: Duration = Duration::from_secs(5);
/// How many threads serve the endpoint; hashing has threads of its own.
const WORKERS: usize = 2;

static HOST: RwLock<Option<Arc<Host>>> = RwLock::new(None);

/// Kept for a forked child, which opens the endpoint anew.
static TYPED: RwLock<Typed> = RwLock::new(Typed { password: None, username: None });

/// What somebody typed when the app was started.
struct Typed {
    password: Option<Secret>,
    username: Option<String>,
}

/// What a process holds.
pub(crate) struct Host {
    process: u32,
    pub(crate) runtime: Runtime,
    pub(crate) desk: Desk,
    telemetry: Telemetry,
    pub(crate) gate: Arc<Gate>,
    pub(crate) deliver: Deliver,
    pub(crate) mount: OnceLock<Mount>,
    loopback: OnceLock<u16>,
}

/// The endpoint on the app's own origin.
pub(crate) struct Mount {
    pub(crate) responder: Responder,
    pub(crate) policy: HostPolicy,
}

/// The host of this process.
pub(crate) fn host() -> PyResult<Arc<Host>> {
    existing().ok_or_else(|| SetupError::new_err("Gatehouse is not open in this process: call open() first."))
}

/// Storage failed: say so once in the log, and coarsely to Python.
pub(crate) fn unavailable(error: StorageError) -> PyErr {
    tracing::error!(%error, "storage can't be asked");
    UnavailableError::new_err("The sign-in service can't be reached. Try again in a moment.")
}

fn existing() -> Option<Arc<Host>> {
    let host = HOST.read().unwrap_or_else(PoisonError::into_inner);
    host.as_ref().filter(|host| host.process == std::process::id()).cloned()
}

fn setup(error: impl std::fmt::Display) -> PyErr {
    SetupError::new_err(error.to_string())
}

/// Opens the endpoint of this process, with the settings of the app whose main script is `script`. Once only.
///
/// `password` and `username` are what somebody typed at a prompt: they come over everything that is written.
#[pyfunction]
#[pyo3(signature = (script, assets, *, password=None, username=None))]
fn open(
    py: Python<'_>,
    script: Option<PathBuf>,
    assets: PathBuf,
    password: Option<String>,
    username: Option<String>,
) -> PyResult<()> {
    if password.is_some() || username.is_some() {
        let mut typed = TYPED.write().unwrap_or_else(PoisonError::into_inner);
        *typed = Typed { password: password.map(Secret::received), username };
    }
    py.detach(|| {
        let mut slot = HOST.write().unwrap_or_else(PoisonError::into_inner);
        if slot.as_ref().is_some_and(|host| host.process == std::process::id()) {
            return Ok(());
        }
        let opened = Host::open(script, assets)?;
        if let Some(of_parent) = slot.replace(Arc::new(opened)) {
            // Dropping it would wait for threads that only the parent has.
            std::mem::forget(of_parent);
        }
        Ok(())
    })
}

/// The settings under what was typed.
fn typed(mut from: LoadFrom) -> LoadFrom {
    let typed = TYPED.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(password) = &typed.password {
        from = from.with("shared_password", password.expose());
    }
    if let Some(username) = &typed.username {
        from = from.with("shared_username", username.as_str());
    }
    from
}

/// Whether the settings of the app have one password for everybody.
#[pyfunction]
fn has_password(script: Option<PathBuf>) -> PyResult<bool> {
    has_shared_password(&LoadFrom::process(script)).map_err(setup)
}

impl Host {
    fn open(script: Option<PathBuf>, assets: PathBuf) -> PyResult<Self> {
        let from = typed(LoadFrom::process(script));
        let mut loaded = load(&from).map_err(setup)?;
        loaded.settings.assets.get_or_insert(assets);
        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("gatehouse")
            .enable_all()
            .build()
            .map_err(setup)?;
        let telemetry = runtime.block_on(async { telemetry::log::start(loaded.settings.log_format) });
        let desk = runtime.block_on(Desk::open(&loaded, from)).map_err(setup)?;
        let gate = Arc::new(Gate::new(desk.authority()));
        Ok(Self {
            process: std::process::id(),
            runtime,
            desk,
            telemetry,
            gate,
            deliver: Deliver::start()?,
            mount: OnceLock::new(),
            loopback: OnceLock::new(),
        })
    }
}

/// Serves the endpoint under `base_path` of the app, whose port is `port`. Once only.
#[pyfunction]
fn mount(port: u16, base_path: String) -> PyResult<()> {
    let host = host()?;
    let desk = &host.desk;
    if matches!(desk, Desk::There(_)) && !base_path.trim_matches('/').is_empty() {
        return Err(setup(
            "behind a remote endpoint the app stands at the root of its host: take server.baseUrlPath out of the \
             configuration",
        ));
    }
    desk.set_base_path(&base_path);
    host.mount.get_or_init(|| Mount {
        policy: HostPolicy::new(desk.settings(), port),
        responder: desk.responder(base_path, port),
    });
    Ok(())
}

/// Serves the endpoint on a loopback port of its own, for an app of these origins under this path, and returns the
/// port. Once only.
#[pyfunction]
fn serve_loopback(py: Python<'_>, app_origins: Vec<String>, app_path: String) -> PyResult<u16> {
    let host = host()?;
    py.detach(|| {
        if let Some(port) = host.loopback.get() {
            return Ok(*port);
        }
        let listener = host.runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0)))?;
        let port = listener.local_addr()?.port();
        if host.loopback.set(port).is_ok() {
            let serving = host.desk.clone().serve(listener, Surface::Loopback { app_origins, app_path });
            host.runtime.spawn(async move {
                if let Err(error) = serving.await {
                    tracing::error!(%error, "the endpoint's loopback port failed");
                }
            });
        }
        Ok(host.loopback.get().copied().unwrap_or(port))
    })
}

/// Where the app is on this machine, for links while there is no public URL.
#[pyfunction]
fn set_local_url(url: &str) -> PyResult<()> {
    host()?.desk.set_local_url(url);
    Ok(())
}

/// The public URL of the app, if it is set.
#[pyfunction]
fn public_url() -> PyResult<Option<String>> {
    Ok(host()?.desk.settings().public_url.clone())
}

/// The one-time link that makes the first administrator, made anew; `None` when there is one.
#[pyfunction]
fn setup_link(py: Python<'_>) -> PyResult<Option<String>> {
    let host = host()?;
    py.detach(|| host.runtime.block_on(host.desk.setup_link())).map_err(unavailable)
}

/// The process is about to end: writes the events and last uses that wait, and sends the last spans. What is asked
/// afterwards is answered still. Nothing where no endpoint is open in this process.
#[pyfunction]
fn settle(py: Python<'_>) {
    let Some(host) = existing() else { return };
    py.detach(|| {
        host.desk.prepare_to_stop();
        host.runtime.block_on(async {
            match tokio::time::timeout(SETTLING, host.desk.settle()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "the last events could not be written"),
                Err(_) => {
                    tracing::error!("the last events could not be written: the database takes too long");
                }
            }
            host.telemetry.flush().await;
        });
    });
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(has_password, module)?)?;
    module.add_function(wrap_pyfunction!(open, module)?)?;
    module.add_function(wrap_pyfunction!(settle, module)?)?;
    module.add_function(wrap_pyfunction!(mount, module)?)?;
    module.add_function(wrap_pyfunction!(serve_loopback, module)?)?;
    module.add_function(wrap_pyfunction!(set_local_url, module)?)?;
    module.add_function(wrap_pyfunction!(public_url, module)?)?;
    module.add_function(wrap_pyfunction!(setup_link, module)?)
}
