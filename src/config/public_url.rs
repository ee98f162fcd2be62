//! The origin where people reach the app.

use std::fmt;

use url::{Host, Url};

/// An origin: scheme, host and port, as a browser writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    authority: String,
    https: bool,
    loopback: bool,
}

impl PublicUrl {
    /// Reads an origin; on refusal says what is wrong with it, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains('*') {
            return Err("has a wildcard, which would let every site sign people in".to_owned());
        }
        let url = Url::parse(text).map_err(|error| format!("is not a URL ({error})"))?;
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(format!("begins with `{other}:` instead of `https://`")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("carries a name or password".to_owned());
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("has more than scheme, host and port".to_owned());
        }
        let host = url.host().ok_or_else(|| "has no host".to_owned())?;
        let loopback = match &host {
            Host::Domain(name) => *name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let unspecified = match &host {
            Host::Domain(_) => false,
            Host::Ipv4(address) => address.is_unspecified(),
            Host::Ipv6(address) => address.is_unspecified(),
        };
        if unspecified {
            return Err("names every address of the machine instead of one host".to_owned());
        }
        let authority = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
        Ok(Self { origin: format!("{}://{authority}", url.scheme()), authority, https, loopback })
    }

    /// As an `Origin` header writes it: lower case, without the scheme's own port and without a slash.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// As a `Host` header writes it.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether it has a port other than the scheme's own.
    pub fn names_a_port(&self) -> bool {
        self.authority.rsplit(']').next().is_some_and(|rest| rest.contains(':'))
    }

    /// Whether the cookies must be `Secure`.
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// Whether it is this machine itself.
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

#[cfg(test)]
mod tests;
