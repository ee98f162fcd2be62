//! Verification: proving that an address is read by its owner.

use serde::{Deserialize, Serialize};

use crate::MailToken;

/// One step of a verification, said by the browser.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum VerificationStep {
    /// Confirm the address that this link was sent to.
    Confirm {
        /// The token of the link.
        token: MailToken,
    },
    /// Send the link again.
    Resend {
        /// The address, as typed.
        email: String,
    },
}

/// The endpoint's answer to a [`VerificationStep`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum VerificationState {
    /// The address is confirmed; its owner signs in now.
    Verified {
        /// The username to sign in with.
        username: String,
    },
    /// If the address waits for confirmation, a link is on its way (the answer is the same if not).
    Sent,
}
