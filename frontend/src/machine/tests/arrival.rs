//! Where a sign-in leads: to the app that waits for a ticket, or to a path on this origin.

use gatehouse_protocol::{Challenge, ClientConfig, ErrorCode, Field, LoginState, LoginStep, SessionState};

use super::kit::{Form, PASSWORD, bob, complete, config, embedded, focus, one, refused};
use crate::machine::{Announcement, Effect, Event, Gap, Opening, Press, Setting, Text};

#[test]
fn a_browser_that_is_signed_in_asks_for_a_ticket_without_a_password() {
    let (mut form, effects) = Form::open(embedded(), config(), bob());
    assert_eq!(form.name(), "loading", "no form flashes");
    let Effect::Login(LoginStep::Resume { challenge }) = one(effects) else {
        panic!("no ticket is asked for")
    };
    assert_eq!(challenge.0, "challenge-1");
    let effects = form.happens(Event::Login(Ok(complete())));
    assert!(matches!(effects[..], [Effect::Ticket(_), Effect::Announce(Announcement::SignedIn)]));
}

#[test]
fn a_refused_ticket_without_a_password_shows_the_form_without_a_word() {
    let (mut form, _) = Form::open(embedded(), config(), bob());
    let effects = form.happens(Event::Login(refused(ErrorCode::SignedOut)));
    assert_eq!((form.name(), form.notice()), ("login", None));
    assert_eq!(focus(&effects), Some(Field::Identifier));
}

#[test]
fn an_app_that_did_not_take_the_ticket_gets_the_form_again_and_not_a_loop() {
    let (mut form, _) = Form::open(embedded(), config(), bob());
    form.happens(Event::Login(Ok(complete())));
    assert!(form.happens(Event::Challenged(Some("challenge-1".to_owned()))).is_empty());
    assert_eq!(form.name(), "loading", "the same challenge says nothing new");

    let effects = form.happens(Event::Challenged(Some("challenge-2".to_owned())));
    assert_eq!((form.name(), form.notice()), ("login", Some((Text::TicketRefused, false))));
    assert_eq!(focus(&effects), Some(Field::Identifier), "and no second ticket without a password");
    let Effect::Login(LoginStep::Password { challenge, .. }) = one(form.signs_in()) else {
        panic!("no login step");
    };
    assert_eq!(challenge, Some(Challenge("challenge-2".to_owned())));
}

/// The server was started anew under the open form: the ticket names a connection that is gone.
#[test]
fn a_ticket_that_was_refused_after_a_password_is_asked_for_again_without_one() {
    let mut form = Form::login_in_app();
    form.signs_in();
    form.happens(Event::Login(Ok(complete())));
    let drawn = form.drawn();
    let effects = form.happens(Event::Challenged(Some("challenge-2".to_owned())));
    let Effect::Login(LoginStep::Resume { challenge }) = one(effects) else { panic!("no second ticket") };
    assert_eq!(challenge.0, "challenge-2");
    assert_eq!(form.drawn(), drawn, "the form stays as it is, working");
    let effects = form.happens(Event::Login(Ok(complete())));
    assert!(matches!(effects[..], [Effect::Ticket(_), Effect::Announce(Announcement::SignedIn)]));

    let effects = form.happens(Event::Challenged(Some("challenge-3".to_owned())));
    assert_eq!((form.name(), form.notice()), ("login", Some((Text::TicketRefused, false))), "and not a loop");
    assert!(focus(&effects).is_some());
}

#[test]
fn a_session_that_ended_with_its_ticket_is_told_as_a_page_that_changed() {
    let mut form = Form::login_in_app();
    form.signs_in();
    form.happens(Event::Login(Ok(complete())));
    form.happens(Event::Challenged(Some("challenge-2".to_owned())));
    form.happens(Event::Login(refused(ErrorCode::SignedOut)));
    assert_eq!((form.name(), form.notice()), ("login", Some((Text::TicketRefused, false))));
    form.signs_in();
    form.happens(Event::Login(refused(ErrorCode::CredentialsRejected)));
    assert_ne!(form.notice(), Some((Text::TicketRefused, false)), "the next refusal says what it is");
}

#[test]
fn a_new_challenge_before_any_ticket_is_used_in_silence() {
    let mut form = Form::login_in_app();
    form.types(Field::Identifier, "bob");
    let drawn = form.drawn();
    assert!(form.happens(Event::Challenged(Some("challenge-2".to_owned()))).is_empty());
    assert_eq!((form.drawn(), form.notice()), (drawn, None));
    form.types(Field::Password, PASSWORD);
    let Effect::Login(LoginStep::Password { challenge, .. }) = one(form.submit()) else {
        panic!("no login step");
    };
    assert_eq!(challenge, Some(Challenge("challenge-2".to_owned())));
}

#[test]
fn on_the_page_of_its_own_signing_in_leads_where_the_address_says_but_never_to_another_host() {
    for (next, path) in [
        (Some("/reports?page=2"), "/reports?page=2"),
        (None, "/app"),
        (Some("https://evil.example/"), "/app"),
        (Some("//evil.example/"), "/app"),
        (Some("/\\evil.example/"), "/app"),
        (Some("javascript:alert(1)"), "/app"),
    ] {
        let setting = Setting { next: next.map(str::to_owned), ..Setting::default() };
        let (mut form, _) = Form::open(setting, config(), SessionState::Anonymous);
        form.signs_in();
        let effects = form.happens(Event::Login(Ok(LoginState::Complete { ticket: None })));
        let [Effect::Announce(Announcement::SignedIn), Effect::Leave(to)] = &effects[..] else {
            panic!("{effects:?}");
        };
        assert_eq!(to, path);
    }
}

#[test]
fn an_app_path_on_another_host_leads_to_the_root() {
    let config = ClientConfig { app_path: "//evil.example".to_owned(), ..config() };
    let (mut form, _) = Form::open(Setting::default(), config, bob());
    let Effect::Leave(path) = one(form.happens(Event::Continue)) else { panic!("it stays") };
    assert_eq!(path, "/");
}

#[test]
fn somebody_without_the_role_sees_who_they_are_what_is_needed_and_the_way_to_another_account() {
    let setting = Setting {
        opening: Opening::NotAllowed,
        username: "bob".to_owned(),
        roles: vec!["admin".to_owned(), "auditor".to_owned()],
        ..embedded()
    };
    let (mut form, effects) = Form::open(setting, config(), bob());
    assert_eq!(form.name(), "not-allowed");
    assert_eq!(focus(&effects), None);
    let card = form.machine.card().unwrap();
    assert_eq!(card.lead[0].gaps, [("name", Gap::Words("bob".to_owned()))]);
    assert_eq!(card.lead[1].gaps, [("roles", Gap::Words("admin, auditor".to_owned()))]);
    let (_, press) = card.submit.unwrap();
    assert_eq!(press, Press::SignOut);
    assert!(matches!(one(form.happens(press.event(form.inputs.clone()))), Effect::SignOut));
}
