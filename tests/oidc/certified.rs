//! Against a certified provider, with its own keys, pages and refusals.

use gatehouse::config::ProviderSettings;
use http::StatusCode;
use serde_json::json;
use url::Url;

use crate::{
    browser::Browser,
    kit::{App, Left, Reply, app, provider},
    node::Node,
};

fn jane() -> serde_json::Value {
    json!({
        "email": "jane@example.org", "email_verified": true, "preferred_username": "jane", "groups": ["staff"],
    })
}

/// Everything between the button and the way back.
async fn goes(app: &App, left: &Left) -> Reply {
    let back = Browser::new().follow(&left.location).await.unwrap();
    comes(app, &back, left).await
}

async fn comes(app: &App, back: &Url, left: &Left) -> Reply {
    assert!(
        back.as_str().starts_with("http://localhost:8501/_gatehouse/provider/callback/company?"),
        "{back}"
    );
    app.visit(&format!("{}?{}", back.path(), back.query().unwrap()), &[&left.cookie]).await
}

#[tokio::test]
async fn a_sign_in() {
    let node = Node::up(Some("1001"), &jane()).await;
    let mut one = provider(&node.issuer);
    one.groups_claim = Some("groups".into());
    one.roles.insert("staff".into(), vec!["reader".into()]);
    let app = app(one).await;
    let left = app.leave("company", "/reports?page=2").await;
    let session = goes(&app, &left).await.expect_signed_in("/reports?page=2");
    assert_eq!(app.who(&session).await.as_deref(), Some("jane"));
    let jane = app.identity("jane").await.unwrap();
    assert_eq!(jane.roles[0].as_str(), "reader");
    assert!(jane.email.unwrap().verified_at.is_some());
    // And again: it is the same person.
    let left = app.leave("company", "/").await;
    let session = goes(&app, &left).await.expect_signed_in("/");
    assert_eq!(app.who(&session).await.as_deref(), Some("jane"));
}

#[tokio::test]
async fn somebody_who_turns_back() {
    let node = Node::up(None, &jane()).await;
    let app = app(provider(&node.issuer)).await;
    let left = app.leave("company", "/").await;
    goes(&app, &left).await.expect_refused("provider_cancelled");
}

/// The attacker signs in at the provider himself, and brings his code into the victim's own sign-in: it was made for
/// another challenge.
#[tokio::test]
async fn an_injected_code() {
    let node = Node::up(Some("1001"), &jane()).await;
    let app = app(provider(&node.issuer)).await;
    let (his, hers) = (app.leave("company", "/").await, app.leave("company", "/").await);
    let back = Browser::new().follow(&his.location).await.unwrap();
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let query = format!("code={code}&state={}&iss={}", hers.state(), node.issuer);
    app.back("company", &query, &[&hers.cookie]).await.expect_refused("provider_refused");
    let mine = app.leave("company", "/").await;
    goes(&app, &mine).await.expect_signed_in("/");
}

/// The provider takes a code once.
#[tokio::test]
async fn a_code_that_is_used_twice() {
    let node = Node::up(Some("1001"), &jane()).await;
    let app = app(provider(&node.issuer)).await;
    let left = app.leave("company", "/").await;
    let back = Browser::new().follow(&left.location).await.unwrap();
    comes(&app, &back, &left).await.expect_signed_in("/");
    comes(&app, &back, &left).await.expect_refused("flow_expired");
}

/// It insists on PKCE: a question without it, or with the plain kind, ends there.
#[tokio::test]
async fn a_question_without_pkce() {
    let node = Node::up(Some("1001"), &jane()).await;
    let app = app(provider(&node.issuer)).await;
    for method in [None, Some("plain")] {
        let left = app.leave("company", "/").await;
        let mut weak = left.location.clone();
        weak.set_query(None);
        for (name, value) in left.location.query_pairs() {
            match (&*name, method) {
                ("code_challenge" | "code_challenge_method", None) => {}
                ("code_challenge_method", Some(method)) => {
                    weak.query_pairs_mut().append_pair(&name, method);
                }
                _ => {
                    weak.query_pairs_mut().append_pair(&name, &value);
                }
            }
        }
        let back = Browser::new().follow(&weak).await.unwrap();
        comes(&app, &back, &left).await.expect_refused("provider_refused");
    }
}

/// A secret that is wrong, and an app that is unknown there.
#[tokio::test]
async fn an_app_that_the_provider_does_not_know() {
    let node = Node::up(Some("1001"), &jane()).await;
    let secret = gatehouse_protocol::Password::new("another secret of sixteen");
    let wrong = app(ProviderSettings { client_secret: Some(secret), ..provider(&node.issuer) }).await;
    let left = wrong.leave("company", "/").await;
    goes(&wrong, &left).await.expect_refused("provider_refused");
    let unknown = app(ProviderSettings { client_id: Some("other".into()), ..provider(&node.issuer) }).await;
    let left = unknown.leave("company", "/").await;
    assert!(Browser::new().follow(&left.location).await.unwrap_err().contains("invalid_client"));
}

/// The answer says whose it is, as this provider promises: without that it is not its answer.
#[tokio::test]
async fn an_answer_without_its_issuer() {
    let node = Node::up(Some("1001"), &jane()).await;
    let app = app(provider(&node.issuer)).await;
    let left = app.leave("company", "/").await;
    let back = Browser::new().follow(&left.location).await.unwrap();
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    app.back_with("company", &left, &code).await.expect_refused("provider_refused");
}

/// The provider goes away while somebody is there.
#[tokio::test]
async fn a_provider_that_goes_away() {
    let node = Node::up(Some("1001"), &jane()).await;
    let app = app(provider(&node.issuer)).await;
    let left = app.leave("company", "/").await;
    let back = Browser::new().follow(&left.location).await.unwrap();
    drop(node);
    let reply = comes(&app, &back, &left).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    reply.expect_refused("provider_unavailable");
}
