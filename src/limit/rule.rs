//! The rules themselves: a level that every failure raises by one and time drains, and a lock that grows with it.

use std::time::Duration;

use crate::{clock::Timestamp, config::LimitSettings, storage::LimitState};

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);
/// One failure of an account is forgotten in this time; so at most 48 a day can be made for ever.
const ACCOUNT_HEAL: Duration = Duration::from_mins(30);
/// The first lock of an account; each further failure doubles it.
const FIRST_LOCK: Duration = Duration::from_secs(30);
/// The longest lock of an account.
const LONGEST_LOCK: Duration = HOUR;

/// Refused without looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Worth another try after this.
    pub retry_after: Duration,
}

/// What one kind of counter allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    capacity: f64,
    /// The time in which the level falls by one.
    heal: Duration,
    /// Whether reaching the capacity locks, for a while that grows.
    locks: bool,
}

/// The rules that the settings ask for.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Wrong passwords for one account, for one known device, or for one signed-in person changing a password; wrong codes
    /// for one person.
    pub account: Rule,
    /// Wrong passwords for the one account that everybody shares.
    pub shared: Rule,
    /// Wrong passwords from one address.
    pub address: Rule,
    /// Wrong passwords in all.
    pub global: Rule,
    /// Registrations from one address.
    pub registration_address: Rule,
    /// Registrations in all.
    pub registration_global: Rule,
    /// Mails to one address.
    pub mail: Rule,
    /// Cheap calls from one address.
    pub question: Rule,
}

impl Rules {
    /// From the settings.
    pub fn new(settings: &LimitSettings) -> Self {
        Self {
            account: Rule::lock(settings.account_attempts, ACCOUNT_HEAL),
            shared: Rule::bucket(settings.global_attempts, HOUR),
            address: Rule::bucket(settings.address_attempts, HOUR),
            global: Rule::bucket(settings.global_attempts, MINUTE),
            registration_address: Rule::bucket(settings.registrations_per_address, HOUR),
            registration_global: Rule::bucket(settings.registrations_global, MINUTE),
            mail: Rule::bucket(settings.mails_per_address, HOUR),
            question: Rule::bucket(settings.questions_per_address, MINUTE),
        }
    }
}

impl Rule {
    /// So many per span, refilled evenly.
    pub fn bucket(capacity: u32, per: Duration) -> Self {
        let capacity = capacity.max(1);
        Self { capacity: f64::from(capacity), heal: per / capacity, locks: false }
    }

    /// So many, then a lock that doubles with each further failure; one failure heals in `heal`.
    pub fn lock(capacity: u32, heal: Duration) -> Self {
        Self { capacity: f64::from(capacity.max(1)), heal, locks: true }
    }

    /// The level at `now`: it drains with time, and never rises when the clock is set back.
    pub fn level(&self, state: &LimitState, now: Timestamp) -> f64 {
        let drained = now.since(state.updated_at).as_secs_f64() / self.heal.as_secs_f64();
        (state.level - drained).max(0.0)
    }

    /// Whether one more attempt may be looked at while `others` are being looked at: each of them may fail.
    pub fn admit(&self, state: &LimitState, others: u32, now: Timestamp) -> Result<(), Refused> {
        if state.locked_until > now {
            return Err(Refused { retry_after: state.locked_until.since(now) });
        }
        let (level, others) = (self.level(state, now), f64::from(others));
        if self.locks {
            // A lock that is over lets one attempt through at a time.
            let room = (self.capacity - level.ceil()).max(1.0);
            return if others < room { Ok(()) } else { Err(Refused { retry_after: Duration::from_secs(1) }) };
        }
        let over = level + others + 1.0 - self.capacity;
        if over <= 0.0 { Ok(()) } else { Err(Refused { retry_after: self.heal.mul_f64(over.min(1e6)) }) }
    }

    /// Counts one failure (or one use).
    pub fn count(&self, state: &mut LimitState, now: Timestamp) {
        state.level = self.level(state, now) + 1.0;
        state.updated_at = state.updated_at.max(now);
        if self.locks && state.level.ceil() >= self.capacity {
            let doublings = (state.level.ceil() - self.capacity).min(30.0);
            let lock = FIRST_LOCK.mul_f64(doublings.exp2()).min(LONGEST_LOCK);
            state.locked_until = state.locked_until.max(now.plus(lock));
        }
    }
}

#[cfg(test)]
mod tests;
