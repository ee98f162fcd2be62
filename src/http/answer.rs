//! How an answer of the endpoint becomes a response: the state or problem as JSON, the cookies as headers.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER, header::SET_COOKIE},
    response::{IntoResponse, Response},
};
use gatehouse_protocol::{ErrorCode, Problem};
use serde::Serialize;

use super::cookie::CookieNames;
use crate::endpoint::{Answer, CookieChange};

/// A problem on its way to the browser.
#[derive(Debug)]
pub(super) struct Refusal(pub Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self.0)).into_response();
        if let Some(seconds) = self.0.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Writes an answer: 200, the state, and what becomes of the cookies.
pub(super) fn write<T: Serialize>(answer: &Answer<T>, names: &CookieNames) -> Response {
    let mut response = Json(&answer.state).into_response();
    if set_cookies(response.headers_mut(), answer, names).is_none() {
        return Refusal(Problem::new(ErrorCode::Internal)).into_response();
    }
    response
}

/// Writes what becomes of the cookies; `None` where one can't be written.
pub(super) fn set_cookies<T>(headers: &mut HeaderMap, answer: &Answer<T>, names: &CookieNames) -> Option<()> {
    let session = change(headers, names, &names.session, &answer.session_cookie);
    let device = change(headers, names, &names.device, &answer.device_cookie);
    let browser = change(headers, names, &names.flow, &answer.browser_cookie);
    let written = session.and(device).and(browser);
    if written.is_none() {
        // A token that can't stand in a header was never made by us.
        tracing::error!("a cookie could not be written");
    }
    written
}

fn change(headers: &mut HeaderMap, names: &CookieNames, name: &str, change: &CookieChange) -> Option<()> {
    let text = match change {
        CookieChange::Keep => return Some(()),
        CookieChange::Clear => names.set(name, "", Some(std::time::Duration::ZERO)),
        CookieChange::Set { value, max_age } => names.set(name, value.expose(), *max_age),
    };
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    headers.append(SET_COOKIE, value);
    Some(())
}
