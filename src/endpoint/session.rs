//! Sessions: looked at, used, ended.

use std::sync::Arc;

use gatehouse_protocol::{ErrorCode, LogoutState, Problem, SessionState};

use super::{Answer, Cached, CookieChange, Endpoint, RequestContext, login::entry, problem};
use crate::{
    audit::Event,
    session::{AppName, LiveSession, Secret, SessionId, TokenHash},
    storage::StorageError,
};

impl Endpoint {
    /// The live session behind a token of this endpoint's own. Those of apps are for their apps.
    pub async fn session_by_token(&self, token: &Secret) -> Result<Option<Arc<LiveSession>>, StorageError> {
        self.session_for(token.hash(), None).await
    }

    /// The live session of an app, or of the endpoint itself, behind a token.
    pub async fn session_for(
        &self,
        hash: TokenHash,
        app: Option<&AppName>,
    ) -> Result<Option<Arc<LiveSession>>, StorageError> {
        Ok(self.sessions.by_token(hash).await?.filter(|live| live.is_for(app)))
    }

    /// What is known of the session behind a token without asking storage.
    pub fn cached_by_token(&self, token: &Secret) -> Cached {
        match self.sessions.cached_by_token(&token.hash()) {
            Cached::Live(live) if !live.is_for(None) => Cached::Gone,
            cached => cached,
        }
    }

    /// The live session with this id.
    pub async fn session_by_id(&self, id: &SessionId) -> Result<Option<Arc<LiveSession>>, StorageError> {
        self.sessions.by_id(id).await
    }

    /// What is known of the session without asking storage, in less than a microsecond.
    pub fn cached(&self, id: &SessionId) -> Cached {
        self.sessions.cached(id)
    }

    /// Notes that a person caused a rerun or a request. Written at most once a minute, in the background.
    pub fn note_activity(&self, id: &SessionId) {
        self.sessions.note_activity(id);
    }

    /// Ends a session, and those of apps that came from it. False if it was over.
    pub async fn end_session(&self, id: &SessionId) -> Result<bool, StorageError> {
        self.sessions.end(id).await
    }

    /// The live session of the browser that asks.
    pub(super) async fn signed_in(&self, ctx: &RequestContext) -> Result<Arc<LiveSession>, Problem> {
        let out = Problem::new(ErrorCode::SignedOut);
        let token = ctx.session.as_ref().ok_or(out.clone())?;
        self.session_for(token.hash(), ctx.audience()).await.map_err(problem::storage)?.ok_or(out)
    }

    /// Ends the session that the browser came with. Says so only when it is true.
    pub async fn logout(&self, ctx: &RequestContext) -> Result<Answer<LogoutState>, Problem> {
        if let Some(token) = &ctx.session {
            let found = self.storage.find_session(token.hash()).await.map_err(problem::storage)?;
            if let Some(live) = found.filter(|live| live.is_for(ctx.audience())) {
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
