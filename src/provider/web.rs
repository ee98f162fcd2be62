//! Questions to a provider: where they may go, how long they may take, how much may be answered.
//!
//! What a provider's metadata names is asked from inside the operator's network. So names are looked up here, and only
//! public addresses are called, unless the provider itself is on this machine or the settings say that it is private.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request, StatusCode, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client as Pool,
        connect::{HttpConnector, dns::Name},
    },
    rt::{TokioExecutor, TokioTimer},
};
use serde_json::{Map, Value};
use url::{Host, Url};

use super::Failure;
use crate::tls;

/// How long a connection may take to open, and an answer in all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest answer, in bytes: the keys of the largest providers are a tenth of it.
const ANSWER_MAX: usize = 256 * 1024;
/// How long a connection is kept.
const IDLE: Duration = Duration::from_secs(20);

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those that belong to nobody's own network.
    Public,
    /// This machine's own.
    Loopback,
    /// All.
    Anywhere,
}

/// Asks one provider.
pub(crate) struct Web {
    reach: Reach,
    pool: Pool<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl Web {
    /// Asks the provider with this address, and whoever it names; `private` and `ca` as the settings say.
    pub(crate) fn new(issuer: &str, private: bool, ca: Option<&Path>) -> Result<Self, String> {
        let reach = match Url::parse(issuer) {
            Ok(url) if is_here(&url) => Reach::Loopback,
            _ if private => Reach::Anywhere,
            _ => Reach::Public,
        };
        let mut http = HttpConnector::new_with_resolver(Resolver(reach));
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let trusted = tls::config(ca).map_err(|why| format!("the certificates in {why}"))?;
        let tls = HttpsConnectorBuilder::new().with_tls_config(trusted);
        let connector = if reach == Reach::Loopback { tls.https_or_http() } else { tls.https_only() };
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(4)
            .build(connector.enable_http1().wrap_connector(http));
        Ok(Self { reach, pool })
    }

    /// Refuses what must not be called, or sent to.
    pub(super) fn allows(&self, address: &str) -> Result<Uri, Failure> {
        let refused = |why: &str| Failure::Refused(format!("{address:?} {why}"));
        let url = Url::parse(address).map_err(|_| refused("is no address"))?;
        let secure = url.scheme() == "https" || (url.scheme() == "http" && self.reach == Reach::Loopback);
        if !secure {
            return Err(refused("is not encrypted"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(refused("is no plain address"));
        }
        let literal = match url.host() {
            None => return Err(refused("has no host")),
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        };
        if literal.is_some_and(|address| !self.reach.takes(address)) {
            return Err(refused("is private"));
        }
        Uri::try_from(url.as_str()).map_err(|_| refused("is no address"))
    }

    /// Asks, and takes a JSON object.
    pub(super) async fn get(&self, address: &str, token: Option<&str>) -> Result<Bytes, Failure> {
        let mut request = Request::new(Full::default());
        if let Some(token) = token {
            request.headers_mut().insert(AUTHORIZATION, secret(&format!("Bearer {token}"))?);
        }
        let (status, body) = self.send(address, request).await?;
        if status != StatusCode::OK {
            return Err(answered(address, status));
        }
        Ok(body)
    }

    /// Sends a form. An answer of another status than 200 is read, too: a refusal says why there.
    pub(super) async fn post(
        &self,
        address: &str,
        form: String,
        authorization: Option<&str>,
    ) -> Result<(StatusCode, Bytes), Failure> {
        let mut request = Request::new(Full::new(Bytes::from(form)));
        *request.method_mut() = Method::POST;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, secret(authorization)?);
        }
        self.send(address, request).await
    }

    /// Hands a body over to who is to do something with it. What is answered beside the status does not matter.
    pub(crate) async fn deliver(
        &self,
        address: &str,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: String,
    ) -> Result<(), Failure> {
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        request.headers_mut().extend(headers);
        let (status, _) = self.send(address, request).await?;
        if status.is_success() { Ok(()) } else { Err(answered(address, status)) }
    }

    async fn send(
        &self,
        address: &str,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), Failure> {
        *request.uri_mut() = self.allows(address)?;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static("gatehouse"));
        let away = |why: &dyn fmt::Display| Failure::Away(format!("{address:?}: {why}"));
        let asked = async {
            let response = self.pool.request(request).await.map_err(|error| away(&reasons(&error)))?;
            let status = response.status();
            // Nobody is followed to where else he points.
            if status.is_redirection() {
                return Err(answered(address, status));
            }
            let body = Limited::new(response.into_body(), ANSWER_MAX).collect().await;
            Ok((status, body.map_err(|error| away(&error))?.to_bytes()))
        };
        tokio::time::timeout(TIMEOUT, asked).await.map_err(|_| away(&"it is too slow"))?
    }
}

/// What an error says, and what its causes say.
fn reasons(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A status that is no answer.
fn answered(address: &str, status: StatusCode) -> Failure {
    let said = format!("{address:?} answered {status}");
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        Failure::Away(said)
    } else {
        Failure::Refused(said)
    }
}

/// Reads a JSON object.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Failure> {
    serde_json::from_slice(body).map_err(|_| Failure::refused("the answer is no JSON object"))
}

/// A header that is not to be shown.
pub(crate) fn secret(text: &str) -> Result<HeaderValue, Failure> {
    let mut value =
        HeaderValue::from_str(text).map_err(|_| Failure::refused("a token can't stand in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl Reach {
    fn takes(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Loopback => address.to_canonical().is_loopback(),
            Self::Anywhere => true,
        }
    }
}

/// Whether an address is somebody's on the internet, and not this network's own (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => public_v4(address),
        IpAddr::V6(address) => public_v6(address),
    }
}

fn public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let own = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast();
    let shared = a == 100 && (64..128).contains(&b);
    let special = a == 0 || a >= 240 || (a == 198 && (b == 18 || b == 19)) || (a == 192 && b == 0 && c == 0);
    !(own || shared || special)
}

fn public_v6(address: Ipv6Addr) -> bool {
    let inside = |high: u16, low: u16| public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match address.segments() {
        // Addresses that carry one of the older kind: NAT64 and 6to4.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => inside(high, low),
        [0x2001, 0xdb8, ..] => false,
        // What is handed out at all.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

/// Looks names up, and forgets the addresses that must not be called.
#[derive(Debug, Clone, Copy)]
struct Resolver(Reach);

impl tower::Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| reach.takes(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    "every address of it is private",
                ));
            }
            Ok(allowed.into_iter())
        })
    }
}

#[cfg(test)]
mod tests;
