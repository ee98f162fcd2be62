//! What the gate's tests share: an endpoint with somebody in it, and her browser.

use std::sync::Arc;

use gatehouse_protocol::{Challenge, LoginState, LoginStep, Password};

use crate::{
    clock::{SharedClock, SystemClock},
    config::{GateMode, PasswordSettings, Settings},
    endpoint::{Answer, CookieChange, Endpoint, NewUser, Parts, RequestContext},
    entropy::OsEntropy,
    gate::{Gate, Header},
    http::{CookieNames, HostPolicy},
    keys::Key,
    session::Secret,
    storage::sqlite::SqliteStorage,
};

pub(in crate::gate) const PASSWORD: &str = "seven quiet herons";

/// An endpoint as one process has it, on the database in `folder`.
pub(in crate::gate) async fn process(
    folder: &tempfile::TempDir,
    change: impl FnOnce(&mut Settings),
) -> Arc<Endpoint> {
    let clock: SharedClock = Arc::new(SystemClock::default());
    let path = folder.path().join("gatehouse.db");
    let mut settings = Settings {
        password: PasswordSettings { argon2_memory: 16, argon2_time: 1, ..PasswordSettings::default() },
        gate: GateMode::Script,
        ..Settings::default()
    };
    change(&mut settings);
    let storage = Arc::new(SqliteStorage::open(&path, clock.now(), &OsEntropy).await.unwrap());
    let key = Key::from_bytes([7; 32]);
    let parts = Parts { settings, storage, clock, entropy: Arc::new(OsEntropy), key };
    let endpoint = Endpoint::assemble(parts).await.unwrap();
    endpoint.start();
    endpoint
}

pub(in crate::gate) async fn with_alice(folder: &tempfile::TempDir) -> (Arc<Endpoint>, Gate) {
    with_settings(folder, |_| ()).await
}

/// The same with other settings than those of an app that decides by itself.
pub(in crate::gate) async fn with_settings(
    folder: &tempfile::TempDir,
    change: impl FnOnce(&mut Settings),
) -> (Arc<Endpoint>, Gate) {
    let endpoint = process(folder, change).await;
    let alice = NewUser {
        username: "alice".into(),
        email: None,
        verified: false,
        roles: vec!["admin".into()],
        password: Password::new(PASSWORD),
        must_change: false,
    };
    endpoint.add_user(alice).await.unwrap();
    (Arc::clone(&endpoint), Gate::new(endpoint))
}

/// Signs alice in as a browser does: the cookie, and the ticket for `challenge`.
pub(in crate::gate) async fn sign_in(endpoint: &Endpoint, challenge: &str) -> (String, Secret) {
    let context = RequestContext {
        address: None,
        address_believed: false,
        user_agent: String::new(),
        session: None,
        device: None,
        browser: None,
        locale: "en".into(),
        app: None,
    };
    let step = LoginStep::Password {
        identifier: "alice".into(),
        password: Password::new(PASSWORD),
        keep: false,
        challenge: Some(Challenge(challenge.into())),
    };
    let Answer { state, session_cookie, .. } = endpoint.login(&context, step).await.unwrap();
    let CookieChange::Set { value, .. } = session_cookie else { panic!("no cookie") };
    let LoginState::Complete { ticket: Some(ticket) } = state else { panic!("no ticket") };
    let name = CookieNames::new(endpoint.instance(), false).session;
    (format!("{name}={}", value.expose()), Secret::received(ticket.expose()))
}

pub(in crate::gate) fn handshake(host: &str, origin: Option<&str>, cookie: &str) -> Vec<Header> {
    let mut headers = vec![(b"host".to_vec(), host.into()), (b"cookie".to_vec(), cookie.into())];
    headers.extend(origin.map(|origin| (b"origin".to_vec(), origin.into())));
    headers
}

pub(in crate::gate) async fn admit(gate: &Gate, cookie: &str) -> String {
    let headers = handshake("localhost:8501", Some("http://localhost:8501"), cookie);
    gate.admit(&HostPolicy::local(8501), None, &headers).await.unwrap().handle
}
