//! An app whose endpoint is elsewhere: this process holds no database, asks with a key, and remembers what it was told.
//!
//! `client` is the way there, `changes` what is pushed back, `forward` what browsers ask, `sign_on` one sign-in for
//! several apps. The cache, and how long it is believed, are the endpoint's own ([`Sessions`]). While the endpoint is
//! away, what was known is believed for a second more, and then nobody is let in.

mod changes;
mod client;
mod forward;
mod sign_on;
mod stopped;

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use gatehouse_protocol::ClientConfig;
use tokio::time::Instant;

use self::client::{Client, TOLD_TIMEOUT};
use crate::{
    clock::{Clock, Timestamp},
    config::{PublicUrl, Settings},
    endpoint::{Assertion, Authority, Cached, SessionSource, Sessions},
    entropy::{OsEntropy, SharedEntropy},
    http::CookieNames,
    peer::{Activity, Done, End, Found, Lookup, PeerSession, Redeem, hash_text},
    session::{AppSecret, LiveSession, Secret, SessionId, TokenHash},
    storage::StorageError,
};

/// How often last uses are sent, and sessions looked at that may be over.
const SOON: Duration = Duration::from_secs(2);

/// The most last uses in one request.
const USES_MAX: usize = 200;

/// Why there is no way to the endpoint. `Display` says what to write.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The settings don't name it.
    #[error("`endpoint`, `app_key` and `public_url` belong together: set all three")]
    Settings,
    /// The certificates can't be read.
    #[error("the certificates in `endpoint_ca` can't be used: {0}")]
    Certificates(String),
}

/// A remote endpoint, as the process of one app sees it.
#[derive(Debug)]
pub struct RemoteEndpoint {
    settings: Settings,
    key: AppSecret,
    instance: String,
    cookies: CookieNames,
    entropy: SharedEntropy,
    client: Arc<Client>,
    clock: Arc<RemoteClock>,
    sessions: Sessions,
    config: RwLock<Option<ClientConfig>>,
}

impl RemoteEndpoint {
    /// The endpoint that the settings name. Nobody is asked yet.
    pub fn new(settings: Settings) -> Result<Arc<Self>, RemoteError> {
        let url = settings.endpoint.as_deref().and_then(|text| PublicUrl::parse(text).ok());
        let key = settings.app_key.as_ref().and_then(|key| AppSecret::parse(key.expose()));
        let (Some(url), Some(key), Some(_)) = (url, key, settings.public_origin()) else {
            return Err(RemoteError::Settings);
        };
        let client = Arc::new(Client::new(&url, &key, settings.endpoint_ca.as_deref())?);
        let instance = key.cookie_instance();
        let clock = Arc::new(RemoteClock::new());
        let everywhere = settings.single_sign_on && settings.sign_out_everywhere;
        let source = Arc::new(Asked { client: Arc::clone(&client), everywhere });
        Ok(Arc::new(Self {
            cookies: CookieNames::new(&instance, settings.is_secure()),
            sessions: Sessions::new(source, Arc::<RemoteClock>::clone(&clock), Timestamp::default()),
            entropy: Arc::new(OsEntropy),
            config: RwLock::default(),
            settings,
            key,
            instance,
            client,
            clock,
        }))
    }

    /// Starts what runs in the background, on the current tokio runtime: once.
    pub fn start(self: &Arc<Self>) {
        tokio::spawn(changes::follow(Arc::clone(self)));
        let remote = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SOON).await;
                if let Err(error) = remote.sessions.settle().await {
                    tracing::debug!(%error, "last uses were not sent");
                }
            }
        });
    }

    /// The settings of this process.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Ends a session of this app alone.
    async fn end_here(&self, id: &SessionId) -> Result<(), StorageError> {
        let _: Done = self.client.ask("end", &End { id: id.clone(), everywhere: false }).await?;
        self.sessions.ended(id);
        Ok(())
    }

    /// What the endpoint last said of the forms, in this app's own colors.
    fn told_config(&self) -> Option<ClientConfig> {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_config(&self, told: ClientConfig) {
        let own = &self.settings;
        let config = ClientConfig {
            app_name: if own.app_name == Settings::default().app_name {
                told.app_name
            } else {
                own.app_name.clone()
            },
            tagline: own.tagline.clone(),
            ..told
        };
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Some(config);
    }
}

