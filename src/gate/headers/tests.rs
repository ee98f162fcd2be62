use super::{cookie_header, single, strip};

fn header(name: &str, value: &str) -> (Vec<u8>, Vec<u8>) {
    (name.as_bytes().to_vec(), value.as_bytes().to_vec())
}

/// Someone sends the header that the gate injects, hoping that the script reads theirs.
#[test]
fn spoofed_header_is_stripped_in_every_spelling() {
    for name in [
        "x-gatehouse-handle",
        "X-Gatehouse-Handle",
        "x_gatehouse_handle",
        "X-GATEHOUSE_user",
        " x-gatehouse-h",
    ] {
        assert!(strip(vec![header(name, "forged")]).is_empty(), "{name}");
    }
    assert_eq!(strip(vec![header("x-gate", "1"), header("x-gatehous", "2")]).len(), 2);
}

/// An app (or what is injected into it) reads the session token of its visitors.
#[test]
fn our_cookies_never_reach_the_app() {
    let kept = strip(vec![header(
        "Cookie",
        "a=1; gatehouse-x=s3cret; __Host-gatehouse-y=s3cret;GATEHOUSE-z=s3cret; \u{b}gatehouse-d=s3cret; b=2",
    )]);
    assert_eq!(kept, vec![header("Cookie", "a=1; b=2")]);
    assert!(strip(vec![header("cookie", "gatehouse-x=s3cret")]).is_empty());
    assert_eq!(strip(vec![header("cookie", "my-gatehouse-x=1")]).len(), 1);
}

#[test]
fn cookies_are_joined_from_several_headers() {
    let headers = [header("cookie", "a=1"), header("x", "y"), header("Cookie", "b=2")];
    assert_eq!(cookie_header(&headers), "a=1; b=2");
}

/// Two Host headers, of which one is checked and the other believed.
#[test]
fn repeated_host_is_no_host() {
    let headers = [header("host", "localhost:8501"), header("Host", "evil.example")];
    assert_eq!(single(&headers, "host"), None);
    assert_eq!(single(&headers[..1], "host"), Some("localhost:8501"));
    assert_eq!(single(&headers, "origin"), None);
}
