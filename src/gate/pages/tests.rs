use std::collections::BTreeMap;

use super::PageRules;
use crate::{
    clock::Timestamp,
    identity::{Identity, IdentityId, Role, Username},
};

fn rules() -> PageRules {
    let rule = |page: &str, roles: &[&str]| {
        (page.to_owned(), roles.iter().map(|role| (*role).to_owned()).collect::<Vec<_>>())
    };
    PageRules::new(&BTreeMap::from([
        rule("admin", &["admin", "root"]),
        rule("/", &[]),
        rule("/reports/", &["r"]),
    ]))
}

fn with(roles: &[&str]) -> Identity {
    Identity {
        id: IdentityId("identity_1".to_owned()),
        username: Username::parse("alice").unwrap(),
        email: None,
        roles: roles.iter().map(|role| Role::parse(role).unwrap()).collect(),
        disabled: false,
        must_change: false,
        created_at: Timestamp(0),
        source: None,
    }
}

#[test]
fn a_page_without_a_rule_is_for_everybody() {
    assert!(rules().allows("about", None));
    assert_eq!(rules().roles("about"), None);
}

#[test]
fn any_of_the_roles_is_enough_and_a_longer_name_is_another_role() {
    assert!(rules().allows("admin", Some(&with(&["root", "x"]))));
    assert!(!rules().allows("admin", Some(&with(&["superadmin-readonly", "administrator"]))));
    assert!(!rules().allows("admin", Some(&with(&[]))));
    assert!(!rules().allows("admin", None));
}

#[test]
fn without_roles_being_signed_in_is_enough() {
    assert!(rules().allows("", Some(&with(&[]))) && rules().allows("/", Some(&with(&[]))));
    assert!(!rules().allows("", None));
}

#[test]
fn slashes_around_a_name_play_no_part() {
    assert!(!rules().allows("/admin/", None) && !rules().allows("reports", None));
    assert_eq!(rules().iter().map(|(page, _)| page).collect::<Vec<_>>(), ["", "admin", "reports"]);
}
