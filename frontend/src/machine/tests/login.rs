//! Signing in.

use gatehouse_protocol::{
    Challenge, ClientConfig, ErrorCode, Field, LoginState, LoginStep, Problem, RegistrationMode,
    SessionState, VerificationState, VerificationStep,
};

use super::kit::{Form, PASSWORD, complete, config, focus, must_change, one, refused, refused_at};
use crate::machine::{Announcement, Effect, Event, Failure, Gap, Place, Setting, Text};

#[test]
fn signing_in_hands_the_ticket_to_the_app_and_leaves_the_form_working() {
    let mut form = Form::login_in_app();
    assert_eq!(form.name(), "login");
    let Effect::Login(LoginStep::Password { identifier, password, keep, challenge }) = one(form.signs_in())
    else {
        panic!("no login step");
    };
    assert_eq!((identifier.as_str(), password.expose(), keep), ("bob", PASSWORD, false));
    assert_eq!(challenge, Some(Challenge("challenge-1".to_owned())));

    let effects = form.happens(Event::Login(Ok(complete())));
    let [Effect::Ticket(ticket), Effect::Announce(Announcement::SignedIn)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(ticket.expose(), "ticket-1");
    assert_eq!(form.name(), "login");
    assert!(form.machine.busy(), "the button works until the app takes the form away");
}

#[test]
fn values_are_read_at_submit_because_a_password_manager_tells_nobody() {
    let mut form = Form::login();
    form.inputs.identifier = "bob@example.org".to_owned();
    form.inputs.password = PASSWORD.to_owned();
    form.inputs.keep = true;
    let Effect::Login(LoginStep::Password { identifier, password, keep, challenge }) = one(form.submit())
    else {
        panic!("no login step");
    };
    assert_eq!((identifier.as_str(), password.expose(), keep), ("bob@example.org", PASSWORD, true));
    assert_eq!(challenge, None);
}

#[test]
fn a_password_is_sent_exactly_as_typed() {
    let mut form = Form::login();
    form.types(Field::Identifier, "bob");
    form.types(Field::Password, "  e\u{301} \u{fb01}\0 ");
    let Effect::Login(LoginStep::Password { password, .. }) = one(form.submit()) else {
        panic!("no login step");
    };
    assert_eq!(password.expose(), "  e\u{301} \u{fb01}\0 ");
}

#[test]
fn a_second_submit_sends_nothing() {
    let mut form = Form::login();
    assert!(matches!(one(form.signs_in()), Effect::Login(_)));
    for _ in 0..3 {
        assert!(form.submit().is_empty());
    }
    assert!(form.happens(Event::SignOut).is_empty());
    assert!(form.go(Place::Recovery).is_empty());
    assert_eq!(form.name(), "login");
    form.happens(Event::Login(refused(ErrorCode::CredentialsRejected)));
    assert!(matches!(one(form.submit()), Effect::Login(_)), "after the answer it sends again");
}

#[test]
fn what_is_missing_is_said_beside_each_field_and_the_focus_goes_to_the_first() {
    let mut form = Form::login();
    let effects = form.submit();
    assert_eq!(effects.len(), 1, "nothing is sent");
    assert_eq!(focus(&effects), Some(Field::Identifier));
    assert_eq!(form.error(Field::Identifier), Some(Text::RequiredIdentifier));
    assert_eq!(form.error(Field::Password), Some(Text::RequiredPassword));

    form.types(Field::Identifier, "bob");
    assert_eq!(form.error(Field::Identifier), None, "mended while typing");
    assert_eq!(form.error(Field::Password), Some(Text::RequiredPassword));
    assert_eq!(focus(&form.submit()), Some(Field::Password));
}

#[test]
fn an_identifier_of_spaces_is_no_identifier() {
    let mut form = Form::login();
    form.types(Field::Identifier, " \u{3000} ");
    form.types(Field::Password, PASSWORD);
    assert_eq!(focus(&form.submit()), Some(Field::Identifier));
    assert_eq!(form.error(Field::Identifier), Some(Text::RequiredIdentifier));
}

#[test]
fn a_wrong_password_keeps_what_was_typed_and_selects_the_password() {
    let mut form = Form::login();
    form.signs_in();
    let drawn = form.drawn();
    let effects = form.happens(Event::Login(refused(ErrorCode::CredentialsRejected)));
    assert_eq!(focus(&effects), Some(Field::Password));
    assert_eq!(form.notice(), Some((Text::ErrorCredentialsRejected, false)));
    assert_eq!(form.drawn(), drawn);
    assert_eq!((form.inputs.identifier.as_str(), form.inputs.password.as_str()), ("bob", PASSWORD));
    form.submit();
    assert_eq!(form.notice(), None, "the old complaint is gone while the next try is under way");
}

#[test]
fn where_no_mail_is_sent_a_wrong_password_leads_to_an_administrator() {
    let off = ClientConfig { recovery: false, ..config() };
    let (mut form, _) = Form::open(Setting::default(), off, SessionState::Anonymous);
    let card = form.machine.card().unwrap();
    assert!(card.fields.iter().all(|field| !field.forgot));
    form.signs_in();
    form.happens(Event::Login(refused(ErrorCode::CredentialsRejected)));
    assert_eq!(form.notice(), Some((Text::ErrorCredentialsRejectedPlain, false)));
}

#[test]
fn waiting_is_said_in_seconds_and_never_as_nothing() {
    for code in [ErrorCode::TooManyAttempts, ErrorCode::Busy] {
        for (given, said) in [(Some(120), 120), (Some(1), 1), (Some(0), 1), (None, 60)] {
            let mut form = Form::login();
            form.signs_in();
            let problem = Problem { retry_after: given, ..Problem::new(code) };
            form.happens(Event::Login(Err(Failure::Refused(problem))));
            assert_eq!(form.notice_line().text, Text::from(code));
            assert_eq!(form.notice_line().gaps, [("wait", Gap::Seconds(said))]);
            assert!(!form.machine.busy());
        }
    }
}

#[test]
fn an_error_is_said_beside_its_field_or_for_the_whole_form_if_there_is_none() {
    let mut form = Form::login();
    form.signs_in();
    let effects = form.happens(Event::Login(refused_at(Field::Password, ErrorCode::PasswordTooLong)));
    assert_eq!(focus(&effects), Some(Field::Password));
    assert_eq!(form.error(Field::Password), Some(Text::ErrorPasswordTooLong));
    assert_eq!(form.notice(), None);

    form.submit();
    form.happens(Event::Login(refused_at(Field::Email, ErrorCode::EmailInvalid)));
    assert_eq!(form.error(Field::Email), None);
    assert_eq!(form.notice(), Some((Text::ErrorEmailInvalid, false)));
}

#[test]
fn a_number_that_a_sentence_names_is_filled_in_for_the_whole_form_too() {
    for (code, gap) in [
        (ErrorCode::UsernameTooLong, ("max", Gap::Number(64))),
        (ErrorCode::PasswordTooShort, ("min", Gap::Number(8))),
    ] {
        let mut form = Form::login();
        form.signs_in();
        form.happens(Event::Login(refused(code)));
        assert_eq!((form.notice_line().text, &form.notice_line().gaps[..]), (Text::from(code), &[gap][..]));
    }
}

#[test]
fn a_temporary_password_has_to_be_replaced_in_the_same_login() {
    let mut form = Form::login_in_app();
    form.inputs.keep = true;
    form.signs_in();
    let effects = form.happens(Event::Login(Ok(must_change())));
    assert_eq!(form.name(), "must-change");
    assert_eq!(focus(&effects), Some(Field::Password));
    let card = form.machine.card().unwrap();
    assert_eq!(card.account.as_deref(), Some("bob"), "the password manager learns whose it is");
    assert_eq!(form.inputs.password, "", "the temporary one is not kept");

    form.types(Field::Password, "my very own lamp");
    let Effect::Login(LoginStep::NewPassword { flow, password, keep, challenge }) = one(form.submit()) else {
        panic!("no second step");
    };
    assert_eq!((flow.expose(), password.expose(), keep), ("flow-1", "my very own lamp", true));
    assert_eq!(challenge, Some(Challenge("challenge-1".to_owned())));
    let effects = form.happens(Event::Login(Ok(complete())));
    assert!(matches!(effects[..], [Effect::Ticket(_), Effect::Announce(Announcement::SignedIn)]));
}

#[test]
fn the_old_password_is_refused_beside_the_new_one() {
    let mut form = Form::login();
    form.signs_in();
    form.happens(Event::Login(Ok(must_change())));
    form.types(Field::Password, PASSWORD);
    form.submit();
    let effects = form.happens(Event::Login(refused_at(Field::Password, ErrorCode::PasswordUnchanged)));
    assert_eq!(focus(&effects), Some(Field::Password));
    assert_eq!(form.error(Field::Password), Some(Text::ErrorPasswordUnchanged));
    assert_eq!(form.name(), "must-change");
}

#[test]
fn a_login_that_took_too_long_begins_again_with_the_name_kept() {
    let mut form = Form::login();
    form.signs_in();
    form.happens(Event::Login(Ok(must_change())));
    form.types(Field::Password, "my very own lamp");
    form.submit();
    let effects = form.happens(Event::Login(refused(ErrorCode::FlowExpired)));
    assert_eq!(form.name(), "login");
    assert_eq!(form.notice(), Some((Text::ErrorFlowExpired, false)));
    assert_eq!(form.inputs.identifier, "bob");
    assert_eq!(focus(&effects), Some(Field::Password));
}

#[test]
fn an_unconfirmed_address_gets_its_link_again() {
    let mut form = Form::login();
    form.types(Field::Identifier, "bob@example.org");
    form.types(Field::Password, PASSWORD);
    form.submit();
    form.happens(Event::Login(Ok(LoginState::VerifyAddress)));
    assert_eq!(form.name(), "check-mail");
    let Effect::Verify(VerificationStep::Resend { email }) = one(form.happens(Event::Resend)) else {
        panic!("nothing is sent again");
    };
    assert_eq!(email, "bob@example.org");
    assert!(form.happens(Event::Resend).is_empty());
    form.happens(Event::Verification(Ok(VerificationState::Sent)));
    assert_eq!(form.notice(), Some((Text::CheckMailResent, true)));
    form.go(Place::Login);
    assert_eq!(form.inputs.identifier, "bob@example.org");
}

#[test]
fn the_app_says_its_sentence_where_people_arrive() {
    let told = ClientConfig { tagline: "Numbers, drawn quickly.".to_owned(), ..config() };
    let (mut form, _) = Form::open(Setting::default(), told, SessionState::Anonymous);
    let tagline = |form: &Form| form.machine.card().unwrap().tagline;
    assert_eq!(tagline(&form).as_deref(), Some("Numbers, drawn quickly."));
    form.go(Place::Registration);
    assert!(tagline(&form).is_some());
    form.go(Place::Login);
    form.go(Place::Recovery);
    assert_eq!(tagline(&form), None, "the way is known by now");
    assert_eq!(tagline(&Form::login()), None);
}

#[test]
fn registration_is_offered_to_whom_it_is_open() {
    for (registration, offered) in [
        (RegistrationMode::Open, true),
        (RegistrationMode::Domains, true),
        (RegistrationMode::Invite, false),
        (RegistrationMode::Closed, false),
    ] {
        let config = ClientConfig { registration, ..config() };
        let (form, _) = Form::open(Setting::default(), config, SessionState::Anonymous);
        assert_eq!(form.turns().contains(&Text::LoginToRegistrationLink), offered, "{registration:?}");
    }
}
