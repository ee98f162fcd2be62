//! Passkeys: instead of the form, in the autofill of its field, and after the first factor.

use gatehouse_protocol::{
    Challenge, ClientConfig, Code, EnrollmentState, EnrollmentStep, ErrorCode, Field, FlowToken, LoginForm,
    LoginState, LoginStep, SecondFactor, SessionState,
};

use super::kit::{Form, complete, config, embedded, one, refused};
use crate::machine::{Announcement, Effect, Event, Opening, Place, Press, Setting, Text};

const HOST: &str = "app.example.org";

fn with_passkeys() -> ClientConfig {
    ClientConfig { passkeys: Some(HOST.to_owned()), ..config() }
}

fn at(host: Option<&str>, config: ClientConfig) -> Form {
    let setting = Setting { host: host.map(str::to_owned), ..embedded() };
    Form::open(setting, config, SessionState::Anonymous).0
}

fn form() -> Form {
    at(Some(HOST), with_passkeys())
}

fn flow() -> FlowToken {
    FlowToken::new("flow-1")
}

fn to_sign() -> Event {
    Event::Login(Ok(LoginState::Passkey { flow: flow(), options: "{\"challenge\":\"…\"}".to_owned() }))
}

impl Form {
    fn signs(&mut self, answer: Option<&str>) -> Vec<Effect> {
        self.happens(Event::Signed(flow(), answer.map(str::to_owned), self.inputs.clone()))
    }
}

#[test]
fn one_button_signs_in_and_keeps_what_was_typed_and_checked() {
    let mut form = form();
    assert_eq!(form.turns()[0], Text::LoginPasskey);
    form.types(Field::Identifier, "bo");
    form.inputs.keep = true;
    let drawn = form.drawn();
    assert!(matches!(one(form.go(Place::Passkey)), Effect::Login(LoginStep::BeginPasskey { flow: None })));
    assert!(form.machine.busy());
    let Effect::Sign(flow, options) = one(form.happens(to_sign())) else { panic!("nothing is signed") };
    assert_eq!((flow.expose(), options.as_str()), ("flow-1", "{\"challenge\":\"…\"}"));
    let Effect::Login(LoginStep::Passkey { flow, credential, keep, challenge }) = one(form.signs(Some("{}")))
    else {
        panic!("nothing is sent")
    };
    assert_eq!((flow.expose(), credential.as_str(), keep), ("flow-1", "{}", true));
    assert_eq!(challenge, Some(Challenge("challenge-1".to_owned())));
    let rejected = form.happens(Event::Login(refused(ErrorCode::PasskeyRejected)));
    assert!(rejected.is_empty() && !form.machine.busy());
    assert_eq!(form.notice(), Some((Text::ErrorPasskeyRejected, false)));
    assert_eq!((form.drawn(), form.inputs.identifier.as_str()), (drawn, "bo"), "typed text stays");
    form.go(Place::Passkey);
    form.happens(to_sign());
    form.signs(Some("{}"));
    let effects = form.happens(Event::Login(Ok(complete())));
    assert!(matches!(effects[..], [Effect::Ticket(_), Effect::Announce(Announcement::SignedIn)]));
}

#[test]
fn who_turns_back_is_told_so_and_goes_on_where_they_were() {
    let mut form = form();
    form.types(Field::Identifier, "bob");
    let drawn = form.drawn();
    form.go(Place::Passkey);
    form.happens(to_sign());
    assert!(form.signs(None).is_empty());
    assert_eq!(form.notice(), Some((Text::PasskeyCancelled, false)));
    assert_eq!((form.machine.busy(), form.drawn()), (false, drawn));
    form.types(Field::Password, "quiet harbor window lamp");
    assert!(
        matches!(one(form.submit()), Effect::Login(LoginStep::Password { identifier, .. }) if identifier == "bob")
    );
}

