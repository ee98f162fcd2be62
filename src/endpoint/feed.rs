//! The change feed: what any process changed reaches this one's cache and its listeners.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::broadcast;

use super::{
    Endpoint,
    sessions::{Ended, SessionSource, TRUST},
};
use crate::{
    clock::Timestamp,
    config::Settings,
    flow::proven::required,
    identity::IdentityId,
    session::{LiveSession, SessionId, TokenHash},
    storage::{ChangeKind, ChangeSeq, Storage, StorageError},
    telemetry::metrics::{self, Feed, Label as _},
};

/// Where the feed is read.
#[derive(Debug)]
pub(super) struct FeedState(Mutex<ChangeSeq>);

impl FeedState {
    pub(super) const fn starting_at(seen: ChangeSeq) -> Self {
        Self(Mutex::new(seen))
    }

    pub(super) fn seen(&self) -> ChangeSeq {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sessions that come from storage. One that proves less than the policy asks of its person by now is none.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) settings: Settings,
}

impl Stored {
    fn enough(&self, found: Option<LiveSession>) -> Option<LiveSession> {
        found.filter(|live| live.session.aal() >= required(&self.settings, &live.identity))
    }
}

#[async_trait]
impl SessionSource for Stored {
    async fn find(&self, hash: TokenHash) -> Result<Option<LiveSession>, StorageError> {
        Ok(self.enough(self.storage.find_session(hash).await?))
    }

    async fn lookup(&self, id: &SessionId) -> Result<Option<LiveSession>, StorageError> {
        Ok(self.enough(self.storage.lookup_session(id).await?))
    }

    async fn touch(&self, uses: &[(SessionId, Timestamp)]) -> Result<(), StorageError> {
        for (id, at) in uses {
            self.storage.touch_session(id, *at).await?;
        }
        Ok(())
    }

    async fn revoke(&self, id: &SessionId, now: Timestamp) -> Result<bool, StorageError> {
        self.storage.revoke_session(id, now).await
    }
}

impl Endpoint {
    /// Listens for endings. A listener that lags is to treat it as [`Ended::Everything`].
    pub fn subscribe(&self) -> broadcast::Receiver<Ended> {
        self.sessions.subscribe()
    }

    /// A session ended here: known at once, without waiting for the feed.
    pub(super) fn ended(&self, id: &SessionId) {
        self.sessions.ended(id);
    }

    /// An identity changed here.
    pub(super) fn changed(&self, id: &IdentityId) {
        self.sessions.changed(id);
    }

    /// Reads what is new in the feed, once.
    pub(super) async fn read_feed(&self) -> Result<(), StorageError> {
        let seen = self.feed.seen();
        // Measured before the question: what is answered was true then.
        let asked = self.sessions.tick();
        let gap = self.sessions.silence().is_some_and(|silence| silence > TRUST);
        let changes = self.storage.changes_since(seen).await?;
        if gap {
            // Whatever was cached meanwhile was not watched.
            self.sessions.start_over();
        }
        for change in changes {
            metrics::FEED.count(&[("what", Feed::Change.value())]);
            match change.kind {
                ChangeKind::SessionRevoked(id) => self.ended(&id),
                ChangeKind::IdentityChanged(id) => self.changed(&id),
            }
            let mut seen = self.feed.0.lock().unwrap_or_else(PoisonError::into_inner);
            *seen = (*seen).max(change.seq);
        }
        self.sessions.heard(asked);
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
                    self.sessions.tell(Ended::Everything);
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
