//! The cookies: who is signed in, which browser this is, and which one left for somebody else's sign-in page. Their names, attributes and reading.

use std::time::Duration;

use crate::{config::Settings, session::Secret};

/// The longest cookie value that is looked at; ours have 43 characters or little more.
const VALUE_MAX: usize = 512;

/// The names of this instance's cookies. Cookies know no ports, so the instance is part of the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieNames {
    /// Carries the session token.
    pub session: String,
    /// Carries the device, which gets its own budget of attempts.
    pub device: String,
    /// Binds a sign-in that leaves the page, for a provider or a mailbox, to the browser that began it. It belongs to a
    /// window of its own, never to a frame.
    pub flow: String,
    secure: bool,
    embedded: bool,
}

impl CookieNames {
    /// The names for an instance. `secure` follows the public URL, never a request.
    pub fn new(instance: &str, secure: bool) -> Self {
        let prefix = if secure { "__Host-" } else { "" };
        Self {
            session: format!("{prefix}gatehouse-{instance}"),
            device: format!("{prefix}gatehouse-device-{instance}"),
            flow: format!("{prefix}gatehouse-provider-{instance}"),
            secure,
            embedded: false,
        }
    }

    /// The same where people sign in inside frames of other sites: browsers keep such cookies apart for each of those, and
    /// keep those from before under the same name, too. So these have another one.
    #[must_use]
    pub fn embedded(mut self) -> Self {
        self.session = self.session.replacen("gatehouse-", "gatehouse-embedded-", 1);
        self.device = self.device.replacen("gatehouse-", "gatehouse-embedded-", 1);
        self.embedded = true;
        self
    }

    /// The names of the endpoint's own pages, as its settings say.
    pub fn of(instance: &str, settings: &Settings) -> Self {
        let names = Self::new(instance, settings.is_secure());
        if settings.embeds() { names.embedded() } else { names }
    }

    /// Whether they come along into frames of other sites.
    pub const fn are_embedded(&self) -> bool {
        self.embedded
    }

    /// The session token in a `Cookie` header, if there is exactly one.
    pub fn session_from(&self, header: &str) -> Option<Secret> {
        value_of(header, &self.session).map(Secret::received)
    }

    /// What binds a sign-in that leaves the page, in a `Cookie` header, if there is exactly one.
    pub(super) fn flow_from(&self, header: &str) -> Option<Secret> {
        value_of(header, &self.flow).map(Secret::received)
    }

    /// The device in a `Cookie` header, if there is exactly one.
    pub fn device_from(&self, header: &str) -> Option<String> {
        value_of(header, &self.device).map(str::to_owned)
    }

    /// A `Set-Cookie` header for the named cookie; without `max_age` it closes with the browser.
    pub(super) fn set(&self, name: &str, value: &str, max_age: Option<Duration>) -> String {
        let age = max_age.map(|age| format!("; Max-Age={}", age.as_secs())).unwrap_or_default();
        let kind = match (self.embedded && name != self.flow, self.secure) {
            // On this machine browsers take it without https, too.
            (true, _) => "None; Secure; Partitioned",
            (false, true) => "Lax; Secure",
            (false, false) => "Lax",
        };
        format!("{name}={value}; Path=/; HttpOnly; SameSite={kind}{age}")
    }
}

/// The value of a cookie that is there once, or several times with the same value. Two different values mean that
/// someone else on this site planted one: neither counts.
fn value_of<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut values = header.split(';').filter_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name).then_some(value)
    });
    let first = values.next()?;
    let usable = !first.is_empty() && first.len() <= VALUE_MAX && values.all(|other| other == first);
    usable.then_some(first)
}

#[cfg(test)]
mod tests;
