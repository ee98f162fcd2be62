//! An endpoint on a database of its own, with a clock that stands still and randomness that can be repeated.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use gatehouse_protocol::{
    Challenge, ErrorCode, LoginState, LoginStep, MailToken, Password, Problem, RegistrationMode, Ticket,
};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use super::super::*;
use crate::{
    clock::{Clock as _, ManualClock},
    config::{Loaded, PasswordSettings, UserSettings},
    entropy::Entropy,
    factor::password::PasswordHash,
    identity::{EmailAddress, Identity, IdentityId, Role, Source, Username, VerifiableAddress},
    session::{LiveSession, Secret},
    storage::{LinkKind, NewIdentity, NewLink, sqlite::SqliteStorage},
};

pub(super) const PASSWORD: &str = "seven quiet herons";
pub(super) const OTHER: &str = "eleven loud magpies";

#[derive(Debug)]
pub(super) struct Seeded(Mutex<ChaCha20Rng>);

impl Seeded {
    pub(super) fn with(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed))))
    }
}

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(buffer);
    }
}

pub(super) struct App {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) clock: Arc<ManualClock>,
    folder: tempfile::TempDir,
    hash: PasswordHash,
    next: AtomicU32,
}

pub(super) fn settings() -> Settings {
    Settings {
        registration: RegistrationMode::Open,
        password: PasswordSettings { argon2_memory: 16, argon2_time: 1, ..PasswordSettings::default() },
        ..Settings::default()
    }
}

impl App {
    pub(super) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
        let mut settings = settings();
        change(&mut settings);
        let endpoint = assemble(&folder, &clock, settings, 1).await;
        let hash = endpoint.hasher().hash(&Password::new(PASSWORD)).await.unwrap();
        Self { endpoint, clock, folder, hash, next: AtomicU32::new(1) }
    }

    /// Another process on the same database.
    pub(super) async fn second(&self) -> Arc<Endpoint> {
        assemble(&self.folder, &self.clock, self.endpoint.settings().clone(), 2).await
    }

    /// The same after a restart, with settings changed.
    pub(super) async fn restarted(&self, change: impl FnOnce(&mut Settings)) -> Arc<Endpoint> {
        let mut settings = self.endpoint.settings().clone();
        change(&mut settings);
        assemble(&self.folder, &self.clock, settings, 3).await
    }

    /// Brings the people of the settings in, as a start does.
    pub(super) async fn declares(&self, change: impl FnOnce(&mut Settings)) -> Result<(), DeclareError> {
        self.endpoint.declare(&self.loaded("app", change)).await
    }

    /// Settings of an app, as they were loaded.
    pub(super) fn loaded(&self, app: &str, change: impl FnOnce(&mut Settings)) -> Loaded {
        let mut settings = self.endpoint.settings().clone();
        change(&mut settings);
        Loaded { settings, files: Vec::new(), source: Source(format!("settings:{app}")), home: "/".into() }
    }

    /// A connection to the database beside the endpoint's own, to break things.
    pub(super) async fn sql(&self) -> sqlx::SqliteConnection {
        use sqlx::Connection as _;
        let path = self.folder.path().join("gatehouse.db");
        sqlx::SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap()
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(super) fn storage(&self) -> &Arc<dyn Storage> {
        self.endpoint.storage()
    }

    /// An identity with [`PASSWORD`] and a confirmed address at example.org.
    pub(super) async fn add(&self, name: &str) -> Identity {
        self.add_with(name, |_| ()).await
    }

    pub(super) async fn add_with(&self, name: &str, change: impl FnOnce(&mut NewIdentity)) -> Identity {
        let now = self.endpoint.now();
        let mut new = NewIdentity {
            id: IdentityId(format!("id_{name}")),
            username: Username::parse(name).unwrap(),
            email: Some(VerifiableAddress {
                address: EmailAddress::parse(&format!("{name}@example.org")).unwrap(),
                verified_at: Some(now),
            }),
            roles: vec![Role::parse("viewer").unwrap()],
            password: self.hash.clone(),
            must_change: false,
            created_at: now,
        };
        change(&mut new);
        self.storage().add_identity(new).await.unwrap()
    }

    /// The token of a reset, as it stands in the mail.
    pub(super) async fn recovery_token(&self, name: &str) -> MailToken {
        let (token, now) = (Secret::draw(&**self.endpoint.entropy()), self.endpoint.now());
        let link = NewLink {
            hash: token.hash(),
            kind: LinkKind::Recovery,
            identity_id: Some(IdentityId(format!("id_{name}"))),
            email: EmailAddress::parse(&format!("{name}@example.org")).ok(),
            mailed: true,
            roles: Vec::new(),
            created_at: now,
            expires_at: now.plus(Duration::from_mins(30)),
        };
        self.storage().add_link(link).await.unwrap();
        MailToken::new(token.expose())
    }

    /// Everything that the database's files hold.
    pub(super) fn files(&self) -> Vec<Vec<u8>> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }

    /// A browser with an address of its own.
    pub(super) fn browser(&self) -> Browser {
        let address = Ipv4Addr::from(0x0a00_0000 + self.next.fetch_add(1, Ordering::Relaxed));
        Browser::on(Arc::clone(&self.endpoint), address.into())
    }
}

