//! Attacks on passwords by guessing: at one account, at many, from one address, from many, at once.

use std::time::Duration;

use serde_json::json;

use crate::kit::{App, OTHER_PASSWORD, PASSWORD, Reply, app, app_with, login_step};

/// One of many addresses.
pub(crate) fn address(number: u32) -> String {
    format!("198.{}.{}.{}", 18 + number / 65_536, number / 256 % 256, number % 256)
}

/// A guess from an address.
pub(crate) async fn guess(app: &App, identifier: &str, password: &str, from: &str) -> Reply {
    app.post("/login", &login_step(identifier, password)).from(from).send().await
}

/// A botnet guesses at one account, every guess from another address, so that no address stands out. The account
/// itself locks; its owner gets back in by mail, and by the device that is known.
#[tokio::test]
async fn guessing_at_one_account_from_many_addresses() {
    let app = app().await;
    app.add("alice").await;
    let device = app.login("alice").await.device().unwrap();
    let mut refused = None;
    for number in 0..101 {
        let reply = guess(&app, "alice", "wrong-password", &address(number)).await;
        match reply.code().as_deref() {
            Some("credentials_rejected") => assert!(refused.is_none(), "the lock opened by itself"),
            Some("too_many_attempts") => refused = refused.or(Some(number)),
            other => panic!("{other:?}"),
        }
    }
    assert!(refused.is_some_and(|number| (1..100).contains(&number)), "{refused:?}");
    let right = guess(&app, "alice", PASSWORD, &address(500)).await;
    right.expect_problem(429, "too_many_attempts");
    assert!(right.header("retry-after").is_some());
    let known = app.post("/login", &login_step("alice", PASSWORD)).cookie(&device).send().await;
    known.expect_complete();
    let token = app.reset_token("alice").await;
    let reset = json!({"step": "reset", "token": token, "password": OTHER_PASSWORD});
    app.post("/recovery", &reset).send().await.expect_state("complete");
    app.wait(Duration::from_hours(24));
    app.login_with("alice", OTHER_PASSWORD).await.expect_complete();
}

/// All the guesses at the same moment, so that each is looked at before any other was counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_at_one_account_in_parallel() {
    let app = std::sync::Arc::new(app().await);
    app.add("alice").await;
    let before = app.hashes();
    let mut guesses = tokio::task::JoinSet::new();
    for number in 0..60 {
        let app = app.clone();
        guesses.spawn(async move { guess(&app, "alice", "wrong-password", &address(number)).await });
    }
    for reply in guesses.join_all().await {
        let code = reply.code();
        assert!(
            matches!(code.as_deref(), Some("credentials_rejected" | "too_many_attempts" | "busy")),
            "{code:?}"
        );
    }
    let looked_at = app.hashes() - before;
    let allowed = u64::from(app.endpoint.settings().limits.account_attempts);
    assert!((1..=allowed).contains(&looked_at), "{looked_at} guesses were looked at");
}

/// The lock is the account's, not everybody's.
#[tokio::test]
async fn locking_others_out_by_guessing_at_one() {
    let app = app().await;
    app.add("alice").await;
    app.add("bob").await;
    for number in 0..30 {
        guess(&app, "alice", "wrong-password", &address(number)).await;
    }
    app.login("alice").await.expect_problem(429, "too_many_attempts");
    app.login("bob").await.expect_complete();
}

/// One common password against a thousand accounts, once each: no account stands out, but the address does.
#[tokio::test]
async fn one_password_against_a_thousand_accounts() {
    let app = app().await;
    let mut tried = 0;
    for number in 0..1000 {
        let reply = guess(&app, &format!("user{number}"), "password1", "198.51.100.7").await;
        if reply.code().as_deref() == Some("too_many_attempts") {
            break;
        }
        reply.expect_problem(401, "credentials_rejected");
        tried += 1;
    }
    assert!((1..200).contains(&tried), "{tried} accounts were tried from one address");
    guess(&app, "user1001", "password1", "203.0.113.8").await.expect_problem(401, "credentials_rejected");
}

