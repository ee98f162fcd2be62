//! What travels between the process of an app and the endpoint that it asks, as JSON over HTTP. Both sides are ours, but
//! not always of the same release: a field that is not known is passed over.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatehouse_protocol::ClientConfig;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    clock::Timestamp,
    identity::{EmailAddress, Identity, IdentityId, Role, Source, Username, VerifiableAddress},
    session::{AppName, Lifetime, LiveSession, Methods, Session, SessionId, TokenHash},
};

/// Where an app's process asks for itself.
pub const OWN: &str = "/_gatehouse/app/";
/// In whose name a browser's request is forwarded: the host that the browser named.
pub const HOST: &str = "x-gatehouse-host";
/// The same: the address that it came from.
pub const CLIENT: &str = "x-gatehouse-client";

/// `POST session`: one of the two.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Lookup {
    /// What the token in the browser's cookie hashes to. The token itself does not travel.
    pub token_hash: Option<String>,
    /// The id.
    pub id: Option<SessionId>,
}

/// `POST redeem`.
#[derive(Serialize, Deserialize)]
pub struct Redeem {
    /// The ticket that the form gave.
    pub ticket: String,
    /// The verifier that its challenge was made of.
    pub verifier: String,
    /// What the handle of the websocket hashes to.
    pub handle: String,
}

/// `POST exchange`.
#[derive(Serialize, Deserialize)]
pub struct ExchangeCode {
    /// The one-time code.
    pub code: String,
    /// The verifier that its challenge was made of.
    pub verifier: String,
}

/// The answer to `exchange`.
#[derive(Serialize, Deserialize)]
pub struct ExchangedCode {
    /// The token for the app's cookie; nothing where the code was refused.
    pub token: Option<String>,
    /// How many seconds the cookie lasts; until the browser closes where it is missing.
    pub max_age: Option<u64>,
}

/// `POST activity`: last uses.
#[derive(Debug, Serialize, Deserialize)]
pub struct Activity {
    /// Which, and when.
    pub uses: Vec<(SessionId, Timestamp)>,
}

/// `POST end`.
#[derive(Debug, Serialize, Deserialize)]
pub struct End {
    /// Which.
    pub id: SessionId,
    /// With the sign-in that it came from, and everything else that came from it.
    pub everywhere: bool,
}

/// The answer to `end` and `activity`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Done {
    /// Whether there was something to do.
    pub done: bool,
}

/// The answer to `session` and `redeem`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Found {
    /// The session, if it is this app's.
    pub session: Option<PeerSession>,
}

/// A line of `GET changes`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first: how the forms look.
    Hello {
        /// What they must know.
        config: Box<ClientConfig>,
    },
    /// A session of this app is over.
    Session(SessionId),
    /// An identity changed, by its [`blind`] name: an app knows it if it knows the identity.
    Identity(String),
    /// Ask anew for everything.
    Everything,
    /// Everything that changed until `silence` ago was told.
    Beat {
        /// Milliseconds since the stream began.
        at: u64,
        /// How many milliseconds ago the endpoint heard of changes itself.
        silence: u64,
        /// The endpoint's time.
        now: Timestamp,
    },
}

/// A name for an identity that says nothing to who does not know its id.
pub fn blind(id: &IdentityId) -> String {
    let hash = Sha256::digest(format!("gatehouse identity\0{}", id.0).as_bytes());
    URL_SAFE_NO_PAD.encode(hash)
}

/// A hash, as it travels.
pub fn hash_text(hash: TokenHash) -> String {
    URL_SAFE_NO_PAD.encode(hash.0)
}

/// A hash that arrived.
pub fn read_hash(text: &str) -> Option<TokenHash> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().map(TokenHash).ok()
}

/// A session with its identity.
#[derive(Debug, Serialize, Deserialize)]
pub struct PeerSession {
    id: SessionId,
    token_hash: String,
    created_at: Timestamp,
    authenticated_at: Timestamp,
    last_used_at: Timestamp,
    idle_ttl: u64,
    absolute_ttl: u64,
    persistent: bool,
    methods: Methods,
    app: Option<AppName>,
    identity: PeerIdentity,
}

#[derive(Debug, Serialize, Deserialize)]
struct PeerIdentity {
    id: IdentityId,
    username: String,
    email: Option<String>,
    email_verified_at: Option<Timestamp>,
    roles: Vec<Role>,
    must_change: bool,
    created_at: Timestamp,
    source: Option<String>,
}

impl From<&LiveSession> for PeerSession {
    fn from(live: &LiveSession) -> Self {
        let LiveSession { session, identity } = live;
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Self {
            id: session.id.clone(),
            token_hash: hash_text(session.token_hash),
            created_at: session.created_at,
            authenticated_at: session.authenticated_at,
            last_used_at: session.last_used_at,
            idle_ttl: millis(session.lifetime.idle_ttl),
            absolute_ttl: millis(session.lifetime.absolute_ttl),
            persistent: session.lifetime.persistent,
            methods: session.methods.clone(),
            app: session.app.clone(),
            identity: PeerIdentity {
                id: identity.id.clone(),
                username: identity.username.as_str().to_owned(),
                email: identity.email.as_ref().map(|email| email.address.as_str().to_owned()),
                email_verified_at: identity.email.as_ref().and_then(|email| email.verified_at),
                roles: identity.roles.clone(),
                must_change: identity.must_change,
                created_at: identity.created_at,
                source: identity.source.as_ref().map(|source| source.0.clone()),
            },
        }
    }
}

impl PeerSession {
    /// The session; nothing where it holds what it must not hold. Browser and address stay at the endpoint.
    pub fn read(self) -> Option<LiveSession> {
        let identity = self.identity;
        let username =
            Username::parse(&identity.username).ok().or_else(|| Username::asserted(&identity.username))?;
        let email = match identity.email {
            Some(text) => Some(VerifiableAddress {
                address: EmailAddress::parse(&text).ok()?,
                verified_at: identity.email_verified_at,
            }),
            None => None,
        };
        let session = Session {
            id: self.id,
            identity_id: identity.id.clone(),
            token_hash: read_hash(&self.token_hash)?,
            created_at: self.created_at,
            authenticated_at: self.authenticated_at,
            last_used_at: self.last_used_at,
            lifetime: Lifetime {
                idle_ttl: Duration::from_millis(self.idle_ttl),
                absolute_ttl: Duration::from_millis(self.absolute_ttl),
                persistent: self.persistent,
            },
            methods: self.methods,
            user_agent: String::new(),
            address: String::new(),
            app: self.app,
            parent_id: None,
        };
        let identity = Identity {
            id: identity.id,
            username,
            email,
            roles: identity.roles,
            disabled: false,
            must_change: identity.must_change,
            created_at: identity.created_at,
            source: identity.source.map(Source),
        };
        Some(LiveSession { session, identity })
    }
}
