//! People who sign in and out while something goes wrong, and what they were told.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::replica::Replica;

/// How many people are at it at once.
const PEOPLE: usize = 3;

/// What was acknowledged.
#[derive(Default)]
pub(crate) struct Told {
    /// Sessions that were begun, and that nobody tried to end.
    pub(crate) begun: Mutex<Vec<String>>,
    /// Sessions whose end was acknowledged.
    pub(crate) ended: Mutex<Vec<String>>,
    /// How many requests were refused, or not answered.
    pub(crate) refused: AtomicUsize,
}

impl Told {
    /// Lets people sign in and out on all replicas while `fault` happens.
    pub(crate) fn meanwhile(replicas: &[Replica], fault: impl FnOnce()) -> Self {
        let told = Self::default();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for person in 0..PEOPLE {
                let (told, over) = (&told, &over);
                scope.spawn(move || {
                    for turn in person.. {
                        if over.load(Ordering::Relaxed) {
                            return;
                        }
                        told.visit(
                            &replicas[turn % replicas.len()],
                            &replicas[(turn + 1) % replicas.len()],
                            turn,
                        );
                    }
                });
            }
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    told.nobody_is_back(replicas);
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            // However the fault ends, the people stop.
            let _ends = Ends(&over);
            fault();
        });
        told
    }

    /// One person signs in on one replica, and every second one out on another.
    fn visit(&self, here: &Replica, there: &Replica, turn: usize) {
        let Some(session) = here.login("alice").and_then(|answer| answer.session()) else {
            self.refused.fetch_add(1, Ordering::Relaxed);
            // Nobody presses the button a thousand times a second.
            std::thread::sleep(Duration::from_millis(20));
            return;
        };
        if turn.is_multiple_of(2) {
            self.begun.lock().unwrap().push(session);
            return;
        }
        match there.logout(&session) {
            Some(answer) if answer.status == 200 => self.ended.lock().unwrap().push(session),
            // It may have happened or not; nobody was told that it did.
            _ => _ = self.refused.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Whoever was signed out for more than a second is not signed in anywhere.
    fn nobody_is_back(&self, replicas: &[Replica]) {
        let ended = self.ended.lock().unwrap().clone();
        std::thread::sleep(Duration::from_millis(1200));
        for session in ended.iter().rev().take(5) {
            for replica in replicas {
                let back = replica.session(session).is_some_and(|answer| answer.is_signed_in());
                assert!(!back, "somebody who was signed out is back");
            }
        }
    }

    /// Everything works again by itself, and everything that was acknowledged is true.
    pub(crate) fn holds(&self, replicas: &mut [Replica]) {
        for replica in &mut *replicas {
            assert!(replica.is_alive(), "a replica ended");
            replica.until("is ready", || replica.get("/ready").filter(|answer| answer.status == 200));
            replica.sign_in("alice");
        }
        let (begun, ended) = (self.begun.lock().unwrap(), self.ended.lock().unwrap());
        assert!(
            begun.len() > 3 && ended.len() > 3,
            "{} and {}: too little was done",
            begun.len(),
            ended.len()
        );
        for (number, session) in begun.iter().enumerate() {
            let replica = &replicas[number % replicas.len()];
            let known =
                replica.until("knows", || replica.session(session).filter(|answer| answer.status == 200));
            assert!(known.is_signed_in(), "a session that was acknowledged is lost");
        }
        for (number, session) in ended.iter().enumerate() {
            let replica = &replicas[number % replicas.len()];
            let known =
                replica.until("knows", || replica.session(session).filter(|answer| answer.status == 200));
            assert!(known.is_anonymous(), "somebody who was signed out is back");
        }
    }
}

struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A while in which something happens.
pub(crate) fn a_while(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}