/// The same from a botnet, every guess from another address: neither an account nor an address stands out, but the
/// sum does. A device that is known gets in all the same.
#[tokio::test]
async fn one_password_against_a_thousand_accounts_from_a_thousand_addresses() {
    let app = app_with(|settings| settings.limits.global_attempts = 60).await;
    app.add("alice").await;
    let device = app.login("alice").await.device().unwrap();
    let mut tried = 0;
    for number in 0..1000 {
        let reply = guess(&app, &format!("user{number}"), "password1", &address(number)).await;
        if reply.code().as_deref() == Some("too_many_attempts") {
            break;
        }
        reply.expect_problem(401, "credentials_rejected");
        tried += 1;
    }
    assert_eq!(tried, 60);
    let known = app.post("/login", &login_step("alice", PASSWORD)).cookie(&device).send().await;
    known.expect_complete();
    app.wait(Duration::from_mins(1));
    app.login("alice").await.expect_complete();
}

/// The same with a header that pretends another address each time.
#[tokio::test]
async fn x_forwarded_for_does_not_buy_new_attempts() {
    let app = app_with(|settings| settings.trusted_proxies = vec!["192.0.2.80".into()]).await;
    let mut limited = false;
    for number in 0..200 {
        let call =
            app.post("/login", &login_step(&format!("user{number}"), "password1")).from("198.51.100.7");
        let reply =
            call.header("x-forwarded-for", &address(number)).header("forwarded", "for=1.2.3.4").send().await;
        limited |= reply.code().as_deref() == Some("too_many_attempts");
    }
    assert!(limited, "every request was counted for another address");
    // Control: behind the proxy that the settings name, the same header tells people apart.
    for number in 0..200 {
        let call = app.post("/login", &login_step(&format!("other{number}"), "password1")).from("192.0.2.80");
        let reply = call.header("x-forwarded-for", &address(1000 + number)).send().await;
        reply.expect_problem(401, "credentials_rejected");
    }
}

/// A proxy on this machine that the settings don't name: everybody comes from 127.0.0.1, and one guesser must not
/// lock everybody out. Without the header it is one person, and counts.
#[tokio::test]
async fn an_undeclared_proxy_locks_nobody_out() {
    let app = app().await;
    app.add("alice").await;
    for number in 0..200 {
        let call = app.post("/login", &login_step(&format!("user{number}"), "password1")).from("127.0.0.1");
        let reply = call.header("x-forwarded-for", "198.51.100.7").send().await;
        reply.expect_problem(401, "credentials_rejected");
    }
    let call = app.post("/login", &login_step("alice", PASSWORD)).from("127.0.0.1");
    call.header("x-forwarded-for", "203.0.113.5").send().await.expect_complete();
    let mut limited = false;
    for number in 0..200 {
        let reply = guess(&app, &format!("other{number}"), "password1", "127.0.0.1").await;
        limited |= reply.code().as_deref() == Some("too_many_attempts");
    }
    assert!(limited, "control");
}

/// Between two guesses at others the attacker signs in to an own account, so that the counters start anew.
#[tokio::test]
async fn own_successes_between_guesses_at_others() {
    let app = app().await;
    app.add("alice").await;
    app.add("mallory").await;
    let mut refused = false;
    for number in 0..200 {
        let reply = guess(&app, "alice", &format!("guess-{number}"), "198.51.100.7").await;
        refused |= reply.code().as_deref() == Some("too_many_attempts");
        guess(&app, "mallory", PASSWORD, "198.51.100.7").await;
    }
    assert!(refused, "an attacker's success reset the counters of others");
    app.add("bob").await;
    for _ in 0..5 {
        for _ in 0..5 {
            guess(&app, "bob", "wrong-password", "203.0.113.5")
                .await
                .expect_problem(401, "credentials_rejected");
        }
        guess(&app, "bob", PASSWORD, "203.0.113.5").await.expect_complete();
    }
}
