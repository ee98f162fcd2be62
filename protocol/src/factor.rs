//! Second factors: which there are, and how one is set up.

use serde::{Deserialize, Serialize};

use crate::{Code, FlowToken};

/// What proves somebody after the first factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SecondFactor {
    /// A time-based code of an authenticator app (RFC 6238).
    Totp,
    /// One of the ten codes that were shown when the factor was set up.
    RecoveryCode,
    /// A code that is sent to a phone by SMS.
    Sms,
    /// A passkey (`WebAuthn`), or a security key that is touched.
    Passkey,
}

/// By which way a code reaches somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CodeChannel {
    /// By mail, to the confirmed address.
    Mail,
    /// By SMS, to the confirmed number.
    Sms,
}

/// One step of setting up a factor, said by the browser.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EnrollmentStep {
    /// Asks for the key of an authenticator app.
    BeginTotp {
        /// From [`crate::LoginState::Enroll`]; absent for somebody who is signed in.
        flow: Option<FlowToken>,
    },
    /// Proves that the authenticator app has the key. An unfinished login is complete with it.
    ConfirmTotp {
        /// From [`EnrollmentState::Totp`].
        flow: FlowToken,
        /// The six digits that the app shows, as typed.
        code: Code,
        /// Keep me signed in, where a login is completed.
        keep: bool,
    },
    /// Replaces the recovery codes of somebody who is signed in.
    RecoveryCodes {},
    /// Asks for a code by SMS, to set the phone of somebody up who is signed in.
    BeginPhone {
        /// The number, as typed, with its country code.
        number: String,
    },
    /// Proves that the code arrived.
    ConfirmPhone {
        /// From [`EnrollmentState::CodeSent`].
        flow: FlowToken,
        /// The code, as typed.
        code: Code,
    },
    /// Asks for what a new passkey is made from.
    BeginPasskey {
        /// From [`crate::LoginState::Enroll`]; absent for somebody who is signed in.
        flow: Option<FlowToken>,
    },
    /// Hands a new passkey over. An unfinished login is complete with it.
    ConfirmPasskey {
        /// From [`EnrollmentState::Passkey`].
        flow: FlowToken,
        /// What the browser made, as its `toJSON()` says it: a JSON text of at most 12 kB.
        credential: String,
        /// How its owner calls it.
        name: String,
        /// Keep me signed in, where a login is completed.
        keep: bool,
    },
}

/// The endpoint's answer to an [`EnrollmentStep`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EnrollmentState {
    /// The key to give to the authenticator app.
    Totp {
        /// To be sent back in [`EnrollmentStep::ConfirmTotp`]; lives ten minutes.
        flow: FlowToken,
        /// The key as text, in groups of four (base32).
        key: Code,
        /// The same, with everything that the app needs, as a picture: an SVG document with a QR code.
        picture: String,
    },
    /// The factor is set up. The codes are shown this once.
    Complete {
        /// Ten recovery codes; empty where the person has some already.
        codes: Vec<Code>,
    },
    /// A code is on its way to the phone.
    CodeSent {
        /// To be sent back in [`EnrollmentStep::ConfirmPhone`]; lives ten minutes.
        flow: FlowToken,
    },
    /// What a new passkey is made from.
    Passkey {
        /// To be sent back in [`EnrollmentStep::ConfirmPasskey`]; lives ten minutes.
        flow: FlowToken,
        /// A JSON text for `PublicKeyCredential.parseCreationOptionsFromJSON`.
        options: String,
    },
}
