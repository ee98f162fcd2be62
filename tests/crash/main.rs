//! SIGKILL in the middle of registrations, logins, logouts and resets.
//!
//! The test starts itself again as a child that works on a database and says on its standard output what it
//! begins and what was acknowledged. After each kill the parent opens the database: everything acknowledged is
//! there, what was only begun happened whole or not at all, and what was revoked stays revoked.
//!
//! `GATEHOUSE_KILLS` says how often (50 by default; `make soak` sets 1,000).

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on stops")]

mod child;
#[path = "../cluster/mod.rs"]
#[expect(dead_code, reason = "here nobody stops the server; the tests of faults do")]
mod cluster;
mod database;
mod journal;
mod person;

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use cluster::Cluster;
use database::Database;
use gatehouse::{
    clock::Timestamp,
    entropy::{Entropy as _, OsEntropy},
    storage::{ChangeKind, ChangeSeq, Storage},
};
use journal::Journal;
use person::Person;

/// Names the database to a child.
const DATABASE: &str = "GATEHOUSE_CRASH_DATABASE";
/// Names the child's run, which is part of the names of its people.
const RUN: &str = "GATEHOUSE_CRASH_RUN";

/// Killed in the middle of work on a file.
#[test]
fn what_was_acknowledged_survives_every_kill() {
    if child::is_wanted() {
        return child::work();
    }
    let folder = tempfile::tempdir().unwrap();
    survive("SQLite", &Database::Sqlite(folder.path().join("gatehouse.db")));
}

/// A replica is killed; the server, and the others, live on.
#[test]
fn what_was_acknowledged_survives_every_kill_of_a_replica() {
    let cluster = Cluster::start();
    let database = Database::Postgres(cluster.url("crash"));
    tokio::runtime::Runtime::new().unwrap().block_on(cluster.create("crash"));
    survive("PostgreSQL", &database);
}

fn survive(kind: &str, database: &Database) {
    let kills: usize = std::env::var("GATEHOUSE_KILLS").map_or(50, |kills| kills.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut history = History::default();
    for run in 0..kills {
        // Every fifth dies while it opens the database, the others in the middle of the work.
        let journal = if run % 5 == 4 {
            run_and_kill(database, run, &Moment::AfterStart(random_millis(40)))
        } else {
            run_and_kill(database, run, &Moment::AtWork(random_millis(300)))
        };
        runtime.block_on(history.check(database, run, &journal));
    }
    runtime.block_on(history.check_everything(database));
    assert!(history.acknowledged > kills, "the children did too little: {}", history.acknowledged);
    println!(
        "{kind}: {kills} kills, {} acknowledged steps of {} people",
        history.acknowledged,
        history.people.len()
    );
}

/// The first start is killed while it makes the database; the second one makes it, or finds it.
#[test]
fn a_database_whose_making_was_killed_opens() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        made_in_spite_of_a_kill(&Database::Sqlite(folder.path().join("gatehouse.db")));
    }
}

/// The same where many may start at once.
#[test]
fn a_database_whose_filling_was_killed_opens() {
    let cluster = Cluster::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for number in 0..10 {
        let name = format!("filling{number}");
        runtime.block_on(cluster.create(&name));
        made_in_spite_of_a_kill(&Database::Postgres(cluster.url(&name)));
    }
}

fn made_in_spite_of_a_kill(database: &Database) {
    run_and_kill(database, 0, &Moment::AfterStart(random_millis(80)));
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        database.is_quiet().await;
        let storage = database.open().await;
        person::add_anyone(&*storage).await;
        storage.close().await;
        database.is_sound().await;
    });
}

/// When a child dies.
enum Moment {
    /// So long after it was started.
    AfterStart(Duration),
    /// So long after it began to work.
    AtWork(Duration),
}

/// Starts a child, kills it, and reads what it said until then.
fn run_and_kill(database: &Database, run: usize, moment: &Moment) -> Journal {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "what_was_acknowledged_survives_every_kill", "--nocapture"])
        .env(DATABASE, database.text())
        .env(RUN, run.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (working, works) = std::sync::mpsc::channel();
    // A thread empties the pipe, so that the child never waits for it.
    let reader = std::thread::spawn(move || {
        let mut said = Vec::new();
        while output.read_until(b'\n', &mut said).unwrap() > 0 {
            // Who was killed early listens no more.
            let _ = working.send(());
        }
        said
    });
    match moment {
        Moment::AfterStart(life) => std::thread::sleep(*life),
        Moment::AtWork(life) => {
            // Three lines of the harness come before the work.
            (0..9).for_each(|_| works.recv_timeout(Duration::from_mins(1)).expect("the child does nothing"));
            std::thread::sleep(*life);
        }
    }
    assert_eq!(child.try_wait().unwrap(), None, "the child ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    Journal::read(&reader.join().unwrap())
}

/// What the database held after the earlier kills.
#[derive(Default)]
struct History {
    people: BTreeMap<String, Person>,
    /// How often the counter was raised, as the database says.
    counted: f64,
    acknowledged: usize,
}

impl History {
    async fn check(&mut self, database: &Database, run: usize, journal: &Journal) {
        // The child may have died before it made the file.
        database.is_quiet().await;
        let storage = database.open().await;
        let changes = changes(&*storage).await;
        for (name, progress) in &journal.people {
            let found = Person::observe(&*storage, name, &changes).await;
            let acknowledged = Person::after(progress.done);
            let possible = [acknowledged, Person::after(progress.begun)];
            assert!(
                possible.contains(&found),
                "run {run}, {name}: {progress:?}\nfound {found:#?}\nnot {possible:#?}"
            );
            self.people.insert(name.clone(), found);
            self.acknowledged += progress.done;
        }
        let level = storage.read_limits(&[person::counter()]).await.unwrap().first().unwrap().level;
        let (least, most) = (self.counted + journal.counted.done, self.counted + journal.counted.begun);
        assert!((least..=most).contains(&level), "run {run}: {least} to {most} guesses counted as {level}");
        self.counted = level;
        // A registration and its mail come and go together.
        let waiting = self.people.values().filter(|person| person.waiting).count() as u64;
        assert_eq!(storage.mail_backlog().await.unwrap().0, waiting, "run {run}");
        storage.close().await;
        database.is_sound().await;
    }

    /// Nothing of what was seen after any kill has changed since: no later recovery brought a session back.
    async fn check_everything(&self, database: &Database) {
        let storage = database.open().await;
        let changes = changes(&*storage).await;
        for (name, person) in &self.people {
            assert_eq!(&Person::observe(&*storage, name, &changes).await, person, "{name}");
        }
    }
}

/// How often the feed speaks of each session and identity.
async fn changes(storage: &dyn Storage) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for change in storage.changes_since(ChangeSeq(0)).await.unwrap() {
        let (ChangeKind::SessionRevoked(gatehouse::session::SessionId(id))
        | ChangeKind::IdentityChanged(gatehouse::identity::IdentityId(id))) = change.kind;
        *times.entry(id).or_default() += 1;
    }
    times
}

fn random_millis(below: u64) -> Duration {
    let mut drawn = [0_u8; 8];
    OsEntropy.fill(&mut drawn);
    Duration::from_millis(u64::from_be_bytes(drawn) % below)
}

/// When everything happens: nothing here depends on a clock.
const fn now() -> Timestamp {
    person::START
}
