//! What a failure of PostgreSQL means to the caller, and whether to try again.

use std::fmt;

use sqlx::postgres::PgDatabaseError;

use crate::storage::StorageError;
pub(super) use crate::storage::failure::{refers_to_nothing, unavailable};

/// Classes of SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html) that say that the data or the question is
/// wrong. Everything else may pass: connections, rights, resources, locks, timeouts, shutdowns, a read-only server.
const WRONG: [&str; 6] = [
    "0A", // feature not supported
    "21", // cardinality
    "22", // data
    "23", // integrity
    "42", // syntax, or a table that is not there
    "XX", // internal: corrupted data or index
];
/// In one of these classes, and passing all the same: a right that somebody may grant.
const RIGHT: &str = "42501";
/// A transaction that lost against another: serialization failure, deadlock.
const LOST: [&str; 2] = ["40001", "40P01"];
/// The server ended the connection: shutdown by an administrator, after a crash, an idle one.
const CUT: [&str; 4] = ["57P01", "57P02", "57P03", "57P05"];
/// The statement's fate is unknown (class 08 and CockroachDB's 40003).
const UNKNOWN: [&str; 3] = ["08006", "08007", "40003"];

/// Whether the database can't be used now, but may be later.
pub(in crate::storage) fn passing(error: &PgDatabaseError) -> bool {
    let code = error.code();
    code == RIGHT || !WRONG.iter().any(|class| code.starts_with(class))
}

/// Why to try a transaction again from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// Another one was faster.
    Lost,
    /// The connection is gone, and with it whatever it had not committed.
    Cut,
}

/// Whether to try again. A commit that nobody answered is [`Uncertain`] and not tried again.
pub(super) fn again(error: &StorageError) -> Option<Again> {
    let StorageError::Unavailable(inner) = error else { return None };
    let error = inner.downcast_ref::<sqlx::Error>()?;
    match code(error) {
        Some(code) if LOST.contains(&code) => Some(Again::Lost),
        Some(code) if CUT.contains(&code) => Some(Again::Cut),
        Some(_) => None,
        None => matches!(error, sqlx::Error::Io(_) | sqlx::Error::BeginFailed).then_some(Again::Cut),
    }
}

/// A failure of the commit: tried again only where nothing can have lasted.
pub(super) fn at_the_end(error: sqlx::Error) -> StorageError {
    let certain = match code(&error) {
        Some(code) => !CUT.contains(&code) && !UNKNOWN.contains(&code),
        None => matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed),
    };
    if certain { error.into() } else { StorageError::Unavailable(Box::new(Uncertain(error))) }
}

/// Which constraint was violated.
pub(super) fn constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().filter(|error| error.is_unique_violation())?.constraint()
}

/// The code of what the server said.
pub(super) fn code(error: &sqlx::Error) -> Option<&str> {
    match error {
        sqlx::Error::Database(inner) => {
            inner.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::code)
        }
        _ => None,
    }
}

/// The answer to a commit was lost: it may have happened.
#[derive(Debug)]
struct Uncertain(sqlx::Error);

impl fmt::Display for Uncertain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the connection was lost before the database acknowledged: {}", self.0)
    }
}

impl std::error::Error for Uncertain {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
