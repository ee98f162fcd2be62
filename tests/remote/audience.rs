//! One endpoint, several apps: what is one app's is nothing to another.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatehouse::{
    endpoint::Cached,
    http::{Responder, Surface},
    session::{Secret, SessionId},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::kit::{House, PEER, hash_of, until};

#[tokio::test]
async fn a_sign_in_with_the_form_of_an_app() {
    let house = House::open().await;
    let app = house.app("ledger").await;
    assert!(!app.lets_in("").await);
    let cookie = app.sign_in("alice").await;
    assert!(cookie.starts_with(&format!("gatehouse-{}-ledger=", house.endpoint.instance())));
    assert!(app.lets_in(&cookie).await);
    // The second look asks nobody.
    let handle = app.socket(&cookie).await;
    until("the cache answers", async || {
        app.gate.recheck(&handle).await.unwrap() && app.gate.cached(&handle).is_some()
    })
    .await;
    let reply =
        app.ask(app.request("GET", "/_gatehouse/session").header("cookie", &cookie), &Value::Null).await;
    assert_eq!(reply.json()["username"], "alice");
    let reply =
        app.ask(app.request("POST", "/_gatehouse/logout").header("cookie", &cookie), &json!({})).await;
    assert_eq!(reply.json()["state"], "signed_out");
    assert!(!app.lets_in(&cookie).await);
}

#[tokio::test]
async fn somebody_who_is_disabled_elsewhere_is_out_within_a_second() {
    let house = House::open().await;
    let apps = [house.app("ledger").await, house.app("maps").await];
    let cookies = [apps[0].sign_in("alice").await, apps[1].sign_in("alice").await];
    let handles = [apps[0].socket(&cookies[0]).await, apps[1].socket(&cookies[1]).await];
    for (app, handle) in apps.iter().zip(&handles) {
        until("the cache answers", async || {
            app.gate.recheck(handle).await.unwrap() && app.gate.cached(handle).is_some()
        })
        .await;
    }
    house.command_line().await.set_user_disabled("alice", true).await.unwrap();
    let took = until("both are out", async || {
        let mut out = true;
        for (app, handle) in apps.iter().zip(&handles) {
            out &= !app.gate.recheck(handle).await.unwrap_or(true);
        }
        out
    })
    .await;
    assert!(took < Duration::from_secs(1), "{took:?}");
}

/// Both apps stand on one host, so that a browser sends the cookies of each to the other; and the token of one may be
/// put into the cookie of the other by whoever has it.
#[tokio::test]
async fn the_session_cookie_of_one_app_at_another() {
    let house = House::open().await;
    let (ledger, maps) = (house.app("ledger").await, house.app("maps").await);
    let cookie = ledger.sign_in("alice").await;
    let renamed = cookie.replace("-ledger=", "-maps=");
    for cookie in [&cookie, &renamed] {
        assert!(!maps.lets_in(cookie).await);
        let asked = maps.request("GET", "/_gatehouse/session").header("cookie", cookie);
        assert_eq!(maps.ask(asked, &Value::Null).await.json()["state"], "anonymous");
    }
    let own = cookie.replace("-ledger=", "=");
    let asked = house.request("GET", "/_gatehouse/session").header("cookie", &own);
    assert_eq!(
        house.ask(asked, &Value::Null).await.json()["state"],
        "anonymous",
        "and at the endpoint itself"
    );
    assert!(ledger.lets_in(&cookie).await);
}

/// An app asks for sessions that are not its own, by hash and by id, and tries to end them.
#[tokio::test]
async fn an_app_asks_for_a_session_of_another() {
    let house = House::open().await;
    let (ledger, maps) = (house.app("ledger").await, house.app("maps").await);
    let cookie = ledger.sign_in("alice").await;
    let asked = json!({ "token_hash": hash_of(&cookie) });
    let found = ledger.asks(&house, "session", &asked).await.json();
    let id = found["session"]["id"].as_str().unwrap();
    assert!(maps.asks(&house, "session", &asked).await.json()["session"].is_null());
    assert!(maps.asks(&house, "session", &json!({ "id": id })).await.json()["session"].is_null());
    let ending = json!({ "id": id, "everywhere": true });
    assert_eq!(maps.asks(&house, "end", &ending).await.json()["done"], false);
    assert!(ledger.lets_in(&cookie).await);
    assert_eq!(ledger.asks(&house, "end", &ending).await.json()["done"], true);
}

#[tokio::test]
async fn a_ticket_of_one_app_redeemed_by_another() {
    let house = House::open().await;
    let (ledger, maps) = (house.app("ledger").await, house.app("maps").await);
    let verifier = "v".repeat(43);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let mut step = crate::kit::login("alice");
    step["challenge"] = challenge.into();
    let reply = ledger.ask(ledger.request("POST", "/_gatehouse/login"), &step).await;
    let ticket = reply.json()["ticket"].as_str().unwrap().to_owned();
    let handle = gatehouse::peer::hash_text(Secret::received("socket").hash());
    let asked = json!({ "ticket": ticket, "verifier": verifier, "handle": handle });
    assert!(maps.asks(&house, "redeem", &asked).await.json()["session"].is_null());
    assert!(house.endpoint.redeem(&Secret::received(&*ticket), &verifier, "socket").await.unwrap().is_none());
    let found = ledger.asks(&house, "redeem", &asked).await.json();
    assert_eq!(found["session"]["identity"]["username"], "alice");
}

/// Several processes of the endpoint stand behind one address. The app listens to one of them, and has heard of the end of a
/// session; its next question comes to another, which hears of changes a moment later. What that one remembers would be
/// believed by the app from then on, and nobody would tell it again.
#[tokio::test]
async fn a_revoke_that_the_process_asked_has_not_heard_of() {
    let house = House::open().await;
    let app = house.app("ledger").await;
    let cookies = [app.sign_in("alice").await, app.sign_in("alice").await];
    // Nothing runs in its background: it hears of nothing, and believes its cache as if it had.
    let behind = house.command_line().await;
    let deaf = || behind.sessions().heard(behind.sessions().tick());
    let responder = Responder::new(Arc::clone(&behind), Surface::Standalone);
    let ask = async |asked: Value| {
        let request = http::Request::builder()
            .method("POST")
            .uri("/_gatehouse/app/session")
            .header("authorization", format!("Bearer {}", app.key.expose()))
            .body(asked.to_string().into())
            .unwrap();
        let answer = responder.respond(request, Some(PEER)).await;
        serde_json::from_slice::<Value>(answer.body()).unwrap()["session"].clone()
    };
    let by_hash = json!({ "token_hash": hash_of(&cookies[0]) });
    let by_id = async |id: &SessionId| ask(json!({ "id": id })).await;
    let first = SessionId(ask(by_hash.clone()).await["id"].as_str().unwrap().to_owned());
    let second = ask(json!({ "token_hash": hash_of(&cookies[1]) })).await;
    let second = SessionId(second["id"].as_str().unwrap().to_owned());
    house.endpoint.storage().revoke_session(&first, house.endpoint.now()).await.unwrap();
    deaf();
    assert!(matches!(behind.cached(&first), Cached::Live(_)), "it remembers the session");
    assert!(ask(by_hash).await.is_null());
    assert!(by_id(&first).await.is_null());
    assert!(!by_id(&second).await.is_null());
    house.endpoint.set_user_disabled("alice", true).await.unwrap();
    deaf();
    assert!(matches!(behind.cached(&second), Cached::Live(_)));
    assert!(by_id(&second).await.is_null());
}
