//! The database's time, so that every replica judges expiry by the same clock, whatever its own shows.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use sqlx::{Executor, Postgres};
use tokio::time::Instant;

use crate::{
    clock::{Clock, Timestamp},
    storage::Result,
};

/// How often the clocks are compared.
const COMPARE_EVERY: Duration = Duration::from_secs(5);
/// A comparison that took longer says too little.
const PROMPT: Duration = Duration::from_secs(1);

/// A clock that follows the database's. Between two comparisons it runs on the time since this process began, which
/// nobody sets; it never goes back.
pub struct DatabaseClock {
    opened: Instant,
    /// What the database's clock showed when `opened` was.
    base: AtomicI64,
    /// When the clocks were last compared, in milliseconds after `opened`.
    compared: AtomicI64,
    shown: AtomicI64,
}

impl DatabaseClock {
    /// Compares for the first time.
    pub(super) async fn open<'c>(on: impl Executor<'c, Database = Postgres>) -> Result<Arc<Self>> {
        let clock = Self {
            opened: Instant::now(),
            base: AtomicI64::new(0),
            compared: AtomicI64::new(0),
            shown: AtomicI64::new(i64::MIN),
        };
        clock.follow(&clock.ask(on).await?);
        Ok(Arc::new(clock))
    }

    /// Never shows less than `mark` from here on.
    pub fn raise(&self, mark: Timestamp) {
        self.shown.fetch_max(mark.0, Ordering::Relaxed);
    }

    /// Whether it is time to compare again.
    pub(super) fn is_due(&self) -> bool {
        let every = i64::try_from(COMPARE_EVERY.as_millis()).unwrap_or(i64::MAX);
        self.elapsed() - self.compared.load(Ordering::Relaxed) >= every
    }

    /// Compares, where the answer comes promptly.
    pub(super) async fn compare<'c>(&self, on: impl Executor<'c, Database = Postgres>) -> Result<()> {
        let seen = self.ask(on).await?;
        if seen.took <= PROMPT {
            self.follow(&seen);
        }
        Ok(())
    }

    async fn ask<'c>(&self, on: impl Executor<'c, Database = Postgres>) -> Result<Seen> {
        let asked = Instant::now();
        let theirs: i64 =
            sqlx::query_scalar("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::BIGINT")
                .fetch_one(on)
                .await?;
        Ok(Seen { theirs, took: asked.elapsed() })
    }

    fn follow(&self, seen: &Seen) {
        let here = self.elapsed();
        // The database looked at its clock about half a round trip ago.
        let half = i64::try_from(seen.took.as_millis() / 2).unwrap_or(0);
        self.base.store(seen.theirs.saturating_add(half).saturating_sub(here), Ordering::Relaxed);
        self.compared.store(here, Ordering::Relaxed);
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.opened.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// What a comparison saw.
struct Seen {
    theirs: i64,
    took: Duration,
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        let now = self.base.load(Ordering::Relaxed).saturating_add(self.elapsed());
        Timestamp(self.shown.fetch_max(now, Ordering::Relaxed).max(now))
    }
}

impl fmt::Debug for DatabaseClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseClock({})", self.now())
    }
}
