//! One sign-in for several apps, and what somebody may try at it.

use std::time::Duration;

use gatehouse::gate::Entry;
use serde_json::{Value, json};

use crate::kit::{House, Process, Reply, until};

async fn app(house: &House, name: &str) -> Process {
    house.app_with(name, |settings| settings.single_sign_on = true).await
}

/// A browser: what it has of the endpoint's cookies and of the app's.
async fn begin(app: &Process, target: &str) -> (String, String) {
    let entry = app.enter("").await.unwrap();
    assert!(matches!(entry, Entry::Form), "{entry:?}");
    let answer = entry.answer(&app.responder, target).await.unwrap();
    let (parts, body) = answer.into_parts();
    let reply = Reply { status: parts.status, headers: parts.headers, body };
    assert_eq!(reply.status, 303);
    let flow = reply.cookie(|name| name.contains("-flow-")).unwrap();
    (reply.location().to_owned(), flow)
}

/// Follows a redirect to the endpoint with its cookie.
async fn authorize(house: &House, to: &str, cookie: &str) -> Reply {
    let path = to.strip_prefix(&house.origin()).expect("the browser is sent to the endpoint");
    house.ask(house.request("GET", path).header("cookie", cookie), &Value::Null).await
}

/// Follows a redirect back to the app.
async fn come_back(app: &Process, to: &str, cookies: &str) -> Reply {
    let path = to.strip_prefix(&format!("http://{}", app.host)).expect("the browser is sent to the app");
    app.ask(app.request("GET", path).header("cookie", cookies), &Value::Null).await
}

/// The whole way; the cookie of the app.
async fn arrive(house: &House, app: &Process, at_endpoint: &str) -> String {
    let (to, flow) = begin(app, "/").await;
    let back = authorize(house, &to, at_endpoint).await;
    come_back(app, back.location(), &flow).await.session()
}

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.body).into_owned()
}

/// The code in an address.
fn code(location: &str) -> &str {
    location.split_once("code=").unwrap().1.split('&').next().unwrap()
}

#[tokio::test]
async fn one_sign_in_serves_two_apps_and_signing_out_of_one_ends_both() {
    let house = House::open().await;
    let (ledger, maps) = (app(&house, "ledger").await, app(&house, "maps").await);
    let (to, flow) = begin(&ledger, "/reports?year=2026").await;
    let form = authorize(&house, &to, "").await;
    assert_eq!(form.status, 200, "nobody is signed in at the endpoint: its form comes first");
    assert!(String::from_utf8_lossy(&form.body).contains("the form"));
    let at_endpoint = house.sign_in("alice").await;
    let back = authorize(&house, &to, &at_endpoint).await;
    assert_eq!(back.status, 303);
    let arrived = come_back(&ledger, back.location(), &flow).await;
    assert_eq!((arrived.status.as_u16(), arrived.location()), (303, "/reports?year=2026"));
    assert!(arrived.cookies().iter().all(|line| !line.to_lowercase().contains("domain=")));
    let first = arrived.session();
    assert!(ledger.lets_in(&first).await);

    let second = arrive(&house, &maps, &at_endpoint).await;
    assert!(maps.lets_in(&second).await, "no form, no password");
    let handle = maps.socket(&second).await;
    let reply =
        ledger.ask(ledger.request("POST", "/_gatehouse/logout").header("cookie", &first), &json!({})).await;
    assert_eq!(reply.json()["state"], "signed_out");
    let took =
        until("the other app is out, too", async || matches!(maps.gate.recheck(&handle).await, Ok(false)))
            .await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(!ledger.lets_in(&first).await);
    assert_eq!(
        authorize(&house, &to, &at_endpoint).await.status,
        200,
        "and the endpoint asks for a password again"
    );
}

#[tokio::test]
async fn signing_out_here_alone() {
    let house = House::open().await;
    let alone = |settings: &mut gatehouse::config::Settings| {
        settings.single_sign_on = true;
        settings.sign_out_everywhere = false;
    };
    let (ledger, maps) = (house.app_with("ledger", alone).await, app(&house, "maps").await);
    let at_endpoint = house.sign_in("alice").await;
    let (first, second) =
        (arrive(&house, &ledger, &at_endpoint).await, arrive(&house, &maps, &at_endpoint).await);
    ledger.ask(ledger.request("POST", "/_gatehouse/logout").header("cookie", &first), &json!({})).await;
    assert!(!ledger.lets_in(&first).await);
    assert!(maps.lets_in(&second).await);
}

