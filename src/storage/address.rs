//! Changes of an address that wait: for whoever reads the present one, and for whoever reads the new one.

use async_trait::async_trait;

use super::{NewMail, Result};
use crate::{
    clock::Timestamp,
    identity::{EmailAddress, Identity, IdentityId},
    session::{SessionId, TokenHash},
};

/// Which address a link was mailed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressSide {
    /// The present one: its owner approves of the change.
    Present,
    /// The new one: its owner confirms it.
    New,
}

/// A change of an address that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressChange {
    /// Its id.
    pub id: String,
    /// Whose address.
    pub identity_id: IdentityId,
    /// The new one.
    pub email: EmailAddress,
    /// The confirmed one until now, whose owner has to approve; `None` where there is none.
    pub former: Option<EmailAddress>,
    /// When that was approved of.
    pub approved_at: Option<Timestamp>,
    /// When the new one was confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// When.
    pub created_at: Timestamp,
    /// Until when it waits.
    pub expires_at: Timestamp,
}

impl AddressChange {
    /// Whether it waits for this side.
    pub const fn waits_for(&self, side: AddressSide) -> bool {
        match side {
            AddressSide::Present => self.former.is_some() && self.approved_at.is_none(),
            AddressSide::New => self.confirmed_at.is_none(),
        }
    }

    /// Whether nothing is missing any more.
    pub(super) const fn is_complete(&self) -> bool {
        !self.waits_for(AddressSide::Present) && !self.waits_for(AddressSide::New)
    }

    /// Whether it is still about this identity: enabled, its own to change, and with the address that was asked.
    pub(super) fn is_about(&self, identity: &Identity) -> bool {
        let present = identity.confirmed_address().map(EmailAddress::folded);
        identity.is_open() && present == self.former.as_ref().map(EmailAddress::folded)
    }
}

/// What a link that was followed led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// The change waits for the other side.
    Waits(AddressChange),
    /// The address is changed.
    Done {
        /// Whose, as it is now.
        identity: Box<Identity>,
        /// The confirmed address until now.
        former: Option<EmailAddress>,
    },
    /// Somebody else has confirmed the address meanwhile: the change is over.
    Taken,
}

/// Changes of an address. Ending every session of somebody ends the change, too.
#[async_trait]
pub trait AddressRepository {
    /// Adds a change in the place of an earlier one, and queues its mails. Refuses where `session`, which asked for it, is
    /// over: whoever ended that meant it.
    async fn add_address_change(
        &self,
        change: AddressChange,
        session: &SessionId,
        mails: Vec<NewMail>,
    ) -> Result<()>;
    /// The change that waits for this identity.
    async fn find_address_change(&self, id: &IdentityId, now: Timestamp) -> Result<Option<AddressChange>>;
    /// Notes what the link to a side hashes to; an earlier one of that side ends. False if nothing waits for it.
    async fn add_address_link(
        &self,
        change: &str,
        side: AddressSide,
        hash: TokenHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool>;
    /// Uses a link up. With the second one the address is changed, and confirmed, in the same transaction; nobody else has
    /// it or waits for it any more. `None` when the link is used, expired or unknown, or the change is about nobody.
    async fn follow_address_link(
        &self,
        hash: TokenHash,
        side: AddressSide,
        now: Timestamp,
    ) -> Result<Option<Followed>>;
    /// Gives an identity another address, as the operator says; a change that waits is over. Refuses one that somebody else
    /// has confirmed. False if the identity is unknown.
    async fn set_address(
        &self,
        id: &IdentityId,
        email: &EmailAddress,
        verified: bool,
        now: Timestamp,
    ) -> Result<bool>;
    /// Ends the change that waits. False if none does.
    async fn cancel_address_change(&self, id: &IdentityId, now: Timestamp) -> Result<bool>;
}
