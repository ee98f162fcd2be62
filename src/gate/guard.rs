//! The gate of one process: its websockets joined with the endpoint.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use tokio::sync::broadcast::error::RecvError;

use super::{
    asserted::TrustedHeader,
    headers::{Header, single},
    pages::PageRules,
    sockets::{Binding, Kind, Sockets, Standing, Verdict},
};
use crate::{
    config::GateMode,
    endpoint::{Authority, Cached, Ended},
    http::{CookieNames, HostPolicy},
    session::{LiveSession, Secret, SessionId},
    storage::StorageError,
};

/// How often sessions are looked at that nobody ended, but that may have run out.
const EXPIRY_TICK: Duration = Duration::from_millis(500);

/// Decides for one process which websocket belongs to whom.
#[derive(Debug)]
pub struct Gate {
    endpoint: Arc<dyn Authority>,
    cookies: CookieNames,
    sockets: Sockets,
    pages: PageRules,
    trusted: Option<TrustedHeader>,
    verifier_key: Secret,
}

/// A websocket that may be opened.
#[derive(Debug, Clone)]
pub struct Admission {
    /// Its handle.
    pub handle: String,
    /// Whose cookie came with it.
    pub session: Option<Arc<LiveSession>>,
}

/// Why a handshake is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The `Host` header is absent, repeated or not ours: DNS rebinding.
    #[error("the Host header does not name this app: set public_url")]
    Host,
    /// The `Origin` header is absent, repeated or not ours: another page opened it.
    #[error("the Origin header is not this app's")]
    Origin,
    /// Nobody is signed in, and the gate covers the whole app.
    #[error("nobody is signed in")]
    SignedOut,
}

impl Gate {
    /// The gate in front of an endpoint's app.
    pub fn new(endpoint: Arc<dyn Authority>) -> Self {
        let cookies = CookieNames::of(endpoint.instance(), endpoint.settings());
        let verifier_key = Secret::draw(endpoint.entropy().as_ref());
        let pages = PageRules::new(&endpoint.settings().pages);
        let trusted = TrustedHeader::new(&endpoint.settings().trusted_header);
        Self { endpoint, cookies, sockets: Sockets::default(), pages, trusted, verifier_key }
    }

    /// The operator's rules for pages.
    pub const fn pages(&self) -> &PageRules {
        &self.pages
    }

    /// The endpoint behind the gate.
    pub(super) fn endpoint(&self) -> &dyn Authority {
        &*self.endpoint
    }

    /// Whose headers are believed, if anybody's.
    pub(super) const fn trusted(&self) -> Option<&TrustedHeader> {
        self.trusted.as_ref()
    }

    /// The names of the cookies.
    pub(super) const fn cookies(&self) -> &CookieNames {
        &self.cookies
    }

