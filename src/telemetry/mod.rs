//! What the operator sees from outside: metrics, the log, and traces where the build carries them.
//!
//! A leaf: everything may count and say, and nothing here asks anybody. `metrics` is the one table of what is measured,
//! `log` sets the subscriber of a process up, `request` names requests, `otel` sends spans away.

pub mod log;
pub mod metrics;
#[cfg(feature = "otel")]
pub mod otel;
pub mod request;
