//! Attacks on links that travel by mail.

use std::time::Duration;

use gatehouse::storage::{IdentityRepository as _, sqlite::SqliteStorage};
use gatehouse_protocol::Password;
use serde_json::json;

use crate::kit::{OTHER_PASSWORD, PASSWORD, app, app_with, login_step, registration_step};

fn reset(token: &str, password: &str) -> serde_json::Value {
    json!({"step": "reset", "token": token, "password": password})
}

/// The attacker asks for the victim's reset and lies about where the app is, so that the mailed link leads to the
/// attacker's host and brings the token along.
#[tokio::test]
async fn host_header_poisoning_of_mailed_links() {
    let app = app_with(|settings| settings.public_url = Some("https://app.example.org".into())).await;
    app.add("alice").await;
    let ask = json!({"step": "request", "identifier": "alice"});
    let call = || {
        app.post("/recovery", &ask)
            .header("host", "app.example.org")
            .header("origin", "https://app.example.org")
    };
    for call in [
        call().header("host", "evil.example"),
        call().header("host", "app.example.org.evil.example"),
        call().header("host", "app.example.org@evil.example"),
        call().uri("http://evil.example/_gatehouse/recovery"),
        call().without("host"),
    ] {
        call.send().await.expect_problem(421, "unknown_host");
    }
    assert!(app.mails().await.is_empty(), "refused before anything is queued");
    let poisoned = call()
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example")
        .header("x-original-host", "evil.example")
        .header("x-forwarded-proto", "http")
        .header("referer", "https://evil.example/");
    poisoned.send().await.expect_state("sent");
    let mails = app.mails().await;
    assert_eq!(mails.len(), 1, "control: the request was served");
    let link = mails[0].link("reset").unwrap();
    assert!(link.starts_with("https://app.example.org/_gatehouse/#reset="), "{link}");
    assert!(!mails[0].text().contains("evil.example"));
}

/// The link is used a second time, by whoever found it in the mailbox.
#[tokio::test]
async fn a_reset_link_used_twice() {
    let app = app().await;
    app.add("alice").await;
    let token = app.reset_token("alice").await;
    app.post("/recovery", &json!({"step": "open", "token": token}))
        .send()
        .await
        .expect_state("choose_password");
    app.post("/recovery", &reset(&token, OTHER_PASSWORD)).send().await.expect_state("complete");
    app.post("/recovery", &reset(&token, "another-one-66-fern"))
        .send()
        .await
        .expect_problem(410, "link_expired");
    app.post("/recovery", &json!({"step": "open", "token": token}))
        .send()
        .await
        .expect_problem(410, "link_expired");
    app.login_with("alice", OTHER_PASSWORD).await.expect_complete();
}

/// The same at the same moment, so that both find it unused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_link_used_twice_in_parallel() {
    let app = std::sync::Arc::new(app().await);
    app.add("alice").await;
    let token = app.reset_token("alice").await;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (app, token) = (app.clone(), token.clone());
        calls.spawn(async move {
            let password = format!("parallel-fern-{number}-quay");
            (app.post("/recovery", &reset(&token, &password)).send().await, password)
        });
    }
    let replies = calls.join_all().await;
    let won: Vec<_> = replies.iter().filter(|(reply, _)| reply.status == 200).collect();
    assert_eq!(won.len(), 1);
    for (reply, _) in replies.iter().filter(|(reply, _)| reply.status != 200) {
        reply.expect_problem(410, "link_expired");
    }
    app.login_with("alice", &won[0].1).await.expect_complete();
}

/// An old mail, and a clock that is set back so that the old mail is young again.
#[tokio::test]
async fn an_expired_reset_link() {
    let app = app().await;
    app.add("alice").await;
    let token = app.reset_token("alice").await;
    let issued = gatehouse::clock::Clock::now(&*app.clock);
    app.wait(Duration::from_mins(30) - Duration::from_secs(1));
    app.post("/recovery", &json!({"step": "open", "token": token}))
        .send()
        .await
        .expect_state("choose_password");
    app.wait(Duration::from_secs(2));
    app.post("/recovery", &reset(&token, OTHER_PASSWORD)).send().await.expect_problem(410, "link_expired");
    app.clock.set(issued);
    app.post("/recovery", &reset(&token, OTHER_PASSWORD)).send().await.expect_problem(410, "link_expired");
    app.login("alice").await.expect_complete();
}

/// Two hundred requests for one address: a mailbox is not to be flooded through us, and nothing happens to the account.
#[tokio::test]
async fn flooding_a_mailbox_with_reset_links() {
    let app = app().await;
    app.add("alice").await;
    for number in 0..200_u8 {
        let ask = json!({"step": "request", "identifier": if number % 2 == 0 { "alice" } else { "alice@example.org" }});
        app.post("/recovery", &ask).from(&format!("198.51.100.{number}")).send().await.expect_state("sent");
    }
    let mails = app.mails().await.len();
    assert!((1..=5).contains(&mails), "{mails} mails");
    app.login("alice").await.expect_complete();
}

/// The attacker is signed in already when the owner takes the account back.
#[tokio::test]
async fn a_session_kept_through_a_reset() {
    let app = app().await;
    app.add("alice").await;
    let stolen = app.login("alice").await.expect_complete();
    app.get("/session").cookie(&stolen).send().await.expect_state("signed_in");
    let token = app.reset_token("alice").await;
    let reply = app.post("/recovery", &reset(&token, OTHER_PASSWORD)).send().await;
    reply.expect_state("complete");
    assert_eq!(reply.session(), None, "nobody is signed in by a link from a mailbox");
    app.get("/session").cookie(&stolen).send().await.expect_state("anonymous");
    app.login("alice").await.expect_problem(401, "credentials_rejected");
    app.login_with("alice", OTHER_PASSWORD).await.expect_complete();
}

