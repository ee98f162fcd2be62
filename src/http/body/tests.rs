use axum::http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use gatehouse_protocol::{ErrorCode, LoginStep};

use super::{BODY_MAX, escapes_nul, is_json, parse};

fn login(identifier: &str) -> String {
    format!(r#"{{"step":"password","identifier":{identifier},"password":"p","keep":false,"challenge":null}}"#)
}

fn code(body: impl AsRef<[u8]>) -> Option<ErrorCode> {
    parse::<LoginStep>(body.as_ref()).err().map(|problem| problem.code)
}

#[test]
fn a_well_formed_step_is_read() {
    assert_eq!(code(login(r#""alice""#)), None);
    assert_eq!(code(login(r#""a \\u0000 b""#)), None, "a backslash and the letters u0000 are text");
    assert_eq!(code(login(r#""\ud83d\ude00""#)), None, "a pair of surrogates is an emoji");
}

#[test]
fn everything_else_is_malformed() {
    for body in [
        String::new(),
        "null".into(),
        "[]".into(),
        "{}".into(),
        "\u{feff}{}".into(),
        login("1"),
        login("null"),
        login(r#"["alice"]"#),
        login(r#"{"$ne":null}"#),
        login(r#""\ud800""#),
        login(r#""\u0000""#),
        login(r#""\\\u0000""#),
        login("\"\0\""),
        login(r#""alice","identifier":"bob""#),
        login(r#""alice","step":"password""#),
        login(r#""alice","roles":["admin"]"#),
        login(r#""alice""#).replace("password\",\"id", "totp\",\"id"),
        format!("{} x", login(r#""alice""#)),
        "[".repeat(10_000),
        r#"{"a":"#.repeat(2_000),
        login("1e999999"),
    ] {
        assert_eq!(code(&body), Some(ErrorCode::Malformed), "{body}");
    }
    assert_eq!(code(b"{\"step\":\"\xff\"}"), Some(ErrorCode::Malformed));
}

#[test]
fn a_body_over_the_bound_is_too_large() {
    let padding = BODY_MAX - login("\"\"").len();
    assert_eq!(code(login(&format!("\"{}\"", "x".repeat(padding)))), None);
    assert_eq!(code(login(&format!("\"{}\"", "x".repeat(padding + 1)))), Some(ErrorCode::TooLarge));
}

#[test]
fn escapes_are_walked_in_pairs() {
    assert!(escapes_nul(br"\u0000") && escapes_nul(br"\\\u0000") && escapes_nul(br"a\n\u0000"));
    assert!(!escapes_nul(br"\\u0000") && !escapes_nul(br"\u00001".get(1..).unwrap()) && !escapes_nul(br"\"));
}

#[test]
fn only_json_is_json() {
    let is = |value: &'static str| {
        is_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]))
    };
    assert!(is("application/json") && is("Application/JSON; charset=UTF-8"));
    for other in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "text/json",
        "application/jsonp",
        "application/json; charset=utf-16",
        "multipart/form-data; boundary=application/json",
    ] {
        assert!(!is(other), "{other}");
    }
    assert!(!is_json(&HeaderMap::new()));
    let mut two = HeaderMap::new();
    two.append(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    two.append(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    assert!(!is_json(&two));
}
