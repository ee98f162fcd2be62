//! Who asks, as the app is told: a signed token that it can check, and plain headers for one that nobody else reaches.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};
use serde::Serialize;

use super::{body::Error, headers};
use crate::{
    clock::Timestamp,
    endpoint::Endpoint,
    identity::Role,
    session::{LiveSession, SessionId},
};

/// How long a token holds.
const TTL: Duration = Duration::from_mins(1);
/// How long one is told again before a new one is signed.
const TOLD: Duration = Duration::from_secs(15);
/// The most sessions remembered; over it the memory starts anew.
const MOST: usize = 20_000;

/// Tells the app who asks.
#[derive(Debug)]
pub(super) struct Identities {
    endpoint: Arc<Endpoint>,
    audience: String,
    told: Mutex<HashMap<SessionId, Told>>,
}

#[derive(Debug, Clone)]
struct Told {
    live: Arc<LiveSession>,
    until: Timestamp,
    headers: Arc<[(HeaderName, HeaderValue)]>,
}

/// What a token says (RFC 7519 §4.1, and ours).
#[derive(Serialize)]
struct Claims<'a> {
    iss: String,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    sid: &'a str,
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    roles: Vec<&'a str>,
    aal: u8,
}

impl Identities {
    pub(super) fn new(endpoint: Arc<Endpoint>, audience: String) -> Self {
        Self { endpoint, audience, told: Mutex::default() }
    }

    /// Writes into the headers of a request whose it is.
    pub(super) fn tell(&self, live: &Arc<LiveSession>, into: &mut HeaderMap) -> Result<(), Error> {
        let now = self.endpoint.now();
        let known = self.known(live, now);
        let headers = match known {
            Some(headers) => headers,
            None => self.say(live, now)?,
        };
        for (name, value) in headers.iter() {
            into.insert(name.clone(), value.clone());
        }
        Ok(())
    }

    fn known(&self, live: &Arc<LiveSession>, now: Timestamp) -> Option<Arc<[(HeaderName, HeaderValue)]>> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let told = told.get(&live.session.id)?;
        (told.until > now && told.live.identity == live.identity).then(|| Arc::clone(&told.headers))
    }

    fn say(
        &self,
        live: &Arc<LiveSession>,
        now: Timestamp,
    ) -> Result<Arc<[(HeaderName, HeaderValue)]>, Error> {
        let headers: Arc<[_]> = self.headers(live, now)?.into();
        let told = Told { live: Arc::clone(live), until: now.plus(TOLD), headers: Arc::clone(&headers) };
        let mut memory = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.len() >= MOST {
            memory.clear();
        }
        memory.insert(live.session.id.clone(), told);
        Ok(headers)
    }

    fn headers(&self, live: &LiveSession, now: Timestamp) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
        let LiveSession { session, identity } = live;
        let email = identity.email.as_ref().filter(|email| email.verified_at.is_some());
        let email = email.map(|email| email.address.as_str());
        let roles: Vec<&str> = identity.roles.iter().map(Role::as_str).collect();
        let groups = roles.join(",");
        let claims = Claims {
            iss: self.endpoint.home().ok_or("nobody said where the app is")?,
            sub: &identity.id.0,
            aud: &self.audience,
            iat: now.seconds(),
            exp: now.plus(TTL).seconds(),
            jti: self.endpoint.entropy().id("t"),
            sid: &session.id.0,
            username: identity.username.as_str(),
            email,
            roles,
            aal: session.aal().number(),
        };
        let mut token = HeaderValue::from_str(&self.endpoint.signing_key().sign(&claims)?)?;
        token.set_sensitive(true);
        let mut headers = vec![
            (headers::TOKEN, token),
            (headers::SUBJECT, text(&identity.id.0)?),
            (headers::NAME, text(identity.username.as_str())?),
            (headers::GROUPS, text(&groups)?),
        ];
        if let Some(email) = email {
            headers.push((headers::EMAIL, text(email)?));
        }
        Ok(headers)
    }
}

/// UTF-8 as it is: names are no Latin-1.
fn text(text: &str) -> Result<HeaderValue, Error> {
    Ok(HeaderValue::from_bytes(text.as_bytes())?)
}