#[tokio::test]
async fn signing_out_at_the_endpoint_signs_out_everywhere() {
    let house = House::open().await;
    let ledger = app(&house, "ledger").await;
    let at_endpoint = house.sign_in("alice").await;
    let cookie = arrive(&house, &ledger, &at_endpoint).await;
    assert!(ledger.lets_in(&cookie).await);
    house.ask(house.request("POST", "/_gatehouse/logout").header("cookie", &at_endpoint), &json!({})).await;
    until("alice is out", async || !ledger.lets_in(&cookie).await).await;
}

/// The code in the address of one app's page reaches another app, whose process presents it with its own key, and with
/// the verifier if it has that, too.
#[tokio::test]
async fn the_code_of_one_app_exchanged_by_another() {
    let house = House::open().await;
    let (ledger, maps) = (app(&house, "ledger").await, app(&house, "maps").await);
    let at_endpoint = house.sign_in("alice").await;
    let verifier = "v".repeat(43);
    let to = with_challenge(&house, "ledger", &verifier);
    let back = authorize(&house, &to, &at_endpoint).await;
    let asked = json!({ "code": code(back.location()), "verifier": verifier });
    assert!(maps.asks(&house, "exchange", &asked).await.json()["token"].is_null());
    assert!(ledger.asks(&house, "exchange", &asked).await.json()["token"].is_string());
}

#[tokio::test]
async fn a_code_with_another_verifier() {
    let house = House::open().await;
    let ledger = app(&house, "ledger").await;
    let at_endpoint = house.sign_in("alice").await;
    let verifier = "v".repeat(43);
    let back = authorize(&house, &with_challenge(&house, "ledger", &verifier), &at_endpoint).await;
    let with = |verifier: &str| json!({ "code": code(back.location()), "verifier": verifier });
    for wrong in ["w".repeat(43), String::new()] {
        assert!(ledger.asks(&house, "exchange", &with(&wrong)).await.json()["token"].is_null());
    }
    assert!(ledger.asks(&house, "exchange", &with(&verifier)).await.json()["token"].is_string());
}

/// Somebody reads the address from a log and presents the code again: whatever was made with it ends.
#[tokio::test]
async fn a_replayed_code() {
    let house = House::open().await;
    let ledger = app(&house, "ledger").await;
    let at_endpoint = house.sign_in("alice").await;
    let (to, flow) = begin(&ledger, "/").await;
    let back = authorize(&house, &to, &at_endpoint).await;
    let cookie = come_back(&ledger, back.location(), &flow).await.session();
    assert!(ledger.lets_in(&cookie).await);
    let again = come_back(&ledger, back.location(), &flow).await;
    assert_eq!(again.status, 403);
    assert!(text(&again).contains("<a href=\"/\">Try again</a>"), "{}", text(&again));
    until("the session has ended", async || !ledger.lets_in(&cookie).await).await;
}

#[tokio::test]
async fn one_code_exchanged_by_many_at_once() {
    let house = House::open().await;
    let ledger = app(&house, "ledger").await;
    let at_endpoint = house.sign_in("alice").await;
    let verifier = "v".repeat(43);
    let back = authorize(&house, &with_challenge(&house, "ledger", &verifier), &at_endpoint).await;
    let asked = json!({ "code": code(back.location()), "verifier": verifier });
    let asks = || ledger.asks(&house, "exchange", &asked);
    let replies = tokio::join!(asks(), asks(), asks(), asks());
    let given = [replies.0, replies.1, replies.2, replies.3];
    assert_eq!(given.iter().filter(|reply| reply.json()["token"].is_string()).count(), 1);
}

/// The attacker begins a sign-in, and lets the victim follow the last step: the victim would work in the attacker's
/// account. The state is in no cookie of the victim's browser.
#[tokio::test]
async fn a_callback_without_the_cookie_and_with_another_ones_state() {
    let house = House::open().await;
    let ledger = app(&house, "ledger").await;
    let at_endpoint = house.sign_in("alice").await;
    let (to, own) = begin(&ledger, "/").await;
    let (_, others) = begin(&ledger, "/").await;
    let back = authorize(&house, &to, &at_endpoint).await;
    for cookies in ["", &others, &format!("{own}; {others}")] {
        let reply = come_back(&ledger, back.location(), cookies).await;
        assert_eq!(reply.status, 403, "{cookies}");
        assert!(reply.cookie(|name| !name.contains("-flow-")).is_none());
    }
    let page = come_back(&ledger, back.location(), "").await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8", "a browser asked for a page");
    assert!(text(&page).contains("Try again"));
    for missing in ["/_gatehouse/callback", "/_gatehouse/callback?code=x", "/_gatehouse/callback?state=x"] {
        let asked = ledger.request("GET", missing).header("cookie", &own);
        assert_eq!(ledger.ask(asked, &Value::Null).await.status, 403, "{missing}");
    }
    come_back(&ledger, back.location(), &own).await.session();
}

