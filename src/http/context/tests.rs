use axum::http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT_LANGUAGE, COOKIE, USER_AGENT},
};

use super::{joined, locale, user_agent};

#[test]
fn the_first_language_counts_if_it_is_one() {
    let of = |value: &'static str| {
        locale(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, HeaderValue::from_static(value))]))
    };
    assert_eq!(of("de-CH, en;q=0.8"), "de-CH");
    assert_eq!(of("fr;q=0.9"), "fr");
    for unusable in ["", "*", "../../etc/passwd", "e", "de_DE", "x".repeat(99).leak()] {
        assert_eq!(of(unusable), "en", "{unusable}");
    }
    assert_eq!(locale(&HeaderMap::new()), "en");
}

/// A browser that names itself with escape sequences, for the terminal of whoever reads the log.
#[test]
fn ansi_and_line_breaks_in_the_user_agent() {
    let name =
        HeaderValue::from_bytes(b"Evil\x1b[2J\xff\tBrowser").unwrap_or(HeaderValue::from_static("Evil"));
    let kept = user_agent(&HeaderMap::from_iter([(USER_AGENT, name)]));
    assert!(kept.starts_with("Evil") && !kept.chars().any(char::is_control), "{kept:?}");
    let long = HeaderValue::from_str(&"x".repeat(5000)).unwrap();
    assert_eq!(user_agent(&HeaderMap::from_iter([(USER_AGENT, long)])).len(), 200);
}

#[test]
fn cookies_in_several_lines_are_one_list() {
    let mut headers = HeaderMap::new();
    headers.append(COOKIE, HeaderValue::from_static("a=1"));
    headers.append(COOKIE, HeaderValue::from_static("b=2; c=3"));
    assert_eq!(joined(&headers, &COOKIE), "a=1; b=2; c=3");
}
