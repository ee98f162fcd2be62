//! Websockets through the front: many, large, quiet, and closed in time.

use std::{sync::atomic::Ordering, time::Duration};

use gatehouse::proxy::Limits;
use tokio::{io::AsyncWriteExt as _, sync::Barrier, task::JoinSet};

use crate::kit::{App, Socket, may_open_many, site, site_with};

/// So many bytes, which differ from place to place.
fn bytes(length: usize, seed: usize) -> Vec<u8> {
    (0..length).map(|at| (seed + at * 13 + at / 251).to_le_bytes()[0]).collect()
}

/// A thousand at once, each with messages of every size: nothing is lost, nothing mixed up.
#[tokio::test(flavor = "multi_thread")]
async fn thousand_websockets_echo_without_loss() {
    const MANY: usize = 1000;
    may_open_many();
    let site = site().await;
    let all_open = std::sync::Arc::new(Barrier::new(MANY));
    let mut people = JoinSet::new();
    for person in 0..MANY {
        let (lines, address, all_open) = (site.handshake(&site.cookie), site.address, all_open.clone());
        people.spawn(async move {
            let mut socket = Socket::open(address, "/echo", &lines).await.unwrap();
            all_open.wait().await;
            for round in 0..20_usize {
                let length = (person * 131 + round * 977) % 3000 + if person % 50 == 0 { 70_000 } else { 0 };
                let message = bytes(length, person * 7 + round);
                socket.echo(&message).await;
            }
        });
    }
    while let Some(ended) = people.join_next().await {
        ended.unwrap();
    }
    assert_eq!(site.app.counts.most.load(Ordering::Relaxed), MANY, "not all were open at once");
}

/// A message that is larger than any buffer.
#[tokio::test]
async fn large_message() {
    let site = site().await;
    let message = bytes(20_000_000, 0);
    let mut socket = site.open("/echo").await;
    let (mut from, mut to) = tokio::io::split(&mut socket.stream);
    let sent = crate::kit::frame(2, &message, Some([1, 2, 3, 4]));
    let (written, read) = tokio::join!(to.write_all(&sent), crate::kit::read_frame(&mut from));
    written.unwrap();
    assert!(read.unwrap() == (2, message), "it came back changed");
}

/// Nothing is said for an hour. No timer of ours cuts it; the clock jumps to whatever is waited for.
#[tokio::test]
async fn idle_for_an_hour() {
    let site = site().await;
    let mut socket = site.open("/echo").await;
    socket.echo(b"before").await;
    let mut kept = site.anonymous("/_gatehouse/config").header("connection", "keep-alive").begin().await;
    tokio::time::pause();
    tokio::time::sleep(Duration::from_hours(1)).await;
    tokio::time::resume();
    socket.echo(b"after").await;
    drop(http_body_util::BodyExt::frame(&mut kept).await);
}

/// As many as may be are open; one more is told to come back, and may once another is closed.
#[tokio::test]
async fn more_websockets_than_may_be() {
    let site = site_with(App::start(), Limits { connections: 1024, websockets: 2 }, |_| ()).await;
    let mut first = site.open("/echo").await;
    let _second = site.open("/echo").await;
    let refused = Socket::open(site.address, "/echo", &site.handshake(&site.cookie)).await.unwrap_err();
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("busy"), "{refused}");
    assert_eq!(site.get("/mirror").send().await.status, 200, "requests have a limit of their own");
    first.stream.shutdown().await.unwrap();
    assert_eq!(first.next().await, None);
    site.app.cut().await;
    let mut third = loop {
        // The slot is free once both sides are closed.
        match Socket::open(site.address, "/echo", &site.handshake(&site.cookie)).await {
            Ok(socket) => break socket,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    third.echo(b"third").await;
}

/// The app refuses a handshake: the browser learns what the app said.
#[tokio::test]
async fn handshake_that_the_app_refuses() {
    let site = site().await;
    let refused = Socket::open(site.address, "/refuse", &site.handshake(&site.cookie)).await.unwrap_err();
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    assert_eq!(site.app.requests(), 1);
}

/// Subprotocols and the app's own close frame pass untouched.
#[tokio::test]
async fn app_closes_its_websocket() {
    let site = site().await;
    let mut socket = site.open("/echo").await;
    let close = crate::kit::frame(8, &4000_u16.to_be_bytes(), Some([5, 6, 7, 8]));
    socket.stream.write_all(&close).await.unwrap();
    socket.expect_close(4000).await;
    site.app.cut().await;
}

/// The browser goes away: the app learns it.
#[tokio::test]
async fn browser_goes_away() {
    let site = site().await;
    let mut socket = site.open("/echo").await;
    socket.echo(b"here").await;
    drop(socket);
    site.app.cut().await;
    assert_eq!(site.app.counts.open.load(Ordering::Relaxed), 0);
}

/// The server stops: websockets are told, and it does not wait for them.
#[tokio::test]
async fn stopping_closes_websockets() {
    let site = site().await;
    let mut socket = site.open("/echo").await;
    socket.echo(b"here").await;
    site.stop.send(()).unwrap();
    socket.expect_close(1001).await;
    site.task.await.unwrap().unwrap();
}
