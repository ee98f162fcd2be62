//! A passkey is made on the account page.

use gatehouse_protocol::{AccountStep, Code, EnrollmentState, EnrollmentStep, ErrorCode, FlowToken};

use super::{asks, config, focus, known, refused, said};
use crate::{
    account::{Account, Act, Effect, Event, Own, Request, Said, Section},
    machine::{Opening, Screen, Text},
};

const HOST: &str = "app.example.org";

fn at(host: Option<&str>) -> Account {
    let mut page = Account::new(true).on_host(host.map(str::to_owned));
    page.apply(Event::Loaded(Ok(config()), Ok(known())));
    page
}

fn to_make() -> Event {
    Event::Enrolled(Ok(EnrollmentState::Passkey { flow: FlowToken::new("flow"), options: "{}".to_owned() }))
}

/// Presses the button and is asked by the browser.
fn asked() -> Account {
    let mut page = at(Some(HOST));
    let request = asks(page.apply(Event::Pressed(Act::AddPasskey)));
    assert!(matches!(request, Request::Enroll(EnrollmentStep::BeginPasskey { flow: None })));
    let effects = page.apply(to_make());
    let [Effect::Make(flow, options)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((flow.expose(), options.as_str()), ("flow", "{}"));
    assert!(page.busy(), "nothing else is done meanwhile");
    page
}

fn made(page: &mut Account, made: Result<(&str, &str), Said>) -> Vec<Effect> {
    let made = made.map(|(answer, name)| (answer.to_owned(), name.to_owned()));
    page.apply(Event::Made(FlowToken::new("flow"), made))
}

#[test]
fn a_passkey_is_made_and_named_after_the_device() {
    let mut page = asked();
    let request = asks(made(&mut page, Ok(("{\"id\":1}", "Firefox on Linux"))));
    let Request::Enroll(EnrollmentStep::ConfirmPasskey { flow, credential, name, keep }) = request else {
        panic!("{request:?}")
    };
    assert_eq!((flow.expose(), credential.as_str()), ("flow", "{\"id\":1}"));
    assert_eq!((name.as_str(), keep), ("Firefox on Linux", false));
    let done = Event::Enrolled(Ok(EnrollmentState::Complete { codes: Vec::new() }));
    assert!(matches!(asks(page.apply(done)), Request::Account(AccountStep::Overview {})));
    page.apply(Event::Answered(Ok(known())));
    assert_eq!(said(&page, Section::Factors), Some((Own::PasskeyAdded.into(), true)));
}

#[test]
fn the_first_factor_comes_with_recovery_codes() {
    let mut page = asked();
    made(&mut page, Ok(("{}", "")));
    let codes = vec![Code::new("a-b"), Code::new("c-d")];
    page.apply(Event::Enrolled(Ok(EnrollmentState::Complete { codes })));
    let inside = page.inside(Section::Factors).unwrap();
    assert!(matches!(&inside.opening, Opening::At(Screen::Codes { codes }) if codes.len() == 2));
}

#[test]
fn what_went_wrong_is_a_sentence_and_the_button_stays() {
    for why in [Text::NewPasskeyCancelled, Text::NewPasskeyFailed, Text::ErrorPasskeyExists].map(Said::from) {
        let mut page = asked();
        assert_eq!(focus(&made(&mut page, Err(why.clone()))), "gh-add-passkey");
        assert_eq!(said(&page, Section::Factors), Some((why, false)));
        assert!(!page.busy());
        asks(page.apply(Event::Pressed(Act::AddPasskey)));
    }
    let mut page = asked();
    made(&mut page, Ok(("{}", "")));
    page.apply(Event::Enrolled(refused(ErrorCode::PasskeyExists)));
    assert_eq!(said(&page, Section::Factors), Some((Text::ErrorPasskeyExists.into(), false)));
}

#[test]
fn a_fresh_proof_is_asked_for_first_and_then_it_goes_on() {
    let mut page = at(Some(HOST));
    page.apply(Event::Pressed(Act::AddPasskey));
    page.apply(Event::Enrolled(refused(ErrorCode::ReauthenticationRequired)));
    assert!(matches!(page.inside(Section::Factors).unwrap().opening, Opening::Reauthenticate));
    let request = asks(page.apply(Event::Inside("reauthenticated".to_owned())));
    assert!(matches!(request, Request::Enroll(EnrollmentStep::BeginPasskey { flow: None })));
    assert!(matches!(page.apply(to_make())[..], [Effect::Make(..)]));
}

#[test]
fn it_is_offered_at_its_own_host_in_a_browser_that_has_passkeys() {
    assert!(at(Some(HOST)).passkeys());
    for host in [None, Some("127.0.0.1"), Some("localhost")] {
        assert!(!at(host).passkeys());
    }
}
