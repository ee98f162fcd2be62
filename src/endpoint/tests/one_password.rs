//! One password for everybody, and what guessing at it gets.

use gatehouse_protocol::{ErrorCode, LoginForm};

use super::kit::{App, OTHER, PASSWORD, closed, one_password, user};
use crate::config::Settings;

#[tokio::test]
async fn one_password_opens_the_app_without_a_name() {
    let app = App::with(closed).await;
    app.declares(|s| one_password(s, PASSWORD)).await.unwrap();
    let config = app.endpoint.client_config();
    assert_eq!((config.login, config.recovery), (LoginForm::PasswordOnly, false));
    let mut browser = app.browser();
    assert_eq!(browser.refused("", OTHER).await, ErrorCode::CredentialsRejected);
    browser.signs_in("", PASSWORD).await;
    let live = browser.session().await.unwrap();
    assert_eq!((live.identity.username.as_str(), live.identity.roles.len()), ("guest", 0));

    app.declares(|s| one_password(s, OTHER)).await.unwrap();
    assert!(browser.session().await.is_none(), "a new password asks everybody again");
    browser.signs_in("", OTHER).await;
    app.declares(|_| ()).await.unwrap();
    assert!(browser.session().await.is_none());
    assert_eq!(app.endpoint.client_config().login, LoginForm::NameAndPassword);
    assert_eq!(browser.refused("", OTHER).await, ErrorCode::Required);
}

/// The cap on one person's sessions would sign out whoever came first.
#[tokio::test]
async fn visitors_do_not_sign_each_other_out() {
    let app = App::with(|s| {
        closed(s);
        s.session.max_per_identity = 3;
    })
    .await;
    app.declares(|s| one_password(s, PASSWORD)).await.unwrap();
    let mut first = app.browser();
    first.signs_in("", PASSWORD).await;
    for _ in 0..5 {
        app.browser().signs_in("", PASSWORD).await;
    }
    assert!(first.session().await.is_some());
    app.declares(|s| user(s, "alice", PASSWORD, &[])).await.unwrap();
    let mut first = app.browser();
    first.signs_in("alice", PASSWORD).await;
    for _ in 0..5 {
        app.browser().signs_in("alice", PASSWORD).await;
    }
    assert!(first.session().await.is_none(), "control: a person has a cap");
}

#[tokio::test]
async fn one_name_and_password_is_an_account_like_any_other() {
    let app = App::with(closed).await;
    let named = |s: &mut Settings| {
        one_password(s, PASSWORD);
        s.shared_username = Some("team".into());
    };
    app.declares(named).await.unwrap();
    assert_eq!(app.endpoint.client_config().login, LoginForm::NameAndPassword);
    app.browser().signs_in("Team", PASSWORD).await;
    assert_eq!(app.browser().refused("", PASSWORD).await, ErrorCode::Required);
    assert_eq!(app.browser().refused("guest", PASSWORD).await, ErrorCode::CredentialsRejected);
}

/// The form asks for nothing but a password: whoever sends a name with it, or an account called like the shared one,
/// gets nowhere. Everybody costs one hash.
#[tokio::test]
async fn reaching_another_account_through_the_form_for_one_password() {
    let app = App::with(closed).await;
    app.add("alice").await;
    app.declares(|s| one_password(s, OTHER)).await.unwrap();
    let mut codes = Vec::new();
    for (identifier, password) in [
        ("alice", PASSWORD),
        ("alice@example.org", PASSWORD),
        ("guest", OTHER),
        ("nobody", OTHER),
        ("", PASSWORD),
        (" ", PASSWORD),
    ] {
        let before = app.endpoint.hasher().computed();
        codes.push(app.browser().refused(identifier, password).await);
        assert_eq!(app.endpoint.hasher().computed() - before, 1, "{identifier:?}");
    }
    assert!(codes.iter().all(|code| *code == ErrorCode::CredentialsRejected), "{codes:?}");
    app.browser().signs_in("", OTHER).await;
}

/// An account of the database has the name of the shared one, and the password of the settings came later: an empty
/// name must not mean that account.
#[tokio::test]
async fn an_account_called_guest_is_not_reached_by_an_empty_name() {
    let app = App::with(closed).await;
    app.add("guest").await;
    app.declares(|s| one_password(s, OTHER)).await.unwrap_err();
    let loaded = app.loaded("app", |s| one_password(s, OTHER));
    // As when the file changes under a running app.
    app.endpoint.bring(&loaded, false).await.unwrap();
    assert_eq!(app.browser().refused("", PASSWORD).await, ErrorCode::CredentialsRejected);
    assert_eq!(app.browser().refused("", OTHER).await, ErrorCode::CredentialsRejected);
}

