//! Who is signed in, answered from memory: the cache, how long it may be believed, and who is told when a session ends.
//!
//! The same for an endpoint that has storage and for a process that asks a remote one: what differs is where sessions
//! come from ([`SessionSource`]) and who says what changed (`feed` here, the stream of changes there).

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::{sync::broadcast, time::Instant};

use crate::{
    clock::{SharedClock, Timestamp},
    identity::IdentityId,
    session::{Cached, LiveSession, SessionCache, SessionId, TokenHash},
    storage::StorageError,
};

/// The cache is believed for so long after its source was last heard.
pub(super) const TRUST: Duration = Duration::from_secs(1);
/// How many endings a slow listener may miss before it is told to look at everything again.
const BACKLOG: usize = 1024;
/// The most sessions whose last use waits to be written.
const MOST_TOUCHES: usize = 100_000;

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

/// Where sessions come from.
#[async_trait]
pub trait SessionSource: fmt::Debug + Send + Sync {
    /// The session behind a token. Expiry is the caller's to judge.
    async fn find(&self, hash: TokenHash) -> Result<Option<LiveSession>, StorageError>;
    /// The session with this id.
    async fn lookup(&self, id: &SessionId) -> Result<Option<LiveSession>, StorageError>;
    /// Writes last uses.
    async fn touch(&self, uses: &[(SessionId, Timestamp)]) -> Result<(), StorageError>;
    /// Ends one. False if it was not there.
    async fn revoke(&self, id: &SessionId, now: Timestamp) -> Result<bool, StorageError>;
}

/// Live sessions, as this process knows them.
#[derive(Debug)]
pub struct Sessions {
    source: Arc<dyn SessionSource>,
    clock: SharedClock,
    /// The latest moment seen: time never goes back, whatever the machine's clock does.
    mark: AtomicI64,
    cache: SessionCache,
    opened: Instant,
    /// Milliseconds after `opened`, plus one; 0 for never.
    heard: AtomicU64,
    ended: broadcast::Sender<Ended>,
    touches: Mutex<HashMap<SessionId, Timestamp>>,
}

impl Sessions {
    /// None known so far, and nothing believed before [`Self::heard`].
    pub fn new(source: Arc<dyn SessionSource>, clock: SharedClock, mark: Timestamp) -> Self {
        Self {
            source,
            clock,
            mark: AtomicI64::new(mark.0),
            cache: SessionCache::default(),
            opened: Instant::now(),
            heard: AtomicU64::new(0),
            ended: broadcast::channel(BACKLOG).0,
            touches: Mutex::default(),
        }
    }

    /// The clock. [`Self::now`] is what is gone by.
    pub(super) const fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// The moment it is, never earlier than it once was.
    pub fn now(&self) -> Timestamp {
        let read = self.clock.now();
        let before = self.mark.fetch_max(read.0, Ordering::Relaxed);
        Timestamp(before.max(read.0))
    }

    /// The live session behind a token.
    pub async fn by_token(&self, hash: TokenHash) -> Result<Option<Arc<LiveSession>>, StorageError> {
        if let Cached::Live(live) = self.cached_by_token(&hash) {
            return Ok(Some(live));
        }
        self.cache.count_miss();
        self.read_by_token(hash).await
    }

    /// The same, always asked of its source.
    pub(super) async fn read_by_token(
        &self,
        hash: TokenHash,
    ) -> Result<Option<Arc<LiveSession>>, StorageError> {
        let epoch = self.cache.epoch();
        let found = self.source.find(hash).await?;
        Ok(self.alive(found, epoch))
    }

    /// What is known of the session behind a token without asking its source.
    pub fn cached_by_token(&self, hash: &TokenHash) -> Cached {
        if self.trusted() { self.cache.by_token(hash, self.now()) } else { Cached::Unknown }
    }

    /// The live session with this id.
    pub async fn by_id(&self, id: &SessionId) -> Result<Option<Arc<LiveSession>>, StorageError> {
        if let Cached::Live(live) = self.cached(id) {
            return Ok(Some(live));
        }
        self.cache.count_miss();
        self.read_by_id(id).await
    }

