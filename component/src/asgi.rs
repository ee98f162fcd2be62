//! What the ASGI layer asks. Its event loop is never blocked: what needs storage answers later, by a call to `done`,
//! with the value or with the text of an error.

use std::{collections::BTreeMap, future::Future, net::IpAddr, sync::Arc};

use bytes::Bytes;
use gatehouse::{
    config::GateMode,
    gate::{Entry, Head, Header, Refusal, Verdict},
    http::BODY_MAX,
};
use pyo3::{IntoPyObjectExt as _, prelude::*, types::PyBytes};

use crate::{
    host::{Host, host},
    identity::Identity,
};

/// Runs `work` on the runtime and calls `done(value, error)` from the delivering thread.
fn later<T, W>(host: Arc<Host>, done: Py<PyAny>, work: W)
where
    T: for<'py> IntoPyObject<'py> + Send + 'static,
    W: Future<Output = Result<T, String>> + Send + 'static,
{
    let deliver = host.deliver.clone();
    host.runtime.spawn(async move {
        let outcome = work.await;
        deliver.send(move |py| {
            match outcome {
                Ok(value) => done.call1(py, (value.into_py_any(py)?, py.None()))?,
                Err(error) => done.call1(py, (py.None(), error))?,
            };
            Ok(())
        });
    });
}

/// Bytes that become Python's `bytes`.
struct Raw(Vec<u8>);

impl<'py> IntoPyObject<'py> for Raw {
    type Target = PyBytes;
    type Output = Bound<'py, PyBytes>;
    type Error = std::convert::Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Self::Error> {
        Ok(PyBytes::new(py, &self.0))
    }
}

fn raw(headers: Vec<Header>) -> Vec<(Raw, Raw)> {
    headers.into_iter().map(|(name, value)| (Raw(name), Raw(value))).collect()
}

/// Answers a request under `/_gatehouse` with `(status, headers, body)`.
#[pyfunction]
fn respond(
    method: &str,
    target: &str,
    headers: Vec<Header>,
    body: Vec<u8>,
    peer: Option<&str>,
    done: Py<PyAny>,
) -> PyResult<()> {
    let host = host()?;
    let peer = address(peer);
    let request = request(method, target, &headers, body);
    let served = Arc::clone(&host);
    later(host, done, async move {
        let Some(mount) = served.mount.get() else { return Err("the endpoint is not mounted".to_owned()) };
        let Ok(request) = request else { return Ok((400_u16, Vec::new(), Raw(Vec::new()))) };
        Ok(answered(mount.responder.respond(request, peer).await))
    });
    Ok(())
}

/// The address of the connection itself, as ASGI writes it.
fn address(peer: Option<&str>) -> Option<IpAddr> {
    peer.and_then(|peer| peer.parse().ok())
}

/// A response as ASGI sends it.
fn answered(response: http::Response<Bytes>) -> (u16, Vec<(Raw, Raw)>, Raw) {
    let (parts, body) = response.into_parts();
    let named = parts.headers.iter();
    let headers = named.map(|(name, value)| (name.as_str().as_bytes().to_vec(), value.as_bytes().to_vec()));
    (parts.status.as_u16(), raw(headers.collect()), Raw(body.to_vec()))
}

fn request(
    method: &str,
    target: &str,
    headers: &[Header],
    body: Vec<u8>,
) -> http::Result<http::Request<Bytes>> {
    let mut request = http::Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(name.as_slice(), value.as_slice());
    }
    request.body(Bytes::from(body))
}

/// The headers that the app may see.
#[pyfunction(name = "strip")]
fn strip_headers(headers: Vec<Header>, peer: Option<&str>) -> PyResult<Vec<(Raw, Raw)>> {
    Ok(raw(host()?.gate.strip(address(peer), headers)))
}

/// The headers that the app may see of a request that may reach it; `None` where [`enter_later`] has to be asked. `path`
/// is decoded, and below the app's address.
#[pyfunction]
fn enter(
    method: &str,
    path: &str,
    headers: Vec<Header>,
    peer: Option<&str>,
) -> PyResult<Option<Vec<(Raw, Raw)>>> {
    let peer = address(peer);
    let host = host()?;
    let Some(mount) = host.mount.get() else { return Ok(None) };
    let entry = host.gate.enter_cached(&mount.policy, Head { method, path, headers: &headers, peer });
    Ok(matches!(entry, Some(Entry::Open | Entry::Pass(_))).then(|| raw(host.gate.strip(peer, headers))))
}

