//! What may pass, by name, in both directions.

use hyper::Method;

use crate::kit::{App, Call, Site, Socket, say, site, site_with};
use gatehouse::proxy::Limits;

/// Someone who is signed in sends the headers that the app believes, hoping to be somebody else.
#[tokio::test]
async fn spoofed_identity_in_every_spelling() {
    let site = site().await;
    let spoofed = [
        "X-Auth-Name",
        "x-auth-name",
        "X_Auth_Name",
        "X-Auth_Name",
        "x.auth.name",
        "X_AUTH-NAME",
        "X-Auth-Email",
        "X-Auth-Groups",
        "x_auth_groups",
        "X-Auth-Subject",
        "X-Auth-Token",
        "x~auth~token",
        "X-Gatehouse-Handle",
        "X_Gatehouse_User",
        "x-gatehouse",
        "X-Forwarded-User",
        "X_Forwarded_For",
        "X-Forwarded-Email",
    ];
    let mut call = site.get("/mirror");
    for name in spoofed {
        call = call.header(name, "mallory");
    }
    let reply = call.header("x-author", "kept").header("x-auth-names", "kept").send().await;
    assert!(!reply.text().contains("mallory"), "{}", reply.text());
    assert_eq!(reply.seen("x-auth-name"), ["alice"]);
    assert_eq!(reply.seen("x-auth-groups"), ["admin,editor"]);
    assert_eq!(reply.seen("x-auth-email"), ["alice@example.org"]);
    assert_eq!(
        (reply.seen("x-author"), reply.seen("x-auth-names")),
        (vec!["kept".into()], vec!["kept".into()])
    );
    let lines = site.handshake(&site.cookie) + "X_Auth_Name: mallory\r\nX-Gatehouse-Handle: mallory\r\n";
    let socket = Socket::open(site.address, "/echo", &lines).await.unwrap();
    assert!(
        socket.head.contains("x-seen-x-auth-name: alice") && !socket.head.contains("mallory"),
        "{}",
        socket.head
    );
}

/// The app, or what is injected into it, reads the session of its visitors.
#[tokio::test]
async fn our_cookies_never_reach_the_app() {
    let site = site().await;
    let value = site.cookie.split_once('=').unwrap().1.to_owned();
    let cookies = format!("theme=dark; {}; __Host-gatehouse-other=secret; language=en", site.cookie);
    let reply = site.anonymous("/mirror").header("cookie", &cookies).header("cookie", "more=1").send().await;
    assert_eq!(reply.seen("cookie").join("; "), "theme=dark; language=en; more=1");
    assert!(!reply.text().contains(&value));
    let socket = Socket::open(site.address, "/echo", &site.handshake(&cookies)).await.unwrap();
    assert!(socket.head.contains("x-seen-cookie: theme=dark; language=en"), "{}", socket.head);
}

/// The app, or somebody who can make it set a cookie, plants a session of his own in a browser.
#[tokio::test]
async fn app_sets_no_cookie_of_ours() {
    let site = site().await;
    let reply = site.get("/cookies").send().await;
    let set: Vec<_> =
        reply.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(set, ["theme=dark; Path=/", "language=en"]);
}

