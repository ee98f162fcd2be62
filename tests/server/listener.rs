//! The listener of our own: what is too large or too slow is closed, and stopping finishes what is under way.

use std::{net::SocketAddr, time::Duration};

use gatehouse::http::{Surface, serve};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use crate::kit::{App, PASSWORD, app, login_step};

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
    _app: App,
}

async fn server() -> Server {
    let app = app().await;
    app.add("alice").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(serve(app.endpoint.clone(), listener, Surface::Standalone, async {
        let _ = stopped.await;
    }));
    Server { address, stop, task, _app: app }
}

impl Server {
    /// Sends bytes and reads until the other side closes or says nothing more for a while.
    async fn say(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let mut buffer = [0; 4096];
        // Long for the first byte on a busy machine; short once it has come, where the connection stays open.
        let patience = |got: &Vec<u8>| Duration::from_millis(if got.is_empty() { 20_000 } else { 1_500 });
        while let Ok(Ok(read)) = tokio::time::timeout(patience(&answer), stream.read(&mut buffer)).await {
            if read == 0 {
                break;
            }
            answer.extend_from_slice(&buffer[..read]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn login(&self, extra: &str) -> String {
        let (port, body) = (self.address.port(), login_step("alice", PASSWORD).to_string());
        format!(
            "POST /_gatehouse/login HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n\
             Content-Type: application/json\r\n{extra}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

#[tokio::test]
async fn a_login_over_a_socket() {
    let server = server().await;
    let answer = server.say(server.login("").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("set-cookie: gatehouse-"), "{answer}");
    let foreign = server.login("").replace("Origin: http://localhost", "Origin: http://evil.example");
    assert!(server.say(foreign.as_bytes()).await.starts_with("HTTP/1.1 403"));
}

/// A head without end, to fill the memory.
#[tokio::test]
async fn oversized_headers() {
    let server = server().await;
    let long = server.login(&format!("X-Long: {}\r\n", "x".repeat(100_000)));
    assert!(server.say(long.as_bytes()).await.starts_with("HTTP/1.1 431"));
    let many = (0..200).map(|number| format!("X-{number}: 1\r\n")).collect::<Vec<_>>().concat();
    assert!(server.say(server.login(&many).as_bytes()).await.starts_with("HTTP/1.1 431"));
    assert!(
        server.say(server.login("X-Short: 1\r\n").as_bytes()).await.starts_with("HTTP/1.1 200"),
        "control"
    );
}

/// A body that announces a gigabyte, and one that never says where it ends.
#[tokio::test]
async fn oversized_bodies() {
    let server = server().await;
    let port = server.address.port();
    let head = format!(
        "POST /_gatehouse/login HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n\
         Content-Type: application/json\r\n"
    );
    let announced = format!("{head}Content-Length: 1000000000\r\n\r\n");
    let answer = server.say(announced.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("too_large"), "{answer}");
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    let endless = format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}{chunk}");
    let answer = server.say(endless.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("connection: close"), "{answer}");
}

/// Two lengths in one request, so that a proxy in front and we disagree where the next one begins.
#[tokio::test]
async fn request_smuggling() {
    let server = server().await;
    let port = server.address.port();
    let smuggled = format!("GET /_gatehouse/session HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    for lengths in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 4\r\nContent-Length: 99\r\n",
        "Content-Length: +4\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length: 4\r\n Transfer-Encoding: chunked\r\n",
    ] {
        let request = format!(
            "POST /_gatehouse/logout HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n\
             {lengths}\r\n0\r\n\r\n{smuggled}"
        );
        let answer = server.say(request.as_bytes()).await;
        assert!(!answer.contains("anonymous"), "{lengths}: the second request was answered: {answer}");
        assert!(answer.matches("HTTP/1.1").count() <= 1, "{lengths}: {answer}");
    }
    let two = format!("{smuggled}{smuggled}");
    assert_eq!(server.say(two.as_bytes()).await.matches("anonymous").count(), 2, "control: pipelining works");
}

/// A body that arrives byte by byte, to hold connections open.
#[tokio::test]
async fn slow_bodies() {
    let server = server().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let login = server.login("");
    let (head, _) = login.split_once("\r\n\r\n").unwrap();
    stream.write_all(format!("{head}\r\n\r\n{{").as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(40), stream.read_to_string(&mut answer)).await;
    assert!(read.is_ok(), "the connection is held open");
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn stopping_ends_idle_connections() {
    let server = server().await;
    let _idle = TcpStream::connect(server.address).await.unwrap();
    server.stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(40), server.task).await;
    ended.expect("it does not stop").unwrap().unwrap();
}
