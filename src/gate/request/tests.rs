use crate::{
    config::GateMode,
    gate::{
        Entry, Gate, Head, Header,
        tests::kit::{sign_in, with_settings},
    },
    http::HostPolicy,
};

const HOST: &str = "localhost:8501";

fn headers(cookie: &str, more: &[(&str, &str)]) -> Vec<Header> {
    let own = [("host", HOST), ("cookie", cookie)];
    own.iter().chain(more).map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn browser(cookie: &str) -> Vec<Header> {
    headers(cookie, &[("sec-fetch-mode", "navigate"), ("accept", "text/html,*/*;q=0.8")])
}

async fn enter(gate: &Gate, method: &str, path: &str, headers: &[Header]) -> &'static str {
    match gate.enter(&HostPolicy::local(8501), Head { method, path, headers, peer: None }).await.unwrap() {
        Entry::Open => "open",
        Entry::Pass(_) => "pass",
        Entry::Form => "form",
        Entry::NotAllowed { .. } => "not allowed",
        Entry::SignedOut => "signed out",
    }
}

/// Everything that Streamlit answers, asked for by nobody.
const PATHS: [&str; 14] = [
    "/",
    "/admin",
    "/no/such/page",
    "/media/0123.png",
    "/app/static/secret.csv",
    "/_stcore/stream",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/script-health-check",
    "/_stcore/agent/interact",
    "/_stcore/upload_file/1/2",
    "/component/mine/index.html",
    "/static/js/index.js",
    "/_stcore/health/",
];

#[tokio::test]
async fn nobody_gets_anything_of_an_app_that_the_gate_covers() {
    let folder = tempfile::tempdir().unwrap();
    let (_, gate) = with_settings(&folder, |settings| settings.gate = GateMode::App).await;
    for path in PATHS {
        assert_eq!(enter(&gate, "GET", path, &browser("")).await, "form", "{path}");
        for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
            assert_eq!(enter(&gate, method, path, &headers("", &[])).await, "signed out", "{method} {path}");
        }
        assert_eq!(
            enter(&gate, "POST", path, &browser("")).await,
            "signed out",
            "a form is no answer to a POST"
        );
    }
    assert_eq!(enter(&gate, "GET", "/_stcore/health", &headers("", &[])).await, "open");
}

#[tokio::test]
async fn a_page_is_known_by_what_the_browser_says_it_is_for() {
    let folder = tempfile::tempdir().unwrap();
    let (_, gate) = with_settings(&folder, |settings| settings.gate = GateMode::App).await;
    let old = headers("", &[("accept", "text/html")]);
    assert_eq!(enter(&gate, "GET", "/", &old).await, "form", "a browser that doesn't say");
    assert_eq!(enter(&gate, "HEAD", "/", &old).await, "form");
    let fetch = headers("", &[("sec-fetch-mode", "cors"), ("accept", "text/html")]);
    assert_eq!(enter(&gate, "GET", "/", &fetch).await, "signed out");
    let twice = headers("", &[("sec-fetch-mode", "navigate"), ("sec-fetch-mode", "navigate")]);
    assert_eq!(enter(&gate, "GET", "/", &twice).await, "signed out");
}

#[tokio::test]
async fn who_is_signed_in_passes_until_the_session_ends() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, gate) = with_settings(&folder, |settings| settings.gate = GateMode::App).await;
    let (cookie, _) = sign_in(&endpoint, &gate.challenge("s:0")).await;
    for path in PATHS {
        assert_eq!(enter(&gate, "GET", path, &browser(&cookie)).await, "pass", "{path}");
        assert_eq!(enter(&gate, "POST", path, &headers(&cookie, &[])).await, "pass", "{path}");
    }
    endpoint.set_user_disabled("alice", true).await.unwrap();
    assert_eq!(enter(&gate, "GET", "/", &browser(&cookie)).await, "form");
    assert_eq!(enter(&gate, "GET", "/media/0123.png", &headers(&cookie, &[])).await, "signed out");
}

/// The cookie comes under a name that was pointed here: no browser sends it there.
#[tokio::test]
async fn a_cookie_under_a_foreign_host_is_nobodys() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, gate) = with_settings(&folder, |settings| settings.gate = GateMode::App).await;
    let (cookie, _) = sign_in(&endpoint, &gate.challenge("s:0")).await;
    let mut foreign = browser(&cookie);
    foreign[0].1 = b"evil.example".to_vec();
    assert_eq!(enter(&gate, "GET", "/", &foreign).await, "form");
    foreign.push(foreign[0].clone());
    assert_eq!(enter(&gate, "GET", "/", &foreign).await, "form");
}

#[tokio::test]
async fn a_script_that_decides_is_open_but_for_what_drives_it_and_ruled_pages() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, gate) = with_settings(&folder, |settings| {
        settings.pages.insert("ledger".into(), vec!["accountant".into()]);
        settings.pages.insert("admin".into(), vec!["admin".into()]);
    })
    .await;
    let (cookie, _) = sign_in(&endpoint, &gate.challenge("s:0")).await;
    for (path, nobody, alice) in [
        ("/", "open", "open"),
        ("/media/0123.png", "open", "open"),
        ("/_stcore/agents", "open", "open"),
        ("/_stcore/agent/mcp", "form", "pass"),
        ("/_stcore/script-health-check", "form", "pass"),
        ("/admin", "form", "pass"),
        ("/admin/", "form", "pass"),
        ("/ledger", "form", "not allowed"),
    ] {
        assert_eq!(enter(&gate, "GET", path, &browser("")).await, nobody, "{path}");
        assert_eq!(enter(&gate, "GET", path, &browser(&cookie)).await, alice, "{path}");
    }
}

/// Story: another site's page sends a form to the app, loads its files, or asks it something, in the name of who looks at
/// that page. A cookie that comes into frames comes along, in browsers that don't keep it apart for each site.
#[tokio::test]
async fn a_request_of_another_site_with_a_cookie_that_comes_into_frames() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, gate) = with_settings(&folder, |settings| {
        settings.gate = GateMode::App;
        settings.embed_origins = vec!["https://portal.example.org".into()];
    })
    .await;
    let (cookie, _) = sign_in(&endpoint, &gate.challenge("s:0")).await;
    let cookie = cookie.replacen("gatehouse-", "gatehouse-embedded-", 1);
    let from = |site: &str, mode: &str| {
        headers(&cookie, &[("sec-fetch-site", site), ("sec-fetch-mode", mode), ("accept", "text/html")])
    };
    for (method, mode) in [("GET", "no-cors"), ("GET", "cors"), ("POST", "navigate"), ("POST", "no-cors")] {
        let across = from("cross-site", mode);
        for path in ["/media/0123.png", "/_stcore/upload_file/1/2"] {
            assert_eq!(enter(&gate, method, path, &across).await, "signed out", "{method} {mode} {path}");
        }
    }
    // What people do, and what the framed page itself does.
    assert_eq!(enter(&gate, "GET", "/", &from("cross-site", "navigate")).await, "pass");
    assert_eq!(enter(&gate, "GET", "/media/0123.png", &from("same-origin", "cors")).await, "pass");
    assert_eq!(enter(&gate, "PUT", "/_stcore/upload_file/1/2", &from("same-origin", "cors")).await, "pass");
    // The cookie from before people signed in inside frames opens nothing.
    let before = cookie.replacen("gatehouse-embedded-", "gatehouse-", 1);
    assert_eq!(enter(&gate, "GET", "/", &browser(&before)).await, "form");
}