/// The attacker is about to change the password when the owner's reset takes the account back: after the session and
/// the old password were looked at, before the new one is written. The reset has the last word.
#[tokio::test]
async fn a_password_change_beside_a_reset() {
    let app = app().await;
    let alice = app.add("alice").await;
    let stolen = app.login("alice").await.expect_complete();
    let change = json!({"current": PASSWORD, "new": "walnut/harbor/17/kite"});
    let path = app.directory.path().join("gatehouse.db");
    let (owners, now) =
        (app.endpoint.hasher().hash(&Password::new(OTHER_PASSWORD)).await.unwrap(), app.endpoint.now());
    app.entropy.before_the_next_draw(async move || {
        let storage = SqliteStorage::open_existing(&path).await.unwrap();
        // As a reset in another process: every session ends.
        storage.set_password(&alice.id, &owners, false, None, now).await.unwrap();
    });
    let call = app.post("/password", &change).cookie(&stolen);
    call.send().await.expect_problem(401, "signed_out");
    app.login_with("alice", "walnut/harbor/17/kite").await.expect_problem(401, "credentials_rejected");
    app.login_with("alice", OTHER_PASSWORD).await.expect_complete();
    // Control: with nothing beside it the same change is made.
    let session = app.login_with("alice", OTHER_PASSWORD).await.expect_complete();
    let change = json!({"current": OTHER_PASSWORD, "new": "walnut/harbor/17/kite"});
    assert_eq!(app.post("/password", &change).cookie(&session).send().await.status, 200);
    app.login_with("alice", "walnut/harbor/17/kite").await.expect_complete();
}

/// A link of one kind where another is asked for.
#[tokio::test]
async fn links_of_another_kind() {
    let app = app().await;
    app.add("alice").await;
    let recovery = app.reset_token("alice").await;
    let step = registration_step("bob", "bob@example.org", PASSWORD);
    app.post("/registration", &step).send().await.expect_state("verify_address");
    let verification = app.mails().await[0].token("verify").unwrap();
    app.post("/recovery", &reset(&verification, OTHER_PASSWORD))
        .send()
        .await
        .expect_problem(410, "link_expired");
    let confirm = |token: &str| json!({"step": "confirm", "token": token});
    app.post("/verification", &confirm(&recovery)).send().await.expect_problem(410, "link_expired");
    app.post("/registration", &json!({"step": "open", "token": recovery}))
        .send()
        .await
        .expect_problem(410, "link_expired");
    app.post("/verification", &confirm(&verification)).send().await.expect_state("verified");
    app.post("/recovery", &reset(&recovery, OTHER_PASSWORD)).send().await.expect_state("complete");
}

/// Someone else registers the victim's address first and waits for the victim to confirm: the trojan account. The
/// password that counts is the one of the registration whose link was clicked, and the other registrations are gone.
#[tokio::test]
async fn a_trojan_registration_for_someone_elses_address() {
    let app = app().await;
    let trojan = registration_step("trojan", "victim@example.org", OTHER_PASSWORD);
    app.post("/registration", &trojan).send().await.expect_state("verify_address");
    let first = app.mails().await[0].token("verify").unwrap();
    let own = registration_step("victim", "victim@example.org", PASSWORD);
    app.post("/registration", &own).send().await.expect_state("verify_address");
    let second = app.mails().await[0].token("verify").unwrap();
    let confirm = |token: &str| json!({"step": "confirm", "token": token});
    app.post("/verification", &confirm(&second)).send().await.expect_state("verified");
    app.post("/verification", &confirm(&first)).send().await.expect_problem(410, "link_expired");
    app.login_with("trojan", OTHER_PASSWORD).await.expect_problem(401, "credentials_rejected");
    app.login_with("victim@example.org", OTHER_PASSWORD).await.expect_problem(401, "credentials_rejected");
    app.login_with("victim@example.org", PASSWORD).await.expect_complete();
}

/// A copy of the database is stolen: nothing in it opens anything.
#[tokio::test]
async fn a_stolen_copy_of_the_database() {
    let app = app().await;
    app.add("alice").await;
    let mut step = login_step("alice", PASSWORD);
    step["challenge"] = json!("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let login = app.post("/login", &step).send().await;
    let session = login.expect_complete();
    let ticket = login.json()["ticket"].as_str().unwrap().to_owned();
    let setup = app.endpoint.setup_link().await.unwrap().unwrap();
    app.add_with("bob", |new| new.must_change = true).await;
    let flow = app.login("bob").await.expect_state("new_password")["flow"].as_str().unwrap().to_owned();
    let step = registration_step("carol", "carol@example.org", OTHER_PASSWORD);
    app.post("/registration", &step).send().await.expect_state("verify_address");
    let verification = app.mails().await[0].token("verify").unwrap();
    let token = app.reset_token("alice").await;
    let copy = app.directory.path().join("copy.db");
    app.endpoint.storage().backup(&copy).await.unwrap();
    let bytes = std::fs::read(&copy).unwrap();
    let contains = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(contains("alice"), "control: the copy is readable");
    let session = session.split_once('=').unwrap().1;
    let (device, setup) = (login.device().unwrap(), setup.split_once("#setup=").unwrap().1);
    let device = device.split_once('=').unwrap().1;
    let secrets = [session, device, &ticket, &token, setup, &flow, &verification, PASSWORD, OTHER_PASSWORD];
    for (number, secret) in secrets.iter().enumerate() {
        assert!(!contains(secret), "secret {number} lies in the database");
    }
}
