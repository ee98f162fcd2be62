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

/// In a frame of another site browsers send what says so, and keep it apart for each of those sites; one of the same name
/// from before would be there beside it, and then neither would count.
#[test]
fn in_frames_they_have_names_of_their_own_and_are_kept_apart() {
    for (names, prefix) in [(CookieNames::new("abc", true), "__Host-"), (CookieNames::new("abc", false), "")]
    {
        let (plain, names) = (names.clone(), names.embedded());
        assert_eq!(names.session, format!("{prefix}gatehouse-embedded-abc"));
        assert_eq!(names.device, format!("{prefix}gatehouse-embedded-device-abc"));
        for name in [&names.session, &names.device] {
            let kind = "Path=/; HttpOnly; SameSite=None; Secure; Partitioned";
            assert_eq!(names.set(name, "t", None), format!("{name}=t; {kind}"));
        }
        // The way to a provider begins and ends in a window of its own.
        assert_eq!(names.set(&names.flow, "t", None), plain.set(&plain.flow, "t", None));
        assert!(names.session_from(&format!("{}=before; {}=now", plain.session, names.session)).is_some());
        assert!(names.session_from(&format!("{}=before", plain.session)).is_none());
    }
}
