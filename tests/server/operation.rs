//! Bad days: defects, a database that is locked or gone.

use std::{cell::RefCell, time::Duration};

use gatehouse::clock::{Clock as _, Timestamp};
use serde_json::json;
use sqlx::{Connection as _, Executor as _};

use crate::kit::{OTHER_PASSWORD, PASSWORD, app, login_step, registration_step};

/// A handler panics. The browser gets a generic answer, and the process goes on.
#[tokio::test]
async fn a_panic_in_a_handler() {
    let app = app().await;
    app.add("alice").await;
    app.entropy.set_broken(true);
    let reply = app.login("alice").await;
    reply.expect_problem(500, "internal");
    assert_eq!(reply.text(), r#"{"code":"internal","field":null,"retry_after":null}"#);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert!(reply.cookies().is_empty());
    app.entropy.set_broken(false);
    app.login("alice").await.expect_complete();
}

/// What people type ends in the log: neither their secrets nor anything that forges a line or drives a terminal.
#[tokio::test]
async fn secrets_and_control_characters_in_the_log() {
    Log::open();
    let app = app().await;
    app.add("alice").await;
    let login = app.login("alice").await;
    let session = login.expect_complete();
    let odd = "eve\r\n2030-01-01 ERROR forged\u{1b}[2J";
    app.login_with(odd, "a-secret-typed-wrong").await.expect_problem(401, "credentials_rejected");
    let call = app.post("/login", &login_step("alice", PASSWORD)).header("user-agent", "Evil\u{9b}2J");
    call.header("x-forwarded-for", "1.2.3.4").send().await.expect_complete();
    let typed = app.login_with("carol.of@example.org", "wrong").await;
    let token = app.reset_token("alice").await;
    let reset = json!({"step": "reset", "token": token, "password": OTHER_PASSWORD});
    app.post("/recovery", &reset).send().await.expect_state("complete");
    app.entropy.set_broken(true);
    app.login_with("alice", OTHER_PASSWORD).await.expect_problem(500, "internal");
    let written = Log::text();
    assert!(written.contains("a handler panicked"), "control: the log is read\n{written}");
    assert!(written.contains("c…@example.org"), "control: what was typed is logged\n{written}");
    let name = typed.request_id.as_deref().unwrap();
    let of_typed: Vec<&str> = written.lines().filter(|line| line.contains(name)).collect();
    assert!(of_typed.iter().any(|line| line.contains("login.rejected")), "{of_typed:#?}");
    assert!(
        of_typed.iter().any(|line| line.contains("gatehouse::access") && line.contains("401")),
        "{of_typed:#?}"
    );
    let (session, device) = (session.split_once('=').unwrap().1, login.device().unwrap());
    for secret in [
        PASSWORD,
        OTHER_PASSWORD,
        "a-secret-typed-wrong",
        "carol.of@",
        "alice@",
        &token,
        session,
        device.split_once('=').unwrap().1,
    ] {
        assert!(!written.contains(secret), "{secret} is in the log");
    }
    assert!(!written.contains(['\u{1b}', '\u{9b}', '\r']), "{written:?}");
    assert!(!written.lines().any(|line| line.starts_with("2030-01-01")), "a line was forged");
}

/// What is logged on the thread of a test. One subscriber for the whole process: tracing remembers for each place in
/// the code whether anybody listens, and subscribers that come and go with tests confuse it.
struct Log;

thread_local! {
    static WRITTEN: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

impl Log {
    fn open() {
        static ONCE: std::sync::Once = std::sync::Once::new();
        WRITTEN.set(Some(Vec::new()));
        ONCE.call_once(|| {
            let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_ansi(false);
            tracing::subscriber::set_global_default(subscriber.with_writer(|| Self).finish()).unwrap();
        });
    }

    fn text() -> String {
        WRITTEN.with_borrow(|written| String::from_utf8_lossy(written.as_ref().unwrap()).into_owned())
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        WRITTEN.with_borrow_mut(|written| written.iter_mut().for_each(|log| log.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Another process holds the database. Nobody is let in, the form can say "try again", and when it is free again
/// everything that was acknowledged is there.
#[tokio::test]
async fn a_locked_database() {
    let app = app().await;
    app.add("alice").await;
    let session = app.login("alice").await.expect_complete();
    let path = app.directory.path().join("gatehouse.db");
    let mut other = sqlx::SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    for reply in [
        app.login("alice").await,
        app.login_with("alice", "wrong-password").await,
        app.post("/registration", &registration_step("bob", "bob@example.org", PASSWORD)).send().await,
        app.get("/health").send().await,
    ] {
        reply.expect_problem(503, "unavailable");
        assert!(reply.header("retry-after").is_some());
        assert!(reply.cookies().is_empty(), "nobody is let in");
    }
    other.execute("ROLLBACK").await.unwrap();
    app.login("alice").await.expect_complete();
    app.get("/session").cookie(&session).send().await.expect_state("signed_in");
    assert_eq!(app.get("/health").send().await.status, 200);
}

/// The machine's clock is set back a day, and the endpoint starts anew: what has expired stays expired. Set forward
/// again, what was alive is alive.
#[tokio::test]
async fn the_clock_set_back_over_a_restart() {
    let app = app().await;
    app.add("alice").await;
    let session = app.login("alice").await.expect_complete();
    let token = app.reset_token("alice").await;
    let issued = app.clock.now();
    let app = app.restart().await;
    app.get("/session").cookie(&session).send().await.expect_state("signed_in");
    app.wait(Duration::from_hours(3));
    // As the endpoint does every minute. Not by `start`, which would also delete what this is about.
    app.endpoint.storage().raise_high_water_mark(app.clock.now()).await.unwrap();
    app.clock.set(Timestamp(issued.0 - 86_400_000));
    let app = app.restart().await;
    app.get("/session").cookie(&session).send().await.expect_state("anonymous");
    let open = json!({"step": "open", "token": token});
    app.post("/recovery", &open).send().await.expect_problem(410, "link_expired");
    let fresh = app.login("alice").await.expect_complete();
    app.get("/session").cookie(&fresh).send().await.expect_state("signed_in");
}

/// The database is gone while the endpoint runs.
#[tokio::test]
async fn a_database_that_is_gone() {
    let app = app().await;
    app.add("alice").await;
    app.login("alice").await.expect_complete();
    let path = app.directory.path().join("gatehouse.db");
    let mut other = sqlx::SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    other.execute("ALTER TABLE session RENAME TO gone").await.unwrap();
    let reply = app.login("alice").await;
    assert!(matches!(reply.status.as_u16(), 500 | 503), "{}", reply.text());
    assert!(reply.cookies().is_empty(), "nobody is let in");
    assert!(!reply.text().contains("session"), "nothing of the inside is shown: {}", reply.text());
    other.execute("ALTER TABLE gone RENAME TO session").await.unwrap();
    app.login("alice").await.expect_complete();
}

/// Two people change one password at the same moment: one wins, and the loser's session is not left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_password_changes() {
    let app = std::sync::Arc::new(app().await);
    app.add("alice").await;
    let first = app.login("alice").await.expect_complete();
    let second = app.login("alice").await.expect_complete();
    let change = async |session: String, new: &'static str| {
        let body = json!({"current": PASSWORD, "new": new});
        app.post("/password", &body).cookie(&session).send().await
    };
    let (a, b) = tokio::join!(change(first, OTHER_PASSWORD), change(second, "walnut/harbor/17/kite"));
    assert!(a.status == 200 || b.status == 200, "{} {}", a.text(), b.text());
    let works = [OTHER_PASSWORD, "walnut/harbor/17/kite"].map(|password| login_step("alice", password));
    let mut in_force = 0;
    for step in works {
        in_force += usize::from(app.post("/login", &step).send().await.status == 200);
    }
    assert_eq!(in_force, 1);
}