#[async_trait]
impl Authority for RemoteEndpoint {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn instance(&self) -> &str {
        &self.instance
    }

    fn entropy(&self) -> &SharedEntropy {
        &self.entropy
    }

    fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    fn cached_by_token(&self, token: &Secret) -> Cached {
        self.sessions.cached_by_token(&token.hash())
    }

    async fn session_by_token(&self, token: &Secret) -> Result<Option<Arc<LiveSession>>, StorageError> {
        self.sessions.by_token(token.hash()).await
    }

    async fn redeem(
        &self,
        ticket: &Secret,
        verifier: &str,
        handle: &str,
    ) -> Result<Option<Arc<LiveSession>>, StorageError> {
        let asked = Redeem {
            ticket: ticket.expose().to_owned(),
            verifier: verifier.to_owned(),
            handle: hash_text(Secret::received(handle).hash()),
        };
        let epoch = self.sessions.epoch();
        let found: Found = self.client.ask("redeem", &asked).await?;
        Ok(self.sessions.alive(found.session.and_then(PeerSession::read), epoch))
    }

    async fn end_session(&self, id: &SessionId) -> Result<bool, StorageError> {
        self.sessions.end(id).await
    }

    fn asserted_cached(&self, _assertion: &Assertion) -> Option<Arc<LiveSession>> {
        None
    }

    async fn asserted(&self, _assertion: &Assertion) -> Result<Option<Arc<LiveSession>>, StorageError> {
        // The settings refuse a trusted header beside a remote endpoint.
        Ok(None)
    }
}

/// Sessions that come from the remote endpoint.
#[derive(Debug)]
struct Asked {
    client: Arc<Client>,
    everywhere: bool,
}

#[async_trait]
impl SessionSource for Asked {
    async fn find(&self, hash: TokenHash) -> Result<Option<LiveSession>, StorageError> {
        let asked = Lookup { token_hash: Some(hash_text(hash)), id: None };
        let found: Found = self.client.ask("session", &asked).await?;
        Ok(found.session.and_then(PeerSession::read))
    }

    async fn lookup(&self, id: &SessionId) -> Result<Option<LiveSession>, StorageError> {
        let asked = Lookup { token_hash: None, id: Some(id.clone()) };
        let found: Found = self.client.ask("session", &asked).await?;
        Ok(found.session.and_then(PeerSession::read))
    }

    async fn touch(&self, uses: &[(SessionId, Timestamp)]) -> Result<(), StorageError> {
        for some in uses.chunks(USES_MAX) {
            let _: Done = self.client.ask("activity", &Activity { uses: some.to_vec() }).await?;
        }
        Ok(())
    }

    async fn revoke(&self, id: &SessionId, _now: Timestamp) -> Result<bool, StorageError> {
        let done: Done = self.client.ask("end", &End { id: id.clone(), everywhere: self.everywhere }).await?;
        Ok(done.done)
    }
}

/// The endpoint's time, as it was last told, moved on by this machine's steady clock. Until it was told it is long ago:
/// nothing is believed then, and what is asked for is judged by the endpoint.
#[derive(Debug)]
struct RemoteClock(Mutex<(Timestamp, Instant)>);

impl RemoteClock {
    fn new() -> Self {
        Self(Mutex::new((Timestamp::default(), Instant::now())))
    }

    fn told(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (now, Instant::now());
    }
}

impl Clock for RemoteClock {
    fn now(&self) -> Timestamp {
        let (told, at) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.plus(at.elapsed())
    }
}

impl From<client::Failure> for StorageError {
    fn from(failure: client::Failure) -> Self {
        Self::Unavailable(Box::new(failure))
    }
}

/// How long a stream of changes may be silent before it is opened anew.
const SILENCE: Duration = TOLD_TIMEOUT;
