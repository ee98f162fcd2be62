//! `gatehouse import streamlit-authenticator`, on files as the real package writes them.

use std::{collections::BTreeMap, fs, path::Path, process::Stdio};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    kit::{Place, errors, said},
    server::Server,
};

/// Made by `Hasher.hash` of streamlit-authenticator 0.4.2 with bcrypt 5.0.0.
const KITES: (&str, &str) =
    ("Kites-over-7-hills", "$2b$12$FhBdfBGEtppvHx7Zocr7gedbz4G8XS1UhJOn/s0oQF29fuapw1Gbi");
const TIDES: (&str, &str) =
    ("Tides!under9moons", "$2b$12$gEaNDNZ8kW9DXjYH4cTh5.pVmoL5Rs71mQ5DO5i/nniSiZJuGNS8.");

fn config(place: &Place, people: &str, rest: &str) {
    let text = format!("credentials:\n  usernames:\n{people}{rest}");
    fs::write(place.path().join("config.yaml"), text).unwrap();
}

/// Two people with hashes of the package, and one with a password in clear.
fn usual(place: &Place) {
    let people = format!(
        "    ann:\n      email: ann@example.org\n      first_name: Ann\n      password: {}\n      roles:\n      - editor\n      - viewer\n\
        \x20   Bob:\n      email: bob@example.org\n      logged_in: true\n      password: {}\n\
        \x20   cleo:\n      password: seven quiet herons\n",
        KITES.1, TIDES.1
    );
    config(place, &people, "pre-authorized:\n  emails:\n  - dora@example.org\n");
}

const IMPORT: [&str; 3] = ["import", "streamlit-authenticator", "config.yaml"];

fn import(place: &Place, more: &[&str]) -> (i32, String) {
    let output = place.run(&[&IMPORT[..], more].concat());
    let code = output.status.code().unwrap();
    assert!(code != 0 || errors(&output).lines().count() <= 1, "{}", errors(&output));
    (code, if code == 1 && said(&output).is_empty() { errors(&output) } else { said(&output) })
}

/// The file of the example, as release 0.4.2 wrote it.
#[test]
fn the_people_of_the_example_sign_in() {
    let place = Place::empty();
    let example =
        concat!(env!("CARGO_MANIFEST_DIR"), "/examples/from_streamlit_authenticator/before/config.yaml");
    fs::copy(example, place.path().join("config.yaml")).unwrap();
    let (code, lines) = import(&place, &[]);
    assert!(code == 0 && lines.contains("Done: 3 taken, of 3 in all."), "{lines}");
    let server = Server::start(&place);
    for (name, password) in
        [("ann", "Kites-over-7-hills"), ("bob", " Tides!under9moons"), ("cleo", "seven quiet herons")]
    {
        for _ in 0..2 {
            assert!(sign_in(&server, name, password).contains("\"complete\""), "{name}");
        }
    }
    server.stop();
}

/// Every file under a folder, with the hash of what is in it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.insert(path.display().to_string(), String::new());
            found.append(&mut files(&path));
        } else if !path.to_string_lossy().ends_with("-shm") {
            // SQLite's index of the log is memory that processes share, and is made anew from the log.
            let hash = Sha256::digest(fs::read(&path).unwrap());
            found.insert(path.display().to_string(), format!("{hash:x?}"));
        }
    }
    found
}

fn sign_in(server: &Server, identifier: &str, password: &str) -> String {
    let step = json!({
        "step": "password", "identifier": identifier, "password": password, "keep": false, "challenge": null
    });
    server.post("/_gatehouse/login", "", &step)
}

