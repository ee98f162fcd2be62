//! Sessions: looked at, used, ended.

use std::sync::{Arc, PoisonError};

use gatehouse_protocol::{ErrorCode, LogoutState, Problem, SessionState};

use super::{Answer, Cached, CookieChange, Endpoint, RequestContext, login::entry, problem};
use crate::{
    audit::Event,
    session::{LiveSession, Secret, SessionId},
    storage::StorageError,
};

/// The most sessions whose last use waits to be written.
const MOST_TOUCHES: usize = 100_000;

impl Endpoint {
    /// The live session behind a token.
    pub async fn session_by_token(&self, token: &Secret) -> Result<Option<Arc<LiveSession>>, StorageError> {
        if let Cached::Live(live) = self.cached_by_token(token) {
            return Ok(Some(live));
        }
        self.cache.count_miss();
        let epoch = self.cache.epoch();
        let found = self.storage.find_session(token.hash()).await?;
        Ok(self.alive(found, epoch))
    }

    /// What is known of the session behind a token without asking storage.
    pub fn cached_by_token(&self, token: &Secret) -> Cached {
        if self.trusted() { self.cache.by_token(&token.hash(), self.now()) } else { Cached::Unknown }
    }

    /// The live session with this id.
    pub async fn session_by_id(&self, id: &SessionId) -> Result<Option<Arc<LiveSession>>, StorageError> {
        if let Cached::Live(live) = self.cached(id) {
            return Ok(Some(live));
        }
        self.cache.count_miss();
        let epoch = self.cache.epoch();
        let found = self.storage.lookup_session(id).await?;
        Ok(self.alive(found, epoch))
    }

    /// What is known of the session without asking storage, in less than a microsecond.
    pub fn cached(&self, id: &SessionId) -> Cached {
        if self.trusted() { self.cache.by_id(id, self.now()) } else { Cached::Unknown }
    }

    /// A session as read, if it is alive; kept for the next question.
    fn alive(&self, found: Option<LiveSession>, epoch: u64) -> Option<Arc<LiveSession>> {
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
    pub async fn end_session(&self, id: &SessionId) -> Result<bool, StorageError> {
        let ended = self.storage.revoke_session(id, self.now()).await?;
        self.ended(id);
        Ok(ended)
    }

    /// The live session of the browser that asks.
    pub(super) async fn signed_in(&self, ctx: &RequestContext) -> Result<Arc<LiveSession>, Problem> {
        let out = Problem::new(ErrorCode::SignedOut);
        let token = ctx.session.as_ref().ok_or(out.clone())?;
        self.session_by_token(token).await.map_err(problem::storage)?.ok_or(out)
    }

    /// Ends the session that the browser came with. Says so only when it is true.
    pub async fn logout(&self, ctx: &RequestContext) -> Result<Answer<LogoutState>, Problem> {
        if let Some(token) = &ctx.session {
            let found = self.storage.find_session(token.hash()).await.map_err(problem::storage)?;
            if let Some(live) = found {
                self.end_session(&live.session.id).await.map_err(problem::storage)?;
                self.record(
                    entry(Event::SessionEnded, ctx, Some(&live.identity.id)).session(&live.session.id),
                );
            }
        }
        Ok(Answer { session_cookie: CookieChange::Clear, ..Answer::new(LogoutState::SignedOut) })
    }

    /// Who is signed in in this browser. A cookie that opens nothing any more is cleared.
    pub async fn session_state(&self, ctx: &RequestContext) -> Result<Answer<SessionState>, Problem> {
        match self.signed_in(ctx).await {
            Ok(live) => Ok(Answer::new(live.state())),
            Err(problem) if problem.code == ErrorCode::SignedOut => {
                let session_cookie =
                    if ctx.session.is_some() { CookieChange::Clear } else { CookieChange::Keep };
                Ok(Answer { session_cookie, ..Answer::new(SessionState::Anonymous) })
            }
            Err(problem) => Err(problem),
        }
    }
}
