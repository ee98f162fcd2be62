//! `gatehouse copy`: everything arrives, or nothing does, and nobody's data goes without a word.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Output, Stdio},
};

use gatehouse::storage::TABLES;
use serde_json::json;
use sqlx::{ConnectOptions as _, Connection as _, Row as _, sqlite::SqliteConnectOptions};

use crate::{
    kit::{Place, errors, said},
    postgres::Database,
    server::Server,
};

const PASSWORD: &str = "seven quiet herons";

/// A registration stays pending and its mail in the queue, because no server takes it.
const SETTINGS: &str = "registration = \"open\"\n\
    [mail]\nsmtp_host = \"127.0.0.1\"\nsmtp_port = 9\nsmtp_security = \"none\"\nfrom = \"app@example.org\"\n\
    [users.dora]\npassword = \"four green lanterns\"\nroles = [\"reader\"]\n";

/// A second database: a file, or one of the server of the tests.
enum Target {
    File(String),
    Server(Database),
}

impl Target {
    async fn each() -> Vec<Self> {
        let file = Self::File("sqlite:other.db".to_owned());
        vec![file, Self::Server(Database::make().await)]
    }

    fn text(&self) -> &str {
        match self {
            Self::File(text) => text,
            Self::Server(database) => database.url(),
        }
    }
}

fn copy(place: &Place, to: &str, more: &[&str]) -> Output {
    let mut arguments = vec!["copy", "--from", "sqlite:.gatehouse/gatehouse.db", "--to", to];
    arguments.extend(more);
    place.run(&arguments)
}

#[track_caller]
fn done(output: &Output) -> BTreeMap<String, (u64, u64)> {
    assert_eq!(output.status.code(), Some(0), "{}", errors(output));
    let rows = said(output);
    let rows = rows.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.map(|cells| (cells[0].to_owned(), (cells[1].parse().unwrap(), cells[2].parse().unwrap()))).collect()
}

/// The key goes along: a file stays beside the first database, and is named to the second.
fn with_key(place: &Place, settings: &str) {
    let key = place.path().join(".gatehouse/gatehouse.key");
    place.set(&format!("key_file = \"{}\"\n{settings}", key.display()));
}

fn login(server: &Server, name: &str, password: &str) -> String {
    let step = json!({
        "step": "password", "identifier": name, "password": password, "keep": false, "challenge": null
    });
    server.post("/_gatehouse/login", "", &step)
}

fn cookie(answer: &str) -> String {
    let found = answer
        .split("set-cookie: ")
        .find(|rest| !rest.starts_with("gatehouse-device-") && rest.starts_with("gatehouse-"));
    format!("Cookie: {}\r\n", found.expect(answer).split(';').next().unwrap())
}

/// A place where something of everything was done.
fn lived_in() -> (Place, String) {
    let place = Place::empty();
    place.set(SETTINGS);
    let server = Server::start(&place);
    place
        .add("alice", &["--no-must-change", "--role", "admin", "--email", "alice@example.org", "--verified"]);
    place.add("carol", &["--no-must-change"]);
    let session = cookie(&login(&server, "alice", PASSWORD));
    assert!(login(&server, "carol", "wrong").contains("credentials_rejected"));
    let register = json!({
        "step": "submit", "username": "bob", "email": "bob@example.org", "password": "nine slow rivers",
        "token": null, "challenge": null
    });
    let answer = server.post("/_gatehouse/registration", "", &register);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(place.run(&["invite", "--print"]).status.code(), Some(0));
    assert_eq!(place.run(&["users", "disable", "carol"]).status.code(), Some(0));
    let app = place.run(&["apps", "add", "weather", "--url", "http://localhost:8502"]);
    assert_eq!(app.status.code(), Some(0), "{}", errors(&app));
    server.stop();
    (place, session)
}

/// Alice has a second factor, a recovery code and an account elsewhere, and logins wait for each of them.
async fn with_factor(place: &Place) {
    let file = place.path().join(".gatehouse/gatehouse.db");
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    for statement in [
        "INSERT INTO factor SELECT 'fac_1', id, 'totp', 'phone', x'0102', 7, 1, NULL, NULL FROM identity WHERE username = 'alice'",
        "INSERT INTO recovery_code SELECT zeroblob(32), id, 1 FROM identity WHERE username = 'alice'",
        "INSERT INTO pending_flow (hash, identity_id, methods, aim, created_at, expires_at) SELECT zeroblob(32), id, 'password', \
         'challenge', 1, 9000000000000 FROM identity WHERE username = 'alice'",
        "INSERT INTO linked_account (issuer, subject, identity_id, provider, created_at, last_used_at) SELECT 'https://id.example.org', \
         's', id, 'company', 1, 1 FROM identity WHERE username = 'alice'",
        "INSERT INTO provider_flow (state_hash, browser_hash, provider, return_to, created_at, expires_at) \
         VALUES (zeroblob(32), zeroblob(32), 'company', '/', 1, 9000000000000)",
        "INSERT INTO login_code (hash, channel, counted, tries, created_at, expires_at) \
         VALUES (zeroblob(32), 'mail', 'code:x', 0, 1, 9000000000000)",
        "INSERT INTO used_challenge VALUES (zeroblob(32), 9000000000000)",
        "INSERT INTO address_change (id, identity_id, email, confirm_hash, created_at, expires_at) SELECT 'chg_1', id, \
         'new@example.org', zeroblob(32), 1, 9000000000000 FROM identity WHERE username = 'alice'",
        "INSERT INTO handover (challenge, identity_id, created_at, expires_at) SELECT zeroblob(32), id, 1, 9000000000000 \
         FROM identity WHERE username = 'alice'",
    ] {
        assert_eq!(sqlx::query(statement).execute(&mut connection).await.unwrap().rows_affected(), 1);
    }
}

