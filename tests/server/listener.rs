//! The listener of our own: what is too large or too slow is closed, and stopping finishes what is under way.

use std::{net::SocketAddr, time::Duration};

use gatehouse::http::{Surface, serve_at_most};
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
    server_with(1024).await
}

/// With so many connections at once.
async fn server_with(connections: usize) -> Server {
    let app = app().await;
    app.add("alice").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (endpoint, surface) = (app.endpoint.clone(), Surface::Standalone);
    let task = tokio::spawn(serve_at_most(connections, endpoint, listener, surface, async {
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

    /// A request that needs no database, so that it is answered also while the clock stands still.
    fn question(&self) -> String {
        format!("GET /_gatehouse/config HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", self.address.port())
    }

    /// Reads what a new connection is told, for at most a minute.
    async fn answers(&self) -> bool {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(self.question().as_bytes()).await.unwrap();
        let mut start = [0; 15];
        let read = tokio::time::timeout(Duration::from_mins(1), stream.read_exact(&mut start)).await;
        read.is_ok_and(|read| read.is_ok()) && &start == b"HTTP/1.1 200 OK"
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

/// A body that arrives byte by byte, to hold connections open. From here on the clock jumps to what is waited for.
#[tokio::test]
async fn slow_bodies() {
    let server = server().await;
    tokio::time::pause();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let login = server.login("");
    let (head, _) = login.split_once("\r\n\r\n").unwrap();
    stream.write_all(format!("{head}\r\n\r\n{{").as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(40), stream.read_to_string(&mut answer)).await;
    assert!(read.is_ok(), "the connection is held open");
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

/// The same with the head: nothing, half a line, a line now and then, and a second request that never comes.
#[tokio::test]
async fn slow_heads() {
    let server = server().await;
    tokio::time::pause();
    for begin in ["", "GET /_gatehouse/conf", "GET / HTTP/1.1\r\nHost: x\r\n", &server.question()] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(begin.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(40), stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "{begin:?}: the connection is held open");
    }
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let mut sent = 0;
    while sent < 100 && stream.write_all(b"X-Drop: 1\r\n").await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        sent += 1;
    }
    assert!(sent < 40, "a line a second kept the connection open");
}

/// Every connection that may be is taken and says nothing. Who comes then waits until the first are closed.
#[tokio::test]
async fn connections_that_say_nothing() {
    let server = server_with(2).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let _silent = TcpStream::connect(server.address).await.unwrap();
    let mut third = TcpStream::connect(server.address).await.unwrap();
    third.write_all(server.question().as_bytes()).await.unwrap();
    let mut byte = [0];
    let early = tokio::time::timeout(Duration::from_millis(300), third.read(&mut byte)).await;
    assert!(early.is_err(), "more connections than were allowed");
    tokio::time::pause();
    assert_eq!(third.read(&mut byte).await.unwrap(), 1, "closing the silent ones let it in");
    assert_eq!(silent.read(&mut byte).await.unwrap(), 0, "control: they are closed");
}

/// Many questions in one go, and none of the answers is read: they must not stay for ever.
#[tokio::test]
async fn answers_that_nobody_reads() {
    let server = server_with(1).await;
    let port = server.address.port();
    let question = format!("GET /openapi.json HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n").repeat(40);
    let mut deaf = TcpStream::connect(server.address).await.unwrap();
    // Ends when neither side takes any more.
    let writing = async { while deaf.write_all(question.as_bytes()).await.is_ok() {} };
    let _ = tokio::time::timeout(Duration::from_secs(3), writing).await;
    tokio::time::pause();
    assert!(server.answers().await, "one who does not read keeps everybody else out");
}

#[tokio::test]
async fn stopping_ends_idle_connections() {
    let server = server().await;
    let _idle = TcpStream::connect(server.address).await.unwrap();
    server.stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(40), server.task).await;
    ended.expect("it does not stop").unwrap().unwrap();
}
