//! Pages on their way to a browser: the watcher goes in, so that a page whose session ends is loaded anew.
//!
//! Only the first bytes of a page are looked at, up to the first tag that is not `<html>` or `<head>`: right there the
//! script goes in. Everything behind it streams on as it comes.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::{
    HeaderMap, Method, Response, StatusCode,
    body::Frame,
    header::{
        ACCEPT, ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG,
        HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE,
    },
};

use super::body::{Body, Error};

const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
/// Where a page begins has to be found within so many bytes.
const LOOKED_AT: usize = 1024 * 1024;

/// Whether a browser asks for a page to show.
pub(super) fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    if !matches!(*method, Method::GET | Method::POST) {
        return false;
    }
    match headers.get(FETCH_DEST) {
        Some(destination) => ["document", "iframe", "frame"].iter().any(|known| destination == known),
        None => headers
            .get_all(ACCEPT)
            .iter()
            .any(|accepted| accepted.to_str().is_ok_and(|accepted| accepted.contains("text/html"))),
    }
}

/// Asks for a page that can be written into: whole, not compressed, and not the news that nothing has changed.
pub(super) fn ask_plainly(headers: &mut HeaderMap) {
    for name in [RANGE, IF_RANGE, IF_NONE_MATCH, IF_MODIFIED_SINCE] {
        headers.remove(name);
    }
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
}

/// Puts `tag` into an answer, if it is a page.
pub(super) async fn watch(response: Response<Body>, tag: &str) -> Result<Response<Body>, Error> {
    if !is_page(&response) {
        return Ok(response);
    }
    let (mut parts, mut body) = response.into_parts();
    let mut start = BytesMut::new();
    let place = loop {
        match place(&start) {
            Place::Unknown if start.len() < LOOKED_AT => {}
            Place::At(at) => break Some(at),
            Place::Unknown | Place::Nowhere => break None,
        }
        match body.frame().await {
            Some(frame) => {
                if let Ok(data) = frame?.into_data() {
                    start.extend_from_slice(&data);
                }
            }
            // All of the page is there, and nothing but its beginning.
            None => break if is_text(&start) { Some(start.len()) } else { None },
        }
    };
    let Some(place) = place else {
        return Ok(Response::from_parts(parts, led_by(vec![start.freeze()], body)));
    };
    for name in [ETAG, LAST_MODIFIED, ACCEPT_RANGES] {
        parts.headers.remove(name);
    }
    let length =
        parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if let Some(length) = length {
        parts.headers.insert(CONTENT_LENGTH, (length + tag.len() as u64).into());
    }
    let rest = start.split_off(place);
    let lead = vec![start.freeze(), Bytes::copy_from_slice(tag.as_bytes()), rest.freeze()];
    Ok(Response::from_parts(parts, led_by(lead, body)))
}

fn is_page(response: &Response<Body>) -> bool {
    let headers = response.headers();
    let html = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|kind| {
        let kind = kind.to_ascii_lowercase();
        kind.split(';').next().is_some_and(|media| media.trim() == "text/html") && !kind.contains("utf-16")
    });
    let plain = headers.get(CONTENT_ENCODING).is_none_or(|coding| coding == "identity");
    html && plain
        && ![StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED, StatusCode::PARTIAL_CONTENT]
            .contains(&response.status())
}

/// Where the script goes.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    At(usize),
    /// More of the page has to be there.
    Unknown,
    /// It is no text that could be written into.
    Nowhere,
}

/// Behind what may stand before the first tag of a page's head: a mark of UTF-8, space, comments, the doctype, `<html>`
/// and `<head>` itself.
fn place(page: &[u8]) -> Place {
    if !is_text(page) {
        return Place::Nowhere;
    }
    let mut at = if page.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    loop {
        let rest = page.get(at..).unwrap_or_default();
        let space = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let tag = rest.get(space..).unwrap_or_default();
        // The longest beginning that has to be told from others.
        if tag.len() < 9 {
            return Place::Unknown;
        }
        let length = if tag.starts_with(b"<!--") {
            find(tag, b"-->").map(|end| end + 3)
        } else if begins(tag, b"<!doctype") || begins_tag(tag, b"<html") || begins_tag(tag, b"<head") {
            tag_length(tag)
        } else {
            return Place::At(at + space);
        };
        let Some(length) = length else { return Place::Unknown };
        at += space + length;
        if begins_tag(tag, b"<head") {
            return Place::At(at);
        }
    }
}

/// UTF-16 has zeros, or begins with a mark; other codings agree with ASCII on tags.
fn is_text(page: &[u8]) -> bool {
    !page.starts_with(b"\xfe\xff")
        && !page.starts_with(b"\xff\xfe")
        && !page.iter().take(64).any(|byte| *byte == 0)
}

fn begins(text: &[u8], with: &[u8]) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// As [`begins`], and the tag's name ends there: `<header>` is no `<head>`.
fn begins_tag(text: &[u8], with: &[u8]) -> bool {
    let end =
        text.get(with.len()).is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'));
    begins(text, with) && end
}

/// A tag up to its `>`; one in quotes is none.
fn tag_length(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    None
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// A body that begins with these parts.
fn led_by(parts: Vec<Bytes>, rest: Body) -> Body {
    let lead = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Led { lead, rest }.boxed_unsync()
}

struct Led {
    lead: std::collections::VecDeque<Bytes>,
    rest: Body,
}

impl hyper::body::Body for Led {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.lead.pop_front() {
            Some(part) => std::task::Poll::Ready(Some(Ok(Frame::data(part)))),
            None => std::pin::Pin::new(&mut self.rest).poll_frame(cx),
        }
    }
}

#[cfg(test)]
mod tests;
