//! What the endpoint needs to know of a request beside its step.

use std::{convert::Infallible, net::IpAddr, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName,
        header::{ACCEPT_LANGUAGE, COOKIE, USER_AGENT},
        request::Parts,
    },
};

use super::responder::App;
use crate::endpoint::RequestContext;

/// How much of the browser's own name is kept, in characters.
const USER_AGENT_MAX: usize = 200;
/// The longest language tag that is looked at (RFC 5646 §4.4.1).
const LOCALE_MAX: usize = 35;

/// The address at the other end of the connection, where the server knows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub Option<IpAddr>);

/// The context of a request.
pub(super) struct Context(pub RequestContext);

impl FromRequestParts<Arc<App>> for Context {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>().and_then(|peer| peer.0);
        let client = app.proxies.client(peer, &parts.headers);
        if client.undeclared {
            app.endpoint.undeclared_proxy(client.address);
        }
        let cookies = joined(&parts.headers, &COOKIE);
        Ok(Self(RequestContext {
            address: client.address,
            address_believed: client.believed,
            user_agent: user_agent(&parts.headers),
            session: app.cookies.session_from(&cookies),
            device: app.cookies.device_from(&cookies),
            browser: app.cookies.flow_from(&cookies),
            locale: locale(&parts.headers),
            app: app.shell.surface.app().cloned(),
        }))
    }
}

/// All lines of the header as one; a line that is not text is as if it were not there.
pub(super) fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let lines: Vec<&str> = headers.get_all(name).iter().filter_map(|line| line.to_str().ok()).collect();
    lines.join("; ")
}

/// The browser's own name, without anything that a terminal or a log would act on.
fn user_agent(headers: &HeaderMap) -> String {
    let Some(value) = headers.get(USER_AGENT) else { return String::new() };
    let text = String::from_utf8_lossy(value.as_bytes());
    text.chars().filter(|c| !c.is_control()).take(USER_AGENT_MAX).collect()
}

/// The language that the browser likes best, as it names it; `en` where it says nothing usable.
fn locale(headers: &HeaderMap) -> String {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = header.split([',', ';']).next().unwrap_or_default().trim();
    let usable = (2..=LOCALE_MAX).contains(&first.len())
        && first.starts_with(|c: char| c.is_ascii_alphabetic())
        && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if usable { first.to_owned() } else { "en".to_owned() }
}

#[cfg(test)]
mod tests;
