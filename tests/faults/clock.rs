//! Clocks jump. What counts is the database's, and the latest moment that it has seen.
//!
//! The clock of a machine is played by libfaketime, which stands between a process and the system's calls and reads what it
//! is by now from a file.

use std::path::{Path, PathBuf};

use crate::{answer::Answer, cluster::Cluster, replica::Replica};

/// The clock of a machine.
struct MachineClock {
    folder: tempfile::TempDir,
}

impl MachineClock {
    /// One that is right.
    fn new() -> Self {
        let clock = Self { folder: tempfile::tempdir().unwrap() };
        clock.is_off_by(0);
        clock
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// Sets it, in minutes from what is right.
    fn is_off_by(&self, minutes: i32) {
        let next = self.folder.path().join("next");
        std::fs::write(&next, format!("{:+}\n", minutes * 60)).unwrap();
        std::fs::rename(next, self.path()).unwrap();
    }
}

/// What makes a process see this clock.
pub(crate) fn shown_to(clock: &Path) -> [(&'static str, String); 4] {
    let folders = std::fs::read_dir("/usr/lib").unwrap().flatten();
    let library =
        folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|at| at.exists());
    let library = library.expect("libfaketime is missing: 'tools/setup' installs it");
    [
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", clock.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        // How long something takes stays as it is.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ]
}

/// More than any session lasts.
const LONG: i32 = 60 * 24 * 400;

/// A machine with a file loses its clock and gets it back. Nothing that was over comes back, not after a restart either,
/// and people sign in.
#[test]
fn a_machine_s_clock_jumps_ahead_and_back() {
    let (clock, folder) = (MachineClock::new(), tempfile::tempdir().unwrap());
    let url = format!("sqlite://{}", folder.path().join("gatehouse.db").display());
    let replica = Replica::start_by(&url, Some(&clock.path()));
    replica.add("alice");
    let session = replica.sign_in("alice");
    clock.is_off_by(2);
    assert!(replica.session(&session).unwrap().is_signed_in(), "control: two minutes end nothing");
    clock.is_off_by(LONG);
    assert!(replica.session(&session).unwrap().is_anonymous(), "control: the process sees the jump");
    let ahead = replica.sign_in("alice");
    clock.is_off_by(0);
    assert!(replica.session(&session).unwrap().is_anonymous(), "what was over is back");
    let replica = replica.restart();
    assert!(replica.session(&session).unwrap().is_anonymous(), "what was over is back after a restart");
    for session in [&ahead, &replica.sign_in("alice")] {
        assert!(replica.session(session).unwrap().is_signed_in());
    }
}

/// One of two machines on a database has a clock that runs ahead, then behind. It asks the database what time it is: its
/// own clock ends nothing and prolongs nothing.
#[test]
fn a_replica_s_clock_jumps_and_the_database_s_counts() {
    let (clock, cluster) = (MachineClock::new(), Cluster::start());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(cluster.create("gatehouse"));
    let url = cluster.url("gatehouse");
    let (right, mut wrong) = (Replica::start(&url), Replica::start_by(&url, Some(&clock.path())));
    right.add("alice");
    let session = right.sign_in("alice");
    for minutes in [LONG, -LONG] {
        clock.is_off_by(minutes);
        let year =
            |replica: &Replica| replica.get("/session").unwrap().date().split(' ').nth(3).unwrap().to_owned();
        wrong.until("sees the jump", || (year(&wrong) != year(&right)).then_some(()));
        for restarted in [false, true] {
            if restarted {
                wrong = wrong.restart();
            }
            let signed_in = wrong.sign_in("alice");
            for session in [&session, &signed_in] {
                for replica in [&right, &wrong] {
                    let known = || replica.session(session).filter(Answer::is_signed_in);
                    replica.until(&format!("knows a session at {minutes:+} minutes"), known);
                }
            }
        }
    }
    // What ends on the one that is right ends on the one that is wrong.
    right.logout(&session).unwrap();
    wrong.until("forgets", || wrong.session(&session).filter(Answer::is_anonymous));
}

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
        replica.until("knows", || replica.session(&fresh).filter(Answer::is_signed_in));
        assert!(replica.session(&session).unwrap().is_anonymous());
    }
}
