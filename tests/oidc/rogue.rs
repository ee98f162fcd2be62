//! A provider that says whatever a test wants it to say, signed with its own key.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

use crate::kit::{App, Left, Reply};

/// A key pair with its id.
pub(crate) struct SigningKey {
    pub(crate) id: String,
    pair: EcdsaKeyPair,
}

/// What somebody asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
}

#[derive(Default)]
struct Script {
    answers: BTreeMap<String, (u16, String, Option<String>)>,
    asked: Vec<Asked>,
}

/// The provider.
pub(crate) struct Rogue {
    pub(crate) issuer: String,
    pub(crate) key: SigningKey,
    script: Arc<Mutex<Script>>,
}

impl SigningKey {
    pub(crate) fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        Self { id: id.into(), pair }
    }

    /// As it stands in a key set.
    pub(crate) fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        })
    }

    /// The bytes of the public key, as an attacker would try them as a secret.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.pair.public_key().as_ref().to_vec()
    }

    /// Signs whatever it is.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The header and the claims, without a signature.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// With a MAC under a secret of the attacker's choice.
pub(crate) fn maced(claims: &Value, kid: &str, secret: &[u8]) -> String {
    let signed = unsigned(&json!({"alg": "HS256", "typ": "JWT", "kid": kid}), claims);
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
}

impl Rogue {
    /// On this machine, with a proper description and proper keys.
    pub(crate) async fn up() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script::default()));
        let router = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let rogue = Self { issuer, key: SigningKey::new("first"), script };
        rogue.describes(|_| ());
        rogue.has_keys(&[&rogue.key]);
        rogue
    }

    /// What it says of itself, with something changed.
    pub(crate) fn describes(&self, change: impl FnOnce(&mut Value)) {
        let at = |path: &str| format!("{}{path}", self.issuer);
        let mut document = json!({
            "issuer": self.issuer, "authorization_endpoint": at("/auth"), "token_endpoint": at("/token"),
            "jwks_uri": at("/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"], "code_challenge_methods_supported": ["S256"],
        });
        change(&mut document);
        self.answers("/.well-known/openid-configuration", 200, &document);
    }

    pub(crate) fn has_keys(&self, keys: &[&SigningKey]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
        self.answers("/keys", 200, &json!({"keys": keys}));
    }

    pub(crate) fn answers(&self, path: &str, status: u16, body: &Value) {
        self.script.lock().unwrap().answers.insert(path.into(), (status, body.to_string(), None));
    }

    pub(crate) fn redirects(&self, path: &str, to: &str) {
        let to = Some(to.to_owned());
        self.script.lock().unwrap().answers.insert(path.into(), (302, String::new(), to));
    }

    /// What was asked under a path.
    pub(crate) fn asked(&self, path: &str) -> Vec<Asked> {
        self.script.lock().unwrap().asked.iter().filter(|asked| asked.path == path).cloned().collect()
    }

    /// The claims of a proper ID token for a sign-in.
    pub(crate) fn claims(&self, app: &App, left: &Left) -> Value {
        let now = app.endpoint.now().seconds();
        json!({
            "iss": self.issuer, "sub": "248289761001", "aud": "gatehouse", "nonce": left.nonce(),
            "iat": now, "exp": now + 300, "email": "jane@example.org", "email_verified": true,
            "preferred_username": "jane",
        })
    }

    /// The header of a proper one.
    pub(crate) fn header(&self) -> Value {
        json!({"alg": "ES256", "typ": "JWT", "kid": self.key.id})
    }

    /// Hands out this ID token.
    pub(crate) fn hands_out(&self, id_token: &str) {
        let answer =
            json!({"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": id_token});
        self.answers("/token", 200, &answer);
    }

    /// A whole sign-in, with the claims of its ID token changed.
    pub(crate) async fn signs_in(&self, app: &App, change: impl FnOnce(&mut Value)) -> Reply {
        let left = app.leave("company", "/").await;
        let mut claims = self.claims(app, &left);
        change(&mut claims);
        self.hands_out(&self.key.sign(&self.header(), &claims));
        app.back_with("company", &left, "code").await
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = to_bytes(body, 1 << 20).await.unwrap();
    let path = parts.uri.path().to_owned();
    let authorization = parts.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let mut script = script.lock().unwrap();
    script.asked.push(Asked {
        path: path.clone(),
        authorization,
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    match script.answers.get(&path) {
        Some((status, _, Some(to))) => {
            (StatusCode::from_u16(*status).unwrap(), [("location", to.clone())]).into_response()
        }
        Some((status, body, None)) => {
            let json = [("content-type", "application/json")];
            (StatusCode::from_u16(*status).unwrap(), json, body.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
