//! Several processes on one database, and one process after a restart.

use gatehouse_protocol::ErrorCode;

use super::kit::{App, Browser, OTHER, PASSWORD};
use crate::{factor::password::PasswordHash, session::Cached};

/// The operator disables somebody from the command line: what this process had cached is no longer believed.
#[tokio::test]
async fn a_person_disabled_by_another_process() {
    let app = App::new().await;
    let alice = app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    let mut ended = app.endpoint.subscribe();
    // Without the feed nothing cached is believed.
    tokio::spawn(std::sync::Arc::clone(&app.endpoint).follow_feed());
    let id = loop {
        let id = browser.session().await.unwrap().session.id.clone();
        if matches!(app.endpoint.cached(&id), Cached::Live(_)) {
            break id;
        }
        tokio::task::yield_now().await;
    };

    let other = app.second().await;
    other.storage().set_disabled(&alice.id, true, other.now()).await.unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(5), ended.recv()).await.unwrap().unwrap();
    assert!(!matches!(app.endpoint.cached(&id), Cached::Live(_)));
    assert!(app.endpoint.session_by_id(&id).await.unwrap().is_none());
    assert_eq!(browser.refused("alice", PASSWORD).await, ErrorCode::CredentialsRejected);
}

#[tokio::test]
async fn a_session_outlives_a_restart() {
    let app = App::new().await;
    app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    let again = app.restarted(|_| ()).await;
    assert!(again.session_by_token(browser.ctx.session.as_ref().unwrap()).await.unwrap().is_some());
}

/// The parameters rise: the next login, and only a right one, replaces the hash.
#[tokio::test]
async fn a_hash_is_upgraded_at_login() {
    let app = App::new().await;
    let alice = app.add("alice").await;
    let stored = async || -> PasswordHash {
        let found = app.storage().find_by_username(alice.username.folded()).await.unwrap();
        found.unwrap().password.unwrap()
    };
    let before = stored().await;
    let stronger = app.restarted(|settings| settings.password.argon2_time = 2).await;
    let mut browser = Browser::on(std::sync::Arc::clone(&stronger), [10, 9, 9, 9].into());
    browser.refused("alice", OTHER).await;
    assert_eq!(stored().await, before);
    browser.signs_in("alice", PASSWORD).await;
    let after = stored().await;
    assert_ne!(after, before);
    assert!(after.0.contains("t=2"));
    browser.signs_in("alice", PASSWORD).await;
    assert_eq!(stored().await, after);
}
