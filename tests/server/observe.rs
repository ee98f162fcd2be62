//! What an operator sees, and what nobody may see there.

use std::collections::BTreeMap;

use gatehouse::{
    http::Surface,
    telemetry::metrics::{self, Kind},
};
use serde_json::json;

use crate::kit::{OTHER_PASSWORD, PASSWORD, app, app_on, app_with};

/// A name for a request that anybody may choose would let them write into the log and hide among others.
#[tokio::test]
async fn a_request_that_names_itself() {
    let app = app_with(|settings| settings.trusted_proxies = vec!["198.51.100.7".into()]).await;
    let named = async |peer: &str, name: &str| {
        let reply = app.get("/config").from(peer).header("x-request-id", name).send().await;
        reply.request_id.unwrap()
    };
    assert_eq!(named("198.51.100.7", "edge-42_A").await, "edge-42_A", "control: the proxy may");
    for (peer, name) in [
        ("192.0.2.1", "edge-42_A"),
        ("198.51.100.7", "a b"),
        ("198.51.100.7", "<script>"),
        ("198.51.100.7", &"a".repeat(65)),
        ("198.51.100.7", ""),
    ] {
        let given = named(peer, name).await;
        assert_ne!(given, name);
        assert!(given.len() == 16 && given.bytes().all(|byte| byte.is_ascii_hexdigit()), "{given}");
    }
    assert_ne!(named("192.0.2.1", "x").await, named("192.0.2.1", "x").await);
}

/// A refusal and a defect have a name, too: it is what somebody reads out on the telephone.
#[tokio::test]
async fn every_answer_has_the_name_of_its_request() {
    let app = app().await;
    app.entropy.set_broken(true);
    let broken = app.login("nobody").await;
    let foreign = app.post("/login", &json!({})).header("origin", "https://evil.example").send().await;
    let nowhere = app.get("/nowhere").send().await;
    for reply in [broken, foreign, nowhere] {
        assert_eq!(reply.request_id.as_ref().map(String::len), Some(16), "{}", reply.text());
    }
}

#[tokio::test]
async fn liveness_asks_nothing_and_readiness_follows_the_feed() {
    let app = app().await;
    let ask = async |path: &str| app.get(path).header("host", "10.0.0.7:8501").send().await;
    assert_eq!(ask("/live").await.status, 200);
    let early = ask("/ready").await;
    early.expect_problem(503, "unavailable");
    assert!(early.header("retry-after").is_some(), "the feed was never heard");
    app.get("/health").header("host", "10.0.0.7:8501").send().await.expect_problem(421, "unknown_host");
    app.endpoint.start();
    for _ in 0..200 {
        if app.endpoint.is_ready() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(ask("/ready").await.status, 200);
    app.endpoint.prepare_to_stop();
    ask("/ready").await.expect_problem(503, "unavailable");
    assert_eq!(ask("/live").await.status, 200);
    assert_eq!(app.get("/config").send().await.status, 200, "it goes on answering");
}

/// Under a base path the probes are below it, and nothing else is open to any host.
#[tokio::test]
async fn probes_under_a_base_path() {
    let app = app_on(Surface::Mount { base_path: "/weather".into() }, |_| ()).await;
    let ask = async |uri: &str| app.get("").uri(uri).header("host", "10.0.0.7").send().await;
    assert_eq!(ask("/weather/_gatehouse/live").await.status, 200);
    ask("/_gatehouse/live").await.expect_problem(421, "unknown_host");
    ask("/weather/_gatehouse/config").await.expect_problem(421, "unknown_host");
}

/// Everything that was measured stands in the table, with values that stand there, and nothing of people is in it.
#[tokio::test]
async fn labels_come_from_the_table_alone() {
    let app = app_on(Surface::Standalone, |settings| settings.limits.account_attempts = 2).await;
    app.add("alice").await;
    app.login("alice").await.expect_complete();
    for _ in 0..4 {
        app.login_with("mallory", "wrong-password").await;
    }
    app.get("/mallory").send().await;
    app.post("/mallory", &json!({})).header("x-request-id", "mallory").send().await;
    let recovery = json!({"step": "request", "identifier": "alice"});
    app.post("/recovery", &recovery).send().await.expect_state("sent");
    app.mails().await;
    let shown = app.get("").uri("/metrics").send().await.text();
    let mut kinds = BTreeMap::new();
    for line in shown.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            kinds.insert(name.to_owned(), kind.to_owned());
        } else if !line.starts_with('#') && !line.is_empty() {
            is_in_the_table(line);
        }
    }
    for metric in metrics::ALL {
        if let Some(kind) = kinds.get(metric.name) {
            assert_eq!(kind, metric.kind.name(), "{}", metric.name);
        }
    }
    for line in [
        r#"gatehouse_logins_total{outcome="completed"}"#,
        r#"gatehouse_logins_total{outcome="limited"}"#,
        r#"gatehouse_limit_refusals_total{limit="account"}"#,
        r#"gatehouse_http_request_duration_seconds_count{route="login",class="4xx"}"#,
        r#"gatehouse_events_total{event="recovery.requested"}"#,
        r#"gatehouse_database_duration_seconds_count{trait="session"}"#,
        r#"gatehouse_database_connections{state="idle"}"#,
        r#"gatehouse_mails_total{outcome="sent"}"#,
        "gatehouse_hash_wait_seconds_count",
        "gatehouse_hash_permits",
        "gatehouse_build_info{version=",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    for somebody in ["alice", "mallory", "example.org", PASSWORD, OTHER_PASSWORD] {
        assert!(!shown.contains(somebody), "{somebody}");
    }
}

/// Checks one sample.
fn is_in_the_table(line: &str) {
    let (sample, _) = line.rsplit_once(' ').unwrap();
    let (name, labels) =
        sample.split_once('{').map_or((sample, ""), |(name, rest)| (name, rest.trim_end_matches('}')));
    let metric = metrics::ALL.iter().find(|metric| {
        let ends: &[&str] =
            if metric.kind == Kind::Histogram { &["_bucket", "_sum", "_count"] } else { &[""] };
        ends.iter().any(|end| format!("{}{end}", metric.name) == name)
    });
    let metric = metric.unwrap_or_else(|| panic!("{name} is not in the table"));
    for pair in labels.split(',').filter(|pair| !pair.is_empty()) {
        let (label, value) = pair.split_once('=').unwrap();
        if label == "le" && metric.kind == Kind::Histogram {
            continue;
        }
        let (_, values) = metric.labels.iter().find(|(known, _)| *known == label).unwrap();
        assert!(values.contains(&value.trim_matches('"')), "{line}");
    }
}

/// Where the metrics have an address of their own, they are nowhere else.
#[tokio::test]
async fn metrics_with_an_address_of_their_own() {
    let app =
        app_on(Surface::Standalone, |settings| settings.metrics_address = Some("127.0.0.1:0".into())).await;
    app.get("").uri("/metrics").send().await.expect_problem(404, "not_found");
}
