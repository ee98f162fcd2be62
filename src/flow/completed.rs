//! The end of a flow.

use crate::{factor::password::PasswordHash, identity::IdentityId, session::AssuranceLevel};

/// The evidence that somebody proved to be this identity. Its fields are private to the flows.
#[derive(Debug)]
pub struct Completed {
    identity_id: IdentityId,
    verified: Option<PasswordHash>,
    aal: AssuranceLevel,
}

impl Completed {
    pub(super) const fn new(identity_id: IdentityId, verified: Option<PasswordHash>) -> Self {
        Self { identity_id, verified, aal: AssuranceLevel::Aal1 }
    }

    /// Who.
    pub const fn identity_id(&self) -> &IdentityId {
        &self.identity_id
    }

    /// The password that was verified: storage refuses the session if it was replaced meanwhile.
    pub const fn verified(&self) -> Option<&PasswordHash> {
        self.verified.as_ref()
    }

    /// How sure we are.
    pub const fn aal(&self) -> AssuranceLevel {
        self.aal
    }
}
