//! "Keep me signed in", on a way that leaves the form.

use gatehouse::{clock::Clock as _, config::Mfa, factor::totp::TotpKey};
use gatehouse_protocol::Code;
use http::{Request, header};
use serde_json::{Value, json};

use crate::{
    kit::{App, Left, Reply, app, app_with, provider},
    rogue::Rogue,
};

/// Leaves as a browser does that comes from a page at this site.
async fn leave(app: &App, query: &str, site: Option<&str>) -> Left {
    let mut request = Request::builder().uri(format!("/_gatehouse/provider/company?{query}"));
    if let Some(site) = site {
        request = request.header("sec-fetch-site", site);
    }
    let reply = app.send(request, "").await;
    let cookie = reply.cookie("gatehouse-provider-").unwrap();
    Left { location: url::Url::parse(reply.location()).unwrap(), cookie }
}

async fn back(rogue: &Rogue, app: &App, left: &Left) -> Reply {
    rogue.hands_out(&rogue.key.sign(&rogue.header(), &rogue.claims(app, left)));
    app.back_with("company", left, "code").await
}

#[tokio::test]
async fn who_asked_for_it_is_kept_and_nobody_else() {
    let rogue = Rogue::up().await;
    let app = app(provider(&rogue.issuer)).await;
    for (query, kept) in
        [("keep=true", true), ("keep=false", false), ("keep=1", false), ("keep", false), ("", false)]
    {
        let left = leave(&app, query, Some("same-origin")).await;
        let reply = back(&rogue, &app, &left).await;
        reply.expect_signed_in("/");
        assert_eq!(reply.session_cookie().contains("Max-Age=2592000"), kept, "{query}");
    }
}

/// A link elsewhere leads to the provider, and has the person stay signed in for a month on a machine of many.
#[tokio::test]
async fn a_link_that_wishes_it() {
    let rogue = Rogue::up().await;
    let app = app(provider(&rogue.issuer)).await;
    for site in [Some("cross-site"), Some("same-site"), Some("none"), None] {
        let left = leave(&app, "keep=true", site).await;
        let reply = back(&rogue, &app, &left).await;
        reply.expect_signed_in("/");
        assert!(!reply.session_cookie().contains("Max-Age"), "{site:?}");
    }
}

/// The code of the app whose key was shown.
fn code(app: &App, shown: &Value) -> Code {
    let text: String = shown["key"].as_str().unwrap().split(' ').collect();
    let key = totp_rs::Secret::try_from_base32(&text).unwrap();
    TotpKey::from_bytes(key.as_ref()).unwrap().code_at(app.clock.now()).unwrap()
}

#[tokio::test]
async fn it_holds_after_a_second_factor_that_is_set_up_and_one_that_is_asked_for() {
    let rogue = Rogue::up().await;
    let app = app_with([("company", provider(&rogue.issuer))], |settings| settings.mfa = Mfa::Required).await;
    let left = leave(&app, "keep=true", Some("same-origin")).await;
    let reply = back(&rogue, &app, &left).await;
    let (_, flow) = reply.location().split_once("#enroll=").unwrap();
    let shown = app.post("/_gatehouse/enrollment", &json!({"step": "begin_totp", "flow": flow})).await.json();
    let now = code(&app, &shown);
    let step = json!({"step": "confirm_totp", "flow": shown["flow"], "code": now.expose(), "keep": false});
    let reply = app.post("/_gatehouse/enrollment", &step).await;
    assert!(reply.session_cookie().contains("Max-Age=2592000"));

    for (query, kept) in [("keep=true", true), ("", false)] {
        app.wait(std::time::Duration::from_mins(1));
        let left = leave(&app, query, Some("same-origin")).await;
        let reply = back(&rogue, &app, &left).await;
        assert_eq!(reply.session(), None);
        let (_, flow) = reply.location().split_once("#challenge=").unwrap();
        let (flow, _) = flow.split_once('.').unwrap();
        let now = code(&app, &shown);
        let step = json!({
            "step": "totp", "flow": flow, "code": now.expose(), "keep": false, "challenge": null
        });
        let reply = app.post("/_gatehouse/login", &step).await;
        assert_eq!(reply.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(reply.session_cookie().contains("Max-Age=2592000"), kept, "{query}");
    }
}
