use super::HostPolicy;
use crate::config::Settings;

#[test]
fn without_a_public_url_only_this_machine_at_the_real_port() {
    let policy = HostPolicy::new(&Settings::default(), 8501);
    for host in ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LocalHost:8501"] {
        assert!(policy.allows_host(host), "{host}");
    }
    for host in [
        "",
        "localhost",
        "localhost:9999",
        "localhost:08501",
        "localhost.:8501",
        "localhost:8501.evil.example",
        "evil.example:8501",
        "127.0.0.2:8501",
        "0.0.0.0:8501",
        "127.1:8501",
        "[::ffff:127.0.0.1]:8501",
        "localhost:8501@evil.example",
        " localhost:8501",
    ] {
        assert!(!policy.allows_host(host), "{host}");
    }
    assert!(policy.allows_origin("http://localhost:8501"));
    for origin in ["null", "http://localhost:9999", "https://localhost:8501", "http://localhost:8501/", ""] {
        assert!(!policy.allows_origin(origin), "{origin}");
    }
}

fn public(url: &str) -> HostPolicy {
    HostPolicy::new(&Settings { public_url: Some(url.into()), ..Settings::default() }, 8501)
}

#[test]
fn a_public_url_allows_itself_and_nothing_of_this_machine() {
    let policy = public("https://App.example.org/");
    assert!(policy.allows_host("app.example.org") && policy.allows_host("APP.example.org"));
    assert!(policy.allows_host("app.example.org:443"));
    assert!(policy.allows_origin("https://app.example.org"));
    for host in ["localhost:8501", "app.example.org:8501", "xapp.example.org", "app.example.org.evil.example"]
    {
        assert!(!policy.allows_host(host), "{host}");
    }
    for origin in
        ["http://app.example.org", "https://app.example.org:444", "https://app.example.org.evil.example"]
    {
        assert!(!policy.allows_origin(origin), "{origin}");
    }
}

#[test]
fn ports_and_ipv6_in_a_public_url_are_kept_exact() {
    let policy = public("https://app.example.org:8443");
    assert!(policy.allows_host("app.example.org:8443") && !policy.allows_host("app.example.org"));
    assert!(policy.allows_origin("https://app.example.org:8443"));
    let policy = public("http://[2001:db8::1]");
    assert!(policy.allows_host("[2001:db8::1]") && policy.allows_host("[2001:db8::1]:80"));
    let policy = public("https://app.example.org:443/");
    assert!(policy.allows_host("app.example.org") && policy.allows_origin("https://app.example.org"));
}

#[test]
fn what_is_no_origin_allows_nothing() {
    for url in
        ["", "app.example.org", "ftp://app.example.org", "https://", "https://a@b", "*", "https://a/path"]
    {
        let policy = public(url);
        assert!(policy.hosts.is_empty() && policy.origins.is_empty(), "{url}");
    }
}
