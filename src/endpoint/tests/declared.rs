//! People of the settings sign in, change, go and come back; and what attackers make of it.

use gatehouse_protocol::{ChangePassword, ErrorCode, LoginForm, Password, Problem, RecoveryStep};

use super::{
    super::{AdminError, DeclareError, Ended},
    kit::{App, OTHER, PASSWORD, user},
};
use crate::config::Settings;

#[tokio::test]
async fn the_people_of_the_settings_sign_in_with_their_roles() {
    let app = App::new().await;
    app.add("dora").await;
    app.declares(|s| {
        user(s, "alice", PASSWORD, &["admin", "editor"]);
        s.users.get_mut("alice").unwrap().email = Some("Alice@example.org".into());
        user(s, "bob", OTHER, &[]);
    })
    .await
    .unwrap();
    for name in ["alice", "ALICE", "alice@example.org", "dora"] {
        let mut browser = app.browser();
        browser.signs_in(name, PASSWORD).await;
        let live = browser.session().await.unwrap();
        let roles: Vec<_> = live.identity.roles.iter().map(crate::identity::Role::as_str).collect();
        assert_eq!(roles, if name == "dora" { &["viewer"][..] } else { &["admin", "editor"] });
    }
    assert_eq!(app.browser().refused("bob", PASSWORD).await, ErrorCode::CredentialsRejected);
    assert_eq!(app.endpoint.client_config().login, LoginForm::NameAndPassword);
}

/// Hashing makes a start slow, so a start with the same settings computes nothing; a hash costs nothing at all.
#[tokio::test]
async fn a_restart_hashes_nothing_again() {
    let app = App::new().await;
    let hashed = app.endpoint.hasher().hash(&Password::new(PASSWORD)).await.unwrap().0;
    let people = |s: &mut Settings| {
        for number in 0..20 {
            user(s, &format!("user{number}"), &format!("{PASSWORD} {number}"), &[]);
        }
        user(s, "hashed", &hashed, &[]);
    };
    let before = app.endpoint.hasher().computed();
    app.declares(people).await.unwrap();
    assert_eq!(app.endpoint.hasher().computed() - before, 20);
    let mut browser = app.browser();
    browser.signs_in("user7", &format!("{PASSWORD} 7")).await;
    app.browser().signs_in("hashed", PASSWORD).await;

    let again = app.restarted(|_| ()).await;
    again.declare(&app.loaded("app", people)).await.unwrap();
    assert_eq!(again.hasher().computed(), 0);
    browser.endpoint = again.clone();
    assert!(browser.session().await.is_some(), "sessions outlive a restart");
    let changed = |s: &mut Settings| {
        people(s);
        user(s, "user3", OTHER, &[]);
    };
    again.declare(&app.loaded("app", changed)).await.unwrap();
    assert_eq!(again.hasher().computed(), 1, "only what changed");
}

#[tokio::test]
async fn the_hash_itself_is_no_password() {
    let app = App::new().await;
    let hashed = app.endpoint.hasher().hash(&Password::new(PASSWORD)).await.unwrap().0;
    app.declares(|s| user(s, "alice", &hashed, &[])).await.unwrap();
    assert_eq!(app.browser().refused("alice", &hashed).await, ErrorCode::CredentialsRejected);
    app.browser().signs_in("alice", PASSWORD).await;
}

