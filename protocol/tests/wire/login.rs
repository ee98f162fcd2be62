//! Logging in, and setting factors up.

use gatehouse_protocol::{
    Code, CodeChannel, EnrollmentState, EnrollmentStep, LoginState, LoginStep, SecondFactor, Ticket,
};

use super::{challenge, flow, password, token, wire};

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
