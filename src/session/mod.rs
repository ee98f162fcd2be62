//! Sessions and tickets: what a completed login leaves behind, and for how long it holds. No I/O here.

mod app;
mod cache;
mod lifetime;
mod method;
mod ticket;
mod token;

use gatehouse_protocol::SessionState;
use serde::{Deserialize, Serialize};

pub use app::{AppName, AppNameError, AppSecret, CODE_TTL, Exchange, NewCode, StoredCode, cookie_instance};
pub use cache::{Cached, SessionCache};
pub use lifetime::{Lifetime, SessionEnd};
pub use method::{AssuranceLevel, Method, Methods};
pub use ticket::{NewTicket, REPEAT_TTL, Redemption, StoredTicket, TICKET_TTL};
pub use token::{Secret, TokenHash};

use crate::{clock::Timestamp, identity::Identity, identity::IdentityId};

/// The id of a session. It may be logged; it opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub String);

/// A session as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub identity_id: IdentityId,
    /// What its token hashes to.
    pub token_hash: TokenHash,
    /// When it began.
    pub created_at: Timestamp,
    /// When a factor was last verified in it.
    pub authenticated_at: Timestamp,
    /// When a person last caused a rerun or a request in it (written at most once a minute).
    pub last_used_at: Timestamp,
    /// How long it lasts.
    pub lifetime: Lifetime,
    /// What was proven in it.
    pub methods: Methods,
    /// The browser, as it named itself, cut to 200 characters.
    pub user_agent: String,
    /// The address it began from, or empty where unknown.
    pub address: String,
    /// The app it is for; `None` for the endpoint's own.
    pub app: Option<AppName>,
    /// The endpoint's session that it came from: it ends with that.
    pub parent_id: Option<SessionId>,
}

impl Session {
    /// How sure we are who it is.
    pub fn aal(&self) -> AssuranceLevel {
        self.methods.assurance()
    }

    /// Why it is over at `now`, if it is.
    pub fn end(&self, now: Timestamp) -> Option<SessionEnd> {
        self.lifetime.end(self.created_at, self.last_used_at, now)
    }
}

/// A session with the identity it belongs to: what the guard, the gate and Python are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    /// The session.
    pub session: Session,
    /// Its identity, as it was when read.
    pub identity: Identity,
}

impl LiveSession {
    /// Whether it is for this app; for the endpoint itself where that is `None`.
    pub fn is_for(&self, app: Option<&AppName>) -> bool {
        self.session.app.as_ref() == app
    }

    /// What its own browser is told of it.
    pub fn state(&self) -> SessionState {
        let Identity { username, email, roles, .. } = &self.identity;
        let confirmed = email.as_ref().filter(|email| email.verified_at.is_some());
        SessionState::SignedIn {
            username: username.as_str().to_owned(),
            email: confirmed.map(|email| email.address.as_str().to_owned()),
            roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
            aal: self.session.aal().number(),
        }
    }
}
