//! The command line, but for `run`.

use pyo3::prelude::*;

/// Runs the command line and returns the process's exit code; `argv` begins with the program's name.
#[pyfunction]
fn cli_main(py: Python<'_>, argv: Vec<std::ffi::OsString>) -> i32 {
    py.detach(|| gatehouse::cli::main(argv))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(cli_main, module)?)
}
