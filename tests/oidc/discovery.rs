//! A provider's description of itself that must not be followed.

use gatehouse::config::ProviderSettings;
use serde_json::json;

use crate::{
    kit::{App, app, provider},
    rogue::Rogue,
};

async fn started() -> (Rogue, App) {
    let rogue = Rogue::up().await;
    let app = app(provider(&rogue.issuer)).await;
    (rogue, app)
}

/// Leaves, whatever comes of it.
async fn begin(app: &App) -> crate::kit::Reply {
    app.visit("/_gatehouse/provider/company", &[]).await
}

#[tokio::test]
async fn the_control() {
    let (rogue, app) = started().await;
    assert!(begin(&app).await.location().starts_with(&format!("{}/auth?", rogue.issuer)));
    assert_eq!(rogue.asked("/.well-known/openid-configuration").len(), 1);
    begin(&app).await;
    assert_eq!(rogue.asked("/.well-known/openid-configuration").len(), 1, "it is remembered");
}

/// Whoever answers for the address calls itself somebody else: its tokens would be those of the other.
#[tokio::test]
async fn an_issuer_mismatch() {
    for other in ["https://accounts.example.org", "", "http://127.0.0.1"] {
        let (rogue, app) = started().await;
        rogue.describes(|document| document["issuer"] = json!(other));
        begin(&app).await.expect_refused("provider_refused");
    }
    let (rogue, app) = started().await;
    rogue.describes(|document| document["issuer"] = json!(format!("{}/", rogue.issuer)));
    begin(&app).await.expect_refused("provider_refused");
}

/// A redirect leads to where the operator did not point.
#[tokio::test]
async fn redirects() {
    let elsewhere = Rogue::up().await;
    for path in ["/.well-known/openid-configuration", "/keys"] {
        let (rogue, app) = started().await;
        let there = format!("{}{path}", elsewhere.issuer);
        rogue.redirects(path, &there);
        begin(&app).await.expect_refused("provider_refused");
    }
    let (rogue, app) = started().await;
    let left = app.leave("company", "/").await;
    rogue.redirects("/token", &format!("{}/token", elsewhere.issuer));
    app.back_with("company", &left, "code").await.expect_refused("provider_refused");
    for path in ["/.well-known/openid-configuration", "/keys", "/token"] {
        assert!(elsewhere.asked(path).is_empty(), "{path}");
    }
}

/// The description names addresses of the operator's own network, to have them called from inside.
#[tokio::test]
async fn private_addresses() {
    for field in ["token_endpoint", "jwks_uri", "userinfo_endpoint", "authorization_endpoint"] {
        for address in [
            "http://169.254.169.254/latest/meta-data/",
            "http://10.0.0.1/x",
            "https://192.168.1.1/x",
            "http://[fd00::1]/x",
            "http://2886729729/x",
            "file:///etc/passwd",
            "http://user:word@127.0.0.1/x",
        ] {
            let (rogue, app) = started().await;
            rogue.describes(|document| document[field] = json!(address));
            begin(&app).await.expect_refused("provider_refused");
        }
    }
}

/// A provider out there that names this machine.
#[tokio::test]
async fn this_machines_own_addresses() {
    let rogue = Rogue::up().await;
    let port = rogue.issuer.rsplit(':').next().unwrap().to_owned();
    for issuer in [format!("https://localtest.example:{port}"), format!("https://10.255.255.1:{port}")] {
        let one = ProviderSettings { issuer: Some(issuer), ..provider("") };
        let app = app(one).await;
        let reply = begin(&app).await;
        assert!(reply.location().contains("#refused=provider_"), "{}", reply.location());
    }
}

/// An answer without end.
#[tokio::test]
async fn an_answer_that_is_too_large() {
    let (rogue, app) = started().await;
    let much = "x".repeat(300 * 1024);
    rogue.describes(|document| document["much"] = json!(much));
    begin(&app).await.expect_refused("provider_unavailable");
}

/// What is no description.
#[tokio::test]
async fn an_answer_that_says_nothing() {
    for answer in [json!({}), json!([]), json!(7), json!({"issuer": ["x"]})] {
        let (rogue, app) = started().await;
        rogue.answers("/.well-known/openid-configuration", 200, &answer);
        begin(&app).await.expect_refused("provider_refused");
    }
    let (rogue, app) = started().await;
    rogue.answers("/.well-known/openid-configuration", 500, &json!({}));
    begin(&app).await.expect_refused("provider_unavailable");
    let nobody = crate::kit::app(provider("http://127.0.0.1:9")).await;
    begin(&nobody).await.expect_refused("provider_unavailable");
}
