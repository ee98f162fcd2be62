//! Second factors: proving one, setting one up, and fresh proofs of who is signed in.

use gatehouse_protocol::{
    Challenge, Code, EnrollmentState, EnrollmentStep, ErrorCode, Field, FlowToken, LoginState, LoginStep,
    SecondFactor, SessionState,
};

use super::kit::{Form, PASSWORD, bob, complete, config, embedded, focus, one, refused, refused_at};
use crate::machine::{Announcement, Effect, Event, Opening, Place, Press, Screen, Setting, Shown, Text};

fn flow() -> FlowToken {
    FlowToken::new("flow-1")
}

fn asked(factors: &[SecondFactor]) -> Event {
    Event::Login(Ok(LoginState::Challenge { flow: flow(), factors: factors.to_vec() }))
}

fn both() -> Event {
    asked(&[SecondFactor::Totp, SecondFactor::RecoveryCode])
}

fn key() -> Event {
    let (key, picture) = (Code::new("JBSW Y3DP"), "<svg/>".to_owned());
    Event::Enrollment(Ok(EnrollmentState::Totp { flow: FlowToken::new("flow-2"), key, picture }))
}

fn codes(codes: &[&str]) -> Event {
    Event::Enrollment(Ok(EnrollmentState::Complete { codes: codes.iter().map(|c| Code::new(*c)).collect() }))
}

fn opened(opening: Opening) -> (Form, Vec<Effect>) {
    Form::open(Setting { embedded: true, opening, ..Setting::default() }, config(), bob())
}

#[test]
fn a_code_completes_a_login_with_what_the_password_step_was_told() {
    let mut form = Form::login_in_app();
    form.inputs.keep = true;
    form.signs_in();
    let effects = form.happens(both());
    assert_eq!((form.name(), focus(&effects)), ("challenge", Some(Field::Code)));
    assert_eq!(form.turns(), [Text::ChallengeToRecovery, Text::BackToLogin]);
    assert!(form.machine.card().unwrap().fields.iter().all(|f| f.digits), "a keyboard of digits");
    form.types(Field::Code, "123 456");
    let Effect::Login(LoginStep::Totp { flow, code, keep, challenge }) = one(form.submit()) else {
        panic!("no second factor is sent");
    };
    assert_eq!((flow.expose(), code.expose(), keep), ("flow-1", "123 456", true));
    assert_eq!(challenge, Some(Challenge("challenge-1".to_owned())));
    let effects = form.happens(Event::Login(Ok(complete())));
    assert!(matches!(effects[..], [Effect::Ticket(_), Effect::Announce(Announcement::SignedIn)]));
}

#[test]
fn a_recovery_code_is_another_form_and_leads_back() {
    let mut form = Form::login_in_app();
    form.signs_in();
    form.happens(both());
    form.types(Field::Code, "123");
    let effects = form.go(Place::Factor(SecondFactor::RecoveryCode));
    assert_eq!((form.name(), focus(&effects)), ("challenge", Some(Field::Code)));
    assert_eq!(form.inputs.of(Field::Code), "", "half a code is no recovery code");
    let card = form.machine.card().unwrap();
    assert!(card.fields.iter().all(|f| !f.digits && f.label == Text::FieldRecoveryCode));
    assert_eq!(form.turns(), [Text::ChallengeToApp, Text::BackToLogin]);
    form.types(Field::Code, "7kq2-m4xd");
    assert!(matches!(one(form.submit()), Effect::Login(LoginStep::RecoveryCode { .. })));
    form.happens(Event::Login(refused_at(Field::Code, ErrorCode::CodeRejected)));
    form.go(Place::Factor(SecondFactor::Totp));
    assert_eq!(form.machine.card().unwrap().title.text, Text::ChallengeTitle);
    assert_eq!(form.error(Field::Code), None);
}

#[test]
fn only_what_the_person_has_is_offered() {
    let mut form = Form::login();
    form.signs_in();
    form.happens(asked(&[SecondFactor::RecoveryCode]));
    assert_eq!(form.machine.card().unwrap().title.text, Text::ChallengeRecoveryTitle);
    assert_eq!(form.turns(), [Text::BackToLogin]);
    form.go(Place::Login);
    assert_eq!((form.name(), form.inputs.identifier.as_str()), ("login", "bob"));
}

#[test]
fn a_wrong_code_is_said_beside_it_and_what_was_typed_stays() {
    let mut form = Form::login();
    form.signs_in();
    form.happens(both());
    let drawn = form.drawn();
    assert_eq!(focus(&form.submit()), Some(Field::Code));
    assert_eq!(form.error(Field::Code), Some(Text::RequiredCode));
    form.types(Field::Code, "000000");
    assert_eq!(form.error(Field::Code), None);
    form.submit();
    let effects = form.happens(Event::Login(refused_at(Field::Code, ErrorCode::CodeRejected)));
    assert_eq!(focus(&effects), Some(Field::Code));
    assert_eq!(form.error(Field::Code), Some(Text::ErrorCodeRejected));
    assert_eq!((form.drawn(), form.inputs.of(Field::Code)), (drawn, "000000"));
}

