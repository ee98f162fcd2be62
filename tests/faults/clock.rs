//! Clocks jump. What counts is the database's, and the latest moment that it has seen.

use crate::{cluster::Cluster, replica::Replica};

/// The database's clock ran two hours ahead, and was set right again; everybody restarts meanwhile. What was over by then
/// stays over, and who signs in now is signed in.
#[test]
fn the_database_s_clock_was_ahead_and_is_set_back() {
    let cluster = Cluster::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(cluster.create("gatehouse"));
    let url = cluster.url("gatehouse");
    let replica = Replica::start(&url);
    replica.add("alice");
    let session = replica.sign_in("alice");
    let replica = replica.restart();
    assert!(replica.session(&session).unwrap().is_signed_in(), "control: a restart alone ends nothing");
    // What a replica that saw the clock run ahead has written.
    let ahead = "UPDATE meta SET high_water_mark = high_water_mark + 7200000";
    runtime.block_on(cluster.execute("gatehouse", ahead));
    let replica = replica.restart();
    assert!(replica.session(&session).unwrap().is_anonymous(), "what was over is back");
    let fresh = replica.sign_in("alice");
    let other = Replica::start(&url);
    for replica in [&replica, &other] {
        replica.until("knows", || replica.session(&fresh).filter(crate::answer::Answer::is_signed_in));
        assert!(replica.session(&session).unwrap().is_anonymous());
    }
}
