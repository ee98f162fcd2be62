//! Choosing a password: what is still missing, and what the endpoint thinks of it.

use gatehouse_protocol::{ClientConfig, ErrorCode, Field, PasswordStrength, SessionState, StrengthReport};

use super::kit::{Form, PASSWORD, bob, config, must_change, one};
use crate::machine::{Effect, Event, Failure, Gap, Line, Place, Setting, Text};

fn registering() -> Form {
    let mut form = Form::login();
    form.go(Place::Registration);
    form
}

fn meter(form: &Form) -> (Option<Line>, u8) {
    let meter = form.machine.meter();
    (meter.line.clone(), meter.level)
}

fn question(effects: Vec<Effect>) -> (u32, String, Vec<String>) {
    let Effect::Judge(serial, question) = one(effects) else { panic!("no question is asked") };
    (serial, question.password.expose().to_owned(), question.names.clone())
}

fn judged(form: &mut Form, serial: u32, strength: PasswordStrength, refused: Option<ErrorCode>) {
    let effects = form.happens(Event::Judged(serial, Ok(StrengthReport { strength, refused })));
    assert!(effects.is_empty(), "{effects:?}");
}

#[test]
fn what_is_missing_is_counted_down_without_asking_anyone() {
    let mut form = registering();
    assert_eq!(meter(&form), (None, 0));
    for (text, line) in [
        ("a", Some(Line::from(Text::HintMissing).with("count", Gap::Number(7)))),
        ("abcdef", Some(Line::from(Text::HintMissing).with("count", Gap::Number(2)))),
        ("abcdefg", Some(Text::HintMissingOne.into())),
        ("", None),
    ] {
        assert!(form.types(Field::Password, text).is_empty());
        assert_eq!(meter(&form), (line, 0), "{text}");
        assert_eq!(form.error(Field::Password), None, "nobody is blamed while typing");
    }
}

#[test]
fn letters_are_counted_as_the_endpoint_counts_them() {
    let mut form = registering();
    form.types(Field::Password, &"e\u{301}".repeat(7));
    assert_eq!(meter(&form), (Some(Text::HintMissingOne.into()), 0));
    assert!(!form.types(Field::Password, &"e\u{301}".repeat(8)).is_empty());
    assert!(!form.types(Field::Password, &"😀".repeat(8)).is_empty());
}

#[test]
fn the_setting_says_how_many_characters_are_missing() {
    let config = ClientConfig { password_min: 15, ..config() };
    let (mut form, _) = Form::open(Setting::default(), config, SessionState::Anonymous);
    form.go(Place::Registration);
    form.types(Field::Password, "abcdefghijklmn");
    assert_eq!(meter(&form), (Some(Text::HintMissingOne.into()), 0));
}

#[test]
fn a_password_that_is_long_enough_is_judged_with_the_names_beside_it() {
    let mut form = registering();
    form.types(Field::Username, "carol");
    form.types(Field::Email, "carol@example.org");
    let (serial, password, names) = question(form.types(Field::Password, PASSWORD));
    assert_eq!(password, PASSWORD);
    assert_eq!(names, ["carol", "carol@example.org"]);
    judged(&mut form, serial, PasswordStrength::Good, None);
    assert_eq!(meter(&form), (Some(Text::StrengthGood.into()), 4));
}

#[test]
fn every_judgement_has_its_level_and_its_words() {
    for (strength, line, level) in [
        (PasswordStrength::VeryWeak, Text::StrengthVeryWeak, 1),
        (PasswordStrength::Weak, Text::StrengthWeak, 2),
        (PasswordStrength::Fair, Text::StrengthFair, 3),
        (PasswordStrength::Good, Text::StrengthGood, 4),
        (PasswordStrength::Strong, Text::StrengthStrong, 5),
    ] {
        let mut form = registering();
        let (serial, ..) = question(form.types(Field::Password, PASSWORD));
        judged(&mut form, serial, strength, None);
        assert_eq!(meter(&form), (Some(line.into()), level));
    }
}

#[test]
fn a_refused_password_says_why_and_never_looks_strong() {
    for (code, line) in [
        (ErrorCode::PasswordCommon, Text::ErrorPasswordCommon),
        (ErrorCode::PasswordIsName, Text::ErrorPasswordIsName),
    ] {
        let mut form = registering();
        let (serial, ..) = question(form.types(Field::Password, PASSWORD));
        judged(&mut form, serial, PasswordStrength::Strong, Some(code));
        assert_eq!(meter(&form), (Some(line.into()), 1));
    }
}