/// Guessing at the one password from one address locks that address, and nobody else; known browsers get in.
#[tokio::test]
async fn locking_everybody_out_by_guessing_at_the_one_password() {
    let app = App::with(closed).await;
    app.declares(|s| one_password(s, PASSWORD)).await.unwrap();
    let (mut known, mut guesser) = (app.browser(), app.browser());
    known.ctx.address = guesser.ctx.address;
    known.signs_in("", PASSWORD).await;
    let mut looked_at = 0;
    for _ in 0..30 {
        match guesser.refused("", OTHER).await {
            ErrorCode::CredentialsRejected => looked_at += 1,
            code => assert_eq!(code, ErrorCode::TooManyAttempts),
        }
    }
    assert_eq!(looked_at, app.endpoint.settings().limits.account_attempts);
    assert_eq!(guesser.refused("", PASSWORD).await, ErrorCode::TooManyAttempts);
    app.browser().signs_in("", PASSWORD).await;
    known.signs_in("", PASSWORD).await;
}

/// The same from a botnet: the account has a budget of its own, which somebody's success does not refill.
#[tokio::test]
async fn guessing_at_the_one_password_from_many_addresses() {
    let app = App::with(|s| {
        closed(s);
        s.limits.global_attempts = 40;
    })
    .await;
    app.declares(|s| one_password(s, PASSWORD)).await.unwrap();
    let mut known = app.browser();
    known.signs_in("", PASSWORD).await;
    let mut looked_at = 0;
    for number in 0..200 {
        // Behind the limit of everybody, which refills within a minute.
        app.pass(2);
        if app.browser().refused("", OTHER).await == ErrorCode::CredentialsRejected {
            looked_at += 1;
        }
        if number % 10 == 0 {
            known.signs_in("", PASSWORD).await;
        }
    }
    // 400 seconds: the budget of an hour, and what refilled meanwhile.
    assert!((40..=46).contains(&looked_at), "{looked_at} guesses were looked at");
}

/// Who knew an earlier password kept cookies of many known browsers, and guesses at the new one with all of them.
#[tokio::test]
async fn guessing_with_known_browsers_by_the_dozen() {
    let app = App::with(|s| {
        closed(s);
        s.limits.global_attempts = 40;
    })
    .await;
    app.declares(|s| one_password(s, OTHER)).await.unwrap();
    let mut known = Vec::new();
    for _ in 0..30 {
        let mut browser = app.browser();
        browser.signs_in("", OTHER).await;
        known.push(browser);
    }
    app.declares(|s| one_password(s, PASSWORD)).await.unwrap();
    let mut looked_at = 0;
    for browser in &mut known {
        for _ in 0..5 {
            if browser.refused("", OTHER).await == ErrorCode::CredentialsRejected {
                looked_at += 1;
            }
        }
    }
    assert_eq!(looked_at, 40, "of 150 guesses");
    app.browser().signs_in("", PASSWORD).await;
}

#[tokio::test]
async fn the_one_password_beside_open_registration_is_refused_while_the_app_runs() {
    let app = App::new().await;
    let refused = app.declares(|s| one_password(s, PASSWORD)).await.unwrap_err();
    assert!(refused.to_string().contains("restart"), "{refused}");
    assert_eq!(app.endpoint.client_config().login, LoginForm::NameAndPassword);
}

/// Neither a `Debug` of the settings nor what is said of people has a password in it.
#[tokio::test]
async fn a_password_of_the_settings_in_what_is_printed() {
    let app = App::with(closed).await;
    let mut loaded = app.loaded("app", |s| one_password(s, "hunter2 and more"));
    user(&mut loaded.settings, "alice", "hunter2 as well", &[]);
    let people: Vec<_> = loaded.settings.people().collect();
    let printed = format!("{loaded:?} {people:?}");
    assert!(!printed.contains("hunter2") && printed.contains("alice"), "{printed}");
    let from = crate::config::LoadFrom::process(None).with("shared_password", "hunter2");
    assert!(!format!("{from:?}").contains("hunter2"));
}
