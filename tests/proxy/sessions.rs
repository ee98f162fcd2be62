//! A session ends: so does everything that is open for it.

use std::{sync::atomic::Ordering, time::Duration};

use http_body_util::BodyExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::kit::{Site, add, sign_in, site};

/// How long anything may stay open.
const SOON: Duration = Duration::from_secs(1);

/// As an operator does: another process on the same database.
async fn disable(site: &Site, name: &str) {
    site.command_line().await.set_user_disabled(name, true).await.unwrap();
}

/// Somebody is disabled while their page is open, and another is not.
#[tokio::test(flavor = "multi_thread")]
async fn websocket_of_an_ended_session() {
    let site = site().await;
    add(&site.endpoint, "bob", "", &[]).await;
    let mut bob = crate::kit::Socket::open(
        site.address,
        "/echo",
        &site.handshake(&sign_in(&site.endpoint, "bob").await),
    )
    .await
    .unwrap();
    let mut alice = site.open("/echo").await;
    alice.echo(b"here").await;
    disable(&site, "alice").await;
    tokio::time::timeout(SOON, alice.expect_close(4401)).await.expect("it stays open");
    site.app.cut().await;
    bob.echo(b"control").await;
    let mut again =
        crate::kit::Socket::open(site.address, "/echo", &site.handshake(&site.cookie)).await.unwrap();
    again.expect_close(4401).await;
}

/// The app has sent half a message: no close frame can stand there, so the connection is cut.
#[tokio::test(flavor = "multi_thread")]
async fn websocket_in_the_middle_of_a_message() {
    let site = site().await;
    let mut socket = site.open("/half").await;
    let mut half = [0; 50];
    socket.stream.read_exact(&mut half).await.unwrap();
    disable(&site, "alice").await;
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), socket.stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "it stays open");
    assert_eq!(rest, b"", "bytes of ours stand in the middle of the app's message");
}

/// The browser does not read at all, and keeps a session open that has ended.
#[tokio::test(flavor = "multi_thread")]
async fn websocket_that_nobody_reads() {
    let site = site().await;
    let _deaf = site.open("/flood").await;
    while site.app.counts.written.load(Ordering::Relaxed) < 1 << 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    disable(&site, "alice").await;
    site.app.cut().await;
}

/// Events and downloads go on as long as the app likes; not past the end of the session.
#[tokio::test(flavor = "multi_thread")]
async fn answer_that_is_still_being_sent() {
    let site = site().await;
    let mut events = site.get("/events").begin().await;
    events.frame().await.unwrap().unwrap();
    disable(&site, "alice").await;
    let last = tokio::time::timeout(Duration::from_secs(20), events.frame()).await.expect("it stays open");
    assert!(last.unwrap().is_err(), "it ended as if it were whole");
    site.app.cut().await;
}

/// An upload that takes its time.
#[tokio::test(flavor = "multi_thread")]
async fn upload_that_is_still_being_sent() {
    let site = site().await;
    let own = site.handshake(&site.cookie);
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let head = format!("POST /upload HTTP/1.1\r\n{own}Content-Length: 1000000\r\n\r\nfirst");
    stream.write_all(head.as_bytes()).await.unwrap();
    while site.app.counts.read.load(Ordering::Relaxed) < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    disable(&site, "alice").await;
    site.app.cut().await;
    let _ = stream.write_all(&[7; 1000]).await;
    assert_eq!(site.app.counts.read.load(Ordering::Relaxed), 5);
}

/// A browser that says something after the end, in the moment before it is closed.
#[tokio::test(flavor = "multi_thread")]
async fn message_after_the_end() {
    let site = site().await;
    let mut socket = site.open("/echo").await;
    socket.echo(b"here").await;
    let read = site.app.counts.read.load(Ordering::Relaxed);
    site.endpoint.set_user_disabled("alice", true).await.unwrap();
    for _ in 0..10 {
        let frame = crate::kit::frame(2, b"late", Some([1, 2, 3, 4]));
        let _ = socket.stream.write_all(&frame).await;
    }
    socket.expect_close(4401).await;
    assert_eq!(site.app.counts.read.load(Ordering::Relaxed), read, "the app heard of it");
}
