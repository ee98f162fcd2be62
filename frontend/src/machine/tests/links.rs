//! Links of mails: opened with the page, or pasted into it while it is already there.

use gatehouse_protocol::{
    ErrorCode, Field, RecoveryState, RecoveryStep, RegistrationState, RegistrationStep, SessionState,
};

use super::kit::{Failed, Form, bob, by, config, one, refused, refused_at, token};
use crate::machine::{Effect, Event, Failure, Link, Place, Setting, Text};

fn reset() -> Event {
    Event::Opened(Link::Reset(token()))
}

fn choose() -> Event {
    Event::Recovery(Ok(RecoveryState::ChoosePassword { username: "erin".to_owned() }))
}

#[test]
fn a_link_pasted_into_the_open_page_is_opened() {
    let mut form = Form::login();
    assert!(matches!(one(form.happens(reset())), Effect::Recover(RecoveryStep::Open { .. })));
    assert_eq!(form.name(), "loading");
    form.happens(choose());
    assert_eq!(form.name(), "reset");
}

#[test]
fn an_address_without_a_link_changes_nothing() {
    let mut form = Form::login();
    form.types(Field::Identifier, "bob");
    let drawn = form.drawn();
    assert!(form.happens(Event::Opened(Link::None)).is_empty());
    assert_eq!((form.name(), form.drawn()), ("login", drawn));
}

/// The answer to the registration is not the answer to the link: each has its turn.
#[test]
fn a_link_pasted_while_the_form_works_waits_for_the_answer() {
    let mut form = Form::login();
    form.go(Place::Registration);
    form.types(Field::Username, "carol");
    form.types(Field::Email, "carol@example.org");
    form.types(Field::Password, "seven little green boats");
    assert!(matches!(one(form.submit()), Effect::Register(RegistrationStep::Submit { .. })));

    assert!(form.happens(reset()).is_empty(), "two requests would be under way");
    let effects = form.happens(Event::Registration(refused_at(Field::Username, ErrorCode::UsernameTaken)));
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Recover(RecoveryStep::Open { .. }))),
        "{effects:?}"
    );
    form.happens(choose());
    assert_eq!(form.name(), "reset");
}

/// Before, the link's question was put twice, and the second answer found no link and showed the sign-in form.
#[test]
fn a_link_pasted_before_the_first_screen_is_opened_once() {
    let mut form = Form::new(Setting::default());
    assert!(form.happens(Event::Opened(Link::Invite(token()))).is_empty());
    let effects = form.happens(Event::Loaded(Ok((config(), SessionState::Anonymous))));
    assert!(matches!(one(effects), Effect::Register(RegistrationStep::Open { .. })));
    form.happens(Event::Registration(Ok(RegistrationState::Offer { email: None, setup: false })));
    assert_eq!(form.name(), "registration");
}

#[test]
fn a_link_pasted_into_a_page_that_reached_nobody_asks_for_everything_again() {
    let mut form = Form::new(Setting::default());
    form.happens(Event::Loaded(Err(Failure::Unreachable)));
    assert_eq!(form.name(), "unreachable");
    assert!(matches!(one(form.happens(reset())), Effect::Load));
    let effects = form.happens(Event::Loaded(Ok((config(), SessionState::Anonymous))));
    assert!(matches!(one(effects), Effect::Recover(RecoveryStep::Open { .. })));
}

#[test]
fn a_link_that_nobody_answered_is_opened_again_by_trying_again() {
    let links: [(Link, Failed); 4] = [
        (Link::Setup(token()), |failure| Event::Registration(Err(failure))),
        (Link::Invite(token()), |failure| Event::Registration(Err(failure))),
        (Link::Verify(token()), |failure| Event::Verification(Err(failure))),
        (Link::Reset(token()), |failure| Event::Recovery(Err(failure))),
    ];
    for (link, failed) in links {
        let (mut form, first) = Form::open(by(link), config(), SessionState::Anonymous);
        form.happens(failed(Failure::Unreachable));
        assert_eq!(form.name(), "unreachable");
        assert!(matches!(one(form.happens(Event::Retry)), Effect::Load));
        assert!(form.happens(Event::Retry).is_empty(), "once");
        let again = form.happens(Event::Loaded(Ok((config(), SessionState::Anonymous))));
        assert_eq!(format!("{:?}", one(again)), format!("{:?}", one(first)));
    }
}

#[test]
fn a_link_that_the_endpoint_refuses_is_not_opened_again() {
    for code in [ErrorCode::LinkExpired, ErrorCode::TooManyAttempts, ErrorCode::Unavailable] {
        let (mut form, _) = Form::open(by(Link::Reset(token())), config(), SessionState::Anonymous);
        form.happens(Event::Recovery(refused(code)));
        assert_eq!(form.machine.card().unwrap().lead[0].text, Text::from(code));
        assert!(form.happens(Event::Retry).is_empty());
        assert!(form.turns().contains(&Text::BackToLogin));
    }
}

#[test]
fn the_page_for_a_new_password_is_reached_by_a_link_too() {
    let (mut form, _) = Form::open(Setting::default(), config(), bob());
    form.happens(Event::Opened(Link::ChangePassword));
    assert_eq!(form.name(), "change-password");
}
