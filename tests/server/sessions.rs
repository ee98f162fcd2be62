//! Attacks on sessions and cookies.

use std::time::Duration;

use gatehouse::identity::Role;
use serde_json::json;

use crate::kit::{App, OTHER_PASSWORD, PASSWORD, app, app_with, login_step};

async fn is_alive(app: &App, session: &str) -> bool {
    let reply = app.get("/session").cookie(session).send().await;
    match reply.json()["state"].as_str().unwrap() {
        "signed_in" => true,
        "anonymous" => {
            assert!(
                reply.cookies().iter().any(|cookie| cookie.contains("Max-Age=0")),
                "the dead cookie is cleared"
            );
            false
        }
        other => panic!("{other}"),
    }
}

/// The attributes of the cookies, letter by letter: `Secure` follows the setting, never a request.
#[tokio::test]
async fn the_cookies_attributes() {
    let plain = app().await;
    plain.add("alice").await;
    let reply = plain
        .post("/login", &login_step("alice", PASSWORD))
        .header("x-forwarded-proto", "https")
        .send()
        .await;
    reply.expect_complete();
    let cookies = reply.cookies();
    assert_eq!(cookies.len(), 2);
    let instance = plain.endpoint.instance();
    assert!(cookies[0].starts_with(&format!("gatehouse-{instance}=")));
    assert!(cookies[0].ends_with("; Path=/; HttpOnly; SameSite=Lax"), "a session cookie: {}", cookies[0]);
    assert!(cookies[1].starts_with(&format!("gatehouse-device-{instance}=")));
    for cookie in &cookies {
        assert!(!cookie.contains("Domain") && !cookie.contains("Secure"), "{cookie}");
    }
    let secure = app_with(|settings| settings.public_url = Some("https://app.example.org".into())).await;
    secure.add("alice").await;
    let mut step = login_step("alice", PASSWORD);
    step["keep"] = json!(true);
    let call = secure.post("/login", &step).header("host", "app.example.org");
    let reply =
        call.header("origin", "https://app.example.org").header("x-forwarded-proto", "http").send().await;
    reply.expect_complete();
    for cookie in reply.cookies() {
        assert!(cookie.starts_with("__Host-gatehouse-"), "{cookie}");
        assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    assert!(reply.cookies()[0].ends_with("; Max-Age=2592000"), "kept for 30 days: {}", reply.cookies()[0]);
}

/// Fixation: the attacker plants a session of their own, waits for the victim to sign in, and uses it after.
#[tokio::test]
async fn session_fixation() {
    let app = app().await;
    app.add("alice").await;
    app.add("mallory").await;
    let name = app.login("mallory").await.expect_complete();
    for planted in [
        name.clone(),
        format!("{}=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", name.split_once('=').unwrap().0),
    ] {
        let reply = app.post("/login", &login_step("alice", PASSWORD)).cookie(&planted).send().await;
        let fresh = reply.expect_complete();
        assert_ne!(fresh, planted);
        assert!(is_alive(&app, &fresh).await);
        assert!(!is_alive(&app, &planted).await, "the planted one opens nothing");
    }
}

/// A stolen cookie is used after its owner signed out.
#[tokio::test]
async fn replay_after_logout() {
    let app = app().await;
    app.add("alice").await;
    let session = app.login("alice").await.expect_complete();
    let other = app.login("alice").await.expect_complete();
    assert!(is_alive(&app, &session).await);
    let reply = app.post("/logout", &json!(null)).cookie(&session).send().await;
    reply.expect_state("signed_out");
    assert!(reply.cookies()[0].contains("Max-Age=0"));
    assert!(!is_alive(&app, &session).await);
    assert!(is_alive(&app, &other).await, "control: only that one");
    let change = json!({"current": PASSWORD, "new": OTHER_PASSWORD});
    app.post("/password", &change).cookie(&session).send().await.expect_problem(401, "signed_out");
}

/// A stolen cookie is used after its owner changed the password.
#[tokio::test]
async fn replay_after_a_password_change() {
    let app = app().await;
    app.add("alice").await;
    let stolen = app.login("alice").await.expect_complete();
    let own = app.login("alice").await.expect_complete();
    let change = json!({"current": PASSWORD, "new": OTHER_PASSWORD});
    let wrong = json!({"current": "wrong-password", "new": OTHER_PASSWORD});
    app.post("/password", &wrong).cookie(&own).send().await.expect_problem(422, "current_password_wrong");
    assert!(is_alive(&app, &stolen).await);
    let reply = app.post("/password", &change).cookie(&own).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json()["ended"], 1);
    assert!(!is_alive(&app, &stolen).await);
    assert!(is_alive(&app, &reply.session().unwrap_or(own)).await);
}

