//! The order of the feed, and notices that are lost.

use std::time::Duration;

use gatehouse::storage::{
    ChangeFeed as _, ChangeSeq, IdentityRepository as _, MetaRepository as _, postgres::PostgresStorage,
};
use sqlx::{Connection as _, Executor as _};

use super::{open, server};
use crate::kit::{START, new_person};

/// Generous: what is promised is a second, and the machine may be busy.
const SOON: Duration = Duration::from_secs(5);

/// Waits as the endpoint does until there is a change after `seq`.
async fn next(storage: &PostgresStorage, seq: ChangeSeq) -> ChangeSeq {
    let following = async {
        loop {
            if let Some(change) =
                storage.changes_since(seq).await.ok().and_then(|changes| changes.first().cloned())
            {
                return change.seq;
            }
            drop(storage.wait_for_change().await);
        }
    };
    tokio::time::timeout(SOON, following).await.expect("the change is heard of")
}

/// Two revokes overlap, and the second is through first: a reader between the two must not pass over the first. With
/// numbers from a sequence it would, which the second half shows.
#[tokio::test]
async fn a_change_that_commits_late_is_not_passed_over() {
    let database = server::own().await;
    let storage = open(&database, 4).await;
    let ann = storage.add_identity(new_person("ann")).await.unwrap();
    let (mut slow, mut fast) = (database.connect().await, database.connect().await);
    let append = "WITH head AS (UPDATE change_head SET seq = seq + 1 RETURNING seq) \
                  INSERT INTO change (seq, at, identity_id) SELECT seq, 0, 'late' FROM head";
    slow.execute("BEGIN").await.unwrap();
    slow.execute(append).await.unwrap();
    // The second waits for the first, so that nobody can see the second alone.
    let revoked = storage.set_disabled(&ann.id, true, START);
    tokio::pin!(revoked);
    assert!(tokio::time::timeout(Duration::from_millis(300), revoked.as_mut()).await.is_err());
    assert_eq!(storage.changes_since(ChangeSeq(0)).await.unwrap(), []);
    slow.execute("COMMIT").await.unwrap();
    assert!(revoked.await.unwrap());
    let seqs: Vec<_> =
        storage.changes_since(ChangeSeq(0)).await.unwrap().iter().map(|change| change.seq.0).collect();
    assert_eq!(seqs, [1, 2]);

    fast.execute("CREATE TABLE control (seq BIGSERIAL PRIMARY KEY)").await.unwrap();
    slow.execute("BEGIN").await.unwrap();
    slow.execute("INSERT INTO control DEFAULT VALUES").await.unwrap();
    fast.execute("INSERT INTO control DEFAULT VALUES").await.unwrap();
    let after = "SELECT coalesce(array_agg(seq), '{}') FROM control WHERE seq > $1";
    let seen: Vec<i64> = sqlx::query_scalar(after).bind(0_i64).fetch_one(&mut fast).await.unwrap();
    assert_eq!(seen, [2]);
    slow.execute("COMMIT").await.unwrap();
    let seen: Vec<i64> = sqlx::query_scalar(after).bind(2_i64).fetch_one(&mut fast).await.unwrap();
    assert!(seen.is_empty(), "control: 1 is there, and a reader at 2 never sees it");
}

/// Sixteen writers at once: whatever a reader sees, nothing smaller appears later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_appear_in_their_order_while_many_write() {
    let database = server::filled().await;
    let storage = std::sync::Arc::new(open(&database, 20).await);
    let mut people = Vec::new();
    for number in 0..16 {
        people.push(storage.add_identity(new_person(&format!("ann{number}"))).await.unwrap());
    }
    let writers: Vec<_> = people
        .into_iter()
        .map(|person| {
            let storage = std::sync::Arc::clone(&storage);
            tokio::spawn(async move {
                for round in 0..20 {
                    storage.set_disabled(&person.id, round % 2 == 0, START).await.unwrap();
                }
            })
        })
        .collect();
    let reader = open(&database, 1).await;
    let (mut seen, mut at) = (Vec::new(), ChangeSeq(0));
    let reading = async {
        while seen.len() < 320 {
            for change in reader.changes_since(at).await.unwrap() {
                at = change.seq;
                seen.push(change.seq.0);
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), reading).await.expect("every change is seen");
    assert_eq!(seen, (1..=320).collect::<Vec<i64>>());
    for writer in writers {
        writer.await.unwrap();
    }
}

