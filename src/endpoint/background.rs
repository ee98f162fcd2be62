//! What runs beside the questions.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{Endpoint, courier};
use crate::{clock::Timestamp, storage::StorageError};

/// How often last uses and events are written, and sessions looked at that may be over; and how soon a clock that jumped is
/// noticed.
const SOON: Duration = Duration::from_secs(2);
/// How far the clock goes before the high-water mark follows.
const MARK_EVERY: Duration = Duration::from_mins(1);
/// How often legacy hashes are counted.
const LEGACY_EVERY: Duration = Duration::from_mins(1);
/// How often is looked at how much mail waits.
const MAIL_EVERY: Duration = Duration::from_secs(15);
/// How often what has expired is deleted.
const SWEEP_EVERY: Duration = Duration::from_mins(10);

impl Endpoint {
    /// Starts what runs in the background, on the current tokio runtime: once per endpoint.
    pub fn start(self: &Arc<Self>) {
        tokio::spawn(Arc::clone(self).follow_feed());
        tokio::spawn(courier::run(Arc::clone(self)));
        tokio::spawn(every(Arc::clone(self), SOON, "writing soon", async |endpoint: Arc<Self>| {
            endpoint.settle().await
        }));
        tokio::spawn(every(
            Arc::clone(self),
            LEGACY_EVERY,
            "counting legacy hashes",
            async |endpoint: Arc<Self>| endpoint.count_legacy().await,
        ));
        tokio::spawn(every(Arc::clone(self), MAIL_EVERY, "counting mail", async |endpoint: Arc<Self>| {
            endpoint.count_mail().await
        }));
        tokio::spawn(every(Arc::clone(self), SWEEP_EVERY, "sweeping", async |endpoint: Arc<Self>| {
            endpoint.storage.sweep(endpoint.now()).await.map(|_| ())
        }));
    }

    /// Writes what waits, and tells listeners of sessions that are over.
    pub async fn settle(&self) -> Result<(), StorageError> {
        // First: after a jump there is most to do.
        self.follow_clock(MARK_EVERY).await?;
        self.sessions.settle().await?;
        self.flush_records().await
    }

    /// The same, once more before the process ends: what somebody has seen to be over by now stays over.
    pub async fn settle_at_last(&self) -> Result<(), StorageError> {
        self.follow_clock(Duration::ZERO).await?;
        self.settle().await
    }

    /// Raises the high-water mark where the clock has gone on so far: every minute, and at once where it jumped by one.
    async fn follow_clock(&self, far: Duration) -> Result<(), StorageError> {
        let (now, marked) = (self.now(), Timestamp(self.marked.load(Ordering::Relaxed)));
        if now.since(marked) < far {
            return Ok(());
        }
        self.storage.raise_high_water_mark(now).await?;
        self.marked.store(now.0, Ordering::Relaxed);
        Ok(())
    }
}

/// Does something again and again, and says when it starts to fail.
async fn every<F>(
    endpoint: Arc<Endpoint>,
    span: Duration,
    what: &'static str,
    work: impl Fn(Arc<Endpoint>) -> F,
) where
    F: Future<Output = Result<(), StorageError>>,
{
    let mut failing = false;
    loop {
        match work(Arc::clone(&endpoint)).await {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                tracing::error!(%error, what, "background work fails; it goes on trying");
                failing = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(span).await;
    }
}
