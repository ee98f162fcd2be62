//! Requests for the app: what is open, who may pass, and what stands in the place of the rest.

use std::{net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::Response;

use super::{
    guard::Gate,
    headers::{Header, cookie_header, single},
};
use crate::{
    config::GateMode,
    endpoint::Cached,
    http::{HostPolicy, Responder},
    session::LiveSession,
    storage::StorageError,
};

/// What a monitor may ask without signing in. It says nothing but that the server is there.
const HEALTH: &str = "/_stcore/health";
/// What runs the app's script without a page, or drives it: for who is signed in, whatever the mode.
const MACHINERY: [&str; 2] = ["/_stcore/script-health-check", "/_stcore/agent"];

/// A request without its body.
#[derive(Debug, Clone, Copy)]
pub struct Head<'r> {
    /// The method, in capitals.
    pub method: &'r str,
    /// The path below the app's address, decoded; begins with a slash.
    pub path: &'r str,
    /// The headers, as they came in.
    pub headers: &'r [Header],
    /// The address at the other end of the connection itself, where it is known.
    pub peer: Option<IpAddr>,
}

/// What becomes of a request for the app.
#[derive(Debug, Clone)]
pub enum Entry {
    /// It is for everybody.
    Open,
    /// This session lives, and may.
    Pass(Arc<LiveSession>),
    /// A page, asked for by nobody: the form stands in its place.
    Form,
    /// A page that this person may not see.
    NotAllowed {
        /// Who asks.
        session: Arc<LiveSession>,
        /// The roles of which the page asks for any.
        roles: Vec<String>,
    },
    /// Anything else, asked for by nobody.
    SignedOut,
}

impl Entry {
    /// What stands in the place of the app; `None` where the request may reach it. `target` is what was asked for, as
    /// the browser wrote it.
    pub async fn answer(&self, responder: &Responder, target: &str) -> Option<Response<Bytes>> {
        match self {
            Self::Open | Self::Pass(_) => None,
            Self::Form => Some(responder.form(target).await),
            Self::NotAllowed { session, roles } => {
                Some(responder.not_allowed(session.state(), roles.clone()).await)
            }
            Self::SignedOut => Some(responder.signed_out().await),
        }
    }
}

impl Gate {
    /// Judges a request. While storage can't be asked there is no answer, and nothing may pass.
    pub async fn enter(&self, policy: &HostPolicy, head: Head<'_>) -> Result<Entry, StorageError> {
        if let Some(entry) = self.enter_cached(policy, head) {
            return Ok(entry);
        }
        let session = self.session_of(head.peer, head.headers).await?;
        Ok(self.judge(head, session))
    }

    /// The same where no storage has to be asked, in microseconds; `None` where it has to be.
    pub fn enter_cached(&self, policy: &HostPolicy, head: Head<'_>) -> Option<Entry> {
        if self.is_open(head) {
            return Some(Entry::Open);
        }
        let cookies = cookie_header(head.headers);
        let token = self.cookies().session_from(&cookies);
        // Nobody's cookie reaches a host that is not ours: whoever brings one is no browser.
        let here = single(head.headers, "host").is_some_and(|host| policy.allows_host(host));
        let token = token.filter(|_| !(self.cookies().are_embedded() && comes_across(head)));
        if let Some(assertion) = self.assertion(head.peer, head.headers).filter(|_| here) {
            return self
                .endpoint()
                .asserted_cached(&assertion)
                .map(|session| self.judge(head, Some(session)));
        }
        match token.filter(|_| here) {
            None => Some(self.judge(head, None)),
            Some(token) => match self.endpoint().cached_by_token(&token) {
                Cached::Live(session) => Some(self.judge(head, Some(session))),
                Cached::Gone | Cached::Unknown => None,
            },
        }
    }

    fn is_open(&self, head: Head<'_>) -> bool {
        if head.path == HEALTH {
            return true;
        }
        let machinery = MACHINERY.iter().any(|root| {
            head.path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let script = self.endpoint().settings().gate == GateMode::Script;
        script && !machinery && self.pages().roles(head.path).is_none()
    }

    fn judge(&self, head: Head<'_>, session: Option<Arc<LiveSession>>) -> Entry {
        match session {
            Some(session) if self.pages().allows(head.path, Some(&session.identity)) => Entry::Pass(session),
            Some(session) => {
                let roles = self.pages().roles(head.path).unwrap_or_default().to_vec();
                Entry::NotAllowed { session, roles }
            }
            None if is_navigation(head) => Entry::Form,
            None => Entry::SignedOut,
        }
    }
}

/// Whether another site's page asks for something, and not a person who goes to it. A cookie that comes into frames would
/// come along, where the others never do.
fn comes_across(head: Head<'_>) -> bool {
    let goes =
        matches!(head.method, "GET" | "HEAD") && single(head.headers, "sec-fetch-mode") == Some("navigate");
    single(head.headers, "sec-fetch-site") == Some("cross-site") && !goes
}

/// Whether a person asks for a page, rather than a page for a part of itself.
fn is_navigation(head: Head<'_>) -> bool {
    if !matches!(head.method, "GET" | "HEAD") {
        return false;
    }
    match single(head.headers, "sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        // Browsers before 2023 don't say.
        None => single(head.headers, "accept").is_some_and(|accept| accept.contains("text/html")),
    }
}

#[cfg(test)]
mod tests;
