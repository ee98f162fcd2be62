//! What travels, letter by letter: a snapshot for every wire type, and nothing else is read.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod account;
mod login;

use gatehouse_protocol::{
    Challenge, ChangePassword, Code, ErrorCode, Field, FlowToken, LoginStep, LogoutState, MailToken,
    Password, PasswordChanged, PasswordStrength, Problem, RecoveryState, RecoveryStep, RegistrationState,
    RegistrationStep, SessionState, StrengthQuestion, StrengthReport, Ticket, VerificationState,
    VerificationStep,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn challenge() -> Challenge {
    Challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into())
}

fn token() -> MailToken {
    MailToken::new("mail-token")
}

fn password() -> Password {
    Password::new("correct horse")
}

fn flow() -> FlowToken {
    FlowToken::new("flow-token")
}

/// Takes every variant of a type, and holds them against the snapshot of that name.
///
/// Each must come back as it went, and must be refused with a field more. (Only an answer of the endpoint that is a
/// bare state lets one pass: serde reads no fields there. Nothing that a browser says has that shape.)
fn wire<T: Serialize + DeserializeOwned>(name: &str, all: &[T]) {
    let all: Vec<Value> = all.iter().map(|one| serde_json::to_value(one).unwrap()).collect();
    for one in &all {
        let back: T = serde_json::from_value(one.clone()).unwrap();
        assert_eq!(&serde_json::to_value(&back).unwrap(), one, "{name} changes on the way");
        let bare = one.as_object().is_some_and(|fields| fields.len() == 1 && fields.contains_key("state"));
        if let (Value::Object(fields), false) = (one, bare) {
            for extra in ["role", "roles", "email_verified", "id", "__proto__", ""] {
                if fields.contains_key(extra) {
                    continue;
                }
                let mut more = fields.clone();
                more.insert(extra.into(), json!(["admin"]));
                assert!(
                    serde_json::from_value::<T>(Value::Object(more)).is_err(),
                    "{name} takes a field {extra:?}"
                );
            }
        }
    }
    assert!(serde_json::from_value::<T>(json!("no_such_variant")).is_err(), "{name} takes any text");
    assert!(serde_json::from_value::<T>(json!({"step": "no_such", "state": "no_such"})).is_err(), "{name}");
    // Others read them, too.
    insta::with_settings!({ snapshot_path => "../snapshots" }, { insta::assert_json_snapshot!(name, all) });
}

#[test]
fn registration() {
    let step = |step: &RegistrationStep| match step {
        RegistrationStep::Open { .. } | RegistrationStep::Submit { .. } => (),
    };
    let steps = [
        RegistrationStep::Open { token: token() },
        RegistrationStep::Submit {
            username: "alice".into(),
            email: "alice@example.org".into(),
            password: password(),
            token: None,
            challenge: None,
        },
        RegistrationStep::Submit {
            username: "alice".into(),
            email: String::new(),
            password: password(),
            token: Some(token()),
            challenge: Some(challenge()),
        },
    ];
    steps.iter().for_each(step);
    wire("registration_step", &steps);
    let state = |state: &RegistrationState| match state {
        RegistrationState::Offer { .. }
        | RegistrationState::VerifyAddress
        | RegistrationState::Complete { .. }
        | RegistrationState::Enroll { .. } => (),
    };
    let states = [
        RegistrationState::Offer { email: Some("alice@example.org".into()), setup: false },
        RegistrationState::Offer { email: None, setup: true },
        RegistrationState::VerifyAddress,
        RegistrationState::Complete { ticket: Some(Ticket::new("ticket")) },
        RegistrationState::Enroll { flow: FlowToken::new("flow-token") },
    ];
    states.iter().for_each(state);
    wire("registration_state", &states);
}

