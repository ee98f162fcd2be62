//! The exchange of a code for tokens (RFC 6749 §4.1.3, with the verifier of RFC 7636).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatehouse_protocol::Password;
use http::StatusCode;
use serde_json::Value;
use url::form_urlencoded;

use super::{Failure, Provider, Round, apple::Signer, web::object};
use crate::clock::Timestamp;

/// The longest token that is looked at, in bytes.
const TOKEN_MAX: usize = 64 * 1024;

/// What proves to the provider that it is this app.
pub(super) enum Secret {
    /// A secret.
    Plain(Password),
    /// A key that signs one.
    Signed(Box<Signer>),
}

/// How the secret is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Auth {
    /// In a header.
    Header,
    /// In the body.
    Body,
}

/// What a code was exchanged for.
pub(super) struct Answer {
    pub(super) access_token: String,
    pub(super) id_token: Option<String>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Provider {
    pub(super) async fn exchange(
        &self,
        endpoint: &str,
        auth: Auth,
        code: &str,
        round: &Round<'_>,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let (auth, secret) = match &self.secret {
            Secret::Plain(secret) => (auth, secret.expose().to_owned()),
            Secret::Signed(signer) => (Auth::Body, signer.secret(&self.client_id, now)?),
        };
        let (form, header) = self.form(auth, &secret, code, round);
        let (status, body) = self.web.post(endpoint, form, header.as_deref()).await?;
        if status.is_server_error() {
            return Err(Failure::Away(format!("the exchange was answered {status}")));
        }
        let answer = object(&body)?;
        // Some answer their refusals with 200.
        if status != StatusCode::OK || answer.contains_key("error") {
            let why = answer.get("error").and_then(Value::as_str).unwrap_or("no reason");
            return Err(Failure::Refused(format!(
                "the exchange was answered {status}: {}",
                why.escape_debug()
            )));
        }
        let text = |name: &str| match answer.get(name) {
            Some(Value::String(token)) if !token.is_empty() && token.len() <= TOKEN_MAX => {
                Ok(Some(token.clone()))
            }
            Some(_) => Err(Failure::Refused(format!("its {name} is none"))),
            None => Ok(None),
        };
        let access_token =
            text("access_token")?.ok_or_else(|| Failure::refused("there is no access token"))?;
        Ok(Answer { access_token, id_token: text("id_token")? })
    }

    /// What is sent, and the header that goes with it.
    fn form(&self, auth: Auth, secret: &str, code: &str, round: &Round<'_>) -> (String, Option<String>) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", round.redirect_uri)
            .append_pair("code_verifier", round.verifier);
        let header = match auth {
            Auth::Body => {
                form.append_pair("client_id", &self.client_id).append_pair("client_secret", secret);
                None
            }
            Auth::Header => {
                let encoded =
                    |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let pair = format!("{}:{}", encoded(&self.client_id), encoded(secret));
                Some(format!("Basic {}", STANDARD.encode(pair)))
            }
        };
        (form.finish(), header)
    }
}
