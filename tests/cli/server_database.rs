//! Every command of the operator, with the people kept in PostgreSQL.

use crate::{
    kit::{Place, errors, said},
    postgres::Database,
};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

async fn place() -> (Place, Database) {
    let database = Database::make().await;
    let place = Place::empty();
    place.set(&format!("database = \"{}\"\nkey = \"{KEY}\"\n", database.url()));
    (place, database)
}

#[track_caller]
fn done(place: &Place, arguments: &[&str]) -> String {
    let output = place.run(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", errors(&output));
    said(&output) + &errors(&output)
}

#[tokio::test]
async fn people_are_administered_and_no_password_is_shown() {
    let (place, database) = place().await;
    let secret = database.url().split([':', '@']).nth(2).unwrap().to_owned();
    assert!(place.refused(&["users", "list"], "").contains("it is empty"), "only a start fills it");
    let pending = place.run(&["migrate", "--check"]);
    assert_eq!(pending.status.code(), Some(1), "{}", errors(&pending));
    assert!(done(&place, &["migrate"]).contains("nothing is pending"));
    drop(crate::server::Server::start(&place));
    assert!(done(&place, &["migrate", "--check"]).contains("Nothing is pending"));
    assert_eq!(
        place.add("alice", &["--role", "admin", "--email", "alice@example.org"]).status.code(),
        Some(0)
    );
    let mut told = String::new();
    for arguments in [
        &["users", "list"][..],
        &["users", "show", "alice"],
        &["users", "roles", "alice", "editor", "admin"],
        &["users", "disable", "alice"],
        &["users", "enable", "alice"],
        &["users", "sessions", "alice"],
        &["users", "revoke", "alice"],
        &["invite", "--print"],
        &["migrate"],
        &["settings"],
    ] {
        told += &done(&place, arguments);
    }
    let doctor = place.run(&["doctor"]);
    told += &(said(&doctor) + &errors(&doctor));
    assert!(said(&doctor).contains("can be read and written"), "{}", said(&doctor));
    let backup = place.refused(&["backup", "copy.dump"], "");
    assert!(backup.contains("pg_dump"), "{backup}");
    assert!(!place.path().join("copy.dump").exists());
    told += &done(&place, &["users", "delete", "alice", "--yes"]);
    assert!(told.contains("postgres://"), "it is said which database: {told}");
    assert!(!(told + &backup).contains(&secret), "the password is shown");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_its_password() {
    let place = Place::empty();
    place.set(&format!("database = \"postgres://app:hunter2@127.0.0.1:9/gatehouse\"\nkey = \"{KEY}\"\n"));
    for arguments in [&["users", "list"][..], &["serve"], &["migrate"], &["doctor"]] {
        let output = place.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let told = said(&output) + &errors(&output);
        assert!(told.contains("127.0.0.1:9/gatehouse") && !told.contains("hunter2"), "{arguments:?}: {told}");
    }
}
