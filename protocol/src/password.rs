//! Changing the password when signed in, and judging one while it is typed.

use serde::{Deserialize, Serialize};

use crate::Password;

/// A signed-in person replaces the password. Every other session ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePassword {
    /// The password that holds until now, as typed.
    pub current: Password,
    /// The new one, as typed.
    pub new: Password,
}

/// The answer to [`ChangePassword`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordChanged {
    /// How many other sessions were ended.
    pub ended: u32,
}

/// Asks how good a password is. Nothing of it is stored or logged.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StrengthQuestion {
    /// The password, as typed so far.
    pub password: Password,
    /// The username and address typed beside it, which must not be the password.
    pub names: Vec<String>,
}

/// The endpoint's judgement of a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StrengthReport {
    /// How long it would last.
    pub strength: PasswordStrength,
    /// Why it is refused, if it is: one of the `password_…` codes.
    pub refused: Option<crate::ErrorCode>,
}

/// How long a password would last against guessing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PasswordStrength {
    /// Guessed at once.
    VeryWeak,
    /// Guessed soon.
    Weak,
    /// Holds against guessing over the network.
    Fair,
    /// Holds against a stolen database for a while.
    Good,
    /// Holds.
    Strong,
}
