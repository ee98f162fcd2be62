//! Connections are cut, or there are none left.

use sqlx::{Connection as _, PgConnection};

use crate::{
    cluster::Cluster,
    load::{Told, a_while},
    replica::Replica,
    wire::{Mode, Wire},
};

const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'gatehouse' \
                   AND pid <> pg_backend_pid()";

/// An administrator ends every connection, and a network device every half second another time.
#[test]
fn connections_cut() {
    let cluster = Cluster::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(cluster.create("gatehouse"));
    let wire = Wire::to(cluster.port);
    let mut replicas =
        [Replica::start(&cluster.url("gatehouse")), Replica::start(&cluster.url_at(wire.port, "gatehouse"))];
    replicas[0].add("alice");
    let told = Told::meanwhile(&replicas, || {
        a_while(1000);
        for _ in 0..6 {
            runtime.block_on(cluster.execute("postgres", CUT));
            a_while(300);
            wire.set(Mode::Cut);
            a_while(200);
            wire.set(Mode::Carry);
            a_while(300);
        }
        for mode in [Mode::Stall, Mode::Lose] {
            wire.set(mode);
            a_while(1500);
            wire.set(Mode::Carry);
            a_while(500);
        }
    });
    told.holds(&mut replicas);
}

/// Others hold every connection that the server gives.
#[test]
fn no_connection_left() {
    let cluster = Cluster::start_with(None, "max_connections = 12\nsuperuser_reserved_connections = 0");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(cluster.create("gatehouse"));
    let mut replicas = [Replica::start(&cluster.url("gatehouse"))];
    replicas[0].add("alice");
    let told = Told::meanwhile(&replicas, || {
        a_while(1500);
        let held = runtime.block_on(hold_all(&cluster));
        let refused = replicas[0].login("alice").expect("an answer");
        assert_eq!(refused.status, 503);
        assert_eq!(replicas[0].get("/live").unwrap().status, 200);
        replicas[0].until("is not ready", || replicas[0].get("/ready").filter(|answer| answer.status == 503));
        drop(held);
        a_while(3000);
    });
    told.holds(&mut replicas);
}

/// Takes connections until the replica has none.
async fn hold_all(cluster: &Cluster) -> Vec<PgConnection> {
    let mut held = vec![cluster.connect("postgres").await];
    // A place is free only a moment after its process is gone from the list.
    let mut refused = 0;
    for _ in 0..200 {
        if let Ok(another) = PgConnection::connect(&cluster.url("postgres")).await {
            held.push(another);
            refused = 0;
            continue;
        }
        let admin = held.first_mut().unwrap();
        sqlx::query(CUT).execute(&mut *admin).await.unwrap();
        let theirs = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'gatehouse'";
        let theirs: i64 = sqlx::query_scalar(theirs).fetch_one(admin).await.unwrap();
        if theirs > 0 {
            refused = 0;
            continue;
        }
        refused += 1;
        if refused == 5 {
            return held;
        }
        a_while(20);
    }
    panic!("the replica is faster every time");
}
