//! The endpoint as a Python module.
