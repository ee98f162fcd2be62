//! Attacks by way of the victim's browser: requests from other sites, and answers in the wrong hands.

use gatehouse::http::Surface;
use http::Method;
use serde_json::json;

use crate::kit::{App, HOST, PASSWORD, app, app_on, login_step, registration_step};

const CHANGING: [&str; 7] =
    ["/login", "/logout", "/registration", "/verification", "/recovery", "/password", "/password/strength"];

async fn signed_in(app: &App) -> String {
    app.add("alice").await;
    app.login("alice").await.expect_complete()
}

async fn still_signed_in(app: &App, session: &str) {
    app.get("/session").cookie(session).send().await.expect_state("signed_in");
}

/// A form on another site that sends JSON as text/plain: the one way to send JSON across sites without asking. The
/// browser adds the victim's cookie if the request is a top-level navigation.
#[tokio::test]
async fn cross_site_form_with_json_as_text_plain() {
    let app = app().await;
    let session = signed_in(&app).await;
    let change = json!({"current": PASSWORD, "new": "copper.lantern.41.reef"}).to_string();
    for origin in
        ["https://evil.example", "null", "http://localhost:9999", "http://localhost:8501.evil.example"]
    {
        let call =
            app.post("/password", &json!(null)).body(change.clone()).header("content-type", "text/plain");
        call.header("origin", origin).cookie(&session).send().await.expect_problem(403, "foreign_origin");
        let logout = app.post("/logout", &json!(null)).header("origin", origin).cookie(&session);
        logout.send().await.expect_problem(403, "foreign_origin");
    }
    for media in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
        let call = app.post("/password", &json!(null)).body(change.clone()).header("content-type", media);
        call.cookie(&session).send().await.expect_problem(400, "malformed");
    }
    still_signed_in(&app, &session).await;
    let proper = app.post("/logout", &json!(null)).cookie(&session).send().await;
    proper.expect_state("signed_out");
}

/// Login CSRF: the victim's browser is signed in to the attacker's account, and what the victim enters there is the
/// attacker's.
#[tokio::test]
async fn login_csrf() {
    let app = app().await;
    app.add("mallory").await;
    let step = login_step("mallory", PASSWORD);
    let attempts = [
        app.post("/login", &step).header("origin", "https://evil.example"),
        app.post("/login", &step).header("origin", "null"),
        app.post("/login", &step).without("origin"),
        app.post("/login", &step).without("origin").header("referer", "http://localhost:8501/"),
        app.post("/login", &step).header("sec-fetch-site", "cross-site"),
        app.post("/login", &step).header("origin", "http://localhost"),
        app.post("/login", &step).header("origin", "HTTP://LOCALHOST:8501"),
        app.post("/login", &step).header("origin", "http://localhost:8501 http://evil.example"),
    ];
    for call in attempts {
        let reply = call.send().await;
        reply.expect_problem(403, "foreign_origin");
        assert!(reply.cookies().is_empty());
    }
    app.post("/login", &step).header("sec-fetch-site", "same-origin").send().await.expect_complete();
}

/// A link, an image or a prefetch that changes something; a method smuggled in a field.
#[tokio::test]
async fn changes_by_get_head_or_a_method_field() {
    let app = app().await;
    let session = signed_in(&app).await;
    for path in CHANGING {
        for method in [
            Method::GET,
            Method::HEAD,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
            Method::OPTIONS,
            Method::TRACE,
        ] {
            for query in ["", "?_method=POST", "?_method=DELETE"] {
                let call = app.get(&format!("{path}{query}")).method(method.clone()).cookie(&session);
                let reply = call
                    .header("x-http-method-override", "POST")
                    .header("origin", "http://localhost:8501")
                    .send()
                    .await;
                assert_eq!(reply.status, 405, "{method} {path}{query}");
                assert_eq!(reply.header("allow"), Some("POST"));
                if method != Method::HEAD {
                    reply.expect_problem(405, "method_not_allowed");
                }
            }
        }
    }
    for path in ["/session", "/config", "/health"] {
        app.post(path, &json!({"_method": "GET"})).send().await.expect_problem(405, "method_not_allowed");
        let head = app.get(path).method(Method::HEAD).send().await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0), "{path}");
    }
    still_signed_in(&app, &session).await;
}

