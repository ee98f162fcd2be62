//! Roles: what a person may do in the app, as names that the app chooses.

use serde::{Deserialize, Serialize};

/// The longest role name, in bytes.
const MAX: usize = 64;

/// The name of a role, for example `admin`. Compared byte for byte: `superadmin-readonly` is not `admin`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Role(String);

/// Why a text is not the name of a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} can't be a role: use 1 to 64 letters, digits, '.', '_', '-' or ':'")]
pub struct RoleError(String);

impl Role {
    /// The role of the first administrator.
    pub const ADMIN: &'static str = "admin";

    /// Reads the name of a role.
    pub fn parse(text: &str) -> Result<Self, RoleError> {
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':');
        if text.is_empty() || text.len() > MAX || !text.chars().all(allowed) {
            return Err(RoleError(text.chars().take(MAX).collect()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
