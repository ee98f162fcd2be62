//! The account page: what somebody sees of the own account, and changes there.

use serde::{Deserialize, Serialize};

use crate::{MailToken, Password};

/// One thing done on the account page, by who is signed in unless it says otherwise.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AccountStep {
    /// Shows the account.
    Overview {},
    /// Takes a factor away.
    RemoveFactor {
        /// Which, from [`FactorSummary`].
        id: String,
    },
    /// Gives a factor another name.
    RenameFactor {
        /// Which, from [`FactorSummary`].
        id: String,
        /// The name, as typed.
        name: String,
    },
    /// Ends one session.
    EndSession {
        /// Which, from [`SessionSummary`].
        id: String,
    },
    /// Ends every session but this one.
    EndOtherSessions {},
    /// Everything that is stored about this person.
    Export {},
    /// Deletes the account and everything that hangs on it.
    Delete {},
    /// Leaves for a provider, whose account opens this one from then on.
    LinkProvider {
        /// Which, from [`Linkable`].
        name: String,
        /// The path of the app's page to come back to; absent on the account's own page.
        return_to: Option<String>,
    },
    /// Lets an account at a provider open this one no more.
    UnlinkProvider {
        /// Which, from [`LinkedSummary`].
        id: String,
    },
    /// Leaves for a provider to sign in there once more: the fresh proof of who has no password.
    ProveAgain {
        /// Which, from [`LinkedSummary`].
        name: String,
        /// As in [`AccountStep::LinkProvider`].
        return_to: Option<String>,
    },
    /// Chooses a password, where there is none yet.
    SetPassword {
        /// The password, as typed.
        password: Password,
    },
    /// Asks for another address. It is changed when whoever reads it confirms it, and whoever reads the present one, where
    /// that is confirmed, approves.
    ChangeAddress {
        /// The new address, as typed.
        email: String,
    },
    /// Ends the change of the address that waits.
    CancelAddress {},
    /// Approves of a change of the address. Nobody has to be signed in for it.
    ApproveAddress {
        /// The token of the link that went to the present address.
        token: MailToken,
    },
    /// Confirms a new address. Nobody has to be signed in for it.
    ConfirmAddress {
        /// The token of the link that went to the new address.
        token: MailToken,
    },
}

/// The endpoint's answer to an [`AccountStep`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AccountState {
    /// The account, as it is now.
    Overview {
        /// All of it.
        account: Box<AccountOverview>,
    },
    /// Everything that is stored about this person.
    Export {
        /// A JSON document, as text.
        document: String,
    },
    /// The account is gone, and this browser is signed out.
    Deleted,
    /// The address is changed.
    AddressChanged,
    /// One of the two links of a change of the address was followed; the other one is still to be.
    AddressWaits {
        /// True where it is the one to the present address, false where it is the one to the new address.
        approval: bool,
    },
    /// The browser leaves for a provider, and comes back.
    Leave {
        /// Where to.
        location: String,
    },
}

/// What the account page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct AccountOverview {
    /// The username.
    pub username: String,
    /// The address, confirmed or not.
    pub email: Option<String>,
    /// Whether the address is confirmed.
    pub email_verified: bool,
    /// The roles, sorted.
    pub roles: Vec<String>,
    /// True where the account is kept in the app's settings or by a proxy: it can't be changed here.
    pub managed: bool,
    /// True where a second factor is required of this person: the last one can't be taken away.
    pub factor_required: bool,
    /// The second factors, the oldest first.
    pub factors: Vec<FactorSummary>,
    /// How many recovery codes are left.
    pub recovery_codes: u32,
    /// The sessions, the youngest first.
    pub sessions: Vec<SessionSummary>,
    /// True where a phone can be set up as a second factor.
    pub phone: bool,
    /// True where a password opens the account. Without one, a provider proves who asks.
    pub has_password: bool,
    /// The accounts at providers that open this one, the oldest first.
    pub linked: Vec<LinkedSummary>,
    /// The providers of which no account opens this one yet.
    pub linkable: Vec<Linkable>,
    /// The change of the address that waits.
    pub pending_address: Option<PendingAddress>,
}

/// A change of the address that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingAddress {
    /// The new address.
    pub email: String,
    /// True while it waits for the link to the present address.
    pub approval: bool,
    /// True while it waits for the link to the new address.
    pub confirmation: bool,
}

/// A second factor, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorSummary {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: crate::SecondFactor,
    /// How its owner calls it; empty for no name.
    pub name: String,
    /// When it was set up, in milliseconds since 1970.
    pub created_at: i64,
    /// When it was last used, in milliseconds since 1970.
    pub last_used_at: Option<i64>,
}

/// An account at a provider that opens this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinkedSummary {
    /// Its id, which opens nothing.
    pub id: String,
    /// The provider's name, if this browser can sign in there from here.
    pub name: Option<String>,
    /// How people know the provider.
    pub label: String,
    /// Since when, in milliseconds since 1970.
    pub created_at: i64,
    /// When it was last signed in with, in milliseconds since 1970.
    pub last_used_at: i64,
}

/// A provider whose account could open this one, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Linkable {
    /// Its name in the settings.
    pub name: String,
    /// How people know it.
    pub label: String,
}

/// A session, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionSummary {
    /// Its id, which opens nothing.
    pub id: String,
    /// True for the session of the browser that asks.
    pub current: bool,
    /// The browser, as it named itself.
    pub user_agent: String,
    /// The address it began from; empty where unknown.
    pub address: String,
    /// When it began, in milliseconds since 1970.
    pub created_at: i64,
    /// When it was last used, in milliseconds since 1970.
    pub last_used_at: i64,
}
