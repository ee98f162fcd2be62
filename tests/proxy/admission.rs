//! Nobody gets anything of the app.

use hyper::Method;

use crate::kit::{FORM, Socket, add, sign_in, site};

/// A stranger asks for a page, for data, and for a websocket. The app hears nothing of it.
#[tokio::test]
async fn anonymous_gets_nothing() {
    let site = site().await;
    let page = site.anonymous("/reports/7?year=2026").navigation().send().await;
    assert!(page.text().contains(FORM), "{} {}", page.status, page.text());
    assert!(page.text().contains("\"/_gatehouse/assets/form.js\""), "the form finds its files from any path");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    for (method, path) in [
        (Method::GET, "/mirror"),
        (Method::HEAD, "/mirror"),
        (Method::POST, "/upload"),
        (Method::PUT, "/mirror"),
        (Method::DELETE, "/mirror"),
        (Method::OPTIONS, "/mirror"),
        (Method::PATCH, "/_gatehouse2"),
        (Method::GET, "/%5fgatehouse/../mirror"),
    ] {
        let reply = site.anonymous(path).method(method.clone()).body("data").send().await;
        assert_eq!(reply.status, 401, "{method} {path}: {}", reply.text());
        assert!(method == Method::HEAD || reply.json()["code"] == "signed_out");
    }
    let mut nobody = Socket::open(site.address, "/echo", &site.handshake("a=1")).await.unwrap();
    nobody.expect_close(4401).await;
    assert_eq!(site.app.requests(), 0, "the app was asked");
    assert_eq!(site.get("/mirror").send().await.status, 200, "control");
    site.open("/echo").await.echo(b"control").await;
}

/// A cookie that was made up, and one of a session that was ended.
#[tokio::test]
async fn forged_and_dead_cookies_are_nobody() {
    let site = site().await;
    let (name, value) = site.cookie.split_once('=').unwrap();
    let forged = format!("{name}={}", value.chars().rev().collect::<String>());
    let twice = format!("{}; {forged}", site.cookie);
    for cookie in [&forged, &twice] {
        site.anonymous("/mirror").header("cookie", cookie).send().await.expect_problem(401, "signed_out");
    }
    let dead = sign_in(&site.endpoint, "alice").await;
    assert_eq!(site.anonymous("/mirror").header("cookie", &dead).send().await.status, 200, "control");
    site.endpoint.set_user_disabled("alice", true).await.unwrap();
    site.anonymous("/mirror").header("cookie", &dead).send().await.expect_problem(401, "signed_out");
}

/// Another page opens the websocket of somebody who is signed in, or a name was pointed here.
#[tokio::test]
async fn foreign_origin_or_host_at_the_handshake() {
    let site = site().await;
    let (port, cookie) = (site.address.port(), &site.cookie);
    for (host, origin, status) in [
        ("evil.example".to_owned(), format!("http://localhost:{port}"), "421"),
        (format!("localhost:{port}"), "http://evil.example".to_owned(), "403"),
        (format!("localhost:{port}"), "http://localhost:9999".to_owned(), "403"),
        (format!("localhost:{port}"), "null".to_owned(), "403"),
    ] {
        let lines = format!("Host: {host}\r\nOrigin: {origin}\r\nCookie: {cookie}\r\n");
        let refused = Socket::open(site.address, "/echo", &lines).await.unwrap_err();
        assert!(refused.starts_with(&format!("HTTP/1.1 {status} ")), "{host} {origin}: {refused}");
    }
    let lines = format!("Host: localhost:{port}\r\nCookie: {cookie}\r\n");
    Socket::open(site.address, "/echo", &lines).await.unwrap_err();
    site.get("/mirror").instead("host", "evil.example").send().await.expect_problem(401, "signed_out");
    assert_eq!(site.app.requests(), 0, "the app was asked");
    site.open("/echo").await.echo(b"control").await;
}

/// The endpoint's own paths are never the app's, and are open to everybody.
#[tokio::test]
async fn endpoint_answers_under_its_own_path() {
    let site = site().await;
    for path in ["/_gatehouse/config", "/_gatehouse/health", "/_gatehouse/assets/watch-0123456789abcdef.js"] {
        assert_eq!(site.anonymous(path).send().await.status, 200, "{path}");
    }
    for path in ["/_gatehouse/nothing", "/_gatehouse/../mirror"] {
        assert_eq!(site.get(path).send().await.status, 404, "{path}");
    }
    assert_eq!(site.app.requests(), 0);
    for path in ["/metrics", "/openapi.json", "/"] {
        assert_eq!(site.get(path).send().await.json()["uri"], path, "the app's own, not ours");
    }
}

/// Two people at one app are told apart.
#[tokio::test]
async fn each_one_is_told_by_name() {
    let site = site().await;
    add(&site.endpoint, "bob", "", &[]).await;
    let bob = sign_in(&site.endpoint, "bob").await;
    let reply = site.anonymous("/mirror").header("cookie", &bob).send().await;
    assert_eq!(reply.seen("x-auth-name"), ["bob"]);
    assert_eq!(reply.seen("x-auth-groups"), [""]);
    assert_eq!(reply.seen("x-auth-email"), [""; 0]);
    assert_eq!(site.get("/mirror").send().await.seen("x-auth-name"), ["alice"]);
}
