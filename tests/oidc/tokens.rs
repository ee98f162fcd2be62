//! ID tokens that must not be believed. Each test begins with one that is.

use std::time::Duration;

use serde_json::json;

use crate::{
    kit::{App, app, provider},
    rogue::{Rogue, SigningKey, maced, unsigned},
};

/// A provider, an endpoint that knows it, and somebody who got in.
async fn control() -> (Rogue, App) {
    let rogue = Rogue::up().await;
    let app = app(provider(&rogue.issuer)).await;
    let session = rogue.signs_in(&app, |_| ()).await.expect_signed_in("/");
    assert_eq!(app.who(&session).await.as_deref(), Some("jane"));
    (rogue, app)
}

/// An ID token of an earlier sign-in is brought to another one.
#[tokio::test]
async fn a_wrong_nonce() {
    let (rogue, app) = control().await;
    for nonce in [json!("another"), json!(""), json!(null), json!(["x"])] {
        rogue.signs_in(&app, |claims| claims["nonce"] = nonce).await.expect_refused("provider_refused");
    }
    let gone = rogue.signs_in(&app, |claims| drop(claims.as_object_mut().unwrap().remove("nonce"))).await;
    gone.expect_refused("provider_refused");
}

/// An ID token that another app got for its own user.
#[tokio::test]
async fn a_wrong_audience() {
    let (rogue, app) = control().await;
    for audience in
        [json!("other"), json!(["other"]), json!(["gatehouse", "other"]), json!([]), json!("Gatehouse")]
    {
        rogue.signs_in(&app, |claims| claims["aud"] = audience).await.expect_refused("provider_refused");
    }
}

/// An ID token that was made for another app and names ours among its audiences.
#[tokio::test]
async fn a_wrong_authorized_party() {
    let (rogue, app) = control().await;
    rogue.signs_in(&app, |claims| claims["azp"] = json!("gatehouse")).await.expect_signed_in("/");
    for party in [json!("other"), json!("")] {
        rogue.signs_in(&app, |claims| claims["azp"] = party).await.expect_refused("provider_refused");
    }
}

/// An ID token of another provider.
#[tokio::test]
async fn a_wrong_issuer() {
    let (rogue, app) = control().await;
    let near = [format!("{}/", rogue.issuer), "https://id.example.org".into(), String::new()];
    for issuer in near {
        rogue.signs_in(&app, |claims| claims["iss"] = json!(issuer)).await.expect_refused("provider_refused");
    }
}

/// Nobody signed it.
#[tokio::test]
async fn algorithm_none() {
    let (rogue, app) = control().await;
    for algorithm in ["none", "None", "NONE", ""] {
        let header = json!({"alg": algorithm, "typ": "JWT", "kid": "first"});
        for end in [".", "", ".AAAA"] {
            let left = app.leave("company", "/").await;
            let token = unsigned(&header, &rogue.claims(&app, &left));
            rogue.hands_out(&format!("{token}{end}"));
            app.back_with("company", &left, "code").await.expect_refused("provider_refused");
        }
    }
}

/// The public key is public: as the secret of a MAC anybody has it. So has whoever has the client's secret.
#[tokio::test]
async fn hs256_with_the_public_key() {
    let (rogue, app) = control().await;
    let public = rogue.key.public().to_string();
    for secret in [rogue.key.bytes(), public.into_bytes(), b"a secret of sixteen and more".to_vec()] {
        let left = app.leave("company", "/").await;
        rogue.hands_out(&maced(&rogue.claims(&app, &left), "first", &secret));
        app.back_with("company", &left, "code").await.expect_refused("provider_refused");
    }
}

#[tokio::test]
async fn an_expired_one() {
    let (rogue, app) = control().await;
    let now = app.endpoint.now().seconds();
    for past in [now, now - 1, now - 86_400, 0, -1] {
        rogue.signs_in(&app, |claims| claims["exp"] = json!(past)).await.expect_refused("provider_refused");
    }
    rogue.signs_in(&app, |claims| claims["exp"] = json!(now + 1)).await.expect_signed_in("/");
}

/// A text that is compared with a number, or is read as none, never ends.
#[tokio::test]
async fn exp_as_text() {
    let (rogue, app) = control().await;
    let later = app.endpoint.now().seconds() + 300;
    for text in
        [json!(later.to_string()), json!("never"), json!(null), json!([later]), json!({}), json!(true)]
    {
        rogue.signs_in(&app, |claims| claims["exp"] = text).await.expect_refused("provider_refused");
    }
    let gone = rogue.signs_in(&app, |claims| drop(claims.as_object_mut().unwrap().remove("exp"))).await;
    gone.expect_refused("provider_refused");
}

/// A key that the provider does not have. Its keys are asked for again, but not for every forged token.
#[tokio::test]
async fn an_unknown_kid() {
    let (rogue, app) = control().await;
    let other = SigningKey::new("second");
    let forged = async || {
        let left = app.leave("company", "/").await;
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": "second"});
        rogue.hands_out(&other.sign(&header, &rogue.claims(&app, &left)));
        app.back_with("company", &left, "code").await
    };
    app.wait(Duration::from_mins(1));
    for _ in 0..5 {
        forged().await.expect_refused("provider_refused");
    }
    assert_eq!(rogue.asked("/keys").len(), 2, "once at first, once for the unknown key");
    // The provider changes its key.
    rogue.has_keys(&[&rogue.key, &other]);
    app.wait(Duration::from_mins(1));
    forged().await.expect_signed_in("/");
}

