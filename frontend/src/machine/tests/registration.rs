//! Registering: openly, by invitation, and as the first administrator.

use gatehouse_protocol::{
    ClientConfig, ErrorCode, Field, RegistrationState, RegistrationStep, SessionState, VerificationState,
    VerificationStep,
};

use super::kit::{Form, PASSWORD, bob, by, config, focus, one, refused, refused_at, token};
use crate::machine::{Announcement, Effect, Event, Link, Place, Setting, Text};

fn registering() -> Form {
    let mut form = Form::login();
    form.go(Place::Registration);
    assert_eq!(form.name(), "registration");
    form
}

/// A form by an invitation or the set-up link.
fn offered(link: Link, email: Option<&str>, setup: bool) -> Form {
    let (mut form, effects) = Form::open(by(link), config(), SessionState::Anonymous);
    let Effect::Register(RegistrationStep::Open { token: sent }) = one(effects) else {
        panic!("the link is not asked about");
    };
    assert_eq!(sent.expose(), token().expose());
    assert_eq!(form.name(), "loading");
    form.happens(Event::Registration(Ok(RegistrationState::Offer {
        email: email.map(str::to_owned),
        setup,
    })));
    assert_eq!(form.name(), "registration");
    form
}

fn sent(form: &mut Form) -> (String, String, Option<String>) {
    let Effect::Register(RegistrationStep::Submit { username, email, password, token, challenge }) =
        one(form.submit())
    else {
        panic!("no registration step");
    };
    assert_eq!(password.expose(), PASSWORD);
    assert_eq!(challenge, None);
    (username, email, token.map(|token| token.expose().to_owned()))
}

