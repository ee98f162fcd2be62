use std::{sync::Arc, time::Duration};

use gatehouse_protocol::Password;

use super::{Gate, Refusal, Verdict};
use crate::{
    config::{GateMode, Loaded, UserSettings},
    endpoint::Endpoint,
    gate::tests::kit::{PASSWORD, admit, handshake, process, sign_in, with_alice, with_settings},
    http::HostPolicy,
    identity::Source,
};

/// The gate covers the whole app: a websocket of nobody's is none of the app's.
#[tokio::test]
async fn anonymous_websocket_is_refused_where_the_gate_covers_the_app() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, gate) = with_settings(&folder, |settings| settings.gate = GateMode::App).await;
    let policy = HostPolicy::local(8501);
    let origin = Some("http://localhost:8501");
    let refused = gate.admit(&policy, None, &handshake("localhost:8501", origin, "")).await.unwrap_err();
    assert_eq!(refused, Refusal::SignedOut);
    let (cookie, _) = sign_in(&endpoint, &gate.challenge("s:0")).await;
    assert!(gate.current(&admit(&gate, &cookie).await).await.unwrap().is_some());
    endpoint.set_user_disabled("alice", true).await.unwrap();
    let refused = gate.admit(&policy, None, &handshake("localhost:8501", origin, &cookie)).await.unwrap_err();
    assert_eq!(refused, Refusal::SignedOut);
}

/// A message asks for a page whose rule its sender does not meet.
#[tokio::test]
async fn a_ruled_page_is_not_opened_without_its_role() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, gate) = with_settings(&folder, |settings| {
        settings.pages.insert("admin".into(), vec!["admin".into()]);
        settings.pages.insert("ledger".into(), vec!["accountant".into()]);
        settings.pages.insert("members".into(), Vec::new());
    })
    .await;
    let anonymous = admit(&gate, "").await;
    let (cookie, _) = sign_in(&endpoint, &gate.challenge("s:0")).await;
    let alice = admit(&gate, &cookie).await;
    for (page, for_nobody, for_alice) in
        [("admin", false, true), ("ledger", false, false), ("members", false, true), ("about", true, true)]
    {
        assert_eq!(gate.may_open(&anonymous, page).await.unwrap(), for_nobody, "{page}");
        assert_eq!(gate.may_open(&alice, page).await.unwrap(), for_alice, "{page}");
    }
    assert!(!gate.may_open("no such handle", "members").await.unwrap());
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
        let refused = gate.admit(&policy, None, &handshake(host, origin, "")).await.unwrap_err();
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

    let command_line = process(&folder, |_| ()).await;
    command_line.set_user_disabled("alice", true).await.unwrap();
    let handles = tokio::time::timeout(Duration::from_secs(5), reported.recv()).await.unwrap().unwrap();
    assert_eq!(handles, vec![handle.clone()]);
    assert!(!gate.recheck(&handle).await.unwrap());
    assert_eq!(gate.check(&anonymous), Verdict::Pass);
}

/// The operator deletes somebody's line from the secrets while the websocket is open here.
#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_line_of_the_settings_closes_the_websocket() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = process(&folder, |_| ()).await;
    let gate = Arc::new(Gate::new(Arc::<Endpoint>::clone(&endpoint)));
    let mut loaded = Loaded {
        settings: endpoint.settings().clone(),
        files: Vec::new(),
        source: Source("settings:..".into()),
        home: folder.path().to_owned(),
    };
    let alice = UserSettings { password: Password::new(PASSWORD), roles: vec!["admin".into()], email: None };
    loaded.settings.users.insert("alice".into(), alice);
    endpoint.declare(&loaded).await.unwrap();
    let (cookie, _) = sign_in(&endpoint, &gate.challenge("s:0")).await;
    let handle = admit(&gate, &cookie).await;
    assert!(gate.recheck(&handle).await.unwrap(), "control");
    let (closed, mut reported) = tokio::sync::mpsc::unbounded_channel();
    let watching = Arc::clone(&gate);
    tokio::spawn(async move { watching.watch(|handles| drop(closed.send(handles))).await });

    loaded.settings.users.clear();
    endpoint.declare(&loaded).await.unwrap();
    assert_ne!(gate.check(&handle), Verdict::Pass, "not even the next message passes");
    let handles = tokio::time::timeout(Duration::from_secs(5), reported.recv()).await.unwrap().unwrap();
    assert_eq!(handles, vec![handle.clone()]);
    assert!(!gate.recheck(&handle).await.unwrap());
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
