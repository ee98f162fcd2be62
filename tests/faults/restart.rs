//! PostgreSQL is restarted in the middle of logins.

use crate::{
    cluster::{Cluster, Stop},
    load::{Told, a_while},
    replica::Replica,
};

fn restarted(how: Stop) {
    let cluster = Cluster::start();
    tokio::runtime::Runtime::new().unwrap().block_on(cluster.create("gatehouse"));
    let url = cluster.url("gatehouse");
    let mut replicas = [Replica::start(&url), Replica::start(&url)];
    replicas[0].add("alice");
    let told = Told::meanwhile(&replicas, || {
        for away in [100, 1500] {
            a_while(1500);
            cluster.stop(how);
            a_while(away);
            for replica in &replicas {
                assert_eq!(replica.get("/live").unwrap().status, 200, "no reason to restart the replica");
            }
            cluster.begin();
        }
        a_while(2500);
    });
    told.holds(&mut replicas);
}

#[test]
fn postgresql_restarted_in_the_middle_of_logins() {
    restarted(Stop::Fast);
}

/// As if the power had failed.
#[test]
fn postgresql_killed_in_the_middle_of_logins() {
    restarted(Stop::Immediate);
}
