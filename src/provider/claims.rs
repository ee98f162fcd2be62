//! Whether an ID token is believed (OpenID Connect Core §3.1.3.7), and what it says.

use std::{str::FromStr as _, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use openidconnect::{
    ClaimsVerificationError, ClientId, IssuerUrl, Nonce, SignatureVerificationError,
    core::{CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm as Alg},
};
use serde_json::{Map, Value};

use super::{
    Failure, Provider, Round,
    metadata::{Known, Metadata},
    token::Answer,
    web::object,
};
use crate::{clock::Timestamp, flow::provider::Proof, identity::EmailAddress, storage::ProviderAccount};

/// Signatures that only the provider can make. With a MAC, whoever has the secret could.
const ALGORITHMS: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];
/// Where a header could name keys other than the provider's own.
const FOREIGN_KEYS: [&str; 3] = ["jku", "jwk", "x5u"];
/// The longest subject (OpenID Connect Core §2), and how many groups are looked at.
const SUBJECT_MAX: usize = 255;
const GROUPS_MAX: usize = 1000;

/// How far a provider's clock may be behind.
const CLOCKS: Duration = Duration::from_mins(1);

type Claims = Map<String, Value>;

impl Provider {
    /// Who the ID token says it is.
    pub(super) async fn believe(
        &self,
        metadata: &Metadata,
        known: &Known,
        answer: &Answer,
        round: &Round<'_>,
        now: Timestamp,
    ) -> Result<Proof, Failure> {
        let token = answer.id_token.as_deref().ok_or_else(|| Failure::refused("there is no ID token"))?;
        let mut claims = match self.verified(known, token, round, now) {
            Err(Unbelieved::UnknownKey) => {
                // It may sign with a new one.
                let renewed = metadata.renewed(&self.web, &self.issuer, known, now).await?;
                let known = renewed.ok_or_else(|| Failure::refused("the ID token's key is unknown"))?;
                self.verified(&known, token, round, now)
            }
            verified => verified,
        }
        .map_err(|unbelieved| Failure::Refused(format!("the ID token: {unbelieved}")))?;
        let groups = self.settings.groups_claim.as_deref();
        let misses =
            !claims.contains_key("email") || groups.is_some_and(|name| claim(&claims, name).is_none());
        if let Some(endpoint) = known.userinfo().filter(|_| misses) {
            let more = object(&self.web.get(endpoint, Some(&answer.access_token)).await?)?;
            complete(&mut claims, more)?;
        }
        self.proof(&claims)
    }

    fn verified(
        &self,
        known: &Known,
        token: &str,
        round: &Round<'_>,
        now: Timestamp,
    ) -> Result<Claims, Unbelieved> {
        let refused = |why: &str| Unbelieved::Other(why.to_owned());
        let part = |at: usize| -> Option<Claims> {
            let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(at)?).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        let header = part(0).ok_or_else(|| refused("its header can't be read"))?;
        if let Some(name) = FOREIGN_KEYS.into_iter().find(|name| header.contains_key(*name)) {
            return Err(Unbelieved::Other(format!("it brings its own key ({name})")));
        }
        let parsed = CoreIdToken::from_str(token).map_err(|_| refused("it can't be read"))?;
        let issuer = IssuerUrl::new(self.issuer.clone()).map_err(|_| refused("the issuer is no URL"))?;
        let time = DateTime::from_timestamp_millis(now.0).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let client_id = ClientId::new(self.client_id.clone());
        let verifier = CoreIdTokenVerifier::new_public_client(client_id, issuer, known.keys().clone())
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || time);
        let claims = parsed.claims(&verifier, &Nonce::new(round.nonce.to_owned()))?;
        // The library leaves this one to us (§3.1.3.7, 5).
        if claims.authorized_party().is_some_and(|party| party.as_str() != self.client_id) {
            return Err(refused("it was made for another app (azp)"));
        }
        let claims = part(1).ok_or_else(|| refused("its claims can't be read"))?;
        match round.since {
            Some(since) if !self.anew(&claims, since) => {
                Err(refused("nobody signed in there anew (auth_time)"))
            }
            _ => Ok(claims),
        }
    }

    /// Whether somebody signed in at the provider after that moment. A provider that never says when is not believed
    /// less for it: it was asked to let somebody sign in.
    fn anew(&self, claims: &Claims, since: Timestamp) -> bool {
        match claims.get("auth_time") {
            Some(at) => at.as_i64().is_some_and(|at| at >= since.before(CLOCKS).seconds()),
            None => !self.settings.kind.again().says_when,
        }
    }

    fn proof(&self, claims: &Claims) -> Result<Proof, Failure> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let subject = subject(text("sub"))?;
        let verified = match claims.get("email_verified") {
            Some(Value::Bool(verified)) => *verified,
            Some(Value::String(verified)) => verified == "true",
            _ => false,
        };
        let names = ["preferred_username", "nickname", "name", "given_name"];
        let groups = self.settings.groups_claim.as_deref().and_then(|name| claim(claims, name));
        Ok(Proof {
            account: self.account(subject),
            email: text("email").filter(|_| verified).and_then(|text| EmailAddress::parse(text).ok()),
            names: names.into_iter().filter_map(|name| text(name).map(str::to_owned)).collect(),
            groups: groups.map(listed).unwrap_or_default(),
        })
    }

    pub(super) fn account(&self, subject: &str) -> ProviderAccount {
        ProviderAccount {
            provider: self.name.clone(),
            issuer: self.issuer.clone(),
            subject: subject.to_owned(),
        }
    }
}

/// A subject that can be told from every other.
pub(super) fn subject(text: Option<&str>) -> Result<&str, Failure> {
    text.filter(|text| (1..=SUBJECT_MAX).contains(&text.len()) && !text.chars().any(char::is_control))
        .ok_or_else(|| Failure::refused("it names nobody (sub)"))
}

/// Adds what the ID token left out. What says of an address that it is verified must come with that address.
fn complete(claims: &mut Claims, mut more: Claims) -> Result<(), Failure> {
    if more.get("sub") != claims.get("sub") {
        return Err(Failure::refused("what it says of the person is another's"));
    }
    if claims.contains_key("email") {
        more.remove("email_verified");
    } else {
        claims.remove("email_verified");
    }
    for (name, value) in more {
        claims.entry(name).or_insert(value);
    }
    Ok(())
}

/// A claim by its name, or by the way to it: `realm_access.roles`.
fn claim<'c>(claims: &'c Claims, name: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    rest.split('.').try_fold(claims.get(first)?, |value, part| value.get(part))
}

fn listed(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => {
            all.iter().take(GROUPS_MAX).filter_map(|one| one.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}

/// Why an ID token is not believed.
#[derive(Debug, thiserror::Error)]
enum Unbelieved {
    #[error("its key is unknown")]
    UnknownKey,
    #[error("{0}")]
    Other(String),
}

impl From<ClaimsVerificationError> for Unbelieved {
    fn from(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
                Self::UnknownKey
            }
            ClaimsVerificationError::SignatureVerification(inner) => Self::Other(inner.to_string()),
            other => Self::Other(other.to_string()),
        }
    }
}
