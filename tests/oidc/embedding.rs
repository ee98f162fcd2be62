//! Signing in inside a frame of another site: a window goes to the provider, the frame collects what it leaves.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatehouse::{config::Mfa, entropy::OsEntropy, session::Secret};
use http::{Method, Request, header, request};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use url::Url;

use crate::{
    kit::{App, Left, Reply, app_with, provider},
    rogue::Rogue,
};

const PORTAL: &str = "https://portal.example.org";
/// What a browser says of a form of our own page that goes to a window.
const OWN: [(&str, &str); 3] =
    [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

/// What only one frame has, and what its window carries.
struct Frame {
    verifier: String,
    challenge: String,
}

impl Frame {
    fn draw() -> Self {
        let verifier = Secret::draw(&OsEntropy).expose().to_owned();
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        Self { verifier, challenge }
    }

    async fn collects(&self, app: &App) -> Reply {
        collects(app, &self.verifier).await
    }

    async fn finds_nothing(&self, app: &App) {
        let reply = self.collects(app).await;
        assert_eq!((reply.json(), reply.session()), (json!({"state": "waiting"}), None));
    }
}

async fn collects(app: &App, verifier: &str) -> Reply {
    app.post("/_gatehouse/collected", &json!({"verifier": verifier, "keep": false})).await
}

async fn embedded() -> (Rogue, App) {
    let rogue = Rogue::up().await;
    let app = app_with([("company", provider(&rogue.issuer))], |settings| {
        settings.embed_origins = vec![PORTAL.into()];
    })
    .await;
    (rogue, app)
}

/// A form that a page sends into a window, with what the browser says of it.
fn form(headers: &[(&str, &str)]) -> request::Builder {
    let request = Request::builder()
        .method(Method::POST)
        .uri("/_gatehouse/provider/company")
        .header(header::ORIGIN, "null")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

/// The window's first page: what it leads to, and its cookie.
async fn opens(app: &App, frame: &Frame) -> Left {
    let reply = app.send(form(&OWN), &format!("collect={}", frame.challenge)).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    let html = String::from_utf8(reply.body.to_vec()).unwrap();
    let link = html.split_once("<a href=\"").unwrap().1.split('"').next().unwrap();
    let cookie = reply.cookie("gatehouse-provider-").unwrap();
    Left { location: Url::parse(&link.replace("&amp;", "&")).unwrap(), cookie }
}

/// The provider leads the window back.
async fn comes_back(rogue: &Rogue, app: &App, left: &Left) -> Reply {
    rogue.hands_out(&rogue.key.sign(&rogue.header(), &rogue.claims(app, left)));
    app.back_with("company", left, "code").await
}

/// The whole way in the window.
async fn signs_in(rogue: &Rogue, app: &App, frame: &Frame) {
    let left = opens(app, frame).await;
    let last = comes_back(rogue, app, &left).await;
    assert_eq!((last.status.as_u16(), last.session()), (200, None), "the window is not signed in");
}

#[tokio::test]
async fn a_frame_collects_what_its_window_left() {
    let (rogue, app) = embedded().await;
    let frame = Frame::draw();
    let left = opens(&app, &frame).await;
    frame.finds_nothing(&app).await;
    let last = comes_back(&rogue, &app, &left).await;
    assert_eq!((last.status.as_u16(), last.session(), last.location()), (200, None, ""));
    assert!(last.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    let reply = frame.collects(&app).await;
    assert_eq!(reply.json(), json!({"state": "complete"}));
    let cookie = reply.session_cookie();
    assert!(cookie.ends_with("; HttpOnly; SameSite=None; Secure; Partitioned"), "{cookie}");
    assert_eq!(app.who(&reply.session().unwrap()).await.as_deref(), Some("jane"));
    // Kept, if the person wants that in the frame.
    let frame = Frame::draw();
    signs_in(&rogue, &app, &frame).await;
    let asked = json!({"verifier": frame.verifier, "keep": true});
    let reply = app.post("/_gatehouse/collected", &asked).await;
    assert!(reply.session_cookie().contains("Max-Age=2592000"));
}

/// Story: the attacker draws a verifier, has the owner follow a link that carries its challenge, and collects the owner's
/// session. The link may stand on his site, in a mail, or in what he wrote into the app itself: none carries a challenge.
#[tokio::test]
async fn a_link_with_the_attackers_challenge() {
    let (rogue, app) = embedded().await;
    for site in [Some("cross-site"), Some("same-site"), Some("none"), Some("same-origin"), None] {
        let his = Frame::draw();
        let mut link =
            Request::builder().uri(format!("/_gatehouse/provider/company?collect={}", his.challenge));
        if let Some(site) = site {
            link = link.header("sec-fetch-site", site).header("sec-fetch-mode", "navigate");
        }
        let reply = app.send(link, "").await;
        let cookie = reply.cookie("gatehouse-provider-").unwrap();
        let left = Left { location: Url::parse(reply.location()).unwrap(), cookie };
        // At most the owner signs in where the owner is.
        comes_back(&rogue, &app, &left).await.expect_signed_in("/");
        his.finds_nothing(&app).await;
    }
}

/// Story: the same with a form on his own site, on a neighbor of this one, in a frame, by a script, or in a browser that
/// says nothing of where it comes from.
#[tokio::test]
async fn a_form_with_the_attackers_challenge() {
    let (rogue, app) = embedded().await;
    let with = |name: &str, value: &'static str| {
        OWN.map(|(own, said)| if own == name { (own, value) } else { (own, said) }).to_vec()
    };
    let without = |name: &str| OWN.into_iter().filter(|(own, _)| *own != name).collect::<Vec<_>>();
    let twice = [OWN.to_vec(), vec![("sec-fetch-site", "cross-site")]].concat();
    let foreign =
        [with("sec-fetch-site", "cross-site"), vec![("referer", "http://localhost:8501/")]].concat();
    let asked = [
        with("sec-fetch-site", "cross-site"),
        with("sec-fetch-site", "same-site"),
        with("sec-fetch-site", "none"),
        with("sec-fetch-dest", "iframe"),
        with("sec-fetch-mode", "cors"),
        without("sec-fetch-site"),
        without("sec-fetch-mode"),
        without("sec-fetch-dest"),
        Vec::new(),
        twice,
        foreign,
    ];
    for headers in asked {
        let his = Frame::draw();
        let reply = app.send(form(&headers), &format!("collect={}", his.challenge)).await;
        assert_eq!((reply.status.as_u16(), reply.cookie("gatehouse-")), (403, None), "{headers:?}");
        his.finds_nothing(&app).await;
    }
    // The control.
    let hers = Frame::draw();
    signs_in(&rogue, &app, &hers).await;
    assert_eq!(hers.collects(&app).await.json(), json!({"state": "complete"}));
}

#[tokio::test]
async fn a_result_that_is_collected_twice() {
    let (rogue, app) = embedded().await;
    let frame = Frame::draw();
    signs_in(&rogue, &app, &frame).await;
    assert!(frame.collects(&app).await.session().is_some());
    frame.finds_nothing(&app).await;
    // Also in parallel.
    let frame = Frame::draw();
    signs_in(&rogue, &app, &frame).await;
    let (one, other) = tokio::join!(frame.collects(&app), frame.collects(&app));
    assert_eq!([one.session(), other.session()].iter().flatten().count(), 1);
}

#[tokio::test]
async fn a_result_that_is_too_old() {
    let (rogue, app) = embedded().await;
    let frame = Frame::draw();
    signs_in(&rogue, &app, &frame).await;
    app.wait(Duration::from_mins(2));
    frame.finds_nothing(&app).await;
}

/// Story: somebody reads the challenge in the window's request, or in the database, and asks with that.
#[tokio::test]
async fn a_verifier_of_somebody_else() {
    let (rogue, app) = embedded().await;
    let (hers, his) = (Frame::draw(), Frame::draw());
    signs_in(&rogue, &app, &hers).await;
    his.finds_nothing(&app).await;
    let reply = collects(&app, &hers.challenge).await;
    assert_eq!((reply.json(), reply.session()), (json!({"state": "waiting"}), None));
    for nonsense in ["", "x", &"x".repeat(44), &"ä".repeat(43), &"x".repeat(9000)] {
        let reply = collects(&app, nonsense).await;
        assert_eq!((reply.status.as_u16(), reply.session()), (400, None), "{nonsense}");
    }
    assert!(hers.collects(&app).await.session().is_some());
}

/// Neither a stolen database nor whoever reads what goes through the window has the verifier.
#[tokio::test]
async fn a_stolen_database() {
    let (rogue, app) = embedded().await;
    let frame = Frame::draw();
    let holds = |needle: &str| {
        let files = std::fs::read_dir(app.folder.path()).unwrap();
        let mut files = files.map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
        files.any(|bytes| bytes.windows(needle.len()).any(|window| window == needle.as_bytes()))
    };
    // It was sent once already, for nothing.
    frame.finds_nothing(&app).await;
    signs_in(&rogue, &app, &frame).await;
    assert!(holds(&rogue.issuer), "what is kept is found");
    assert!(!holds(&frame.verifier));
    assert!(frame.collects(&app).await.session().is_some());
    assert!(!holds(&frame.verifier));
}

/// The answer comes back to a browser that did not begin it: nothing is left for anybody.
#[tokio::test]
async fn an_answer_in_another_browser() {
    let (rogue, app) = embedded().await;
    let (frame, other) = (Frame::draw(), Frame::draw());
    let (left, theirs) = (opens(&app, &frame).await, opens(&app, &other).await);
    rogue.hands_out(&rogue.key.sign(&rogue.header(), &rogue.claims(&app, &left)));
    let query = format!("code=code&state={}", left.state());
    app.back("company", &query, &[]).await.expect_refused("flow_expired");
    app.back("company", &query, &[&theirs.cookie]).await.expect_refused("flow_expired");
    frame.finds_nothing(&app).await;
    other.finds_nothing(&app).await;
    // The control: in its own browser it is an answer.
    signs_in(&rogue, &app, &frame).await;
    assert_eq!(frame.collects(&app).await.json(), json!({"state": "complete"}));
}

/// Where no frames are signed in there is no such way, whoever asks.
#[tokio::test]
async fn without_the_setting() {
    let rogue = Rogue::up().await;
    let app = app_with([("company", provider(&rogue.issuer))], |_| ()).await;
    let frame = Frame::draw();
    let reply = app.send(form(&OWN), &format!("collect={}", frame.challenge)).await;
    assert_eq!((reply.status.as_u16(), reply.cookie("gatehouse-")), (404, None));
    assert_eq!(frame.collects(&app).await.status, 404);
    let left = app.leave("company", "/").await;
    let reply = comes_back(&rogue, &app, &left).await;
    reply.expect_signed_in("/");
    assert!(reply.session_cookie().ends_with("; HttpOnly; SameSite=Lax"), "{}", reply.session_cookie());
}

#[tokio::test]
async fn a_window_that_is_asked_for_wrongly() {
    let (_, app) = embedded().await;
    let challenge = Frame::draw().challenge;
    for body in [
        String::new(),
        "collect=".into(),
        "collect=x".into(),
        format!("collect={challenge}x"),
        format!("collect={}", "_".repeat(43)),
        format!("other={challenge}"),
        format!("collect={challenge}&return_to=/x"),
        format!("collect={challenge}&collect={challenge}"),
    ] {
        let reply = app.send(form(&OWN), &body).await;
        assert_eq!((reply.status.as_u16(), reply.cookie("gatehouse-")), (400, None), "{body}");
    }
}

/// What the window says is text, in the person's language, and it names the app alone: who frames it nobody knows for sure.
#[tokio::test]
async fn what_the_window_says() {
    let (rogue, app) = embedded().await;
    for (language, title, last) in [
        ("en", "Sign in to Streamlit app", "You can close this window"),
        ("de-DE", "Bei Streamlit app anmelden", "Sie können dieses Fenster schließen"),
    ] {
        let name = &app.endpoint.settings().app_name;
        let title = title.replace("Streamlit app", name);
        let frame = Frame::draw();
        let request = form(&OWN).header(header::ACCEPT_LANGUAGE, language);
        let reply = app.send(request, &format!("collect={}", frame.challenge)).await;
        let html = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(html.contains(&format!("<h1>{title}</h1>")) && html.contains("company</a>"), "{html}");
        assert!(!html.contains("portal.example.org"));
        assert_eq!(reply.headers["x-frame-options"], "DENY");
        let cookie = reply.cookie("gatehouse-provider-").unwrap();
        let request = Request::builder()
            .uri("/_gatehouse/provider/callback/company?error=access_denied&state=x")
            .header(header::ACCEPT_LANGUAGE, language)
            .header(header::COOKIE, &cookie);
        app.send(request, "").await.expect_refused("flow_expired");
        let link = html.split_once("<a href=\"").unwrap().1.split('"').next().unwrap();
        let left = Left { location: Url::parse(&link.replace("&amp;", "&")).unwrap(), cookie };
        let request = Request::builder()
            .uri(format!("/_gatehouse/provider/callback/company?error=access_denied&state={}", left.state()))
            .header(header::ACCEPT_LANGUAGE, language)
            .header(header::COOKIE, &left.cookie);
        let reply = app.send(request, "").await;
        assert!(String::from_utf8_lossy(&reply.body).contains(last));
        // And the frame says why.
        let told = frame.collects(&app).await;
        assert_eq!((told.json()["code"].as_str(), told.session()), (Some("provider_cancelled"), None));
        frame.finds_nothing(&app).await;
    }
    rogue.answers("/.well-known/openid-configuration", 500, &json!({}));
    app.wait(Duration::from_hours(25));
    let frame = Frame::draw();
    assert_eq!(app.send(form(&OWN), &format!("collect={}", frame.challenge)).await.status, 200);
    assert_eq!(frame.collects(&app).await.json()["code"], "provider_unavailable");
}

#[tokio::test]
async fn a_second_factor_is_still_asked_for() {
    let rogue = Rogue::up().await;
    let app = app_with([("company", provider(&rogue.issuer))], |settings| {
        settings.embed_origins = vec![PORTAL.into()];
        settings.mfa = Mfa::Required;
    })
    .await;
    let frame = Frame::draw();
    signs_in(&rogue, &app, &frame).await;
    let reply = frame.collects(&app).await;
    assert_eq!((reply.json()["state"].as_str(), reply.session()), (Some("enroll"), None));
    let begin = json!({"step": "begin_totp", "flow": reply.json()["flow"]});
    let shown: Value = app.post("/_gatehouse/enrollment", &begin).await.json();
    assert_eq!(shown["state"], "totp");
}

/// Somebody is disabled while the result waits.
#[tokio::test]
async fn somebody_who_may_no_longer_come_in() {
    let (rogue, app) = embedded().await;
    let frame = Frame::draw();
    signs_in(&rogue, &app, &frame).await;
    app.endpoint.set_user_disabled("jane", true).await.unwrap();
    let reply = frame.collects(&app).await;
    assert_eq!((reply.json()["code"].as_str(), reply.session()), (Some("provider_unknown"), None));
}
