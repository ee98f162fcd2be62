//! Bodies and answers of every kind, on their way.

use std::{sync::atomic::Ordering, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http_body_util::BodyExt as _;
use hyper::Method;
use sha1::{Digest as _, Sha1};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::kit::{say, site};

/// A hundred megabytes, which nobody keeps.
#[tokio::test(flavor = "multi_thread")]
async fn large_upload() {
    const PARTS: usize = 1600;
    let site = site().await;
    let part = vec![42; 64 * 1024];
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let (own, length) = (site.handshake(&site.cookie), PARTS * part.len());
    let head = format!("POST /upload HTTP/1.1\r\n{own}Connection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut digest, mut kept) = (Sha1::new(), 0);
    for number in 1..=PARTS {
        stream.write_all(&part).await.unwrap();
        digest.update(&part);
        kept = kept.max((number * part.len()) as u64 - site.app.counts.read.load(Ordering::Relaxed));
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with(&STANDARD.encode(digest.finalize())), "{answer}");
    assert!(kept < 48 << 20, "{kept} bytes were under way at once");
}

/// The app sees the first bytes while the rest is not sent yet.
#[tokio::test]
async fn upload_arrives_while_it_is_sent() {
    let site = site().await;
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let own = site.handshake(&site.cookie);
    let head =
        format!("POST /upload HTTP/1.1\r\n{own}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
    stream.write_all(format!("{head}5\r\nfirst\r\n").as_bytes()).await.unwrap();
    while site.app.counts.read.load(Ordering::Relaxed) < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// The browser gives an upload up: the app learns it.
#[tokio::test]
async fn upload_that_is_given_up() {
    let site = site().await;
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let own = site.handshake(&site.cookie);
    let head = format!("POST /upload HTTP/1.1\r\n{own}Content-Length: 1000000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(b"first").await.unwrap();
    while site.app.counts.read.load(Ordering::Relaxed) < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(stream);
    site.app.cut().await;
}

/// Events arrive one by one, not when the answer is whole.
#[tokio::test]
async fn events_arrive_as_they_are_sent() {
    let site = site().await;
    let mut answer = site.get("/events").header("accept", "text/event-stream").begin().await;
    for _ in 0..3 {
        let event = answer.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(event, "data: hello\n\n");
        site.app.counts.go_on.notify_one();
    }
    drop(answer);
    site.app.cut().await;
}

/// An upload that asks first is answered by us, and arrives.
#[tokio::test]
async fn expect_continue() {
    let site = site().await;
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let own = site.handshake(&site.cookie);
    let head = format!(
        "POST /mirror HTTP/1.1\r\n{own}Connection: close\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut interim = vec![0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(String::from_utf8(interim).unwrap(), "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"data").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains(r#""body":"data""#) && !answer.contains("expect"), "{answer}");
    let nobody = head.replace(&site.cookie, "a=1");
    assert!(
        say(site.address, nobody.as_bytes()).await.starts_with("HTTP/1.1 401 "),
        "nobody is told to go on"
    );
}

#[tokio::test]
async fn answers_without_a_body() {
    let site = site().await;
    let own = site.handshake(&site.cookie);
    let ask = |method: &str, path: &str| format!("{method} {path} HTTP/1.1\r\n{own}\r\n");
    let after = ask("GET", "/mirror?after");
    for (method, path, status) in
        [("HEAD", "/page", "200"), ("GET", "/no-content", "204"), ("GET", "/not-modified", "304")]
    {
        // A body that should not be there would be taken for the next answer.
        let answer = say(site.address, (ask(method, path) + &after).as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {path}: {answer}");
        let (head, rest) = answer.split_once("\r\n\r\n").unwrap();
        assert!(rest.starts_with("HTTP/1.1 200 ") && rest.contains("?after"), "{method} {path}: {answer}");
        assert!(!head.contains("transfer-encoding"), "{method} {path}: {head}");
    }
    let head = site.get("/page").method(Method::HEAD).send().await;
    let whole = site.get("/page").send().await;
    assert_eq!(head.header("content-length"), whole.header("content-length"));
}

/// Connections to the app are used again.
#[tokio::test]
async fn connections_to_the_app_are_kept() {
    let site = site().await;
    for _ in 0..20 {
        assert_eq!(site.get("/mirror").send().await.json()["connection"], 0);
    }
}

/// An old client without keep-alive and chunks gets what it understands.
#[tokio::test]
async fn http_1_0() {
    let site = site().await;
    let own = site.handshake(&site.cookie);
    let answer = say(site.address, format!("GET /mirror HTTP/1.0\r\n{own}\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.0 200 ") && !answer.contains("chunked"), "{answer}");
}