#[test]
fn the_answer_to_an_older_question_is_dropped() {
    let mut form = registering();
    let (old, ..) = question(form.types(Field::Password, "password1"));
    let (young, ..) = question(form.types(Field::Password, PASSWORD));
    assert_ne!(old, young);
    judged(&mut form, young, PasswordStrength::Strong, None);
    judged(&mut form, old, PasswordStrength::VeryWeak, Some(ErrorCode::PasswordCommon));
    assert_eq!(meter(&form), (Some(Text::StrengthStrong.into()), 5));

    let (late, ..) = question(form.types(Field::Password, PASSWORD));
    form.types(Field::Password, "abc");
    judged(&mut form, late, PasswordStrength::Strong, None);
    assert_eq!(meter(&form).1, 0, "it is too short by now");
}

#[test]
fn an_answer_that_comes_after_the_form_is_gone_is_dropped() {
    let mut form = registering();
    let (serial, ..) = question(form.types(Field::Password, PASSWORD));
    form.go(Place::Login);
    judged(&mut form, serial, PasswordStrength::VeryWeak, Some(ErrorCode::PasswordCommon));
    assert_eq!(meter(&form), (None, 0));
}

/// The numbers went back to the first with every new screen, and an old answer fitted a new question.
#[test]
fn an_answer_for_the_form_before_does_not_fit_the_same_form_drawn_again() {
    let mut form = registering();
    let (old, ..) = question(form.types(Field::Password, "password1"));
    form.go(Place::Login);
    form.go(Place::Registration);
    judged(&mut form, old, PasswordStrength::VeryWeak, Some(ErrorCode::PasswordCommon));
    assert_eq!(meter(&form), (None, 0), "the field is empty");
    form.types(Field::Password, PASSWORD);
    judged(&mut form, old, PasswordStrength::VeryWeak, Some(ErrorCode::PasswordCommon));
    assert_eq!(meter(&form), (None, 0));
}

#[test]
fn the_last_judgement_stays_while_the_next_is_awaited() {
    let mut form = registering();
    let (serial, ..) = question(form.types(Field::Password, PASSWORD));
    judged(&mut form, serial, PasswordStrength::Good, None);
    form.types(Field::Password, &format!("{PASSWORD}!"));
    assert_eq!(meter(&form), (Some(Text::StrengthGood.into()), 4), "nothing flickers");
}

#[test]
fn without_an_answer_the_form_says_nothing_and_can_be_sent() {
    let mut form = registering();
    form.types(Field::Username, "carol");
    form.types(Field::Email, "carol@example.org");
    let (serial, ..) = question(form.types(Field::Password, PASSWORD));
    form.happens(Event::Judged(serial, Err(Failure::Unreachable)));
    assert_eq!((meter(&form), form.notice()), ((None, 0), None));
    assert!(matches!(one(form.submit()), Effect::Register(_)));
}

#[test]
fn a_password_that_is_too_long_is_said_and_not_sent_to_be_judged() {
    let mut form = registering();
    assert!(form.types(Field::Password, &"x".repeat(1025)).is_empty());
    assert_eq!(form.error(Field::Password), Some(Text::ErrorPasswordTooLong));
    assert!(!form.types(Field::Password, &"x".repeat(1024)).is_empty());
    assert_eq!(form.error(Field::Password), None);
}

#[test]
fn a_password_that_proves_something_is_neither_measured_nor_judged() {
    let mut form = Form::login();
    assert!(form.types(Field::Password, "a").is_empty());
    assert_eq!(meter(&form), (None, 0));

    let (mut form, _) = Form::open(Setting::default(), config(), bob());
    form.go(Place::ChangePassword);
    assert!(form.types(Field::CurrentPassword, "a").is_empty());
    let (_, _, names) = question(form.types(Field::Password, PASSWORD));
    assert_eq!(names, ["bob"]);
}

#[test]
fn a_temporary_password_is_replaced_under_the_same_guidance() {
    let mut form = Form::login();
    form.signs_in();
    form.happens(Event::Login(Ok(must_change())));
    let (_, _, names) = question(form.types(Field::Password, PASSWORD));
    assert_eq!(names, ["bob"]);
}
