//! What travels, letter by letter: a snapshot for every wire type, and nothing else is read.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use gatehouse_protocol::{
    AccountOverview, AccountState, AccountStep, Challenge, ChangePassword, ClientConfig, Code, CodeChannel,
    EnrollmentState, EnrollmentStep, ErrorCode, FactorSummary, Field, FlowToken, Linkable, LinkedSummary,
    LoginForm, LoginState, LoginStep, LogoutState, MailToken, Password, PasswordChanged, PasswordStrength,
    PendingAddress, Problem, ProviderButton, RecoveryState, RecoveryStep, RegistrationMode,
    RegistrationState, RegistrationStep, SecondFactor, SessionState, SessionSummary, StrengthQuestion,
    StrengthReport, Ticket, VerificationState, VerificationStep,
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
    insta::assert_json_snapshot!(name, all);
}

#[test]
fn login() {
    let step = |step: &LoginStep| match step {
        // A new variant does not compile until it is added below.
        LoginStep::Password { .. }
        | LoginStep::NewPassword { .. }
        | LoginStep::Resume { .. }
        | LoginStep::Totp { .. }
        | LoginStep::RecoveryCode { .. }
        | LoginStep::StepUp {}
        | LoginStep::Reauthenticate { .. }
        | LoginStep::SendCode { .. }
        | LoginStep::SendSms { .. }
        | LoginStep::Code { .. }
        | LoginStep::CodeLink { .. }
        | LoginStep::BeginPasskey { .. }
        | LoginStep::Passkey { .. } => (),
    };
    let steps = [
        LoginStep::Password { identifier: "alice".into(), password: password(), keep: true, challenge: None },
        LoginStep::Password {
            identifier: "alice@example.org".into(),
            password: password(),
            keep: false,
            challenge: Some(challenge()),
        },
        LoginStep::NewPassword {
            flow: flow(),
            password: password(),
            keep: false,
            challenge: Some(challenge()),
        },
        LoginStep::Resume { challenge: challenge() },
        LoginStep::Totp { flow: flow(), code: Code::new("123 456"), keep: true, challenge: None },
        LoginStep::RecoveryCode {
            flow: flow(),
            code: Code::new("7kq2-m4xd"),
            keep: false,
            challenge: Some(challenge()),
        },
        LoginStep::StepUp {},
        LoginStep::Reauthenticate { password: password() },
        LoginStep::SendCode { identifier: "alice".into(), channel: CodeChannel::Mail },
        LoginStep::SendSms { flow: flow() },
        LoginStep::Code { flow: flow(), code: Code::new("1234 5678"), keep: true, challenge: None },
        LoginStep::CodeLink { token: token(), keep: false, challenge: Some(challenge()) },
        LoginStep::BeginPasskey { flow: Some(flow()) },
        LoginStep::Passkey { flow: flow(), credential: "{}".into(), keep: true, challenge: None },
    ];
    steps.iter().for_each(step);
    wire("login_step", &steps);
    let state = |state: &LoginState| match state {
        LoginState::Complete { .. }
        | LoginState::NewPassword { .. }
        | LoginState::VerifyAddress
        | LoginState::Challenge { .. }
        | LoginState::Enroll { .. }
        | LoginState::CodeSent { .. }
        | LoginState::Passkey { .. } => (),
    };
    let states = [
        LoginState::Complete { ticket: None },
        LoginState::Complete { ticket: Some(Ticket::new("ticket")) },
        LoginState::NewPassword { flow: flow() },
        LoginState::VerifyAddress,
        LoginState::Challenge { flow: flow(), factors: vec![SecondFactor::Totp, SecondFactor::RecoveryCode] },
        LoginState::Enroll { flow: flow() },
        LoginState::CodeSent { flow: flow(), channel: CodeChannel::Mail },
        LoginState::Passkey { flow: flow(), options: "{}".into() },
    ];
    states.iter().for_each(state);
    wire("login_state", &states);
}

#[test]
fn enrollment() {
    wire(
        "second_factor",
        &[SecondFactor::Totp, SecondFactor::RecoveryCode, SecondFactor::Sms, SecondFactor::Passkey],
    );
    wire("code_channel", &[CodeChannel::Mail, CodeChannel::Sms]);
    let step = |step: &EnrollmentStep| match step {
        EnrollmentStep::BeginTotp { .. }
        | EnrollmentStep::ConfirmTotp { .. }
        | EnrollmentStep::RecoveryCodes {}
        | EnrollmentStep::BeginPhone { .. }
        | EnrollmentStep::ConfirmPhone { .. }
        | EnrollmentStep::BeginPasskey { .. }
        | EnrollmentStep::ConfirmPasskey { .. } => (),
    };
    let steps = [
        EnrollmentStep::BeginTotp { flow: None },
        EnrollmentStep::BeginTotp { flow: Some(flow()) },
        EnrollmentStep::ConfirmTotp { flow: flow(), code: Code::new("123456"), keep: true },
        EnrollmentStep::RecoveryCodes {},
        EnrollmentStep::BeginPhone { number: "+49 30 1234567".into() },
        EnrollmentStep::ConfirmPhone { flow: flow(), code: Code::new("12345678") },
        EnrollmentStep::BeginPasskey { flow: None },
        EnrollmentStep::ConfirmPasskey {
            flow: flow(),
            credential: "{}".into(),
            name: "Laptop".into(),
            keep: false,
        },
    ];
    steps.iter().for_each(step);
    wire("enrollment_step", &steps);
    let state = |state: &EnrollmentState| match state {
        EnrollmentState::Totp { .. }
        | EnrollmentState::Complete { .. }
        | EnrollmentState::CodeSent { .. }
        | EnrollmentState::Passkey { .. } => (),
    };
    let states = [
        EnrollmentState::Totp {
            flow: flow(),
            key: Code::new("JBSW Y3DP EHPK 3PXP"),
            picture: "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".into(),
        },
        EnrollmentState::Complete { codes: vec![Code::new("7kq2-m4xd"), Code::new("b9fw-3htn")] },
        EnrollmentState::Complete { codes: Vec::new() },
        EnrollmentState::CodeSent { flow: flow() },
        EnrollmentState::Passkey { flow: flow(), options: "{}".into() },
    ];
    states.iter().for_each(state);
    wire("enrollment_state", &states);
}

