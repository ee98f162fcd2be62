//! Recovery: back in without the password. The user interface calls it a reset.

use serde::{Deserialize, Serialize};

use crate::{MailToken, Password};

/// One step of a recovery, said by the browser.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RecoveryStep {
    /// Ask for a link.
    Request {
        /// A username or an e-mail address, as typed.
        identifier: String,
    },
    /// Is this link still good? Consumes nothing.
    Open {
        /// The token of the link.
        token: MailToken,
    },
    /// Choose the new password.
    Reset {
        /// The token of the link.
        token: MailToken,
        /// The new password, as typed.
        password: Password,
    },
}

/// The endpoint's answer to a [`RecoveryStep`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RecoveryState {
    /// If the identifier is known, a link is on its way (the answer is the same if not).
    Sent,
    /// The link is good: ask for the new password.
    ChoosePassword {
        /// Whose password it is: for the person to see, and for the password manager to store.
        username: String,
    },
    /// The password is replaced and every session ended; its owner signs in now.
    Complete,
}
