//! What a failure of SQL means to the caller. Each backend knows its own codes.

use sqlx::{migrate::MigrateError, postgres::PgDatabaseError, sqlite::SqliteError};

use super::{StorageError, postgres, sqlite};

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        let passing = match &error {
            sqlx::Error::Database(inner) => {
                inner.try_downcast_ref::<SqliteError>().is_some_and(sqlite::passing)
                    || inner.try_downcast_ref::<PgDatabaseError>().is_some_and(postgres::passing)
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::Configuration(_)
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

/// A sentence as a reason for `Unavailable`.
pub(super) fn unavailable(sentence: impl Into<String>) -> StorageError {
    StorageError::Unavailable(sentence.into().into())
}

/// Whether the failure is the wish for a row that refers to one that is gone.
pub(super) fn refers_to_nothing(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
}
