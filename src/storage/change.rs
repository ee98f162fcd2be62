//! What the change feed says.

use crate::{identity::IdentityId, session::SessionId};

/// The position of a change: later changes have larger numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ChangeSeq(pub i64);

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its position.
    pub seq: ChangeSeq,
    /// What happened.
    pub kind: ChangeKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// One session ended.
    SessionRevoked(SessionId),
    /// An identity was disabled, enabled, deleted, or its roles, password or factors changed: what is cached of it,
    /// and every session of it that is gone from storage, is no longer true.
    IdentityChanged(IdentityId),
}
