//! Providers that sign nothing, and Apple: played by a server on this machine.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use gatehouse::config::{ProviderKind, ProviderSettings};
use gatehouse_protocol::Password;
use http::{Method, Request, header};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
        UnparsedPublicKey,
    },
};
use serde_json::{Value, json};

use crate::{
    kit::{App, Reply, app, app_with, provider},
    rogue::Rogue,
};

async fn played(kind: ProviderKind) -> (Rogue, App) {
    let rogue = Rogue::up().await;
    let app = app(ProviderSettings { kind, ..provider(&rogue.issuer) }).await;
    (rogue, app)
}

async fn signs_in(app: &App) -> Reply {
    let left = app.leave("company", "/").await;
    app.back_with("company", &left, "code").await
}

fn token() -> Value {
    json!({"access_token": "at", "token_type": "bearer", "scope": "read:user,user:email"})
}

#[tokio::test]
async fn github() {
    let (rogue, app) = played(ProviderKind::Github).await;
    let left = app.leave("company", "/").await;
    assert_eq!(left.location.path(), "/login/oauth/authorize");
    assert_eq!(left.asked("scope"), "read:user user:email");
    assert_eq!(left.asked("code_challenge_method"), "S256");
    rogue.answers("/login/oauth/access_token", 200, &token());
    rogue.answers(
        "/api/v3/user",
        200,
        &json!({"id": 583_231, "login": "octocat", "email": "boss@example.org"}),
    );
    let addresses = json!([
        {"email": "boss@example.org", "primary": false, "verified": false},
        {"email": "octocat@example.org", "primary": true, "verified": true},
    ]);
    rogue.answers("/api/v3/user/emails", 200, &addresses);
    let session = signs_in(&app).await.expect_signed_in("/");
    assert_eq!(app.who(&session).await.as_deref(), Some("octocat"));
    let octocat = app.identity("octocat").await.unwrap();
    assert_eq!(octocat.email.unwrap().address.as_str(), "octocat@example.org");
    assert_eq!(rogue.asked("/api/v3/user")[0].authorization.as_deref(), Some("Bearer at"));
    assert!(rogue.asked("/login/oauth/access_token")[0].body.contains("client_secret="));
}

/// GitHub's profile has any address that somebody types there; and refuses with status 200.
#[tokio::test]
async fn an_unverified_address_at_github() {
    let (rogue, app) = played(ProviderKind::Github).await;
    app.add("boss").await;
    rogue.answers("/login/oauth/access_token", 200, &token());
    rogue.answers("/api/v3/user", 200, &json!({"id": 1, "login": "boss", "email": "boss@example.org"}));
    let unverified = json!([{"email": "boss@example.org", "primary": true, "verified": false}]);
    rogue.answers("/api/v3/user/emails", 200, &unverified);
    let session = signs_in(&app).await.expect_signed_in("/");
    let who = app.who(&session).await.unwrap();
    assert_eq!(who, "boss-2");
    assert_eq!(app.identity(&who).await.unwrap().email, None);
    let refusal = json!({"error": "bad_verification_code", "error_description": "The code is incorrect."});
    rogue.answers("/login/oauth/access_token", 200, &refusal);
    signs_in(&app).await.expect_refused("provider_refused");
}

#[tokio::test]
async fn facebook_and_amazon() {
    let (rogue, app) = played(ProviderKind::Facebook).await;
    assert_eq!(app.leave("company", "/").await.location.path(), "/v23.0/dialog/oauth");
    rogue.answers("/v23.0/oauth/access_token", 200, &token());
    let person = json!({"id": "10", "name": "Jane Doe", "email": "jane@example.org"});
    rogue.answers("/v23.0/me", 200, &person);
    let session = signs_in(&app).await.expect_signed_in("/");
    assert_eq!(app.who(&session).await.as_deref(), Some("Jane.Doe"));
    assert_eq!(app.identity("Jane.Doe").await.unwrap().email, None, "nobody says that it is verified");
    let (rogue, app) = played(ProviderKind::Amazon).await;
    assert_eq!(app.leave("company", "/").await.location.path(), "/ap/oa");
    rogue.answers("/auth/o2/token", 200, &token());
    rogue.answers(
        "/user/profile",
        200,
        &json!({"user_id": "amzn1.account.X", "name": "Jane Doe", "email": "j@example.org"}),
    );
    let session = signs_in(&app).await.expect_signed_in("/");
    assert_eq!(app.who(&session).await.as_deref(), Some("Jane.Doe"));
}

