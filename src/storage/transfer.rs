//! Everything that a database holds, as rows that any backend can write and any other read: for `gatehouse copy`.
//!
//! [`TABLES`] is the one list of what there is. A new table or column stands there, too, and a test of the contract
//! compares the list with each backend's schema. What only one backend has (the head of PostgreSQL's feed) is its own matter.

mod sql;
mod tables;

use async_trait::async_trait;

pub(super) use self::sql::{Mark, count, delete, insert, select};
pub use self::tables::{Column, Kind, TABLES, Table};
use super::{ChangeSeq, Result};

/// What stands in a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A text.
    Text(String),
    /// A whole number, or a moment.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
    /// A number.
    Real(f64),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// One row, in the order of the table's columns.
pub type Row = Vec<Value>;

/// A backend that can be copied, and copied into.
#[async_trait]
pub trait Transfer {
    /// Everything as it is now, whatever others write meanwhile.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>>;
    /// One transaction that replaces everything. Dropped before [`Intake::finish`], it leaves what was there.
    async fn intake(&self) -> Result<Box<dyn Intake>>;
}

/// What can be read at one moment.
#[async_trait]
pub trait Snapshot: Send {
    /// How many rows a table has.
    async fn count(&mut self, table: &Table) -> Result<u64>;
    /// At most `limit` rows in order of the key, after the row with the key of `after`.
    async fn rows(&mut self, table: &Table, after: Option<&Row>, limit: u32) -> Result<Vec<Row>>;
    /// The newest number of the change feed.
    async fn head(&mut self) -> Result<ChangeSeq>;
}

/// What is being written. Its reads see what it wrote.
#[async_trait]
pub trait Intake: Snapshot {
    /// Deletes everything.
    async fn clear(&mut self) -> Result<()>;
    /// Adds rows.
    async fn put(&mut self, table: &Table, rows: &[Row]) -> Result<()>;
    /// Makes it last; the change feed goes on above `head`, and above what it had.
    async fn finish(self: Box<Self>, head: ChangeSeq) -> Result<()>;
}
