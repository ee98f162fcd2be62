//! From what went wrong inside to what the browser may see. Logged here, once.

use gatehouse_protocol::{ErrorCode, Field, Problem};

use crate::{factor::password::Busy, limit::Refused, storage::StorageError};

/// The seconds after which a database that can't be reached is worth another try.
const RETRY_AFTER: u32 = 5;

#[expect(clippy::needless_pass_by_value, reason = "it stands behind map_err, which gives the error away")]
pub(super) fn storage(error: StorageError) -> Problem {
    match error {
        StorageError::UsernameTaken => Problem::of(Field::Username, ErrorCode::UsernameTaken),
        StorageError::EmailTaken => Problem::new(ErrorCode::LinkExpired),
        StorageError::CredentialTaken => Problem::new(ErrorCode::PasskeyExists),
        StorageError::IdentityChanged => Problem::new(ErrorCode::CredentialsRejected),
        StorageError::Unavailable(_) => {
            tracing::error!(%error, "nobody is let in");
            Problem::new(ErrorCode::Unavailable).retry_after(RETRY_AFTER)
        }
        StorageError::Corrupt(_) | StorageError::Unsupported(_) => {
            tracing::error!(%error, "nobody is let in");
            Problem::new(ErrorCode::Internal)
        }
    }
}

pub(super) fn busy(busy: Busy) -> Problem {
    Problem::new(ErrorCode::Busy).retry_after(busy.retry_after)
}

pub(super) fn limited(refused: Refused) -> Problem {
    let seconds = refused.retry_after.as_millis().div_ceil(1000).max(1);
    Problem::new(ErrorCode::TooManyAttempts).retry_after(u32::try_from(seconds).unwrap_or(u32::MAX))
}
