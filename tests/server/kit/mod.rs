//! A whole endpoint for one test: its own database, clock, randomness and mail server. Nothing is shared.

mod entropy;
mod mailbox;
mod reply;
mod request;
mod wal;

use std::{net::IpAddr, path::Path, sync::Arc, time::Duration};

use gatehouse::{
    clock::{Clock as _, ManualClock, Timestamp},
    config::{Settings, SmtpSecurity},
    endpoint::{Courier, Endpoint, Parts},
    http::{Responder, Surface},
    identity::{EmailAddress, Identity, IdentityId, Role, Username, VerifiableAddress},
    keys::Key,
    mail::Transport,
    storage::{MailTemplate, NewIdentity, sqlite::SqliteStorage},
};
use gatehouse_protocol::{Password, RegistrationMode};
use serde_json::{Value, json};
use sqlx::Connection as _;

pub(crate) use entropy::SeededEntropy;
pub(crate) use mailbox::{Letter, Mailbox};
pub(crate) use reply::Reply;
pub(crate) use request::Call;

/// The password of everybody who is added by the kit.
pub(crate) const PASSWORD: &str = "violet-anchor-93-plum";
/// Another that the rules accept.
pub(crate) const OTHER_PASSWORD: &str = "copper.lantern.41.reef";
/// Where the app is.
pub(crate) const HOST: &str = "localhost:8501";
pub(crate) const ORIGIN: &str = "http://localhost:8501";
/// Who asks, unless a test says otherwise.
pub(crate) const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// An endpoint under test.
pub(crate) struct App {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) responder: Responder,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) entropy: Arc<SeededEntropy>,
    pub(crate) mailbox: Mailbox,
    pub(crate) directory: tempfile::TempDir,
    transport: Transport,
}

/// An endpoint where everybody may register.
pub(crate) async fn app() -> App {
    app_with(|_| ()).await
}

/// The same with other settings.
pub(crate) async fn app_with(change: impl FnOnce(&mut Settings)) -> App {
    app_on(Surface::Mount { base_path: String::new() }, change).await
}

/// The same on another surface.
pub(crate) async fn app_on(surface: Surface, change: impl FnOnce(&mut Settings)) -> App {
    let directory = tempfile::tempdir().unwrap();
    let mailbox = Mailbox::open().await;
    let mut settings =
        Settings { app_name: "Weather".into(), registration: RegistrationMode::Open, ..Settings::default() };
    settings.password.argon2_memory = 8;
    settings.password.argon2_time = 1;
    settings.mail.smtp_host = Some("127.0.0.1".into());
    settings.mail.smtp_port = Some(mailbox.port());
    settings.mail.smtp_security = SmtpSecurity::None;
    settings.mail.from = Some("Weather <noreply@example.org>".into());
    change(&mut settings);
    let transport = Transport::open(&settings).unwrap().unwrap();
    let clock = Arc::new(ManualClock::at(Timestamp(1_800_000_000_000)));
    let entropy = Arc::new(SeededEntropy::new(7));
    let endpoint = assemble(directory.path(), settings, &clock, &entropy).await;
    let responder = Responder::new(endpoint.clone(), surface);
    App { endpoint, responder, clock, entropy, mailbox, directory, transport }
}

async fn assemble(
    directory: &Path,
    settings: Settings,
    clock: &Arc<ManualClock>,
    entropy: &Arc<SeededEntropy>,
) -> Arc<Endpoint> {
    let storage =
        SqliteStorage::open(&directory.join("gatehouse.db"), clock.now(), &**entropy).await.unwrap();
    let key = Key::load_or_create(&directory.join("gatehouse.key")).unwrap();
    let parts =
        Parts { settings, storage: Arc::new(storage), clock: clock.clone(), entropy: entropy.clone(), key };
    let endpoint = Endpoint::assemble(parts).await.unwrap();
    endpoint.set_local_url(ORIGIN);
    endpoint
}

