//! The connections: several that read, one that writes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{
    Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction, pool::PoolOptions,
    sqlite::SqliteConnectOptions,
};

use crate::storage::{Connections, Result};

/// How long a caller waits for a connection.
const QUEUE: Duration = Duration::from_secs(5);
/// How many connections read.
const READERS: u32 = 4;

/// Connections that read.
pub(super) fn readers(options: SqliteConnectOptions) -> SqlitePool {
    pool(READERS).connect_lazy_with(options)
}

/// The one connection that writes.
pub(super) struct Writer {
    pool: SqlitePool,
    suspect: Arc<AtomicBool>,
}

impl Writer {
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        let suspect = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&suspect);
        let pool = pool(1).before_acquire(move |connection: &mut SqliteConnection, _| {
            // When the disk is full SQLite may roll back by itself, and sqlx still counts a transaction: such a
            // connection would refuse every later one.
            let usable = !seen.swap(false, Ordering::Relaxed) && !connection.is_in_transaction();
            Box::pin(async move { Ok(usable) })
        });
        Self { pool: pool.connect_lazy_with(options), suspect }
    }

    /// Takes the lock now, so that what the transaction reads is still true when it writes.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        match self.pool.begin_with("BEGIN IMMEDIATE").await {
            Ok(tx) => Ok(tx),
            Err(error) => {
                self.distrust();
                Err(error.into())
            }
        }
    }

    /// The next write gets a new connection: one that was opened while the file was read-only stays read-only.
    pub(super) fn distrust(&self) {
        self.suspect.store(true, Ordering::Relaxed);
    }

    pub(super) fn connections(&self) -> Connections {
        Connections::of(self.pool.size(), self.pool.num_idle())
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

fn pool(connections: u32) -> PoolOptions<Sqlite> {
    PoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(QUEUE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}
