//! Answers that come back to a browser that did not ask for them, or not for these.

use std::time::Duration;

use http::{Method, Request, header};
use serde_json::json;

use crate::{
    kit::{App, Left, ORIGIN, app, app_with, provider},
    rogue::Rogue,
};

async fn control() -> (Rogue, App) {
    let rogue = Rogue::up().await;
    let app = app(provider(&rogue.issuer)).await;
    rogue.signs_in(&app, |_| ()).await.expect_signed_in("/");
    (rogue, app)
}

/// A sign-in that is ready to come back.
async fn ready(rogue: &Rogue, app: &App) -> Left {
    let left = app.leave("company", "/").await;
    rogue.hands_out(&rogue.key.sign(&rogue.header(), &rogue.claims(app, &left)));
    left
}

/// The attacker sends somebody a link with his own code: nothing says that this browser asked.
#[tokio::test]
async fn a_state_that_is_missing_empty_or_foreign() {
    let (rogue, app) = control().await;
    let left = ready(&rogue, &app).await;
    let foreign = app.leave("company", "/").await.state();
    let twice = format!("code=code&state={0}&state={0}", left.state());
    for query in [
        "code=code".to_owned(),
        "code=code&state=".to_owned(),
        "code=code&state=x".to_owned(),
        format!("code=code&state={foreign}"),
        format!("code=code&state={}x", left.state()),
        String::new(),
    ] {
        app.back("company", &query, &[&left.cookie]).await.expect_refused("flow_expired");
    }
    app.back("company", &twice, &[&left.cookie]).await.expect_refused("provider_refused");
    assert_eq!(rogue.asked("/token").len(), 1, "no code was exchanged for any of them");
    app.back_with("company", &left, "code").await.expect_signed_in("/");
}

#[tokio::test]
async fn a_state_that_is_used_twice() {
    let (rogue, app) = control().await;
    let left = ready(&rogue, &app).await;
    app.back_with("company", &left, "code").await.expect_signed_in("/");
    app.back_with("company", &left, "code").await.expect_refused("flow_expired");
    // Also in parallel.
    let left = ready(&rogue, &app).await;
    let (one, other) =
        tokio::join!(app.back_with("company", &left, "code"), app.back_with("company", &left, "code"));
    assert_eq!([one.session(), other.session()].iter().flatten().count(), 1);
}

/// The attacker has his own state, cookie and code; the victim's browser gets the link.
#[tokio::test]
async fn a_state_of_another_browser() {
    let (rogue, app) = control().await;
    let (his, hers) = (ready(&rogue, &app).await, app.leave("company", "/").await);
    let query = format!("code=code&state={}", his.state());
    app.back("company", &query, &[]).await.expect_refused("flow_expired");
    app.back("company", &query, &[&hers.cookie]).await.expect_refused("flow_expired");
    // Two cookies of one name: one of them was planted.
    app.back("company", &query, &[&hers.cookie, &his.cookie]).await.expect_refused("flow_expired");
    app.back("company", &query, &[&his.cookie]).await.expect_signed_in("/");
}

#[tokio::test]
async fn a_state_that_is_too_old() {
    let (rogue, app) = control().await;
    let left = ready(&rogue, &app).await;
    app.wait(Duration::from_mins(10));
    app.back_with("company", &left, "code").await.expect_refused("flow_expired");
    let left = ready(&rogue, &app).await;
    app.wait(Duration::from_secs(299));
    app.back_with("company", &left, "code").await.expect_signed_in("/");
}

/// Two tabs of one browser.
#[tokio::test]
async fn two_sign_ins_on_their_way_at_once() {
    let (rogue, app) = control().await;
    let one = app.leave("company", "/one").await;
    let other = app.leave_with("company", "/other", &[&one.cookie]).await;
    assert_eq!(one.cookie, other.cookie);
    for (left, target) in [(&other, "/other"), (&one, "/one")] {
        rogue.hands_out(&rogue.key.sign(&rogue.header(), &rogue.claims(&app, left)));
        app.back_with("company", left, "code").await.expect_signed_in(target);
    }
}

