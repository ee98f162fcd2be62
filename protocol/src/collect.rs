//! What a frame collects that a window of its own left behind.

use serde::{Deserialize, Serialize};

use crate::{FlowToken, SecondFactor};

/// Asks for the result of a sign-in that went on in a window, because its pages are shown in no frame.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Collect {
    /// What the window's challenge is the S256 of: 43 characters of unpadded base64url, which only this frame has.
    pub verifier: FlowToken,
    /// Keep me signed in.
    pub keep: bool,
}

/// What came of it so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CollectState {
    /// Nothing yet.
    Waiting,
    /// Signed in: the session cookie is set.
    Complete,
    /// As in [`crate::LoginState::Challenge`].
    Challenge {
        /// To be sent with the proof; lives ten minutes.
        flow: FlowToken,
        /// What the person can prove.
        factors: Vec<SecondFactor>,
    },
    /// As in [`crate::LoginState::Enroll`].
    Enroll {
        /// To be sent in [`crate::EnrollmentStep::BeginTotp`]; lives ten minutes.
        flow: FlowToken,
    },
}
