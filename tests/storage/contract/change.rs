//! The change feed. That each revocation is in it stands with the method that revokes.

use std::time::Duration;

use gatehouse::storage::{ChangeKind, ChangeSeq};

use crate::kit::{Db, START, after, each_backend};

each_backend!(
    changes_come_in_order_after_a_position,
    a_position_is_never_used_again,
    a_waiter_hears_of_its_own_process_at_once,
    a_waiter_hears_of_another_process,
    a_waiter_is_not_kept_for_long,
    another_process_sees_what_was_acknowledged,
);

async fn changes_come_in_order_after_a_position(db: Db) {
    assert_eq!(db.latest_change().await.unwrap(), ChangeSeq(0));
    let ann = db.person("ann").await;
    let id = db.sign_in(&ann, "t", START).await;
    db.revoke_session(&id, START).await.unwrap();
    let first = db.latest_change().await.unwrap();
    db.set_disabled(&ann.id, true, START).await.unwrap();
    db.delete_identity(&ann.id, START).await.unwrap();
    let later = db.changes_since(first).await.unwrap();
    assert_eq!(later.len(), 2);
    assert!(first < later[0].seq && later[0].seq < later[1].seq);
    assert_eq!(later[1].kind, ChangeKind::IdentityChanged(ann.id));
    assert_eq!(db.latest_change().await.unwrap(), later[1].seq);
    assert!(db.changes_since(later[1].seq).await.unwrap().is_empty());
    assert_eq!(db.changes().await.len(), 3);
}

/// A worker that remembers position 2 must not miss the next change because the table was swept empty.
async fn a_position_is_never_used_again(db: Db) {
    let ann = db.person("ann").await;
    db.set_disabled(&ann.id, true, START).await.unwrap();
    db.set_disabled(&ann.id, false, START).await.unwrap();
    let seen = db.latest_change().await.unwrap();
    db.sweep(after(90_000)).await.unwrap();
    assert!(db.changes().await.is_empty());
    assert_eq!(db.latest_change().await.unwrap(), seen);
    db.set_disabled(&ann.id, true, after(90_000)).await.unwrap();
    assert_eq!(db.changes_since(seen).await.unwrap().len(), 1);
}

async fn a_waiter_hears_of_its_own_process_at_once(db: Db) {
    let ann = db.person("ann").await;
    // What was written before is not news.
    db.wait_for_change().await.unwrap();
    let changed = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        db.set_disabled(&ann.id, true, START).await.unwrap();
    };
    let heard = async {
        db.wait_for_change().await.unwrap();
        db.changes().await.len()
    };
    let (heard, ()) = tokio::join!(heard, changed);
    assert_eq!(heard, 1);
}

/// `gatehouse users disable` in another process: the change is there when the wait is over, at the first try.
async fn a_waiter_hears_of_another_process(db: Db) {
    let ann = db.person("ann").await;
    let other = db.another_process().await;
    let mut seen = db.latest_change().await.unwrap();
    for disabled in [true, false, true] {
        db.wait_for_change().await.unwrap();
        other.set_disabled(&ann.id, disabled, START).await.unwrap();
        db.wait_for_change().await.unwrap();
        let changes = db.changes_since(seen).await.unwrap();
        assert_eq!(changes.len(), 1);
        seen = changes[0].seq;
    }
}

async fn a_waiter_is_not_kept_for_long(db: Db) {
    for _ in 0..2 {
        let waited = tokio::time::timeout(Duration::from_secs(5), db.wait_for_change()).await;
        waited.expect("a wait is over after 250 ms, and a busy machine may take its time").unwrap();
    }
}

async fn another_process_sees_what_was_acknowledged(db: Db) {
    let other = db.another_process().await;
    let ann = db.person("ann").await;
    for text in ["1", "2", "3", "4", "5"] {
        let id = db.sign_in(&ann, text, START).await;
        assert!(other.lookup_session(&id).await.unwrap().is_some());
        assert!(other.revoke_session(&id, START).await.unwrap());
        assert!(db.lookup_session(&id).await.unwrap().is_none());
    }
    assert_eq!(db.changes().await.len(), 5);
}
