//! Usernames and addresses: what is held while somebody looks whose they are, and whose they are.

use sqlx::PgConnection;

use super::{error::constraint, write::Write};
use crate::{
    clock::Timestamp,
    identity::IdentityId,
    storage::{ChangeKind, NewIdentity, Result, StorageError},
};

/// What has to be held while somebody looks whether a username, or a folded address, is anybody's.
pub(super) fn username_held(folded: &str) -> String {
    format!("username {folded}")
}

/// The same of an address.
pub(super) fn email_held(folded: &str) -> String {
    format!("email {folded}")
}

/// What a new identity needs to hold.
pub(super) fn of(new: &NewIdentity) -> Vec<String> {
    let email = new.email.iter().map(|email| email_held(email.address.folded()));
    std::iter::once(username_held(new.username.folded())).chain(email).collect()
}

/// A name or an address that the index knows to be somebody's.
pub(super) fn taken(error: sqlx::Error) -> StorageError {
    match constraint(&error) {
        Some("identity_username_folded_key") => StorageError::UsernameTaken,
        Some("identity_verified_email") => StorageError::EmailTaken,
        _ => error.into(),
    }
}

/// Whether an identity, or a registration that still waits, has the name.
pub(super) async fn username_taken(
    connection: &mut PgConnection,
    folded: &str,
    except: Option<&IdentityId>,
    now: Timestamp,
) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM identity WHERE username_folded = $1) OR EXISTS \
         (SELECT 1 FROM registration WHERE username_folded = $1 AND expires_at > $2 AND id IS DISTINCT FROM $3)",
    )
    .bind(folded)
    .bind(now.0)
    .bind(except.map(|id| &id.0))
    .fetch_one(connection)
    .await?)
}

/// Who confirmed the address.
pub(super) async fn confirmed_owner(
    connection: &mut PgConnection,
    folded: &str,
) -> Result<Option<IdentityId>> {
    let id: Option<String> = sqlx::query_scalar(
        "SELECT id FROM identity WHERE email_folded = $1 AND email_verified_at IS NOT NULL",
    )
    .bind(folded)
    .fetch_optional(connection)
    .await?;
    Ok(id.map(IdentityId))
}

/// `owner` confirmed the address: whoever else only claimed it has it no more.
pub(super) async fn disown(write: &mut Write<'_>, folded: &str, owner: &IdentityId) -> Result<()> {
    let others: Vec<String> = sqlx::query_scalar(
        "UPDATE identity SET email = NULL, email_folded = NULL \
         WHERE email_folded = $1 AND email_verified_at IS NULL AND id <> $2 RETURNING id",
    )
    .bind(folded)
    .bind(&owner.0)
    .fetch_all(write.on())
    .await?;
    for id in others {
        write.append(ChangeKind::IdentityChanged(IdentityId(id)));
    }
    Ok(())
}