#[test]
fn passkeys_are_offered_at_their_own_host_in_a_browser_that_has_them() {
    let only = ClientConfig { login: LoginForm::PasswordOnly, passkeys: None, ..with_passkeys() };
    for (host, config) in [
        (None, with_passkeys()),
        (Some("127.0.0.1"), with_passkeys()),
        (Some("sub.app.example.org"), with_passkeys()),
        (Some(HOST), config()),
        (Some(HOST), only),
        (None, config()),
    ] {
        let form = at(host, config);
        assert!(!form.turns().contains(&Text::LoginPasskey), "{host:?}");
        assert_eq!(form.machine.autofill(), None, "{host:?}");
    }
}

/// The field offers passkeys while the form waits, once for each drawing of it.
#[test]
fn autofill_is_of_the_form_that_is_there_and_waits() {
    let mut form = form();
    let first = form.machine.autofill();
    assert_eq!(first, Some(form.drawn()));
    form.types(Field::Identifier, "bob");
    assert_eq!(form.machine.autofill(), first, "typing changes nothing");
    form.go(Place::Recovery);
    assert_eq!(form.machine.autofill(), None);
    form.go(Place::Login);
    assert_ne!(form.machine.autofill(), first);
    form.signs_in();
    form.happens(Event::Login(refused(ErrorCode::CredentialsRejected)));
    assert_eq!(form.machine.autofill(), Some(form.drawn()), "nothing was drawn anew");
    // Chosen in the field, without any button.
    assert!(matches!(one(form.signs(Some("{}"))), Effect::Login(LoginStep::Passkey { .. })));
}

#[test]
fn after_the_password_a_passkey_is_one_button_and_the_others_go_round() {
    let mut form = form();
    form.signs_in();
    let factors = vec![SecondFactor::Passkey, SecondFactor::Totp, SecondFactor::RecoveryCode];
    form.happens(Event::Login(Ok(LoginState::Challenge { flow: flow(), factors })));
    let card = form.machine.card().unwrap();
    assert_eq!((card.title.text, card.fields.len()), (Text::ChallengePasskeyTitle, 0));
    assert_eq!(card.submit.unwrap().1, Press::Submit);
    assert_eq!(form.turns()[..2], [Text::ChallengeToApp, Text::ChallengeToRecovery]);
    form.go(Place::Factor(SecondFactor::RecoveryCode));
    assert_eq!(form.turns()[..2], [Text::ChallengeToPasskey, Text::ChallengeToApp]);
    form.go(Place::Factor(SecondFactor::Passkey));
    let Effect::Login(LoginStep::BeginPasskey { flow: Some(asked) }) = one(form.submit()) else {
        panic!("nothing is asked for")
    };
    assert_eq!(asked.expose(), "flow-1");
    assert!(matches!(one(form.happens(to_sign())), Effect::Sign(..)));
    form.signs(None);
    assert_eq!((form.name(), form.notice()), ("challenge", Some((Text::PasskeyCancelled, false))));
    form.submit();
    form.happens(to_sign());
    form.signs(Some("{}"));
    assert!(matches!(form.happens(Event::Login(Ok(complete())))[0], Effect::Ticket(_)));
}

/// A browser without passkeys begins with what it can do.
#[test]
fn where_no_passkey_can_be_used_another_factor_comes_first() {
    let mut form = at(None, with_passkeys());
    form.signs_in();
    let factors = vec![SecondFactor::Passkey, SecondFactor::RecoveryCode];
    form.happens(Event::Login(Ok(LoginState::Challenge { flow: flow(), factors })));
    assert_eq!(form.machine.card().unwrap().title.text, Text::ChallengeRecoveryTitle);
    assert_eq!(form.turns()[0], Text::ChallengeToPasskey);
}

