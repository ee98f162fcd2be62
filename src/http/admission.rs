//! What a request must be before a handler sees it: for this host, from this site's own pages, of bounded size.

use axum::{
    body::Bytes,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN,
            VARY,
        },
        uri::Authority,
    },
};
use gatehouse_protocol::{ErrorCode, MOUNT, Problem};

use super::{body::BODY_MAX, host::HostPolicy, responder::Surface, shell::Shell};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a server of its own has beside the mount, for a monitor that asks under whatever name it knows the machine by,
/// and the public key, for an app that asks from behind. It says nothing about people, changes nothing, and is on no
/// other surface.
const ANY_HOST: [&str; 3] = ["/metrics", "/openapi.json", "/_gatehouse/jwks.json"];
/// The same on every surface, under the mount: a probe knows a process by its address.
const PROBES: [&str; 2] = ["/live", "/ready"];

/// Where a provider's own page may post its answer to. It changes nothing: what it says is led on to where the browser's
/// cookies come along, and bound to one of them.
const CALLBACK: &str = "/provider/callback/";
/// Where a window begins a sign-in whose result a frame collects.
const WINDOW: &str = "/provider/";
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Refuses what no handler should see.
pub(super) fn admit(shell: &Shell, request: &Request<Bytes>) -> Result<(), Problem> {
    if request.body().len() > BODY_MAX {
        return Err(Problem::new(ErrorCode::TooLarge));
    }
    let any_host = may_have_any_host(shell, request.uri().path());
    let Some(policy) = shell.policy() else {
        // Until the port is known nothing else is served.
        return if any_host { Ok(()) } else { Err(Problem::new(ErrorCode::UnknownHost)) };
    };
    let host = only(request.headers(), &HOST);
    if !any_host {
        let named = request.uri().authority().map(Authority::as_str);
        let known = host.is_some_and(|host| policy.allows_host(host))
            && named.is_none_or(|host| policy.allows_host(host));
        if !known {
            return Err(Problem::new(ErrorCode::UnknownHost));
        }
    }
    if request.method() != Method::POST {
        return Ok(());
    }
    let allowed = match below_mount(shell, request.uri().path()) {
        Some(path) if path.starts_with(CALLBACK) => true,
        Some(path) if path.starts_with(WINDOW) => opened_by_own_page(request.headers()),
        _ => from_own_page(shell, policy, request.headers()),
    };
    if allowed { Ok(()) } else { Err(Problem::new(ErrorCode::ForeignOrigin)) }
}

/// Whether a window is opened by a form of our own pages. Whoever could have somebody open it with a challenge of his own
/// would collect that person's session: so it is no link, which anybody can write, also into the app, and the browser has
/// to say that one of our pages sent the form, and that it goes to a window. No page can write these headers, and a browser
/// that has none of them begins nothing. `Origin` says less: our own page sends `null`, because it sends no referrer.
fn opened_by_own_page(headers: &HeaderMap) -> bool {
    [(FETCH_SITE, "same-origin"), (FETCH_MODE, "navigate"), (FETCH_DEST, "document")]
        .iter()
        .all(|(name, value)| only(headers, name) == Some(*value))
}

fn may_have_any_host(shell: &Shell, path: &str) -> bool {
    ANY_HOST.contains(&path) || below_mount(shell, path).is_some_and(|below| PROBES.contains(&below))
}

fn below_mount<'p>(shell: &Shell, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(shell.base_path())?.strip_prefix(MOUNT)
}

/// Whether a request that changes something comes from a page of this site. A browser says so truthfully; whoever is
/// no browser carries no one else's cookies.
fn from_own_page(shell: &Shell, policy: &HostPolicy, headers: &HeaderMap) -> bool {
    let site = headers.get(FETCH_SITE).map_or("none", |value| value.to_str().unwrap_or("cross-site"));
    let origin = only(headers, &ORIGIN);
    site != "cross-site"
        && origin.is_some_and(|origin| policy.allows_origin(origin) || app_origin(shell, headers).is_some())
}

/// The `Origin` of a request, if the endpoint stands on a loopback port and this is the app's page. Both must name the
/// same host, or the cookie would be another site's.
pub(super) fn app_origin<'a>(shell: &Shell, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
    let Surface::Loopback { app_origins, .. } = &shell.surface else { return None };
    let (origin, host) = (only(headers, &ORIGIN)?, only(headers, &HOST)?);
    let same_host = hostname(origin.split_once("://")?.1).eq_ignore_ascii_case(hostname(host));
    (same_host && app_origins.iter().any(|allowed| allowed == origin)).then(|| headers.get(ORIGIN)).flatten()
}

/// Where the app's page is, under the name by which the request reached this machine.
pub(super) fn app_of(shell: &Shell, headers: &HeaderMap) -> Option<String> {
    let Surface::Loopback { app_origins, app_path } = &shell.surface else { return None };
    let host = hostname(only(headers, &HOST)?);
    let of = |origin: &str| {
        origin.split_once("://").is_some_and(|(_, rest)| hostname(rest).eq_ignore_ascii_case(host))
    };
    app_origins.iter().find(|origin| of(origin)).map(|origin| format!("{origin}{app_path}/"))
}

/// Whether a browser asks if the app's page may send what it is about to send.
pub(super) fn is_preflight(request: &Request<Bytes>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        && request.uri().path().starts_with(MOUNT)
}

/// Lets the app's page read the response and send its cookie along.
pub(super) fn share(headers: &mut HeaderMap, origin: &HeaderValue, preflight: bool) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.append(VARY, HeaderValue::from_static("origin"));
    if preflight {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
}

/// A header that is there exactly once and is text.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut lines = headers.get_all(name).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return None };
    line.to_str().ok()
}

/// An authority without its port.
fn hostname(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    }
}
