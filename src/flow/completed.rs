//! The end of a flow.

use crate::{
    factor::password::PasswordHash,
    identity::IdentityId,
    session::{Methods, TokenHash},
};

/// The evidence that somebody proved to be this identity. Its fields are private to the flows.
#[derive(Debug)]
pub struct Completed {
    identity_id: IdentityId,
    verified: Option<PasswordHash>,
    methods: Methods,
    flow: Option<TokenHash>,
}

impl Completed {
    pub(super) const fn new(
        identity_id: IdentityId,
        verified: Option<PasswordHash>,
        methods: Methods,
    ) -> Self {
        Self { identity_id, verified, methods, flow: None }
    }

    pub(super) const fn using_up(mut self, flow: TokenHash) -> Self {
        self.flow = Some(flow);
        self
    }

    /// Who.
    pub const fn identity_id(&self) -> &IdentityId {
        &self.identity_id
    }

    /// The password that was verified: storage refuses the session if it was replaced meanwhile.
    pub const fn verified(&self) -> Option<&PasswordHash> {
        self.verified.as_ref()
    }

    /// What was proven.
    pub const fn methods(&self) -> &Methods {
        &self.methods
    }

    /// The unfinished login that is used up by it: storage refuses the session if that is gone.
    pub const fn flow(&self) -> Option<TokenHash> {
        self.flow
    }
}
