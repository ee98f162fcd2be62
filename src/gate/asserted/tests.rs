use std::net::IpAddr;

use gatehouse_protocol::Password;

use super::TrustedHeader;
use crate::{config::TrustedHeaderSettings, gate::Header};

fn trusted(change: impl FnOnce(&mut TrustedHeaderSettings)) -> TrustedHeader {
    let mut settings = TrustedHeaderSettings {
        name: Some("X-Auth-Name".into()),
        email: Some("X-Auth-Email".into()),
        groups: Some("X-Auth-Groups".into()),
        from: vec!["10.1.0.0/16".into()],
        ..TrustedHeaderSettings::default()
    };
    change(&mut settings);
    TrustedHeader::new(&settings).unwrap()
}

fn headers(given: &[(&str, &str)]) -> Vec<Header> {
    given.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

/// From this address.
fn at(text: &str) -> impl Into<Option<IpAddr>> {
    text.parse::<IpAddr>().unwrap()
}

#[test]
fn who_sends_it_from_elsewhere_is_not_believed() {
    let from = trusted(|_| ());
    assert!(from.believes(at("10.1.2.3").into(), &[]) && from.believes(at("::ffff:10.1.2.3").into(), &[]));
    assert!(!from.believes(at("10.2.0.1").into(), &[]) && !from.believes(at("127.0.0.1").into(), &[]));
    assert!(!from.believes(None, &[]), "an address that is not known is no proxy's");
}

#[test]
fn the_secret_has_to_be_the_whole_one_and_there_once() {
    let secret = trusted(|settings| {
        settings.from.clear();
        settings.secret = Some(Password::new("a long secret of the proxy"));
    });
    let says = |value: &str| headers(&[("X-AUTH-SECRET", value)]);
    assert!(secret.believes(None, &says("a long secret of the proxy")));
    for wrong in ["", "a long secret", "a long secret of the proxy2", "A long secret of the proxy"] {
        assert!(!secret.believes(at("127.0.0.1").into(), &says(wrong)), "{wrong}");
    }
    let twice = [says("a long secret of the proxy"), says("a long secret of the proxy")].concat();
    assert!(!secret.believes(None, &twice) && !secret.believes(None, &[]));
    let both = trusted(|settings| settings.secret = Some(Password::new("a long secret of the proxy")));
    assert!(!both.believes(at("10.1.2.3").into(), &[]), "both are asked for where both are set");
    assert!(!both.believes(at("10.2.2.3").into(), &says("a long secret of the proxy")));
    assert!(both.believes(at("10.1.2.3").into(), &says("a long secret of the proxy")));
}

#[test]
fn without_an_address_and_a_secret_nobody_is_believed() {
    let nobody = trusted(|settings| settings.from.clear());
    assert!(!nobody.believes(at("127.0.0.1").into(), &[]) && !nobody.believes(None, &[]));
}

#[test]
fn a_name_in_any_script_stays_intact() {
    let trusted = trusted(|_| ());
    for name in ["Jürgen", "Ольга", "小林", "jane@example.org", "alice\u{a0}", "\u{2003}alice"] {
        let said = trusted.assertion(&headers(&[("x-auth-name", name), ("X-Auth-Groups", "admin, größe")]));
        let said = said.unwrap();
        assert_eq!((said.name.as_str(), said.groups.as_deref()), (name, Some("admin, größe")));
        assert_eq!(said.email.as_deref(), Some(""), "the proxy says that there is none");
    }
}

#[test]
fn a_name_that_is_missing_empty_repeated_or_no_text_is_nobodys() {
    let trusted = trusted(|_| ());
    for given in [
        headers(&[]),
        headers(&[("X-Auth-Name", " ")]),
        headers(&[("X-Auth-Name", "alice"), ("x-auth-name", "bob")]),
        headers(&[("X-Auth-Name", "alice"), ("X_Auth_Name", "bob")]),
        vec![(b"x-auth-name".to_vec(), b"J\xfcrgen".to_vec())],
    ] {
        assert!(trusted.assertion(&given).is_none(), "{given:?}");
    }
}

#[test]
fn what_is_not_believed_never_reaches_the_app_in_any_spelling() {
    let secret = trusted(|settings| settings.secret = Some(Password::new("a long secret of the proxy")));
    let given = headers(&[
        ("X-Auth-Name", "alice"),
        ("X_AUTH_NAME", "alice"),
        ("x-auth_email", "a@example.org"),
        ("x-auth-groups", "admin"),
        ("X-Auth-Secret", "…"),
        ("accept", "*/*"),
    ]);
    let mut stripped = given.clone();
    secret.strip(false, &mut stripped);
    assert_eq!(stripped, headers(&[("accept", "*/*")]));
    let mut kept = given;
    secret.strip(true, &mut kept);
    assert_eq!(kept.len(), 5, "the secret is for nobody");
}
