//! Sweeping beside others.

use gatehouse::storage::{IdentityRepository as _, SessionRepository as _};
use sqlx::{Connection as _, Executor as _};

use super::{open, server};
use crate::kit::{START, after, new_person};

/// Adds `count` sessions of somebody that are over in every way.
async fn add_ended(database: &server::Database, count: u32) {
    let start = START.0;
    database
        .execute(&format!(
            "INSERT INTO session SELECT 'ses_' || n, (SELECT id FROM identity), sha256(n::TEXT::BYTEA), {start}, {start}, \
             {start}, 60000, 60000, false, 1, '', '' FROM generate_series(1, {count}) AS n"
        ))
        .await;
}

/// 2,500 sessions are over, somebody holds one of them, and two processes sweep at once: nobody waits, every other one is
/// deleted once, and the held one the next time.
#[tokio::test]
async fn two_sweep_at_once_and_wait_for_nobody() {
    let database = server::filled().await;
    let (one, two) = (open(&database, 2).await, open(&database, 2).await);
    one.add_identity(new_person("ann")).await.unwrap();
    add_ended(&database, 2500).await;
    let mut holder = database.connect().await;
    holder.execute("BEGIN; SELECT 1 FROM session WHERE id = 'ses_7' FOR UPDATE").await.unwrap();
    let (a, b) = tokio::join!(one.sweep(after(3600)), two.sweep(after(3600)));
    assert_eq!(a.unwrap() + b.unwrap(), 2499);
    holder.execute("COMMIT").await.unwrap();
    assert_eq!(one.sweep(after(3600)).await.unwrap(), 1);
    holder.close().await.unwrap();
}

/// The statistics say that the table holds a row, and it holds 8,000: a plan made for one row would look at all of them for
/// each of them, and be cut off.
#[tokio::test]
async fn a_table_that_grew_since_its_statistics_is_swept() {
    let database = server::filled().await;
    let storage = open(&database, 2).await;
    storage.add_identity(new_person("ann")).await.unwrap();
    add_ended(&database, 8000).await;
    database.execute("DELETE FROM session WHERE id <> 'ses_8000'").await;
    database.execute("VACUUM ANALYZE session").await;
    database.execute("DELETE FROM session").await;
    add_ended(&database, 8000).await;
    assert_eq!(storage.sweep(after(3600)).await.unwrap(), 8000);
}
