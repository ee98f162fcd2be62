//! What came back.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::SET_COOKIE};
use serde_json::Value;

/// A response, with the questions that tests ask of it.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The name of the request. It differs by intent, and stands apart from what must not.
    pub(crate) request_id: Option<String>,
}

impl Reply {
    pub(crate) fn from(response: http::Response<Bytes>) -> Self {
        let (mut parts, body) = response.into_parts();
        let request_id = parts.headers.remove("x-request-id").map(|id| id.to_str().unwrap().to_owned());
        Self { status: parts.status, headers: parts.headers, body, request_id }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The error code, if it is a problem.
    pub(crate) fn code(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        Some(body.get("code")?.as_str()?.to_owned())
    }

    /// All `Set-Cookie` headers.
    pub(crate) fn cookies(&self) -> Vec<String> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    /// The `name=value` of the session cookie that was set.
    pub(crate) fn session(&self) -> Option<String> {
        let cookies = self.cookies();
        let set = cookies
            .iter()
            .find(|cookie| cookie.contains("gatehouse-") && !cookie.contains("gatehouse-device-"))?;
        let pair = set.split(';').next()?;
        (!pair.ends_with('=')).then(|| pair.to_owned())
    }

    /// The `name=value` of the device cookie that was set.
    pub(crate) fn device(&self) -> Option<String> {
        let cookies = self.cookies();
        let set = cookies.iter().find(|cookie| cookie.contains("gatehouse-device-"))?;
        Some(set.split(';').next()?.to_owned())
    }

    #[track_caller]
    pub(crate) fn expect_state(&self, state: &str) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        let body = self.json();
        assert_eq!(body["state"], state, "{body}");
        body
    }

    /// A completed login; returns the session's `name=value`.
    #[track_caller]
    pub(crate) fn expect_complete(&self) -> String {
        self.expect_state("complete");
        self.session().expect("no session cookie")
    }

    #[track_caller]
    pub(crate) fn expect_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code().as_deref()), (status, Some(code)), "{}", self.text());
    }
}
