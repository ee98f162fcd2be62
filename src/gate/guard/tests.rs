use std::{sync::Arc, time::Duration};

use gatehouse_protocol::{Challenge, LoginState, LoginStep, Password};

use super::{Gate, Refusal, Verdict};
use crate::{
    clock::{SharedClock, SystemClock},
    config::{PasswordSettings, Settings},
    endpoint::{Answer, CookieChange, Endpoint, NewUser, Parts, RequestContext},
    entropy::OsEntropy,
    gate::Header,
    http::{CookieNames, HostPolicy},
    keys::Key,
    session::Secret,
    storage::sqlite::SqliteStorage,
};

const PASSWORD: &str = "seven quiet herons";

/// An endpoint as one process has it, on the database in `folder`.
async fn process(folder: &tempfile::TempDir) -> Arc<Endpoint> {
    let clock: SharedClock = Arc::new(SystemClock::default());
    let path = folder.path().join("gatehouse.db");
    let settings = Settings {
        password: PasswordSettings { argon2_memory: 16, argon2_time: 1, ..PasswordSettings::default() },
        ..Settings::default()
    };
    let storage = Arc::new(SqliteStorage::open(&path, clock.now(), &OsEntropy).await.unwrap());
    let key = Key::from_bytes([7; 32]);
    let parts = Parts { settings, storage, clock, entropy: Arc::new(OsEntropy), key };
    let endpoint = Endpoint::assemble(parts).await.unwrap();
    endpoint.start();
    endpoint
}

async fn with_alice(folder: &tempfile::TempDir) -> (Arc<Endpoint>, Gate) {
    let endpoint = process(folder).await;
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
async fn sign_in(endpoint: &Endpoint, challenge: &str) -> (String, Secret) {
    let context = RequestContext {
        address: None,
        address_believed: false,
        user_agent: String::new(),
        session: None,
        device: None,
        locale: "en".into(),
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

fn handshake(host: &str, origin: Option<&str>, cookie: &str) -> Vec<Header> {
    let mut headers = vec![(b"host".to_vec(), host.into()), (b"cookie".to_vec(), cookie.into())];
    headers.extend(origin.map(|origin| (b"origin".to_vec(), origin.into())));
    headers
}

async fn admit(gate: &Gate, cookie: &str) -> String {
    let headers = handshake("localhost:8501", Some("http://localhost:8501"), cookie);
    gate.admit(&HostPolicy::local(8501), &headers).await.unwrap().handle
}

/// Another page, or a page under a name that was pointed here, opens the app's websocket.
#[tokio::test]
async fn foreign_host_or_origin_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (_, gate) = with_alice(&folder).await;
    let policy = HostPolicy::local(8501);
    for (host, origin, refusal) in [
        ("evil.example", Some("http://evil.example"), Refusal::Host),
        ("localhost:8501", Some("http://localhost:9999"), Refusal::Origin),
        ("localhost:8501", None, Refusal::Origin),
        ("localhost:8501", Some("null"), Refusal::Origin),
    ] {
        let refused = gate.admit(&policy, &handshake(host, origin, "")).await.unwrap_err();
        assert_eq!(refused, refusal, "{host} {origin:?}");
    }
}

#[tokio::test]
async fn cookie_binds_at_the_handshake_and_a_ticket_at_redeeming() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, gate) = with_alice(&folder).await;
    let (cookie, _) = sign_in(&endpoint, &gate.challenge("s:0")).await;
    let by_cookie = admit(&gate, &cookie).await;
    assert!(gate.current(&by_cookie).await.unwrap().is_some());

    let by_ticket = admit(&gate, "").await;
    assert!(gate.current(&by_ticket).await.unwrap().is_none());
    let (_, ticket) = sign_in(&endpoint, &gate.challenge("t:0")).await;
    assert!(gate.redeem(&ticket, "t:0", &by_ticket).await.unwrap().is_some());
    let live = gate.current(&by_ticket).await.unwrap().unwrap();
    assert_eq!(live.identity.username.as_str(), "alice");
}

/// A ticket is caught on its way, and presented on the websocket of the thief.
#[tokio::test]
async fn ticket_of_another_streamlit_session_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, gate) = with_alice(&folder).await;
    let (_, ticket) = sign_in(&endpoint, &gate.challenge("owner:0")).await;
    let thief = admit(&gate, "").await;
    assert!(gate.redeem(&ticket, "thief:0", &thief).await.unwrap().is_none());
    assert!(gate.current(&thief).await.unwrap().is_none());
}

/// Someone's browser sends its own cookie, and a ticket of somebody else is slipped into its websocket.
#[tokio::test]
async fn cookie_and_ticket_of_different_sessions_end_both() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, gate) = with_alice(&folder).await;
    let (mine, _) = sign_in(&endpoint, &gate.challenge("s:0")).await;
    let handle = admit(&gate, &mine).await;
    let (slipped, ticket) = sign_in(&endpoint, &gate.challenge("s:0")).await;
    assert!(gate.redeem(&ticket, "s:0", &handle).await.unwrap().is_none());
    assert_eq!(gate.check(&handle), Verdict::Gone);
    for cookie in [mine, slipped] {
        let later = admit(&gate, &cookie).await;
        assert!(gate.current(&later).await.unwrap().is_none());
    }
}

/// The command line of another process disables someone whose websocket is open here.
#[tokio::test(flavor = "multi_thread")]
async fn revoke_by_another_process_closes_the_websocket() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, gate) = with_alice(&folder).await;
    let (cookie, _) = sign_in(&endpoint, &gate.challenge("s:0")).await;
    let gate = Arc::new(gate);
    let handle = admit(&gate, &cookie).await;
    let anonymous = admit(&gate, "").await;
    let (closed, mut reported) = tokio::sync::mpsc::unbounded_channel();
    let watching = Arc::clone(&gate);
    tokio::spawn(async move { watching.watch(|handles| drop(closed.send(handles))).await });

    let command_line = process(&folder).await;
    command_line.set_user_disabled("alice", true).await.unwrap();
    let handles = tokio::time::timeout(Duration::from_secs(5), reported.recv()).await.unwrap().unwrap();
    assert_eq!(handles, vec![handle.clone()]);
    assert!(!gate.recheck(&handle).await.unwrap());
    assert_eq!(gate.check(&anonymous), Verdict::Pass);
}

/// Streamlit's session id is the handle in plain mode: its cookie is read once, not again by whoever comes later.
#[tokio::test]
async fn plain_mode_adopts_a_cookie_once() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, gate) = with_alice(&folder).await;
    let (cookie, _) = sign_in(&endpoint, &gate.challenge("s:0")).await;
    gate.adopt("anonymous", "").await.unwrap();
    gate.adopt("anonymous", &cookie).await.unwrap();
    assert!(gate.current("anonymous").await.unwrap().is_none());
    gate.adopt("signed-in", &cookie).await.unwrap();
    assert!(gate.current("signed-in").await.unwrap().is_some());
    assert!(gate.end("signed-in").await.unwrap());
    assert!(gate.current("signed-in").await.unwrap().is_none());
}