    /// The same, always asked of its source.
    pub(super) async fn read_by_id(&self, id: &SessionId) -> Result<Option<Arc<LiveSession>>, StorageError> {
        let epoch = self.cache.epoch();
        let found = self.source.lookup(id).await?;
        Ok(self.alive(found, epoch))
    }

    /// What is known of the session without asking its source, in less than a microsecond.
    pub fn cached(&self, id: &SessionId) -> Cached {
        if self.trusted() { self.cache.by_id(id, self.now()) } else { Cached::Unknown }
    }

    /// The cache, for who counts.
    pub(super) const fn cache(&self) -> &SessionCache {
        &self.cache
    }

    /// To be taken before a session is read elsewhere, and given back to [`Self::alive`].
    pub fn epoch(&self) -> u64 {
        self.cache.epoch()
    }

    /// A session as read, if it is alive; kept for the next question.
    pub fn alive(&self, found: Option<LiveSession>, epoch: u64) -> Option<Arc<LiveSession>> {
        let live = found.filter(|live| live.session.end(self.now()).is_none() && !live.identity.disabled)?;
        Some(self.cache.insert(live, epoch))
    }

    /// Notes that a person caused a rerun or a request. Written at most once a minute, in the background.
    pub fn note_activity(&self, id: &SessionId) {
        let now = self.now();
        if !self.cache.note_use(id, now) {
            return;
        }
        let mut touches = self.touches.lock().unwrap_or_else(PoisonError::into_inner);
        if touches.len() < MOST_TOUCHES {
            touches.insert(id.clone(), now);
        }
    }

    /// Ends a session. False if it was over.
    pub async fn end(&self, id: &SessionId) -> Result<bool, StorageError> {
        let ended = self.source.revoke(id, self.now()).await?;
        self.ended(id);
        Ok(ended)
    }

    /// Listens for endings. A listener that lags is to treat it as [`Ended::Everything`].
    pub fn subscribe(&self) -> broadcast::Receiver<Ended> {
        self.ended.subscribe()
    }

    /// A session ended: known at once, without waiting for the feed.
    pub fn ended(&self, id: &SessionId) {
        self.cache.forget(id);
        self.tell(Ended::Session(id.clone()));
    }

    /// An identity changed.
    pub(super) fn changed(&self, id: &IdentityId) {
        self.cache.forget_identity(id);
        self.tell(Ended::Identity(id.clone()));
    }

    /// Identities changed that are known by a name other than their id.
    pub fn changed_where(&self, changed: impl Fn(&IdentityId) -> bool) {
        if self.cache.forget_where(|live| changed(&live.identity.id)) {
            self.tell(Ended::Everything);
        }
    }

    /// Whatever is cached was not watched: every session is asked for anew.
    pub fn start_over(&self) {
        self.cache.clear();
        self.tell(Ended::Everything);
    }

    pub(super) fn tell(&self, ended: Ended) {
        // Nobody listening is no error.
        let _ = self.ended.send(ended);
    }

    /// A moment to give to [`Self::heard`]: to be taken before the question, because what is answered was true then.
    pub fn tick(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    /// Everything that changed until `tick` is known.
    pub fn heard(&self, tick: u64) {
        self.heard.store(tick, Ordering::Release);
    }

    /// How long ago the source was last heard; `None` for never.
    pub fn silence(&self) -> Option<Duration> {
        let heard = self.heard.load(Ordering::Acquire);
        (heard > 0).then(|| Duration::from_millis(self.tick().saturating_sub(heard)))
    }

    /// Whether what is cached may be believed.
    pub fn trusted(&self) -> bool {
        self.silence().is_some_and(|silence| silence <= TRUST)
    }

    /// Writes what waits, and tells listeners of sessions that are over. To be done once more before the process ends.
    pub async fn settle(&self) -> Result<(), StorageError> {
        for id in self.cache.over(self.now()) {
            self.cache.forget(&id);
            // Another process may have seen its person: the source has the last word.
            if self.by_id(&id).await?.is_none() {
                self.ended(&id);
            }
        }
        let touches = std::mem::take(&mut *self.touches.lock().unwrap_or_else(PoisonError::into_inner));
        if touches.is_empty() {
            return Ok(());
        }
        let uses: Vec<_> = touches.into_iter().collect();
        self.source.touch(&uses).await
    }
}