#[test]
fn a_code_that_came_too_late_begins_the_login_again() {
    let mut form = Form::login();
    form.signs_in();
    form.happens(both());
    form.types(Field::Code, "000000");
    form.submit();
    form.happens(Event::Login(refused(ErrorCode::FlowExpired)));
    assert_eq!((form.name(), form.notice()), ("login", Some((Text::ErrorFlowExpired, false))));
}

#[test]
fn who_must_have_a_factor_sets_one_up_before_the_login_is_complete() {
    let mut form = Form::login_in_app();
    form.inputs.keep = true;
    form.signs_in();
    let begin = one(form.happens(Event::Login(Ok(LoginState::Enroll { flow: flow() }))));
    let Effect::Enroll(EnrollmentStep::BeginTotp { flow: Some(sent) }) = begin else { panic!("{begin:?}") };
    assert_eq!((sent.expose(), form.name()), ("flow-1", "login"));
    assert!(form.machine.busy(), "the form works until the key is there");

    let effects = form.happens(key());
    assert_eq!((form.name(), focus(&effects)), ("enroll", Some(Field::Code)));
    let shown = form.machine.card().unwrap().shown;
    assert_eq!(shown, Shown::Key { key: "JBSW Y3DP".to_owned(), picture: "<svg/>".to_owned() });
    form.types(Field::Code, "123456");
    let Effect::Enroll(EnrollmentStep::ConfirmTotp { flow, code, keep }) = one(form.submit()) else {
        panic!("nothing is confirmed");
    };
    assert_eq!((flow.expose(), code.expose(), keep), ("flow-2", "123456", true));

    form.happens(codes(&["aaaa-bbbb", "cccc-dddd"]));
    assert_eq!(form.name(), "codes");
    let card = form.machine.card().unwrap();
    assert_eq!(card.shown, Shown::Codes(vec!["aaaa-bbbb".to_owned(), "cccc-dddd".to_owned()]));
    assert_eq!(card.submit.unwrap().1, Press::Continue);
    let Effect::Login(LoginStep::Resume { challenge }) = one(form.happens(Event::Continue)) else {
        panic!("the app that waits gets no ticket");
    };
    assert_eq!(challenge, Challenge("challenge-1".to_owned()));
    let effects = form.happens(Event::Login(Ok(complete())));
    assert!(matches!(effects[..], [Effect::Ticket(_), Effect::Announce(Announcement::SignedIn)]));
}

#[test]
fn who_has_codes_already_goes_straight_on() {
    let mut form = Form::login();
    form.signs_in();
    form.happens(Event::Login(Ok(LoginState::Enroll { flow: flow() })));
    form.happens(key());
    form.types(Field::Code, "123456");
    form.submit();
    let effects = form.happens(codes(&[]));
    assert!(
        matches!(effects[..], [Effect::Announce(Announcement::SignedIn), Effect::Leave(_)]),
        "{effects:?}"
    );
}

#[test]
fn a_ticket_that_fails_after_the_codes_can_be_asked_for_again() {
    let mut form = Form::login_in_app();
    form.signs_in();
    form.happens(Event::Login(Ok(LoginState::Enroll { flow: flow() })));
    form.happens(key());
    form.types(Field::Code, "123456");
    form.submit();
    form.happens(codes(&["aaaa-bbbb"]));
    form.happens(Event::Continue);
    form.happens(Event::Login(refused(ErrorCode::Unavailable)));
    assert_eq!((form.name(), form.notice()), ("codes", Some((Text::ErrorUnavailable, false))));
    assert!(matches!(one(form.happens(Event::Continue)), Effect::Login(LoginStep::Resume { .. })));
}

#[test]
fn a_page_that_needs_a_second_factor_asks_for_it_at_once() {
    let (mut form, effects) = opened(Opening::StepUp);
    assert!(matches!(one(effects), Effect::Login(LoginStep::StepUp {})));
    assert_eq!(form.name(), "loading");
    form.happens(both());
    assert_eq!(form.turns(), [Text::ChallengeToRecovery, Text::SignOut]);
    form.types(Field::Code, "123456");
    form.submit();
    let effects = form.happens(Event::Login(Ok(LoginState::Complete { ticket: None })));
    assert!(matches!(one(effects), Effect::Done("stepped_up")));
}

