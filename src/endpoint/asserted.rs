//! People whom a trusted proxy names: an identity that is kept for each, and a session for what the proxy says now.
//!
//! Such a session has no cookie. It belongs to what the proxy says with every request; what is bound to it (websockets,
//! `st.user`) ends with it, by `gatehouse users disable` as by a role that the proxy takes away.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Cached, Endpoint};
use crate::{
    audit::{Entry, Event},
    flow::asserted,
    identity::{EmailAddress, Identity, IdentityId, Role, Username},
    session::{Lifetime, LiveSession, Secret, Session, SessionId},
    storage::{NewSession, NewUpheld, StorageError, Upheld},
};

/// The most people whose sessions are remembered at once; beyond it, they are looked up again.
const MOST: usize = 100_000;

/// What a proxy says of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Assertion {
    /// The name.
    pub name: String,
    /// The address, empty where the proxy knows none; `None` where the proxy is not asked for it.
    pub email: Option<String>,
    /// The groups, separated by commas; `None` where roles are given by the operator.
    pub groups: Option<String>,
}

/// The sessions of what proxies said.
#[derive(Debug, Default)]
pub(super) struct Asserted {
    sessions: Mutex<HashMap<Assertion, SessionId>>,
    /// One person begins one session, however many requests arrive at once.
    beginning: tokio::sync::Mutex<()>,
}

impl Endpoint {
    /// The session of who is asserted, where no storage has to be asked.
    pub fn asserted_cached(&self, assertion: &Assertion) -> Option<Arc<LiveSession>> {
        let id = self.lock_asserted().get(assertion).cloned()?;
        match self.cached(&id) {
            Cached::Live(live) => Some(live),
            Cached::Gone | Cached::Unknown => None,
        }
    }

    /// The session of who is asserted, begun if there is none. `None` where the name can't be one, is somebody else's,
    /// or is disabled.
    pub async fn asserted(&self, assertion: &Assertion) -> Result<Option<Arc<LiveSession>>, StorageError> {
        let _one = self.asserted.beginning.lock().await;
        let known = self.lock_asserted().get(assertion).cloned();
        if let Some(id) = known
            && let Some(live) = self.session_by_id(&id).await?
        {
            return Ok(Some(live));
        }
        let Some(identity) = self.uphold(assertion).await? else { return Ok(None) };
        let Some(completed) = asserted::completed(&identity) else { return Ok(None) };
        let now = self.now();
        let spans = &self.settings.session;
        let session = Session {
            id: SessionId(self.entropy.id("ses")),
            identity_id: identity.id.clone(),
            // Nobody ever has the token.
            token_hash: Secret::draw(&*self.entropy).hash(),
            created_at: now,
            authenticated_at: now,
            last_used_at: now,
            lifetime: Lifetime {
                idle_ttl: std::time::Duration::from_secs(spans.idle_ttl),
                absolute_ttl: std::time::Duration::from_secs(spans.absolute_ttl),
                persistent: false,
            },
            methods: completed.methods().clone(),
            user_agent: "a trusted proxy".to_owned(),
            address: String::new(),
            app: None,
            parent_id: None,
        };
        let id = session.id.clone();
        let new = NewSession {
            session,
            ticket: None,
            replaces: None,
            verified: None,
            flow: None,
            clear: Vec::new(),
            cap: spans.max_per_identity,
        };
        match self.storage.add_session(new).await {
            Ok(()) => {}
            // Disabled or deleted since: the next request sees that.
            Err(StorageError::IdentityChanged) => return Ok(None),
            Err(error) => return Err(error),
        }
        self.record(
            Entry::new(Event::LoginCompleted).identity(&identity.id).session(&id).with("by", "proxy"),
        );
        {
            let mut sessions = self.lock_asserted();
            if sessions.len() >= MOST {
                sessions.clear();
            }
            sessions.insert(assertion.clone(), id.clone());
        }
        self.session_by_id(&id).await
    }

    /// The identity that is kept for who is asserted, brought up to what the proxy says of it.
    async fn uphold(&self, assertion: &Assertion) -> Result<Option<Identity>, StorageError> {
        let Some(username) = Username::asserted(&assertion.name) else {
            tracing::warn!(name = %assertion.name.escape_debug(), "a proxy names somebody as nobody can be called");
            return Ok(None);
        };
        let person = NewUpheld {
            id: IdentityId(self.entropy.id("identity")),
            username,
            email: assertion.email.as_deref().map(|text| EmailAddress::parse(text).ok()),
            roles: assertion.groups.as_deref().map(roles),
        };
        match self.storage.uphold(&person, self.now()).await? {
            Upheld::Kept(identity) => Ok(Some(*identity)),
            Upheld::Changed(identity) => {
                self.changed(&identity.id);
                Ok(Some(*identity))
            }
            Upheld::Added(identity) => {
                self.record(Entry::new(Event::IdentityCreated).identity(&identity.id).with("by", "proxy"));
                Ok(Some(*identity))
            }
            Upheld::Taken => {
                tracing::warn!(
                    name = person.username.as_str(),
                    "a proxy names somebody whose name an account of the database or of the settings has, which may be \
                     another person: rename that account, or delete it"
                );
                Ok(None)
            }
        }
    }

    fn lock_asserted(&self) -> std::sync::MutexGuard<'_, HashMap<Assertion, SessionId>> {
        self.asserted.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The groups that can be roles. What can't be one gives nobody anything.
fn roles(groups: &str) -> Vec<Role> {
    let mut roles: Vec<Role> =
        groups.split(',').map(str::trim).filter_map(|name| Role::parse(name).ok()).collect();
    roles.sort();
    roles.dedup();
    roles
}
