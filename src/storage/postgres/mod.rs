//! The backend for more than one machine: a PostgreSQL that many processes share.
//!
//! Every write is a transaction through [`write::Write`], or one statement. Under `READ COMMITTED` it is right because it
//! locks what it read: the row of the identity that everything of a person hangs on, or, where there is no row yet, a
//! name in `held`. Under `SERIALIZABLE` it is right, too: `pool::tried` runs a transaction again that lost.
//!
//! A file per repository trait; `url`, `open` and `schema` find and fill the database, `pool` lends connections, `feed`
//! listens, `clock` follows the database's time, `row` reads, `error` says what went wrong. A schema change is a new file
//! in `migrations/`, and only adds.
//!
//! Used of PostgreSQL: `SELECT … FOR UPDATE` and `FOR NO KEY UPDATE`, `SKIP LOCKED`, `ON CONFLICT`, `RETURNING`, statements
//! that write inside `WITH`, partial and expression indexes, `unnest … WITH ORDINALITY`, `ARRAY(SELECT …)`, identity
//! columns, `COLLATE "C"`, `ON DELETE CASCADE`; an advisory lock among migrators alone; `LISTEN`/`NOTIFY` where the engine has them. Not used:
//! sequences for the feed, `xmin`, triggers, stored procedures, deferred constraints, advisory locks on the way of a request.

mod address;
mod app;
mod change;
mod clock;
mod declared;
mod error;
mod factor;
mod feed;
mod identity;
mod legacy;
mod limit;
mod link;
mod login_code;
mod mail;
mod meta;
mod name;
mod open;
mod passkey;
mod pool;
mod provider;
mod registration;
mod role;
mod row;
mod schema;
mod session;
mod sweep;
mod ticket;
mod transfer;
mod upheld;
mod url;
mod write;

use std::{fmt, sync::Arc};

use sqlx::PgPool;

pub use clock::DatabaseClock;
pub(super) use error::passing;
pub use schema::{Migration, Status, migrate, status};
pub use url::{DatabaseUrl, UrlError};

use super::{Result, Storage};
use crate::clock::Timestamp;

/// A database that many processes share.
pub struct PostgresStorage {
    url: DatabaseUrl,
    connections: pool::Connections,
    clock: Arc<DatabaseClock>,
    feed: feed::Feed,
}

impl PostgresStorage {
    /// The connections that anybody takes.
    fn pool(&self) -> &PgPool {
        &self.connections.pool
    }

    /// A transaction.
    async fn write(&self, now: Timestamp) -> Result<write::Write<'_>> {
        write::Write::begin(self, now).await
    }

    /// A clock that shows the database's time, and never less than the moments it has seen.
    pub fn clock(&self) -> Arc<DatabaseClock> {
        Arc::clone(&self.clock)
    }

    /// Where the database is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Closes every connection, after what is under way.
    pub async fn close(&self) {
        self.feed.close().await;
        self.connections.pool.close().await;
    }
}

impl Storage for PostgresStorage {}

impl fmt::Debug for PostgresStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStorage").field("url", &self.url).finish_non_exhaustive()
    }
}
