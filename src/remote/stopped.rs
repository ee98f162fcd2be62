//! What somebody sees whose sign-in did not come to its end: a page, because it is a page that the browser asked for.

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE},
};

use crate::http::inline_hashes;

const PAGE: &str = include_str!("stopped.html");
/// When to try again, in seconds, where the endpoint is away.
const RETRY: u32 = 5;

/// Why a sign-in did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// It was begun elsewhere or too long ago, or is over already.
    Over,
    /// The endpoint can't be asked.
    Away,
}

impl Stopped {
    /// The page, with a link that begins anew and leads to `target`. `cookie` ends what was begun.
    pub(super) fn answer(self, target: &str, cookie: &str) -> Response<Bytes> {
        let (status, title, text) = match self {
            Self::Over => (
                StatusCode::FORBIDDEN,
                "That sign-in is over",
                "It took too long, was used already, or was begun in another browser.",
            ),
            Self::Away => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Signing in isn't possible at the moment",
                "It works again soon, and nothing is lost.",
            ),
        };
        let mut page = PAGE.to_owned();
        for (slot, value) in [("{{title}}", title), ("{{text}}", text), ("{{target}}", &escape(target))] {
            page = page.replace(slot, value);
        }
        let policy = format!(
            "default-src 'none'; style-src{}; img-src data:; base-uri 'none'; frame-ancestors 'none'",
            inline_hashes(&page, "style")
        );
        let mut response = Response::new(Bytes::from(page));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        if self == Self::Away {
            headers.insert(RETRY_AFTER, RETRY.into());
        }
        if let Ok(cookie) = HeaderValue::from_str(cookie) {
            headers.insert(SET_COOKIE, cookie);
        }
        response
    }
}

/// A text inside a quoted attribute. Its braces are escaped too, so that it names no slot.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('{', "&#123;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where somebody wanted to go is written by whoever made the link.
    #[test]
    fn a_target_that_is_markup() {
        let answer = Stopped::Over.answer("/?\"><script>alert(1)</script>{{title}}", "flow=; Max-Age=0");
        let page = std::str::from_utf8(answer.body()).unwrap();
        assert!(!page.contains("<script") && page.contains("href=\"/?&quot;>&lt;script"), "{page}");
        assert_eq!(page.matches("That sign-in is over").count(), 2);
        assert!(!page.contains("{{"));
        let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("style-src 'sha256-"), "{policy}");
    }
}
