//! Counters that many move at once.

use std::sync::Arc;

use gatehouse::storage::{LimitKey, LimitRepository as _, LimitState};

use super::{open, server};
use crate::kit::START;

/// 32 callers through two processes, each with three of five keys in an order of its own: nobody waits for somebody who
/// waits for them, and nothing is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_keys_make_no_deadlock() {
    let database = server::filled().await;
    let handles = [Arc::new(open(&database, 16).await), Arc::new(open(&database, 16).await)];
    let callers: Vec<_> = (0..32_usize)
        .map(|caller| {
            let storage = Arc::clone(&handles[caller % 2]);
            tokio::spawn(async move {
                for round in 0..5 {
                    let mut keys: Vec<_> =
                        (0..3).map(|n| LimitKey(format!("key {}", (caller + round + 2 * n) % 5))).collect();
                    if caller % 3 == 0 {
                        keys.reverse();
                    }
                    let add =
                        |states: &mut [LimitState]| states.iter_mut().for_each(|state| state.level += 1.0);
                    storage.update_limits(&keys, &add, START).await.unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let keys: Vec<_> = (0..5).map(|n| LimitKey(format!("key {n}"))).collect();
    let states = handles[0].read_limits(&keys).await.unwrap();
    let sum: f64 = states.iter().map(|state| state.level).sum();
    assert!((sum - 480.0).abs() < 1e-9, "{sum}");
    let deadlocks: i64 = sqlx::query_scalar("SELECT deadlocks FROM pg_stat_database WHERE datname = $1")
        .bind(&database.name)
        .fetch_one(&mut server::admin().await)
        .await
        .unwrap();
    assert_eq!(deadlocks, 0);
}

#[tokio::test]
async fn a_look_that_changes_nothing_leaves_no_row() {
    let database = server::filled().await;
    let storage = open(&database, 2).await;
    storage.update_limits(&[LimitKey("a".into())], &|_| (), START).await.unwrap();
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM limit_state")
        .fetch_one(&mut database.connect().await)
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

/// Of a key that is named twice, the last state counts, as with SQLite.
#[tokio::test]
async fn a_key_that_is_named_twice_is_one() {
    let database = server::filled().await;
    let storage = open(&database, 2).await;
    let keys = [LimitKey("a".into()), LimitKey("a".into())];
    let set = |states: &mut [LimitState]| {
        states[0].level = 1.0;
        states[1].level = 2.0;
    };
    storage.update_limits(&keys, &set, START).await.unwrap();
    assert!(storage.read_limits(&keys[..1]).await.unwrap()[0].level > 1.5);
}
