//! What browsers ask, on its way through the process of an app.

use serde_json::{Value, json};

use crate::kit::{House, PEER, login, until};

/// The addresses that logins were noted with, newest first.
async fn noted(house: &House) -> Vec<String> {
    house.endpoint.flush_records().await.unwrap();
    let all = house.endpoint.storage().list_audit(100).await.unwrap();
    all.into_iter().filter(|record| record.event == "login.completed").map(|record| record.address).collect()
}

/// The endpoint believes the address that an app's process says. Somebody without a key says one, and the host of an app.
#[tokio::test]
async fn forwarded_headers_without_a_key() {
    let house = House::open().await;
    let app = house.app("ledger").await;
    let request = |house: &House| {
        house
            .request("POST", "/_gatehouse/login")
            .header("x-gatehouse-client", "203.0.113.9")
            .header("x-gatehouse-host", &app.host)
    };
    let reply = house.ask(request(&house), &login("alice")).await;
    let own = format!("gatehouse-{}=", house.endpoint.instance());
    assert!(reply.session().starts_with(&own), "it is the endpoint's own form that was sent");
    assert_eq!(noted(&house).await[0], "127.0.0.1");
    let wrong = request(&house).header("authorization", "Bearer ledger.00.made-up");
    assert_eq!(house.ask(wrong, &login("alice")).await.status, 401);
    app.sign_in("alice").await;
    assert_eq!(noted(&house).await[0], PEER.to_string());
}

/// A browser writes the headers by which an app's process says where it came from.
#[tokio::test]
async fn a_forged_client_address() {
    let house = House::open().await;
    let app = house.app("ledger").await;
    for name in ["x-gatehouse-client", "x-forwarded-for", "forwarded"] {
        let forged = app.request("POST", "/_gatehouse/login").header(name, "203.0.113.9");
        app.ask(forged, &login("alice")).await.session();
        assert_eq!(noted(&house).await[0], PEER.to_string(), "{name}");
    }
    let trusting =
        house.process("ledger", &app.key, |settings| settings.trusted_proxies = vec![PEER.to_string()]);
    let through = trusting.request("POST", "/_gatehouse/login").header("x-forwarded-for", "203.0.113.9");
    trusting.ask(through, &login("alice")).await.session();
    assert_eq!(noted(&house).await[0], "203.0.113.9", "a proxy that the settings name is believed");
}

/// Another page posts the form, or a name is rebound to the app's address; and a browser brings a key of its own.
#[tokio::test]
async fn foreign_pages_and_foreign_hosts() {
    let house = House::open().await;
    let app = house.app("ledger").await;
    let post = |origin: &str, host: &str| {
        http::Request::builder()
            .method("POST")
            .uri("/_gatehouse/login")
            .header("content-type", "application/json")
            .header("origin", origin)
            .header("host", host)
    };
    let own = format!("http://{}", app.host);
    assert_eq!(
        app.ask(post("https://evil.example", &app.host), &login("alice")).await.code(),
        "foreign_origin"
    );
    assert_eq!(app.ask(post(&own, "evil.example"), &login("alice")).await.code(), "unknown_host");
    // The endpoint looks for itself, whatever the app's process lets through.
    let with_key = |origin: &str, host: &str| {
        house
            .request("POST", "/_gatehouse/login")
            .header("authorization", format!("Bearer {}", app.key.expose()))
            .header("x-gatehouse-host", host)
            .header("origin", origin)
    };
    for (origin, host) in [("https://evil.example", &*app.host), (&*own, "evil.example")] {
        let mut request = with_key(origin, host);
        let headers = request.headers_mut().unwrap();
        let last = headers.get_all("origin").iter().next_back().unwrap().clone();
        headers.insert("origin", last);
        let status = house.ask(request, &login("alice")).await.status;
        assert!(status == 403 || status == 421, "{origin} {host}: {status}");
    }
    let bringing = app.request("POST", "/_gatehouse/app/session").header("authorization", "Bearer x");
    assert!(
        app.ask(bringing, &json!({})).await.status.is_client_error(),
        "an app's process lends nobody its key"
    );
}

/// What is the app's process's to ask is not a browser's, also with the app's key in between.
#[tokio::test]
async fn a_browser_asks_what_only_the_app_may() {
    let house = House::open().await;
    let app = house.app("ledger").await;
    let cookie = app.sign_in("alice").await;
    let asked = json!({ "token_hash": crate::kit::hash_of(&cookie) });
    for what in
        ["session", "redeem", "end", "exchange", "activity", "changes", "../app/session", "%61pp/session"]
    {
        for method in ["GET", "POST"] {
            let path = format!("/_gatehouse/app/{what}");
            let reply = app.ask(app.request(method, &path), &asked).await;
            assert!(reply.status.is_client_error(), "{method} {what}: {reply:?}");
        }
    }
    assert_eq!(app.asks(&house, "session", &asked).await.status, 200);
    // A proxy on the way may make one path of another: what says that it is forwarded is never the app's own.
    let key = format!("Bearer {}", app.key.expose());
    for (method, what) in [("POST", "session"), ("GET", "changes")] {
        let request = house.request(method, &format!("/_gatehouse/app/{what}")).header("authorization", &key);
        let reply = house.ask(request.header("x-gatehouse-host", &app.host), &asked).await;
        assert!(reply.status.is_client_error(), "{what}: {reply:?}");
    }
}

/// The app's other cookies are none of the endpoint's business, and the endpoint sets no others.
#[tokio::test]
async fn the_page_and_its_settings_come_from_the_app() {
    let house = House::open().await;
    let app = house.app_with("ledger", |settings| settings.app_name = "The Ledger".into()).await;
    until("the form is drawn", async || app.responder.form("/").await.status() == 200).await;
    let config = app.ask(app.request("GET", "/_gatehouse/config"), &Value::Null).await.json();
    assert_eq!(config["app_name"], "The Ledger");
    let page = app.ask(app.request("GET", "/_gatehouse/"), &Value::Null).await;
    assert!(String::from_utf8_lossy(&page.body).contains("the form"));
    let reply = app.ask(app.request("POST", "/_gatehouse/login"), &login("alice")).await;
    assert!(
        reply.cookies().iter().all(|line| !line.to_lowercase().contains("domain=")),
        "{:?}",
        reply.cookies()
    );
}
