//! One replica is cut off from the database, and the others are not: what it remembers is not to be believed for long.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    cluster::Cluster,
    replica::Replica,
    wire::{Mode, Wire},
};

/// How long a revoke may take to be in force everywhere, with time for a busy machine.
const SOON: Duration = Duration::from_secs(2);

/// A cluster, a replica on it, one behind a wire, and a session that both know.
struct House {
    // Dropped in this order.
    near: Replica,
    far: Replica,
    wire: Wire,
    session: String,
    _cluster: Cluster,
}

impl House {
    fn open() -> Self {
        let cluster = Cluster::start();
        tokio::runtime::Runtime::new().unwrap().block_on(cluster.create("gatehouse"));
        let wire = Wire::to(cluster.port);
        let near = Replica::start(&cluster.url("gatehouse"));
        let far = Replica::start(&cluster.url_at(wire.port, "gatehouse"));
        near.add("alice");
        let session = near.sign_in("alice");
        far.until("is ready", || far.get("/ready").filter(|answer| answer.status == 200));
        let house = Self { near, far, wire, session, _cluster: cluster };
        house.is_known_to_both();
        house
    }

    fn is_known_to_both(&self) {
        for replica in [&self.near, &self.far] {
            replica.until("knows who is signed in", || {
                replica.session(&self.session).filter(crate::answer::Answer::is_signed_in)
            });
        }
    }

    /// Signs out where the database is near; from a second later on nobody may be signed in where it is far.
    fn is_revoked_behind(&mut self, mode: Mode) {
        self.wire.set(mode);
        let out = self.near.logout(&self.session).unwrap();
        assert_eq!(out.status, 200);
        let acknowledged = Instant::now();
        while acknowledged.elapsed() < Duration::from_millis(1500) {
            std::thread::sleep(Duration::from_millis(50));
        }
        for _ in 0..3 {
            let late = self.far.session(&self.session);
            assert!(
                !late.is_some_and(|answer| answer.is_signed_in()),
                "believed what it remembers: {mode:?}"
            );
            let ready = self.far.get("/ready").unwrap();
            assert_eq!(ready.status, 503, "no requests should be sent here: {mode:?}");
            assert_eq!(self.far.get("/live").unwrap().status, 200, "no reason to restart it: {mode:?}");
        }
        self.wire.set(Mode::Carry);
        self.far
            .until("is back", || self.far.session(&self.session).filter(crate::answer::Answer::is_anonymous));
        self.far.until("is ready again", || self.far.get("/ready").filter(|answer| answer.status == 200));
        assert!(self.far.is_alive() && self.near.is_alive());
        self.session = self.far.sign_in("alice");
        self.is_known_to_both();
    }
}

/// The cable is pulled, the switch hangs, or everything is swallowed: each time somebody signs out elsewhere.
#[test]
fn a_replica_with_a_stale_cache_lets_nobody_in() {
    let mut house = House::open();
    for mode in [Mode::Cut, Mode::Stall, Mode::Lose] {
        house.is_revoked_behind(mode);
    }
}

/// The notice is lost on its way, and nothing else: a look at the feed finds what it said.
#[test]
fn a_lost_notice() {
    let mut house = House::open();
    for mode in [Mode::Carry, Mode::Deafen, Mode::Deafen] {
        house.wire.set(mode);
        // Long enough to forget whatever was on its way.
        std::thread::sleep(Duration::from_millis(600));
        house.is_known_to_both();
        let asked = Instant::now();
        assert_eq!(house.near.logout(&house.session).unwrap().status, 200);
        house.far.until("heard of it", || {
            house.far.session(&house.session).filter(crate::answer::Answer::is_anonymous)
        });
        assert!(asked.elapsed() < SOON, "{mode:?}: it took {:?}", asked.elapsed());
        house.session = house.near.sign_in("alice");
    }
}
