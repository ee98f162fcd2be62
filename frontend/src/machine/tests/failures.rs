//! Bad days: nothing comes back, or the endpoint says that it can't.

use gatehouse_protocol::{ErrorCode, Field, Problem, SessionState};

use super::kit::{FIELDS, Failed, Form, PASSWORD, bob, by, config, must_change, one, token};
use crate::machine::{Effect, Event, Failure, Gap, Link, Place, Setting, Text};

/// What goes wrong without anybody's fault, and what is said then.
fn troubles() -> [(Failure, Text); 4] {
    let refused = |code| Failure::Refused(Problem::new(code));
    [
        (Failure::Unreachable, Text::UnreachableNote),
        (refused(ErrorCode::Unavailable), Text::ErrorUnavailable),
        (refused(ErrorCode::Internal), Text::ErrorInternal),
        (refused(ErrorCode::Busy), Text::ErrorBusy),
    ]
}

/// A filled form of every flow, and how its answer arrives.
fn forms() -> [(Form, Failed); 6] {
    let reset = {
        let (mut form, _) = Form::open(by(Link::Reset(token())), config(), SessionState::Anonymous);
        let username = "erin".to_owned();
        form.happens(Event::Recovery(Ok(gatehouse_protocol::RecoveryState::ChoosePassword { username })));
        form
    };
    let must = {
        let mut form = Form::login();
        form.signs_in();
        form.happens(Event::Login(Ok(must_change())));
        form
    };
    let change = {
        let (mut form, _) = Form::open(Setting::default(), config(), bob());
        form.go(Place::ChangePassword);
        form
    };
    let place = |place| {
        let mut form = Form::login();
        form.go(place);
        form
    };
    let mut forms: [(Form, Failed); 6] = [
        (Form::login(), |failure| Event::Login(Err(failure))),
        (must, |failure| Event::Login(Err(failure))),
        (place(Place::Registration), |failure| Event::Registration(Err(failure))),
        (place(Place::Recovery), |failure| Event::Recovery(Err(failure))),
        (reset, |failure| Event::Recovery(Err(failure))),
        (change, |failure| Event::Changed(Err(failure))),
    ];
    for (form, _) in &mut forms {
        for field in FIELDS.into_iter().filter(|field| form.has(*field)).collect::<Vec<_>>() {
            let text = match field {
                Field::Identifier => "carol",
                Field::Username => "carol-name",
                Field::Email => "carol@example.org",
                Field::Password => PASSWORD,
                Field::CurrentPassword => "until now",
                Field::Code => "123456",
            };
            form.types(field, text);
        }
    }
    forms
}

#[test]
fn nothing_typed_is_lost_and_the_form_can_be_sent_again() {
    for (failure, said) in troubles() {
        for (mut form, answer) in forms() {
            let first = format!("{:?}", one(form.submit()));
            let (name, drawn, inputs) = (form.name(), form.drawn(), form.inputs.clone());
            let effects = form.happens(answer(failure.clone()));
            assert!(effects.is_empty(), "{name}: the focus stays on the button: {effects:?}");
            assert_eq!(form.notice(), Some((said, false)), "{name}");
            assert_eq!((form.name(), form.drawn()), (name, drawn), "the inputs are not drawn anew");
            assert!(form.inputs == inputs, "{name}");
            assert!(!form.machine.busy(), "{name}");
            assert_eq!(format!("{:?}", one(form.submit())), first, "{name}");
        }
    }
}

#[test]
fn a_mail_that_could_not_be_sent_again_can_be_asked_for_again() {
    for (failure, said) in troubles() {
        let mut form = Form::login();
        form.go(Place::Recovery);
        form.types(Field::Identifier, "erin");
        form.submit();
        form.happens(Event::Recovery(Ok(gatehouse_protocol::RecoveryState::Sent)));
        form.happens(Event::Resend);
        form.happens(Event::Recovery(Err(failure)));
        assert_eq!((form.name(), form.notice()), ("check-mail", Some((said, false))));
        assert!(matches!(one(form.happens(Event::Resend)), Effect::Recover(_)));
    }
}

#[test]
fn an_endpoint_that_does_not_answer_is_named_and_asked_again() {
    let setting = Setting { endpoint: "http://localhost:8765/_gatehouse".to_owned(), ..Setting::default() };
    let mut form = Form::new(setting);
    form.happens(Event::Loaded(Err(Failure::Unreachable)));
    assert_eq!((form.name(), form.notice()), ("unreachable", None));
    let hint = form.machine.card().unwrap().lead.remove(1);
    assert_eq!(hint.gaps, [("endpoint", Gap::Words("http://localhost:8765/_gatehouse".to_owned()))]);

    let drawn = form.drawn();
    assert!(matches!(one(form.happens(Event::Retry)), Effect::Load));
    form.happens(Event::Loaded(Err(Failure::Unreachable)));
    assert_eq!(form.drawn(), drawn, "the page does not flash at each try");
    assert!(matches!(one(form.happens(Event::Retry)), Effect::Load));
    form.happens(Event::Loaded(Ok((config(), SessionState::Anonymous))));
    assert_eq!(form.name(), "login");
}

#[test]
fn an_endpoint_that_refuses_to_describe_itself_says_why() {
    let mut form = Form::new(Setting::default());
    let refused = Failure::Refused(Problem::new(ErrorCode::UnknownHost));
    form.happens(Event::Loaded(Err(refused)));
    assert_eq!((form.name(), form.notice()), ("unreachable", Some((Text::ErrorUnknownHost, false))));
}

#[test]
fn trying_again_means_nothing_where_nothing_failed() {
    assert!(Form::login().happens(Event::Retry).is_empty());
    assert!(Form::new(Setting::default()).happens(Event::Retry).is_empty());
    assert!(Form::login().happens(Event::Resend).is_empty());
}
