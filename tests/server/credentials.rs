//! Attacks on passwords and on who has one; guessing is in `guessing`.

use serde_json::json;

use crate::{
    guessing::{address, guess},
    kit::{PASSWORD, Reply, app, app_with, registration_step},
};

/// Which accounts exist, read from the answer or from the work done for it.
#[tokio::test]
async fn unknown_known_disabled_and_passwordless_accounts_look_alike() {
    let app = app().await;
    app.add("alice").await;
    let disabled = app.add("bob").await;
    app.endpoint.storage().set_disabled(&disabled.id, true, app.endpoint.now()).await.unwrap();
    app.add("carol").await;
    app.forget_password("carol").await;
    let mut seen = Vec::new();
    for (identifier, password) in [
        ("alice", "wrong-password"),
        ("alice@example.org", "wrong-password"),
        ("nobody", "wrong-password"),
        ("nobody@example.org", "wrong-password"),
        ("bob", "wrong-password"),
        // The right password of a disabled account must not be told apart either.
        ("bob", PASSWORD),
        // An account without a password.
        ("carol", PASSWORD),
        ("no such name!", "wrong-password"),
        ("\u{202e}alice", "wrong-password"),
    ] {
        let before = app.hashes();
        let reply = app.login_with(identifier, password).await;
        reply.expect_problem(401, "credentials_rejected");
        seen.push((identifier, reply.status, reply.body, reply.headers, app.hashes() - before));
    }
    let (_, status, body, headers, hashes) = seen[0].clone();
    assert_eq!(hashes, 1, "one hash for everybody");
    for other in &seen {
        assert_eq!(
            (&other.1, &other.2, &other.3, &other.4),
            (&status, &body, &headers, &hashes),
            "{}",
            other.0
        );
    }
    app.login("alice").await.expect_complete();
}

/// A password of a megabyte, so that hashing it costs the server more than sending it costs the attacker.
#[tokio::test]
async fn huge_passwords() {
    let app = app().await;
    app.add("alice").await;
    let before = app.hashes();
    app.login_with("alice", &"x".repeat(1_000_000)).await.expect_problem(413, "too_large");
    app.login_with("alice", &"x".repeat(1025)).await.expect_problem(422, "password_too_long");
    assert_eq!(app.hashes(), before, "refused before hashing");
    app.login_with("alice", &"x".repeat(1024)).await.expect_problem(401, "credentials_rejected");
    assert_eq!(app.hashes(), before + 1, "control");
}

/// Hashes that silently cut (bcrypt at 72 bytes) take every password with the same beginning.
#[tokio::test]
async fn passwords_that_differ_only_behind_byte_64_or_72() {
    let app = app().await;
    let long = format!("{}{}", "Vk3-".repeat(18), "tail-of-it");
    app.add("alice").await;
    let token = app.reset_token("alice").await;
    app.post("/recovery", &json!({"step": "reset", "token": token, "password": long}))
        .send()
        .await
        .expect_state("complete");
    for at in [64, 72, long.len() - 1] {
        let mut other = long.clone().into_bytes();
        other[at] ^= 1;
        let other = String::from_utf8(other).unwrap();
        app.login_with("alice", &other).await.expect_problem(401, "credentials_rejected");
    }
    app.login_with("alice", &long[..72]).await.expect_problem(401, "credentials_rejected");
    app.login_with("alice", &format!("{long} ")).await.expect_problem(401, "credentials_rejected");
    app.login_with("alice", &long).await.expect_complete();
}

/// Text that breaks parsers: none of it may become a 500, and what is a password stays exactly that.
#[tokio::test]
async fn odd_text_in_every_field_of_a_login() {
    let app = app().await;
    for odd in [
        "\u{200f}\u{202e}",
        "😀😀😀😀😀😀😀😀",
        "a\u{301}",
        "\u{feff}",
        "\u{fffd}",
        "\u{10ffff}",
        "' OR 1=1 --",
        "%",
        "_",
    ] {
        app.login_with(odd, odd).await.expect_problem(401, "credentials_rejected");
    }
    app.login_with("nul\0", "x").await.expect_problem(400, "malformed");
    let surrogate =
        br#"{"step":"password","identifier":"\ud800","password":"x","keep":false,"challenge":null}"#;
    let reply = app.post("/login", &json!({})).body(&surrogate[..]).send().await;
    reply.expect_problem(400, "malformed");
    app.add("emoji").await;
    let token = app.reset_token("emoji").await;
    let password = "😀\u{200f}pass wörd 😀";
    app.post("/recovery", &json!({"step": "reset", "token": token, "password": password}))
        .send()
        .await
        .expect_state("complete");
    app.login_with("emoji", password).await.expect_complete();
}

/// What attackers try first: the lists, the app's name, one's own name.
#[tokio::test]
async fn passwords_that_are_guessed_first() {
    let app = app_with(|settings| settings.app_name = "Thunderstorm".into()).await;
    for (password, code) in [
        ("password", "password_common"),
        ("12345678", "password_common"),
        ("thunderstorm", "password_is_name"),
        ("Marmalade", "password_is_name"),
        ("marmalade@example.org", "password_is_name"),
        ("short", "password_too_short"),
    ] {
        let step = registration_step("marmalade", "marmalade@example.org", password);
        let reply = app.post("/registration", &step).send().await;
        reply.expect_problem(422, code);
        assert_eq!(reply.json()["field"], "password");
    }
    let step = registration_step("marmalade", "marmalade@example.org", PASSWORD);
    app.post("/registration", &step).send().await.expect_state("verify_address");
}

/// Two hundred logins at once: the queue stays bounded, and who has a session does not wait behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_logins() {
    let app = app_with(|settings| {
        settings.password.hash_permits = 1;
        settings.password.hash_queue = 4;
        // Slow enough that they pile up.
        settings.password.argon2_memory = 8192;
        settings.limits.address_attempts = 10_000;
        settings.limits.global_attempts = 10_000;
    })
    .await;
    app.add("alice").await;
    let session = app.login("alice").await.expect_complete();
    let app = std::sync::Arc::new(app);
    let mut logins = tokio::task::JoinSet::new();
    for number in 0..200 {
        let app = app.clone();
        logins.spawn(async move { guess(&app, &format!("user{number}"), "x", &address(number)).await });
    }
    let mut most = 0;
    let mut answers = Vec::new();
    while let Some(reply) = logins.join_next().await {
        most = most.max(app.endpoint.hasher().in_use());
        answers.push(reply.unwrap());
        if answers.len() == 100 {
            app.get("/session").cookie(&session).send().await.expect_state("signed_in");
        }
    }
    assert!(most <= 5, "{most} hashes under way");
    let busy: Vec<&Reply> = answers.iter().filter(|reply| reply.status != 401).collect();
    assert!(!busy.is_empty(), "nothing piled up: the test shows nothing");
    for reply in busy {
        assert!(matches!(reply.status.as_u16(), 429 | 503), "{}", reply.text());
        assert!(reply.header("retry-after").is_some());
    }
    app.login("alice").await.expect_complete();
}