/// Whether somebody stands in the secrets, stood there, is in the database, or is nobody: a refusal looks the same and
/// costs the same.
#[tokio::test]
async fn telling_who_is_declared_from_who_is_not() {
    let app = App::new().await;
    let hashed = app.endpoint.hasher().hash(&Password::new(OTHER)).await.unwrap().0;
    app.add("dora").await;
    app.declares(|s| {
        user(s, "alice", PASSWORD, &[]);
        user(s, "gone", PASSWORD, &[]);
    })
    .await
    .unwrap();
    app.declares(|s| {
        user(s, "alice", PASSWORD, &[]);
        user(s, "hashed", &hashed, &[]);
    })
    .await
    .unwrap();
    for (identifier, password) in [
        ("alice", "wrong"),
        ("hashed", "wrong"),
        ("gone", "wrong"),
        ("gone", PASSWORD),
        ("dora", "wrong"),
        ("nobody", "wrong"),
        ("nobody@example.org", "wrong"),
    ] {
        let before = app.endpoint.hasher().computed();
        let problem = app.browser().login(identifier, password).await.unwrap_err();
        assert_eq!(problem, Problem::new(ErrorCode::CredentialsRejected), "{identifier}");
        assert_eq!(app.endpoint.hasher().computed() - before, 1, "{identifier}");
    }
    app.browser().signs_in("alice", PASSWORD).await;
    app.browser().signs_in("hashed", OTHER).await;
}

/// The operator deletes the line of somebody who is signed in.
#[tokio::test]
async fn a_session_after_the_line_was_deleted() {
    let app = App::new().await;
    app.declares(|s| {
        user(s, "alice", PASSWORD, &["admin"]);
        user(s, "bob", OTHER, &[]);
    })
    .await
    .unwrap();
    let (mut alice, mut bob) = (app.browser(), app.browser());
    alice.signs_in("alice", PASSWORD).await;
    bob.signs_in("bob", OTHER).await;
    let id = alice.session().await.unwrap().identity.id.clone();
    let mut ended = app.endpoint.subscribe();
    app.declares(|s| user(s, "bob", OTHER, &[])).await.unwrap();
    assert!(alice.session().await.is_none(), "at once, without waiting for the feed");
    assert_eq!(ended.try_recv(), Ok(Ended::Identity(id.clone())), "and whoever holds a socket is told");
    assert!(bob.session().await.is_some());
    assert_eq!(alice.refused("alice", PASSWORD).await, ErrorCode::CredentialsRejected);

    app.declares(|s| {
        user(s, "alice", PASSWORD, &[]);
        user(s, "bob", OTHER, &[]);
    })
    .await
    .unwrap();
    assert!(alice.session().await.is_none(), "a session that ended never returns");
    alice.signs_in("alice", PASSWORD).await;
    let live = alice.session().await.unwrap();
    assert_eq!((&live.identity.id, live.identity.roles.len()), (&id, 0));
}

#[tokio::test]
async fn a_session_after_password_or_roles_were_changed_in_the_settings() {
    let app = App::new().await;
    app.declares(|s| user(s, "alice", PASSWORD, &[])).await.unwrap();
    for (password, roles) in [(OTHER, &[][..]), (OTHER, &["editor"]), (PASSWORD, &["editor"])] {
        let mut stolen = app.browser();
        let before = app.endpoint.user("alice").await.unwrap();
        let said = if stolen.login("alice", PASSWORD).await.is_ok() { PASSWORD } else { OTHER };
        stolen.signs_in("alice", said).await;
        app.declares(|s| user(s, "alice", password, roles)).await.unwrap();
        assert!(stolen.session().await.is_none());
        assert_eq!(app.endpoint.user("alice").await.unwrap().id, before.id);
        app.browser().signs_in("alice", password).await;
    }
}

/// Two apps share a database so that people sign in once. Neither signs the other's people out.
#[tokio::test]
async fn another_app_on_the_database_keeps_its_people() {
    let app = App::new().await;
    app.declares(|s| user(s, "alice", PASSWORD, &[])).await.unwrap();
    let other = app.second().await;
    other.declare(&app.loaded("other", |s| user(s, "bob", OTHER, &[]))).await.unwrap();
    let mut alice = app.browser();
    alice.signs_in("alice", PASSWORD).await;
    app.browser().signs_in("bob", OTHER).await;
    other.declare(&app.loaded("other", |_| ())).await.unwrap();
    assert!(alice.session().await.is_some());
    let refused = other.declare(&app.loaded("other", |s| user(s, "Alice", OTHER, &[]))).await;
    let sentence = refused.unwrap_err().to_string();
    assert!(
        sentence.contains("another app on this database") && sentence.contains("settings:app"),
        "{sentence}"
    );
}