/// What is sent to the provider, and what goes with the code: S256, always, and a verifier that fits.
#[tokio::test]
async fn no_pkce_or_plain() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use ring::digest::{SHA256, digest};
    let (rogue, app) = control().await;
    let left = ready(&rogue, &app).await;
    assert_eq!(left.asked("code_challenge_method"), "S256");
    app.back_with("company", &left, "code").await.expect_signed_in("/");
    let form = rogue.asked("/token").pop().unwrap().body;
    let verifier =
        url::form_urlencoded::parse(form.as_bytes()).find(|(name, _)| name == "code_verifier").unwrap().1;
    assert_eq!(left.asked("code_challenge"), URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())));
    for weak in [json!(["plain"]), json!([])] {
        let rogue = Rogue::up().await;
        rogue.describes(|document| document["code_challenge_methods_supported"] = weak);
        let app = app_with([("company", provider(&rogue.issuer))], |_| ()).await;
        app.visit("/_gatehouse/provider/company", &[]).await.expect_refused("provider_refused");
    }
}

/// One of two providers lies, and hands the answer of the other to its own address, or the other way round.
#[tokio::test]
async fn two_providers_with_their_callbacks_swapped() {
    let (honest, evil) = (Rogue::up().await, Rogue::up().await);
    let both = [("company", provider(&honest.issuer)), ("evil", provider(&evil.issuer))];
    let app = app_with(both, |_| ()).await;
    honest.signs_in(&app, |_| ()).await.expect_signed_in("/");
    let left = app.leave("company", "/").await;
    evil.hands_out(&evil.key.sign(&evil.header(), &evil.claims(&app, &left)));
    app.back_with("evil", &left, "code").await.expect_refused("provider_refused");
    assert!(evil.asked("/token").is_empty(), "the honest one's code never reaches the evil one");
    let left = app.leave("evil", "/").await;
    honest.hands_out(&honest.key.sign(&honest.header(), &honest.claims(&app, &left)));
    app.back_with("company", &left, "code").await.expect_refused("provider_refused");
}

/// The same through one address: the answer says whose it is (RFC 9207).
#[tokio::test]
async fn an_answer_of_another_issuer() {
    let (rogue, app) = control().await;
    for other in ["https://evil.example", "", "null"] {
        let left = ready(&rogue, &app).await;
        let query = format!("code=code&state={}&iss={other}", left.state());
        app.back("company", &query, &[&left.cookie]).await.expect_refused("provider_refused");
    }
    let left = ready(&rogue, &app).await;
    let query = format!("code=code&state={}&iss={}", left.state(), rogue.issuer);
    app.back("company", &query, &[&left.cookie]).await.expect_signed_in("/");
    let strict = Rogue::up().await;
    strict.describes(|document| document["authorization_response_iss_parameter_supported"] = json!(true));
    let app = app_with([("company", provider(&strict.issuer))], |_| ()).await;
    strict.signs_in(&app, |_| ()).await.expect_refused("provider_refused");
}

/// What the provider says of why nobody signed in reaches no page.
#[tokio::test]
async fn an_error_of_the_provider() {
    let (rogue, app) = control().await;
    for (error, code) in [
        ("access_denied", "provider_cancelled"),
        ("server_error", "provider_refused"),
        ("%3Cscript%3Ealert(1)%3C/script%3E", "provider_refused"),
    ] {
        let left = ready(&rogue, &app).await;
        let query = format!("error={error}&error_description=%3Cb%3Ewords&state={}", left.state());
        app.back("company", &query, &[&left.cookie]).await.expect_refused(code);
        app.back_with("company", &left, "code").await.expect_refused("flow_expired");
    }
}

/// A link to the app that leads on to another site, signed in or not.
#[tokio::test]
async fn a_way_back_to_another_site() {
    let (rogue, app) = control().await;
    for evil in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "javascript:alert(1)",
        "/_gatehouse/provider/company",
        "/x\r\nset-cookie: a=b",
        "",
    ] {
        let left = app.leave("company", evil).await;
        rogue.hands_out(&rogue.key.sign(&rogue.header(), &rogue.claims(&app, &left)));
        app.back_with("company", &left, "code").await.expect_signed_in("/");
    }
    let left = app.leave("company", "/reports?page=2&x=%C3%A4").await;
    rogue.hands_out(&rogue.key.sign(&rogue.header(), &rogue.claims(&app, &left)));
    app.back_with("company", &left, "code").await.expect_signed_in("/reports?page=2&x=%C3%A4");
    // One sign-in for several apps goes on where it was.
    let left = app.leave("company", "/_gatehouse/authorize?app=x").await;
    rogue.hands_out(&rogue.key.sign(&rogue.header(), &rogue.claims(&app, &left)));
    app.back_with("company", &left, "code").await.expect_signed_in("/_gatehouse/authorize?app=x");
    let left = app.leave("company", "/reports?page=2").await;
    let query = format!("error=access_denied&state={}", left.state());
    let refused = app.back("company", &query, &[&left.cookie]).await;
    assert_eq!(refused.location(), "/_gatehouse/?next=%2Freports%3Fpage%3D2#refused=provider_cancelled");
}