/// Stolen cookies after the operator acted: in this process through storage, as another process would.
#[tokio::test]
async fn replay_after_disabling_a_role_change_or_a_revoke() {
    let app = app().await;
    let alice = app.add("alice").await;
    let now = app.endpoint.now();
    let storage = app.endpoint.storage().clone();
    let login = async || {
        let session = app.login("alice").await.expect_complete();
        assert!(is_alive(&app, &session).await);
        session
    };
    // The feed that tells other processes runs here.
    app.endpoint.start();
    let dies = async |session: &str| {
        for _ in 0..500 {
            if !is_alive(&app, session).await {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    };
    let session = login().await;
    storage.set_roles(&alice.id, &[Role::parse("editor").unwrap()], now).await.unwrap();
    assert!(dies(&session).await, "after a role change");
    let session = login().await;
    storage.revoke_sessions(&alice.id, None, now).await.unwrap();
    assert!(dies(&session).await, "after a revoke");
    let session = login().await;
    storage.set_disabled(&alice.id, true, now).await.unwrap();
    assert!(dies(&session).await, "after disabling");
    storage.set_disabled(&alice.id, false, now).await.unwrap();
    assert!(!is_alive(&app, &session).await, "enabling again brings no session back");
}

/// The token is the cookie's alone: a script on the page can't read it from any answer.
#[tokio::test]
async fn the_session_token_in_a_body() {
    let app = app().await;
    app.add("alice").await;
    let mut step = login_step("alice", PASSWORD);
    step["challenge"] = json!("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let login = app.post("/login", &step).send().await;
    let session = login.expect_complete();
    let token = session.split_once('=').unwrap().1.to_owned();
    assert!(token.len() >= 43, "control: 256 bits");
    assert!(login.json()["ticket"].is_string(), "control");
    let resume = json!({"step": "resume", "challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"});
    let resumed = app.post("/login", &resume).cookie(&session).send().await;
    resumed.expect_state("complete");
    let asked = app.get("/session").cookie(&session).send().await;
    let config = app.get("/config").cookie(&session).send().await;
    for reply in [&login, &resumed, &asked, &config] {
        assert!(!reply.text().contains(&token), "{}", reply.text());
    }
    app.post("/login", &resume).send().await.expect_problem(401, "signed_out");
}

/// A login that never ends, and a thousand of them.
#[tokio::test]
async fn sessions_expire_and_are_capped() {
    let app = app_with(|settings| settings.session.max_per_identity = 3).await;
    let alice = app.add("alice").await;
    let first = app.login("alice").await.expect_complete();
    for _ in 0..5 {
        app.wait(Duration::from_secs(1));
        app.login("alice").await.expect_complete();
    }
    assert_eq!(app.endpoint.storage().list_sessions(&alice.id).await.unwrap().len(), 3);
    assert!(!is_alive(&app, &first).await, "the oldest goes");
    let last = app.login("alice").await.expect_complete();
    app.wait(Duration::from_mins(59));
    assert!(is_alive(&app, &last).await);
    app.wait(Duration::from_hours(2));
    assert!(!is_alive(&app, &last).await, "unused for an hour");
    app.clock.set(gatehouse::clock::Timestamp(1_800_000_000_000));
    assert!(!is_alive(&app, &last).await, "the clock set back revives nothing");
}

/// The operator gave a new password by hand. It opens nothing but the step that replaces it.
#[tokio::test]
async fn a_session_before_the_password_was_replaced() {
    let app = app().await;
    app.add_with("alice", |new| new.must_change = true).await;
    let reply = app.login("alice").await;
    let flow = reply.expect_state("new_password")["flow"].as_str().unwrap().to_owned();
    assert!(reply.cookies().is_empty(), "no session before the last step");
    let step = |flow: &str, password: &str| json!({"step": "new_password", "flow": flow, "password": password, "keep": false, "challenge": null});
    app.post("/login", &step("forged", OTHER_PASSWORD)).send().await.expect_problem(410, "flow_expired");
    app.post("/login", &step(&flow, PASSWORD)).send().await.expect_problem(422, "password_unchanged");
    app.post("/login", &step(&flow, OTHER_PASSWORD)).send().await.expect_complete();
    app.post("/login", &step(&flow, "walnut/harbor/17/kite"))
        .send()
        .await
        .expect_problem(410, "flow_expired");
    app.login("alice").await.expect_problem(401, "credentials_rejected");
    app.login_with("alice", OTHER_PASSWORD).await.expect_complete();
}

/// Guessed, cut and decorated tokens.
#[tokio::test]
async fn forged_session_tokens() {
    let app = app().await;
    app.add("alice").await;
    let session = app.login("alice").await.expect_complete();
    let (name, token) = session.split_once('=').unwrap();
    let forged = [
        format!("{name}={}", &token[..42]),
        format!("{name}={token}A"),
        format!("{name}={}", token.to_uppercase()),
        format!("{name}=' OR '1'='1"),
        format!("{name}=%00"),
        format!("{name}={token}; {name}=other"),
        format!("{}={token}", name.to_uppercase()),
        format!("gatehouse-other={token}"),
        format!("{name}={}", "x".repeat(5000)),
    ];
    for cookie in &forged {
        app.get("/session").cookie(cookie).send().await.expect_state("anonymous");
    }
    assert!(is_alive(&app, &session).await);
}
