//! What a gate asks: the same questions of an endpoint in this process and of a remote one.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::{Assertion, Cached, Endpoint, Sessions};
use crate::{
    config::Settings,
    entropy::SharedEntropy,
    session::{LiveSession, Secret, SessionId},
    storage::StorageError,
};

/// Who says who is signed in.
#[async_trait]
pub trait Authority: fmt::Debug + Send + Sync {
    /// The settings of this process.
    fn settings(&self) -> &Settings;
    /// The name of this instance: part of the cookies' names.
    fn instance(&self) -> &str;
    /// The source of randomness.
    fn entropy(&self) -> &SharedEntropy;
    /// The sessions that this process knows.
    fn sessions(&self) -> &Sessions;
    /// What is known of the session behind a token without asking anybody.
    fn cached_by_token(&self, token: &Secret) -> Cached;
    /// The live session behind a token.
    async fn session_by_token(&self, token: &Secret) -> Result<Option<Arc<LiveSession>>, StorageError>;
    /// Redeems a ticket for the socket that `handle` names. `None` when it is refused.
    async fn redeem(
        &self,
        ticket: &Secret,
        verifier: &str,
        handle: &str,
    ) -> Result<Option<Arc<LiveSession>>, StorageError>;
    /// Ends a session. False if it was over.
    async fn end_session(&self, id: &SessionId) -> Result<bool, StorageError>;
    /// The session of who a trusted proxy names, where nobody has to be asked.
    fn asserted_cached(&self, assertion: &Assertion) -> Option<Arc<LiveSession>>;
    /// The session of who a trusted proxy names, begun if there is none.
    async fn asserted(&self, assertion: &Assertion) -> Result<Option<Arc<LiveSession>>, StorageError>;
}

#[async_trait]
impl Authority for Endpoint {
    fn settings(&self) -> &Settings {
        self.settings()
    }

    fn instance(&self) -> &str {
        self.instance()
    }

    fn entropy(&self) -> &SharedEntropy {
        self.entropy()
    }

    fn sessions(&self) -> &Sessions {
        self.sessions()
    }

    fn cached_by_token(&self, token: &Secret) -> Cached {
        self.cached_by_token(token)
    }

    async fn session_by_token(&self, token: &Secret) -> Result<Option<Arc<LiveSession>>, StorageError> {
        self.session_by_token(token).await
    }

    async fn redeem(
        &self,
        ticket: &Secret,
        verifier: &str,
        handle: &str,
    ) -> Result<Option<Arc<LiveSession>>, StorageError> {
        self.redeem(ticket, verifier, handle).await
    }

    async fn end_session(&self, id: &SessionId) -> Result<bool, StorageError> {
        self.end_session(id).await
    }

    fn asserted_cached(&self, assertion: &Assertion) -> Option<Arc<LiveSession>> {
        self.asserted_cached(assertion)
    }

    async fn asserted(&self, assertion: &Assertion) -> Result<Option<Arc<LiveSession>>, StorageError> {
        self.asserted(assertion).await
    }
}