/// Another site posts an answer: nothing but a provider whose page does so is listened to.
#[tokio::test]
async fn an_answer_that_another_site_posts() {
    let (rogue, app) = control().await;
    let left = ready(&rogue, &app).await;
    let post = || {
        Request::builder()
            .method(Method::POST)
            .uri("/_gatehouse/provider/callback/company")
            .header(header::ORIGIN, "https://evil.example")
            .header("sec-fetch-site", "cross-site")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, &left.cookie)
    };
    let reply = app.send(post(), &format!("code=code&state={}", left.state())).await;
    assert_eq!((reply.status.as_u16(), reply.session()), (405, None));
    // And nothing else is open to other sites for it.
    let login = Request::builder()
        .method(Method::POST)
        .uri("/_gatehouse/login")
        .header(header::ORIGIN, "https://evil.example");
    assert_eq!(app.send(login, "{}").await.status, 403);
    app.back_with("company", &left, "code").await.expect_signed_in("/");
}

/// The cookie that binds, and the one of the session before.
#[tokio::test]
async fn a_session_that_was_fixed_before() {
    let (rogue, app) = control().await;
    let before = rogue.signs_in(&app, |_| ()).await.expect_signed_in("/");
    let left = ready(&rogue, &app).await;
    let query = format!("code=code&state={}", left.state());
    let reply = app.back("company", &query, &[&left.cookie, &before]).await;
    let after = reply.expect_signed_in("/");
    assert_ne!(before, after);
    assert_eq!(app.who(&before).await, None, "the session that the browser came with is over");
    assert_eq!(app.who(&after).await.as_deref(), Some("jane"));
    let cookies = reply.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap());
    let cookies: Vec<&str> = cookies.collect();
    assert!(cookies.iter().any(|one| one.starts_with("gatehouse-provider-") && one.contains("=; ")));
    for cookie in cookies {
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    }
}

/// A stolen copy of the database, while somebody is on the way: neither state, nonce, verifier nor cookie is in it.
#[tokio::test]
async fn a_stolen_database() {
    let (rogue, app) = control().await;
    let left = ready(&rogue, &app).await;
    let secret = left.cookie.split_once('=').unwrap().1.to_owned();
    for entry in std::fs::read_dir(app.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for hidden in [left.state(), left.nonce(), secret.clone(), left.asked("code_challenge")] {
            assert!(!bytes.windows(hidden.len()).any(|window| window == hidden.as_bytes()));
        }
    }
    app.back_with("company", &left, "code").await.expect_signed_in("/");
    let form = rogue.asked("/token").pop().unwrap().body;
    assert!(form.contains("code_verifier=") && !form.contains(&left.state()));
}

/// Providers are told one address to lead back to: under another name of this machine the cookie would not come along.
#[tokio::test]
async fn another_name_of_this_machine() {
    let (_, app) = control().await;
    let call = |host: &str| {
        Request::builder()
            .uri("/_gatehouse/provider/company?return_to=/a")
            .header(header::HOST, host.to_owned())
    };
    let reply = app.send(call("127.0.0.1:8501"), "").await;
    assert_eq!(reply.location(), format!("{ORIGIN}/_gatehouse/provider/company?return_to=%2Fa"));
    assert_eq!(app.send(call("evil.example"), "").await.status, 421);
}

#[tokio::test]
async fn a_provider_that_is_not_there() {
    let (_, app) = control().await;
    for path in ["/_gatehouse/provider/other", "/_gatehouse/provider/callback/other?state=x&code=y"] {
        assert_eq!(app.visit(path, &["gatehouse-provider-x=y"]).await.status, 404);
    }
}
