//! Codes and links that are sent: in place of a password, and as a second factor.

use gatehouse_protocol::{
    Challenge, CodeChannel, EnrollmentState, EnrollmentStep, ErrorCode, Field, FlowToken, LoginState,
    LoginStep, SecondFactor, SessionState,
};

use super::kit::{Form, bob, by, complete, config, embedded, focus, one, refused, refused_at, token};
use crate::machine::{Effect, Event, Link, Opening, Place, Screen, Setting, Text};

fn sent(flow: &str, channel: CodeChannel) -> Event {
    Event::Login(Ok(LoginState::CodeSent { flow: FlowToken::new(flow), channel }))
}

/// A form whose person asked for a code by mail.
fn waiting() -> Form {
    let mut form = Form::open(embedded(), config(), SessionState::Anonymous).0;
    form.types(Field::Identifier, "bob");
    let Effect::Login(LoginStep::SendCode { identifier, channel }) =
        one(form.go(Place::Code(CodeChannel::Mail)))
    else {
        panic!("nothing is asked for");
    };
    assert_eq!((identifier.as_str(), channel), ("bob", CodeChannel::Mail));
    form.happens(sent("flow-1", CodeChannel::Mail));
    form
}

#[test]
fn a_code_is_asked_for_by_a_name_and_completes_the_login() {
    let mut form = waiting();
    assert_eq!(form.name(), "code");
    assert_eq!(form.turns(), [Text::CheckMailResend, Text::BackToLogin]);
    assert!(form.machine.card().unwrap().fields.iter().all(|f| f.digits));
    form.types(Field::Code, "1234 5678");
    let Effect::Login(LoginStep::Code { flow, code, challenge, .. }) = one(form.submit()) else {
        panic!("no code is sent");
    };
    assert_eq!((flow.expose(), code.expose()), ("flow-1", "1234 5678"));
    assert_eq!(challenge, Some(Challenge("challenge-1".to_owned())));
    form.happens(Event::Login(refused_at(Field::Code, ErrorCode::CodeRejected)));
    assert_eq!(form.error(Field::Code), Some(Text::ErrorCodeRejected));
    form.submit();
    let effects = form.happens(Event::Login(Ok(complete())));
    assert!(matches!(effects.first(), Some(Effect::Ticket(_))));
}

#[test]
fn without_a_name_the_form_says_what_to_do() {
    let mut form = Form::login();
    let effects = form.go(Place::Code(CodeChannel::Sms));
    assert_eq!(focus(&effects), Some(Field::Identifier));
    assert_eq!(form.error(Field::Identifier), Some(Text::RequiredIdentifier));
}

#[test]
fn only_the_ways_that_are_open_are_offered() {
    let form = Form::login();
    assert_eq!(form.turns()[..2], [Text::LoginMailCode, Text::LoginSmsCode]);
    let closed = gatehouse_protocol::ClientConfig { codes: Vec::new(), ..config() };
    let (form, _) = Form::open(Setting::default(), closed, SessionState::Anonymous);
    assert!(!form.turns().contains(&Text::LoginMailCode));
}

#[test]
fn a_code_that_is_sent_again_is_of_another_flow() {
    let mut form = waiting();
    assert!(matches!(one(form.happens(Event::Resend)), Effect::Login(LoginStep::SendCode { .. })));
    form.happens(sent("flow-2", CodeChannel::Mail));
    assert_eq!(form.notice(), Some((Text::CodeSent, true)));
    form.types(Field::Code, "12345678");
    assert!(
        matches!(one(form.submit()), Effect::Login(LoginStep::Code { flow, .. }) if flow.expose() == "flow-2")
    );
    form.happens(Event::Login(refused(ErrorCode::FlowExpired)));
    assert_eq!((form.name(), form.notice()), ("login", Some((Text::ErrorFlowExpired, false))));
}

/// Story: a scanner of mail opens every link that it finds, and runs what it finds there.
#[test]
fn opening_the_link_of_a_mail_asks_for_nothing_before_the_button_is_pressed() {
    let (mut form, effects) = Form::open(by(Link::SignIn(token())), config(), SessionState::Anonymous);
    assert_eq!((form.name(), focus(&effects)), ("code-link", None));
    let Effect::Login(LoginStep::CodeLink { token, .. }) = one(form.submit()) else {
        panic!("the button does nothing");
    };
    assert_eq!(token.expose(), "token-of-a-link");
    form.happens(Event::Login(refused(ErrorCode::OtherBrowser)));
    assert_eq!((form.name(), form.notice()), ("code-link", Some((Text::ErrorOtherBrowser, false))));
}

#[test]
fn an_sms_is_sent_when_it_is_chosen_and_not_before() {
    let mut form = Form::login();
    form.signs_in();
    let factors = vec![SecondFactor::Totp, SecondFactor::Sms, SecondFactor::RecoveryCode];
    let asked = |factors| Event::Login(Ok(LoginState::Challenge { flow: FlowToken::new("flow-1"), factors }));
    let effects = form.happens(asked(factors));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Login(_))), "{effects:?}");
    assert_eq!(form.turns(), [Text::ChallengeToSms, Text::ChallengeToRecovery, Text::BackToLogin]);
    let effects = form.go(Place::Factor(SecondFactor::Sms));
    assert!(matches!(effects[..], [Effect::Focus(_), Effect::Login(LoginStep::SendSms { .. })]));
    form.happens(sent("flow-1", CodeChannel::Sms));
    assert_eq!((form.name(), form.notice()), ("challenge", Some((Text::CodeSent, true))));
    assert!(matches!(one(form.happens(Event::Resend)), Effect::Login(LoginStep::SendSms { .. })));
    form.happens(Event::Login(refused(ErrorCode::TooManyAttempts)));
    assert_eq!(form.name(), "challenge", "another factor can be chosen");
    form.types(Field::Code, "12345678");
    assert!(matches!(one(form.submit()), Effect::Login(LoginStep::Code { .. })));

    let mut form = Form::login();
    form.signs_in();
    let effects = form.happens(asked(vec![SecondFactor::Sms, SecondFactor::RecoveryCode]));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Login(LoginStep::SendSms { .. }))));
}

#[test]
fn the_code_of_a_phone_that_is_set_up_goes_where_it_was_asked_for() {
    let screen = Screen::Code { flow: FlowToken::new("flow-1"), channel: CodeChannel::Sms };
    let setting = Setting { embedded: true, opening: Opening::At(screen), ..Setting::default() };
    let (mut form, _) = Form::open(setting, config(), bob());
    assert!(form.turns().is_empty(), "who opened the form can close it");
    form.types(Field::Code, "12345678");
    assert!(matches!(one(form.submit()), Effect::Enroll(EnrollmentStep::ConfirmPhone { .. })));
    let done = form.happens(Event::Enrollment(Ok(EnrollmentState::Complete { codes: Vec::new() })));
    assert!(matches!(done[..], [Effect::Done("enrolled")]), "{done:?}");
}