/// The request names where the code is to be sent, in every way that comes to mind.
#[tokio::test]
async fn a_redirect_to_a_foreign_address() {
    let house = House::open().await;
    let ledger = app(&house, "ledger").await;
    let at_endpoint = house.sign_in("alice").await;
    let (to, _) = begin(&ledger, "/").await;
    for more in ["redirect_uri=https://evil.example", "url=https://evil.example", "app=evil", "state=x"] {
        let reply = authorize(&house, &format!("{to}&{more}"), &at_endpoint).await;
        assert_eq!(reply.status, 400, "{more}");
    }
    let unknown = to.replace("app=ledger", "app=evil");
    assert_eq!(authorize(&house, &unknown, &at_endpoint).await.status, 404);
    let back = authorize(&house, &to, &at_endpoint).await;
    assert!(back.location().starts_with(&format!("http://{}/_gatehouse/callback?", ledger.host)));
    // And afterwards it leads to a page of the app, whatever was asked for.
    for target in ["//evil.example/", "/\\evil.example", "https://evil.example/"] {
        let (to, flow) = begin(&ledger, target).await;
        let back = authorize(&house, &to, &at_endpoint).await;
        assert_eq!(come_back(&ledger, back.location(), &flow).await.location(), "/", "{target}");
    }
}

/// Anybody may bring codes to an app, and each one that is refused is noted: the table fills up. What can't be a code asks
/// for nothing and leaves nothing.
#[tokio::test]
async fn codes_that_are_made_up_fill_the_audit_table() {
    const MOST: u32 = 5;
    let house = House::open_with(|settings| settings.limits.questions_per_address = MOST).await;
    let ledger = app(&house, "ledger").await;
    let noted = async || {
        house.endpoint.flush_records().await.unwrap();
        let all = house.endpoint.storage().list_audit(1000).await.unwrap();
        all.iter().filter(|record| record.event == "code.refused").count()
    };
    let bring = async |code: &str| {
        let (to, flow) = begin(&ledger, "/").await;
        let state = to.split_once("state=").unwrap().1.split('&').next().unwrap();
        let path = format!("/_gatehouse/callback?code={code}&state={state}");
        ledger.ask(ledger.request("GET", &path).header("cookie", &flow), &Value::Null).await
    };
    for code in ["x", &"a".repeat(44), &"%61".repeat(43), &format!("{}.", "a".repeat(42))] {
        assert_eq!(bring(code).await.status, 403, "{code}");
        let asked = json!({ "code": code, "verifier": "" });
        assert!(ledger.asks(&house, "exchange", &asked).await.json()["token"].is_null());
    }
    assert_eq!(noted().await, 0);
    for n in 0..3 * MOST {
        assert_eq!(bring(&format!("{n:043}")).await.status, 403);
    }
    assert_eq!(noted().await, usize::try_from(MOST).unwrap());
}

/// Each question for a code is work for the endpoint's database, and costs whoever asks nothing.
#[tokio::test]
async fn codes_asked_for_without_end() {
    let house = House::open_with(|settings| settings.limits.questions_per_address = 5).await;
    let ledger = app(&house, "ledger").await;
    let (to, _) = begin(&ledger, "/").await;
    let mut answers = Vec::new();
    for _ in 0..7 {
        answers.push(authorize(&house, &to, "").await.status.as_u16());
    }
    assert_eq!(answers, [200, 200, 200, 200, 200, 429, 429]);
}

/// Nobody is to type a password on the host of an app that leaves that to the endpoint: neither a form that its page
/// draws by itself nor one that an old link shows is taken.
#[tokio::test]
async fn a_password_form_on_the_host_of_an_app() {
    let house = House::open().await;
    let ledger = app(&house, "ledger").await;
    for route in ["login", "registration", "verification", "recovery"] {
        let request = ledger.request("POST", &format!("/_gatehouse/{route}"));
        let reply = ledger.ask(request, &crate::kit::login("alice")).await;
        assert_eq!((reply.status.as_u16(), &*reply.code()), (404, "not_found"), "{route}");
    }
    let page = ledger.ask(ledger.request("GET", "/_gatehouse/"), &Value::Null).await;
    assert_eq!((page.status.as_u16(), page.location()), (303, &*format!("{}/_gatehouse/", house.origin())));
    let with_form = house.app("maps").await;
    assert!(with_form.lets_in(&with_form.sign_in("alice").await).await);
}

fn with_challenge(house: &House, app: &str, verifier: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use sha2::Digest as _;
    let challenge = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(verifier.as_bytes()));
    let state = "s".repeat(43);
    format!("{}/_gatehouse/authorize?app={app}&state={state}&code_challenge={challenge}", house.origin())
}
