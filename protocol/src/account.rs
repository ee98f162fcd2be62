//! The account page: what somebody sees of the own account, and changes there.

use serde::{Deserialize, Serialize};

/// One thing done on the account page by who is signed in.
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
}

/// What the account page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
