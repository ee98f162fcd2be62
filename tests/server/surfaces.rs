//! Where the endpoint stands: under a base path, on a loopback port of its own, as a server of its own.

use std::fs;

use gatehouse::http::Surface;
use http::Method;
use serde_json::json;

use crate::kit::{App, ORIGIN, PASSWORD, app_on, app_with, login_step};

const PAGE: &str = "http://localhost:8600";

async fn loopback() -> App {
    let app_origins = vec![PAGE.into(), "http://127.0.0.1:8600".into()];
    let app = app_on(Surface::Loopback { app_origins, app_path: "/weather".into() }, |_| ()).await;
    app.add("alice").await;
    app
}

/// Plain `streamlit run`: the page is on another port of the same host, and only that page may call and read.
#[tokio::test]
async fn the_apps_page_and_no_other_may_call_the_loopback_port() {
    let app = loopback().await;
    let preflight = app.get("/login").method(Method::OPTIONS).header("origin", PAGE);
    let preflight = preflight.header("access-control-request-method", "POST").send().await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(preflight.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("content-type"));
    assert!(preflight.header("vary").unwrap().contains("origin"));
    let login = app.post("/login", &login_step("alice", PASSWORD)).header("origin", PAGE).send().await;
    login.expect_complete();
    assert_eq!(login.header("access-control-allow-origin"), Some(PAGE));
    for origin in [
        "http://localhost:8601",
        "https://localhost:8600",
        "http://evil.example:8600",
        "null",
        "http://localhost:8600/",
    ] {
        let preflight = app.get("/login").method(Method::OPTIONS).header("origin", origin);
        let preflight = preflight.header("access-control-request-method", "POST").send().await;
        let login = app.post("/login", &login_step("alice", PASSWORD)).header("origin", origin).send().await;
        login.expect_problem(403, "foreign_origin");
        for reply in [preflight, login] {
            assert_eq!(reply.header("access-control-allow-origin"), None, "{origin}");
            assert_eq!(reply.header("access-control-allow-credentials"), None, "{origin}");
        }
    }
}

/// `127.0.0.1` and `localhost` are two sites: a cookie set across them would be another site's.
#[tokio::test]
async fn page_and_endpoint_under_different_names_of_this_machine() {
    let app = loopback().await;
    let call = |host: &str, origin: &str| {
        app.post("/login", &login_step("alice", PASSWORD)).header("host", host).header("origin", origin)
    };
    call("127.0.0.1:8501", PAGE).send().await.expect_problem(403, "foreign_origin");
    call("localhost:8501", "http://127.0.0.1:8600").send().await.expect_problem(403, "foreign_origin");
    call("evil.example:8501", PAGE).send().await.expect_problem(421, "unknown_host");
    call("127.0.0.1:8501", "http://127.0.0.1:8600").send().await.expect_complete();
    call("localhost:8501", ORIGIN).send().await.expect_complete();
}

/// After a link from a mail the page sends people home: to the app, under the name they came by, and nowhere else.
#[tokio::test]
async fn the_way_home() {
    let app = loopback().await;
    for (host, home) in [
        ("localhost:8501", "http://localhost:8600/weather/"),
        ("127.0.0.1:8501", "http://127.0.0.1:8600/weather/"),
    ] {
        let reply = app.get("").uri("/").header("host", host).send().await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (307, Some(home)));
    }
    app.get("").uri("/").header("host", "evil.example:8501").send().await.expect_problem(421, "unknown_host");
    let alone = app_on(Surface::Standalone, |_| ()).await;
    let reply = alone.get("").uri("/").send().await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (307, Some("/_gatehouse/")));
}

/// Under `server.baseUrlPath`, only there.
#[tokio::test]
async fn a_base_path() {
    let app = app_on(Surface::Mount { base_path: "/weather".into() }, |_| ()).await;
    app.add("alice").await;
    let login =
        app.post("/login", &login_step("alice", PASSWORD)).uri("/weather/_gatehouse/login").send().await;
    login.expect_complete();
    assert!(login.cookies()[0].contains("Path=/;"));
    app.login("alice").await.expect_problem(404, "not_found");
    app.get("").uri("/weatherx/_gatehouse/health").send().await.expect_problem(404, "not_found");
    let redirect = app.get("").uri("/weather/_gatehouse").send().await;
    assert_eq!((redirect.status.as_u16(), redirect.header("location")), (308, Some("/weather/_gatehouse/")));
}

