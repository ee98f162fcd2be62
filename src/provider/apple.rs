//! Apple's client secret: a statement that is signed with a key and expires.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatehouse_protocol::Password;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use serde_json::{Value, json};

use super::Failure;
use crate::{clock::Timestamp, config::ProviderSettings};

/// How long a statement holds, in seconds: one is made for each exchange.
const TTL: i64 = 300;

/// Signs the secret.
pub(super) struct Signer {
    key: EcdsaKeyPair,
    key_id: String,
    team: String,
    audience: String,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

impl Signer {
    /// From the key as Apple hands it out (`.p8`).
    pub(super) fn new(pem: &Password, settings: &ProviderSettings, issuer: &str) -> Result<Self, String> {
        let none =
            || "holds no key as Apple hands it out (.p8): name the file in `client_secret_file`".to_owned();
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem.expose().as_bytes()).map_err(|_| none())?;
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.secret_pkcs8_der(), &random)
            .map_err(|_| none())?;
        Ok(Self {
            key,
            key_id: settings.apple_key_id.clone().unwrap_or_default(),
            team: settings.apple_team.clone().unwrap_or_default(),
            audience: issuer.to_owned(),
        })
    }

    /// The secret that holds now.
    pub(super) fn secret(&self, client_id: &str, now: Timestamp) -> Result<String, Failure> {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({"alg": "ES256", "kid": self.key_id}));
        let claims = part(json!({
            "iss": self.team, "sub": client_id, "aud": self.audience, "iat": now.seconds(),
            "exp": now.seconds() + TTL,
        }));
        let signed = format!("{header}.{claims}");
        let signature = self
            .key
            .sign(&SystemRandom::new(), signed.as_bytes())
            .map_err(|_| Failure::Away("its secret could not be signed".to_owned()))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
