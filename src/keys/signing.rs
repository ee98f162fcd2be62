//! The key that signs what other programs are told of people: Ed25519, made from the installation's key, so that every
//! replica signs alike. Nothing signed is ever read back here.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::Signer as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroize as _;

use super::Key;

/// What the key is for; another purpose makes another key.
const PURPOSE: &str = "identity tokens";

/// Signs tokens (RFC 7515, compact; `EdDSA` with Ed25519, RFC 8037).
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    public: String,
    id: String,
}

/// The half that everybody may have (RFC 7517, RFC 8037 §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicKey {
    /// The kind of key.
    pub kty: &'static str,
    /// The curve.
    pub crv: &'static str,
    /// The public key.
    pub x: String,
    /// The key's name: its thumbprint (RFC 7638).
    pub kid: String,
    /// What it is used for.
    #[serde(rename = "use")]
    pub usage: &'static str,
    /// The algorithm.
    pub alg: &'static str,
}

#[derive(Serialize)]
struct Head<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

impl SigningKey {
    /// The key of this installation.
    pub fn of(installation: &Key) -> Self {
        let mut seed = installation.mac("signing key", PURPOSE.as_bytes());
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        seed.zeroize();
        let public = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let named = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
        Self { key, public, id: URL_SAFE_NO_PAD.encode(Sha256::digest(named.as_bytes())) }
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey {
            kty: "OKP",
            crv: "Ed25519",
            x: self.public.clone(),
            kid: self.id.clone(),
            usage: "sig",
            alg: "EdDSA",
        }
    }

    /// A token that says `claims`.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, serde_json::Error> {
        let head = serde_json::to_vec(&Head { alg: "EdDSA", typ: "JWT", kid: &self.id })?;
        let mut token = URL_SAFE_NO_PAD.encode(head);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
        let signature = self.key.sign(token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.to_bytes(), &mut token);
        Ok(token)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
