//! What a proxy says of who is signed in there, and whether it is believed.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use gatehouse_protocol::Password;
use subtle::ConstantTimeEq as _;

use super::{
    Gate,
    headers::{Header, cookie_header, folded, strip},
};
use crate::{
    config::TrustedHeaderSettings, endpoint::Assertion, http::TrustedProxies, session::LiveSession,
    storage::StorageError,
};

/// The headers that name somebody, and from whom they are believed.
#[derive(Debug)]
pub(super) struct TrustedHeader {
    name: String,
    email: Option<String>,
    groups: Option<String>,
    from: Option<TrustedProxies>,
    secret: Option<(String, Password)>,
    /// Every name above, as compared.
    all: BTreeSet<Vec<u8>>,
}

impl TrustedHeader {
    /// As the settings say; nothing where they name no header.
    pub(super) fn new(settings: &TrustedHeaderSettings) -> Option<Self> {
        let name = settings.name.clone()?;
        let secret = settings.secret.clone().map(|secret| (settings.secret_header.clone(), secret));
        let named = [Some(&name), settings.email.as_ref(), settings.groups.as_ref()];
        let all = named
            .into_iter()
            .flatten()
            .chain(secret.as_ref().map(|(name, _)| name))
            .map(|name| folded(name.as_bytes()))
            .collect();
        Some(Self {
            name,
            email: settings.email.clone(),
            groups: settings.groups.clone(),
            from: (!settings.from.is_empty()).then(|| TrustedProxies::new(&settings.from)),
            secret,
            all,
        })
    }

    /// Whether whoever sent these headers may say who somebody is. Where both an address and a secret are set, both
    /// have to be right.
    pub(super) fn believes(&self, peer: Option<IpAddr>, headers: &[Header]) -> bool {
        let near = match (&self.from, peer) {
            (None, _) => true,
            (Some(from), Some(peer)) => from.contains(peer.to_canonical()),
            (Some(_), None) => false,
        };
        let knows = match &self.secret {
            None => true,
            Some((name, secret)) => only(headers, name)
                .is_some_and(|said| bool::from(said.as_bytes().ct_eq(secret.expose().as_bytes()))),
        };
        // The settings refuse to have neither; nobody is believed then.
        near && knows && (self.from.is_some() || self.secret.is_some())
    }

    /// Who is said to be signed in; nobody where the header is missing, empty, repeated or not UTF-8.
    pub(super) fn assertion(&self, headers: &[Header]) -> Option<Assertion> {
        let name = only(headers, &self.name)?;
        let more = |header: &Option<String>| Some(only(headers, header.as_deref()?).unwrap_or_default());
        Some(Assertion { name, email: more(&self.email), groups: more(&self.groups) })
    }

    /// Whether a header of this name is about who is signed in.
    pub(super) fn names(&self, name: &[u8]) -> bool {
        self.all.contains(&folded(name))
    }

    /// The headers without these. What the app's own proxy says stays, but for the secret.
    pub(super) fn strip(&self, believed: bool, headers: &mut Vec<Header>) {
        let secret = self.secret.as_ref().map(|(name, _)| folded(name.as_bytes()));
        headers.retain(|(name, _)| {
            let name = folded(name);
            Some(&name) != secret.as_ref() && (believed || !self.all.contains(&name))
        });
    }
}

impl Gate {
    /// The headers that the app may see.
    pub fn strip(&self, peer: Option<IpAddr>, headers: Vec<Header>) -> Vec<Header> {
        let believed = self.trusted().map(|trusted| (trusted, trusted.believes(peer, &headers)));
        let mut kept = strip(headers);
        if let Some((trusted, believed)) = believed {
            trusted.strip(believed, &mut kept);
        }
        kept
    }

    /// Whether a trusted proxy would use a header of this name to say who is signed in.
    pub fn is_asserted(&self, name: &[u8]) -> bool {
        self.trusted().is_some_and(|trusted| trusted.names(name))
    }

    /// Who a trusted proxy says is signed in, if one says so.
    pub(super) fn assertion(&self, peer: Option<IpAddr>, headers: &[Header]) -> Option<Assertion> {
        self.trusted().filter(|trusted| trusted.believes(peer, headers))?.assertion(headers)
    }

    /// Whose a request is: who a trusted proxy names; who else has the cookie.
    pub(super) async fn session_of(
        &self,
        peer: Option<IpAddr>,
        headers: &[Header],
    ) -> Result<Option<Arc<LiveSession>>, StorageError> {
        match self.assertion(peer, headers) {
            Some(assertion) => self.endpoint().asserted(&assertion).await,
            None => self.session_of_cookie(&cookie_header(headers)).await,
        }
    }
}

/// The text of a header that is there exactly once in any spelling; nothing if it is empty.
fn only(headers: &[Header], name: &str) -> Option<String> {
    let wanted = folded(name.as_bytes());
    let mut found = headers.iter().filter(|(name, _)| folded(name) == wanted);
    let (_, value) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    // The white space of HTTP alone: any other is part of a name (RFC 9110 §5.6.3).
    let text = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
