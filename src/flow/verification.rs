//! Verification: which mail an address gets when somebody asks for its link again.

use crate::storage::{PendingRegistration, SignInRecord};

/// The registration whose link is sent again. An address that an account has confirmed waits for nothing, whatever
/// others registered with it since.
pub fn awaiting(
    account: Option<&SignInRecord>,
    pending: Option<PendingRegistration>,
) -> Option<PendingRegistration> {
    let confirmed = account
        .and_then(|record| record.identity.email.as_ref())
        .is_some_and(|email| email.verified_at.is_some());
    pending.filter(|_| !confirmed)
}
