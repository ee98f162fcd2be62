//! How long a session lasts.

use std::time::Duration;

use crate::clock::Timestamp;

/// The spans of a session, fixed when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// It ends when nobody used it for this long.
    pub idle_ttl: Duration,
    /// It ends this long after it began, used or not.
    pub absolute_ttl: Duration,
    /// "Keep me signed in": the cookie outlives the browser.
    pub persistent: bool,
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEnd {
    /// Nobody used it.
    Idle,
    /// Its time is over.
    Absolute,
}

impl Lifetime {
    /// Why a session with these spans is over at `now`, if it is.
    pub fn end(&self, created_at: Timestamp, last_used_at: Timestamp, now: Timestamp) -> Option<SessionEnd> {
        if now >= created_at.plus(self.absolute_ttl) {
            Some(SessionEnd::Absolute)
        } else if now >= last_used_at.plus(self.idle_ttl) {
            Some(SessionEnd::Idle)
        } else {
            None
        }
    }
}
