//! Who: the account record, its names and its roles. What proves it lives in `factor/`.

mod email;
mod role;
mod source;
mod username;

use serde::{Deserialize, Serialize};

pub use email::EmailAddress;
pub use role::{Role, RoleError};
pub use source::Source;
pub use username::Username;

use crate::clock::Timestamp;

/// The opaque id of an identity as apps see it (the subject). It never changes and may be logged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdentityId(pub String);

/// The account record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The subject.
    pub id: IdentityId,
    /// The name, as shown and as compared.
    pub username: Username,
    /// The address, if there is one.
    pub email: Option<VerifiableAddress>,
    /// What the person may do, sorted and without repetition.
    pub roles: Vec<Role>,
    /// A disabled identity can't sign in, and has no sessions.
    pub disabled: bool,
    /// The operator set the password: it has to be replaced at the next login.
    pub must_change: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// The settings that declare it; `None` for an account of the database, which can be changed there.
    pub source: Option<Source>,
}

impl Identity {
    /// The address, if its owner is known to read it.
    pub fn confirmed_address(&self) -> Option<&EmailAddress> {
        self.email.as_ref().filter(|email| email.verified_at.is_some()).map(|email| &email.address)
    }

    /// Whether its owner decides here how to sign in: enabled, and no settings or proxy say who it is.
    pub const fn is_open(&self) -> bool {
        !self.disabled && self.source.is_none()
    }
}

/// An address, and since when its owner is known to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiableAddress {
    /// The address.
    pub address: EmailAddress,
    /// When a link sent there came back; `None` until then.
    pub verified_at: Option<Timestamp>,
}
