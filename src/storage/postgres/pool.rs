//! The connections, and how a transaction is tried: again where it lost a race or its connection, never for long.

use std::{
    hash::{BuildHasher as _, RandomState},
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{Connection as _, PgConnection, PgPool, postgres::PgConnectOptions, postgres::PgPoolOptions};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::error::{Again, again, unavailable};
use crate::storage::Result;

/// How long a caller waits for a connection.
const QUEUE: Duration = Duration::from_secs(3);
/// How long a caller waits in all, with every new try.
const PATIENCE: Duration = Duration::from_secs(10);
/// A connection that lay idle for so long is asked whether it is still one.
const STALE: Duration = Duration::from_secs(1);
/// How long it may take to answer that.
const PING: Duration = Duration::from_secs(1);
/// How often a transaction is tried that loses against others.
const RACES: u32 = 40;
/// How often one is tried whose connection is cut.
const CUTS: u32 = 3;

/// Connections that anybody takes.
pub(super) struct Connections {
    pub(super) pool: PgPool,
    cuts: Arc<Cuts>,
}

impl Connections {
    pub(super) fn new(options: PgConnectOptions, size: u32) -> Self {
        let cuts = Arc::new(Cuts { opened: Instant::now(), last: AtomicU64::new(0) });
        let seen = Arc::clone(&cuts);
        let pool = PgPoolOptions::new()
            .max_connections(size)
            .acquire_timeout(QUEUE)
            .idle_timeout(Duration::from_mins(10))
            .max_lifetime(Duration::from_mins(30))
            .test_before_acquire(false)
            .before_acquire(move |connection: &mut PgConnection, about| {
                let doubtful = about.idle_for >= STALE || seen.since() <= about.idle_for;
                Box::pin(async move {
                    if doubtful {
                        let silent = || sqlx::Error::Io(io::ErrorKind::TimedOut.into());
                        timeout(PING, connection.ping()).await.map_err(|_| silent())??;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Self { pool, cuts }
    }

    /// The beginning of something that may be tried more than once.
    pub(super) fn tries(&self) -> Tries<'_> {
        Tries { cuts: &self.cuts, until: Instant::now() + PATIENCE, lost: 0, cut: 0 }
    }
}

/// When a connection was last cut: those that have been idle since are doubtful.
struct Cuts {
    opened: Instant,
    /// Milliseconds after `opened`, plus one; 0 for never.
    last: AtomicU64,
}

impl Cuts {
    fn clock(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    fn note(&self) {
        self.last.fetch_max(self.clock(), Ordering::Relaxed);
    }

    /// How long ago the last one was.
    fn since(&self) -> Duration {
        match self.last.load(Ordering::Relaxed) {
            0 => Duration::MAX,
            last => Duration::from_millis(self.clock().saturating_sub(last)),
        }
    }
}

/// One caller's patience.
pub(super) struct Tries<'p> {
    cuts: &'p Cuts,
    until: Instant,
    lost: u32,
    cut: u32,
}

impl Tries<'_> {
    /// Tries once. `None`: try again.
    pub(super) async fn once<T>(&mut self, work: impl Future<Output = Result<T>>) -> Option<Result<T>> {
        let Ok(done) = timeout_at(self.until, work).await else {
            self.cuts.note();
            return Some(Err(unavailable("it did not answer in time")));
        };
        let Err(error) = &done else { return Some(done) };
        match again(error) {
            Some(Again::Lost) if self.lost < RACES => {
                self.lost += 1;
                // Whoever raced must not meet again at the same moment.
                let longest = 2_u64 << self.lost.min(6);
                sleep(Duration::from_millis(RandomState::new().hash_one(0) % longest)).await;
                None
            }
            Some(Again::Cut) => {
                self.cuts.note();
                self.cut += 1;
                (self.cut > CUTS).then_some(done)
            }
            _ => Some(done),
        }
    }
}

/// Runs a block of one transaction or question, which ends with a `Result`, until it is done or hopeless.
macro_rules! tried {
    ($storage:expr, $work:block) => {{
        let mut tries = $storage.connections.tries();
        loop {
            if let Some(done) = tries.once(async { $work }).await {
                break done;
            }
        }
    }};
}

pub(super) use tried;
