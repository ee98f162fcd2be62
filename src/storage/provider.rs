//! Accounts of somebody else that open an identity, and sign-ins that are on their way through a provider.

use async_trait::async_trait;

use super::{NewIdentity, Removal, Result, WaysIn};
use crate::{
    clock::Timestamp,
    identity::{Identity, IdentityId},
    session::{SessionId, TokenHash},
};

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
    /// The session of that person, where an account that is linked already proves who asks; `None` where one is linked.
    pub session_id: Option<SessionId>,
    /// When it began.
    pub begun_at: Timestamp,
    /// Keep me signed in.
    pub keep: bool,
    /// The challenge under which the result is left, where a frame waits for it; `None` where the browser itself is signed in.
    pub collect: Option<TokenHash>,
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
    /// Until when.
    pub expires_at: Timestamp,
}

/// What a window leaves for the frame that opened it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handover {
    /// Who was proven.
    Proven(IdentityId),
    /// The name of the code that says why nobody was.
    Refused(String),
}

impl Handover {
    /// As stored: who, or why nobody.
    pub(super) fn stored(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Proven(id) => (Some(&id.0), None),
            Self::Refused(code) => (None, Some(code)),
        }
    }

    /// From what is stored.
    pub(super) fn read(identity_id: Option<String>, refused: Option<String>) -> Option<Self> {
        match (identity_id, refused) {
            (Some(id), None) => Some(Self::Proven(IdentityId(id))),
            (None, Some(code)) => Some(Self::Refused(code)),
            _ => None,
        }
    }
}

/// Accounts of somebody else that open an identity, and sign-ins that are on their way through a provider.
#[async_trait]
pub trait ProviderRepository {
    /// Stores a sign-in on its way. Refuses if the identity that it links is gone.
    async fn add_provider_flow(&self, new: NewProviderFlow) -> Result<()>;
    /// Takes the sign-in that this browser began. `None`, and nothing is taken, where there is none, it expired, or another
    /// browser began it.
    async fn consume_provider_flow(
        &self,
        state: TokenHash,
        browser: TokenHash,
        now: Timestamp,
    ) -> Result<Option<ProviderFlow>>;
    /// Leaves a result under a challenge, in place of an earlier one. Refuses if the identity is gone.
    async fn add_handover(
        &self,
        challenge: TokenHash,
        left: &Handover,
        created_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()>;
    /// Takes the result under a challenge. `None` where there is none, or it expired.
    async fn consume_handover(&self, challenge: TokenHash, now: Timestamp) -> Result<Option<Handover>>;
    /// Whom the account opens.
    async fn find_by_account(&self, issuer: &str, subject: &str) -> Result<Option<Identity>>;
    /// The accounts that open the identity, the oldest first.
    async fn list_linked_accounts(&self, id: &IdentityId) -> Result<Vec<LinkedAccount>>;
    /// Lets the account open the identity. False if it opens one already; refuses if the identity is gone.
    async fn add_linked_account(
        &self,
        id: &IdentityId,
        account: &ProviderAccount,
        now: Timestamp,
    ) -> Result<bool>;
    /// Adds an identity without a password that the account opens; refuses a taken username or verified address. `None`,
    /// and nothing is added, if the account opens one already.
    async fn add_linked_identity(
        &self,
        new: NewIdentity,
        account: &ProviderAccount,
    ) -> Result<Option<Identity>>;
    /// Writes that the account was signed in with, never back in time.
    async fn touch_linked_account(&self, issuer: &str, subject: &str, now: Timestamp) -> Result<()>;
    /// The account opens the identity no more, unless nothing else would: neither a password nor one of `ways`. No
    /// session ends.
    async fn remove_linked_account(
        &self,
        id: &IdentityId,
        account: &ProviderAccount,
        ways: &WaysIn,
        now: Timestamp,
    ) -> Result<Removal>;
}