/// Somebody registers the name that the operator is about to declare, or the other way around: nobody takes over.
#[tokio::test]
async fn a_declared_name_that_the_database_has() {
    let app = App::new().await;
    app.add("alice").await;
    let refused = app.declares(|s| user(s, "Alice", OTHER, &["admin"])).await.unwrap_err();
    assert!(matches!(refused, DeclareError::Refused(_)));
    let sentence = refused.to_string();
    assert!(
        sentence.contains("\"Alice\"") && sentence.contains("gatehouse users delete Alice"),
        "{sentence}"
    );
    app.browser().signs_in("alice", PASSWORD).await;
    assert_eq!(app.browser().refused("alice", OTHER).await, ErrorCode::CredentialsRejected);
}

/// Whoever the settings keep is changed in the settings, and nowhere else.
#[tokio::test]
async fn changing_what_the_settings_keep() {
    let app = App::new().await;
    app.declares(|s| {
        user(s, "alice", PASSWORD, &["admin"]);
        s.users.get_mut("alice").unwrap().email = Some("alice@example.org".into());
    })
    .await
    .unwrap();
    let endpoint = &app.endpoint;
    let mut alice = app.browser();
    alice.signs_in("alice", PASSWORD).await;
    let change = ChangePassword { current: Password::new(PASSWORD), new: Password::new(OTHER) };
    let hashes = endpoint.hasher().computed();
    let problem = endpoint.change_password(&alice.ctx, change).await.unwrap_err();
    assert_eq!(problem.code, ErrorCode::ManagedElsewhere);
    assert_eq!(endpoint.hasher().computed(), hashes);
    for refused in [
        endpoint.set_user_roles("alice", &[]).await.unwrap_err(),
        endpoint.set_user_disabled("alice", true).await.unwrap_err(),
        endpoint.set_user_password("alice", &Password::new(OTHER), false).await.unwrap_err(),
        endpoint.delete_user("alice").await.unwrap_err(),
    ] {
        assert!(matches!(refused, AdminError::Declared(_)), "{refused}");
        assert!(refused.to_string().contains("change it there"), "{refused}");
    }
    assert!(alice.session().await.is_some());
    assert_eq!(endpoint.revoke_user("alice").await.unwrap(), 1, "signing out is still the operator's");

    // Another app's people are not ours to change either, but what it left behind can be tidied up.
    let other = app.second().await;
    other.declare(&app.loaded("other", |_| ())).await.unwrap();
    let refused = other.set_user_disabled("alice", true).await.unwrap_err();
    assert!(matches!(refused, AdminError::DeclaredElsewhere(..)), "{refused}");
    other.delete_user("alice").await.unwrap();
}

/// A forgotten password of the settings: the same answer and the same work as for everybody, and no mail.
#[tokio::test]
async fn recovering_a_password_that_the_settings_keep() {
    let app = App::new().await;
    app.declares(|s| {
        user(s, "alice", PASSWORD, &[]);
        s.users.get_mut("alice").unwrap().email = Some("alice@example.org".into());
    })
    .await
    .unwrap();
    app.add("bob").await;
    for (name, mails) in [("alice", 0), ("alice@example.org", 0), ("nobody", 0), ("bob", 1)] {
        let before = app.storage().mail_backlog().await.unwrap().0;
        let step = RecoveryStep::Request { identifier: name.into() };
        app.endpoint.recovery(&app.browser().ctx, step).await.unwrap();
        assert_eq!(app.storage().mail_backlog().await.unwrap().0 - before, mails, "{name}");
    }
}

#[tokio::test]
async fn nobody_needs_a_set_up_link_where_people_are_declared() {
    let app = App::new().await;
    assert!(app.endpoint.setup_link().await.unwrap().is_some(), "control");
    app.declares(|s| user(s, "alice", PASSWORD, &[])).await.unwrap();
    assert!(app.endpoint.setup_link().await.unwrap().is_none());
}
