use std::collections::BTreeMap;

use super::*;
use crate::{
    clock::Timestamp,
    identity::{IdentityId, Source},
};

fn identity(name: &str) -> Identity {
    Identity {
        id: IdentityId(format!("id_{name}")),
        username: Username::parse(name).unwrap(),
        email: None,
        roles: Vec::new(),
        disabled: false,
        must_change: false,
        created_at: Timestamp(0),
        source: None,
    }
}

fn proof() -> Proof {
    Proof {
        account: ProviderAccount {
            provider: "company".into(),
            issuer: "https://id.example.org".into(),
            subject: "1".into(),
        },
        email: Some(EmailAddress::parse("jane@example.org").unwrap()),
        names: vec!["Jane Doe".into()],
        groups: Vec::new(),
    }
}

fn open_to_all() -> ProviderSettings {
    ProviderSettings { register: true, ..ProviderSettings::default() }
}

fn refused(decision: &Decision) -> Option<ErrorCode> {
    match decision {
        Decision::Refused(code) => Some(*code),
        _ => None,
    }
}

#[test]
fn a_linked_account_opens_its_identity_and_no_address_counts() {
    let decision =
        decide(&proof(), Some(identity("jane")), Some(identity("other")), &ProviderSettings::default());
    assert!(matches!(decision, Decision::Proven(done, _) if done.identity_id().0 == "id_jane"));
}

#[test]
fn nobody_disabled_or_kept_elsewhere_is_let_in() {
    let disabled = Identity { disabled: true, ..identity("jane") };
    for who in [
        disabled,
        Identity { source: Some(Source::proxy()), ..identity("jane") },
        Identity { source: Some(Source("settings:..".into())), ..identity("jane") },
    ] {
        let open = ProviderSettings { link_verified_email: true, ..open_to_all() };
        let linked = decide(&proof(), Some(who.clone()), None, &open);
        assert_eq!(refused(&linked), Some(ErrorCode::ProviderUnknown));
        let owner = decide(&proof(), None, Some(who.clone()), &open);
        assert_eq!(refused(&owner), Some(ErrorCode::ProviderUnknown));
        assert!(refused(&link(who, None)).is_some());
    }
}

#[test]
fn an_address_links_nothing_unless_the_operator_says_so() {
    let owner = || Some(identity("jane"));
    let decision = decide(&proof(), None, owner(), &open_to_all());
    assert_eq!(refused(&decision), Some(ErrorCode::ProviderUnlinked));
    let trusted = ProviderSettings { link_verified_email: true, ..ProviderSettings::default() };
    assert!(matches!(decide(&proof(), None, owner(), &trusted), Decision::Link(_)));
}

#[test]
fn somebody_new_needs_leave_and_a_domain() {
    let unknown = decide(&proof(), None, None, &ProviderSettings::default());
    assert_eq!(refused(&unknown), Some(ErrorCode::ProviderUnknown));
    assert!(matches!(decide(&proof(), None, None, &open_to_all()), Decision::Register));
    let elsewhere = ProviderSettings { domains: vec!["example.com".into()], ..open_to_all() };
    assert_eq!(refused(&decide(&proof(), None, None, &elsewhere)), Some(ErrorCode::DomainNotAllowed));
    let unverified = Proof { email: None, ..proof() };
    let named = ProviderSettings { domains: vec!["example.org".into()], ..open_to_all() };
    assert!(matches!(decide(&proof(), None, None, &named), Decision::Register));
    assert_eq!(refused(&decide(&unverified, None, None, &named)), Some(ErrorCode::DomainNotAllowed));
}

#[test]
fn an_account_that_opens_somebody_is_not_linked_to_somebody_else() {
    let stolen = link(identity("jane"), Some(&identity("john")));
    assert_eq!(refused(&stolen), Some(ErrorCode::ProviderTaken));
    assert!(matches!(link(identity("jane"), None), Decision::Link(_)));
    assert!(matches!(link(identity("jane"), Some(&identity("jane"))), Decision::Proven(..)));
}

#[test]
fn a_name_is_made_of_what_the_provider_says() {
    let settings = Settings { app_name: "Weather".into(), ..Settings::default() };
    let of = |called: &[&str]| {
        let said = Proof { names: called.iter().map(|name| (*name).to_owned()).collect(), ..proof() };
        names(&said, &settings, "x7").iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>()
    };
    let tried = of(&["Jane Doe"]);
    assert_eq!(tried[..4], ["Jane.Doe", "jane", "Jane.Doe-2", "Jane.Doe-3"]);
    assert_eq!(tried.last().unwrap(), "Jane.Doe-x7");
    assert_eq!(of(&["admin", "weather", "", "<b>"])[0], "b");
    assert_eq!(of(&["jane@evil.example"])[0], "jane");
    let bare = Proof { email: None, names: vec!["\u{202e}".into()], ..proof() };
    assert_eq!(names(&bare, &settings, "x7")[0].as_str(), "person-2");
}

#[test]
fn groups_give_and_take_the_roles_of_the_lists_and_no_others() {
    let lists = BTreeMap::from([
        ("staff".to_owned(), vec!["reader".to_owned()]),
        ("chiefs".to_owned(), vec!["reader".to_owned(), "boss".to_owned()]),
    ]);
    let mapped =
        ProviderSettings { groups_claim: Some("groups".into()), roles: lists, ..ProviderSettings::default() };
    let role = |name: &str| Role::parse(name).unwrap();
    let groups = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let own = [role("admin")];
    assert_eq!(
        roles(&own, &groups(&["chiefs", "admin"]), &mapped),
        Some(vec![role("admin"), role("boss"), role("reader")])
    );
    let before = [role("admin"), role("boss"), role("reader")];
    assert_eq!(roles(&before, &groups(&["staff"]), &mapped), Some(vec![role("admin"), role("reader")]));
    assert_eq!(roles(&before, &[], &mapped), Some(vec![role("admin")]));
    assert_eq!(roles(&own, &groups(&["Staff"]), &mapped), None);
    assert_eq!(roles(&before, &[], &ProviderSettings::default()), None);
}