#[test]
fn people_come_with_their_passwords_and_roles_and_sign_in() {
    let place = Place::empty();
    usual(&place);
    let (code, lines) = import(&place, &[]);
    assert_eq!(code, 0, "{lines}");
    for line in [
        "config.yaml:3  ann   taken: bcrypt (cost 12), e-mail (not confirmed), roles editor, viewer",
        "config.yaml:10  Bob   taken as bob: bcrypt (cost 12), e-mail (not confirmed)",
        "config.yaml:14  cleo  taken: plain password (hashed now)",
        "config.yaml  name: not taken (one person)",
        "config.yaml:18  dora@example.org: not taken: belongs into the settings",
        "Done: 3 taken, of 3 in all.",
    ] {
        assert!(lines.contains(line), "{line}\n{lines}");
    }
    let people = place.json(&["users", "list", "--json"]);
    assert_eq!(people[0]["roles"], json!(["editor", "viewer"]));
    assert_eq!(
        (&people[0]["email"], &people[0]["email_verified"]),
        (&json!("ann@example.org"), &json!(false))
    );

    let server = Server::start(&place);
    for (name, password) in [("ann", KITES.0), ("BOB", TIDES.0), ("cleo", "seven quiet herons")] {
        for _ in 0..2 {
            assert!(sign_in(&server, name, password).contains("\"complete\""), "{name}");
        }
        assert!(sign_in(&server, name, "wrong-password").contains("credentials_rejected"));
    }
    let unconfirmed = sign_in(&server, "ann@example.org", KITES.0);
    assert!(unconfirmed.contains("credentials_rejected"), "nobody confirmed that address");
    server.stop();
}