/// Judges a request, whose path and query are `target` as the browser wrote them: `None` it may reach the app, else the `(status, headers, body)` that stand in its place.
#[pyfunction]
fn enter_later(
    method: String,
    path: String,
    target: String,
    headers: Vec<Header>,
    peer: Option<&str>,
    done: Py<PyAny>,
) -> PyResult<()> {
    let peer = address(peer);
    let host = host()?;
    let entering = Arc::clone(&host);
    later(host, done, async move {
        let Some(mount) = entering.mount.get() else { return Err("the endpoint is not mounted".to_owned()) };
        let head = Head { method: &method, path: &path, headers: &headers, peer };
        let front = match entering.gate.enter(&mount.policy, head).await {
            Ok(entry) => entry.answer(&mount.responder, &target).await,
            Err(error) => {
                tracing::error!(%error, "a request is refused, because its session can't be read");
                Some(mount.responder.unavailable().await)
            }
        };
        Ok(front.map(answered))
    });
    Ok(())
}

/// Whether a message on this websocket may ask for a page that has a rule.
#[pyfunction]
fn may_open(handle: String, page: String, done: Py<PyAny>) -> PyResult<()> {
    let host = host()?;
    let gate = Arc::clone(&host.gate);
    later(host, done, async move { gate.may_open(&handle, &page).await.map_err(|error| error.to_string()) });
    Ok(())
}

/// The pages that have a rule, with the roles of which each asks for any.
#[pyfunction]
fn page_rules() -> PyResult<BTreeMap<String, Vec<String>>> {
    let host = host()?;
    Ok(host.gate.pages().iter().map(|(page, roles)| (page.to_owned(), roles.to_vec())).collect())
}

/// Whether nothing of the app is served before sign-in.
#[pyfunction]
fn covers_app() -> PyResult<bool> {
    Ok(host()?.desk.settings().gate == GateMode::App)
}

/// Judges a websocket's handshake: `(handle, identity or None)`, `None` where nobody is signed in and nobody else may
/// pass, or the reason of the refusal as a text.
#[pyfunction]
fn admit(headers: Vec<Header>, peer: Option<&str>, done: Py<PyAny>) -> PyResult<()> {
    let peer = address(peer);
    let host = host()?;
    let admitting = Arc::clone(&host);
    later(host, done, async move {
        let Some(mount) = admitting.mount.get() else { return Err("the endpoint is not mounted".to_owned()) };
        match admitting.gate.admit(&mount.policy, peer, &headers).await {
            Ok(admission) => {
                let identity = admission.session.map(|live| Identity::from(live.as_ref()));
                Ok(Some((admission.handle, identity)))
            }
            Err(Refusal::SignedOut) => Ok(None),
            Err(why) => Err(why.to_string()),
        }
    });
    Ok(())
}

/// Judges a message: `True` it may pass, `False` the session has ended, `None` storage has to be asked.
#[pyfunction]
fn check(handle: &str) -> PyResult<Option<bool>> {
    Ok(match host()?.gate.check(handle) {
        Verdict::Pass => Some(true),
        Verdict::Gone => Some(false),
        Verdict::Unknown(_) => None,
    })
}

/// Asks storage about the session of a websocket: `True` or `False` as above.
#[pyfunction]
fn recheck(handle: String, done: Py<PyAny>) -> PyResult<()> {
    let host = host()?;
    let gate = Arc::clone(&host.gate);
    later(host, done, async move { gate.recheck(&handle).await.map_err(|error| error.to_string()) });
    Ok(())
}

/// A websocket is closed.
#[pyfunction]
fn close(handle: &str) -> PyResult<()> {
    host()?.gate.close(handle);
    Ok(())
}

/// A person caused a run on this websocket.
#[pyfunction]
fn note_activity(handle: &str) -> PyResult<()> {
    host()?.gate.note_activity(handle);
    Ok(())
}

/// Calls `closed(handles)` whenever sessions of websockets have ended, as long as the process lives.
#[pyfunction]
fn watch(closed: Py<PyAny>) -> PyResult<()> {
    let host = host()?;
    let gate = Arc::clone(&host.gate);
    let deliver = host.deliver.clone();
    let closed = Arc::new(closed);
    host.runtime.spawn(async move {
        gate.watch(|handles| {
            let closed = Arc::clone(&closed);
            deliver.send(move |py| closed.call1(py, (handles,)).map(drop));
        })
        .await;
    });
    Ok(())
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("BODY_MAX", BODY_MAX)?;
    module.add_function(wrap_pyfunction!(respond, module)?)?;
    module.add_function(wrap_pyfunction!(strip_headers, module)?)?;
    module.add_function(wrap_pyfunction!(enter, module)?)?;
    module.add_function(wrap_pyfunction!(enter_later, module)?)?;
    module.add_function(wrap_pyfunction!(may_open, module)?)?;
    module.add_function(wrap_pyfunction!(page_rules, module)?)?;
    module.add_function(wrap_pyfunction!(covers_app, module)?)?;
    module.add_function(wrap_pyfunction!(admit, module)?)?;
    module.add_function(wrap_pyfunction!(check, module)?)?;
    module.add_function(wrap_pyfunction!(recheck, module)?)?;
    module.add_function(wrap_pyfunction!(close, module)?)?;
    module.add_function(wrap_pyfunction!(note_activity, module)?)?;
    module.add_function(wrap_pyfunction!(watch, module)?)
}
