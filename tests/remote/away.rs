//! The endpoint is away: nobody is let in, forms say so, and everything comes back by itself.

use std::time::Duration;

use gatehouse::gate::Verdict;
use serde_json::Value;

use crate::kit::{House, Process, login, until};

/// Waits until the app's process answers for a websocket without asking.
async fn knows(app: &Process, handle: &str) {
    until("the cache answers", async || {
        let passes = app.gate.recheck(handle).await;
        matches!(passes, Ok(true)) && app.gate.check(handle) == Verdict::Pass
    })
    .await;
}

#[tokio::test]
async fn an_endpoint_that_is_away_and_comes_back() {
    let mut house = House::open().await;
    let app = house.app("ledger").await;
    let cookie = app.sign_in("alice").await;
    assert!(app.lets_in(&cookie).await);
    let handle = app.socket(&cookie).await;
    knows(&app, &handle).await;

    house.stop().await;
    let took = until("nobody gets in", async || app.enter(&cookie).await.is_none()).await;
    assert!(took < Duration::from_secs(3), "what is cached is believed for a second: {took:?}");
    assert!(app.gate.recheck(&handle).await.is_err());
    let form = app.responder.form("/").await;
    assert_eq!(form.status(), 200, "the form is drawn");
    let reply = app.ask(app.request("POST", "/_gatehouse/login"), &login("alice")).await;
    assert_eq!((reply.status.as_u16(), &*reply.code()), (503, "unavailable"));

    house.restart().await;
    until("alice is in again", async || app.lets_in(&cookie).await).await;
    knows(&app, &handle).await;
}

/// Somebody is disabled while an app hears nothing. When it does again, nothing of what it knew is believed.
#[tokio::test]
async fn a_revocation_while_the_endpoint_is_away() {
    let mut house = House::open().await;
    let app = house.app("ledger").await;
    let cookie = app.sign_in("alice").await;
    let handle = app.socket(&cookie).await;
    knows(&app, &handle).await;
    house.stop().await;
    house.endpoint.set_user_disabled("alice", true).await.unwrap();
    house.restart().await;
    until("alice is out", async || matches!(app.gate.recheck(&handle).await, Ok(false))).await;
    assert!(!app.lets_in(&cookie).await);
}

/// The process of an app starts before its endpoint does.
#[tokio::test]
async fn an_app_that_starts_while_the_endpoint_is_away() {
    let mut house = House::open().await;
    let (_, key) = house.endpoint.add_app("ledger", "http://localhost:8508").await.unwrap();
    house.stop().await;
    let app = house.process("ledger", &key, |_| ());
    let reply = app.responder.form("/").await;
    assert_eq!(reply.status(), 503, "how the form looks is not known yet");
    let reply = app.ask(app.request("GET", "/_gatehouse/config"), &Value::Null).await;
    assert_eq!(reply.code(), "unavailable");
    house.restart().await;
    until("the form is drawn", async || app.responder.form("/").await.status() == 200).await;
}
