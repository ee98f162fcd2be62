//! What a browser may learn about its own session.

use serde::{Deserialize, Serialize};

/// Whether the cookie that came with the request belongs to a live session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SessionState {
    /// Nobody is signed in.
    Anonymous,
    /// Somebody is.
    SignedIn {
        /// The username.
        username: String,
        /// The confirmed address, if there is one.
        email: Option<String>,
        /// The roles, sorted.
        roles: Vec<String>,
        /// How sure it is who they are: 1 for one factor, 2 for two distinct ones (NIST SP 800-63B-4).
        aal: u8,
    },
}

/// The session has ended, or there was none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LogoutState {
    /// The cookie is cleared.
    SignedOut,
}
