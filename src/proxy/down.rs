//! What people see while there is no app: a page that tries again by itself, or a problem for what is no page.

use std::sync::atomic::{AtomicBool, Ordering};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use gatehouse_protocol::{ErrorCode, Problem};
use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    header::{
        CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, RETRY_AFTER,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use sha2::{Digest as _, Sha256};

use super::{
    body::{self, Body},
    front::Inner,
};

const PAGE: &str = include_str!("down.html");
/// When to try again, in seconds; the page says the same.
const RETRY: u32 = 3;

/// Whether the app answers, as far as is known. What changes is logged, once.
#[derive(Debug, Default)]
pub(super) struct Health {
    down: AtomicBool,
}

impl Health {
    pub(super) fn answers(&self) {
        if self.down.load(Ordering::Relaxed) && self.down.swap(false, Ordering::Relaxed) {
            tracing::info!("the app answers again");
        }
    }

    pub(super) fn is_silent(&self, upstream: &dyn std::fmt::Display, error: &dyn std::error::Error) {
        if !self.down.swap(true, Ordering::Relaxed) {
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            tracing::error!(%upstream, %error, cause, "the app can't be asked; it is tried again with every request");
        }
    }
}

/// The answer while the app can't be asked. Whoever may show the app in a frame may show its page there, too.
pub(super) fn down(front: &Inner, navigation: bool) -> Response<Body> {
    let mut response = if navigation {
        let mut page = Response::new(body::whole(Full::from(PAGE)));
        page.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        if let Ok(policy) = HeaderValue::from_str(&policy(&front.framing)) {
            page.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        page
    } else {
        problem(Problem::new(ErrorCode::Unavailable).retry_after(RETRY))
    };
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(RETRY_AFTER, RETRY.into());
    response
}

/// A refusal, as the endpoint's own routes write it.
#[expect(clippy::needless_pass_by_value, reason = "a problem is made for this and used up by it")]
pub(super) fn problem(problem: Problem) -> Response<Body> {
    let text = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = Response::new(body::whole(Full::new(Bytes::from(text))));
    *response.status_mut() =
        StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The same, and the connection ends with it: what follows on it can't be told from what was refused.
pub(super) fn closing(refusal: Problem) -> Response<Body> {
    let mut response = problem(refusal);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn policy(framing: &str) -> String {
    let style =
        PAGE.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).map(|(style, _)| style);
    let hash = STANDARD.encode(Sha256::digest(style.unwrap_or_default().as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; {framing}")
}
