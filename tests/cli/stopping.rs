//! `gatehouse serve` is asked to stop.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use gatehouse::storage::{MetaRepository as _, sqlite::SqliteStorage};
use serde_json::json;
use tokio::time::Instant;

use crate::{kit::Place, server::Server};

const LOGINS: usize = 50;

/// A login on a connection of its own, sent but not answered yet.
fn begin_login(server: &Server) -> TcpStream {
    let body = json!({
        "step": "password", "identifier": "alice", "password": "seven quiet herons", "keep": false, "challenge": null
    });
    let (body, port) = (body.to_string(), server.port());
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "POST /_gatehouse/login HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    stream
}

/// What was answered, until the server closed the connection.
fn answer_on(mut stream: TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Fifty people press the button while the process is replaced. Each gets a whole answer, and what was acknowledged is
/// there for the next process: the session, and the event.
#[tokio::test]
async fn asked_to_stop_during_fifty_logins() {
    let place = Place::empty();
    place.set("[session]\nmax_per_identity = 100\n[limits]\naccount_attempts = 100\n");
    let mut server = Server::start(&place);
    place.add("alice", &["--no-must-change"]);
    let begun: Vec<TcpStream> = (0..LOGINS).map(|_| begin_login(&server)).collect();
    server.ask_to_stop();
    let answers: Vec<String> = begun.into_iter().map(answer_on).collect();
    assert_eq!(server.wait(), Some(0));
    let mut sessions = Vec::new();
    for answer in &answers {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("cut off: {answer:?}"));
        match head.split(' ').nth(1) {
            Some("200") => {
                assert!(body.contains("\"complete\""), "{body}");
                let set = head
                    .split("set-cookie: ")
                    .find(|set| set.starts_with("gatehouse-") && !set.starts_with("gatehouse-device-"));
                sessions.push(set.unwrap().split(';').next().unwrap().to_owned());
            }
            Some("429" | "503") => assert!(head.contains("retry-after"), "{head}"),
            other => panic!("{other:?}: {answer}"),
        }
    }
    assert!(sessions.len() > LOGINS / 2, "only {} of {LOGINS} were let in", sessions.len());
    assert!(TcpStream::connect(("127.0.0.1", server.port())).is_err(), "the port is closed");
    let next = Server::start(&place);
    for session in &sessions {
        let answer = next.get_with("/_gatehouse/session", &format!("Cookie: {session}\r\n"));
        assert!(answer.contains("signed_in"), "{answer}");
    }
    let storage = SqliteStorage::open_existing(&place.path().join(".gatehouse/gatehouse.db")).await.unwrap();
    let events = storage.list_audit(1000).await.unwrap();
    let written = events.iter().filter(|event| event.event == "login.completed").count();
    assert!(written >= sessions.len(), "{written} of {} events were written", sessions.len());
}

/// A load balancer has time to look away: first the process says that it is not ready, and goes on answering.
#[test]
fn a_while_to_look_away_and_a_second_signal() {
    let place = Place::empty();
    place.set("shutdown_delay = 60\n");
    let mut server = Server::start(&place);
    let deadline = Instant::now() + Duration::from_secs(20);
    while !server.get("/_gatehouse/ready").starts_with("HTTP/1.1 200") {
        assert!(Instant::now() < deadline, "never ready");
        std::thread::sleep(Duration::from_millis(50));
    }
    server.ask_to_stop();
    while server.get("/_gatehouse/ready").starts_with("HTTP/1.1 200") {
        assert!(Instant::now() < deadline, "still ready");
        std::thread::sleep(Duration::from_millis(50));
    }
    let unready = server.get("/_gatehouse/ready");
    assert!(unready.starts_with("HTTP/1.1 503") && unready.contains("retry-after"), "{unready}");
    assert!(server.get("/_gatehouse/live").starts_with("HTTP/1.1 200"));
    assert!(server.get("/_gatehouse/session").contains("anonymous"), "it goes on answering");
    server.ask_to_stop();
    assert_eq!(server.wait(), Some(143), "it does not wait a minute");
}