    /// Judges a handshake, and gives its websocket a handle that nobody can guess. While storage can't be asked, the
    /// websocket is anonymous; nobody is let in.
    pub async fn admit(
        &self,
        policy: &HostPolicy,
        peer: Option<IpAddr>,
        headers: &[Header],
    ) -> Result<Admission, Refusal> {
        if !single(headers, "host").is_some_and(|host| policy.allows_host(host)) {
            return Err(Refusal::Host);
        }
        if !single(headers, "origin").is_some_and(|origin| policy.allows_origin(origin)) {
            return Err(Refusal::Origin);
        }
        let session = self.session_of(peer, headers).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a handshake is anonymous, because its session can't be read");
            None
        });
        if session.is_none() && self.endpoint.settings().gate == GateMode::App {
            return Err(Refusal::SignedOut);
        }
        let handle = self.endpoint.entropy().token();
        self.sockets.open(&handle, Kind::Gate, session.as_ref().map(|live| live.session.id.clone()));
        Ok(Admission { handle, session })
    }

    /// Judges a message, in microseconds.
    pub fn check(&self, handle: &str) -> Verdict {
        self.sockets.check(handle, |id| self.standing(id))
    }

    /// Asks storage when [`Self::check`] could not say. True when the message may pass.
    pub async fn recheck(&self, handle: &str) -> Result<bool, StorageError> {
        match self.check(handle) {
            Verdict::Pass => Ok(true),
            Verdict::Gone => Ok(false),
            Verdict::Unknown(id) => Ok(self.endpoint.sessions().by_id(&id).await?.is_some()),
        }
    }

    /// Whether a message on the websocket may ask for the page, as its rule says.
    pub async fn may_open(&self, handle: &str, page: &str) -> Result<bool, StorageError> {
        if self.pages.roles(page).is_none() {
            return Ok(true);
        }
        let live = match self.cached(handle) {
            Some(known) => known,
            None => self.current(handle).await?,
        };
        Ok(self.pages.allows(page, live.as_deref().map(|live| &live.identity)))
    }

    /// A handle for something else that is open for a session: [`Self::watch`] names it when the session ends.
    pub fn hold(&self, session: &SessionId) -> String {
        let handle = self.endpoint.entropy().token();
        self.sockets.open(&handle, Kind::Gate, Some(session.clone()));
        handle
    }

    /// The websocket is closed.
    pub fn close(&self, handle: &str) {
        self.sockets.close(handle);
    }

    /// The challenge that a form is drawn with. Its verifier never leaves this process: it follows from `purpose`,
    /// which names the Streamlit session and the attempt.
    pub fn challenge(&self, purpose: &str) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier(purpose).as_bytes()))
    }

    /// Redeems a ticket that came with the challenge of `purpose`, and binds its session to the websocket. When the
    /// websocket belongs to another session, both end.
    pub async fn redeem(
        &self,
        ticket: &Secret,
        purpose: &str,
        handle: &str,
    ) -> Result<Option<Arc<LiveSession>>, StorageError> {
        let Some(live) = self.endpoint.redeem(ticket, &self.verifier(purpose), handle).await? else {
            return Ok(None);
        };
        self.bind(handle, live).await
    }

    /// Binds a session to a websocket. When it belongs to another one, both end.
    async fn bind(
        &self,
        handle: &str,
        live: Arc<LiveSession>,
    ) -> Result<Option<Arc<LiveSession>>, StorageError> {
        let id = &live.session.id;
        let previous_lives = match self.sockets.session(handle).filter(|before| before != id) {
            Some(before) => self.endpoint.sessions().by_id(&before).await?.is_some(),
            None => false,
        };
        match self.sockets.bind(handle, id, previous_lives) {
            Binding::Bound => Ok(Some(live)),
            Binding::NoSocket => Ok(None),
            Binding::Conflict(before) => {
                tracing::warn!(cookie = %before.0, ticket = %id.0, "two sessions on one websocket: both end");
                self.endpoint.end_session(&before).await?;
                self.endpoint.end_session(id).await?;
                Ok(None)
            }
        }
    }

    /// Who a websocket belongs to, if that is known without waiting: `None` when storage has to be asked.
    pub fn cached(&self, handle: &str) -> Option<Option<Arc<LiveSession>>> {
        match self.sockets.session(handle) {
            None => Some(None),
            Some(id) => match self.endpoint.sessions().cached(&id) {
                Cached::Live(live) => Some(Some(live)),
                Cached::Gone => Some(None),
                Cached::Unknown => None,
            },
        }
    }

    /// Who a websocket belongs to.
    pub async fn current(&self, handle: &str) -> Result<Option<Arc<LiveSession>>, StorageError> {
        match self.sockets.session(handle) {
            None => Ok(None),
            Some(id) => self.endpoint.sessions().by_id(&id).await,
        }
    }

    /// A person caused a run on this websocket.
    pub fn note_activity(&self, handle: &str) {
        if let Some(id) = self.sockets.session(handle) {
            self.endpoint.sessions().note_activity(&id);
        }
    }

    /// Plain mode: a handle for Streamlit's session `handle`, with the cookie of its handshake. Once only.
    pub async fn adopt(&self, handle: &str, cookies: &str) -> Result<(), StorageError> {
        if !self.sockets.knows(handle) {
            let session = self.session_of_cookie(cookies).await?;
            self.sockets.open(handle, Kind::Plain, session.map(|live| live.session.id.clone()));
        }
        Ok(())
    }

    /// Ends the session of a websocket. False if it had none.
    pub async fn end(&self, handle: &str) -> Result<bool, StorageError> {
        match self.sockets.session(handle) {
            Some(id) => self.endpoint.end_session(&id).await,
            None => Ok(false),
        }
    }

    /// Calls `closed` with the handles of websockets that must be closed, until the endpoint is gone. Those of ended
    /// sessions are found at once, those that ran out within half a second.
    pub async fn watch(&self, closed: impl Fn(Vec<String>)) {
        let mut events = self.endpoint.sessions().subscribe();
        let mut tick = tokio::time::interval(EXPIRY_TICK);
        loop {
            let event = tokio::select! {
                event = events.recv() => Some(event),
                _ = tick.tick() => None,
            };
            let gone = match event {
                Some(Err(RecvError::Closed)) => return,
                Some(Ok(Ended::Session(id))) => self.gone_in_storage(Some(&id)).await,
                Some(Ok(Ended::Identity(_) | Ended::Everything) | Err(RecvError::Lagged(_))) => {
                    self.gone_in_storage(None).await
                }
                None => self.gone_in_cache(),
            };
            if !gone.is_empty() {
                closed(gone);
            }
        }
    }

    fn gone_in_cache(&self) -> Vec<String> {
        let gone = |id: &Option<SessionId>| id.as_ref().is_none_or(|id| self.standing(id) == Standing::Gone);
        self.sockets.bound().into_iter().filter(|(_, id)| gone(id)).map(|(handle, _)| handle).collect()
    }

    /// Those that are gone, as the cache or else storage says; nobody has to be asked of the one that `ended`.
    async fn gone_in_storage(&self, ended: Option<&SessionId>) -> Vec<String> {
        let mut gone = Vec::new();
        let mut asked: HashMap<SessionId, bool> = HashMap::new();
        for (handle, id) in self.sockets.bound() {
            let is_gone = match id {
                None => true,
                Some(id) if ended == Some(&id) => true,
                Some(id) => match (self.standing(&id), asked.get(&id)) {
                    (Standing::Live, _) => false,
                    (Standing::Gone, _) => true,
                    (Standing::Unknown, Some(is_gone)) => *is_gone,
                    (Standing::Unknown, None) => {
                        // An error says nothing: the next message is judged by `recheck`, which refuses then.
                        let is_gone = matches!(self.endpoint.sessions().by_id(&id).await, Ok(None));
                        asked.insert(id, is_gone);
                        is_gone
                    }
                },
            };
            if is_gone {
                gone.push(handle);
            }
        }
        gone
    }

    fn standing(&self, id: &SessionId) -> Standing {
        match self.endpoint.sessions().cached(id) {
            Cached::Live(_) => Standing::Live,
            Cached::Gone => Standing::Gone,
            Cached::Unknown => Standing::Unknown,
        }
    }

    pub(super) async fn session_of_cookie(
        &self,
        cookies: &str,
    ) -> Result<Option<Arc<LiveSession>>, StorageError> {
        match self.cookies.session_from(cookies) {
            Some(token) => self.endpoint.session_by_token(&token).await,
            None => Ok(None),
        }
    }

    fn verifier(&self, purpose: &str) -> String {
        // HMAC takes keys of any length, so that this never fails; an empty verifier would match no challenge.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.verifier_key.expose().as_bytes()) else {
            return String::new();
        };
        mac.update(purpose.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests;
