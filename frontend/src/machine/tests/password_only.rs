//! One password for everybody: the form asks for nothing else.

use gatehouse_protocol::{
    ClientConfig, ErrorCode, Field, GUEST, LoginForm, LoginStep, RegistrationMode, SessionState,
};

use super::kit::{Form, PASSWORD, bob, config, embedded, focus, one, refused};
use crate::machine::{Effect, Event, Place, Setting, Text};

fn one_password() -> ClientConfig {
    ClientConfig {
        login: LoginForm::PasswordOnly,
        registration: RegistrationMode::Closed,
        recovery: false,
        codes: Vec::new(),
        ..config()
    }
}

#[test]
fn the_form_asks_for_the_password_alone_and_sends_no_name() {
    let (mut form, effects) = Form::open(embedded(), one_password(), SessionState::Anonymous);
    assert_eq!(form.name(), "login");
    assert_eq!(focus(&effects), Some(Field::Password));
    let card = form.machine.card().unwrap();
    assert_eq!(card.fields.iter().map(|field| field.field).collect::<Vec<_>>(), [Field::Password]);
    assert_eq!(card.account.as_deref(), Some(GUEST), "password managers store nothing without a name");
    assert!(card.keep && form.turns().is_empty());

    // Whatever a manager or another form left behind.
    form.inputs.identifier = "alice".to_owned();
    form.types(Field::Password, PASSWORD);
    let Effect::Login(LoginStep::Password { identifier, password, .. }) = one(form.submit()) else {
        panic!("no login step");
    };
    assert_eq!((identifier.as_str(), password.expose()), ("", PASSWORD));
}

/// A name that another form of the same page held is not carried along.
#[test]
fn a_name_from_elsewhere_never_goes_with_the_one_password() {
    let (mut form, _) = Form::open(Setting::default(), one_password(), SessionState::Anonymous);
    form.machine.values.identifier = "alice".to_owned();
    form.happens(Event::Go(Place::Login, form.inputs.clone()));
    form.types(Field::Password, PASSWORD);
    let Effect::Login(LoginStep::Password { identifier, .. }) = one(form.submit()) else {
        panic!("no login step");
    };
    assert_eq!(identifier, "");
}

#[test]
fn a_wrong_password_is_said_without_speaking_of_a_name() {
    let (mut form, _) = Form::open(Setting::default(), one_password(), SessionState::Anonymous);
    assert!(matches!(one(form.submit()), Effect::Focus(Some(Field::Password))));
    assert_eq!(form.error(Field::Password), Some(Text::RequiredPassword));
    form.types(Field::Password, "not the one");
    form.submit();
    let effects = form.happens(Event::Login(refused(ErrorCode::CredentialsRejected)));
    assert_eq!(form.notice(), Some((Text::ErrorPasswordRejected, false)));
    assert_eq!(focus(&effects), Some(Field::Password));
}

/// Who came in by the one password can't change it, and is not asked to.
#[test]
fn the_one_password_is_not_its_visitors_to_change() {
    let (form, _) = Form::open(Setting::default(), one_password(), bob());
    assert_eq!((form.name(), form.turns()), ("signed-in", vec![Text::SignOut]));
    let (form, _) = Form::open(Setting::default(), config(), bob());
    assert_eq!(form.turns(), [Text::SignedInChange, Text::SignOut]);
}

#[test]
fn a_password_kept_by_the_operator_is_said_to_be() {
    let (mut form, _) = Form::open(Setting::default(), config(), bob());
    form.go(Place::ChangePassword);
    form.types(Field::CurrentPassword, "until now");
    form.types(Field::Password, PASSWORD);
    form.submit();
    form.happens(Event::Changed(refused(ErrorCode::ManagedElsewhere)));
    assert_eq!(form.notice(), Some((Text::ErrorManagedElsewhere, false)));
}
