//! Apps that ask from a process of their own: how they are added, how one proves itself, and how a sign-in reaches it.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatehouse_protocol::{Challenge, ClientConfig, ErrorCode, Problem};
use sha2::{Digest as _, Sha256};

use super::{Endpoint, RequestContext, problem};
use crate::{
    audit::{Entry, Event},
    config::PublicUrl,
    session::{
        AppName, AppNameError, AppSecret, Exchange, Lifetime, LiveSession, NewCode, Secret, Session,
        SessionId, TokenHash,
    },
    storage::{App, AppKey, LimitKey, NewSession, StorageError},
};

/// Why the operator's wish about an app was not followed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The name can't be one.
    #[error(transparent)]
    Name(#[from] AppNameError),
    /// The URL is none, or not safe.
    #[error(
        "--url {0}: it {1}. Write where people reach the app, for example --url https://weather.example.org"
    )]
    Url(String, String),
    /// Name or URL are taken.
    #[error("there is an app of this name or at this URL already: see `gatehouse apps list`")]
    Taken,
    /// No app is called that.
    #[error("there is no app called {0:?}: see `gatehouse apps list`")]
    Unknown(String),
    /// The database did not do it.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What a code was exchanged for.
#[derive(Debug)]
pub struct Exchanged {
    /// The token of the app's session, for its cookie.
    pub token: Secret,
    /// How long the cookie lasts; `None` until the browser closes.
    pub max_age: Option<Duration>,
    /// The session.
    pub live: Arc<LiveSession>,
}

impl Endpoint {
    /// Adds an app and gives its first key, which is shown this once.
    pub async fn add_app(&self, name: &str, url: &str) -> Result<(App, AppSecret), AppError> {
        let name = AppName::parse(name)?;
        let refused = |why: &str| AppError::Url(url.to_owned(), why.to_owned());
        let parsed = PublicUrl::parse(url).map_err(|why| refused(&why))?;
        if !parsed.is_https() && !parsed.is_loopback() && !self.settings.allow_insecure_http {
            return Err(refused("begins with http://, so passwords would travel in clear text"));
        }
        let app = App { name, url: parsed.origin().to_owned(), created_at: self.now() };
        let key = AppSecret::draw(&app.name, &self.instance, &*self.entropy);
        if !self.storage.add_app(&app, key.hash()).await? {
            return Err(AppError::Taken);
        }
        self.app_changed(&app.name, "added").await;
        Ok((app, key))
    }

    /// Every app with its keys.
    pub async fn apps(&self) -> Result<Vec<(App, Vec<AppKey>)>, StorageError> {
        self.storage.list_apps().await
    }

    /// Gives an app another key; the earlier ones hold for `grace` longer.
    pub async fn rotate_app_key(&self, name: &str, grace: Duration) -> Result<AppSecret, AppError> {
        let app = AppName::parse(name)?;
        let key = AppSecret::draw(&app, &self.instance, &*self.entropy);
        let now = self.now();
        if !self.storage.rotate_app_key(&app, key.hash(), now.plus(grace), now).await? {
            return Err(AppError::Unknown(name.to_owned()));
        }
        self.app_changed(&app, "key replaced").await;
        Ok(key)
    }

    /// Removes an app; its sessions end.
    pub async fn remove_app(&self, name: &str) -> Result<(), AppError> {
        let app = AppName::parse(name)?;
        if !self.storage.remove_app(&app, self.now()).await? {
            return Err(AppError::Unknown(name.to_owned()));
        }
        self.app_changed(&app, "removed").await;
        Ok(())
    }

    async fn app_changed(&self, app: &AppName, what: &str) {
        self.record(Entry::new(Event::AppChanged).with("app", app.as_str()).with("what", what));
        if let Err(error) = self.flush_records().await {
            tracing::warn!(%error, "the event is in the log alone");
        }
    }

    /// The app that a key belongs to. Asked of storage each time, so that a key that was taken away is nothing at once.
    pub async fn app_by_key(&self, key: &Secret) -> Result<Option<Arc<App>>, StorageError> {
        Ok(self.storage.find_app_by_key(key.hash(), self.now()).await?.map(Arc::new))
    }

    /// Counts a key that is no app's. False when there were too many from that address to be written down.
    pub fn app_key_refused(&self, address: Option<std::net::IpAddr>) -> bool {
        let from = address.map(|address| address.to_string()).unwrap_or_default();
        let few = self.questions.take(LimitKey(format!("app-key:{from}")), self.now()).is_ok();
        if few {
            self.record(Entry::new(Event::AppKeyRefused).address(address));
        }
        few
    }

    /// The name of an app, as people read it in mails.
    #[expect(clippy::unused_self, reason = "a title of its own would come from storage")]
    pub(super) fn app_title(&self, app: &App) -> String {
        app.name.as_str().to_owned()
    }

    /// What the forms of an app must know before they are drawn. Its own settings say how it looks.
    pub fn client_config_for(&self, app: Option<&App>) -> ClientConfig {
        let own = self.client_config();
        match app {
            None => own,
            Some(app) => ClientConfig {
                app_name: self.app_title(app),
                logo: None,
                tagline: String::new(),
                app_path: "/".to_owned(),
                providers: Vec::new(),
                // They belong to the endpoint's own host.
                passkeys: None,
                ..own
            },
        }
    }

    /// The app of this name, to which a browser wants to be let in.
    pub async fn app_named(&self, ctx: &RequestContext, name: &AppName) -> Result<Option<App>, Problem> {
        self.question(ctx)?;
        self.storage.find_app(name).await.map_err(problem::storage)
    }

