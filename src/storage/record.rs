//! What goes into storage and comes out, beside the domain's own types.

use crate::{
    clock::Timestamp,
    factor::password::{BcryptCost, PasswordHash},
    identity::{EmailAddress, Identity, IdentityId, Role, Username, VerifiableAddress},
    session::{NewTicket, Session, SessionId, TokenHash},
};

/// An identity to be added.
#[derive(Debug, Clone)]
pub struct NewIdentity {
    /// Its id.
    pub id: IdentityId,
    /// Its name.
    pub username: Username,
    /// Its address.
    pub email: Option<VerifiableAddress>,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Its password.
    pub password: PasswordHash,
    /// Whether the password must be replaced at the next login.
    pub must_change: bool,
    /// When.
    pub created_at: Timestamp,
}

/// What a login needs to know of an identity.
#[derive(Debug, Clone)]
pub struct SignInRecord {
    /// Who.
    pub identity: Identity,
    /// The password; `None` for an identity that has none.
    pub password: Option<PasswordHash>,
}

/// How many identities still have a legacy hash.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LegacyHashes {
    /// How many, by the bcrypt cost; in order of the cost, without those that can't be verified.
    pub counts: Vec<(BcryptCost, u64)>,
    /// How many identities have a password at all; 0 where none has a legacy hash.
    pub passwords: u64,
}

/// Which identities to list.
#[derive(Debug, Clone, Default)]
pub struct IdentityFilter {
    /// Only those with this role.
    pub role: Option<Role>,
    /// After this folded username.
    pub after: Option<String>,
    /// At most so many; 0 for all.
    pub limit: u32,
}

/// A registration that waits for its address.
#[derive(Debug, Clone)]
pub struct PendingRegistration {
    /// Its id; becomes the identity's.
    pub id: IdentityId,
    /// The wished name.
    pub username: Username,
    /// The address to be confirmed.
    pub email: EmailAddress,
    /// The chosen password.
    pub password: PasswordHash,
    /// The roles it will have.
    pub roles: Vec<Role>,
    /// When.
    pub created_at: Timestamp,
    /// Until when it waits.
    pub expires_at: Timestamp,
}

/// What a one-time link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Makes the first administrator.
    Setup,
    /// Lets someone register.
    Invitation,
    /// Confirms an address.
    Verification,
    /// Resets a password.
    Recovery,
    /// Carries a login that has to change its password.
    MustChange,
}

impl LinkKind {
    /// As it is stored.
    pub(super) const fn stored(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Invitation => "invitation",
            Self::Verification => "verification",
            Self::Recovery => "recovery",
            Self::MustChange => "must_change",
        }
    }
}

/// A link to be stored.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// What its token hashes to.
    pub hash: TokenHash,
    /// What for.
    pub kind: LinkKind,
    /// Whose: an identity's, or a pending registration's. `None` for set-up and invitations.
    pub identity_id: Option<IdentityId>,
    /// The address it is bound to.
    pub email: Option<EmailAddress>,
    /// True when it reached the person through that address, so that using it confirms the address.
    pub mailed: bool,
    /// The roles it gives.
    pub roles: Vec<Role>,
    /// When.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A link as stored.
pub type StoredLink = NewLink;

/// A session to be added.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// Its ticket, when a Python app waits for one.
    pub ticket: Option<NewTicket>,
    /// The session that the browser came with: it ends.
    pub replaces: Option<SessionId>,
    /// The password that was verified; `None` where a flow or the making of the identity stands for it.
    pub verified: Option<PasswordHash>,
    /// The unfinished login that is used up by it; the session is refused if that is gone.
    pub flow: Option<TokenHash>,
    /// The counters that this success resets.
    pub clear: Vec<LimitKey>,
    /// How many sessions an identity may have.
    pub cap: u32,
}

/// The name of a counter: a purpose, and a hash of whom or what it counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LimitKey(pub String);

/// A counter: a level that drains with time, and until when it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LimitState {
    /// How full it is.
    pub level: f64,
    /// When `level` was true.
    pub updated_at: Timestamp,
    /// It refuses until then.
    pub locked_until: Timestamp,
}

/// An event for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// When.
    pub at: Timestamp,
    /// What, as a closed name (`audit::Event`).
    pub event: String,
    /// Whom it concerns.
    pub identity_id: Option<IdentityId>,
    /// In which session.
    pub session_id: Option<SessionId>,
    /// From which address.
    pub address: String,
    /// More, as JSON without secrets.
    pub detail: String,
}