/// The notice of another process ends the wait; a control without one runs into its end.
#[tokio::test]
async fn a_notice_ends_the_wait() {
    let database = server::filled().await;
    let (storage, other) = (open(&database, 2).await, open(&database, 2).await);
    let ann = storage.add_identity(new_person("ann")).await.unwrap();
    storage.changes_since(ChangeSeq(0)).await.unwrap();
    let mut early = 0;
    for round in 0..10 {
        let waited = async {
            let asked = tokio::time::Instant::now();
            storage.wait_for_change().await.unwrap();
            asked.elapsed()
        };
        let (waited, changed) = tokio::join!(waited, other.set_disabled(&ann.id, round % 2 == 0, START));
        changed.unwrap();
        early += usize::from(waited < Duration::from_millis(200));
        storage.changes_since(ChangeSeq(0)).await.unwrap();
    }
    assert!(early > 0, "no wait of ten was ended by a notice");
}

/// A change whose notice nobody sent (an engine without notices, or one that was lost) is found all the same.
#[tokio::test]
async fn a_lost_notice_costs_a_look() {
    let database = server::filled().await;
    let storage = open(&database, 2).await;
    storage.changes_since(ChangeSeq(0)).await.unwrap();
    let silent =
        "UPDATE change_head SET seq = 1; INSERT INTO change (seq, at, identity_id) VALUES (1, 0, 'x')";
    let (seq, ()) = tokio::join!(next(&storage, ChangeSeq(0)), database.execute(silent));
    assert_eq!(seq, ChangeSeq(1));
}

/// The connection that listens is cut: it comes back by itself, and what happened meanwhile is found.
#[tokio::test]
async fn a_feed_that_was_cut_comes_back() {
    let database = server::filled().await;
    let (storage, other) = (open(&database, 2).await, open(&database, 2).await);
    let ann = other.add_identity(new_person("ann")).await.unwrap();
    let mut seen = ChangeSeq(0);
    for round in 0..4 {
        storage.changes_since(seen).await.ok();
        let before = storage.changes_since(seen).await.unwrap();
        assert!(before.is_empty());
        assert!(database.cut().await > 0);
        other.set_disabled(&ann.id, round % 2 == 0, START).await.unwrap();
        seen = next(&storage, seen).await;
    }
    assert_eq!(seen, ChangeSeq(4));
}

/// While the database can't be asked the feed says so, because whoever caches relies on that.
#[tokio::test]
async fn a_feed_that_can_not_ask_says_so() {
    let database = server::own().await;
    let storage = open(&database, 2).await;
    storage.changes_since(ChangeSeq(0)).await.unwrap();
    let mut admin = server::admin().await;
    let close = |allowed: bool| {
        sqlx::AssertSqlSafe(format!("ALTER DATABASE {} ALLOW_CONNECTIONS {allowed}", database.name))
    };
    admin.execute(close(false)).await.unwrap();
    database.cut().await;
    storage.wait_for_change().await.unwrap();
    assert!(storage.changes_since(ChangeSeq(0)).await.is_err());
    admin.execute(close(true)).await.unwrap();
    assert_eq!(storage.changes_since(ChangeSeq(0)).await.unwrap(), []);
    storage.check().await.unwrap();
    admin.close().await.unwrap();
}

/// Somebody asks while another waits: the wait makes room.
#[tokio::test]
async fn a_question_does_not_wait_for_a_waiter() {
    let database = server::filled().await;
    let storage = open(&database, 2).await;
    storage.changes_since(ChangeSeq(0)).await.unwrap();
    let asking = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        for _ in 0..20 {
            storage.changes_since(ChangeSeq(0)).await.unwrap();
        }
    };
    let waiting = async {
        for _ in 0..3 {
            storage.wait_for_change().await.unwrap();
        }
    };
    // Each question behind a whole wait would be five seconds; together they are three waits.
    let both = async { tokio::join!(asking, waiting) };
    tokio::time::timeout(Duration::from_secs(4), both).await.expect("questions come between");
}
