//! The embedded backend: one SQLite file, written by one connection per process and read by several.
//!
//! Every write is one `BEGIN IMMEDIATE` transaction through [`write::Write`], which also appends to the change feed.
//! A file per repository trait; `open` and `file` make the database, `row` reads it, `error` says what went wrong.
//! A schema change is a new file in `migrations/`.

mod address;
mod app;
mod change;
mod declared;
mod error;
mod factor;
mod feed;
mod file;
mod identity;
mod legacy;
mod limit;
mod link;
mod login_code;
mod mail;
mod meta;
mod open;
mod passkey;
mod pool;
mod provider;
mod registration;
mod row;
mod session;
mod sweep;
mod ticket;
mod transfer;
mod upheld;
mod write;

use std::fmt;

use sqlx::{Sqlite, SqlitePool, pool::PoolConnection, sqlite::SqliteConnectOptions};

pub(super) use error::passing;
pub use open::status;
use tokio::time::Instant;

use super::{Result, Storage, connections::waited};
use crate::clock::Timestamp;

/// A database in one file on a local disk.
pub struct SqliteStorage {
    options: SqliteConnectOptions,
    file: file::DatabaseFile,
    writer: pool::Writer,
    readers: SqlitePool,
    feed: feed::Feed,
}

impl SqliteStorage {
    /// A connection that reads.
    async fn read(&self) -> Result<PoolConnection<Sqlite>> {
        self.file.still_there()?;
        let began = Instant::now();
        let connection = self.readers.acquire().await?;
        waited(began.elapsed());
        Ok(connection)
    }

    /// The one connection that writes, in an exclusive transaction.
    async fn write(&self, now: Timestamp) -> Result<write::Write<'_>> {
        self.file.still_there()?;
        let began = Instant::now();
        let write = write::Write::begin(&self.writer, &self.feed, now).await?;
        waited(began.elapsed());
        Ok(write)
    }

    /// Closes every connection, after what is under way.
    pub async fn close(&self) {
        self.readers.close().await;
        self.feed.close().await;
        self.writer.close().await;
    }

    /// Where the database is.
    pub fn path(&self) -> &std::path::Path {
        self.file.path()
    }
}

impl Storage for SqliteStorage {}

impl fmt::Debug for SqliteStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStorage").field("path", &self.file.path()).finish_non_exhaustive()
    }
}
