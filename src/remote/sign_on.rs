//! One sign-in for several apps, as an app takes part in it.
//!
//! Whoever has no session here is sent to the endpoint with a state and a challenge, and comes back with a code. The
//! state also stands in a cookie of this host, so that nobody is signed in by somebody else's link. The verifier
//! follows from the state and the app's key: it stands nowhere, and every replica of the app knows it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use gatehouse_protocol::{MOUNT, rule};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY, SET_COOKIE},
};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{RemoteEndpoint, forward::cookies, stopped::Stopped};
use crate::{
    peer::{ExchangeCode, ExchangedCode},
    session::Secret,
};

/// How many seconds somebody has for signing in.
const FLOW_TTL: u64 = 15 * 60;

impl RemoteEndpoint {
    /// Sends a browser to the endpoint; afterwards it comes back to `target`.
    pub(super) fn sent_to_sign_in(&self, target: &str) -> Response<Bytes> {
        let state = self.entropy.token();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier(&state).as_bytes()));
        let target = URL_SAFE_NO_PAD.encode(if is_path(target) { target } else { "/" });
        let to = format!(
            "{}{MOUNT}/authorize?app={}&state={state}&code_challenge={challenge}",
            self.client.origin(),
            self.key.app()
        );
        let cookie = self.flow_cookie(&format!("{state}.{target}"), FLOW_TTL);
        redirect(&to, &[cookie])
    }

    /// Answers who comes back.
    pub(super) async fn called_back(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let over = self.flow_cookie("", 0);
        let query = request.uri().query().unwrap_or_default();
        let cookies = cookies(request.headers());
        let flow = self.flow_of(&cookies);
        let (Some(code), Some(state), Some((expected, target))) =
            (once(query, "code").filter(|code| Secret::is_drawn(code)), once(query, "state"), flow)
        else {
            // Nobody began this here: signing in begins at the app.
            return Stopped::Over.answer("/", &over);
        };
        if !bool::from(state.as_bytes().ct_eq(expected.as_bytes())) {
            return Stopped::Over.answer("/", &over);
        }
        let asked = ExchangeCode { code: code.to_owned(), verifier: self.verifier(state) };
        let exchanged: ExchangedCode = match self.client.ask("exchange", &asked).await {
            Ok(exchanged) => exchanged,
            Err(failure) => {
                tracing::error!(%failure, "nobody is let in");
                return Stopped::Away.answer(&target, &over);
            }
        };
        let Some(token) = exchanged.token else { return Stopped::Over.answer(&target, &over) };
        // A sign-in that arrives with a live session's cookie ends that session.
        if let Some(before) = self.cookies.session_from(&cookies)
            && let Ok(Some(live)) = self.sessions.by_token(before.hash()).await
            && let Err(error) = self.end_here(&live.session.id).await
        {
            tracing::warn!(%error, "the session before was not ended");
        }
        let age = exchanged.max_age.map(|age| format!("; Max-Age={age}")).unwrap_or_default();
        let cookie = format!("{}={token}; {}{age}", self.cookies.session, self.attributes());
        redirect(&target, &[cookie, over])
    }

    /// The state that a browser was sent away with, and where it wanted to go.
    fn flow_of(&self, cookies: &str) -> Option<(String, String)> {
        let name = self.flow_name();
        let mut values = cookies.split(';').filter_map(|pair| {
            let (found, value) = pair.trim().split_once('=')?;
            (found == name).then_some(value)
        });
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let (state, target) = value.split_once('.')?;
        let target = String::from_utf8(URL_SAFE_NO_PAD.decode(target).ok()?).ok()?;
        (!state.is_empty() && is_path(&target)).then(|| (state.to_owned(), target))
    }

    fn flow_name(&self) -> String {
        let prefix = if self.settings.is_secure() { "__Host-" } else { "" };
        format!("{prefix}gatehouse-flow-{}", self.instance)
    }

    fn flow_cookie(&self, value: &str, seconds: u64) -> String {
        format!("{}={value}; {}; Max-Age={seconds}", self.flow_name(), self.attributes())
    }

    fn attributes(&self) -> &'static str {
        if self.settings.is_secure() {
            "Path=/; HttpOnly; SameSite=Lax; Secure"
        } else {
            "Path=/; HttpOnly; SameSite=Lax"
        }
    }

    fn verifier(&self, state: &str) -> String {
        // HMAC takes keys of any length, so that this never fails; an empty verifier would match no challenge.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.expose().as_bytes()) else {
            return String::new();
        };
        mac.update(b"sign-on verifier\0");
        mac.update(state.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

/// Whether this leads to a page of this host and nowhere else. Coming back to what begins a sign-in would begin another.
fn is_path(target: &str) -> bool {
    rule::return_path(target).is_some_and(|path| !path.starts_with(MOUNT))
}

/// The value of a parameter that is there once.
fn once<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    let mut values = query.split('&').filter_map(|pair| {
        let (found, value) = pair.split_once('=')?;
        (found == name).then_some(value)
    });
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    (!value.is_empty() && value.len() <= 256).then_some(value)
}

fn redirect(to: &str, cookies: &[String]) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(LOCATION, HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/")));
    for cookie in cookies {
        if let Ok(mut value) = HeaderValue::from_str(cookie) {
            value.set_sensitive(true);
            headers.append(SET_COOKIE, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `//evil.example` is another host, and a browser reads a backslash as a slash.
    #[test]
    fn a_target_on_another_host_is_none() {
        for target in
            ["//evil.example/", "/\\evil.example", "https://evil.example", "", "page", "/a\\b", "/\r\nx"]
        {
            assert!(!is_path(target), "{target:?}");
        }
        for target in ["/", "/ledger?year=2026&x=%2F%2F", "/a/b"] {
            assert!(is_path(target), "{target:?}");
        }
    }

    #[test]
    fn a_parameter_that_is_there_twice_is_not_there() {
        assert_eq!(once("code=a&state=b", "state"), Some("b"));
        assert_eq!(once("code=a&code=b", "code"), None);
        assert_eq!(once("code=", "code"), None);
    }
}
