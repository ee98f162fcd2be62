//! Sign-in with an account of somebody else: plain links under the form, and what is said when it did not work.

use gatehouse_protocol::{ClientConfig, ErrorCode, ProviderButton, SessionState};

use super::kit::{Form, bob, by, config, embedded};
use crate::machine::{Gap, Link, Place, Setting, Text};

fn with_a_provider() -> ClientConfig {
    let button = ProviderButton {
        name: "company".to_owned(),
        label: "Example Inc.".to_owned(),
        href: "/_gatehouse/provider/company".to_owned(),
    };
    ClientConfig { providers: vec![button], ..config() }
}

#[test]
fn the_ways_stand_on_the_sign_in_form_alone() {
    let (mut form, _) = Form::open(Setting::default(), with_a_provider(), SessionState::Anonymous);
    let ways = form.machine.card().unwrap().ways;
    assert_eq!(ways[0].label.text, Text::LoginProvider);
    assert_eq!(ways[0].label.gaps, [("name", Gap::Words("Example Inc.".to_owned()))]);
    assert_eq!(ways[0].name, "company");
    form.go(Place::Recovery);
    assert!(form.machine.card().unwrap().ways.is_empty());
    assert!(Form::login().machine.card().unwrap().ways.is_empty());
}

/// On its own page the form knows where people wanted to go; in the app's page that is where they are.
#[test]
fn a_way_leads_back() {
    let back = |setting: Setting| {
        let (form, _) = Form::open(setting, with_a_provider(), SessionState::Anonymous);
        form.machine.return_to().map(str::to_owned)
    };
    assert_eq!(back(Setting::default()).as_deref(), Some("/app"));
    let next = |next: &str| Setting { next: Some(next.to_owned()), ..Setting::default() };
    assert_eq!(back(next("/reports?page=2")).as_deref(), Some("/reports?page=2"));
    assert_eq!(back(next("//evil.example")).as_deref(), Some("/app"));
    assert_eq!(back(embedded()), None);
    assert_eq!(back(Setting { in_place: true, ..Setting::default() }), None);
}

#[test]
fn what_went_wrong_elsewhere_is_said_on_the_form() {
    for (code, text) in [
        (ErrorCode::ProviderCancelled, Text::ErrorProviderCancelled),
        (ErrorCode::ProviderUnlinked, Text::ErrorProviderUnlinked),
        (ErrorCode::FlowExpired, Text::ErrorFlowExpired),
        (ErrorCode::TooManyAttempts, Text::ErrorTooManyAttempts),
    ] {
        let (form, _) = Form::open(by(Link::Refused(code)), with_a_provider(), SessionState::Anonymous);
        assert_eq!((form.name(), form.notice()), ("login", Some((text, false))), "{code:?}");
    }
    let (form, _) = Form::open(by(Link::Refused(ErrorCode::ProviderRefused)), with_a_provider(), bob());
    assert_eq!(form.name(), "signed-in");
}
