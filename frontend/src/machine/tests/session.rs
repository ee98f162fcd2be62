//! Who is signed in: going on, changing the password, signing out.

use gatehouse_protocol::{ErrorCode, Field, LoginState, LogoutState, PasswordChanged, SessionState};

use super::kit::{Form, PASSWORD, bob, by, config, embedded, focus, one, refused, refused_at};
use crate::machine::{Announcement, Effect, Event, Link, Opening, Place, Press, Setting, Text};

const NEW: &str = "another lamp in the window";

fn done() -> Event {
    Event::Changed(Ok(PasswordChanged { ended: 1 }))
}

fn changes(form: &mut Form) -> Effect {
    form.types(Field::CurrentPassword, PASSWORD);
    form.types(Field::Password, NEW);
    one(form.submit())
}

#[test]
fn the_page_of_its_own_greets_who_is_signed_in() {
    let (mut form, effects) = Form::open(Setting::default(), config(), bob());
    assert_eq!(form.name(), "signed-in");
    assert_eq!(focus(&effects), None);
    assert_eq!(form.turns(), [Text::SignedInChange, Text::SignOut]);
    let (_, press) = form.machine.card().unwrap().submit.unwrap();
    assert_eq!(press, Press::Continue);
    assert!(matches!(one(form.happens(press.event(form.inputs.clone()))), Effect::Leave(_)));
}

#[test]
fn signing_out_shows_the_form_and_tells_the_other_tabs() {
    let (mut form, _) = Form::open(Setting::default(), config(), bob());
    assert!(matches!(one(form.happens(Event::SignOut)), Effect::SignOut));
    assert!(form.happens(Event::SignOut).is_empty(), "once");
    let effects = form.happens(Event::SignedOut(Ok(LogoutState::SignedOut)));
    assert_eq!(form.name(), "login");
    assert!(matches!(effects[..], [Effect::Announce(Announcement::SignedOut), Effect::Focus(_)]));
}

#[test]
fn inside_an_app_signing_out_is_told_to_the_app_which_draws_what_comes() {
    let setting = Setting { opening: Opening::NotAllowed, ..embedded() };
    let (mut form, _) = Form::open(setting, config(), bob());
    form.happens(Event::SignOut);
    let effects = form.happens(Event::SignedOut(Ok(LogoutState::SignedOut)));
    assert!(
        matches!(effects[..], [Effect::Announce(Announcement::SignedOut), Effect::Done("signed_out")]),
        "{effects:?}"
    );
    assert_eq!(form.name(), "not-allowed");
    assert!(form.machine.busy());
}

#[test]
fn a_sign_out_that_fails_can_be_tried_again() {
    let (mut form, _) = Form::open(Setting::default(), config(), bob());
    form.happens(Event::SignOut);
    form.happens(Event::SignedOut(refused(ErrorCode::Unavailable)));
    assert_eq!((form.name(), form.notice()), ("signed-in", Some((Text::ErrorUnavailable, false))));
    assert!(matches!(one(form.happens(Event::SignOut)), Effect::SignOut));
}

#[test]
fn a_password_is_changed_inside_an_app_and_the_app_is_told() {
    let setting = Setting { opening: Opening::ChangePassword, challenge: None, ..embedded() };
    let (mut form, effects) = Form::open(setting, config(), bob());
    assert_eq!(form.name(), "change-password");
    assert_eq!(focus(&effects), Some(Field::CurrentPassword));
    assert_eq!(form.machine.card().unwrap().account.as_deref(), Some("bob"));
    let Effect::ChangePassword(change) = changes(&mut form) else { panic!("nothing is changed") };
    assert_eq!((change.current.expose(), change.new.expose()), (PASSWORD, NEW));
    let effects = form.happens(done());
    assert_eq!(form.name(), "password-changed");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Done("password_changed"))), "{effects:?}");
    assert!(form.machine.card().unwrap().submit.is_none(), "the app goes on by itself");
}

#[test]
fn on_the_page_of_its_own_the_way_to_the_app_is_offered_afterwards() {
    let (mut form, _) = Form::open(Setting::default(), config(), bob());
    form.go(Place::ChangePassword);
    changes(&mut form);
    form.happens(done());
    let (_, press) = form.machine.card().unwrap().submit.unwrap();
    assert_eq!(press, Press::Continue);
}

#[test]
fn a_wrong_current_password_is_said_beside_it_and_the_new_one_stays() {
    let (mut form, _) = Form::open(by(Link::ChangePassword), config(), bob());
    changes(&mut form);
    let drawn = form.drawn();
    let wrong = refused_at(Field::CurrentPassword, ErrorCode::CurrentPasswordWrong);
    assert_eq!(focus(&form.happens(Event::Changed(wrong))), Some(Field::CurrentPassword));
    assert_eq!(form.error(Field::CurrentPassword), Some(Text::ErrorCurrentPasswordWrong));
    assert_eq!((form.drawn(), form.inputs.password.as_str()), (drawn, NEW));
}

#[test]
fn who_is_not_signed_in_signs_in_first_and_then_changes_the_password() {
    let (mut form, _) = Form::open(by(Link::ChangePassword), config(), SessionState::Anonymous);
    assert_eq!(form.name(), "login");
    form.signs_in();
    let effects = form.happens(Event::Login(Ok(LoginState::Complete { ticket: None })));
    assert!(matches!(effects[..], [Effect::Announce(Announcement::SignedIn), Effect::Load]), "{effects:?}");
    form.happens(Event::Loaded(Ok((config(), bob()))));
    assert_eq!(form.name(), "change-password");
}

#[test]
fn who_thinks_better_of_it_goes_to_the_app_instead() {
    let (mut form, _) = Form::open(by(Link::ChangePassword), config(), SessionState::Anonymous);
    form.go(Place::Recovery);
    form.go(Place::Login);
    form.signs_in();
    let effects = form.happens(Event::Login(Ok(LoginState::Complete { ticket: None })));
    assert!(matches!(effects[..], [_, Effect::Leave(_)]), "{effects:?}");
}

#[test]
fn a_session_that_ended_meanwhile_leads_over_the_sign_in_form_back_to_the_change() {
    let (mut form, _) = Form::open(by(Link::ChangePassword), config(), bob());
    changes(&mut form);
    form.happens(Event::Changed(refused(ErrorCode::SignedOut)));
    assert_eq!((form.name(), form.notice()), ("login", Some((Text::ErrorSignedOut, false))));
    form.signs_in();
    let effects = form.happens(Event::Login(Ok(LoginState::Complete { ticket: None })));
    assert!(matches!(effects[..], [_, Effect::Load]), "{effects:?}");
}
