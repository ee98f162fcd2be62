//! What may pass in either direction, by name. Everything else about a request reaches the app as it was sent.

use std::net::IpAddr;

use hyper::{
    HeaderMap,
    header::{
        CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, COOKIE, EXPIRES, HOST, HeaderName, HeaderValue,
        SET_COOKIE, UPGRADE,
    },
};

use crate::gate::{self, Header};

/// Who asks, signed.
pub(super) const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
/// The username.
pub(super) const NAME: HeaderName = HeaderName::from_static("x-auth-name");
/// The confirmed address.
pub(super) const EMAIL: HeaderName = HeaderName::from_static("x-auth-email");
/// The roles, with commas between.
pub(super) const GROUPS: HeaderName = HeaderName::from_static("x-auth-groups");
/// The identity's id.
pub(super) const SUBJECT: HeaderName = HeaderName::from_static("x-auth-subject");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// What the app is told by us alone.
const OURS: [&str; 7] = [
    "x-auth-token",
    "x-auth-name",
    "x-auth-email",
    "x-auth-groups",
    "x-auth-subject",
    "forwarded",
    "x-real-ip",
];
/// The same, by how it begins.
const OUR_PREFIXES: [&str; 2] = ["x-gatehouse", "x-forwarded"];
/// What concerns one connection (RFC 9110 §7.6.1), what is left of it elsewhere, and what is answered here (`Expect`).
const HOP_BY_HOP: [&str; 11] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "expect",
];

/// Where a request came from.
pub(super) struct Source<'a> {
    /// The other end of the connection.
    pub(super) peer: IpAddr,
    /// It is a proxy of ours, whose word on what came before counts.
    pub(super) trusted: bool,
    /// How people reach us: `https` or `http`.
    pub(super) scheme: &'a str,
}

/// The headers of a request as the gate reads them.
pub(super) fn listed(headers: &HeaderMap) -> Vec<Header> {
    headers.iter().map(|(name, value)| (name.as_str().into(), value.as_bytes().into())).collect()
}

/// The headers that the app may see: nothing that only we may say in any spelling, no cookie of ours, nothing that
/// concerns the connection alone.
pub(super) fn inbound(headers: &HeaderMap, source: &Source<'_>) -> HeaderMap {
    let named = named_by_connection(headers);
    let mut kept = HeaderMap::with_capacity(headers.len() + 8);
    for (name, value) in headers {
        if is_ours(name) || is_hop_by_hop(name, &named) {
            continue;
        }
        if *name != COOKIE {
            kept.append(name.clone(), value.clone());
        } else if let Some(value) = cookies_of_others(value) {
            kept.append(COOKIE, value);
        }
    }
    // Also where `Connection` named it: the app must see the host that was judged.
    if let Some(host) = headers.get(HOST) {
        kept.insert(HOST, host.clone());
        kept.insert(FORWARDED_HOST, host.clone());
    }
    kept.insert(FORWARDED_FOR, forwarded_for(headers, source));
    if let Ok(scheme) = HeaderValue::from_str(source.scheme) {
        kept.insert(FORWARDED_PROTO, scheme);
    }
    kept
}

/// Takes out what a proxy in front of us says of somebody: the app is told by us.
pub(super) fn remove(headers: &mut HeaderMap, unwanted: impl Fn(&[u8]) -> bool) {
    let names: Vec<HeaderName> =
        headers.keys().filter(|name| unwanted(name.as_str().as_bytes())).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

/// Takes out of an answer what concerns the connection alone and cookies that only we may set. What the app says
/// nothing about is kept by nobody for others, and by nobody without asking: after a sign-out it is asked for again.
pub(super) fn outbound(headers: &mut HeaderMap) {
    let named = named_by_connection(headers);
    for name in HOP_BY_HOP.iter().copied().chain(named.iter().map(String::as_str)) {
        headers.remove(name);
    }
    let cookies: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().cloned().collect();
    if cookies.iter().any(sets_our_cookie) {
        headers.remove(SET_COOKIE);
        for cookie in cookies.into_iter().filter(|cookie| !sets_our_cookie(cookie)) {
            headers.append(SET_COOKIE, cookie);
        }
    }
    if !headers.contains_key(CACHE_CONTROL) && !headers.contains_key(EXPIRES) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
}

/// Says what a browser may do with an answer, where the app does not.
pub(super) fn complete(headers: &mut HeaderMap, ours: &[Header]) {
    let missing =
        gate::missing(|name| HeaderName::from_bytes(name).is_ok_and(|name| headers.contains_key(name)), ours);
    for (name, value) in missing {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.insert(name, value);
        }
    }
}

/// Marks a message as the switch to a websocket.
pub(super) fn upgrade(headers: &mut HeaderMap) {
    // The handshake is sent without a body: who waits for one would take the next request for it.
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

/// Whether a header that lists words has this one.
pub(super) fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|found| found.trim().eq_ignore_ascii_case(word))
}

/// Whether only we may say this to the app. WSGI, CGI and their like turn what is no letter into `_`: every such
/// spelling counts.
fn is_ours(name: &HeaderName) -> bool {
    let folded = || name.as_str().bytes().map(|byte| if byte.is_ascii_alphanumeric() { byte } else { b'-' });
    OURS.iter().any(|ours| folded().eq(ours.bytes()))
        || OUR_PREFIXES.iter().any(|prefix| folded().take(prefix.len()).eq(prefix.bytes()))
}

fn is_hop_by_hop(name: &HeaderName, named: &[String]) -> bool {
    HOP_BY_HOP.contains(&name.as_str()) || named.iter().any(|found| found == name.as_str())
}

fn named_by_connection(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(CONNECTION).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect()
}

fn cookies_of_others(value: &HeaderValue) -> Option<HeaderValue> {
    let kept = gate::strip(vec![(b"cookie".into(), value.as_bytes().into())]);
    let (_, kept) = kept.into_iter().next()?;
    HeaderValue::from_bytes(&kept).ok()
}

/// Whether a `Set-Cookie` sets a cookie that a browser would send back under a name of ours. One without a name is
/// sent back as its value alone.
fn sets_our_cookie(cookie: &HeaderValue) -> bool {
    let pair = cookie.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let pair = pair.strip_prefix(b"=").unwrap_or(pair).trim_ascii_start();
    gate::strip(vec![(b"cookie".into(), pair.into())]).is_empty() && !pair.is_empty()
}

fn forwarded_for(headers: &HeaderMap, source: &Source<'_>) -> HeaderValue {
    let own = source.peer.to_canonical().to_string();
    let mut hops: Vec<&[u8]> = if source.trusted {
        headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect()
    } else {
        Vec::new()
    };
    hops.push(own.as_bytes());
    HeaderValue::from_bytes(&hops.join(&b", "[..])).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests;