/// A profile without an id would make one person of everybody.
#[tokio::test]
async fn a_profile_that_names_nobody() {
    for (kind, token_at, at) in [
        (ProviderKind::Github, "/login/oauth/access_token", "/api/v3/user"),
        (ProviderKind::Facebook, "/v23.0/oauth/access_token", "/v23.0/me"),
        (ProviderKind::Amazon, "/auth/o2/token", "/user/profile"),
    ] {
        let (rogue, app) = played(kind).await;
        rogue.answers(token_at, 200, &token());
        rogue.answers("/api/v3/user/emails", 200, &json!([]));
        for person in
            [json!({}), json!({"id": "", "user_id": ""}), json!({"id": ["1"], "user_id": null}), json!([])]
        {
            rogue.answers(at, 200, &person);
            signs_in(&app).await.expect_refused("provider_refused");
        }
        rogue.answers(at, 401, &json!({}));
        signs_in(&app).await.expect_refused("provider_refused");
    }
}

/// Apple's page posts the answer, across sites and so without our cookies; its secret is signed and expires.
#[tokio::test]
async fn apple() {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(document.as_ref())
    );
    let rogue = Rogue::up().await;
    let one = ProviderSettings {
        kind: ProviderKind::Apple,
        client_secret: Some(Password::new(pem)),
        apple_team: Some("TEAM".into()),
        apple_key_id: Some("KEY".into()),
        ..provider(&rogue.issuer)
    };
    let app = app_with([("company", one)], |_| ()).await;
    let left = app.leave("company", "/").await;
    assert_eq!(
        (left.asked("response_mode"), left.asked("scope")),
        ("form_post".into(), "openid email".into())
    );
    let mut claims = rogue.claims(&app, &left);
    claims["email_verified"] = json!("true");
    rogue.hands_out(&rogue.key.sign(&rogue.header(), &claims));
    let post = Request::builder()
        .method(Method::POST)
        .uri("/_gatehouse/provider/callback/company")
        .header(header::ORIGIN, "https://appleid.apple.com")
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let form = format!("state={}&code=code&user=%7B%22name%22%3A%7B%7D%7D", left.state());
    let led = app.send(post, &form).await;
    assert_eq!((led.status.as_u16(), led.session()), (303, None));
    assert_eq!(
        led.location(),
        format!("/_gatehouse/provider/callback/company?state={}&code=code", left.state())
    );
    let session = app.visit(led.location(), &[&left.cookie]).await.expect_signed_in("/");
    assert_eq!(app.who(&session).await.as_deref(), Some("jane"));
    let form = rogue.asked("/token").pop().unwrap().body;
    let secret =
        url::form_urlencoded::parse(form.as_bytes()).find(|(name, _)| name == "client_secret").unwrap().1;
    let (signed, signature) = secret.rsplit_once('.').unwrap();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());
    key.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let part = |at: usize| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split('.').nth(at).unwrap()).unwrap()).unwrap()
    };
    assert_eq!(part(0), json!({"alg": "ES256", "kid": "KEY"}));
    let now = app.endpoint.now().seconds();
    let said = json!({"iss": "TEAM", "sub": "gatehouse", "aud": rogue.issuer, "iat": now, "exp": now + 300});
    assert_eq!(part(1), said);
}
