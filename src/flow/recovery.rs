//! Recovery: whom a link may be sent to, and what it allows.

use crate::{
    identity::{EmailAddress, Identity, IdentityId},
    storage::{LinkKind, StoredLink},
};

/// Where the link for this identity goes: to its address, unless it is disabled or its password is kept in settings.
pub fn recipient(identity: &Identity) -> Option<&EmailAddress> {
    identity.email.as_ref().filter(|_| identity.is_open()).map(|email| &email.address)
}

/// A recovery link that was found.
#[derive(Debug)]
pub struct Reset {
    identity_id: IdentityId,
}

impl Reset {
    /// From the link.
    pub fn found(link: StoredLink) -> Option<Self> {
        if link.kind != LinkKind::Recovery {
            return None;
        }
        link.identity_id.map(|identity_id| Self { identity_id })
    }

    /// Whose password it resets.
    pub const fn identity_id(&self) -> &IdentityId {
        &self.identity_id
    }
}
