//! How a ticket becomes an identity in Python.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::Endpoint;
use crate::{
    audit::{Entry, Event},
    session::{AppName, LiveSession, Redemption, Secret, SessionId, TokenHash},
    storage::StorageError,
};

impl Endpoint {
    /// Redeems a ticket for the socket that `handle` names. `None` when it is refused.
    pub async fn redeem(
        &self,
        ticket: &Secret,
        verifier: &str,
        handle: &str,
    ) -> Result<Option<Arc<LiveSession>>, StorageError> {
        self.redeem_for(ticket, verifier, Secret::received(handle).hash(), None).await
    }

    /// The same for an app whose process asks, or for the endpoint itself. A ticket of another is nothing here. The
    /// session is asked of storage: whoever asks may have heard of its end before this process.
    pub async fn redeem_for(
        &self,
        ticket: &Secret,
        verifier: &str,
        handle: TokenHash,
        app: Option<&AppName>,
    ) -> Result<Option<Arc<LiveSession>>, StorageError> {
        let hash = ticket.hash();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        // A second look follows when somebody was faster between the first look and the mark.
        for _ in 0..2 {
            let Some(stored) = self.storage.find_ticket(hash).await? else {
                self.record(Entry::new(Event::TicketRefused));
                return Ok(None);
            };
            let session = &stored.ticket.session_id;
            if self.sessions.read_by_id(session).await?.is_none_or(|live| !live.is_for(app)) {
                self.record(Entry::new(Event::TicketRefused).session(session));
                return Ok(None);
            }
            match stored.judge(&challenge, handle, self.now()) {
                Redemption::First => {
                    if self.storage.redeem_ticket(hash, handle, self.now()).await? {
                        return self.sessions.read_by_id(session).await;
                    }
                }
                Redemption::Repeated => return self.sessions.read_by_id(session).await,
                Redemption::Refused => {
                    self.record(Entry::new(Event::TicketRefused).session(session));
                    return Ok(None);
                }
                Redemption::Theft => {
                    self.theft(session).await?;
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    async fn theft(&self, session: &SessionId) -> Result<(), StorageError> {
        tracing::warn!(session = session.0, "a ticket was used a second time; its session ends");
        self.end_session(session).await?;
        self.record(Entry::new(Event::TicketTheft).session(session));
        Ok(())
    }
}
