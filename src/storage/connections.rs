//! How busy the connections to a database are.

use std::time::Duration;

use crate::telemetry::metrics;

/// The connections of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Connections {
    /// Used.
    pub busy: u32,
    /// Waiting to be used.
    pub idle: u32,
}

impl Connections {
    /// Those of a pool that has `open` of them, `idle` unused.
    pub(super) fn of(open: u32, idle: usize) -> Self {
        let idle = u32::try_from(idle).unwrap_or(u32::MAX).min(open);
        Self { busy: open - idle, idle }
    }
}

/// Notes how long a call waited for a connection.
pub(super) fn waited(span: Duration) {
    metrics::DATABASE_WAIT_SECONDS.took(&[], span);
}
