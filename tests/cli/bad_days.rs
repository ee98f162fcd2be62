//! The disk is full, or the database may not be written: nobody is let in, nothing that was acknowledged is lost, and
//! when the day is better everything goes on.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::json;

use crate::{
    kit::{Place, errors},
    server::{Server, confined},
};

const PASSWORD: &str = "seven quiet herons";

fn login(server: &Server, password: &str) -> String {
    let step = json!({
        "step": "password", "identifier": "alice", "password": password, "keep": false, "challenge": null
    });
    server.post("/_gatehouse/login", "", &step)
}

/// The session of a login that must succeed, as a header line.
fn session(server: &Server) -> String {
    let answer = login(server, PASSWORD);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let cookie = answer
        .split("set-cookie: ")
        .find(|rest| !rest.starts_with("gatehouse-device-") && rest.starts_with("gatehouse-"));
    format!("Cookie: {}\r\n", cookie.unwrap().split(';').next().unwrap())
}

fn is_signed_in(server: &Server, session: &str) -> bool {
    let answer = server.get_with("/_gatehouse/session", session);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer.contains("signed_in")
}

#[track_caller]
fn refused(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("unavailable") && answer.contains("retry-after: "), "{answer}");
    assert!(!answer.contains("set-cookie"), "nobody is let in: {answer}");
}

#[test]
fn a_full_disk() {
    let place = Place::empty();
    let server = Server::start_confined(&place);
    place.add("alice", &["--no-must-change"]);
    let kept = session(&server);
    let log = place.path().join(".gatehouse/gatehouse.db-wal");
    server.let_files_grow(&fs::metadata(log).unwrap().len().to_string());
    for _ in 0..3 {
        refused(&login(&server, PASSWORD));
        // A guess that can't be counted is not looked at either.
        refused(&login(&server, "wrong"));
        let ask = json!({"step": "request", "identifier": "alice"});
        refused(&server.post("/_gatehouse/recovery", "", &ask));
        // "Signed out" is said when it is true.
        refused(&server.post("/_gatehouse/logout", &kept, &json!(null)));
        assert!(is_signed_in(&server, &kept), "who is in stays in");
    }
    server.let_files_grow("unlimited");
    let fresh = session(&server);
    let out = server.post("/_gatehouse/logout", &kept, &json!(null));
    assert!(out.contains("signed_out"), "{out}");
    drop(server);
    let server = Server::start(&place);
    assert!(is_signed_in(&server, &fresh) && !is_signed_in(&server, &kept), "what was acknowledged lasts");
}

/// Neither the file nor what SQLite puts beside it can be written: nothing starts that could not keep what it says.
#[test]
fn a_read_only_database() {
    let place = Place::empty();
    let server = Server::start_confined(&place);
    place.add("alice", &["--no-must-change"]);
    let kept = session(&server);
    server.stop();
    let folder = place.path().join(".gatehouse");
    for (path, forbidden, usual) in [(folder.join("gatehouse.db"), 0o400, 0o600), (folder, 0o500, 0o700)] {
        // SQLite makes its index of the log anew when there is none, and it makes it like the database.
        let _ = fs::remove_file(place.path().join(".gatehouse/gatehouse.db-shm"));
        let set_mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        set_mode(forbidden);
        let refused = confined(&place).output();
        set_mode(usual);
        let refused = refused.unwrap();
        assert_eq!(refused.status.code(), Some(1), "{}", errors(&refused));
        assert!(errors(&refused).contains("gatehouse.db"), "{}", errors(&refused));
        let server = Server::start_confined(&place);
        assert!(is_signed_in(&server, &kept));
        session(&server);
        server.stop();
    }
}

/// The key is lost: with another one nothing starts, until the operator says that it is the one.
#[test]
fn a_lost_key() {
    let place = Place::empty();
    drop(Server::start(&place));
    fs::remove_file(place.path().join(".gatehouse/gatehouse.key")).unwrap();
    let refused = place.refused(&["serve", "--listen", "127.0.0.1:0"], "");
    assert!(refused.contains("gatehouse key --accept"), "{refused}");
    assert_eq!(place.run(&["key", "--accept"]).status.code(), Some(0));
    drop(Server::start(&place));
}
