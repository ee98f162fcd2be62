//! What the app's script asks, from Streamlit's script threads. The GIL is kept for a cache hit and released where
//! storage or a hash follows.

use gatehouse::session::Secret;
use pyo3::prelude::*;

use crate::{
    host::{host, unavailable},
    identity::Identity,
};

/// The challenge that a form is drawn with; `purpose` names the Streamlit session and the attempt.
#[pyfunction]
fn challenge(purpose: &str) -> PyResult<String> {
    Ok(host()?.gate.challenge(purpose))
}

/// Redeems a ticket on a websocket: who it stands for, or `None` when it is refused.
#[pyfunction]
fn redeem(py: Python<'_>, ticket: String, purpose: &str, handle: &str) -> PyResult<Option<Identity>> {
    let host = host()?;
    let ticket = Secret::received(ticket);
    let live = py
        .detach(|| host.runtime.block_on(host.gate.redeem(&ticket, purpose, handle)))
        .map_err(unavailable)?;
    Ok(live.map(|live| Identity::from(live.as_ref())))
}

/// Who a websocket belongs to; `active` when a person caused the run.
#[pyfunction]
fn current(py: Python<'_>, handle: &str, active: bool) -> PyResult<Option<Identity>> {
    let host = host()?;
    let live = match host.gate.cached(handle) {
        Some(known) => known,
        None => py.detach(|| host.runtime.block_on(host.gate.current(handle))).map_err(unavailable)?,
    };
    if active && live.is_some() {
        host.gate.note_activity(handle);
    }
    Ok(live.map(|live| Identity::from(live.as_ref())))
}

/// Plain mode: binds the session in the handshake's cookies to Streamlit's session, once.
#[pyfunction]
fn adopt(py: Python<'_>, handle: &str, cookies: &str) -> PyResult<()> {
    let host = host()?;
    py.detach(|| host.runtime.block_on(host.gate.adopt(handle, cookies))).map_err(unavailable)
}

/// Ends the session of a websocket. False if it had none.
#[pyfunction]
fn end(py: Python<'_>, handle: &str) -> PyResult<bool> {
    let host = host()?;
    py.detach(|| host.runtime.block_on(host.gate.end(handle))).map_err(unavailable)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(challenge, module)?)?;
    module.add_function(wrap_pyfunction!(redeem, module)?)?;
    module.add_function(wrap_pyfunction!(current, module)?)?;
    module.add_function(wrap_pyfunction!(adopt, module)?)?;
    module.add_function(wrap_pyfunction!(end, module)?)
}
