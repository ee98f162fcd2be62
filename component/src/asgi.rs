//! What the ASGI layer asks. Its event loop is never blocked: what needs storage answers later, by a call to `done`,
//! with the value or with the text of an error.

use std::{future::Future, net::IpAddr, sync::Arc};

use bytes::Bytes;
use gatehouse::{
    gate::{Header, Verdict, strip},
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
    let peer: Option<IpAddr> = peer.and_then(|peer| peer.parse().ok());
    let request = request(method, target, &headers, body);
    let served = Arc::clone(&host);
    later(host, done, async move {
        let Some(mount) = served.mount.get() else { return Err("the endpoint is not mounted".to_owned()) };
        let Ok(request) = request else { return Ok((400_u16, Vec::new(), Raw(Vec::new()))) };
        let (parts, body) = mount.responder.respond(request, peer).await.into_parts();
        let named = parts.headers.iter();
        let headers =
            named.map(|(name, value)| (name.as_str().as_bytes().to_vec(), value.as_bytes().to_vec()));
        Ok((parts.status.as_u16(), raw(headers.collect()), Raw(body.to_vec())))
    });
    Ok(())
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
fn strip_headers(headers: Vec<Header>) -> Vec<(Raw, Raw)> {
    raw(strip(headers))
}

/// Judges a websocket's handshake: `(handle, identity or None)`, or the reason of the refusal as a text.
#[pyfunction]
fn admit(headers: Vec<Header>, done: Py<PyAny>) -> PyResult<()> {
    let host = host()?;
    let admitting = Arc::clone(&host);
    later(host, done, async move {
        let Some(mount) = admitting.mount.get() else { return Err("the endpoint is not mounted".to_owned()) };
        let admission = admitting.gate.admit(&mount.policy, &headers).await.map_err(|why| why.to_string())?;
        Ok((admission.handle, admission.session.map(|live| Identity::from(live.as_ref()))))
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
    module.add_function(wrap_pyfunction!(admit, module)?)?;
    module.add_function(wrap_pyfunction!(check, module)?)?;
    module.add_function(wrap_pyfunction!(recheck, module)?)?;
    module.add_function(wrap_pyfunction!(close, module)?)?;
    module.add_function(wrap_pyfunction!(note_activity, module)?)?;
    module.add_function(wrap_pyfunction!(watch, module)?)
}
