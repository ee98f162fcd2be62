//! What is stored of a password.

use std::fmt;

use super::Bcrypt;

/// A PHC string (`$argon2id$…`), or the bcrypt hash (`$2b$…`) of somebody who came from elsewhere and did not sign in yet.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl PasswordHash {
    /// Whether it came from elsewhere, and is replaced when its person signs in.
    pub fn is_legacy(&self) -> bool {
        Bcrypt::parse(&self.0).is_ok()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}
