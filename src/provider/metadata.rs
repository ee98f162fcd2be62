//! Where a provider is and with which keys it signs, as it says itself (OpenID Connect Discovery): asked when first
//! needed, remembered, and asked again when a key is unknown.

use std::{sync::Arc, time::Duration};

use openidconnect::core::CoreJsonWebKeySet;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::{Failure, token::Auth, web::Web};
use crate::clock::Timestamp;

/// How long what a provider said is believed without asking again, and how long it is when it can't be asked.
const FRESH: Duration = Duration::from_hours(1);
const STALE: Duration = Duration::from_hours(24);
/// How long a provider is left alone after its keys were asked for: whoever forges a token must not make us call it.
const PAUSE: Duration = Duration::from_secs(30);

/// What a provider says of itself.
#[derive(Debug, Clone, Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What is known of a provider.
#[derive(Debug)]
pub(super) struct Known {
    document: Document,
    keys: CoreJsonWebKeySet,
    asked_at: Timestamp,
}

/// What is remembered of a provider.
#[derive(Debug, Default)]
pub(super) struct Metadata(Mutex<Option<Arc<Known>>>);

impl Known {
    pub(super) fn authorization(&self) -> String {
        self.document.authorization_endpoint.clone()
    }

    pub(super) fn token(&self) -> &str {
        &self.document.token_endpoint
    }

    pub(super) fn userinfo(&self) -> Option<&str> {
        self.document.userinfo_endpoint.as_deref()
    }

    pub(super) const fn keys(&self) -> &CoreJsonWebKeySet {
        &self.keys
    }

    /// Whether every answer names its issuer (RFC 9207).
    pub(super) const fn says_who_answers(&self) -> bool {
        self.document.authorization_response_iss_parameter_supported
    }

    /// How the secret is shown: in a header, unless the provider takes it in the body alone.
    pub(super) fn auth(&self) -> Auth {
        let takes = |method: &str| {
            self.document
                .token_endpoint_auth_methods_supported
                .as_ref()
                .map(|all| all.iter().any(|one| one == method))
        };
        match (takes("client_secret_basic"), takes("client_secret_post")) {
            (Some(false), Some(true)) => Auth::Body,
            _ => Auth::Header,
        }
    }
}

impl Metadata {
    /// What the provider says of itself. One asks, and whoever comes meanwhile waits for the same answer.
    pub(super) async fn known(&self, web: &Web, issuer: &str, now: Timestamp) -> Result<Arc<Known>, Failure> {
        let mut known = self.0.lock().await;
        if let Some(known) = known.as_ref().filter(|known| now.since(known.asked_at) < FRESH) {
            return Ok(Arc::clone(known));
        }
        match ask(web, issuer, now).await {
            Ok(new) => Ok(Arc::clone(known.insert(Arc::new(new)))),
            Err(Failure::Away(why)) => match known.as_ref() {
                Some(known) if now.since(known.asked_at) < STALE => Ok(Arc::clone(known)),
                _ => Err(Failure::Away(why)),
            },
            Err(refused) => Err(refused),
        }
    }

    /// The same after `before` had no key for a token; `None` where it was asked a moment ago.
    pub(super) async fn renewed(
        &self,
        web: &Web,
        issuer: &str,
        before: &Known,
        now: Timestamp,
    ) -> Result<Option<Arc<Known>>, Failure> {
        let mut known = self.0.lock().await;
        if let Some(other) = known.as_ref().filter(|known| known.asked_at != before.asked_at) {
            return Ok(Some(Arc::clone(other)));
        }
        if now.since(before.asked_at) < PAUSE {
            return Ok(None);
        }
        let new = ask(web, issuer, now).await?;
        Ok(Some(Arc::clone(known.insert(Arc::new(new)))))
    }
}

async fn ask(web: &Web, issuer: &str, now: Timestamp) -> Result<Known, Failure> {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let body = web.get(&address, None).await?;
    let document: Document = serde_json::from_slice(&body)
        .map_err(|error| Failure::refused(format!("its description: {error}")))?;
    if document.issuer != issuer {
        return Err(Failure::Refused(format!("it calls itself {:?}, not {issuer:?}", document.issuer)));
    }
    let endpoints = [&document.authorization_endpoint, &document.token_endpoint, &document.jwks_uri];
    for endpoint in endpoints.into_iter().chain(&document.userinfo_endpoint) {
        web.allows(endpoint)?;
    }
    // Who knows PKCE, but not S256, would compare the verifier with itself.
    let methods = document.code_challenge_methods_supported.as_ref();
    if methods.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
        return Err(Failure::refused("it knows no PKCE with S256"));
    }
    let body = web.get(&document.jwks_uri, None).await?;
    let keys = serde_json::from_slice(&body).map_err(|_| Failure::refused("its keys can't be read"))?;
    Ok(Known { document, keys, asked_at: now })
}