async fn assemble(
    folder: &tempfile::TempDir,
    clock: &Arc<ManualClock>,
    settings: Settings,
    seed: u64,
) -> Arc<Endpoint> {
    let entropy = Seeded::with(seed);
    let path = folder.path().join("gatehouse.db");
    let storage = SqliteStorage::open(&path, clock.now(), &*entropy).await.unwrap();
    let parts = Parts {
        settings,
        storage: Arc::new(storage),
        clock: Arc::clone(clock) as SharedClock,
        entropy,
        key: Key::from_bytes([9; 32]),
    };
    let endpoint = Endpoint::assemble(parts).await.unwrap();
    endpoint.set_local_url("http://localhost:8501");
    endpoint
}

/// Declares somebody as `users.NAME`.
pub(super) fn user(settings: &mut Settings, name: &str, password: &str, roles: &[&str]) {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    let user = UserSettings { password: Password::new(password), roles, email: None };
    settings.users.insert(name.to_owned(), user);
}

/// A browser: keeps the cookies that it is given.
pub(super) struct Browser {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) ctx: RequestContext,
    pub(super) session_max_age: Option<Duration>,
}

impl Browser {
    pub(super) fn on(endpoint: Arc<Endpoint>, address: IpAddr) -> Self {
        let ctx = RequestContext {
            address: Some(address),
            address_believed: true,
            user_agent: "Testing/1.0".into(),
            session: None,
            device: None,
            browser: None,
            locale: "en".into(),
            app: None,
        };
        Self { endpoint, ctx, session_max_age: None }
    }

    pub(super) fn keep<T>(&mut self, answer: Answer<T>) -> T {
        match answer.session_cookie {
            CookieChange::Keep => {}
            CookieChange::Clear => self.ctx.session = None,
            CookieChange::Set { value, max_age } => {
                self.ctx.session = Some(value);
                self.session_max_age = max_age;
            }
        }
        if let CookieChange::Set { value, .. } = answer.browser_cookie {
            self.ctx.browser = Some(value);
        }
        if let CookieChange::Set { value, .. } = answer.device_cookie {
            self.ctx.device = Some(value.expose().to_owned());
        }
        answer.state
    }

    pub(super) async fn step(&mut self, step: LoginStep) -> Result<LoginState, Problem> {
        let answer = self.endpoint.login(&self.ctx, step).await?;
        Ok(self.keep(answer))
    }

    pub(super) async fn login(&mut self, identifier: &str, password: &str) -> Result<LoginState, Problem> {
        self.step(password_step(identifier, password, false, None)).await
    }

    /// A login that must succeed.
    pub(super) async fn signs_in(&mut self, identifier: &str, password: &str) {
        let state = self.login(identifier, password).await.unwrap();
        assert!(matches!(state, LoginState::Complete { ticket: None }));
    }

    /// A login that must be refused with this code.
    pub(super) async fn refused(&mut self, identifier: &str, password: &str) -> ErrorCode {
        self.login(identifier, password).await.unwrap_err().code
    }

    /// A login for a Python app; its ticket.
    pub(super) async fn ticket(&mut self, identifier: &str, verifier: &str) -> Ticket {
        let step = password_step(identifier, PASSWORD, false, Some(challenge(verifier)));
        match self.step(step).await.unwrap() {
            LoginState::Complete { ticket: Some(ticket) } => ticket,
            other => panic!("{other:?}"),
        }
    }

    /// The session that the cookie opens now.
    pub(super) async fn session(&self) -> Option<Arc<LiveSession>> {
        self.endpoint.session_by_token(self.ctx.session.as_ref()?).await.unwrap()
    }
}

pub(super) fn password_step(
    identifier: &str,
    password: &str,
    keep: bool,
    challenge: Option<Challenge>,
) -> LoginStep {
    LoginStep::Password { identifier: identifier.into(), password: Password::new(password), keep, challenge }
}

/// S256 of a verifier (RFC 7636).
pub(super) fn challenge(verifier: &str) -> Challenge {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use sha2::Digest as _;
    Challenge(URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(verifier.as_bytes())))
}

/// Registration is closed, as beside one password it has to be.
pub(super) fn closed(settings: &mut Settings) {
    settings.registration = RegistrationMode::Closed;
}

/// One password for everybody.
pub(super) fn one_password(settings: &mut Settings, password: &str) {
    closed(settings);
    settings.shared_password = Some(Password::new(password));
}
