//! The full-page form in the place of a page of the app.

use gatehouse_protocol::{LoginState, LogoutState, SessionState};

use super::kit::{Form, bob, config, one};
use crate::machine::{Effect, Event, Opening, Press, Setting, Text, TurnTo};

fn in_place() -> Setting {
    Setting { in_place: true, ..Setting::default() }
}

fn not_allowed() -> Setting {
    Setting { opening: Opening::NotAllowed, roles: vec!["accountant".to_owned()], ..in_place() }
}

#[test]
fn signing_in_loads_the_page_that_the_person_came_for() {
    let setting = Setting { next: Some("/elsewhere".to_owned()), ..in_place() };
    let (mut form, _) = Form::open(setting, config(), SessionState::Anonymous);
    assert_eq!(form.name(), "login");
    form.signs_in();
    let effects = form.happens(Event::Login(Ok(LoginState::Complete { ticket: None })));
    assert!(matches!(effects[..], [Effect::Announce(_), Effect::Reload]), "{effects:?}");
}

#[test]
fn who_is_signed_in_by_now_goes_on_to_that_page() {
    let (mut form, _) = Form::open(in_place(), config(), bob());
    assert_eq!(form.name(), "signed-in");
    assert!(matches!(one(form.happens(Event::Continue)), Effect::Reload));
}

#[test]
fn who_may_not_see_the_page_is_told_why_and_offered_the_rest_of_the_app() {
    let (mut form, _) = Form::open(not_allowed(), config(), bob());
    let card = form.machine.card().unwrap();
    assert_eq!(card.name, "not-allowed");
    assert_eq!(card.submit.unwrap().1, Press::SignOut);
    assert_eq!(
        card.turns.iter().map(|turn| (turn.link, turn.to)).collect::<Vec<_>>(),
        [(Text::NotAllowedBack, TurnTo::App)]
    );
    let Effect::Leave(path) = one(form.happens(Event::Continue)) else { panic!("it stays") };
    assert_eq!(path, "/app");
}

#[test]
fn another_account_is_tried_on_the_same_page() {
    let (mut form, _) = Form::open(not_allowed(), config(), bob());
    form.happens(Event::SignOut);
    form.happens(Event::SignedOut(Ok(LogoutState::SignedOut)));
    assert_eq!(form.name(), "login");
    form.signs_in();
    let effects = form.happens(Event::Login(Ok(LoginState::Complete { ticket: None })));
    assert!(matches!(effects[..], [_, Effect::Reload]), "{effects:?}");
}

#[test]
fn inside_an_app_nothing_leads_to_its_first_page() {
    let setting = Setting { embedded: true, in_place: false, ..not_allowed() };
    let (form, _) = Form::open(setting, config(), bob());
    assert!(form.machine.card().unwrap().turns.is_empty());
}
