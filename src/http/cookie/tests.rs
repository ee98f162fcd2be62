use std::time::Duration;

use super::CookieNames;

#[test]
fn with_https_the_names_are_host_bound_and_the_cookies_secure() {
    let names = CookieNames::new("abc", true);
    assert_eq!(names.session, "__Host-gatehouse-abc");
    assert_eq!(names.device, "__Host-gatehouse-device-abc");
    assert_eq!(
        names.set(&names.session, "t", None),
        "__Host-gatehouse-abc=t; Path=/; HttpOnly; SameSite=Lax; Secure"
    );
}

#[test]
fn without_https_they_are_plain() {
    let names = CookieNames::new("abc", false);
    assert_eq!(
        names.set(&names.session, "t", Some(Duration::from_mins(1))),
        "gatehouse-abc=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"
    );
    assert_eq!(
        names.set(&names.session, "", Some(Duration::ZERO)),
        "gatehouse-abc=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
    );
}

#[test]
fn the_own_cookie_is_found_between_others_and_no_other_is() {
    let names = CookieNames::new("abc", false);
    let token = |header: &str| names.session_from(header).map(|secret| secret.expose().to_owned());
    assert_eq!(token("a=1; gatehouse-abc=tok; b=2").as_deref(), Some("tok"));
    assert_eq!(token("gatehouse-abc=tok").as_deref(), Some("tok"));
    assert_eq!(names.device_from("gatehouse-abc=tok; gatehouse-device-abc=d").as_deref(), Some("d"));
    for header in [
        "",
        "gatehouse-abd=tok",
        "Gatehouse-abc=tok",
        "xgatehouse-abc=tok",
        "gatehouse-abc",
        "gatehouse-abc=",
        "__Host-gatehouse-abc=tok",
    ] {
        assert_eq!(token(header), None, "{header}");
    }
    assert_eq!(token(&format!("gatehouse-abc={}", "x".repeat(600))), None);
}

/// Cookie tossing: a page on a sibling host plants a second cookie of the same name, with the attacker's session.
/// Which of the two the browser sends first is the attacker's choice, so neither is believed.
#[test]
fn cookie_tossing() {
    let names = CookieNames::new("abc", false);
    assert!(names.session_from("gatehouse-abc=mine; gatehouse-abc=planted").is_none());
    assert!(
        names.session_from("gatehouse-abc=mine; gatehouse-abc=mine").is_some(),
        "the same twice is no attack"
    );
}
