//! Where a message ends: two servers in a row must not think differently of it.

use crate::kit::{say, site};

/// A body whose end is said twice, or in an odd way, hides a second request that the app would take for somebody's.
#[tokio::test]
async fn smuggling() {
    let site = site().await;
    let own = site.handshake(&site.cookie);
    let hidden = format!("GET /hidden HTTP/1.1\r\n{own}\r\n");
    for lengths in [
        "Content-Length: 5\r\nContent-Length: 99\r\n",
        "Content-Length: 5, 99\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding:\x0bchunked\r\n",
        "Content-Length: 5\r\n Transfer-Encoding: chunked\r\n",
        "Content-Length : 5\r\n",
    ] {
        let request = format!("POST /first HTTP/1.1\r\n{own}{lengths}\r\n0\r\n\r\n{hidden}");
        let answer = say(site.address, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") || answer.is_empty(), "{lengths:?}: {answer}");
        assert!(
            !answer.contains("/hidden") && answer.matches("HTTP/1.1").count() <= 1,
            "{lengths:?}: {answer}"
        );
    }
    assert_eq!(site.app.requests(), 0, "the app was asked");
    // Where both are there the chunks count, the app is told of them alone, and nothing is read behind them.
    for lengths in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 500\r\n",
    ] {
        let request = format!("POST /first HTTP/1.1\r\n{own}{lengths}\r\n0\r\n\r\n{hidden}");
        let answer = say(site.address, request.as_bytes()).await;
        assert!(answer.contains(r#""body":"""#) && !answer.contains(r#"["content-length""#), "{answer}");
        assert!(
            !answer.contains("/hidden") && answer.matches("HTTP/1.1").count() == 1,
            "{lengths:?}: {answer}"
        );
    }
    assert_eq!(site.app.requests(), 2);
    let two = format!("POST /first HTTP/1.1\r\n{own}Content-Length: 5\r\n\r\n0\r\n\r\n{hidden}");
    let answer = say(site.address, two.as_bytes()).await;
    assert!(answer.contains("/first") && answer.contains("/hidden"), "control: {answer}");
}

/// A handshake that announces a body: the app would wait for it, and take the next request on the connection for it.
#[tokio::test]
async fn handshake_that_announces_a_body() {
    let site = site().await;
    let own = site.handshake(&site.cookie);
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \
                   dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let hidden = format!("GET /hidden HTTP/1.1\r\n{own}X-Auth-Name: admin\r\n\r\n");
    for length in [
        format!("Content-Length: {}\r\n\r\n{hidden}", hidden.len()),
        format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len()),
    ] {
        let request = format!("GET /ws HTTP/1.1\r\n{own}{upgrade}{length}");
        let answer = say(site.address, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    assert_eq!(site.app.requests(), 0, "the app was asked");
}

/// The body of one request is a whole request, and stays a body.
#[tokio::test]
async fn body_that_looks_like_a_request() {
    let site = site().await;
    let own = site.handshake(&site.cookie);
    let hidden = format!("GET /hidden HTTP/1.1\r\n{own}\r\n");
    for head in [
        format!("Content-Length: {}\r\n\r\n{hidden}", hidden.len()),
        format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len()),
    ] {
        let request = format!("POST /first HTTP/1.1\r\nConnection: close\r\n{own}{head}");
        let answer = say(site.address, request.as_bytes()).await;
        assert!(
            answer.contains(r#""uri":"/first""#) && answer.contains(r#""body":"GET /hidden"#),
            "{answer}"
        );
    }
    assert_eq!(site.app.requests(), 2);
}

/// Fields behind the body claim what only we may say.
#[tokio::test]
async fn identity_in_the_trailers() {
    let site = site().await;
    let own = site.handshake(&site.cookie);
    let request = format!(
        "POST /mirror HTTP/1.1\r\n{own}Connection: close\r\nTE: trailers\r\nTrailer: X-Auth-Name\r\n\
         Transfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n0\r\nX-Auth-Name: mallory\r\n\r\n"
    );
    let answer = say(site.address, request.as_bytes()).await;
    assert!(answer.contains(r#""body":"data""#) && answer.contains(r#""trailers":null"#), "{answer}");
}

/// What is no request for a path of this site.
#[tokio::test]
async fn other_forms_of_a_target() {
    let site = site().await;
    let own = site.handshake(&site.cookie);
    for (line, status) in [
        ("CONNECT internal.example:22 HTTP/1.1", "400"),
        ("OPTIONS * HTTP/1.1", "400"),
        ("GET http://internal.example/secret HTTP/1.1", "421"),
    ] {
        let answer = say(site.address, format!("{line}\r\n{own}\r\n").as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {answer}");
    }
    assert_eq!(site.app.requests(), 0, "the app was asked");
    let port = site.address.port();
    let line = format!("GET http://localhost:{port}/absolute HTTP/1.1\r\nConnection: close");
    let answer = say(site.address, format!("{line}\r\n{own}\r\n").as_bytes()).await;
    assert!(answer.contains(r#""uri":"/absolute""#), "control: {answer}");
}

/// Only a websocket is switched to: no other protocol reaches the app on a connection that was judged once.
#[tokio::test]
async fn upgrade_to_something_else() {
    let site = site().await;
    let own = site.handshake(&site.cookie);
    for upgrade in ["h2c", "tls/1.2", "websocket2"] {
        let request = format!(
            "GET /mirror HTTP/1.1\r\n{own}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {upgrade}\r\n\
             HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
        );
        let answer = say(site.address, request.as_bytes()).await;
        assert!(
            answer.starts_with("HTTP/1.1 200 ") && !answer.contains("[\"upgrade\""),
            "{upgrade}: {answer}"
        );
    }
}
