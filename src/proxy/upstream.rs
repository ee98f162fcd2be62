//! The app behind the proxy: named by the operator, never by a request.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use hyper::http::{
    Uri,
    uri::{Authority, PathAndQuery, Scheme},
};
use url::{Host, Url};

/// Where the app listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    authority: Authority,
    host: Host,
    port: u16,
}

impl Upstream {
    /// Reads `http://host:port`; on refusal says what is wrong with it, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "is no URL")?;
        match url.scheme() {
            "http" => {}
            "https" => {
                return Err("speaks https, which this release doesn't to an app: let the app listen on \
                            127.0.0.1, or put a TLS tunnel between");
            }
            _ => return Err("does not begin with http://"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("carries a name or password, which would be sent with every request");
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("has more than scheme, host and port: the app must stand at the root");
        }
        let host = url.host().ok_or("has no host")?.to_owned();
        let port = url.port().unwrap_or(80);
        let authority = format!("{host}:{port}").parse().map_err(|_| "has no usable host")?;
        Ok(Self { authority, host, port })
    }

    /// Whether a listener at this address would be asking itself.
    pub fn is_listener(&self, listener: SocketAddr) -> bool {
        let address = match &self.host {
            Host::Domain(name) if name == "localhost" || name.ends_with(".localhost") => None,
            Host::Domain(_) => return false,
            Host::Ipv4(address) => Some(IpAddr::V4(*address)),
            Host::Ipv6(address) => Some(address.to_canonical()),
        };
        let own = listener.ip().to_canonical();
        let same = match address {
            None => own.is_loopback() || own.is_unspecified(),
            Some(address) => {
                address == own
                    || address.is_unspecified() && (own.is_loopback() || own.is_unspecified())
                    || own.is_unspecified() && address.is_loopback()
            }
        };
        same && self.port == listener.port()
    }

    /// Where a request for this path goes. The path is sent on byte for byte.
    pub(super) fn uri(&self, path: PathAndQuery) -> Option<Uri> {
        let (scheme, authority) = (Scheme::HTTP, self.authority.clone());
        Uri::builder().scheme(scheme).authority(authority).path_and_query(path).build().ok()
    }
}

impl fmt::Display for Upstream {
    /// The origin.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.port == 80 {
            write!(f, "http://{}", self.host)
        } else {
            write!(f, "http://{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests;