#[test]
fn verification() {
    let step = |step: &VerificationStep| match step {
        VerificationStep::Confirm { .. } | VerificationStep::Resend { .. } => (),
    };
    let steps = [
        VerificationStep::Confirm { token: token() },
        VerificationStep::Resend { email: "alice@example.org".into() },
    ];
    steps.iter().for_each(step);
    wire("verification_step", &steps);
    let state = |state: &VerificationState| match state {
        VerificationState::Verified { .. } | VerificationState::Sent => (),
    };
    let states = [VerificationState::Verified { username: "alice".into() }, VerificationState::Sent];
    states.iter().for_each(state);
    wire("verification_state", &states);
}

#[test]
fn recovery() {
    let step = |step: &RecoveryStep| match step {
        RecoveryStep::Request { .. } | RecoveryStep::Open { .. } | RecoveryStep::Reset { .. } => (),
    };
    let steps = [
        RecoveryStep::Request { identifier: "alice".into() },
        RecoveryStep::Open { token: token() },
        RecoveryStep::Reset { token: token(), password: password() },
    ];
    steps.iter().for_each(step);
    wire("recovery_step", &steps);
    let state = |state: &RecoveryState| match state {
        RecoveryState::Sent | RecoveryState::ChoosePassword { .. } | RecoveryState::Complete => (),
    };
    let states = [
        RecoveryState::Sent,
        RecoveryState::ChoosePassword { username: "alice".into() },
        RecoveryState::Complete,
    ];
    states.iter().for_each(state);
    wire("recovery_state", &states);
}

#[test]
fn password_and_its_strength() {
    wire("change_password", &[ChangePassword { current: password(), new: Password::new("battery staple") }]);
    wire("password_changed", &[PasswordChanged { ended: 2 }]);
    wire("strength_question", &[StrengthQuestion { password: password(), names: vec!["alice".into()] }]);
    let strengths = [
        PasswordStrength::VeryWeak,
        PasswordStrength::Weak,
        PasswordStrength::Fair,
        PasswordStrength::Good,
        PasswordStrength::Strong,
    ];
    wire("password_strength", &strengths);
    assert!(strengths.is_sorted());
    wire(
        "strength_report",
        &[
            StrengthReport { strength: PasswordStrength::VeryWeak, refused: Some(ErrorCode::PasswordCommon) },
            StrengthReport { strength: PasswordStrength::Strong, refused: None },
        ],
    );
}

#[test]
fn session_and_logout() {
    let states = [
        SessionState::Anonymous,
        SessionState::SignedIn {
            username: "Jürgen".into(),
            email: Some("juergen@example.org".into()),
            roles: vec!["admin".into(), "editor".into()],
            aal: 2,
        },
    ];
    wire("session_state", &states);
    wire("logout_state", &[LogoutState::SignedOut]);
}

#[test]
fn problems() {
    wire("error_code", &ErrorCode::ALL);
    let fields = [
        Field::Identifier,
        Field::Username,
        Field::Email,
        Field::Password,
        Field::CurrentPassword,
        Field::Code,
    ];
    wire("field", &fields);
    wire(
        "problem",
        &[
            Problem::new(ErrorCode::Malformed),
            Problem::of(Field::Username, ErrorCode::UsernameTaken),
            Problem::new(ErrorCode::TooManyAttempts).retry_after(30),
        ],
    );
}

/// A secret that ends in a log because someone prints the step that carries it.
#[test]
fn secrets_in_debug_output() {
    let step = LoginStep::Password {
        identifier: "alice".into(),
        password: Password::new("hunter2-hunter2"),
        keep: false,
        challenge: None,
    };
    let shown = format!(
        "{step:?} {:?} {:?} {:?} {:?}",
        Code::new("s3cret"),
        MailToken::new("s3cret"),
        FlowToken::new("s3cret"),
        Ticket::new("s3cret")
    );
    assert!(shown.contains("alice"), "control: the rest is shown");
    assert!(!shown.contains("hunter2") && !shown.contains("s3cret"), "{shown}");
}
