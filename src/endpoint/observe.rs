//! What can be seen of the endpoint from outside: levels for the metrics, and whether it is ready.

use std::sync::{PoisonError, atomic::Ordering};

use super::Endpoint;
use crate::{
    storage::StorageError,
    telemetry::metrics::{self, Found, Label as _, Place},
};

impl Endpoint {
    /// Whether requests may be sent here: the change feed was read within a second, so the database can be read, and
    /// nobody asked the process to stop.
    pub fn is_ready(&self) -> bool {
        self.sessions.trusted() && !self.stopping.load(Ordering::Relaxed)
    }

    /// The process is about to stop: it is not ready any more, and goes on answering.
    pub fn prepare_to_stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Brings the levels up to now. Waits for nothing.
    #[expect(clippy::cast_precision_loss, reason = "a level is read by people")]
    pub fn observe(&self) {
        let hashing = self.hasher.load();
        metrics::HASHES_RUNNING.show(&[], hashing.running as f64);
        metrics::HASHES_WAITING.show(&[], hashing.waiting as f64);
        metrics::HASH_PERMITS.show(&[], hashing.permits as f64);
        let cache = self.sessions.cache();
        metrics::SESSIONS_CACHED.show(&[], cache.len() as f64);
        for (found, counted) in [(Found::Cache, cache.hits()), (Found::Storage, cache.misses())] {
            metrics::SESSION_LOOKUPS.count_to(&[("from", found.value())], counted);
        }
        let age = self.sessions.silence().map_or(f64::INFINITY, |age| age.as_secs_f64());
        metrics::FEED_AGE.show(&[], age);
        metrics::FEED_SEQUENCE.show(&[], self.feed.seen().0 as f64);
        if let Some(connections) = self.storage.connections() {
            metrics::DATABASE_CONNECTIONS
                .show(&[("state", Place::Busy.value())], f64::from(connections.busy));
            metrics::DATABASE_CONNECTIONS
                .show(&[("state", Place::Idle.value())], f64::from(connections.idle));
        }
        let (waiting, oldest) = *self.mail_seen.lock().unwrap_or_else(PoisonError::into_inner);
        metrics::MAILS_WAITING.show(&[], waiting as f64);
        metrics::MAIL_OLDEST.show(&[], oldest.map_or(0.0, |oldest| self.now().since(oldest).as_secs_f64()));
    }

    /// Looks how much mail waits.
    pub(super) async fn count_mail(&self) -> Result<(), StorageError> {
        let seen = self.storage.mail_backlog().await?;
        *self.mail_seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(())
    }
}
