use super::*;

#[test]
fn only_addresses_of_the_internet_are_public() {
    for private in [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "240.0.0.1",
        "::",
        "::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "2002:0a00:0001::1",
        "::10.0.0.1",
    ] {
        assert!(!is_public(private.parse().unwrap()), "{private}");
    }
    for public in ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::8.8.8.8"] {
        assert!(is_public(public.parse().unwrap()), "{public}");
    }
}

#[test]
fn what_may_be_called_follows_from_where_the_provider_is() {
    let public = Web::new("https://id.example.org", false, None).unwrap();
    let here = Web::new("http://127.0.0.1:9000", false, None).unwrap();
    let private = Web::new("https://id.example.org", true, None).unwrap();
    assert!(public.allows("https://id.example.org/token").is_ok());
    for address in [
        "http://id.example.org/token",
        "https://10.0.0.1/token",
        "https://[::1]/token",
        "https://0x7f.1/token",
        "https://2130706433/token",
        "https://user@id.example.org/token",
        "file:///etc/passwd",
        "gopher://id.example.org/",
        "",
    ] {
        assert!(public.allows(address).is_err(), "{address}");
    }
    assert!(here.allows("http://127.0.0.1:9000/token").is_ok());
    assert!(here.allows("http://10.0.0.1/token").is_err());
    assert!(here.allows("https://169.254.169.254/latest").is_err());
    assert!(private.allows("https://10.0.0.1/token").is_ok());
    assert!(private.allows("http://10.0.0.1/token").is_err());
}

/// A name that anybody can point at this network.
#[tokio::test]
async fn a_name_that_leads_into_this_network_is_not_called() {
    let public = Web::new("https://id.example.org", false, None).unwrap();
    let failure = public.get("https://localhost:1/token", None).await.unwrap_err();
    assert!(failure.to_string().contains("private"), "{failure}");
}
