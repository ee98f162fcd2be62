//! Adding, changing, inviting, copying.

use crate::kit::{Place, errors, said};

#[tokio::test]
async fn people_are_added_listed_changed_and_deleted() {
    let place = Place::started().await;
    let added = place.add("alice", &["--email", "alice@example.org", "--verified", "--role", "admin"]);
    assert_eq!(added.status.code(), Some(0), "{}", errors(&added));
    assert!(errors(&added).contains("gatehouse.db"), "the database's path is said");

    let alice = place.json(&["users", "show", "ALICE", "--json"]);
    assert_eq!(alice["username"], "alice");
    assert_eq!(alice["email"], "alice@example.org");
    assert_eq!(alice["email_verified"], true);
    assert_eq!(alice["roles"], serde_json::json!(["admin"]));
    assert_eq!(alice["must_change"], true, "the operator knows the password");
    assert_eq!(place.json(&["users", "show", "alice@example.org", "--json"])["id"], alice["id"]);

    place.add("bob", &["--no-must-change"]);
    assert_eq!(place.json(&["users", "show", "bob", "--json"])["must_change"], false);
    assert_eq!(place.json(&["users", "list", "--json"]).as_array().unwrap().len(), 2);
    assert_eq!(place.json(&["users", "list", "--role", "admin", "--json"])[0]["username"], "alice");

    let roles = place.json(&["users", "roles", "bob", "editor", "admin", "editor", "--json"]);
    assert_eq!(roles["roles"], serde_json::json!(["admin", "editor"]));
    let moved = place.json(&["users", "set-email", "bob", "bob@example.org", "--verified", "--json"]);
    assert_eq!((&moved["email"], &moved["email_verified"]), (&"bob@example.org".into(), &true.into()));
    assert!(place.refused(&["users", "set-email", "bob", "alice@example.org"], "").contains("taken"));
    assert_eq!(place.json(&["users", "disable", "bob", "--json"])["disabled"], true);
    assert_eq!(place.json(&["users", "enable", "bob", "--json"])["disabled"], false);
    assert_eq!(place.json(&["users", "sessions", "bob", "--json"]), serde_json::json!([]));
    assert_eq!(place.json(&["users", "revoke", "bob", "--json"])["ended"], 0);

    assert!(place.refused(&["users", "delete", "bob"], "").contains("--yes"));
    assert_eq!(place.run(&["users", "delete", "bob", "--yes"]).status.code(), Some(0));
    assert!(place.refused(&["users", "show", "bob"], "").contains("nobody called"));
}

#[tokio::test]
async fn a_password_is_replaced_from_standard_input() {
    let place = Place::started().await;
    place.add("alice", &["--no-must-change"]);
    let set = ["users", "set-password", "alice", "--password-stdin"];
    let done = place.run_with(&set, "nine calm otters\n");
    assert_eq!(done.status.code(), Some(0), "{}", errors(&done));
    assert!(said(&done).contains("alice"));
    assert_eq!(place.json(&["users", "show", "alice", "--json"])["must_change"], true);
}

#[tokio::test]
async fn a_table_is_aligned_and_has_no_colors_in_a_pipe() {
    let place = Place::started().await;
    place.add("alice", &["--email", "alice@example.org"]);
    let table = said(&place.run(&["users", "list"]));
    assert!(!table.contains('\u{1b}'));
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].find("E-MAIL"), lines[1].find("alice@example.org"));
    assert!(lines[1].contains("(not confirmed)"));
}

#[tokio::test]
async fn an_invitation_is_a_link_with_its_token_in_the_fragment() {
    let place = Place::started().await;
    place.set("public_url = \"https://weather.example.org\"\n");
    let made = place.json(&["invite", "--role", "editor", "--json"]);
    let link = made["link"].as_str().unwrap();
    let token = link.strip_prefix("https://weather.example.org/_gatehouse/#invite=").unwrap();
    assert_eq!(token.len(), 43);
    assert!(place.refused(&["invite", "--hours", "0"], "").contains("90 days"));
    assert!(place.refused(&["invite", "--email", "nobody"], "").contains("e-mail"));
}

#[tokio::test]
async fn a_backup_is_a_database_of_its_own() {
    let place = Place::started().await;
    place.add("alice", &[]);
    assert_eq!(place.run(&["backup", "copy.db"]).status.code(), Some(0));
    let copied = place.json(&["users", "list", "--database", "copy.db", "--json"]);
    assert_eq!(copied[0]["username"], "alice");
    assert!(place.refused(&["backup", "copy.db"], "").contains("there already"));
}

#[test]
fn settings_prints_the_page_in_docs_and_needs_no_database() {
    let place = Place::empty();
    let output = place.run(&["settings"]);
    assert_eq!(output.status.code(), Some(0));
    let page = include_str!("../../docs/settings.md");
    assert_eq!(said(&output).trim_end(), page.trim_end());
    assert!(!place.path().join(".gatehouse").exists(), "nothing was made");
}

#[tokio::test]
async fn apps_are_added_listed_given_other_keys_and_removed() {
    let place = Place::started().await;
    let url = ["--url", "https://Ledger.example.org/"];
    let added = place.json(&[&["apps", "add", "ledger"][..], &url, &["--json"]].concat());
    assert_eq!(added["url"], "https://ledger.example.org");
    assert!(added["key"].as_str().unwrap().starts_with("ledger."));
    assert!(place.refused(&[&["apps", "add", "ledger"][..], &url].concat(), "").contains("already"));
    assert!(
        place
            .refused(&["apps", "add", "Ledger", "--url", "https://x.example.org"], "")
            .contains("lower-case")
    );
    assert!(place.refused(&["apps", "add", "x", "--url", "http://x.example.org"], "").contains("clear text"));
    let other = place.json(&["apps", "rotate", "ledger", "--json"]);
    assert_ne!(other["key"], added["key"]);
    let listed = place.json(&["apps", "list", "--json"]);
    assert_eq!(listed[0]["keys"].as_array().unwrap().len(), 2, "the earlier one holds for a day");
    assert!(!listed.to_string().contains(added["key"].as_str().unwrap()));
    place.json(&["apps", "rotate", "ledger", "--now", "--json"]);
    assert_eq!(place.json(&["apps", "list", "--json"])[0]["keys"].as_array().unwrap().len(), 1);
    assert_eq!(place.run(&["apps", "remove", "ledger"]).status.code(), Some(0));
    assert!(place.refused(&["apps", "rotate", "ledger"], "").contains("no app called"));
    assert!(said(&place.run(&["apps", "list"])).contains("No apps yet"));
}
