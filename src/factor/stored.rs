//! A second factor as it is kept.

use gatehouse_protocol::ErrorCode;
use serde::{Deserialize, Serialize};

use crate::{clock::Timestamp, identity::IdentityId};

/// The id of a factor. It may be logged; it proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FactorId(pub String);

/// What a factor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactorKind {
    /// An authenticator app.
    Totp,
    /// A phone that gets codes by SMS. What is sealed is its number.
    Phone,
    /// A passkey, or a security key that is touched.
    Passkey,
}

impl FactorKind {
    /// How many of it one person may have.
    pub const fn most(self) -> usize {
        match self {
            Self::Totp | Self::Passkey => 10,
            // Codes go to the one number that there is.
            Self::Phone => 1,
        }
    }

    /// As stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Phone => "phone",
            Self::Passkey => "passkey",
        }
    }

    /// From what is stored.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Totp, Self::Phone, Self::Passkey].into_iter().find(|kind| kind.name() == name)
    }
}

/// How its owner calls a factor: trimmed, without control characters, at most 64 characters; it may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactorName(String);

impl FactorName {
    /// The longest, in characters.
    pub const MAX: usize = 64;

    /// From what was typed.
    pub fn parse(text: &str) -> Result<Self, ErrorCode> {
        let name: String = text.trim().chars().filter(|c| !c.is_control()).collect();
        if name.chars().count() > Self::MAX { Err(ErrorCode::NameTooLong) } else { Ok(Self(name)) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A factor to be kept.
#[derive(Debug, Clone)]
pub struct NewFactor {
    /// Its id.
    pub id: FactorId,
    /// Whose.
    pub identity_id: IdentityId,
    /// What it is.
    pub kind: FactorKind,
    /// Its name.
    pub name: FactorName,
    /// Its secret, sealed.
    pub sealed: Vec<u8>,
    /// The step of the last code that was accepted: none up to it is accepted again. Of a passkey, its counter.
    pub last_step: i64,
    /// The id by which a passkey is found.
    pub credential_id: Option<Vec<u8>>,
    /// When it was set up.
    pub created_at: Timestamp,
}

/// A factor as kept.
#[derive(Debug, Clone)]
pub struct StoredFactor {
    /// What it was made with, and the last step accepted since.
    pub factor: NewFactor,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded_in_characters() {
        assert_eq!(FactorName::parse("  Jürgens\u{7} Telefon ").unwrap().as_str(), "Jürgens Telefon");
        assert_eq!(FactorName::parse("").unwrap().as_str(), "");
        assert!(FactorName::parse(&"ü".repeat(64)).is_ok());
        assert_eq!(FactorName::parse(&"ü".repeat(65)), Err(ErrorCode::NameTooLong));
    }
}
