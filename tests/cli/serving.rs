//! `gatehouse serve` as a process.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
    time::Duration,
};

use crate::kit::{Place, said};

struct Server {
    child: Child,
    port: u16,
    link: String,
}

impl Server {
    fn start(place: &Place) -> Self {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
        let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        // From here on the child ends with the server.
        let mut server = Self { child, port: 0, link: String::new() };
        let output = server.child.stderr.take().unwrap();
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if line.contains("#setup=") {
                line.trim().clone_into(&mut server.link);
            }
            if let Some(url) = line.strip_prefix("Serving http://localhost:") {
                server.port = url.split('/').next().unwrap().parse().unwrap();
                return server;
            }
        }
        panic!("the server did not start");
    }

    fn get(&self, path: &str) -> String {
        self.get_with(path, "")
    }

    fn get_with(&self, path: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let host = format!("localhost:{}", self.port);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has seen then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_endpoint_alone_makes_its_database_and_prints_the_set_up_link() {
    let place = Place::empty();
    let first = Server::start(&place);
    assert!(first.link.starts_with("http://localhost:") && first.link.contains("/_gatehouse/#setup="));
    assert!(place.path().join(".gatehouse/gatehouse.db").exists());
    for (path, has) in [
        ("/_gatehouse/health", "200 OK"),
        ("/_gatehouse/config", "\"registration\":\"closed\""),
        ("/openapi.json", "\"/_gatehouse/login\""),
        ("/metrics", "200 OK"),
        ("/elsewhere", "404"),
    ] {
        let answer = first.get(path);
        assert!(answer.contains(has), "{path}: {answer}");
    }
    let link = first.link.clone();
    drop(first);
    assert_ne!(Server::start(&place).link, link, "the link is replaced at each start");
}

/// Behind a proxy that nobody named everybody seems to come from one address. The doctor learns it from the server,
/// until the settings name the proxy.
#[test]
fn the_doctor_sees_a_proxy_that_nobody_named() {
    let place = Place::empty();
    let server = Server::start(&place);
    assert!(server.get("/_gatehouse/session").contains("anonymous"));
    assert!(!said(&place.run(&["doctor"])).contains("proxy at"), "control");
    let forwarded = server.get_with("/_gatehouse/session", "X-Forwarded-For: 203.0.113.9\r\n");
    assert!(forwarded.contains("anonymous"), "{forwarded}");
    let mut doctor = place.run(&["doctor"]);
    for _ in 0..100 {
        if said(&doctor).contains("proxy at") {
            break;
        }
        // Events are written in the background.
        std::thread::sleep(Duration::from_millis(200));
        doctor = place.run(&["doctor"]);
    }
    assert!(said(&doctor).contains("write trusted_proxies = [\"127.0.0.1\"]"), "{}", said(&doctor));
    assert_eq!(doctor.status.code(), Some(1));
    place.set("trusted_proxies = [\"127.0.0.0/8\"]\n");
    let mended = place.run(&["doctor"]);
    assert_eq!(mended.status.code(), Some(0), "{}", said(&mended));
}
