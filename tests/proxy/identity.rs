//! Who asks, as the app is told.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, VerifyingKey};
use gatehouse::proxy::Limits;
use serde_json::Value;

use crate::kit::{App, Reply, Site, add, sign_in, site, site_with};

fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Checks the token of a mirrored request with the published key, as an app does; what it says.
async fn verified(site: &Site, reply: &Reply) -> Value {
    let token = reply.seen("x-auth-token").remove(0);
    let [head, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    let named: Value = serde_json::from_slice(&decoded(head)).unwrap();
    assert_eq!(named["alg"], "EdDSA");
    // The app asks from behind, under whatever name it knows.
    let keys = site.anonymous("/_gatehouse/jwks.json").instead("host", "gatehouse.internal:80").send().await;
    assert_eq!(keys.status, 200, "{}", keys.text());
    let key = keys.json()["keys"][0].clone();
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
        (&"OKP".into(), &"Ed25519".into(), &"EdDSA".into(), &"sig".into())
    );
    assert_eq!(key["kid"], named["kid"]);
    let public = VerifyingKey::from_bytes(&decoded(key["x"].as_str().unwrap()).try_into().unwrap()).unwrap();
    let signature = Signature::from_bytes(&decoded(signature).try_into().unwrap());
    public.verify_strict(format!("{head}.{claims}").as_bytes(), &signature).unwrap();
    serde_json::from_slice(&decoded(claims)).unwrap()
}

#[tokio::test]
async fn a_token_says_who_asks_and_holds_a_minute() {
    let site = site().await;
    let claims = verified(&site, &site.get("/mirror").send().await).await;
    assert_eq!(claims["iss"], format!("http://localhost:{}", site.address.port()));
    assert_eq!(claims["aud"], format!("http://{}", site.app.address));
    assert_eq!((&claims["username"], &claims["email"]), (&"alice".into(), &"alice@example.org".into()));
    assert_eq!(claims["roles"], serde_json::json!(["admin", "editor"]));
    assert_eq!(claims["aal"], 1);
    let (from, to) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert!(to - from <= 60 && from <= site.endpoint.now().seconds());
    let subject = site.get("/mirror").send().await.seen("x-auth-subject").remove(0);
    assert_eq!(claims["sub"], subject);
    let session = claims["sid"].as_str().unwrap();
    assert!(!site.cookie.contains(session), "what names the session opens it");
}

/// One signature serves the requests of some seconds; another person has another token.
#[tokio::test]
async fn a_token_is_told_again_for_some_seconds() {
    let site = site().await;
    let token = |reply: Reply| reply.seen("x-auth-token").remove(0);
    let first = token(site.get("/mirror").send().await);
    assert_eq!(token(site.get("/other").send().await), first);
    add(&site.endpoint, "bob", "", &[]).await;
    let bob = sign_in(&site.endpoint, "bob").await;
    let reply = site.anonymous("/mirror").header("cookie", &bob).send().await;
    assert_ne!(token(reply), first);
}

#[tokio::test]
async fn names_are_utf_8_and_unconfirmed_addresses_are_not_told() {
    let site = site().await;
    let jürgen = gatehouse::endpoint::NewUser {
        username: "Jürgen".into(),
        email: Some("j@example.org".into()),
        verified: false,
        roles: vec!["lesekreis-süd".into()],
        password: gatehouse_protocol::Password::new(crate::kit::PASSWORD),
        must_change: false,
    };
    site.endpoint.add_user(jürgen).await.unwrap();
    let cookie = sign_in(&site.endpoint, "Jürgen").await;
    let reply = site.anonymous("/mirror").header("cookie", &cookie).send().await;
    let bytes = |name: &str| reply.seen(name).remove(0).chars().map(|c| c as u8).collect::<Vec<u8>>();
    assert_eq!(bytes("x-auth-name"), "Jürgen".as_bytes());
    assert_eq!(bytes("x-auth-groups"), "lesekreis-süd".as_bytes());
    assert_eq!(reply.seen("x-auth-email"), [""; 0]);
    let claims = verified(&site, &reply).await;
    assert_eq!((&claims["username"], claims.get("email")), (&"Jürgen".into(), None));
}

#[tokio::test]
async fn the_audience_can_be_named() {
    let change =
        |settings: &mut gatehouse::config::Settings| settings.upstream.audience = Some("weather".into());
    let site = site_with(App::start(), Limits::default(), change).await;
    assert_eq!(verified(&site, &site.get("/mirror").send().await).await["aud"], "weather");
}
