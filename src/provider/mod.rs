//! Providers: somebody else, with whom people have an account, says who they are.
//!
//! `web` asks, with bounds on where, how long and how much; `metadata` knows where a provider is and its keys; `token`
//! exchanges a code; `claims` believes an ID token or not; `profile` asks those that sign none; `apple` signs its secret.
//! What may follow is decided in [`crate::flow::provider`]. A ready provider is a line in `src/config/preset.rs`.

mod apple;
mod claims;
mod metadata;
mod profile;
mod token;
mod web;

use std::{collections::BTreeMap, fmt};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatehouse_protocol::{MOUNT, Password};
use sha2::{Digest as _, Sha256};
use url::Url;

use self::{metadata::Metadata, profile::Profile, token::Secret};
use crate::{
    clock::Timestamp,
    config::{ProviderSettings, Settings, Speaks},
    flow::provider::Proof,
};

pub(crate) use self::web::{Web, secret as secret_header};

/// Why a provider said nothing that counts. `Display` is for the log.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It can't be reached.
    #[error("it can't be reached: {0}")]
    Away(String),
    /// It can't be believed.
    #[error("it is not believed: {0}")]
    Refused(String),
}

impl Failure {
    fn refused(why: impl fmt::Display) -> Self {
        Self::Refused(why.to_string())
    }
}

/// What goes with one sign-in, there and back.
#[derive(Debug)]
pub struct Round<'r> {
    /// Where the provider sends the browser back to.
    pub redirect_uri: &'r str,
    /// What the answer must carry.
    pub state: &'r str,
    /// What the ID token must carry.
    pub nonce: &'r str,
    /// What the exchange must carry (PKCE).
    pub verifier: &'r str,
    /// Where somebody signs in there once more, although the provider may know this browser: not before this moment.
    pub since: Option<Timestamp>,
}

/// Everybody who may say who somebody is, by the name in the settings.
#[derive(Debug, Default)]
pub struct Providers(BTreeMap<String, Provider>);

/// One of them.
#[derive(Debug)]
pub struct Provider {
    name: String,
    settings: ProviderSettings,
    issuer: String,
    client_id: String,
    secret: Secret,
    web: Web,
    way: Way,
}

/// How it says who somebody is.
#[derive(Debug)]
enum Way {
    /// By a signed ID token.
    Signed(Metadata),
    /// By a profile that has to be asked for.
    Asked(Profile),
}

/// Where the provider with this name sends browsers back to, below the app's address: what is registered there.
pub fn redirect_uri(home: &str, name: &str) -> String {
    format!("{home}{MOUNT}/provider/callback/{name}")
}

impl Providers {
    /// Those of the settings. Nothing is asked of them yet. On refusal a sentence about the setting.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let all = settings.providers.iter();
        all.map(|(name, one)| Ok((name.clone(), Provider::new(name, one)?)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Provider)> {
        self.0.iter().map(|(name, provider)| (name.as_str(), provider))
    }

    /// The one with this name.
    pub fn get(&self, name: &str) -> Option<&Provider> {
        self.0.get(name)
    }
}

impl Provider {
    fn new(name: &str, settings: &ProviderSettings) -> Result<Self, String> {
        let at = format!("`providers.{name}`");
        let issuer = settings.issuer().ok_or_else(|| format!("{at} does not say where the provider is"))?;
        let written = match (&settings.client_secret, &settings.client_secret_file) {
            (Some(secret), _) => secret.clone(),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file)
                    .map_err(|error| format!("{at}: {} can't be read ({error})", file.display()))?;
                Password::new(text.trim())
            }
            (None, None) => return Err(format!("{at} has no secret")),
        };
        let speaks = settings.kind.preset().speaks;
        let secret = match speaks {
            Speaks::Apple => Secret::Signed(Box::new(
                apple::Signer::new(&written, settings, &issuer).map_err(|why| format!("{at} {why}"))?,
            )),
            _ => Secret::Plain(written),
        };
        let web = Web::new(&issuer, settings.allow_private_addresses, settings.ca.as_deref());
        let web = web.map_err(|why| format!("{at}: {why}"))?;
        let way = match speaks {
            Speaks::Oidc | Speaks::Apple => Way::Signed(Metadata::default()),
            _ => Way::Asked(Profile::of(speaks, &issuer)),
        };
        Ok(Self {
            name: name.to_owned(),
            settings: settings.clone(),
            client_id: settings.client_id.clone().unwrap_or_default(),
            issuer,
            secret,
            web,
            way,
        })
    }

    /// What the settings say of it.
    pub const fn settings(&self) -> &ProviderSettings {
        &self.settings
    }

    /// Whether browsers bring its answer as a form that its page posts.
    pub fn posts(&self) -> bool {
        self.settings.kind.preset().speaks == Speaks::Apple
    }

    /// Its address.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether it says itself where to ask.
    pub const fn describes_itself(&self) -> bool {
        matches!(self.way, Way::Signed(_))
    }

    /// Whether it can be asked who somebody is. One that does not describe itself is asked when somebody comes.
    pub async fn look(&self, now: Timestamp) -> Result<(), Failure> {
        match &self.way {
            Way::Signed(metadata) => metadata.known(&self.web, &self.issuer, now).await.map(drop),
            Way::Asked(_) => Ok(()),
        }
    }

    /// Where a browser is sent to sign in there.
    pub async fn begin(&self, round: &Round<'_>, now: Timestamp) -> Result<String, Failure> {
        let at = match &self.way {
            Way::Signed(metadata) => metadata.known(&self.web, &self.issuer, now).await?.authorization(),
            Way::Asked(profile) => profile.authorization().to_owned(),
        };
        let mut url = Url::parse(&at).map_err(Failure::refused)?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(round.verifier.as_bytes()));
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &self.client_id)
                .append_pair("redirect_uri", round.redirect_uri)
                .append_pair("scope", &self.settings.scopes().join(" "))
                .append_pair("state", round.state)
                .append_pair("code_challenge", &challenge)
                .append_pair("code_challenge_method", "S256");
            if matches!(self.way, Way::Signed(_)) {
                query.append_pair("nonce", round.nonce);
                if round.since.is_some() {
                    let again = self.settings.kind.again();
                    query.append_pair("prompt", again.prompt).append_pair("max_age", "0");
                }
            }
            if self.posts() {
                query.append_pair("response_mode", "form_post");
            }
        }
        Ok(url.into())
    }

    /// Who came back with the code. `issuer` is the answer's `iss`, if it has one (RFC 9207).
    pub async fn finish(
        &self,
        code: &str,
        issuer: Option<&str>,
        round: &Round<'_>,
        now: Timestamp,
    ) -> Result<Proof, Failure> {
        match &self.way {
            Way::Signed(metadata) => {
                let known = metadata.known(&self.web, &self.issuer, now).await?;
                match issuer {
                    Some(issuer) if issuer != self.issuer => {
                        return Err(Failure::refused("the answer is another provider's"));
                    }
                    None if known.says_who_answers() => {
                        return Err(Failure::refused("the answer does not say whose it is"));
                    }
                    _ => {}
                }
                let answer = self.exchange(known.token(), known.auth(), code, round, now).await?;
                self.believe(metadata, &known, &answer, round, now).await
            }
            Way::Asked(profile) => {
                let answer = self.exchange(profile.token(), token::Auth::Body, code, round, now).await?;
                profile.ask(self, &answer.access_token).await
            }
        }
    }
}
