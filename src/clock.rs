//! Time, as an argument.
//!
//! Nothing below the endpoint reads a clock: functions take a [`Timestamp`], and the edge owns a [`Clock`].

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The moment `ttl` later; saturates instead of overflowing.
    #[must_use]
    pub fn plus(self, ttl: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The moment `span` earlier.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How much later this is than `earlier`; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whole seconds since 1970.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, to the second.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.seconds().div_euclid(86_400), self.seconds().rem_euclid(86_400));
        // Days to civil date in the proleptic Gregorian calendar, from eras of 400 years that begin on 1 March.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Where the edge takes the time from.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The moment it is.
    fn now(&self) -> Timestamp;
}

/// A clock that many hold.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock, never earlier than it once was in this process.
///
/// The endpoint raises the mark at start from the database, so that nothing expired comes back when the
/// machine's clock is set back.
#[derive(Debug, Default)]
pub struct SystemClock {
    mark: std::sync::atomic::AtomicI64,
}

impl SystemClock {
    /// A clock that never shows less than `mark`.
    pub fn starting_at(mark: Timestamp) -> Self {
        Self { mark: mark.0.into() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let read = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let read = i64::try_from(read.as_millis()).unwrap_or(i64::MAX);
        let before = self.mark.fetch_max(read, std::sync::atomic::Ordering::Relaxed);
        Timestamp(before.max(read))
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug, Default)]
pub struct ManualClock {
    now: std::sync::atomic::AtomicI64,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { now: now.0.into() }
    }

    /// Moves on by `step`.
    pub fn advance(&self, step: Duration) {
        self.set(self.now().plus(step));
    }

    /// Shows `now` from here on, forward or back.
    pub fn set(&self, now: Timestamp) {
        self.now.store(now.0, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(std::sync::atomic::Ordering::Relaxed))
    }
}
