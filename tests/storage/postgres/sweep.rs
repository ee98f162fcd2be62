//! Sweeping beside others.

use gatehouse::storage::{IdentityRepository as _, SessionRepository as _};
use sqlx::{Connection as _, Executor as _};

use super::{open, server};
use crate::kit::{START, after, new_person};

/// 2,500 sessions are over, somebody holds one of them, and two processes sweep at once: nobody waits, every other one is
/// deleted once, and the held one the next time.
#[tokio::test]
async fn two_sweep_at_once_and_wait_for_nobody() {
    let database = server::filled().await;
    let (one, two) = (open(&database, 2).await, open(&database, 2).await);
    let ann = one.add_identity(new_person("ann")).await.unwrap();
    database
        .execute(&format!(
            "INSERT INTO session SELECT 'ses_' || n, '{}', sha256(n::TEXT::BYTEA), {start}, {start}, {start}, 60000, 60000, \
             false, 1, '', '' FROM generate_series(1, 2500) AS n",
            ann.id.0,
            start = START.0
        ))
        .await;
    let mut holder = database.connect().await;
    holder.execute("BEGIN; SELECT 1 FROM session WHERE id = 'ses_7' FOR UPDATE").await.unwrap();
    let (a, b) = tokio::join!(one.sweep(after(3600)), two.sweep(after(3600)));
    assert_eq!(a.unwrap() + b.unwrap(), 2499);
    holder.execute("COMMIT").await.unwrap();
    assert_eq!(one.sweep(after(3600)).await.unwrap(), 1);
    holder.close().await.unwrap();
}
