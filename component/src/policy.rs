//! The headers of the app's answers: what never changes is fetched once, what follows the page is asked with it.

use gatehouse::gate::{Header, Policy};
use pyo3::{prelude::*, types::PyBytes};

use crate::host::host;

/// Headers, as ASGI lists them.
type Headers<'py> = Vec<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)>;

fn bytes(py: Python<'_>, headers: Vec<Header>) -> Headers<'_> {
    headers.into_iter().map(|(name, value)| (PyBytes::new(py, &name), PyBytes::new(py, &value))).collect()
}

/// The headers of any answer, of media, and of a document in the static folder; the same as long as the process lives.
#[pyfunction]
fn answer_headers(py: Python<'_>) -> PyResult<(Headers<'_>, Headers<'_>, Headers<'_>)> {
    let policy = Policy::new(host()?.desk.settings());
    let [answer, media, document] =
        [policy.answer(), policy.media(), policy.static_document()].map(|headers| bytes(py, headers));
    Ok((answer, media, document))
}

/// The headers of Streamlit's page as it is sent; `framed` when the app says by itself who may frame it.
#[pyfunction]
fn page_headers<'py>(py: Python<'py>, body: &[u8], framed: bool) -> PyResult<Headers<'py>> {
    let policy = Policy::new(host()?.desk.settings());
    Ok(bytes(py, policy.page(&String::from_utf8_lossy(body), framed)))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(answer_headers, module)?)?;
    module.add_function(wrap_pyfunction!(page_headers, module)?)
}