/// Another site draws over the app, or the browser takes what somebody uploaded for something else. What the app says
/// of it by itself holds.
#[tokio::test]
async fn the_app_is_framed_by_no_other_site() {
    let site = site().await;
    for path in ["/page", "/mirror", "/refuse"] {
        let reply = site.get(path).send().await;
        assert_eq!(reply.header("content-security-policy"), Some("base-uri 'self'; frame-ancestors 'self'"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
    let reply = site.get("/framed").send().await;
    assert_eq!(
        reply.header("content-security-policy"),
        None,
        "it would make browsers ignore X-Frame-Options"
    );
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
}

#[tokio::test]
async fn hop_by_hop_headers_end_here() {
    let site = site().await;
    let reply = site
        .get("/mirror")
        .header("connection", "X-Private, keep-alive")
        .header("x-private", "1")
        .header("keep-alive", "timeout=99")
        .header("te", "trailers")
        .header("proxy-authorization", "Basic x")
        .header("upgrade", "h2c")
        .header("http2-settings", "AAMAAABkAAQAAP__")
        .header("x-public", "1")
        .send()
        .await;
    for name in
        ["connection", "x-private", "keep-alive", "te", "proxy-authorization", "upgrade", "http2-settings"]
    {
        assert_eq!(reply.seen(name), [""; 0], "{name}");
    }
    assert_eq!(reply.seen("x-public"), ["1"]);
    let reply = site.get("/hop").send().await;
    assert_eq!(reply.text(), "hop");
    for name in ["connection", "x-private", "keep-alive", "proxy-authenticate", "upgrade"] {
        assert_eq!(reply.header(name), None, "{name}");
    }
    assert_eq!(reply.header("x-public"), Some("1"));
}

/// `Connection` names what the app goes by, so that it would be taken out behind the gate.
#[tokio::test]
async fn connection_cannot_name_what_the_app_goes_by() {
    let site = site().await;
    let all = "Host, X-Auth-Name, X-Auth-Token, X-Forwarded-For, Content-Length";
    let reply = site.get("/mirror").method(Method::POST).header("connection", all).body("data").send().await;
    assert_eq!(reply.seen("x-auth-name"), ["alice"]);
    assert_eq!(reply.seen("x-auth-token").len(), 1);
    assert_eq!(reply.seen("host"), [format!("localhost:{}", site.address.port())]);
    assert_eq!(reply.seen("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(reply.json()["body"], "data");
}

fn forwarded(site: &Site) -> Call {
    site.get("/mirror")
        .header("x-forwarded-for", "203.0.113.9")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "for=203.0.113.9")
        .header("x-real-ip", "203.0.113.9")
}

/// Someone says that he comes from elsewhere.
#[tokio::test]
async fn forwarded_headers_of_strangers_are_replaced() {
    let site = site().await;
    let host = format!("localhost:{}", site.address.port());
    let reply = forwarded(&site).send().await;
    assert_eq!(reply.seen("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(reply.seen("x-forwarded-proto"), ["http"]);
    assert_eq!((reply.seen("x-forwarded-host"), reply.seen("host")), (vec![host.clone()], vec![host]));
    assert_eq!((reply.seen("forwarded"), reply.seen("x-real-ip")), (vec![], vec![]));
    let change =
        |settings: &mut gatehouse::config::Settings| settings.trusted_proxies = vec!["127.0.0.0/8".into()];
    let trusting = site_with(App::start(), Limits::default(), change).await;
    let reply = forwarded(&trusting).send().await;
    assert_eq!(
        reply.seen("x-forwarded-for"),
        ["203.0.113.9, 127.0.0.1"],
        "a proxy that is named is believed"
    );
}

/// Paths, queries and values reach the app byte for byte.
#[tokio::test]
async fn nothing_is_decoded_on_the_way() {
    let site = site().await;
    for path in
        ["/a%2Fb", "/a/../b", "//evil.example/x", "/a;b?c=%00&d=%F0%9F%90%A6", "/%2e%2e/x", "/a?b?c=//"]
    {
        let lines = site.handshake(&site.cookie);
        let answer =
            say(site.address, format!("GET {path} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n").as_bytes())
                .await;
        assert!(answer.contains(&format!("\"uri\":\"{path}\"")), "{path}: {answer}");
    }
    let reply = site.get("/mirror").header("x-name", "Jürgen").send().await;
    assert_eq!(reply.seen("x-name"), ["JÃ¼rgen"], "the same bytes, which the mirror shows as Latin-1");
}

/// What the app says nothing about must not be shown out of a cache after a sign-out.
#[tokio::test]
async fn what_the_app_says_nothing_about_is_asked_for_again() {
    let site = site().await;
    assert_eq!(site.get("/mirror").send().await.header("cache-control"), Some("private, no-cache"));
}
