use std::net::IpAddr;

use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};

use super::{Source, inbound, outbound};

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let line = |(name, value): &(&str, &str)| {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), value)
    };
    let mut headers = HeaderMap::new();
    headers.extend(lines.iter().map(line));
    headers
}

fn from(peer: &str, trusted: bool) -> Source<'static> {
    Source { peer: peer.parse::<IpAddr>().unwrap(), trusted, scheme: "https" }
}

/// Someone sends what only we may say, in a spelling that a server behind folds into ours.
#[test]
fn what_only_we_say_is_stripped_in_every_spelling() {
    let names = [
        "x-auth-name",
        "x_auth_name",
        "x-auth_name",
        "x.auth.name",
        "x~auth~name",
        "x-auth-token",
        "x_auth_email",
        "x-auth-groups",
        "x-auth-subject",
        "x-gatehouse",
        "x_gatehouse_handle",
        "forwarded",
        "x-forwarded",
        "x_forwarded_user",
        "x-real-ip",
        "x_real_ip",
    ];
    for name in names {
        let kept = inbound(&headers(&[(name, "mallory")]), &from("192.0.2.1", false));
        assert!(kept.values().all(|value| value != "mallory"), "{name}");
    }
    for name in ["x-auth", "x-auth-names", "x-author", "x-gate", "x-auth-user-agent"] {
        assert!(inbound(&headers(&[(name, "1")]), &from("192.0.2.1", false)).contains_key(name), "{name}");
    }
}

#[test]
fn only_a_proxy_of_ours_says_who_was_before_it() {
    let sent = headers(&[("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "10.0.0.1")]);
    let told = |source| inbound(&sent, &source).get("x-forwarded-for").unwrap().to_str().unwrap().to_owned();
    assert_eq!(told(from("192.0.2.1", false)), "192.0.2.1");
    assert_eq!(told(from("10.0.0.2", true)), "203.0.113.9, 10.0.0.1, 10.0.0.2");
    assert_eq!(told(from("::ffff:192.0.2.1", false)), "192.0.2.1");
    assert_eq!(inbound(&sent, &from("10.0.0.2", true)).get("x-forwarded-proto").unwrap(), "https");
}

/// A cookie without a name is sent back as its value alone; one without a value as its name.
#[test]
fn cookies_that_would_come_back_as_ours_are_not_set() {
    for cookie in [
        "gatehouse-x=1",
        "GATEHOUSE-x=1; Path=/",
        " gatehouse-x = 1",
        "__Host-gatehouse-x=1; Secure",
        "=gatehouse-x=1",
        "= gatehouse-x=1",
        "gatehouse-device-x",
        "\tgatehouse-x=1",
    ] {
        let mut answer = headers(&[("set-cookie", cookie), ("set-cookie", "theme=dark")]);
        outbound(&mut answer);
        let left: Vec<_> = answer.get_all("set-cookie").iter().collect();
        assert_eq!(left, ["theme=dark"], "{cookie:?}");
    }
    for cookie in ["mygatehouse-x=1", "a=gatehouse-x=1", "=theme", ""] {
        let mut answer = headers(&[("set-cookie", cookie)]);
        outbound(&mut answer);
        assert!(answer.contains_key("set-cookie"), "{cookie:?}");
    }
}

#[test]
fn what_the_app_says_of_caching_holds() {
    for (said, kept) in [
        (vec![], Some("private, no-cache")),
        (vec![("cache-control", "public, max-age=60")], Some("public, max-age=60")),
        (vec![("expires", "0")], None),
    ] {
        let mut answer = headers(&said);
        outbound(&mut answer);
        assert_eq!(answer.get("cache-control").map(|value| value.to_str().unwrap()), kept);
    }
}
