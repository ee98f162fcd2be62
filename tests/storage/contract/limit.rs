//! Counters.

use gatehouse::storage::{LimitKey, LimitState};

use crate::kit::{Db, START, after, each_backend};

each_backend!(absent_counters_are_empty, counters_come_back_in_order, nothing_is_lost_between_processes);

fn key(name: &str) -> LimitKey {
    LimitKey(name.into())
}

async fn absent_counters_are_empty(db: Db) {
    assert!(db.read_limits(&[]).await.unwrap().is_empty());
    assert_eq!(db.read_limits(&[key("a"), key("b")]).await.unwrap(), [LimitState::default(); 2]);
}

async fn counters_come_back_in_order(db: Db) {
    let states = [
        LimitState { level: 1.5, updated_at: after(1), locked_until: after(2) },
        LimitState { level: -0.25, updated_at: after(3), locked_until: START },
    ];
    let written = db
        .update_limits(&[key("a"), key("b")], &move |now| now.copy_from_slice(&states), START)
        .await
        .unwrap();
    assert_eq!(written, states);
    let read = db.read_limits(&[key("b"), key("c"), key("a")]).await.unwrap();
    assert_eq!(read, [states[1], LimitState::default(), states[0]]);
    let untouched = db.update_limits(&[key("a"), key("c")], &|_| (), START).await.unwrap();
    assert_eq!(untouched, [states[0], LimitState::default()]);
}

/// 40 guesses at once through two processes are 40 guesses: the budget is not one per process.
async fn nothing_is_lost_between_processes(db: Db) {
    let other = db.another_process().await;
    let add = |states: &mut [LimitState]| states.iter_mut().for_each(|state| state.level += 1.0);
    for _ in 0..10 {
        let keys = [key("account")];
        let (a, b, c, d) = tokio::join!(
            db.update_limits(&keys, &add, START),
            other.update_limits(&keys, &add, START),
            db.update_limits(&keys, &add, START),
            other.update_limits(&keys, &add, START),
        );
        for done in [a, b, c, d] {
            done.unwrap();
        }
    }
    let level = db.read_limits(&[key("account")]).await.unwrap()[0].level;
    assert!((level - 40.0).abs() < 1e-9, "{level}");
}
