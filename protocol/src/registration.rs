//! Registration: creating an identity.

use serde::{Deserialize, Serialize};

use crate::{Challenge, FlowToken, MailToken, Password, Ticket};

/// One step of a registration, said by the browser.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RegistrationStep {
    /// What does this invitation or set-up link offer? Consumes nothing.
    Open {
        /// The token of the link.
        token: MailToken,
    },
    /// Create the identity.
    Submit {
        /// The wished username, as typed.
        username: String,
        /// The e-mail address, as typed; may be empty where an invitation or set-up link does not ask for one.
        email: String,
        /// The password, as typed.
        password: Password,
        /// An invitation or the set-up link.
        token: Option<MailToken>,
        /// Present when a Python app waits for a ticket.
        challenge: Option<Challenge>,
    },
}

/// The endpoint's answer to a [`RegistrationStep`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RegistrationState {
    /// The link is good.
    Offer {
        /// The address it was made for, if any; it cannot be changed then.
        email: Option<String>,
        /// True for the link that makes the first administrator.
        setup: bool,
    },
    /// A link went to the address (known or not: the answer is the same).
    VerifyAddress,
    /// The identity exists and is signed in: the session cookie is set.
    Complete {
        /// For the Python app, when the step carried a challenge.
        ticket: Option<Ticket>,
    },
    /// The identity exists, but a second factor is required of it: one is set up now.
    Enroll {
        /// As in [`crate::LoginState::Enroll`].
        flow: FlowToken,
    },
}
