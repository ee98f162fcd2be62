//! What the mail queue holds.

use super::{Result, StorageError};
use crate::{clock::Timestamp, identity::IdentityId, session::AppName};

/// The id of a queued mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailId(pub String);

/// Which mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTemplate {
    /// Confirm your address.
    Verification,
    /// Reset your password.
    Recovery,
    /// You were invited.
    Invitation,
    /// Someone tried to register with an address that has an account.
    AlreadyRegistered,
    /// The password was changed.
    PasswordChanged,
    /// Something else of the account was changed; the context is the username.
    AccountChanged(AccountChange),
    /// A code and a link to sign in with; the context is what the token of the flow hashes to.
    SignInCode,
    /// To the present address: approve of another one. The context is the change.
    ApproveAddress,
    /// To the new address: confirm it. The context is the change.
    ConfirmAddress,
    /// To an address that has an account: somebody wanted it for another one.
    AddressTaken,
}

/// What was changed, as its owner is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountChange {
    /// A second factor was set up.
    FactorAdded,
    /// A second factor was taken away.
    FactorRemoved,
    /// The recovery codes were replaced.
    RecoveryCodesRenewed,
    /// The operator took every second factor away.
    FactorsReset,
    /// The account was deleted.
    Deleted,
    /// An account at a provider opens it from now on.
    AccountLinked,
    /// An account at a provider opens it no more.
    AccountUnlinked,
    /// There was no password, and now there is one.
    PasswordSet,
    /// It has another address now.
    AddressChanged,
}

impl AccountChange {
    /// Every change.
    pub const ALL: [Self; 9] = [
        Self::FactorAdded,
        Self::FactorRemoved,
        Self::RecoveryCodesRenewed,
        Self::FactorsReset,
        Self::Deleted,
        Self::AccountLinked,
        Self::AccountUnlinked,
        Self::PasswordSet,
        Self::AddressChanged,
    ];

    const fn stored(self) -> &'static str {
        match self {
            Self::FactorAdded => "factor_added",
            Self::FactorRemoved => "factor_removed",
            Self::RecoveryCodesRenewed => "recovery_codes_renewed",
            Self::FactorsReset => "factors_reset",
            Self::Deleted => "account_deleted",
            Self::AccountLinked => "account_linked",
            Self::AccountUnlinked => "account_unlinked",
            Self::PasswordSet => "password_set",
            Self::AddressChanged => "address_changed",
        }
    }
}

impl MailTemplate {
    /// Every template.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Verification, Self::Recovery, Self::Invitation, Self::AlreadyRegistered, Self::PasswordChanged]
            .into_iter()
            .chain(AccountChange::ALL.into_iter().map(Self::AccountChanged))
            .chain([Self::SignInCode])
            .chain([Self::ApproveAddress, Self::ConfirmAddress, Self::AddressTaken])
    }

    /// As it is stored.
    pub(super) const fn stored(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::Recovery => "recovery",
            Self::Invitation => "invitation",
            Self::AlreadyRegistered => "already_registered",
            Self::PasswordChanged => "password_changed",
            Self::AccountChanged(change) => change.stored(),
            Self::SignInCode => "sign_in_code",
            Self::ApproveAddress => "approve_address",
            Self::ConfirmAddress => "confirm_address",
            Self::AddressTaken => "address_taken",
        }
    }

    /// Reads what is stored.
    pub(super) fn read(stored: &str) -> Result<Self> {
        Self::all()
            .find(|template| template.stored() == stored)
            .ok_or_else(|| StorageError::Corrupt(format!("a mail of the unknown kind {stored:?}")))
    }
}

/// A mail to be queued.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// Its id.
    pub id: MailId,
    /// Which.
    pub template: MailTemplate,
    /// To whom, as written.
    pub to: String,
    /// The same, folded: what caps count.
    pub to_folded: String,
    /// Whose, where it has an identity.
    pub identity_id: Option<IdentityId>,
    /// What the link it will carry is about: a registration's id, or an invitation as JSON. Never a token.
    pub context: String,
    /// The language of the person, as a BCP 47 tag.
    pub locale: String,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// The app whose page asked for it; `None` for the endpoint's own.
    pub app: Option<AppName>,
}

/// A mail taken from the queue.
#[derive(Debug, Clone)]
pub struct QueuedMail {
    /// What was queued.
    pub mail: NewMail,
    /// How often sending it failed.
    pub attempts: u32,
}