#[test]
fn a_dry_run_changes_nothing_and_says_the_same() {
    let place = Place::empty();
    usual(&place);
    let before = files(place.path());
    let (code, dry) = import(&place, &["--dry-run", "--settings", "new.toml"]);
    assert_eq!(files(place.path()), before, "there is no database, and none is made");
    assert!(code == 0 && dry.contains("nothing was changed"), "{dry}");
    let (_, wet) = import(&place, &["--settings", "new.toml"]);
    let lines = |text: &str| {
        text.lines().filter(|line| line.starts_with("config")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(&dry), lines(&wet));
    assert!(place.path().join("new.toml").exists());

    config(
        &place,
        "    eve: {password: seven quiet herons}\n    ann: {email: other@example.org, password: x}\n",
        "",
    );
    let before = files(place.path());
    let (code, dry) = import(&place, &["--dry-run"]);
    assert_eq!(files(place.path()), before);
    assert_eq!(code, 1, "{dry}");
    assert!(dry.contains("eve  taken") && dry.contains("ann  skipped: somebody of that name"), "{dry}");
    assert_eq!(place.json(&["users", "list", "--json"]).as_array().unwrap().len(), 3);
}

#[test]
fn a_dry_run_beside_a_running_server_changes_nothing() {
    let place = Place::empty();
    usual(&place);
    let server = Server::start(&place);
    let (code, dry) = import(&place, &["--dry-run"]);
    assert!(code == 0 && dry.contains("3 taken"), "{dry}");
    assert_eq!(place.json(&["users", "list", "--json"]), json!([]));
    assert_eq!(import(&place, &[]).0, 0, "and beside one people are taken");
    assert!(sign_in(&server, "ann", KITES.0).contains("\"complete\""));
    server.stop();
}

/// Twice, and after people signed in, changed and were changed: nothing is overwritten.
#[test]
fn importing_again_leaves_who_is_there_alone() {
    let place = Place::empty();
    usual(&place);
    import(&place, &[]);
    let before = place.json(&["users", "list", "--json"]);
    let (code, again) = import(&place, &[]);
    assert!(code == 0 && again.contains("Done: 0 taken, 3 already there"), "{again}");
    let server = Server::start(&place);
    assert!(sign_in(&server, "ann", KITES.0).contains("\"complete\""));
    server.stop();
    let (code, upgraded) = import(&place, &[]);
    assert!(
        code == 0 && upgraded.contains("3 already there"),
        "an upgraded hash is no difference: {upgraded}"
    );
    assert_eq!(place.json(&["users", "list", "--json"]), before);

    assert!(place.run(&["users", "roles", "ann", "admin"]).status.success());
    assert!(import(&place, &[]).1.contains("ann   already there: with other roles"));
    config(
        &place,
        &format!(
            "    ann: {{email: other@example.org, password: {}}}\n    bob: {{password: {}}}\n    cleo: {{password: eight loud herons}}\n",
            KITES.1, KITES.1
        ),
        "",
    );
    let (code, differs) = import(&place, &[]);
    assert_eq!(code, 1, "{differs}");
    for line in
        ["ann   skipped: somebody of that name is here with another e-mail", "bob   skipped", "cleo  skipped"]
    {
        assert!(differs.contains(line), "{line}\n{differs}");
    }
    let roles = &place.json(&["users", "list", "--json"])[0]["roles"];
    assert_eq!(*roles, json!(["admin"]));
}

/// SIGKILL in the middle of a long file; a second run takes the rest, and nobody twice.
#[test]
fn a_killed_import_is_completed_by_the_next() {
    let place = Place::empty();
    let people: Vec<_> = (0..150)
        .map(|number| format!("    person{number}: {{password: seven quiet herons {number}}}\n"))
        .collect();
    config(&place, &people.concat(), "");
    let mut child = place.command(&IMPORT).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let output = std::io::BufReader::new(child.stdout.take().unwrap());
    let seen = std::io::BufRead::lines(output).map_while(Result::ok).take(20).count();
    child.kill().unwrap();
    child.wait().unwrap();
    let there = place.json(&["users", "list", "--json"]).as_array().unwrap().len();
    assert!(seen == 20 && (20..150).contains(&there), "{there} were taken before the kill");
    let (code, lines) = import(&place, &[]);
    assert_eq!(code, 0, "{lines}");
    assert!(lines.contains(&format!("{} taken, {there} already there", 150 - there)), "{lines}");
}

/// A password in clear that attackers try first: whoever guesses it first would choose the next one.
#[test]
fn a_plain_password_that_the_rules_refuse_opens_nothing() {
    let place = Place::empty();
    config(&place, "    ann: {password: password1, roles: [editor]}\n    bob: {password: abc}\n", "");
    let (code, lines) = import(&place, &[]);
    assert!(code == 0 && lines.contains("ann  taken: role editor; without its plain password"), "{lines}");
    let server = Server::start(&place);
    assert!(sign_in(&server, "ann", "password1").contains("credentials_rejected"));
    assert!(sign_in(&server, "bob", "abc").contains("credentials_rejected"));
    let set = place.run_with(
        &["users", "set-password", "ann", "--password-stdin", "--no-must-change"],
        "seven quiet herons\n",
    );
    assert!(set.status.success(), "{}", errors(&set));
    assert!(sign_in(&server, "ann", "seven quiet herons").contains("\"complete\""));
    server.stop();
    assert!(import(&place, &[]).1.contains("2 already there"));
}

/// Somebody whom the settings declare would be there twice, and the app would not start.
#[test]
fn who_is_declared_in_the_settings_is_not_taken_over() {
    let place = Place::empty();
    place.set("[users.Ann]\npassword = \"seven quiet herons\"\n");
    usual(&place);
    for more in [&["--dry-run"][..], &[]] {
        let (code, lines) = import(&place, more);
        assert!(code == 1 && lines.contains("ann   skipped: the settings declare"), "{lines}");
    }
    let server = Server::start(&place);
    assert!(sign_in(&server, "ann", "seven quiet herons").contains("\"complete\""));
    assert!(sign_in(&server, "bob", TIDES.0).contains("\"complete\""));
    server.stop();
    assert!(import(&place, &[]).1.contains("ann   skipped: the settings declare"));
}

/// Names that were addresses, as with `merge_username_email`.
#[test]
fn people_whose_name_was_their_address_go_on_signing_in_by_it() {
    let place = Place::empty();
    config(&place, &format!("    ann@example.org: {{email: ann@example.org, password: {}}}\n", KITES.1), "");
    let (code, lines) = import(&place, &[]);
    assert!(code == 1 && lines.contains("--before-at") && lines.contains("1 skipped"), "{lines}");
    let (code, lines) = import(&place, &["--before-at", "--verified"]);
    assert!(
        code == 0 && lines.contains("taken as ann: bcrypt (cost 12), e-mail (confirmed by you)"),
        "{lines}"
    );
    let server = Server::start(&place);
    assert!(sign_in(&server, "ann@example.org", KITES.0).contains("\"complete\""));
    server.stop();
}

#[test]
fn what_a_script_reads() {
    let place = Place::empty();
    usual(&place);
    let report = place.json(&[&IMPORT[..], &["--json"]].concat());
    assert_eq!(
        (&report["taken"], &report["skipped"], &report["dry_run"]),
        (&json!(3), &json!(0), &json!(false))
    );
    let bob = &report["people"][1];
    let expected = json!({"line": 10, "username": "Bob", "as": "bob", "outcome": "taken"});
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&bob[key], value);
    }
    assert!(report["notes"].as_array().unwrap().iter().any(|note| note["about"] == "dora@example.org"));
}