/// Somebody else's key under the id of the provider's own.
#[tokio::test]
async fn a_forged_signature() {
    let (rogue, app) = control().await;
    let other = SigningKey::new("first");
    let left = app.leave("company", "/").await;
    let claims = rogue.claims(&app, &left);
    rogue.hands_out(&other.sign(&rogue.header(), &claims));
    app.back_with("company", &left, "code").await.expect_refused("provider_refused");
    let left = app.leave("company", "/").await;
    let token = rogue.key.sign(&rogue.header(), &rogue.claims(&app, &left));
    let mut parts: Vec<&str> = token.split('.').collect();
    let mut changed = rogue.claims(&app, &left);
    changed["sub"] = json!("somebody else");
    let other = unsigned(&rogue.header(), &changed);
    parts[1] = other.split('.').nth(1).unwrap();
    rogue.hands_out(&parts.join("."));
    app.back_with("company", &left, "code").await.expect_refused("provider_refused");
}

/// The header says where to find the key, and there it is.
#[tokio::test]
async fn a_jku_header() {
    let (rogue, app) = control().await;
    let other = SigningKey::new("evil");
    rogue.answers("/evil", 200, &json!({"keys": [other.public()]}));
    let at = format!("{}/evil", rogue.issuer);
    for header in [
        json!({"alg": "ES256", "typ": "JWT", "kid": "evil", "jku": at}),
        json!({"alg": "ES256", "typ": "JWT", "jku": at}),
        json!({"alg": "ES256", "typ": "JWT", "kid": "first", "jwk": other.public()}),
        json!({"alg": "ES256", "typ": "JWT", "kid": "evil", "x5u": at}),
    ] {
        let left = app.leave("company", "/").await;
        rogue.hands_out(&other.sign(&header, &rogue.claims(&app, &left)));
        app.back_with("company", &left, "code").await.expect_refused("provider_refused");
    }
    let left = app.leave("company", "/").await;
    let header = json!({"alg": "ES256", "typ": "JWT", "kid": "first", "jku": at});
    rogue.hands_out(&rogue.key.sign(&header, &rogue.claims(&app, &left)));
    app.back_with("company", &left, "code").await.expect_refused("provider_refused");
    assert!(rogue.asked("/evil").is_empty());
}

/// Whoever has no name would be everybody who has none.
#[tokio::test]
async fn a_subject_that_is_empty_missing_or_a_list() {
    let (rogue, app) = control().await;
    for subject in [json!(""), json!(null), json!(["248289761001"]), json!({}), json!(7), json!("a\u{0}b")] {
        rogue.signs_in(&app, |claims| claims["sub"] = subject).await.expect_refused("provider_refused");
    }
    let long = "x".repeat(256);
    rogue.signs_in(&app, |claims| claims["sub"] = json!(long)).await.expect_refused("provider_refused");
    let gone = rogue.signs_in(&app, |claims| drop(claims.as_object_mut().unwrap().remove("sub"))).await;
    gone.expect_refused("provider_refused");
}

/// Some providers refuse with status 200; a token may even stand beside the error.
#[tokio::test]
async fn an_error_with_status_200() {
    let (rogue, app) = control().await;
    let left = app.leave("company", "/").await;
    let token = rogue.key.sign(&rogue.header(), &rogue.claims(&app, &left));
    rogue.answers(
        "/token",
        200,
        &json!({"error": "bad_verification_code", "access_token": "at", "id_token": token}),
    );
    app.back_with("company", &left, "code").await.expect_refused("provider_refused");
    for answer in [
        json!({"error": "invalid_grant"}),
        json!({"access_token": "at", "token_type": "Bearer"}),
        json!({"access_token": "at", "id_token": null}),
        json!({"access_token": "at", "id_token": 7}),
        json!({"id_token": token}),
        json!([]),
        json!("at"),
    ] {
        let left = app.leave("company", "/").await;
        rogue.answers("/token", 200, &answer);
        app.back_with("company", &left, "code").await.expect_refused("provider_refused");
    }
    let left = app.leave("company", "/").await;
    rogue.answers("/token", 503, &json!({}));
    app.back_with("company", &left, "code").await.expect_refused("provider_unavailable");
}

/// What the provider says beside the ID token is about somebody else.
#[tokio::test]
async fn a_profile_of_somebody_else() {
    let rogue = Rogue::up().await;
    rogue.describes(|document| document["userinfo_endpoint"] = json!(format!("{}/me", rogue.issuer)));
    let app = app(provider(&rogue.issuer)).await;
    let without = |claims: &mut serde_json::Value| {
        claims.as_object_mut().unwrap().remove("email");
    };
    rogue.answers("/me", 200, &json!({"sub": "other", "email": "boss@example.org", "email_verified": true}));
    rogue.signs_in(&app, without).await.expect_refused("provider_refused");
    rogue.answers("/me", 200, &json!({"sub": "248289761001", "email": "j@example.org"}));
    let session = rogue.signs_in(&app, without).await.expect_signed_in("/");
    assert_eq!(app.who(&session).await.as_deref(), Some("jane"));
    // The ID token says of no address that it is verified: not of one that comes from elsewhere.
    assert_eq!(app.identity("jane").await.unwrap().email, None);
    assert_eq!(rogue.asked("/me")[1].authorization.as_deref(), Some("Bearer at"));
}
