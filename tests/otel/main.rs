//! Spans on their way to a receiver: the real program, and a listener that takes OTLP apart by hand.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on stops"
)]

mod protobuf;
mod receiver;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
};

use receiver::Receiver;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A login is one trace: the request, the calls of the storage and the hash below it. A proxy that is trusted may name
/// the trace; nobody else may.
#[test]
fn a_login_as_a_trace() {
    let receiver = Receiver::open();
    let place = tempfile::tempdir().unwrap();
    let settings = "trusted_proxies = [\"127.0.0.2\"]\n";
    std::fs::write(place.path().join("gatehouse.toml"), settings).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatehouse"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .current_dir(place.path())
        .env_clear()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.address())
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let port: u16 = loop {
        let line = said.next().unwrap().unwrap();
        if let Some((_, url)) = line.split_once("Serving http://localhost:") {
            break url.split('/').next().unwrap().parse().unwrap();
        }
    };
    // Its log is read to the end, or it would wait for us.
    let reading = std::thread::spawn(move || said.map_while(Result::ok).collect::<Vec<_>>());
    for from in ["127.0.0.1", "127.0.0.2"] {
        let answer = login(from, port);
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    let asked = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(asked.success() && child.wait().unwrap().success());
    let log = reading.join().unwrap().join("\n");
    let spans = receiver.spans();
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    let requests: Vec<_> = spans.iter().filter(|span| span.name == "POST login").collect();
    assert_eq!(requests.len(), 2, "{names:?}\n{log}");
    let followed: Vec<_> = requests.iter().filter(|span| span.trace == TRACE).collect();
    assert_eq!(followed.len(), 1, "the trusted proxy's trace is followed, the other is not: {requests:?}");
    assert_eq!(followed[0].parent, PARENT);
    for request in requests {
        for below in ["storage find_by_username", "storage read_limits", "hash"] {
            let found = spans.iter().any(|span| span.name == below && span.trace == request.trace);
            assert!(found, "no {below} in {names:?}");
        }
    }
    for secret in ["mallory", "a-secret-typed-wrong"] {
        assert!(!receiver.holds(secret), "{secret} was sent");
    }
}

/// A login that fails, from an address of this machine.
fn login(from: &str, port: u16) -> String {
    let body = r#"{"step":"password","identifier":"mallory","password":"a-secret-typed-wrong","keep":false,"challenge":null}"#;
    let mut stream = connect_from(from.parse().unwrap(), port);
    write!(
        stream,
        "POST /_gatehouse/login HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n\
         traceparent: 00-{TRACE}-{PARENT}-01\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn connect_from(address: std::net::IpAddr, port: u16) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((address, 0).into()).unwrap();
        socket.connect(([127, 0, 0, 1], port).into()).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream
}
