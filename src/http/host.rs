//! Which hosts this endpoint answers for, and which origins may speak to it. Exact lists, never patterns.

use crate::config::{PublicUrl, Settings};

/// The names under which people on this machine reach an app that has no public URL.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The exact hosts and origins that are served; everything else is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPolicy {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl HostPolicy {
    /// The policy of the settings: the public URL alone, or without one this machine's own names at `port`.
    pub fn new(settings: &Settings, port: u16) -> Self {
        match &settings.public_url {
            Some(_) => settings.public_origin().map_or_else(Self::nobody, |url| Self::public(&url)),
            None => Self::local(port),
        }
    }

    pub(super) fn nobody() -> Self {
        Self { hosts: Vec::new(), origins: Vec::new() }
    }

    pub(super) fn public(url: &PublicUrl) -> Self {
        let host = url.authority();
        let mut hosts = vec![host.to_owned()];
        // A proxy may spell the default port out: the same host (RFC 9110 §4.2.3).
        if !has_port(host) {
            hosts.push(format!("{host}:{}", if url.is_https() { 443 } else { 80 }));
        }
        Self { hosts, origins: vec![url.origin().to_owned()] }
    }

    /// The policy of an app on this machine.
    pub fn local(port: u16) -> Self {
        let suffix = if port == 80 { String::new() } else { format!(":{port}") };
        let hosts: Vec<String> = LOCAL_NAMES.iter().map(|name| format!("{name}{suffix}")).collect();
        Self { origins: hosts.iter().map(|host| format!("http://{host}")).collect(), hosts }
    }

    /// Whether a `Host` header names this endpoint.
    pub fn allows_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }

    /// Whether an `Origin` header is one of this endpoint's own pages. Browsers write it in lower case.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| allowed == origin)
    }
}

/// Whether an authority ends in a port; an IPv6 address has colons of its own.
fn has_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'))
}

#[cfg(test)]
mod tests;