#[test]
fn a_step_up_by_passkey_says_that_it_is_done() {
    let setting = Setting {
        embedded: true,
        opening: Opening::StepUp,
        host: Some(HOST.to_owned()),
        ..Setting::default()
    };
    let (mut form, _) = Form::open(setting, with_passkeys(), super::kit::bob());
    let factors = vec![SecondFactor::Passkey];
    form.happens(Event::Login(Ok(LoginState::Challenge { flow: flow(), factors })));
    form.submit();
    form.happens(to_sign());
    form.signs(Some("{}"));
    let effects = form.happens(Event::Login(Ok(LoginState::Complete { ticket: None })));
    assert!(matches!(effects[..], [Effect::Done("stepped_up")]));
}

/// Somebody of whom a sign-in asks to set a factor up, before the key of an authenticator app.
fn setting_up(host: Option<&str>, config: ClientConfig) -> Form {
    let mut form = at(host, config);
    form.inputs.keep = true;
    form.signs_in();
    form.happens(Event::Login(Ok(LoginState::Enroll { flow: FlowToken::new("unfinished") })));
    let (key, picture) = (Code::new("JBSW Y3DP"), "<svg/>".to_owned());
    form.happens(Event::Enrollment(Ok(EnrollmentState::Totp { flow: FlowToken::new("app"), key, picture })));
    form
}

#[test]
fn who_must_have_a_factor_may_make_a_passkey_of_it() {
    let mut form = setting_up(Some(HOST), with_passkeys());
    assert_eq!((form.name(), form.turns()[0]), ("enroll", Text::EnrollPasskey));
    form.types(Field::Code, "12");
    let begun = one(form.go(Place::NewPasskey));
    let Effect::Enroll(EnrollmentStep::BeginPasskey { flow: Some(flow) }) = begun else {
        panic!("{begun:?}")
    };
    assert_eq!(flow.expose(), "unfinished", "it begins where the app's key began");
    let options = "{\"user\":1}".to_owned();
    let made_from = EnrollmentState::Passkey { flow: FlowToken::new("made"), options };
    let made = one(form.happens(Event::Enrollment(Ok(made_from))));
    let Effect::Make(flow, options) = made else { panic!("{made:?}") };
    assert_eq!((flow.expose(), options.as_str(), form.machine.busy()), ("made", "{\"user\":1}", true));
    // Who turns back is told so, and goes on where they were.
    assert!(form.happens(Event::Made(flow, Err(Text::NewPasskeyCancelled), form.inputs.clone())).is_empty());
    assert_eq!((form.name(), form.notice()), ("enroll", Some((Text::NewPasskeyCancelled, false))));
    assert_eq!((form.machine.busy(), form.inputs.password.as_str()), (false, "12"));
}

#[test]
fn a_passkey_that_was_made_completes_the_sign_in_that_asked_for_it() {
    let mut form = setting_up(Some(HOST), with_passkeys());
    form.go(Place::NewPasskey);
    let made_from = EnrollmentState::Passkey { flow: FlowToken::new("made"), options: "{}".to_owned() };
    form.happens(Event::Enrollment(Ok(made_from)));
    let made = Ok(("{\"id\":1}".to_owned(), "Chrome on Linux".to_owned()));
    let confirm = one(form.happens(Event::Made(FlowToken::new("made"), made, form.inputs.clone())));
    let Effect::Enroll(EnrollmentStep::ConfirmPasskey { flow, credential, name, keep }) = confirm else {
        panic!("nothing is confirmed")
    };
    assert_eq!((flow.expose(), credential.as_str()), ("made", "{\"id\":1}"));
    assert_eq!((name.as_str(), keep), ("Chrome on Linux", true));
    let codes = EnrollmentState::Complete { codes: vec![Code::new("aaaa-bbbb")] };
    form.happens(Event::Enrollment(Ok(codes)));
    assert_eq!(form.name(), "codes");
    assert!(matches!(one(form.happens(Event::Continue)), Effect::Login(LoginStep::Resume { .. })));
}

#[test]
fn where_there_are_no_passkeys_only_the_app_is_set_up() {
    for form in [setting_up(None, with_passkeys()), setting_up(Some(HOST), config())] {
        assert!(!form.turns().contains(&Text::EnrollPasskey));
        assert_eq!(form.name(), "enroll");
    }
}
