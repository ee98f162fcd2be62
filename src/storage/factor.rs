//! Second factors, and unfinished logins and enrollments, as they are kept between two steps.

use async_trait::async_trait;

use super::{LimitKey, Removal, Result, WaysIn};
use crate::{
    clock::Timestamp,
    factor::{FactorId, FactorName, NewFactor, StoredFactor},
    identity::IdentityId,
    session::{Methods, SessionId, TokenHash},
};

/// What the token of an unfinished flow is good for: for one thing, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowAim {
    /// A second factor has to be proven.
    Challenge,
    /// A second factor has to be set up, because one is required and there is none.
    Enroll,
    /// An authenticator app was given this key, sealed, and has to prove that it has it.
    ConfirmTotp {
        /// The key, sealed.
        sealed: Vec<u8>,
    },
    /// A code was sent to this number, sealed, and has to come back.
    ConfirmPhone {
        /// The number, sealed.
        sealed: Vec<u8>,
    },
    /// A passkey is made, and has to be handed over.
    ConfirmPasskey,
}

impl FlowAim {
    /// As stored.
    pub(super) const fn stored(&self) -> &'static str {
        match self {
            Self::Challenge => "challenge",
            Self::Enroll => "enroll",
            Self::ConfirmTotp { .. } => "confirm_totp",
            Self::ConfirmPhone { .. } => "confirm_phone",
            Self::ConfirmPasskey => "confirm_passkey",
        }
    }

    /// From what is stored.
    pub(super) fn read(stored: &str, sealed: Option<Vec<u8>>) -> Option<Self> {
        match (stored, sealed) {
            ("challenge", None) => Some(Self::Challenge),
            ("enroll", None) => Some(Self::Enroll),
            ("confirm_totp", Some(sealed)) => Some(Self::ConfirmTotp { sealed }),
            ("confirm_phone", Some(sealed)) => Some(Self::ConfirmPhone { sealed }),
            ("confirm_passkey", None) => Some(Self::ConfirmPasskey),
            _ => None,
        }
    }

    pub(super) fn sealed(&self) -> Option<&[u8]> {
        match self {
            Self::ConfirmTotp { sealed } | Self::ConfirmPhone { sealed } => Some(sealed),
            Self::Challenge | Self::Enroll | Self::ConfirmPasskey => None,
        }
    }
}

/// A login or an enrollment that waits for its next step.
#[derive(Debug, Clone)]
pub struct PendingFlow {
    /// What its token hashes to.
    pub hash: TokenHash,
    /// Whose it is.
    pub identity_id: IdentityId,
    /// The session that it raises; `None` for one that begins a session.
    pub session_id: Option<SessionId>,
    /// What was proven so far.
    pub methods: Methods,
    /// What comes next.
    pub aim: FlowAim,
    /// Whether the session that it begins is to be kept, whoever ends it.
    pub keep: bool,
    /// When.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A session that is surer of its person than before: the same session under a new token.
#[derive(Debug, Clone)]
pub struct RaisedSession {
    /// Which.
    pub id: SessionId,
    /// What its new token hashes to.
    pub token_hash: TokenHash,
    /// Everything that was proven in it.
    pub methods: Methods,
    /// The flow that is used up by it; `None` where one step was enough.
    pub flow: Option<TokenHash>,
    /// When.
    pub at: Timestamp,
}

/// Second factors, recovery codes, and the logins and enrollments that wait for them.
#[async_trait]
pub trait FactorRepository {
    /// The factors of an identity, the oldest first.
    async fn list_factors(&self, owner: &IdentityId) -> Result<Vec<StoredFactor>>;
    /// How many recovery codes it has left.
    async fn count_recovery_codes(&self, owner: &IdentityId) -> Result<u32>;
    /// Uses `flow` up and adds a factor; with `codes`, unless there are none, in place of the recovery codes. False if
    /// the flow is gone, if it was to be the `first` factor and is not, or if there are as many of its kind as there may be:
    /// then nothing is added. Refuses a passkey that is there already, whoever has it.
    async fn add_factor(
        &self,
        new: NewFactor,
        codes: &[TokenHash],
        flow: TokenHash,
        first: bool,
    ) -> Result<bool>;
    /// Gives a factor another name. False if its owner has no such factor.
    async fn rename_factor(
        &self,
        owner: &IdentityId,
        id: &FactorId,
        name: &FactorName,
        now: Timestamp,
    ) -> Result<bool>;
    /// Removes a factor; the last one takes the recovery codes with it, and stays if one is to be kept. So does a passkey
    /// where nothing else opens the identity: neither a password nor one of `ways`.
    async fn remove_factor(
        &self,
        owner: &IdentityId,
        id: &FactorId,
        keep_one: bool,
        ways: &WaysIn,
        now: Timestamp,
    ) -> Result<Removal>;
    /// Removes every factor and recovery code, and ends every session. Returns how many factors there were.
    async fn remove_factors(&self, owner: &IdentityId, now: Timestamp) -> Result<u32>;
    /// Remembers the step of a code that was right. False if that step or a later one was accepted before.
    async fn accept_step(&self, id: &FactorId, step: i64, now: Timestamp) -> Result<bool>;
    /// Replaces the recovery codes.
    async fn replace_recovery_codes(
        &self,
        owner: &IdentityId,
        codes: &[TokenHash],
        now: Timestamp,
    ) -> Result<()>;
    /// Uses a recovery code up. False if there is no such code of this owner.
    async fn use_recovery_code(&self, owner: &IdentityId, code: TokenHash, now: Timestamp) -> Result<bool>;
    /// Adds a flow that waits for its next step, and forgets failures of `clear`.
    async fn add_flow(&self, flow: PendingFlow, clear: &[LimitKey]) -> Result<()>;
    /// Looks for a flow; `None` when used, expired or unknown.
    async fn find_flow(&self, hash: TokenHash, now: Timestamp) -> Result<Option<PendingFlow>>;
    /// Gives a session a new token and what was proven in it. False if it is over, or its flow is gone.
    async fn raise_session(&self, raised: RaisedSession) -> Result<bool>;
}
