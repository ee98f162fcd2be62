//! What a failure of SQLite means to the caller.

use sqlx::migrate::MigrateError;

use crate::storage::StorageError;

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

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        let passing = match &error {
            sqlx::Error::Database(inner) => {
                primary(inner.as_ref()).is_some_and(|code| PASSING.contains(&code))
            }
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => true,
            _ => false,
        };
        if passing { Self::Unavailable(Box::new(error)) } else { Self::Corrupt(error.to_string()) }
    }
}

impl From<MigrateError> for StorageError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(inner) | MigrateError::ExecuteMigration(inner, _) => inner.into(),
            MigrateError::VersionMissing(_) => {
                Self::Corrupt("it was made by a newer Gatehouse: use that one, or restore a backup".into())
            }
            other => Self::Corrupt(other.to_string()),
        }
    }
}

/// Whether the failure is the wish for a row that refers to one that is gone.
pub(super) fn refers_to_nothing(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
}

/// Whether somebody else holds the lock.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(primary).is_some_and(|code| code == 5 || code == 6)
}

/// A sentence as a reason for `Unavailable`.
pub(super) fn unavailable(sentence: impl Into<String>) -> StorageError {
    StorageError::Unavailable(sentence.into().into())
}

fn primary(error: &dyn sqlx::error::DatabaseError) -> Option<i32> {
    // The extended code carries the primary one in its lowest byte.
    error.code()?.parse::<i32>().ok().map(|code| code & 0xff)
}
