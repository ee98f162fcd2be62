//! A forgotten password: the link is asked for, opened, and used.

use gatehouse_protocol::{ErrorCode, Field, RecoveryState, RecoveryStep, SessionState};

use super::kit::{Form, PASSWORD, bob, by, config, focus, one, refused, refused_at, token};
use crate::machine::{Announcement, Effect, Event, Link, Place, Text};

/// A reset link that was found good.
fn resetting(session: SessionState) -> Form {
    let (mut form, effects) = Form::open(by(Link::Reset(token())), config(), session);
    assert!(matches!(one(effects), Effect::Recover(RecoveryStep::Open { .. })));
    let state = RecoveryState::ChoosePassword { username: "erin".to_owned() };
    let effects = form.happens(Event::Recovery(Ok(state)));
    assert_eq!(form.name(), "reset");
    assert_eq!(focus(&effects), Some(Field::Password));
    form
}

#[test]
fn asking_for_a_link_takes_the_name_along_and_names_it_on_the_next_page() {
    let mut form = Form::login();
    form.types(Field::Identifier, "erin@example.org");
    form.types(Field::Password, "not any more");
    form.go(Place::Recovery);
    assert_eq!((form.name(), form.inputs.identifier.as_str()), ("recovery", "erin@example.org"));
    let Effect::Recover(RecoveryStep::Request { identifier }) = one(form.submit()) else {
        panic!("no link is asked for");
    };
    assert_eq!(identifier, "erin@example.org");
    form.happens(Event::Recovery(Ok(RecoveryState::Sent)));
    assert_eq!(form.name(), "check-mail");

    let Effect::Recover(RecoveryStep::Request { identifier }) = one(form.happens(Event::Resend)) else {
        panic!("no link is asked for again");
    };
    assert_eq!(identifier, "erin@example.org");
    form.happens(Event::Recovery(Ok(RecoveryState::Sent)));
    assert_eq!((form.name(), form.notice()), ("check-mail", Some((Text::CheckMailResent, true))));
}

#[test]
fn a_request_without_a_name_is_not_sent() {
    let mut form = Form::login();
    form.go(Place::Recovery);
    assert_eq!(focus(&form.submit()), Some(Field::Identifier));
    assert_eq!(form.error(Field::Identifier), Some(Text::RequiredIdentifier));
}

#[test]
fn mails_that_are_off_are_said_in_the_form() {
    let mut form = Form::login();
    form.go(Place::Recovery);
    form.types(Field::Identifier, "erin");
    form.submit();
    form.happens(Event::Recovery(refused(ErrorCode::RecoveryOff)));
    assert_eq!((form.name(), form.notice()), ("recovery", Some((Text::ErrorRecoveryOff, false))));
}

#[test]
fn a_reset_link_replaces_the_password_and_ends_at_the_sign_in_form() {
    let mut form = resetting(SessionState::Anonymous);
    assert_eq!(form.machine.card().unwrap().account.as_deref(), Some("erin"));
    form.types(Field::Password, PASSWORD);
    let Effect::Recover(RecoveryStep::Reset { token: sent, password }) = one(form.submit()) else {
        panic!("nothing is reset");
    };
    assert_eq!((sent.expose(), password.expose()), (token().expose(), PASSWORD));
    let effects = form.happens(Event::Recovery(Ok(RecoveryState::Complete)));
    assert_eq!((form.name(), form.notice()), ("login", Some((Text::ResetDone, true))));
    assert_eq!(form.inputs.identifier, "erin");
    assert_eq!(form.inputs.password, "", "it is typed once more, or filled in by who stored it");
    assert_eq!(focus(&effects), Some(Field::Password));
    assert!(matches!(effects[..], [_, Effect::Announce(Announcement::SignedOut)]), "the other tabs are told");
}

#[test]
fn a_reset_ends_the_session_of_this_browser_too() {
    let mut form = resetting(bob());
    form.types(Field::Password, PASSWORD);
    form.submit();
    form.happens(Event::Recovery(Ok(RecoveryState::Complete)));
    form.happens(Event::Opened(Link::ChangePassword));
    assert_eq!(form.name(), "login", "who wants to change the password has to sign in first");
}

#[test]
fn a_refused_password_is_said_beside_it_and_the_link_still_holds() {
    let mut form = resetting(SessionState::Anonymous);
    form.types(Field::Password, "password1");
    form.submit();
    form.happens(Event::Recovery(refused_at(Field::Password, ErrorCode::PasswordCommon)));
    assert_eq!((form.name(), form.error(Field::Password)), ("reset", Some(Text::ErrorPasswordCommon)));
    form.types(Field::Password, PASSWORD);
    assert!(matches!(one(form.submit()), Effect::Recover(RecoveryStep::Reset { .. })));
}

#[test]
fn a_link_that_was_used_says_so_and_offers_another() {
    let (mut form, _) = Form::open(by(Link::Reset(token())), config(), SessionState::Anonymous);
    let effects = form.happens(Event::Recovery(refused(ErrorCode::LinkExpired)));
    assert_eq!(form.name(), "broken");
    assert_eq!(focus(&effects), None);
    assert_eq!(form.machine.card().unwrap().lead[0].text, Text::ErrorLinkExpired);
    form.go(Place::Recovery);
    assert_eq!(form.name(), "recovery");
}

#[test]
fn a_link_that_expires_while_the_password_is_chosen_says_so() {
    let mut form = resetting(SessionState::Anonymous);
    form.types(Field::Password, PASSWORD);
    form.submit();
    form.happens(Event::Recovery(refused(ErrorCode::LinkExpired)));
    assert_eq!(form.name(), "broken");
}
