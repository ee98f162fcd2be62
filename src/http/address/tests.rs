use axum::http::{HeaderMap, HeaderValue};

use super::{Client, Network, TrustedProxies};

fn headers(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
    }
    headers
}

fn client(proxies: &[&str], peer: &str, lines: &[&str]) -> (Option<String>, bool) {
    let proxies: Vec<String> = proxies.iter().map(|proxy| (*proxy).to_owned()).collect();
    let Client { address, believed, .. } =
        TrustedProxies::new(&proxies).client(Some(peer.parse().unwrap()), &headers(lines));
    (address.map(|address| address.to_string()), believed)
}

fn is(address: &str, believed: bool) -> (Option<String>, bool) {
    (Some(address.to_owned()), believed)
}

/// Someone who talks to the endpoint directly writes a new `X-Forwarded-For` into every request, so that each guess
/// seems to come from elsewhere. Only the connection counts.
#[test]
fn forwarded_for_sent_directly() {
    assert_eq!(client(&[], "203.0.113.9", &["198.51.100.1"]), is("203.0.113.9", true));
    assert_eq!(client(&["10.0.0.0/8"], "203.0.113.9", &["10.0.0.1"]), is("203.0.113.9", true));
    assert_eq!(client(&["10.0.0.0/8"], "10.1.2.3", &["198.51.100.1"]), is("198.51.100.1", true), "control");
}

/// Behind a trusted proxy the attacker sends the header too; the proxy appends what it saw.
#[test]
fn forwarded_for_with_invented_hops_through_a_trusted_proxy() {
    let proxies = ["10.0.0.0/8", "2001:db8::/32"];
    assert_eq!(client(&proxies, "10.0.0.1", &["1.2.3.4, 203.0.113.9"]), is("203.0.113.9", true));
    assert_eq!(client(&proxies, "10.0.0.1", &["1.2.3.4, 203.0.113.9, 10.0.0.7"]), is("203.0.113.9", true));
    assert_eq!(
        client(&proxies, "10.0.0.1", &["1.2.3.4", "203.0.113.9"]),
        is("203.0.113.9", true),
        "two lines"
    );
    assert_eq!(client(&proxies, "2001:db8::5", &["[2001:dead::1]:443"]), is("2001:dead::1", true));
    assert_eq!(client(&proxies, "::ffff:10.0.0.1", &["::ffff:203.0.113.9"]), is("203.0.113.9", true));
    assert_eq!(client(&proxies, "10.0.0.1", &["1.2.3.4, garbage"]), is("10.0.0.1", false));
}

#[test]
fn an_undeclared_proxy_on_this_machine_is_noticed() {
    assert_eq!(client(&[], "127.0.0.1", &[]), is("127.0.0.1", true));
    assert_eq!(client(&[], "127.0.0.1", &["203.0.113.9"]), is("127.0.0.1", false));
    assert_eq!(client(&["127.0.0.1"], "127.0.0.1", &["203.0.113.9"]), is("203.0.113.9", true));
    assert_eq!(client(&["127.0.0.1"], "127.0.0.1", &[]), is("127.0.0.1", false), "a proxy that says nothing");
}

/// Told to the operator, who can name it. From afar the header is anybody's, and says nothing about a proxy.
#[test]
fn an_undeclared_proxy_is_told_apart_from_a_made_up_header() {
    let undeclared = |proxies: &[String], peer: &str, lines: &[&str]| {
        TrustedProxies::new(proxies).client(Some(peer.parse().unwrap()), &headers(lines)).undeclared
    };
    for near in ["127.0.0.1", "::1", "172.17.0.1", "192.168.1.2", "fd00::2", "fe80::1"] {
        assert!(undeclared(&[], near, &["203.0.113.9"]), "{near}");
        assert!(!undeclared(&[], near, &[]), "{near} without the header");
        assert!(!undeclared(&[near.to_owned()], near, &["203.0.113.9"]), "{near}, declared");
    }
    assert!(!undeclared(&[], "198.51.100.7", &["203.0.113.9"]));
}

#[test]
fn without_a_peer_nothing_is_believed() {
    let client = TrustedProxies::default().client(None, &headers(&["203.0.113.9"]));
    assert_eq!(client, Client { address: None, believed: false, undeclared: false });
}

#[test]
fn networks_are_read_exactly() {
    let contains =
        |network: &str, address: &str| Network::parse(network).unwrap().contains(address.parse().unwrap());
    assert!(contains("0.0.0.0/0", "1.2.3.4") && contains("::/0", "::1"));
    assert!(contains("10.1.2.3", "10.1.2.3") && !contains("10.1.2.3", "10.1.2.4"));
    assert!(contains("10.1.0.0/16", "10.1.255.255") && !contains("10.1.0.0/16", "10.2.0.0"));
    assert!(!contains("0.0.0.0/0", "::1"));
    for wrong in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/-1", "proxy"] {
        assert_eq!(Network::parse(wrong), None, "{wrong}");
    }
}
