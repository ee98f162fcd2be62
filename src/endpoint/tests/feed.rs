//! What listeners and the cache do when the change feed falls silent, and when a session's time is over.

use std::time::Duration;

use sqlx::Executor as _;

use super::{
    super::{Cached, Ended},
    kit::{App, PASSWORD},
};

/// Somebody is disabled while this process can't read the feed. After a second nothing cached is believed: every
/// question goes to the database. When the feed is back, everything is looked at again.
#[tokio::test]
async fn a_change_while_the_feed_is_lost() {
    let app = App::new().await;
    app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    let id = browser.session().await.unwrap().session.id.clone();
    let mut sql = app.sql().await;
    app.endpoint.read_feed().await.unwrap();
    // From here on the process's clock is turned by hand.
    tokio::time::pause();
    app.endpoint.read_feed().await.unwrap();
    browser.session().await.unwrap();
    assert!(matches!(app.endpoint.cached(&id), Cached::Live(_)));
    let mut ended = app.endpoint.subscribe();

    sql.execute("ALTER TABLE change RENAME TO gone").await.unwrap();
    sql.execute("DELETE FROM session").await.unwrap();
    assert!(app.endpoint.read_feed().await.is_err());
    assert!(browser.session().await.is_some(), "for a second the cache is believed");
    tokio::time::advance(Duration::from_millis(1001)).await;
    assert!(app.endpoint.read_feed().await.is_err());
    assert!(matches!(app.endpoint.cached(&id), Cached::Unknown));
    assert!(browser.session().await.is_none(), "and then no more");

    sql.execute("ALTER TABLE gone RENAME TO change").await.unwrap();
    assert!(ended.try_recv().is_err());
    app.endpoint.read_feed().await.unwrap();
    assert_eq!(ended.try_recv(), Ok(Ended::Everything));
    assert!(matches!(app.endpoint.cached(&id), Cached::Unknown), "what was cached meanwhile was not watched");
}

/// Nobody asks about a session any more, and its socket is still open: whoever holds it is told when its time is over.
#[tokio::test]
async fn a_session_that_expires_is_told() {
    let app = App::new().await;
    app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    let id = browser.session().await.unwrap().session.id.clone();
    let mut ended = app.endpoint.subscribe();
    app.pass(3599);
    app.endpoint.settle().await.unwrap();
    assert!(ended.try_recv().is_err(), "not before");
    app.pass(1);
    app.endpoint.settle().await.unwrap();
    assert_eq!(ended.try_recv(), Ok(Ended::Session(id)));
    app.endpoint.settle().await.unwrap();
    assert!(ended.try_recv().is_err(), "once");
}

/// The clock runs ahead for less than a minute, and the process ends: the next one still knows how late it has been.
#[tokio::test]
async fn a_clock_that_jumped_is_remembered_at_once_and_any_other_once_a_minute() {
    let app = App::new().await;
    let mark = async || {
        app.endpoint.settle().await.unwrap();
        app.storage().high_water_mark().await.unwrap()
    };
    app.pass(86_400);
    let jumped = app.endpoint.now();
    assert_eq!(mark().await, jumped);
    app.pass(59);
    assert_eq!(mark().await, jumped, "nothing is written every two seconds");
    app.endpoint.settle_at_last().await.unwrap();
    assert_eq!(mark().await, app.endpoint.now(), "but before the process ends");
    app.pass(59);
    assert_ne!(mark().await, app.endpoint.now());
    app.pass(1);
    assert_eq!(mark().await, app.endpoint.now());
}

/// The same person is active in another process: this one learns it before it says that the session is over.
#[tokio::test]
async fn a_session_used_in_another_process_is_not_over() {
    let app = App::new().await;
    app.add("alice").await;
    let mut browser = app.browser();
    browser.signs_in("alice", PASSWORD).await;
    let id = browser.session().await.unwrap().session.id.clone();
    let mut ended = app.endpoint.subscribe();
    app.pass(1800);
    let other = app.second().await;
    assert!(other.session_by_id(&id).await.unwrap().is_some());
    other.note_activity(&id);
    other.settle().await.unwrap();
    app.pass(1800);
    app.endpoint.settle().await.unwrap();
    assert!(ended.try_recv().is_err());
    assert!(browser.session().await.is_some());
}
