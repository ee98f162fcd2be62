//! Unfinished logins and enrollments, as they are kept between two steps.

use crate::{
    clock::Timestamp,
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
}

impl FlowAim {
    /// As stored.
    pub(super) const fn stored(&self) -> &'static str {
        match self {
            Self::Challenge => "challenge",
            Self::Enroll => "enroll",
            Self::ConfirmTotp { .. } => "confirm_totp",
        }
    }

    /// From what is stored.
    pub(super) fn read(stored: &str, sealed: Option<Vec<u8>>) -> Option<Self> {
        match (stored, sealed) {
            ("challenge", None) => Some(Self::Challenge),
            ("enroll", None) => Some(Self::Enroll),
            ("confirm_totp", Some(sealed)) => Some(Self::ConfirmTotp { sealed }),
            _ => None,
        }
    }

    pub(super) fn sealed(&self) -> Option<&[u8]> {
        match self {
            Self::ConfirmTotp { sealed } => Some(sealed),
            Self::Challenge | Self::Enroll => None,
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