impl App {
    /// A call to a path under the mount, as the app's own page would make it.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Call<'_> {
        Call::post(self, path).json(body)
    }

    /// A call that changes nothing.
    pub(crate) fn get(&self, path: &str) -> Call<'_> {
        Call::get(self, path)
    }

    /// Signs in with the kit's password.
    pub(crate) async fn login(&self, identifier: &str) -> Reply {
        self.login_with(identifier, PASSWORD).await
    }

    /// Signs in.
    pub(crate) async fn login_with(&self, identifier: &str, password: &str) -> Reply {
        self.post("/login", &login_step(identifier, password)).send().await
    }

    /// Adds someone with the kit's password and a confirmed address at `example.org`.
    pub(crate) async fn add(&self, username: &str) -> Identity {
        self.add_with(username, |_| ()).await
    }

    /// The same, changed before it is added.
    pub(crate) async fn add_with(&self, username: &str, change: impl FnOnce(&mut NewIdentity)) -> Identity {
        let now = self.endpoint.now();
        let address = EmailAddress::parse(&format!("{username}@example.org")).unwrap();
        let mut new = NewIdentity {
            id: IdentityId(format!("id_{username}")),
            username: Username::parse(username).unwrap(),
            email: Some(VerifiableAddress { address, verified_at: Some(now) }),
            roles: vec![Role::parse("reader").unwrap()],
            password: self.endpoint.hasher().hash(&Password::new(PASSWORD)).await.unwrap(),
            must_change: false,
            created_at: now,
        };
        change(&mut new);
        self.endpoint.storage().add_identity(new).await.unwrap()
    }

    /// Takes the password from an account, as an account that came by another factor has none.
    pub(crate) async fn forget_password(&self, username: &str) {
        let database = format!("sqlite:{}", self.directory.path().join("gatehouse.db").display());
        let mut connection = sqlx::SqliteConnection::connect(&database).await.unwrap();
        let update = sqlx::query("UPDATE identity SET password = NULL WHERE username = ?").bind(username);
        assert_eq!(update.execute(&mut connection).await.unwrap().rows_affected(), 1);
    }

    /// Sends all mail that is due, and returns what arrived.
    pub(crate) async fn mails(&self) -> Vec<Letter> {
        let courier = Courier { endpoint: &self.endpoint, transport: &self.transport };
        while courier.step().await.unwrap() {}
        self.mailbox.take()
    }

    /// Asks for a new password and returns the token of the mailed link.
    pub(crate) async fn reset_token(&self, identifier: &str) -> String {
        let reply =
            self.post("/recovery", &json!({"step": "request", "identifier": identifier})).send().await;
        reply.expect_state("sent");
        let mails = self.mails().await;
        mails.iter().find_map(|mail| mail.token("reset")).expect("no mail with a link")
    }

    /// How many hashes were computed so far.
    pub(crate) fn hashes(&self) -> u64 {
        self.endpoint.hasher().computed()
    }

    /// How many transactions were made durable so far, as the database's own log has them.
    pub(crate) fn commits(&self) -> usize {
        wal::commits(&self.directory.path().join("gatehouse.db-wal"))
    }

    /// Another process on the same database, at whatever time the clock shows.
    pub(crate) async fn restart(mut self) -> Self {
        let settings = self.endpoint.settings().clone();
        self.endpoint = assemble(self.directory.path(), settings, &self.clock, &self.entropy).await;
        self.responder = Responder::new(self.endpoint.clone(), Surface::Mount { base_path: String::new() });
        self
    }

    /// Moves the clock on.
    pub(crate) fn wait(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Which mails were queued for whom: nothing of it may be seen from outside.
    pub(crate) async fn templates(&self) -> Vec<MailTemplate> {
        self.mails().await.iter().map(Letter::template).collect()
    }
}

/// The first step of a login.
pub(crate) fn login_step(identifier: &str, password: &str) -> Value {
    json!({"step": "password", "identifier": identifier, "password": password, "keep": false, "challenge": null})
}

/// A registration without a link.
pub(crate) fn registration_step(username: &str, email: &str, password: &str) -> Value {
    json!({
        "step": "submit", "username": username, "email": email, "password": password, "token": null, "challenge": null
    })
}
