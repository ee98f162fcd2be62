//! Passkeys (`WebAuthn` Level 3): what a browser is asked, and what is believed of its answer.
//!
//! The library verifies. What is asked is written here, so that the challenge is an argument and nothing has to be kept
//! for an answer. Whose passkey it is, and what it opens, is decided elsewhere.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Host, Url};
use webauthn_rs_core::{
    WebauthnCore,
    error::WebauthnError,
    proto::{
        AuthenticationState, COSEAlgorithm, Credential, PublicKeyCredential, RegisterPublicKeyCredential,
        RegistrationState,
    },
};

use crate::session::Method;

/// The longest answer of a browser that is looked at, in bytes.
pub const ANSWER_MAX: usize = 12 * 1024;
/// The longest id (`WebAuthn` Level 3, §6.5.1), in bytes.
const ID_MAX: usize = 1023;
/// How long a browser asks its person.
const TIMEOUT: Duration = Duration::from_mins(5);
/// The signatures that are verified: what nearly every passkey makes, and what Windows makes in old machines.
const ALGORITHMS: [(COSEAlgorithm, i64); 2] = [(COSEAlgorithm::ES256, -7), (COSEAlgorithm::RS256, -257)];

/// What is to be signed.
pub type Challenge = [u8; 32];

/// Where passkeys belong: one origin, and the host of it.
#[derive(Debug)]
pub struct RelyingParty {
    core: WebauthnCore,
    origin: String,
    id: String,
    name: String,
}

/// A passkey as it is kept: the public half, and what was true when it was made.
#[derive(Debug, Clone)]
pub struct Passkey(Credential);

/// A passkey's answer, read and not believed yet.
#[derive(Debug)]
pub struct Assertion(PublicKeyCredential);

/// What a passkey proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// Its counter now; zero for one that counts nothing.
    pub counter: u32,
    /// Whether it verified its person, now and when it was made.
    pub verified: bool,
}

/// Why a passkey's answer proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// It is not the answer to what was asked, or not this passkey's.
    Wrong,
    /// It is, but the counter went back or stood still: there may be a copy of the passkey.
    Copied,
}

impl Proof {
    /// What that counts as. A key that had no PIN when it was set up may have been given one by who found it: what it
    /// verifies since then says nothing of its owner.
    pub const fn method(self) -> Method {
        if self.verified { Method::Passkey } else { Method::SecurityKey }
    }
}

impl RelyingParty {
    /// The one at this origin. `None` where browsers have no passkeys: without https, but on this machine by its name, and
    /// at a bare address.
    pub fn at(origin: &str, app_name: &str) -> Option<Self> {
        let url = Url::parse(origin).ok()?;
        let Some(Host::Domain(host)) = url.host() else { return None };
        if url.scheme() != "https" && host != "localhost" {
            return None;
        }
        let (id, origin) = (host.to_owned(), url.origin().ascii_serialization());
        let core = WebauthnCore::new_unsafe_experts_only(
            app_name,
            &id,
            vec![url],
            TIMEOUT,
            // No other host and no other port.
            Some(false),
            Some(false),
        );
        Some(Self { core, origin, id, name: app_name.to_owned() })
    }

    /// The host.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What a passkey is to sign, for `parseRequestOptionsFromJSON`: one of these, or any that knows its person.
    pub fn request(&self, challenge: &Challenge, allowed: &[Passkey]) -> String {
        let verification = if allowed.is_empty() { "required" } else { "preferred" };
        json!({
            "challenge": text(challenge),
            "rpId": self.id,
            "timeout": milliseconds(),
            "userVerification": verification,
            "allowCredentials": descriptors(allowed),
        })
        .to_string()
    }

    /// What a new passkey is made from, for `parseCreationOptionsFromJSON`.
    pub fn creation(&self, challenge: &Challenge, user: &[u8], username: &str, there: &[Passkey]) -> String {
        let parameters: Vec<Value> =
            ALGORITHMS.iter().map(|(_, number)| json!({"type": "public-key", "alg": number})).collect();
        json!({
            "rp": {"id": self.id, "name": self.name},
            "user": {"id": text(user), "name": username, "displayName": username},
            "challenge": text(challenge),
            "pubKeyCredParams": parameters,
            "timeout": milliseconds(),
            "excludeCredentials": descriptors(there),
            // Old security keys can neither keep a name nor verify anybody: they are second factors still.
            "authenticatorSelection": {
                "residentKey": "preferred", "requireResidentKey": false, "userVerification": "preferred",
            },
            "attestation": "none",
        })
        .to_string()
    }

