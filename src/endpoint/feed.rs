//! The change feed: what any process changed reaches this one's cache and its listeners.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::broadcast, time::Instant};

use super::Endpoint;
use crate::{
    identity::IdentityId,
    session::SessionId,
    storage::{ChangeKind, ChangeSeq, StorageError},
    telemetry::metrics::{self, Feed, Label as _},
};

/// The cache is believed for so long after the feed was last heard.
const TRUST: Duration = Duration::from_secs(1);

/// What listeners are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// This session is over.
    Session(SessionId),
    /// Something of this identity changed: look again at each of its sessions (one of them may go on).
    Identity(IdentityId),
    /// Look again at everything.
    Everything,
}

/// Where the feed is read, and when it was last heard.
#[derive(Debug)]
pub(super) struct FeedState {
    seen: Mutex<ChangeSeq>,
    opened: Instant,
    /// Milliseconds after `opened`, plus one; 0 for never.
    heard: AtomicU64,
}

impl FeedState {
    pub(super) fn starting_at(seen: ChangeSeq) -> Self {
        Self { seen: Mutex::new(seen), opened: Instant::now(), heard: AtomicU64::new(0) }
    }

    fn clock(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    pub(super) fn seen(&self) -> ChangeSeq {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn age(&self) -> Option<Duration> {
        let heard = self.heard.load(Ordering::Acquire);
        (heard > 0).then(|| Duration::from_millis(self.clock().saturating_sub(heard)))
    }
}

impl Endpoint {
    /// Listens for endings. A listener that lags is to treat it as [`Ended::Everything`].
    pub fn subscribe(&self) -> broadcast::Receiver<Ended> {
        self.ended.subscribe()
    }

    /// Whether what is cached may be believed.
    pub(super) fn trusted(&self) -> bool {
        self.feed.age().is_some_and(|age| age <= TRUST)
    }

    /// A session ended here: known at once, without waiting for the feed.
    pub(super) fn ended(&self, id: &SessionId) {
        self.cache.forget(id);
        self.tell(Ended::Session(id.clone()));
    }

    /// An identity changed here.
    pub(super) fn changed(&self, id: &IdentityId) {
        self.cache.forget_identity(id);
        self.tell(Ended::Identity(id.clone()));
    }

    fn tell(&self, ended: Ended) {
        // Nobody listening is no error.
        let _ = self.ended.send(ended);
    }

    /// Reads what is new in the feed, once.
    pub(super) async fn read_feed(&self) -> Result<(), StorageError> {
        let seen = self.feed.seen();
        // Measured before the question: what is answered was true then.
        let asked = self.feed.clock();
        let gap = self.feed.age().is_some_and(|age| age > TRUST);
        let changes = self.storage.changes_since(seen).await?;
        if gap {
            // Whatever was cached meanwhile was not watched.
            self.cache.clear();
            self.tell(Ended::Everything);
        }
        for change in changes {
            metrics::FEED.count(&[("what", Feed::Change.value())]);
            match change.kind {
                ChangeKind::SessionRevoked(id) => self.ended(&id),
                ChangeKind::IdentityChanged(id) => self.changed(&id),
            }
            let mut seen = self.feed.seen.lock().unwrap_or_else(PoisonError::into_inner);
            *seen = (*seen).max(change.seq);
        }
        self.feed.heard.store(asked, Ordering::Release);
        Ok(())
    }

    /// Follows the feed for ever.
    pub(super) async fn follow_feed(self: Arc<Self>) {
        let mut broken = false;
        loop {
            let heard = match self.read_feed().await {
                Ok(()) => self.storage.wait_for_change().await,
                failed => failed,
            };
            if let Err(error) = heard {
                if !broken {
                    metrics::FEED.count(&[("what", Feed::Lost.value())]);
                    tracing::error!(%error, "the change feed is lost; every question goes to the database");
                    self.tell(Ended::Everything);
                }
                broken = true;
                tokio::time::sleep(Duration::from_millis(200)).await;
            } else if broken {
                tracing::info!("the change feed is back");
                broken = false;
            }
        }
    }
}
