//! People of the settings: hashed for them, served, listed, and left to them.

use std::time::Duration;

use serde_json::json;

use crate::{
    kit::{Place, errors, said},
    server::Server,
};

const HASH: [&str; 2] = ["hash", "--password-stdin"];

fn secrets(place: &Place, text: &str) {
    std::fs::create_dir_all(place.path().join(".streamlit")).unwrap();
    std::fs::write(place.path().join(".streamlit/secrets.toml"), text).unwrap();
}

fn step(identifier: &str, password: &str) -> serde_json::Value {
    json!({
        "step": "password", "identifier": identifier, "password": password, "keep": false, "challenge": null
    })
}

/// The cookie that a sign-in sets.
fn signed_in(server: &Server, identifier: &str, password: &str) -> Option<String> {
    let answer = server.post("/_gatehouse/login", "", &step(identifier, password));
    let cookies = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    let session =
        cookies.filter_map(|cookie| cookie.split(';').next()).find(|cookie| !cookie.contains("device"));
    session.filter(|_| answer.contains("\"complete\"")).map(|cookie| format!("Cookie: {cookie}\r\n"))
}

#[test]
fn a_hash_stands_alone_on_standard_output_and_can_be_declared() {
    let place = Place::empty();
    place.set("[password]\nargon2_memory = 7168\nargon2_time = 5\n");
    let output = place.run_with(&HASH, "seven quiet herons\n");
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    let hash = said(&output);
    assert_eq!(hash.lines().count(), 1);
    assert!(hash.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{hash}");
    assert!(errors(&output).contains(&format!("password = \"{}\"", hash.trim())), "{}", errors(&output));
    assert!(!errors(&output).contains("Warning"));
    assert!(!place.path().join(".gatehouse").exists(), "nothing was made");

    secrets(
        &place,
        &format!("[gatehouse.users.alice]\npassword = \"{}\"\nroles = [\"admin\"]\n", hash.trim()),
    );
    let server = Server::start(&place);
    assert!(signed_in(&server, "alice", "seven quiet herons").is_some());
    assert!(signed_in(&server, "alice", hash.trim()).is_none(), "a hash is no password");
    assert!(server.link.is_empty(), "nobody needs a set-up link");
}

#[test]
fn a_password_that_the_rules_would_refuse_is_hashed_with_a_warning() {
    let place = Place::empty();
    for weak in ["tiny-1\n", "password1\n"] {
        let output = place.run_with(&HASH, weak);
        assert_eq!(output.status.code(), Some(0));
        assert!(errors(&output).contains("Warning: the password is"), "{}", errors(&output));
        assert!(!errors(&output).contains(weak.trim()));
    }
    assert!(place.refused(&HASH, "\n").contains("empty"));
    assert!(place.refused(&["hash"], "").contains("--password-stdin"));
    assert_eq!(place.run(&["hash", "seven quiet herons"]).status.code(), Some(2), "never an argument");
    // The settings may wait for the very hash that is asked for.
    secrets(&place, "[gatehouse.users.alice]\nroles = []\n");
    let output = place.run_with(&HASH, "seven quiet herons\n");
    assert_eq!(output.status.code(), Some(0));
    assert!(errors(&output).contains("`users.alice`"), "{}", errors(&output));
}

#[test]
fn deleting_the_line_signs_out_while_the_server_runs() {
    let place = Place::empty();
    let bob = "[gatehouse.users.bob]\npassword = \"nine calm otters\"\n";
    secrets(&place, &format!("{bob}[gatehouse.users.alice]\npassword = \"seven quiet herons\"\n"));
    let server = Server::start(&place);
    let cookie = signed_in(&server, "alice", "seven quiet herons").unwrap();
    let bobs = signed_in(&server, "bob", "nine calm otters").unwrap();
    let session = |cookie: &str| server.get_with("/_gatehouse/session", cookie);
    assert!(session(&cookie).contains("alice"), "control");
    secrets(&place, bob);
    for _ in 0..100 {
        if session(&cookie).contains("anonymous") {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(session(&cookie).contains("anonymous"));
    assert!(session(&bobs).contains("bob"));

    let alice = place.json(&["users", "show", "alice", "--json"]);
    assert_eq!((&alice["disabled"], &alice["source"]), (&json!(true), &json!("settings:..")));
    let table = said(&place.run(&["users", "list"]));
    assert!(table.contains("KEPT IN") && table.contains("not declared any more"), "{table}");
    for command in [
        &["users", "set-password", "bob", "--password-stdin"][..],
        &["users", "roles", "bob", "admin"],
        &["users", "disable", "bob"],
        &["users", "delete", "bob", "--yes"],
    ] {
        let sentence = place.refused(command, "seven loud herons\n");
        assert!(sentence.contains("declared in the settings"), "{sentence}");
    }
    assert_eq!(
        place.run(&["users", "delete", "alice", "--yes"]).status.code(),
        Some(0),
        "who is gone is tidied up"
    );
}

#[test]
fn one_password_is_a_form_without_a_name() {
    let place = Place::empty();
    secrets(&place, "[gatehouse]\npassword = \"seven quiet herons\"\n");
    let server = Server::start(&place);
    assert!(server.get("/_gatehouse/config").contains("\"login\":\"password_only\""));
    let cookie = signed_in(&server, "", "seven quiet herons").unwrap();
    assert!(server.get_with("/_gatehouse/session", &cookie).contains("\"guest\""));
    assert!(signed_in(&server, "", "nine calm otters").is_none());
}

/// A name that the database has is refused before anything listens.
#[tokio::test]
async fn a_declared_name_that_is_taken_does_not_start() {
    let place = Place::started().await;
    place.add("alice", &[]);
    secrets(&place, "[gatehouse.users.Alice]\npassword = \"seven quiet herons\"\n");
    let sentence = place.refused(&["serve", "--listen", "127.0.0.1:0"], "");
    assert!(sentence.contains("\"Alice\"") && sentence.contains("already"), "{sentence}");
    assert!(!sentence.contains("herons"));
}

#[tokio::test]
async fn the_doctor_names_who_stands_in_plain_text() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::started().await;
    let hash = said(&place.run_with(&HASH, "seven quiet herons\n"));
    let people = format!(
        "[gatehouse.users.alice]\npassword = \"nine calm otters\"\n[gatehouse.users.bob]\npassword = \"{}\"\n",
        hash.trim()
    );
    secrets(&place, &people);
    let file = place.path().join(".streamlit/secrets.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let found = said(&place.run(&["doctor"]));
    assert!(
        found.contains("plain text in the settings (alice)") && found.contains("gatehouse hash"),
        "{found}"
    );
    assert!(found.contains("chmod"), "{found}");
    assert!(!found.contains("otters") && !found.contains("no administrator"), "{found}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(!said(&place.run(&["doctor"])).contains("chmod"));
}
