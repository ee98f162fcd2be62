//! Login: what the browser may say and what the endpoint may answer.

use serde::{Deserialize, Serialize};

use crate::{Challenge, Code, CodeChannel, FlowToken, MailToken, Password, SecondFactor, Ticket};

/// One step of a login, said by the browser.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LoginStep {
    /// The first step: who, and the password that proves it.
    Password {
        /// A username or an e-mail address, as typed.
        identifier: String,
        /// The password, as typed.
        password: Password,
        /// Keep me signed in: a session that outlives the browser.
        keep: bool,
        /// Present when a Python app waits for a ticket.
        challenge: Option<Challenge>,
    },
    /// Answers [`LoginState::NewPassword`]: the operator asked for a new password at this login.
    NewPassword {
        /// From the state that is answered.
        flow: FlowToken,
        /// The new password, as typed.
        password: Password,
        /// As in [`LoginStep::Password`].
        keep: bool,
        /// As in [`LoginStep::Password`].
        challenge: Option<Challenge>,
    },
    /// A signed-in browser asks for a ticket for the app that it just opened (no password: the cookie proves it).
    Resume {
        /// The challenge of the app that waits.
        challenge: Challenge,
    },
    /// Answers [`LoginState::Challenge`] with a code of the authenticator app.
    Totp {
        /// From the state that is answered.
        flow: FlowToken,
        /// The six digits, as typed.
        code: Code,
        /// As in [`LoginStep::Password`].
        keep: bool,
        /// As in [`LoginStep::Password`].
        challenge: Option<Challenge>,
    },
    /// Answers [`LoginState::Challenge`] with a recovery code, which is used up by it.
    RecoveryCode {
        /// From the state that is answered.
        flow: FlowToken,
        /// The code, as typed.
        code: Code,
        /// As in [`LoginStep::Password`].
        keep: bool,
        /// As in [`LoginStep::Password`].
        challenge: Option<Challenge>,
    },
    /// A signed-in browser asks to prove a second factor, because a page needs one.
    StepUp {},
    /// A signed-in browser proves the password again, before something sensitive is changed.
    Reauthenticate {
        /// The password, as typed.
        password: Password,
    },
    /// The first step without a password: asks for a code. The answer is the same for everybody.
    SendCode {
        /// A username or an e-mail address, as typed.
        identifier: String,
        /// By which way.
        channel: CodeChannel,
    },
    /// Answers [`LoginState::Challenge`]: asks for a code by SMS.
    SendSms {
        /// From the state that is answered.
        flow: FlowToken,
    },
    /// Answers [`LoginState::CodeSent`] with the code.
    Code {
        /// From the state that is answered.
        flow: FlowToken,
        /// The code, as typed.
        code: Code,
        /// As in [`LoginStep::Password`].
        keep: bool,
        /// As in [`LoginStep::Password`].
        challenge: Option<Challenge>,
    },
    /// The link of a mail with a code was opened, in the browser that asked for it, and the button pressed.
    CodeLink {
        /// The token of the link.
        token: MailToken,
        /// As in [`LoginStep::Password`].
        keep: bool,
        /// As in [`LoginStep::Password`].
        challenge: Option<Challenge>,
    },
    /// Asks for what a passkey signs: to sign in with nothing else, or to answer [`LoginState::Challenge`].
    BeginPasskey {
        /// From the challenge that is answered; absent where the passkey says who it is.
        flow: Option<FlowToken>,
    },
    /// Answers [`LoginState::Passkey`].
    Passkey {
        /// From the state that is answered.
        flow: FlowToken,
        /// What the passkey signed, as the browser's `toJSON()` says it: a JSON text of at most 12 kB.
        credential: String,
        /// As in [`LoginStep::Password`].
        keep: bool,
        /// As in [`LoginStep::Password`].
        challenge: Option<Challenge>,
    },
}

/// The endpoint's answer to a [`LoginStep`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LoginState {
    /// Signed in: the session cookie is set.
    Complete {
        /// For the Python app, when the step carried a challenge.
        ticket: Option<Ticket>,
    },
    /// The password is right, but it has to be replaced before anything else.
    NewPassword {
        /// To be sent back in [`LoginStep::NewPassword`]; lives ten minutes.
        flow: FlowToken,
    },
    /// The password is right, but the address was never confirmed; a new link is on its way.
    VerifyAddress,
    /// What was proven so far is right; one of these factors has to be proven, too.
    Challenge {
        /// To be sent back with the proof; lives ten minutes.
        flow: FlowToken,
        /// What the person can prove, the preferred one first.
        factors: Vec<SecondFactor>,
    },
    /// What was proven so far is right, but a second factor is required and the person has none: one is set up now.
    Enroll {
        /// To be sent in [`crate::EnrollmentStep::BeginTotp`]; lives ten minutes.
        flow: FlowToken,
    },
    /// If there is somebody to send a code to, it is on its way.
    CodeSent {
        /// To be sent back in [`LoginStep::Code`]; lives ten minutes.
        flow: FlowToken,
        /// By which way.
        channel: CodeChannel,
    },
    /// What a passkey is to sign.
    Passkey {
        /// To be sent back in [`LoginStep::Passkey`]; lives ten minutes.
        flow: FlowToken,
        /// A JSON text for `PublicKeyCredential.parseRequestOptionsFromJSON`.
        options: String,
    },
}
