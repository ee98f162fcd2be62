//! Filling, migrating, and running beside a newer release.

use std::time::Duration;

use gatehouse::{
    entropy::OsEntropy,
    storage::{
        ChangeFeed as _, ChangeSeq, IdentityFilter, IdentityRepository as _, LimitKey, LimitRepository as _,
        LinkKind, LinkRepository as _, MailRepository as _, MetaRepository as _, RegistrationRepository as _,
        SessionRepository as _, StorageError,
        postgres::{self, PostgresStorage},
    },
};
use sqlx::{Connection as _, Executor as _};

use super::{open, server};
use crate::kit::{START, new_link, new_person, new_registration, new_session, token};

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
    let database = server::own().await;
    open(&database, 2).await;
    database.execute("UPDATE _sqlx_migrations SET version = version + 9000").await;
    let refused = PostgresStorage::open(&database.parsed(), 2, Some(START), &OsEntropy).await.unwrap_err();
    assert!(refused.to_string().contains("run `gatehouse migrate`"), "{refused}");
}

/// A bit of everything, over statements that are prepared by the second time.
async fn round(storage: &PostgresStorage, number: u64) {
    let text = format!("{number}");
    let (pending, mail) = new_registration(&format!("bob{number}"), &format!("bob{number}@example.org"));
    storage.add_registration(pending.clone(), mail).await.unwrap();
    storage.add_link(new_link(&text, LinkKind::Verification, Some(&pending.id))).await.unwrap();
    assert!(storage.peek_link(token(&text), LinkKind::Verification, START).await.unwrap().is_some());
    assert!(storage.find_registration(pending.email.folded(), START).await.unwrap().is_some());
    assert!(storage.claim_mail(START, Duration::from_hours(1)).await.unwrap().is_some());
    assert!(storage.complete_registration(token(&text), START).await.unwrap().is_some());
    storage.update_limits(&[LimitKey(text)], &|states| states[0].level += 1.0, START).await.unwrap();
    storage.list_identities(&IdentityFilter::default()).await.unwrap();
    storage.set_disabled(&pending.id, true, START).await.unwrap();
    assert!(!storage.changes_since(ChangeSeq(0)).await.unwrap().is_empty());
}

/// The next release migrates while this one works: it goes on meanwhile and afterwards, and a fresh start of this one on
/// the newer schema works.
#[tokio::test]
async fn the_release_before_goes_on_while_the_next_one_migrates() {
    let database = server::own().await;
    let storage = open(&database, 1).await;
    let ann = storage.add_identity(new_person("ann")).await.unwrap();
    // What a later migration may do: add columns, tables, indexes.
    let mut migration = String::from(
        "CREATE TABLE further (id TEXT PRIMARY KEY, owner TEXT REFERENCES identity (id)); \
         CREATE INDEX session_later ON session (created_at); \
         INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9001, 'later', TRUE, '\\x00', 0);",
    );
    for table in [
        "meta",
        "identity",
        "session",
        "ticket",
        "registration",
        "link",
        "limit_state",
        "mail",
        "change",
        "audit",
    ] {
        migration.push_str("ALTER TABLE ");
        migration.push_str(table);
        migration.push_str(" ADD COLUMN later TEXT NOT NULL DEFAULT '';");
    }
    let mut next = database.connect().await;
    storage.add_session(new_session(&ann, "before", START)).await.unwrap();
    round(&storage, 999).await;
    let working = async {
        for number in 0..30 {
            storage.add_session(new_session(&ann, &format!("during {number}"), START)).await.unwrap();
            assert!(storage.find_session(token(&format!("during {number}"))).await.unwrap().is_some());
            round(&storage, number).await;
        }
    };
    let migrating = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        // As `migrate` does: who waits for each other's locks is parted, and tries again.
        while let Err(error) = next.execute(sqlx::AssertSqlSafe(format!("BEGIN; {migration} COMMIT"))).await {
            let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
            assert_eq!(code.as_deref(), Some("40P01"), "{error}");
            next.execute("ROLLBACK").await.unwrap();
        }
    };
    tokio::join!(working, migrating);
    assert!(storage.find_session(token("before")).await.unwrap().is_some());
    assert!(storage.set_disabled(&ann.id, true, START).await.unwrap());
    let fresh = PostgresStorage::open_existing(&database.parsed(), 2).await.unwrap();
    fresh.check().await.unwrap();
    open(&database, 2).await.add_identity(new_person("carol")).await.unwrap();
    let status = postgres::status(&database.parsed()).await.unwrap();
    assert!(status.pending.is_empty() && status.applied.iter().any(|migration| migration.version == 9001));
    next.close().await.unwrap();
}
