//! What only PostgreSQL can get wrong.

mod clock;
mod commit;
mod connection;
mod error;
mod feed;
mod limit;
mod mail;
mod schema;
pub(crate) mod server;
mod session;
mod sweep;
mod tls;
mod url;

use gatehouse::{entropy::OsEntropy, storage::postgres::PostgresStorage};
use server::Database;

use crate::kit::START;

/// Opens the database as a process of its own would.
pub(crate) async fn open(database: &Database, connections: u32) -> PostgresStorage {
    PostgresStorage::open(&database.parsed(), connections, Some(START), &OsEntropy).await.unwrap()
}
