//! The endpoint as a Python module. It holds no decision of its own: it opens the endpoint once per process, carries
//! calls from Python to it, and answers back.

// Python modules have no Rust callers.
#![expect(unreachable_pub, reason = "the binding's macros make items public")]

mod app;
mod asgi;
mod command;
mod deliver;
mod desk;
mod host;
mod identity;
mod policy;

use pyo3::prelude::*;

pyo3::create_exception!(
    _native,
    SetupError,
    pyo3::exceptions::PyRuntimeError,
    "The endpoint can't be opened; the text says what to do."
);
pyo3::create_exception!(
    _native,
    UnavailableError,
    pyo3::exceptions::PyRuntimeError,
    "Storage can't be asked: nobody is let in."
);

/// The functions that Python sees; `_native.pyi` describes them.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("SetupError", py.get_type::<SetupError>())?;
    module.add("UnavailableError", py.get_type::<UnavailableError>())?;
    module.add_class::<identity::Identity>()?;
    host::register(module)?;
    asgi::register(module)?;
    policy::register(module)?;
    app::register(module)?;
    command::register(module)
}
