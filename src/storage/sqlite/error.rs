//! What a failure of SQLite means to the caller.

use sqlx::sqlite::SqliteError;

pub(super) use crate::storage::failure::{refers_to_nothing, unavailable};

/// Primary result codes (sqlite.org/rescode.html) of a database that can't be used now, but may be later.
const PASSING: [i32; 11] = [
    3,  // PERM
    5,  // BUSY
    6,  // LOCKED
    7,  // NOMEM
    8,  // READONLY
    9,  // INTERRUPT
    10, // IOERR
    13, // FULL
    14, // CANTOPEN
    15, // PROTOCOL
    22, // NOLFS
];

/// Whether the database can't be used now, but may be later.
pub(in crate::storage) fn passing(error: &SqliteError) -> bool {
    primary(error).is_some_and(|code| PASSING.contains(&code))
}

/// Whether somebody else holds the lock.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(primary).is_some_and(|code| code == 5 || code == 6)
}

fn primary(error: &dyn sqlx::error::DatabaseError) -> Option<i32> {
    // The extended code carries the primary one in its lowest byte.
    error.code()?.parse::<i32>().ok().map(|code| code & 0xff)
}
