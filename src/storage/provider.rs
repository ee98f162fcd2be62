//! Accounts of somebody else that open an identity, and sign-ins that are on their way through a provider.

use crate::{clock::Timestamp, identity::IdentityId, session::TokenHash};

/// An account at a provider. Issuer and subject name it, for ever and letter for letter; nothing else does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderAccount {
    /// The provider's name in the settings.
    pub provider: String,
    /// Who vouches for the subject.
    pub issuer: String,
    /// Whom.
    pub subject: String,
}

/// An account at a provider that opens an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedAccount {
    /// Whose.
    pub identity_id: IdentityId,
    /// Which account.
    pub account: ProviderAccount,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last signed in with.
    pub last_used_at: Timestamp,
}

/// A sign-in that is on its way through a provider. Nonce and verifier follow from what only the browser has, and are not
/// here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFlow {
    /// Which provider.
    pub provider: String,
    /// The path that the browser is led back to.
    pub return_to: String,
    /// Who is signed in and links an account; `None` for who signs in.
    pub identity_id: Option<IdentityId>,
}

/// Such a sign-in to be stored.
#[derive(Debug, Clone)]
pub struct NewProviderFlow {
    /// What its state hashes to.
    pub state: TokenHash,
    /// What the cookie of its browser hashes to.
    pub browser: TokenHash,
    /// What is found again.
    pub flow: ProviderFlow,
    /// When.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}