#[test]
fn account() {
    let step = |step: &AccountStep| match step {
        AccountStep::Overview {}
        | AccountStep::RemoveFactor { .. }
        | AccountStep::RenameFactor { .. }
        | AccountStep::EndSession { .. }
        | AccountStep::EndOtherSessions {}
        | AccountStep::Export {}
        | AccountStep::Delete {}
        | AccountStep::LinkProvider { .. }
        | AccountStep::UnlinkProvider { .. }
        | AccountStep::ProveAgain { .. }
        | AccountStep::SetPassword { .. }
        | AccountStep::ChangeAddress { .. }
        | AccountStep::CancelAddress {}
        | AccountStep::ApproveAddress { .. }
        | AccountStep::ConfirmAddress { .. } => (),
    };
    let steps = [
        AccountStep::Overview {},
        AccountStep::RemoveFactor { id: "factor".into() },
        AccountStep::RenameFactor { id: "factor".into(), name: "Work phone".into() },
        AccountStep::EndSession { id: "session".into() },
        AccountStep::EndOtherSessions {},
        AccountStep::Export {},
        AccountStep::Delete {},
        AccountStep::LinkProvider { name: "company".into(), return_to: Some("/reports?page=2".into()) },
        AccountStep::UnlinkProvider { id: "account".into() },
        AccountStep::ProveAgain { name: "company".into(), return_to: None },
        AccountStep::SetPassword { password: password() },
        AccountStep::ChangeAddress { email: "new@example.org".into() },
        AccountStep::CancelAddress {},
        AccountStep::ApproveAddress { token: token() },
        AccountStep::ConfirmAddress { token: token() },
    ];
    steps.iter().for_each(step);
    wire("account_step", &steps);
    let factor = FactorSummary {
        id: "factor".into(),
        kind: SecondFactor::Totp,
        name: "Work phone".into(),
        created_at: 1_767_225_600_000,
        last_used_at: Some(1_767_312_000_000),
    };
    wire("factor_summary", &[factor.clone(), FactorSummary { last_used_at: None, ..factor.clone() }]);
    let session = SessionSummary {
        id: "session".into(),
        current: true,
        user_agent: "Mozilla/5.0".into(),
        address: "192.0.2.7".into(),
        created_at: 1_767_225_600_000,
        last_used_at: 1_767_312_000_000,
    };
    wire("session_summary", std::slice::from_ref(&session));
    let linked = LinkedSummary {
        id: "account".into(),
        name: Some("company".into()),
        label: "Example & Sons".into(),
        created_at: 1_767_225_600_000,
        last_used_at: 1_767_312_000_000,
    };
    wire("linked_summary", &[linked.clone(), LinkedSummary { name: None, ..linked.clone() }]);
    let linkable = Linkable { name: "github".into(), label: "GitHub".into() };
    wire("linkable", std::slice::from_ref(&linkable));
    let pending = PendingAddress { email: "new@example.org".into(), approval: true, confirmation: false };
    wire("pending_address", std::slice::from_ref(&pending));
    let account = AccountOverview {
        username: "alice".into(),
        email: Some("alice@example.org".into()),
        email_verified: true,
        roles: vec!["admin".into()],
        managed: false,
        factor_required: true,
        factors: vec![factor],
        recovery_codes: 9,
        sessions: vec![session],
        phone: true,
        has_password: true,
        linked: vec![linked],
        linkable: vec![linkable],
        pending_address: Some(pending),
    };
    wire("account_overview", std::slice::from_ref(&account));
    let state = |state: &AccountState| match state {
        AccountState::Overview { .. }
        | AccountState::Export { .. }
        | AccountState::Deleted
        | AccountState::Leave { .. }
        | AccountState::AddressChanged
        | AccountState::AddressWaits { .. } => (),
    };
    let states = [
        AccountState::Overview { account: Box::new(account) },
        AccountState::Export { document: "{}".into() },
        AccountState::Deleted,
        AccountState::AddressChanged,
        AccountState::AddressWaits { approval: true },
        AccountState::Leave { location: "https://id.example.org/auth?state=abc".into() },
    ];
    states.iter().for_each(state);
    wire("account_state", &states);
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
fn config() {
    let modes = [
        RegistrationMode::Closed,
        RegistrationMode::Invite,
        RegistrationMode::Domains,
        RegistrationMode::Open,
    ];
    wire("registration_mode", &modes);
    wire("login_form", &[LoginForm::NameAndPassword, LoginForm::PasswordOnly]);
    let config = ClientConfig {
        app_name: "Weather".into(),
        logo: Some("/_gatehouse/assets/logo".into()),
        tagline: "Rain or shine.".into(),
        login: LoginForm::PasswordOnly,
        registration: RegistrationMode::Open,
        recovery: true,
        password_min: 8,
        app_path: "/".into(),
        providers: vec![ProviderButton {
            name: "company".into(),
            label: "Example & Sons".into(),
            href: "/_gatehouse/provider/company".into(),
        }],
        codes: vec![CodeChannel::Mail],
        passkeys: Some("weather.example.org".into()),
    };
    wire("client_config", &[config]);
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
