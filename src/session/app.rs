//! Which app a session is for, and the one-time code by which a sign-in reaches it.
//!
//! A code lives at most a minute, is bound to one app and to a verifier that the app's process made (S256, RFC 7636),
//! and is used once. Any second use is a theft: the session that was made with it ends.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::{Secret, SessionId, TokenHash};
use crate::{clock::Timestamp, entropy::Entropy};

/// How long a code lives.
pub const CODE_TTL: Duration = Duration::from_mins(1);
/// The longest name, in bytes.
const NAME_MAX: usize = 32;

/// The name of an app at the endpoint: part of its key, of its sessions' ids and of its cookies' names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppName(String);

/// Why a text is not the name of an app.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} can't be the name of an app: use 1 to 32 lower-case letters, digits and '-'")]
pub struct AppNameError(String);

impl AppName {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, AppNameError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.is_empty() || text.len() > NAME_MAX || !text.bytes().all(allowed) {
            return Err(AppNameError(text.chars().take(NAME_MAX).collect()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the ids of this app's sessions begin with, so that an ended one is told to its app alone.
    pub fn session_prefix(&self) -> String {
        format!("ses.{}", self.0)
    }

    /// Whether a session with this id is this app's. (The row says so, too; of one that ended there is no row.)
    pub fn began(&self, id: &SessionId) -> bool {
        id.0.strip_prefix("ses.")
            .and_then(|rest| rest.strip_prefix(self.as_str()))
            .is_some_and(|rest| rest.starts_with('_'))
    }
}

impl fmt::Display for AppName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A code to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCode {
    /// What the code hashes to.
    pub hash: TokenHash,
    /// The app that may exchange it.
    pub app: AppName,
    /// The endpoint's session that it came from.
    pub session_id: SessionId,
    /// The S256 challenge of the verifier that may exchange it.
    pub challenge: String,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// A code as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCode {
    /// What was issued.
    pub code: NewCode,
    /// The session that was made with it, if one was.
    pub made: Option<SessionId>,
}

/// What becomes of an attempt to exchange a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// The first use: make the session.
    First,
    /// Too old, another app's, or the verifier is not the one.
    Refused,
    /// A second use: the session that was made with it ends.
    Theft,
}

impl StoredCode {
    /// Judges an attempt; `challenge` is S256 of the verifier presented.
    pub fn judge(&self, app: &AppName, challenge: &str, now: Timestamp) -> Exchange {
        let verified = bool::from(self.code.challenge.as_bytes().ct_eq(challenge.as_bytes()));
        match self.made {
            Some(_) => Exchange::Theft,
            None if self.code.app != *app || !verified => Exchange::Refused,
            None if now >= self.code.issued_at.plus(CODE_TTL) => Exchange::Refused,
            None => Exchange::First,
        }
    }
}

/// What an app's process proves itself with: `NAME.INSTANCE.TOKEN`. Name and instance are for that process, which has
/// to know its cookies' names while the endpoint is away; the endpoint looks at the hash of the whole.
#[derive(Debug, Clone)]
pub struct AppSecret {
    app: AppName,
    instance: String,
    text: Secret,
}

impl AppSecret {
    /// Draws a new one.
    pub fn draw(app: &AppName, instance: &str, entropy: &dyn Entropy) -> Self {
        let text = Secret::received(format!("{app}.{instance}.{}", entropy.token()));
        Self { app: app.clone(), instance: instance.to_owned(), text }
    }

    /// Reads one; nothing where it is cut or none at all.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (app, instance, token) = (parts.next()?, parts.next()?, parts.next()?);
        let hex = !instance.is_empty() && instance.bytes().all(|byte| byte.is_ascii_hexdigit());
        let app = AppName::parse(app).ok()?;
        (hex && Secret::is_drawn(token) && parts.next().is_none()).then(|| Self {
            app,
            instance: instance.to_owned(),
            text: Secret::received(text),
        })
    }

    /// Whose it is.
    pub const fn app(&self) -> &AppName {
        &self.app
    }

    /// What stands in the names of the app's cookies.
    pub fn cookie_instance(&self) -> String {
        cookie_instance(&self.instance, &self.app)
    }

    /// What is stored and looked up.
    pub fn hash(&self) -> TokenHash {
        self.text.hash()
    }

    /// The key itself: for the app's settings and its requests, never for a log.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
}

/// What stands in the names of an app's cookies: cookies know no ports, and two apps may share a host.
pub fn cookie_instance(instance: &str, app: &AppName) -> String {
    format!("{instance}-{app}")
}
