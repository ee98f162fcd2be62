//! Providers that sign nothing (OAuth 2): who somebody is has to be asked for with the access token, over TLS.

use serde_json::{Map, Value};

use super::{Failure, Provider, claims::subject, web::object};
use crate::{config::Speaks, flow::provider::Proof, identity::EmailAddress};

/// Where to ask.
#[derive(Debug)]
pub(super) struct Profile {
    speaks: Speaks,
    authorization: String,
    token: String,
    person: String,
}

impl Profile {
    pub(super) fn of(speaks: Speaks, issuer: &str) -> Self {
        let issuer = issuer.trim_end_matches('/');
        // Their own hosts, or everything under the address of one's own (GitHub Enterprise).
        let host = |known: &str, theirs: &str| {
            if issuer == known { theirs.to_owned() } else { issuer.to_owned() }
        };
        let (authorization, token, person) = match speaks {
            Speaks::Facebook => {
                let graph = host("https://www.facebook.com", "https://graph.facebook.com");
                (
                    format!("{issuer}/v23.0/dialog/oauth"),
                    format!("{graph}/v23.0/oauth/access_token"),
                    format!("{graph}/v23.0/me?fields=id,name"),
                )
            }
            Speaks::Amazon => {
                let api = host("https://www.amazon.com", "https://api.amazon.com");
                (format!("{issuer}/ap/oa"), format!("{api}/auth/o2/token"), format!("{api}/user/profile"))
            }
            _ => {
                let api = if issuer == "https://github.com" {
                    "https://api.github.com".to_owned()
                } else {
                    format!("{issuer}/api/v3")
                };
                (
                    format!("{issuer}/login/oauth/authorize"),
                    format!("{issuer}/login/oauth/access_token"),
                    format!("{api}/user"),
                )
            }
        };
        Self { speaks, authorization, token, person }
    }

    pub(super) fn authorization(&self) -> &str {
        &self.authorization
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Who the access token is for.
    pub(super) async fn ask(&self, provider: &Provider, token: &str) -> Result<Proof, Failure> {
        let person = object(&provider.web.get(&self.person, Some(token)).await?)?;
        let text = |name: &str| person.get(name).and_then(Value::as_str);
        let (id, names, email) = match self.speaks {
            Speaks::Facebook => (text("id").map(str::to_owned), ["name", "name"], None),
            // Amazon does not say whether it verified the address, either.
            Speaks::Amazon => (text("user_id").map(str::to_owned), ["name", "name"], None),
            _ => {
                let id = person.get("id").and_then(Value::as_u64).map(|id| id.to_string());
                (id, ["login", "name"], self.verified_address(provider, token).await?)
            }
        };
        let id = subject(id.as_deref())?;
        Ok(Proof {
            account: provider.account(id),
            email,
            names: names.into_iter().filter_map(|name| text(name).map(str::to_owned)).collect(),
            groups: Vec::new(),
        })
    }

    /// The primary address, if it is verified: the one of the profile may be any.
    async fn verified_address(
        &self,
        provider: &Provider,
        token: &str,
    ) -> Result<Option<EmailAddress>, Failure> {
        let body = provider.web.get(&format!("{}/emails", self.person), Some(token)).await?;
        let all: Vec<Map<String, Value>> =
            serde_json::from_slice(&body).map_err(|_| Failure::refused("its addresses can't be read"))?;
        let is = |one: &Map<String, Value>, what: &str| one.get(what) == Some(&Value::Bool(true));
        let own = all.iter().find(|one| is(one, "primary") && is(one, "verified"));
        Ok(own.and_then(|one| EmailAddress::parse(one.get("email")?.as_str()?).ok()))
    }
}
