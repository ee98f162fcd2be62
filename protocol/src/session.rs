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