/// A script on another site reads an answer with the victim's cookie.
#[tokio::test]
async fn cors_for_a_foreign_origin() {
    let app = app().await;
    let session = signed_in(&app).await;
    for origin in ["https://evil.example", "null", "http://localhost:8501", "http://localhost:3000"] {
        let preflight = app.get("/login").method(Method::OPTIONS).header("origin", origin);
        let preflight = preflight.header("access-control-request-method", "POST").send().await;
        let read = app.get("/session").header("origin", origin).cookie(&session).send().await;
        for reply in [preflight, read] {
            let names: Vec<_> =
                reply.headers.keys().filter(|name| name.as_str().starts_with("access-control")).collect();
            assert!(names.is_empty(), "{origin}: {names:?}");
        }
    }
}

/// Answers about people in a shared cache; the form in someone else's frame; a type that is guessed.
#[tokio::test]
async fn caching_framing_and_sniffing() {
    let app = app().await;
    let session = signed_in(&app).await;
    let replies = [
        app.get("/session").cookie(&session).send().await,
        app.get("/config").send().await,
        app.get("/health").send().await,
        app.get("/nothing-here").send().await,
        app.get("/login").send().await,
        app.login("alice").await,
        app.login_with("alice", "wrong-password").await,
        app.post("/login", &json!({})).send().await,
        app.post("/login", &json!({})).header("origin", "https://evil.example").send().await,
        app.get("/config").header("host", "evil.example").send().await,
        app.post("/registration", &registration_step("x", "y", "z")).send().await,
    ];
    for reply in replies {
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{}", reply.text());
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("x-frame-options"), Some("DENY"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert!(reply.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
}

/// DNS rebinding: the attacker's name suddenly points at this machine, so that the attacker's page is same-origin.
#[tokio::test]
async fn dns_rebinding() {
    let app = app().await;
    let session = signed_in(&app).await;
    for host in [
        "evil.example",
        "evil.example:8501",
        "localhost:9999",
        "localhost",
        "127.0.0.1",
        "localhost:8501.",
        "",
    ] {
        for path in ["/session", "/config", "/health", "/", "/assets/x.js"] {
            let call = app.get(path).header("host", host).cookie(&session);
            call.send().await.expect_problem(421, "unknown_host");
        }
        let call = app.post("/login", &login_step("alice", PASSWORD)).header("host", host);
        call.header("origin", &format!("http://{host}")).send().await.expect_problem(421, "unknown_host");
    }
    for host in [HOST, "127.0.0.1:8501", "[::1]:8501"] {
        app.get("/session").header("host", host).cookie(&session).send().await.expect_state("signed_in");
    }
    // Only what a server of its own has beside the mount is for monitors that ask by address.
    let alone = app_on(Surface::Standalone, |_| ()).await;
    for uri in ["/metrics", "/openapi.json"] {
        let monitor = alone.get("").uri(uri).header("host", "10.1.2.3").send().await;
        assert_eq!(monitor.status, 200, "{uri}");
    }
    let rebound = alone.get("/health").header("host", "evil.example").send().await;
    rebound.expect_problem(421, "unknown_host");
}

/// Two answers to one question, by two values of a header that must be one.
#[tokio::test]
async fn doubled_host_and_origin_headers() {
    let app = app().await;
    app.add("alice").await;
    let request = |host: &[&str], origin: &[&str]| {
        let mut request = http::Request::new(bytes::Bytes::from(login_step("alice", PASSWORD).to_string()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = "/_gatehouse/login".parse().unwrap();
        let headers = request.headers_mut();
        headers.insert("content-type", "application/json".parse().unwrap());
        for (name, values) in [("host", host), ("origin", origin)] {
            for value in values {
                headers.append(name, value.parse().unwrap());
            }
        }
        request
    };
    let status = async |host: &[&str], origin: &[&str]| {
        app.responder.respond(request(host, origin), None).await.status().as_u16()
    };
    let own = "http://localhost:8501";
    assert_eq!(status(&[HOST, "evil.example"], &[own]).await, 421);
    assert_eq!(status(&[HOST, HOST], &[own]).await, 421);
    assert_eq!(status(&[HOST], &[own, "https://evil.example"]).await, 403);
    assert_eq!(status(&[HOST], &[own]).await, 200);
}
