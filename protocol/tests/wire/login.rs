//! Logging in, and setting factors up.

use gatehouse_protocol::{
    Code, EnrollmentState, EnrollmentStep, LoginState, LoginStep, SecondFactor, Ticket,
};

use super::{challenge, flow, password, wire};

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
        | LoginStep::Reauthenticate { .. } => (),
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
    ];
    steps.iter().for_each(step);
    wire("login_step", &steps);
    let state = |state: &LoginState| match state {
        LoginState::Complete { .. }
        | LoginState::NewPassword { .. }
        | LoginState::VerifyAddress
        | LoginState::Challenge { .. }
        | LoginState::Enroll { .. } => (),
    };
    let states = [
        LoginState::Complete { ticket: None },
        LoginState::Complete { ticket: Some(Ticket::new("ticket")) },
        LoginState::NewPassword { flow: flow() },
        LoginState::VerifyAddress,
        LoginState::Challenge { flow: flow(), factors: vec![SecondFactor::Totp, SecondFactor::RecoveryCode] },
        LoginState::Enroll { flow: flow() },
    ];
    states.iter().for_each(state);
    wire("login_state", &states);
}

#[test]
fn enrollment() {
    wire("second_factor", &[SecondFactor::Totp, SecondFactor::RecoveryCode]);
    let step = |step: &EnrollmentStep| match step {
        EnrollmentStep::BeginTotp { .. }
        | EnrollmentStep::ConfirmTotp { .. }
        | EnrollmentStep::RecoveryCodes {} => (),
    };
    let steps = [
        EnrollmentStep::BeginTotp { flow: None },
        EnrollmentStep::BeginTotp { flow: Some(flow()) },
        EnrollmentStep::ConfirmTotp { flow: flow(), code: Code::new("123456"), keep: true },
        EnrollmentStep::RecoveryCodes {},
    ];
    steps.iter().for_each(step);
    wire("enrollment_step", &steps);
    let state = |state: &EnrollmentState| match state {
        EnrollmentState::Totp { .. } | EnrollmentState::Complete { .. } => (),
    };
    let states = [
        EnrollmentState::Totp {
            flow: flow(),
            key: Code::new("JBSW Y3DP EHPK 3PXP"),
            picture: "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".into(),
        },
        EnrollmentState::Complete { codes: vec![Code::new("7kq2-m4xd"), Code::new("b9fw-3htn")] },
        EnrollmentState::Complete { codes: Vec::new() },
    ];
    states.iter().for_each(state);
    wire("enrollment_state", &states);
}