    /// The live session of an app behind a token. Asked of storage, as all that an app's process is told: it remembers
    /// the answer, and may have heard of an ending, through another process of the endpoint, before this one does.
    pub async fn app_session_by_token(
        &self,
        hash: TokenHash,
        app: &AppName,
    ) -> Result<Option<Arc<LiveSession>>, StorageError> {
        Ok(self.sessions.read_by_token(hash).await?.filter(|live| live.is_for(Some(app))))
    }

    /// The live session of an app with this id, asked of storage.
    pub async fn app_session_by_id(
        &self,
        id: &SessionId,
        app: &AppName,
    ) -> Result<Option<Arc<LiveSession>>, StorageError> {
        Ok(self.sessions.read_by_id(id).await?.filter(|live| live.is_for(Some(app))))
    }

    /// A code for whoever is signed in in this browser; `None` where nobody is.
    pub async fn authorize(
        &self,
        ctx: &RequestContext,
        app: &App,
        challenge: Challenge,
    ) -> Result<Option<Secret>, Problem> {
        match self.signed_in(ctx).await {
            Ok(live) => {
                self.note_activity(&live.session.id);
                match self.issue_code(&live, app, &challenge.0).await {
                    // It ended, and this process has not heard of it yet.
                    Err(StorageError::IdentityChanged) => Ok(None),
                    issued => issued.map(Some).map_err(problem::storage),
                }
            }
            Err(problem) if problem.code == ErrorCode::SignedOut => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// A one-time code that carries a sign-in to an app. `challenge` is the S256 of a verifier that its process made.
    pub async fn issue_code(
        &self,
        live: &LiveSession,
        app: &App,
        challenge: &str,
    ) -> Result<Secret, StorageError> {
        let code = Secret::draw(&*self.entropy);
        let stored = NewCode {
            hash: code.hash(),
            app: app.name.clone(),
            session_id: live.session.id.clone(),
            challenge: challenge.to_owned(),
            issued_at: self.now(),
        };
        self.storage.add_code(stored).await?;
        Ok(code)
    }

    /// Exchanges a code for a session of the app. `None` when it is refused; a second use ends what the first made.
    pub async fn exchange(
        &self,
        app: &App,
        code: &Secret,
        verifier: &str,
    ) -> Result<Option<Exchanged>, StorageError> {
        if !Secret::is_drawn(code.expose()) {
            return Ok(None);
        }
        let hash = code.hash();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let refused = |entry: Entry| {
            // Anybody may bring codes to an app: that is written down as often as calls from one address are allowed.
            let key = LimitKey(format!("{}:{}", entry.event().name(), app.name));
            if self.questions.take(key, self.now()).is_ok() {
                self.record(entry.with("app", app.name.as_str()));
            }
        };
        // A second look follows when somebody was faster between the first look and the mark.
        for _ in 0..2 {
            let Some(stored) = self.storage.find_code(hash).await? else {
                refused(Entry::new(Event::CodeRefused));
                return Ok(None);
            };
            match stored.judge(&app.name, &challenge, self.now()) {
                Exchange::First => {
                    let parent = self.sessions.read_by_id(&stored.code.session_id).await?;
                    let Some(parent) = parent.filter(|live| live.is_for(None)) else { return Ok(None) };
                    let (token, new) = self.child(&parent, app);
                    let id = new.session.id.clone();
                    let max_age =
                        new.session.lifetime.persistent.then_some(new.session.lifetime.absolute_ttl);
                    if self.storage.exchange_code(hash, new).await? {
                        self.record(
                            Entry::new(Event::CodeExchanged)
                                .identity(&parent.identity.id)
                                .session(&id)
                                .with("app", app.name.as_str()),
                        );
                        let live = self.sessions.read_by_id(&id).await?;
                        return Ok(live.map(|live| Exchanged { token, max_age, live }));
                    }
                }
                Exchange::Refused => {
                    refused(Entry::new(Event::CodeRefused).session(&stored.code.session_id));
                    return Ok(None);
                }
                Exchange::Theft => {
                    if let Some(made) = &stored.made {
                        tracing::warn!(session = made.0, "a code was used a second time; its session ends");
                        self.end_session(made).await?;
                        refused(Entry::new(Event::CodeTheft).session(made));
                    }
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    /// A session of an app that comes from one of the endpoint's own, and never outlives it.
    fn child(&self, parent: &LiveSession, app: &App) -> (Secret, NewSession) {
        let now = self.now();
        let token = Secret::draw(&*self.entropy);
        let Session { lifetime, created_at, .. } = parent.session;
        let left = lifetime.absolute_ttl.saturating_sub(now.since(created_at));
        let session = Session {
            id: self.draw_session_id(Some(&app.name)),
            token_hash: token.hash(),
            created_at: now,
            last_used_at: now,
            lifetime: Lifetime { absolute_ttl: left, ..lifetime },
            app: Some(app.name.clone()),
            parent_id: Some(parent.session.id.clone()),
            ..parent.session.clone()
        };
        let new = NewSession {
            session,
            ticket: None,
            replaces: None,
            verified: None,
            flow: None,
            clear: Vec::new(),
            cap: self.settings.session.max_per_identity,
        };
        (token, new)
    }

    /// Ends a session of an app; `everywhere`: the sign-in that it came from, with everything else that came from it.
    /// False if it is not there, or another app's.
    pub async fn end_for(
        &self,
        app: &AppName,
        id: &SessionId,
        everywhere: bool,
    ) -> Result<bool, StorageError> {
        let Some(live) = self.app_session_by_id(id, app).await? else { return Ok(false) };
        let parent = live.session.parent_id.as_ref().filter(|_| everywhere);
        let ended = self.end_session(parent.unwrap_or(id)).await?;
        if parent.is_some() {
            // Its change says so too, a moment later.
            self.ended(id);
        }
        self.record(Entry::new(Event::SessionEnded).identity(&live.identity.id).session(id));
        Ok(ended)
    }
}
