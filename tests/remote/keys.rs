//! Keys of apps: replaced without an interruption, and nothing once they are taken away.

use std::time::Duration;

use serde_json::json;

use crate::kit::{House, ask_with, hash_of, until};

#[tokio::test]
async fn a_key_is_replaced_without_an_interruption() {
    let house = House::open().await;
    let before = house.app("ledger").await;
    let cookie = before.sign_in("alice").await;
    let key = house.command_line().await.rotate_app_key("ledger", Duration::from_hours(1)).await.unwrap();
    let after = house.process("ledger", &key, |_| ());
    for process in [&before, &after] {
        assert!(process.lets_in(&cookie).await);
        assert!(process.lets_in(&process.sign_in("alice").await).await);
    }
    // The earlier key ends; the process that was restarted goes on.
    let last = house.command_line().await.rotate_app_key("ledger", Duration::ZERO).await.unwrap();
    assert_eq!(before.asks(&house, "session", &json!({})).await.status, 401);
    assert_eq!(after.asks(&house, "session", &json!({})).await.status, 401);
    assert!(house.process("ledger", &last, |_| ()).lets_in(&cookie).await);
}

/// A key was stolen, and the operator replaced it at once. Whoever has it learns nothing more, not even on a stream
/// that is open.
#[tokio::test]
async fn a_revoked_key() {
    let house = House::open().await;
    let thief = house.app("ledger").await;
    let cookie = thief.sign_in("alice").await;
    assert!(thief.lets_in(&cookie).await);
    house.command_line().await.rotate_app_key("ledger", Duration::ZERO).await.unwrap();
    until("nothing is believed any more", async || thief.enter(&cookie).await.is_none()).await;
    let reply = thief.asks(&house, "session", &json!({ "token_hash": hash_of(&cookie) })).await;
    assert_eq!(reply.status, 401);
    let reply = thief.ask(thief.request("POST", "/_gatehouse/login"), &crate::kit::login("alice")).await;
    assert_eq!(
        (reply.status.as_u16(), &*reply.code()),
        (503, "unavailable"),
        "and a browser learns no more than that"
    );
}

#[tokio::test]
async fn the_key_of_a_removed_app() {
    let house = House::open().await;
    let (gone, stays) = (house.app("ledger").await, house.app("maps").await);
    let cookies = (gone.sign_in("alice").await, stays.sign_in("alice").await);
    assert!(gone.lets_in(&cookies.0).await);
    house.command_line().await.remove_app("ledger").await.unwrap();
    until("nobody gets in", async || !gone.lets_in(&cookies.0).await).await;
    assert_eq!(gone.asks(&house, "session", &json!({})).await.status, 401);
    assert!(stays.lets_in(&cookies.1).await);
    // The same name again is another app: nobody is signed in there.
    let again = house.app("ledger").await;
    assert!(!again.lets_in(&cookies.0).await);
}

/// Somebody tries keys. Nobody's key is refused for that.
#[tokio::test]
async fn keys_that_are_made_up() {
    let house = House::open().await;
    let app = house.app("ledger").await;
    let most = house.endpoint.settings().limits.questions_per_address;
    let mut limited = false;
    for _ in 0..=most {
        let reply = ask_with(&house, "ledger.00.made-up", "session", &json!({})).await;
        assert!(reply.status == 401 || reply.status == 429);
        limited |= reply.status == 429;
    }
    assert!(limited);
    assert!(app.lets_in(&app.sign_in("alice").await).await);
}
