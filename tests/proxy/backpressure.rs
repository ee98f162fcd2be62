//! Somebody who does not read, or an app that does not: nothing piles up between.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use http_body_util::BodyExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::kit::site;

/// More than the kernel keeps for two connections, and far less than was asked for. What the one side could write and
/// the other has not read is all that anybody keeps.
const KEPT: u64 = 48 << 20;

/// Waits until a count has stood still for a second; returns it.
async fn settled(count: &AtomicU64) -> u64 {
    let mut last = count.load(Ordering::Relaxed);
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = count.load(Ordering::Relaxed);
        if now == last && now > 0 {
            return now;
        }
        last = now;
    }
}

/// A browser opens a websocket that has much to say, and does not listen.
#[tokio::test(flavor = "multi_thread")]
async fn websocket_that_nobody_reads() {
    let site = site().await;
    let mut socket = site.open("/flood").await;
    let written = settled(&site.app.counts.written).await;
    assert!(written < KEPT, "the app could write {written} bytes that nobody has read");
    for _ in 0..2 * written / (64 * 1024) {
        let (opcode, payload) = socket.next().await.unwrap();
        assert!(opcode == 2 && payload == vec![7; 64 * 1024], "something was lost on the way");
    }
}

/// The same with a download.
#[tokio::test(flavor = "multi_thread")]
async fn download_that_nobody_reads() {
    let site = site().await;
    let mut answer = site.get("/download").begin().await;
    let written = settled(&site.app.counts.written).await;
    assert!(written < KEPT, "the app could write {written} bytes that nobody has read");
    let mut read = 0;
    while read < 2 * written {
        read += answer.frame().await.unwrap().unwrap().into_data().unwrap().len() as u64;
    }
}

/// An upload to an app that does not read it yet: the browser waits, too.
#[tokio::test(flavor = "multi_thread")]
async fn upload_that_the_app_does_not_read() {
    let site = site().await;
    let own = site.handshake(&site.cookie);
    let (mut from, mut to) = TcpStream::connect(site.address).await.unwrap().into_split();
    let total: u64 = 256 << 20;
    let head = format!("POST /deaf HTTP/1.1\r\n{own}Connection: close\r\nContent-Length: {total}\r\n\r\n");
    to.write_all(head.as_bytes()).await.unwrap();
    let written = std::sync::Arc::new(AtomicU64::new(0));
    let counted = written.clone();
    let writing = tokio::spawn(async move {
        let part = vec![7; 64 * 1024];
        while counted.load(Ordering::Relaxed) < total {
            to.write_all(&part).await.unwrap();
            counted.fetch_add(part.len() as u64, Ordering::Relaxed);
        }
        to
    });
    let taken = settled(&written).await;
    assert!(taken < KEPT, "{taken} bytes were taken that the app has not read");
    site.app.counts.go_on.notify_one();
    let mut answer = String::new();
    from.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(site.app.counts.read.load(Ordering::Relaxed), total);
    writing.await.unwrap();
}
