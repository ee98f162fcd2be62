//! What `gatehouse serve` writes and shows to its operator.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
};

use serde_json::{Value, json};

use crate::{kit::Place, server::Server};

/// A whole day of it: the first administrator, logins that work and fail, a forgotten password, a sign-out, at the level
/// that says most. Every line is an object, lines of one request share its name, and none holds a secret.
#[test]
fn secrets_in_the_log_of_a_whole_run() {
    let place = Place::empty();
    let server =
        Server::start_logging(&place, &[("GATEHOUSE_LOG", "trace"), ("GATEHOUSE_LOG_FORMAT", "json")]);
    let token = server.link.split("#setup=").nth(1).unwrap().to_owned();
    let (password, wrong, email) = ("seven quiet herons", "eight loud geese", "alice.k@example.org");
    let submit = json!({
        "step": "submit", "username": "alice", "email": email, "password": password, "token": token, "challenge": null
    });
    let setup = server.post("/_gatehouse/registration", "", &submit);
    assert!(setup.starts_with("HTTP/1.1 200"), "{setup}");
    let login = |identifier: &str, password: &str| {
        let step = json!({
            "step": "password", "identifier": identifier, "password": password, "keep": true, "challenge": null
        });
        server.post("/_gatehouse/login", "", &step)
    };
    let signed_in = login("alice", password);
    let rejected = login(email, wrong);
    assert!(
        signed_in.starts_with("HTTP/1.1 200") && rejected.starts_with("HTTP/1.1 401"),
        "{signed_in}{rejected}"
    );
    let cookies: Vec<&str> = signed_in
        .lines()
        .filter_map(|line| line.strip_prefix("set-cookie: "))
        .map(|set| set.split(';').next().unwrap())
        .collect();
    let forgot = json!({"step": "request", "identifier": email});
    assert!(server.post("/_gatehouse/recovery", "", &forgot).starts_with("HTTP/1.1 200"));
    let cookie = format!("Cookie: {}\r\n", cookies.join("; "));
    assert!(server.get_with("/_gatehouse/session", &cookie).contains("signed_in"));
    assert!(server.post("/_gatehouse/logout", &cookie, &json!(null)).contains("signed_out"));
    server.stop();
    let log = std::fs::read_to_string(place.path().join("log")).unwrap();
    let lines: Vec<&str> = log.lines().filter(|line| line.starts_with('{')).collect();
    let entries: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let name = rejected.split("x-request-id: ").nth(1).unwrap().lines().next().unwrap();
    let of_rejected = || {
        entries
            .iter()
            .filter(|entry| entry["span"]["id"] == name || entry["spans"].to_string().contains(name))
    };
    assert!(of_rejected().any(|entry| entry["event"] == "login.rejected"), "{log}");
    assert!(
        of_rejected().any(|entry| entry["target"] == "gatehouse::access" && entry["span"]["status"] == 401),
        "{log}"
    );
    let text = lines.join("\n");
    let values = cookies.iter().map(|cookie| cookie.split_once('=').unwrap().1);
    for secret in values.chain([password, wrong, email, token.as_str()]) {
        assert!(!secret.is_empty() && !text.contains(secret), "{secret} is in the log");
    }
}

/// The metrics are where they are said to be, and nowhere else.
#[test]
fn metrics_on_an_address_of_their_own() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let place = Place::empty();
    place.set(&format!("metrics_address = \"{free}\"\n"));
    let server = Server::start(&place);
    let ask = |path: &str| {
        let mut stream = TcpStream::connect(free).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(server.get("/_gatehouse/session").contains("anonymous"));
    assert!(ask("/metrics").contains("gatehouse_http_requests_total{route=\"session\",status=\"200\"} 1"));
    assert!(ask("/live").starts_with("HTTP/1.1 200"));
    for path in ["/_gatehouse/session", "/_gatehouse/login", "/", "/openapi.json"] {
        assert!(ask(path).starts_with("HTTP/1.1 404"), "{path}");
    }
    assert!(server.get("/metrics").starts_with("HTTP/1.1 404"));
    let taken = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(taken.status.code(), Some(1));
    assert!(crate::kit::errors(&taken).contains("metrics_address"), "{}", crate::kit::errors(&taken));
}