#[test]
fn stepping_up_hands_a_ticket_to_an_app_that_waits_and_reloads_a_page_of_its_own() {
    let setting = Setting { opening: Opening::StepUp, ..embedded() };
    let (mut form, _) = Form::open(setting, config(), bob());
    let resume = one(form.happens(Event::Login(Ok(LoginState::Complete { ticket: None }))));
    assert!(matches!(resume, Effect::Login(LoginStep::Resume { .. })), "{resume:?}");
    let effects = form.happens(Event::Login(Ok(complete())));
    assert!(matches!(effects[..], [Effect::Ticket(_), Effect::Announce(_)]));

    let setting = Setting { opening: Opening::StepUp, ..Setting::default() };
    let (mut form, _) = Form::open(setting, config(), bob());
    let effects = form.happens(Event::Login(Ok(LoginState::Complete { ticket: None })));
    assert!(matches!(one(effects), Effect::Reload));
}

#[test]
fn a_step_up_that_fails_says_why_and_who_is_not_signed_in_signs_in() {
    let (mut form, _) = opened(Opening::StepUp);
    form.happens(Event::Login(refused(ErrorCode::Unavailable)));
    assert_eq!((form.name(), form.notice()), ("login", Some((Text::ErrorUnavailable, false))));
    let setting = Setting { opening: Opening::StepUp, ..embedded() };
    let (form, _) = Form::open(setting, config(), SessionState::Anonymous);
    assert_eq!(form.name(), "login");

    let (mut form, _) = opened(Opening::StepUp);
    form.happens(Event::Login(Err(crate::machine::Failure::Unreachable)));
    assert_eq!(form.name(), "unreachable");
    assert!(matches!(one(form.happens(Event::Retry)), Effect::Load));
    let effects = form.happens(Event::Loaded(Ok((config(), bob()))));
    assert!(matches!(one(effects), Effect::Login(LoginStep::StepUp {})), "it is asked again");
}

#[test]
fn a_fresh_proof_is_the_password_of_who_is_signed_in() {
    let (mut form, effects) = opened(Opening::Reauthenticate);
    assert_eq!((form.name(), focus(&effects)), ("reauthenticate", Some(Field::Password)));
    let card = form.machine.card().unwrap();
    assert!(card.fields[0].locked && card.fields[0].value == "bob" && card.turns.is_empty());
    form.types(Field::Password, PASSWORD);
    let Effect::Login(LoginStep::Reauthenticate { password }) = one(form.submit()) else { panic!() };
    assert_eq!(password.expose(), PASSWORD);
    form.happens(Event::Login(refused(ErrorCode::CredentialsRejected)));
    assert_eq!(form.notice(), Some((Text::ErrorCurrentPasswordWrong, false)));
    form.submit();
    form.happens(both());
    assert_eq!(form.turns(), [Text::ChallengeToRecovery]);
    form.types(Field::Code, "123456");
    let effects = form.submit();
    assert!(matches!(&effects[..], [Effect::Login(LoginStep::Totp { challenge: None, .. })]));
    let effects = form.happens(Event::Login(Ok(LoginState::Complete { ticket: None })));
    assert!(matches!(one(effects), Effect::Done("reauthenticated")));
}

#[test]
fn setting_a_factor_up_in_the_account_page_is_told_to_it() {
    let (key, picture) = (Code::new("JBSW"), Code::new("<svg/>"));
    let (mut form, _) = opened(Opening::At(Screen::Enroll { flow: flow(), key, picture }));
    assert_eq!((form.name(), form.turns().len()), ("enroll", 0));
    form.types(Field::Code, "123456");
    form.submit();
    form.happens(codes(&["aaaa-bbbb"]));
    assert!(matches!(one(form.happens(Event::Continue)), Effect::Done("enrolled")));

    let (mut form, _) = opened(Opening::At(Screen::Codes { codes: vec![Code::new("aaaa-bbbb")] }));
    assert_eq!(form.name(), "codes");
    assert!(matches!(one(form.happens(Event::Continue)), Effect::Done("enrolled")));

    let (mut form, _) =
        opened(Opening::At(Screen::Enroll { flow: flow(), key: Code::new("K"), picture: Code::new("P") }));
    form.types(Field::Code, "123456");
    form.submit();
    let effects = form.happens(Event::Enrollment(refused(ErrorCode::FlowExpired)));
    assert!(matches!(one(effects), Effect::Done("expired")));
}

#[test]
fn a_change_that_needs_a_fresh_proof_is_told_to_who_can_ask_for_it_and_said_where_nobody_can() {
    for inside in [true, false] {
        let opening = Opening::ChangePassword;
        let setting = Setting { embedded: true, inside, opening, ..Setting::default() };
        let (mut form, _) = Form::open(setting, config(), bob());
        form.types(Field::CurrentPassword, PASSWORD);
        form.types(Field::Password, "another lamp in the window");
        form.submit();
        let effects = form.happens(Event::Changed(refused(ErrorCode::ReauthenticationRequired)));
        assert_eq!(matches!(effects[..], [Effect::Done("reauthentication_required")]), inside, "{effects:?}");
        let said = form.notice().map(|(text, _)| text);
        assert_eq!(said, (!inside).then_some(Text::ErrorReauthenticationRequired));
    }
}
