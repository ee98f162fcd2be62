//! The body of a request: strict JSON and nothing else.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header::CONTENT_TYPE},
};
use gatehouse_protocol::{ErrorCode, Problem};
use serde::de::DeserializeOwned;

use super::answer::Refusal;

/// The largest body that any route takes, in bytes. Whoever carries bodies to a [`super::Responder`] may stop reading
/// behind it.
pub const BODY_MAX: usize = 16 * 1024;

/// One step, read from a JSON body.
#[derive(Debug)]
pub(super) struct Step<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Step<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(Problem::new(ErrorCode::Malformed).into());
        }
        let body =
            Bytes::from_request(request, state).await.map_err(|_| Problem::new(ErrorCode::Malformed))?;
        parse(&body).map(Self).map_err(Refusal)
    }
}

/// Reads a body that says it is JSON. What a form can send (text/plain, urlencoded, multipart) is not read at all.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if body.len() > BODY_MAX {
        return Err(Problem::new(ErrorCode::TooLarge));
    }
    if escapes_nul(body) {
        return Err(Problem::new(ErrorCode::Malformed));
    }
    serde_json::from_slice(body).map_err(|_| Problem::new(ErrorCode::Malformed))
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else { return false };
    let Ok(text) = only.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
        && parts.all(|parameter| parameter.eq_ignore_ascii_case("charset=utf-8"))
}

/// Whether a string in the JSON text contains U+0000, which no name, address or password of a person does, and which
/// C code behind us would take for the end.
fn escapes_nul(body: &[u8]) -> bool {
    let mut rest = body;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let escape = rest.get(at + 1..).unwrap_or_default();
        if escape.starts_with(b"u0000") {
            return true;
        }
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests;
