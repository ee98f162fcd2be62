//! Sessions that begin and end at the same moment.

use std::sync::Arc;

use gatehouse::{
    identity::Identity,
    session::{AppName, SessionId},
    storage::{
        App, AppRepository as _, Change, ChangeFeed as _, ChangeKind, ChangeSeq, IdentityRepository as _,
        NewSession, SessionRepository as _, postgres::PostgresStorage,
    },
};
use sqlx::{Connection as _, PgConnection};

use super::{
    open,
    server::{self, Database},
};
use crate::kit::{START, new_person, new_session, token};

/// How a sign-in may end while an app's session is made of it.
#[derive(Debug, Clone, Copy)]
enum End {
    Revoked,
    AllRevoked,
    Replaced,
}

/// A process of the endpoint is about to commit a session of an app, which it made of a sign-in that still was there;
/// another process ends that sign-in. Every statement sees what was committed when it began: the one that deletes must
/// not begin before the other is done, or nobody ever ends what was made.
#[tokio::test]
async fn a_session_that_is_made_of_one_that_ends_at_this_moment() {
    let database = server::filled().await;
    let storage = Arc::new(open(&database, 4).await);
    let (ann, bob) = (person(&storage, "ann").await, person(&storage, "bob").await);
    for (end, text) in [(End::Revoked, "one"), (End::AllRevoked, "two"), (End::Replaced, "three")] {
        let parent = new_session(&ann, text, START);
        let id = parent.session.id.clone();
        storage.add_session(parent).await.unwrap();
        let mut making = database.connect().await;
        let mut made = making.begin().await.unwrap();
        let child = make(&mut made, &id).await;
        let ending = tokio::spawn({
            let (storage, ann, bob) = (Arc::clone(&storage), ann.clone(), bob.clone());
            async move {
                match end {
                    End::Revoked => storage.revoke_session(&id, START).await.map(drop),
                    End::AllRevoked => storage.revoke_sessions(&ann.id, None, START).await.map(drop),
                    // Somebody else signs in in the same browser.
                    End::Replaced => {
                        let new = new_session(&bob, "bob", START);
                        storage.add_session(NewSession { replaces: Some(id), ..new }).await
                    }
                }
            }
        });
        waits_or_ends(&database, &ending).await;
        made.commit().await.unwrap();
        ending.await.unwrap().unwrap();
        assert!(storage.lookup_session(&child).await.unwrap().is_none(), "{end:?}: it outlives its sign-in");
        let changes = storage.changes_since(ChangeSeq(0)).await.unwrap();
        let told = |Change { kind, .. }: &Change| *kind == ChangeKind::SessionRevoked(child.clone());
        assert!(changes.iter().any(told), "{end:?}: and nobody is told");
    }
}

/// Somebody signs in to an app while it is removed: a session that is about to be committed is seen by no statement that
/// began before. The app goes first, and waits for who holds on to it.
#[tokio::test]
async fn an_app_that_is_removed_while_somebody_signs_in_to_it() {
    let database = server::filled().await;
    let storage = Arc::new(open(&database, 4).await);
    let ann = person(&storage, "ann").await;
    let name = AppName::parse("ledger").unwrap();
    let app = App { name: name.clone(), url: "https://ledger.example.org".into(), created_at: START };
    assert!(storage.add_app(&app, token("key")).await.unwrap());
    let parent = new_session(&ann, "one", START);
    let id = parent.session.id.clone();
    storage.add_session(parent).await.unwrap();
    let mut making = database.connect().await;
    let mut made = making.begin().await.unwrap();
    let holds = "SELECT 1 FROM app WHERE name = $1 FOR KEY SHARE";
    sqlx::query(holds).bind(name.as_str()).execute(&mut *made).await.unwrap();
    let child = make(&mut made, &id).await;
    let removing = tokio::spawn({
        let (storage, name) = (Arc::clone(&storage), name.clone());
        async move { storage.remove_app(&name, START).await }
    });
    waits_or_ends(&database, &removing).await;
    made.commit().await.unwrap();
    assert!(removing.await.unwrap().unwrap());
    assert!(storage.lookup_session(&child).await.unwrap().is_none(), "it outlives its app");
}

async fn person(storage: &PostgresStorage, name: &str) -> Identity {
    storage.add_identity(new_person(name)).await.unwrap()
}

/// What an exchange does before it commits: it locks whose session it is, and adds the app's.
async fn make(on: &mut PgConnection, parent: &SessionId) -> SessionId {
    let lock =
        "SELECT 1 FROM identity WHERE id = (SELECT identity_id FROM session WHERE id = $1) FOR NO KEY UPDATE";
    sqlx::query(lock).bind(&parent.0).execute(&mut *on).await.unwrap();
    let child = SessionId(format!("{}-child", parent.0));
    let copy = "INSERT INTO session (id, identity_id, token_hash, created_at, authenticated_at, last_used_at, idle_ttl, \
                absolute_ttl, persistent, aal, user_agent, address, app, parent_id) \
                SELECT $2, identity_id, $3, created_at, authenticated_at, last_used_at, idle_ttl, absolute_ttl, \
                persistent, aal, user_agent, address, $4, id FROM session WHERE id = $1";
    sqlx::query(copy)
        .bind(&parent.0)
        .bind(&child.0)
        .bind(token(&child.0).0.as_slice())
        .bind(AppName::parse("ledger").unwrap().as_str())
        .execute(on)
        .await
        .unwrap();
    child
}

/// Until it waits for a lock, or is done without.
async fn waits_or_ends<T>(database: &Database, task: &tokio::task::JoinHandle<T>) {
    let mut look = database.connect().await;
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'";
    for _ in 0..400 {
        let waits: i64 = sqlx::query_scalar(waiting).bind(&database.name).fetch_one(&mut look).await.unwrap();
        if waits > 0 || task.is_finished() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it neither waits nor ends");
}
