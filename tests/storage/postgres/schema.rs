//! Filling, migrating, and running beside a newer release.

use gatehouse::{
    entropy::OsEntropy,
    storage::{
        IdentityRepository as _, MetaRepository as _, SessionRepository as _, StorageError,
        postgres::{self, PostgresStorage},
    },
};
use sqlx::{Connection as _, Executor as _};

use super::{open, server};
use crate::kit::{START, new_person, new_session, token};

/// Five replicas start at once on an empty database: it is filled once, and all of them run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_at_once_fill_an_empty_database_once() {
    let database = server::empty().await;
    let starting: Vec<_> = (0..5)
        .map(|_| {
            let url = database.parsed();
            tokio::spawn(async move { PostgresStorage::open(&url, 2, Some(START), &OsEntropy).await })
        })
        .collect();
    let mut instances = Vec::new();
    for started in starting {
        instances.push(started.await.unwrap().unwrap().instance().await.unwrap());
    }
    instances.dedup();
    assert_eq!(instances.len(), 1);
    let status = postgres::status(&database.parsed()).await.unwrap();
    assert!(status.pending.is_empty());
}

#[tokio::test]
async fn an_empty_database_is_filled_only_by_who_may() {
    let database = server::empty().await;
    let refused = PostgresStorage::open_existing(&database.parsed(), 2).await.unwrap_err();
    assert!(refused.to_string().contains("empty"), "{refused}");
    let status = postgres::status(&database.parsed()).await.unwrap();
    assert!(status.applied.is_empty() && !status.pending.is_empty(), "nothing was made");
    let pending = postgres::migrate(&database.parsed()).await.unwrap();
    assert_eq!(pending, status.pending);
    assert!(postgres::migrate(&database.parsed()).await.unwrap().is_empty());
    // The schema alone is no database yet: the first start names it.
    assert!(PostgresStorage::open_existing(&database.parsed(), 2).await.is_err());
    open(&database, 2).await;
    PostgresStorage::open_existing(&database.parsed(), 2).await.unwrap();
}

#[tokio::test]
async fn a_database_of_somebody_else_is_left_alone() {
    let database = server::empty().await;
    database.execute("CREATE TABLE session (theirs TEXT)").await;
    let refused = PostgresStorage::open(&database.parsed(), 2, Some(START), &OsEntropy).await.unwrap_err();
    assert!(
        matches!(&refused, StorageError::Corrupt(_)) && refused.to_string().contains("of its own"),
        "{refused}"
    );
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    let left: i64 = sqlx::query_scalar(tables).fetch_one(&mut database.connect().await).await.unwrap();
    assert_eq!(left, 1);
}

/// A schema that is older than the release is not touched by a start.
#[tokio::test]
async fn an_older_schema_is_refused_with_what_to_do() {
    let database = server::filled().await;
    open(&database, 2).await;
    database.execute("UPDATE _sqlx_migrations SET version = version + 9000").await;
    let refused = PostgresStorage::open(&database.parsed(), 2, Some(START), &OsEntropy).await.unwrap_err();
    assert!(refused.to_string().contains("run `gatehouse migrate`"), "{refused}");
}

/// The next release migrates while this one works: it goes on meanwhile and afterwards, and a fresh start of this one on
/// the newer schema works.
#[tokio::test]
async fn the_release_before_goes_on_while_the_next_one_migrates() {
    let database = server::filled().await;
    let storage = open(&database, 4).await;
    let ann = storage.add_identity(new_person("ann")).await.unwrap();
    // What a later migration may do: add columns with a default, tables, indexes.
    let migration = "ALTER TABLE session ADD COLUMN app TEXT NOT NULL DEFAULT ''; \
                     ALTER TABLE identity ADD COLUMN locale TEXT; \
                     CREATE TABLE app (id TEXT PRIMARY KEY, owner TEXT REFERENCES identity (id)); \
                     CREATE INDEX session_app ON session (app); \
                     INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                     VALUES (9001, 'later', TRUE, '\\x00', 0)";
    let mut next = database.connect().await;
    storage.add_session(new_session(&ann, "before", START)).await.unwrap();
    let working = async {
        for number in 0..40 {
            storage.add_session(new_session(&ann, &format!("during {number}"), START)).await.unwrap();
            assert!(storage.find_session(token(&format!("during {number}"))).await.unwrap().is_some());
            storage.lookup_identity(&ann.id).await.unwrap().unwrap();
        }
    };
    let migrating = async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        next.execute(sqlx::AssertSqlSafe(format!("BEGIN; {migration}; COMMIT"))).await.unwrap();
    };
    tokio::join!(working, migrating);
    assert!(storage.find_session(token("before")).await.unwrap().is_some());
    assert!(storage.set_disabled(&ann.id, true, START).await.unwrap());
    let fresh = PostgresStorage::open_existing(&database.parsed(), 2).await.unwrap();
    fresh.check().await.unwrap();
    open(&database, 2).await.add_identity(new_person("bob")).await.unwrap();
    let status = postgres::status(&database.parsed()).await.unwrap();
    assert!(status.pending.is_empty() && status.applied.iter().any(|migration| migration.version == 9001));
    next.close().await.unwrap();
}
