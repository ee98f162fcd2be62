//! `gatehouse serve` as a process.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
};

use crate::kit::Place;

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
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let host = format!("localhost:{}", self.port);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
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
