//! Connections that are cut, locks that nobody gives back, rights that are missing.

use std::{sync::Arc, time::Duration};

use gatehouse::{
    entropy::OsEntropy,
    storage::{
        IdentityRepository as _, MetaRepository as _, SessionRepository as _, StorageError,
        postgres::{DatabaseUrl, PostgresStorage},
    },
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use super::{open, server};
use crate::kit::{START, new_person, new_session, token};

/// The server restarts between two requests: every idle connection is dead, and nobody who asks notices.
#[tokio::test]
async fn cut_connections_are_replaced_before_anybody_notices() {
    let database = server::filled().await;
    let storage = Arc::new(open(&database, 6).await);
    let ann = storage.add_identity(new_person("ann")).await.unwrap();
    let all = |round: usize| {
        let (storage, ann) = (Arc::clone(&storage), ann.clone());
        async move {
            let asking: Vec<_> = (0..6)
                .map(|number| {
                    let storage = Arc::clone(&storage);
                    let new = new_session(&ann, &format!("{round} {number}"), START);
                    tokio::spawn(async move { storage.add_session(new).await })
                })
                .collect();
            for asked in asking {
                asked.await.unwrap().unwrap();
            }
        }
    };
    all(0).await;
    for round in 1..4 {
        assert!(database.cut().await > 0);
        all(round).await;
        assert!(database.cut().await > 0);
        assert!(storage.find_session(token(&format!("{round} 3"))).await.unwrap().is_some());
    }
}

/// Cut in the middle of a transaction, before its commit: nothing of it lasted, so it is done again, once.
#[tokio::test]
async fn a_transaction_that_was_cut_is_done_again() {
    let database = server::filled().await;
    let storage = open(&database, 2).await;
    let ann = storage.add_identity(new_person("ann")).await.unwrap();
    let mut holder = database.connect().await;
    holder
        .execute(AssertSqlSafe(format!("BEGIN; SELECT 1 FROM identity WHERE id = '{}' FOR UPDATE", ann.id.0)))
        .await
        .unwrap();
    let cutting = async {
        wait_for_a_waiter(&database).await;
        let waiting = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                       WHERE datname = $1 AND wait_event_type = 'Lock'";
        let cut: i64 = sqlx::query_scalar(waiting)
            .bind(&database.name)
            .fetch_one(&mut server::admin().await)
            .await
            .unwrap();
        assert_eq!(cut, 1);
        holder.execute("COMMIT").await.unwrap();
    };
    let (added, ()) = tokio::join!(storage.add_session(new_session(&ann, "t", START)), cutting);
    added.unwrap();
    assert_eq!(storage.list_sessions(&ann.id).await.unwrap().len(), 1);
}

async fn wait_for_a_waiter(database: &server::Database) {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'";
    let mut admin = server::admin().await;
    let look = async {
        while sqlx::query_scalar::<_, i64>(waiting).bind(&database.name).fetch_one(&mut admin).await.unwrap()
            == 0
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), look).await.expect("somebody waits for the lock");
}

/// Somebody holds a lock and never gives it back: the caller is told so in bounded time, and nothing stays locked.
#[tokio::test]
async fn a_lock_that_is_never_given_back_ends_in_unavailable() {
    let database = server::filled().await;
    let url = DatabaseUrl::parse(&format!("{}?options[lock_timeout]=200ms", database.url)).unwrap();
    let storage = PostgresStorage::open(&url, 2, Some(START), &OsEntropy).await.unwrap();
    let ann = storage.add_identity(new_person("ann")).await.unwrap();
    let mut holder = database.connect().await;
    holder.execute("BEGIN; LOCK TABLE identity").await.unwrap();
    let refused = storage.set_disabled(&ann.id, true, START).await.unwrap_err();
    assert!(matches!(refused, StorageError::Unavailable(_)), "{refused}");
    holder.execute("COMMIT").await.unwrap();
    assert!(storage.set_disabled(&ann.id, true, START).await.unwrap());
}

/// Every connection is taken: the caller is told so in bounded time.
#[tokio::test]
async fn an_exhausted_pool_ends_in_unavailable() {
    let database = server::filled().await;
    let storage = Arc::new(open(&database, 1).await);
    let ann = storage.add_identity(new_person("ann")).await.unwrap();
    let mut holder = database.connect().await;
    holder.execute("BEGIN; LOCK TABLE identity").await.unwrap();
    let stuck = tokio::spawn({
        let (storage, ann) = (Arc::clone(&storage), ann.clone());
        async move { storage.set_disabled(&ann.id, true, START).await }
    });
    wait_for_a_waiter(&database).await;
    let refused = storage.lookup_identity(&ann.id).await.unwrap_err();
    assert!(matches!(refused, StorageError::Unavailable(_)), "{refused}");
    drop(stuck.await.unwrap());
    holder.execute("COMMIT").await.unwrap();
    assert!(storage.lookup_identity(&ann.id).await.unwrap().is_some());
}

/// The server became a copy that only reads: nothing is written, and what is asked is answered.
#[tokio::test]
async fn a_database_that_only_reads_is_unavailable_for_writes() {
    let database = server::own().await;
    let storage = open(&database, 2).await;
    let ann = storage.add_identity(new_person("ann")).await.unwrap();
    database
        .execute(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name))
        .await;
    database.cut().await;
    assert!(storage.lookup_identity(&ann.id).await.unwrap().is_some());
    for refused in [storage.set_disabled(&ann.id, true, START).await.map(drop), storage.check().await] {
        assert!(matches!(refused, Err(StorageError::Unavailable(_))), "{refused:?}");
    }
    let mut admin = server::admin().await;
    let back = format!("ALTER DATABASE {} RESET default_transaction_read_only", database.name);
    admin.execute(AssertSqlSafe(back)).await.unwrap();
    admin.close().await.unwrap();
    database.cut().await;
    storage.check().await.unwrap();
}

/// Neither the error of a wrong password nor the handle's `Debug` says the password.
#[tokio::test]
async fn a_refused_password_is_not_told() {
    let database = server::filled().await;
    let mut url = url::Url::parse(&database.url).unwrap();
    url.set_password(Some("hunter2secret")).unwrap();
    let wrong = DatabaseUrl::parse(url.as_str()).unwrap();
    let refused = PostgresStorage::open(&wrong, 2, Some(START), &OsEntropy).await.unwrap_err();
    assert!(matches!(refused, StorageError::Unavailable(_)));
    for said in [refused.to_string(), format!("{refused:?}")] {
        assert!(!said.contains("hunter2secret"), "{said}");
    }
    let right = url::Url::parse(&database.url).unwrap().password().unwrap().to_owned();
    assert!(!format!("{:?}", open(&database, 2).await).contains(&right));
}