    /// The passkey that a browser made for this challenge.
    pub fn registered(&self, challenge: &Challenge, answer: &str) -> Option<Passkey> {
        let answer: RegisterPublicKeyCredential = read(answer)?;
        if !self.is_of_our_page(&answer.response.client_data_json) {
            return None;
        }
        let algorithms: Vec<COSEAlgorithm> = ALGORITHMS.into_iter().map(|(algorithm, _)| algorithm).collect();
        let state: RegistrationState = state(json!({
            "policy": "preferred",
            "exclude_credentials": [],
            "challenge": text(challenge),
            "credential_algorithms": algorithms,
            "require_resident_key": false,
            "authenticator_attachment": null,
            "extensions": {},
            "allow_synchronised_authenticators": true,
        }))?;
        let made = self.core.register_credential(&answer, &state, None);
        made.ok().map(Passkey).filter(|passkey| (1..=ID_MAX).contains(&passkey.id().len()))
    }

    /// What the answer to this challenge proves, as one of this passkey that counted to `counter`. Whoever `must_verify` is
    /// asked for nothing beside it.
    pub fn proof(
        &self,
        challenge: &Challenge,
        answer: &Assertion,
        passkey: Passkey,
        counter: u32,
        must_verify: bool,
    ) -> Result<Proof, Rejected> {
        if !self.is_of_our_page(&answer.0.response.client_data_json) {
            return Err(Rejected::Wrong);
        }
        let Passkey(mut credential) = passkey;
        credential.counter = counter;
        let state: AuthenticationState = state(json!({
            "credentials": [],
            "policy": if must_verify { "required" } else { "preferred" },
            "challenge": text(challenge),
            "appid": null,
            "allow_backup_eligible_upgrade": true,
        }))
        .ok_or(Rejected::Wrong)?;
        match self.core.authenticate_single_credential(&answer.0, &state, &credential) {
            Err(WebauthnError::CredentialPossibleCompromise) => Err(Rejected::Copied),
            Err(_) => Err(Rejected::Wrong),
            Ok(done) => {
                let proof = Proof {
                    counter: done.counter(),
                    verified: done.user_verified() && credential.user_verified,
                };
                if must_verify && !proof.verified { Err(Rejected::Wrong) } else { Ok(proof) }
            }
        }
    }

    /// Whether the browser says that a page of this very origin asked, in no frame of another. (Whether it says the truth,
    /// the signature tells.)
    fn is_of_our_page(&self, client_data: &[u8]) -> bool {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ClientData {
            origin: String,
            cross_origin: Option<bool>,
        }
        serde_json::from_slice::<ClientData>(client_data)
            .is_ok_and(|said| said.origin == self.origin && said.cross_origin != Some(true))
    }
}

impl Passkey {
    /// As it was kept.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().map(Self)
    }

    /// To be kept; `None` where it can't be written.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(&self.0).ok()
    }

    /// Its id, which no two have.
    pub fn id(&self) -> &[u8] {
        &self.0.cred_id
    }

    /// What making it proved.
    pub const fn made(&self) -> Proof {
        Proof { counter: self.0.counter, verified: self.0.user_verified }
    }
}

impl Assertion {
    /// Reads an answer.
    pub fn read(answer: &str) -> Option<Self> {
        read(answer).map(Self).filter(|answer| (1..=ID_MAX).contains(&answer.passkey_id().len()))
    }

    /// Whose answer it says it is.
    pub fn passkey_id(&self) -> &[u8] {
        &self.0.raw_id
    }
}

fn read<T: for<'de> Deserialize<'de>>(answer: &str) -> Option<T> {
    if answer.len() > ANSWER_MAX { None } else { serde_json::from_str(answer).ok() }
}

/// What the library would have kept between question and answer.
fn state<T: for<'de> Deserialize<'de>>(kept: Value) -> Option<T> {
    serde_json::from_value(kept)
        .inspect_err(|error| tracing::error!(%error, "passkeys can't be verified"))
        .ok()
}

fn descriptors(passkeys: &[Passkey]) -> Vec<Value> {
    passkeys.iter().map(|passkey| json!({"type": "public-key", "id": text(passkey.id())})).collect()
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn milliseconds() -> u64 {
    TIMEOUT.as_secs() * 1000
}

#[cfg(test)]
pub(crate) mod authenticator;
#[cfg(test)]
mod tests;
