//! Live sessions in memory, so that asking again at every rerun costs microseconds.
//!
//! Filled from storage, emptied by the change feed. Whatever was read before a change was seen is not put in after it
//! (`epoch`). Expiry is judged at each look, by the caller's time.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{LiveSession, SessionEnd, SessionId, TokenHash};
use crate::{clock::Timestamp, identity::IdentityId};

/// The most sessions kept; over it the cache starts anew.
const MOST: usize = 100_000;
/// The last use is written at most so often.
const TOUCH_EVERY: Duration = Duration::from_mins(1);

/// What the cache knows of a session.
#[derive(Debug, Clone)]
pub enum Cached {
    /// It is alive.
    Live(Arc<LiveSession>),
    /// It is over.
    Gone,
    /// Ask storage.
    Unknown,
}

/// The cache.
#[derive(Debug, Default)]
pub struct SessionCache {
    inner: RwLock<Inner>,
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Debug, Default)]
struct Inner {
    sessions: HashMap<SessionId, Entry>,
    tokens: HashMap<TokenHash, SessionId>,
    epoch: u64,
}

#[derive(Debug)]
struct Entry {
    live: Arc<LiveSession>,
    last_used: AtomicI64,
    written: AtomicI64,
}

impl Entry {
    fn end(&self, now: Timestamp) -> Option<SessionEnd> {
        let session = &self.live.session;
        session.lifetime.end(session.created_at, Timestamp(self.last_used.load(Ordering::Relaxed)), now)
    }

    fn look(&self, now: Timestamp) -> Cached {
        match self.end(now) {
            None => Cached::Live(Arc::clone(&self.live)),
            Some(SessionEnd::Absolute) => Cached::Gone,
            // Another process may have seen its person since.
            Some(SessionEnd::Idle) => Cached::Unknown,
        }
    }
}

impl SessionCache {
    /// By id.
    pub fn by_id(&self, id: &SessionId, now: Timestamp) -> Cached {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        self.counted(inner.sessions.get(id).map_or(Cached::Unknown, |entry| entry.look(now)))
    }

    /// By what its token hashes to.
    pub fn by_token(&self, hash: &TokenHash, now: Timestamp) -> Cached {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let entry = inner.tokens.get(hash).and_then(|id| inner.sessions.get(id));
        self.counted(entry.map_or(Cached::Unknown, |entry| entry.look(now)))
    }

    fn counted(&self, known: Cached) -> Cached {
        if !matches!(known, Cached::Unknown) {
            self.hits.fetch_add(1, Ordering::Relaxed);
        }
        known
    }

    /// Storage is asked instead.
    pub fn count_miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    /// How many questions were answered from memory.
    pub fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    /// How many were not.
    pub fn misses(&self) -> u64 {
        self.misses.load(Ordering::Relaxed)
    }

    /// How many sessions are in memory.
    pub fn len(&self) -> usize {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).sessions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// To be taken before storage is read, and given back to [`Self::insert`].
    pub fn epoch(&self) -> u64 {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).epoch
    }

    /// Puts in what was read, unless something changed since `epoch`.
    pub fn insert(&self, live: LiveSession, epoch: u64) -> Arc<LiveSession> {
        let live = Arc::new(live);
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if inner.epoch != epoch {
            return live;
        }
        if inner.sessions.len() >= MOST {
            inner.sessions.clear();
            inner.tokens.clear();
        }
        let id = live.session.id.clone();
        // What this process saw of its person and has not written yet stays true.
        let seen = inner.sessions.get(&id).map_or(i64::MIN, |entry| entry.last_used.load(Ordering::Relaxed));
        let stored = live.session.last_used_at.0;
        inner.tokens.insert(live.session.token_hash, id.clone());
        let entry = Entry {
            live: Arc::clone(&live),
            last_used: AtomicI64::new(stored.max(seen)),
            written: AtomicI64::new(stored),
        };
        inner.sessions.insert(id, entry);
        live
    }

    /// Notes that a person used the session. True when it is time to write it down.
    pub fn note_use(&self, id: &SessionId, now: Timestamp) -> bool {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = inner.sessions.get(id) else { return false };
        if entry.end(now).is_some() {
            return false;
        }
        entry.last_used.fetch_max(now.0, Ordering::Relaxed);
        let written = entry.written.load(Ordering::Relaxed);
        now.since(Timestamp(written)) >= TOUCH_EVERY
            && entry.written.compare_exchange(written, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Forgets one session.
    pub fn forget(&self, id: &SessionId) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.epoch += 1;
        if let Some(entry) = inner.sessions.remove(id) {
            inner.tokens.remove(&entry.live.session.token_hash);
        }
    }

    /// Forgets every session of an identity.
    pub fn forget_identity(&self, id: &IdentityId) {
        self.forget_where(|live| live.identity.id == *id);
    }

    /// Forgets every session of which this is true. False if there was none.
    pub fn forget_where(&self, gone: impl Fn(&LiveSession) -> bool) -> bool {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.epoch += 1;
        let Inner { sessions, tokens, .. } = &mut *inner;
        let before = sessions.len();
        sessions.retain(|_, entry| {
            let keep = !gone(&entry.live);
            if !keep {
                tokens.remove(&entry.live.session.token_hash);
            }
            keep
        });
        sessions.len() < before
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.epoch += 1;
        inner.sessions.clear();
        inner.tokens.clear();
    }

    /// The sessions that look over.
    pub fn over(&self, now: Timestamp) -> Vec<SessionId> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner
            .sessions
            .iter()
            .filter(|(_, entry)| entry.end(now).is_some())
            .map(|(id, _)| id.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests;
