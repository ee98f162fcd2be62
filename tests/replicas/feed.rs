//! What tells the replicas of changes is lost: the next look finds them all the same.

use crate::house::{House, closed};

/// The connections that listen are cut, again and again, and a revocation falls in between.
#[tokio::test(flavor = "multi_thread")]
async fn revocation_while_the_listening_connections_are_cut() {
    let house = House::in_front().await;
    let mut look = house.look().await;
    for round in 0..3 {
        let name = format!("person{round}");
        house.add(&name, &[]);
        let session = house.sign_in(&name);
        let sockets = house.sockets(&session).await;
        let cut: i64 = sqlx::query_scalar(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .fetch_one(&mut look)
        .await
        .unwrap();
        assert!(cut >= 3, "only {cut} connections were there to cut");
        house.command(&["users", "disable", &name]);
        closed(sockets).await;
        assert_eq!(house.is_signed_in(&session), [false; 3]);
    }
}

/// A change that nobody is told of, as where the notice was lost on its way.
#[tokio::test(flavor = "multi_thread")]
async fn lost_notice() {
    let house = House::in_front().await;
    house.add("alice", &[]);
    let session = house.sign_in("alice");
    let sockets = house.sockets(&session).await;
    let mut look = house.look().await;
    for statement in [
        "BEGIN",
        "UPDATE change_head SET seq = seq + 1",
        "INSERT INTO change (seq, at, session_id) SELECT (SELECT seq FROM change_head), 1, id FROM session",
        "DELETE FROM session",
        "COMMIT",
    ] {
        sqlx::query(statement).execute(&mut look).await.unwrap();
    }
    closed(sockets).await;
    assert_eq!(house.is_signed_in(&session), [false; 3]);
}