/// Every row of a file as text, without the events, of which a copy adds one.
async fn dump(file: &Path) -> Vec<String> {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    let mut rows = Vec::new();
    for table in TABLES.iter().filter(|table| table.name != "audit") {
        let columns: Vec<_> =
            table.columns.iter().map(|column| format!("quote(\"{}\")", column.name)).collect();
        let select = format!("SELECT concat_ws('|', {}) FROM \"{}\"", columns.join(", "), table.name);
        let found = sqlx::query(sqlx::AssertSqlSafe(select)).fetch_all(&mut connection).await.unwrap();
        rows.extend(found.iter().map(|row| format!("{} {}", table.name, row.get::<String, _>(0))));
    }
    rows.sort();
    rows
}

#[tokio::test]
async fn everything_arrives_and_sessions_live_on() {
    for target in Target::each().await {
        let (place, session) = lived_in();
        with_factor(&place).await;
        with_key(&place, SETTINGS);
        let first = copy(&place, target.text(), &[]);
        let rows = done(&first);
        for table in TABLES {
            // Both are asked for by apps, and live for a minute.
            let brief = ["ticket", "code"].contains(&table.name);
            assert!(rows[table.name].0 > 0 || brief, "{}: {}", table.name, said(&first));
        }
        assert!(errors(&first).contains("gatehouse.key"), "{}", errors(&first));
        assert_eq!(done(&copy(&place, target.text(), &[])).len(), TABLES.len(), "it can be run again");

        let back = place.run(&["copy", "--from", target.text(), "--to", "third.db"]);
        done(&back);
        let original = dump(&place.path().join(".gatehouse/gatehouse.db")).await;
        let renamed = |row: &String| row.replace("'settings:.'", "'settings:..'");
        let third: Vec<_> = dump(&place.path().join("third.db")).await.iter().map(renamed).collect();
        assert_eq!(third, original.iter().map(renamed).collect::<Vec<_>>());

        let settings = format!("database = \"{}\"\n{}", target.text(), SETTINGS);
        with_key(&place, &settings);
        let server = Server::start(&place);
        let answer = server.get_with("/_gatehouse/session", &session);
        assert!(answer.contains("signed_in") && answer.contains("admin"), "the cookie holds: {answer}");
        assert!(login(&server, "dora", "four green lanterns").starts_with("HTTP/1.1 200"), "declared people");
        assert!(login(&server, "carol", PASSWORD).contains("credentials_rejected"), "disabled people");
        server.stop();
        let users = place.json(&["users", "list", "--json"]);
        assert_eq!(users.as_array().unwrap().len(), 3);
        let used = place.run(&["copy", "--from", "sqlite:.gatehouse/gatehouse.db", "--to", target.text()]);
        assert_eq!(used.status.code(), Some(1));
        assert!(errors(&used).contains("was used since"), "{}", errors(&used));
    }
}

/// A database in which other people are is replaced on purpose alone.
#[tokio::test]
async fn a_database_with_other_people_is_left_alone() {
    for target in Target::each().await {
        let place = Place::started().await;
        place.add("alice", &[]);
        let other = Place::started().await;
        other.add("mallory", &[]);
        let from = format!("sqlite:{}", other.path().join(".gatehouse/gatehouse.db").display());
        assert_eq!(place.run(&["copy", "--from", &from, "--to", target.text()]).status.code(), Some(0));
        let refused = copy(&place, target.text(), &[]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(errors(&refused).contains("1 of them are not in the source"), "{}", errors(&refused));
        assert!(errors(&refused).contains("--replace"));
        let replaced = done(&copy(&place, target.text(), &["--replace"]));
        assert_eq!(replaced["identity"], (1, 1));
    }
}

/// Killed in the middle it leaves what was there; run again it is whole.
#[tokio::test]
async fn a_copy_that_is_killed_leaves_nothing() {
    const PEOPLE: u32 = 20_000;
    for target in Target::each().await {
        let place = Place::started().await;
        crowd(&place.path().join(".gatehouse/gatehouse.db"), PEOPLE).await;
        let mut child = place
            .command(&["copy", "--from", "sqlite:.gatehouse/gatehouse.db", "--to", target.text()])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let seen = stderr.lines().map_while(Result::ok).any(|line| line.starts_with("identity:"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(seen, "it was over before it was killed");
        let whole = done(&copy(&place, target.text(), &[]));
        assert_eq!(whole["identity"], (u64::from(PEOPLE), 0), "nothing was there");
        assert_eq!(whole["session"], (u64::from(PEOPLE), 0));
    }
}

/// People with a session each.
async fn crowd(file: &Path, people: u32) {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    let mut tx = connection.begin().await.unwrap();
    for statement in [
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO identity (id, username, \
         username_folded, password, must_change, disabled, created_at) SELECT 'identity_' || i, 'User' || i, 'user' || i, \
         '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0', 0, 0, i FROM n",
        "INSERT INTO session (id, identity_id, token_hash, created_at, authenticated_at, last_used_at, idle_ttl, absolute_ttl, \
         persistent, aal, user_agent, address) SELECT 'ses_' || id, id, randomblob(32), 1, 1, 1, 1, 1, 0, 1, 'test', '' \
         FROM identity LIMIT ?",
    ] {
        sqlx::query(statement).bind(people).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
}