#[test]
fn the_first_administrator_registers_by_the_link_and_needs_no_address() {
    let mut form = offered(Link::Setup(token()), None, true);
    assert_eq!(form.machine.card().unwrap().title.text, Text::RegistrationSetupTitle);
    form.types(Field::Username, "ada");
    form.types(Field::Password, PASSWORD);
    assert_eq!(sent(&mut form), ("ada".to_owned(), String::new(), Some("token-of-a-link".to_owned())));
    let effects = form.happens(Event::Registration(Ok(RegistrationState::Complete { ticket: None })));
    let [Effect::Announce(Announcement::SignedIn), Effect::Leave(path)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(path, "/app");
}

#[test]
fn an_invitation_brings_its_address_which_cannot_be_changed() {
    let mut form = offered(Link::Invite(token()), Some("carol@example.org"), false);
    let card = form.machine.card().unwrap();
    assert_eq!(card.title.text, Text::RegistrationInviteTitle);
    let email = card.fields.iter().find(|field| field.field == Field::Email).unwrap();
    assert!(email.locked);
    assert_eq!(email.value, "carol@example.org");
    form.types(Field::Username, "carol");
    form.types(Field::Password, PASSWORD);
    let (username, email, token) = sent(&mut form);
    assert_eq!((username.as_str(), email.as_str()), ("carol", "carol@example.org"));
    assert_eq!(token.as_deref(), Some("token-of-a-link"));
}

#[test]
fn an_optional_address_is_still_checked() {
    let mut form = offered(Link::Invite(token()), None, false);
    form.types(Field::Username, "carol");
    form.types(Field::Email, "carol@nowhere");
    form.types(Field::Password, PASSWORD);
    assert_eq!(focus(&form.submit()), Some(Field::Email));
    assert_eq!(form.error(Field::Email), Some(Text::ErrorEmailInvalid));
}

#[test]
fn open_registration_is_confirmed_by_mail_and_ends_at_the_sign_in_form() {
    let mut form = registering();
    form.types(Field::Username, "carol");
    form.types(Field::Email, "carol@example.org");
    form.types(Field::Password, PASSWORD);
    let (_, email, token) = sent(&mut form);
    assert_eq!((email.as_str(), token), ("carol@example.org", None));
    form.happens(Event::Registration(Ok(RegistrationState::VerifyAddress)));
    assert_eq!(form.name(), "check-mail");
    let Effect::Verify(VerificationStep::Resend { email }) = one(form.happens(Event::Resend)) else {
        panic!("nothing is sent again");
    };
    assert_eq!(email, "carol@example.org");
    form.happens(Event::Verification(Ok(VerificationState::Sent)));
    assert_eq!(form.notice(), Some((Text::CheckMailResent, true)));
    form.go(Place::Login);
    assert_eq!(form.inputs.identifier, "carol@example.org", "the name means nobody before it is confirmed");
}

#[test]
fn a_confirmed_address_leads_to_the_sign_in_form_with_the_name_filled_in() {
    let (mut form, effects) = Form::open(by(Link::Verify(token())), config(), SessionState::Anonymous);
    assert!(matches!(one(effects), Effect::Verify(VerificationStep::Confirm { .. })));
    let confirmed = VerificationState::Verified { username: "carol".to_owned() };
    let effects = form.happens(Event::Verification(Ok(confirmed)));
    assert_eq!((form.name(), form.notice()), ("login", Some((Text::Verified, true))));
    assert_eq!(form.inputs.identifier, "carol");
    assert_eq!(focus(&effects), Some(Field::Password));
}

#[test]
fn everything_that_is_missing_is_said_at_once() {
    let mut form = registering();
    form.types(Field::Username, "-carol-");
    form.types(Field::Password, "short");
    assert_eq!(focus(&form.submit()), Some(Field::Username));
    assert_eq!(form.error(Field::Username), Some(Text::ErrorUsernameInvalid));
    assert_eq!(form.error(Field::Email), Some(Text::RequiredEmail));
    assert_eq!(form.error(Field::Password), Some(Text::ErrorPasswordTooShort));
}

#[test]
fn a_field_that_is_left_says_at_once_what_is_wrong_unless_it_is_empty() {
    let mut form = registering();
    form.leaves(Field::Email);
    assert_eq!(form.error(Field::Email), None);
    form.types(Field::Email, "carol@");
    assert_eq!(form.error(Field::Email), None, "nobody is interrupted while typing");
    form.leaves(Field::Email);
    assert_eq!(form.error(Field::Email), Some(Text::ErrorEmailInvalid));
    form.types(Field::Email, "carol@e");
    assert_eq!(form.error(Field::Email), None);
}

#[test]
fn a_refusal_stands_beside_its_field_and_everything_typed_stays() {
    for (field, code) in [
        (Field::Username, ErrorCode::UsernameTaken),
        (Field::Username, ErrorCode::UsernameReserved),
        (Field::Email, ErrorCode::DomainNotAllowed),
        (Field::Password, ErrorCode::PasswordCommon),
        (Field::Password, ErrorCode::PasswordIsName),
    ] {
        let mut form = registering();
        form.types(Field::Username, "carol");
        form.types(Field::Email, "carol@example.org");
        form.types(Field::Password, PASSWORD);
        let before = (form.submit().len(), form.drawn(), form.inputs.clone());
        let effects = form.happens(Event::Registration(refused_at(field, code)));
        assert_eq!(focus(&effects), Some(field));
        assert_eq!(form.error(field), Some(Text::from(code)));
        assert_eq!(form.notice(), None);
        assert_eq!((1, form.drawn(), form.inputs.clone()), before);
    }
}

#[test]
fn what_was_typed_goes_along_to_the_form_where_it_fits() {
    let mut form = Form::login();
    form.types(Field::Identifier, "carol");
    form.go(Place::Registration);
    assert_eq!((form.inputs.username.as_str(), form.inputs.email.as_str()), ("carol", ""));

    let mut form = Form::login();
    form.types(Field::Identifier, "carol@example.org");
    form.go(Place::Registration);
    assert_eq!((form.inputs.username.as_str(), form.inputs.email.as_str()), ("", "carol@example.org"));
    form.types(Field::Username, "carol");
    form.go(Place::Login);
    assert_eq!(form.inputs.identifier, "carol@example.org");
}

#[test]
fn going_back_and_forth_overwrites_nothing_that_was_typed() {
    let mut form = Form::login();
    form.types(Field::Identifier, "bob");
    form.go(Place::Registration);
    form.types(Field::Username, "carol");
    form.types(Field::Email, "carol@example.org");
    form.go(Place::Login);
    form.types(Field::Identifier, "someone@example.org");
    form.go(Place::Registration);
    assert_eq!(form.inputs.username, "carol");
    assert_eq!(form.inputs.email, "carol@example.org");
    assert_eq!(form.inputs.password, "", "passwords don't travel");
}

#[test]
fn a_closed_registration_is_said_for_the_whole_form() {
    let mut form = registering();
    form.types(Field::Username, "carol");
    form.types(Field::Email, "carol@example.org");
    form.types(Field::Password, PASSWORD);
    form.submit();
    form.happens(Event::Registration(refused(ErrorCode::RegistrationClosed)));
    assert_eq!(form.notice(), Some((Text::ErrorRegistrationClosed, false)));
    assert_eq!(form.inputs.username, "carol");
}

#[test]
fn an_invitation_that_expired_meanwhile_is_said_on_a_page_that_leads_on() {
    let mut form = offered(Link::Invite(token()), None, false);
    form.types(Field::Username, "carol");
    form.types(Field::Password, PASSWORD);
    form.submit();
    form.happens(Event::Registration(refused(ErrorCode::LinkExpired)));
    assert_eq!(form.name(), "broken");
    assert_eq!(form.turns(), [Text::BackToLogin, Text::LoginForgot]);
    form.go(Place::Login);
    assert_eq!((form.name(), form.inputs.identifier.as_str()), ("login", "carol"));
}

#[test]
fn a_longer_shortest_password_is_asked_for_and_said() {
    let config = ClientConfig { password_min: 15, ..config() };
    let (mut form, _) = Form::open(Setting::default(), config, bob());
    form.go(Place::ChangePassword);
    form.types(Field::CurrentPassword, PASSWORD);
    form.types(Field::Password, "fourteen chars");
    assert_eq!(focus(&form.submit()), Some(Field::Password));
    assert_eq!(form.error(Field::Password), Some(Text::ErrorPasswordTooShort));
    form.types(Field::Password, "fifteen charact");
    assert!(matches!(one(form.submit()), Effect::ChangePassword(_)));
}