/// Secrets go into the file that the operator names, and never to the terminal.
#[test]
fn settings_are_written_once_and_secrets_are_not_shown() {
    let place = Place::empty();
    let oauth = "oauth2:\n  google: {client_id: my-id, client_secret: hush-hush, redirect_uri: 'https://app.example.org'}\n";
    config(&place, "    ann: {password: seven quiet herons}\n", oauth);
    fs::create_dir(place.path().join(".streamlit")).unwrap();
    let wish = ["--settings", ".streamlit/secrets.toml"];
    for more in [&["--dry-run"][..], &[], &["--json"]] {
        let output = place.run(&[&IMPORT[..], more].concat());
        for text in [said(&output), errors(&output)] {
            assert!(!text.contains("hush-hush") && !text.contains("seven quiet"), "{text}");
        }
    }
    let (code, lines) = import(&place, &wish);
    assert!(code == 0 && lines.contains("https://app.example.org/oauth2callback"), "{lines}");
    let path = place.path().join(".streamlit/secrets.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("hush-hush") && !lines.contains("hush-hush"));
    assert!(place.run(&["doctor"]).status.success(), "the settings start");
    let (code, refused) = import(&place, &wish);
    assert!(code == 1 && refused.contains("is there already"), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn what_is_no_such_file_is_refused_and_makes_nothing() {
    let place = Place::empty();
    for (text, says) in [
        ("", "empty"),
        ("a: 1", "no `credentials`"),
        ("credentials: {usernames: {a: {password: x}, a: {password: y}}}", "second time"),
        ("credentials: {usernames: {a: {password: !!python/object:x y}}}", "tag"),
        ("credentials: {usernames: {a: {password: \"x}}}", "not YAML"),
    ] {
        fs::write(place.path().join("config.yaml"), text).unwrap();
        let sentence = place.refused(&IMPORT, "");
        assert!(sentence.contains("config.yaml") && sentence.contains(says), "{sentence}");
    }
    usual(&place);
    let rename = [&IMPORT[..], &["--rename", "nobody=somebody"]].concat();
    assert!(place.refused(&rename, "").contains("nobody is called"));
    assert!(!place.path().join(".gatehouse").exists(), "nothing was made");
}

/// A name that drives the terminal of whoever reads the report.
#[test]
fn names_do_not_drive_the_terminal() {
    let place = Place::empty();
    config(
        &place,
        "    \"\\e[2Jann\": {password: x, roles: [\"\\e]0;x\\a\"]}\n    bob: {password: x, roles: [\"\\e[31m\"]}\n",
        "",
    );
    let (code, lines) = import(&place, &[]);
    assert_eq!(code, 1);
    assert!(!lines.contains(['\u{1b}', '\u{7}']), "{lines:?}");
}