/// Metrics and the description of the routes, on `serve`'s own listener only.
#[tokio::test]
async fn metrics_and_description_of_a_server_of_its_own() {
    let app = app_on(Surface::Standalone, |_| ()).await;
    app.login("nobody").await.expect_problem(401, "credentials_rejected");
    let metrics = app.get("").uri("/metrics").send().await;
    assert_eq!(metrics.status, 200);
    let line = r#"gatehouse_http_requests_total{route="login",status="401"}"#;
    assert!(metrics.text().contains(line), "{}", metrics.text());
    assert!(!metrics.text().contains("nobody"), "labels come from closed tables");
    let description = app.get("").uri("/openapi.json").send().await.json();
    let paths = description["paths"].as_object().unwrap();
    for path in [
        "/login",
        "/logout",
        "/registration",
        "/verification",
        "/recovery",
        "/password",
        "/password/strength",
    ] {
        let post = &paths[&format!("/_gatehouse{path}")]["post"];
        for status in ["200", "400", "401", "403", "413", "421", "422", "429", "503"] {
            assert!(post["responses"][status].is_object(), "{path} {status}");
        }
    }
    assert!(description["components"]["schemas"]["LoginStep"].is_object());
    assert!(description["components"]["schemas"]["Problem"].is_object());
}

/// `docs/openapi.json` is made from the routes. With `UPDATE=1` in the environment it is written anew.
#[test]
fn the_published_description_is_current() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let text = gatehouse::http::openapi_document().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "docs/openapi.json is stale: run UPDATE=1 cargo test --test server published");
}

fn bundle() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write(
        "index.html",
        "<script type=module>start()</script><script src=./assets/form-0123456789abcdef.js></script>",
    );
    write("account.html", "<script src=./assets/account-0123456789abcdef.js></script>");
    write("form-0123456789abcdef.js", "plain");
    write("form-0123456789abcdef.js.br", "brotli");
    write("secret.txt", "not for the browser");
    directory
}

/// Another site's page shows the sign-in page in a frame: that is for those who are named, and nobody else.
#[tokio::test]
async fn only_those_who_are_named_may_frame_the_pages() {
    let bundle = bundle();
    let app = app_with(|settings| {
        settings.assets = Some(bundle.path().into());
        settings.embed_origins = vec!["https://portal.example.org".into(), "https://b.example.org".into()];
    })
    .await;
    for page in ["/", "/account"] {
        let reply = app.get(page).send().await;
        let policy = reply.header("content-security-policy").unwrap();
        let named = "frame-ancestors 'self' https://portal.example.org https://b.example.org";
        assert!(policy.ends_with(named), "{policy}");
        // The older header has no list, and some browsers would go by it.
        assert_eq!(reply.header("x-frame-options"), None);
    }
    // What is no page is no page in a frame, either.
    for path in ["/session", "/config", "/nothing-here", "/assets/form-0123456789abcdef.js"] {
        let reply = app.get(path).send().await;
        assert!(
            reply.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(reply.header("x-frame-options"), Some("DENY"), "{path}");
    }
}

/// The page and its files.
#[tokio::test]
async fn the_page_and_its_assets() {
    let bundle = bundle();
    let app = app_with(|settings| settings.assets = Some(bundle.path().into())).await;
    let page = app.get("/").send().await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("'sha256-") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe-inline"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    let account = app.get("/account").send().await;
    assert_eq!((account.status.as_u16(), account.header("cache-control")), (200, Some("no-store")));
    assert!(account.text().contains("account-0123456789abcdef.js"));
    let asset = app.get("/assets/form-0123456789abcdef.js").header("accept-encoding", "br").send().await;
    assert_eq!(asset.text(), "brotli");
    assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(asset.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(asset.header("x-content-type-options"), Some("nosniff"));
}

/// Paths that lead out of the bundle's directory.
#[tokio::test]
async fn traversal_at_the_assets() {
    let bundle = bundle();
    fs::write(bundle.path().parent().unwrap().join("outside.js"), "outside").unwrap();
    let app = app_with(|settings| settings.assets = Some(bundle.path().into())).await;
    for path in [
        "../outside.js",
        "..%2foutside.js",
        "%2e%2e/outside.js",
        "%2e%2e%2foutside.js",
        "..\\outside.js",
        "..%5coutside.js",
        "....//outside.js",
        "./form-0123456789abcdef.js",
        "/form-0123456789abcdef.js",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "\\\\evil.example\\share\\x.js",
        "//evil.example/share/x.js",
        "C:\\x.js",
        "file:///etc/passwd",
        "form-0123456789abcdef.js%00.css",
        "form-0123456789abcdef.js/",
        "secret.txt",
        "index.html",
        "form-0123456789abcdef.js.br",
        "%66orm-0123456789abcdef.js",
    ] {
        let uri = format!("/_gatehouse/assets/{path}");
        if uri.parse::<http::Uri>().is_err() {
            continue;
        }
        let reply = app.get("").uri(&uri).send().await;
        assert!(matches!(reply.status.as_u16(), 400 | 404), "{path}: {}", reply.status);
        assert!(!reply.text().contains("outside"), "{path}");
    }
    assert_eq!(app.get("/assets/form-0123456789abcdef.js").send().await.status, 200, "control");
}

/// Without a bundle the rest works, and the page says that it is not there.
#[tokio::test]
async fn no_bundle() {
    let app = app_with(|settings| settings.assets = Some("/nowhere".into())).await;
    app.get("/").send().await.expect_problem(404, "not_found");
    let config = app.get("/config").send().await;
    assert_eq!(config.json()["app_name"], json!("Weather"));
}
