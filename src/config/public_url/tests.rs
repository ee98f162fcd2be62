use super::*;

#[test]
fn a_port_of_its_own_is_seen() {
    for (text, names) in [
        ("https://app.example.org", false),
        ("https://app.example.org:443", false),
        ("https://app.example.org:8443", true),
        ("https://[2001:db8::1]", false),
        ("https://[2001:db8::1]:8443", true),
    ] {
        assert_eq!(PublicUrl::parse(text).unwrap().names_a_port(), names, "{text}");
    }
}

#[test]
fn an_origin_is_written_as_browsers_write_it() {
    for (text, origin) in [
        ("https://App.Example.org/", "https://app.example.org"),
        ("https://app.example.org:443", "https://app.example.org"),
        ("http://localhost:8501", "http://localhost:8501"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://[::1]:8501", "http://[::1]:8501"),
        ("http://0x7f.1", "http://127.0.0.1"),
    ] {
        assert_eq!(PublicUrl::parse(text).unwrap().origin(), origin, "{text}");
    }
}

#[test]
fn only_this_machine_is_loopback() {
    for (text, loopback) in [
        ("http://localhost", true),
        ("http://127.0.0.1:1", true),
        ("http://[::1]", true),
        ("http://localhost.example.org", false),
        ("http://127.0.0.1.example.org", false),
        ("http://192.168.0.7", false),
    ] {
        assert_eq!(PublicUrl::parse(text).unwrap().is_loopback(), loopback, "{text}");
    }
}

#[test]
fn what_is_more_or_less_than_an_origin_is_refused() {
    for text in [
        "",
        "app.example.org",
        "ftp://example.org",
        "https://*.example.org",
        "https://example.org/app",
        "https://example.org/?a=b",
        "https://example.org/#a",
        "https://user:secret@example.org",
        "http://0.0.0.0:8501",
        "https://",
    ] {
        assert!(PublicUrl::parse(text).is_err(), "{text}");
    }
}
