//! Tickets: how a login in the browser becomes an identity in Python.
//!
//! A ticket lives at most 60 s, is bound to a verifier that Python made (S256, RFC 7636) and is used once. The same
//! verifier and handle within ten seconds get the same answer, because Streamlit may retry a run; any other second
//! use is a theft, and its session ends.

use std::time::Duration;

use subtle::ConstantTimeEq as _;

use super::{SessionId, TokenHash};
use crate::clock::Timestamp;

/// How long a ticket lives.
pub const TICKET_TTL: Duration = Duration::from_mins(1);
/// How long the same answer is repeated to the same asker.
pub const REPEAT_TTL: Duration = Duration::from_secs(10);

/// A ticket to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTicket {
    /// What the ticket hashes to.
    pub hash: TokenHash,
    /// The session it stands for.
    pub session_id: SessionId,
    /// The S256 challenge of the verifier that may redeem it.
    pub challenge: String,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// A ticket as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTicket {
    /// What was issued.
    pub ticket: NewTicket,
    /// Who redeemed it (a hash of the handle) and when, if someone did.
    pub redeemed: Option<(TokenHash, Timestamp)>,
}

/// What becomes of an attempt to redeem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redemption {
    /// The first use: mark it, answer.
    First,
    /// A repetition by the same asker: answer again.
    Repeated,
    /// Too old, or the verifier is not the one: refuse.
    Refused,
    /// A second use by someone else: refuse, and end the session.
    Theft,
}

impl StoredTicket {
    /// Judges an attempt.
    ///
    /// `challenge` is S256 of the verifier presented, `handle` the hash of the socket's handle.
    pub fn judge(&self, challenge: &str, handle: TokenHash, now: Timestamp) -> Redemption {
        let verified = bool::from(self.ticket.challenge.as_bytes().ct_eq(challenge.as_bytes()));
        match self.redeemed {
            None if !verified || now >= self.ticket.issued_at.plus(TICKET_TTL) => Redemption::Refused,
            None => Redemption::First,
            Some((by, at)) if verified && by == handle && now < at.plus(REPEAT_TTL) => Redemption::Repeated,
            Some(_) => Redemption::Theft,
        }
    }
}
