//! Registrations that wait for their address.

use async_trait::async_trait;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteStorage, identity, link, mail, row, write::Write};
use crate::{
    clock::Timestamp,
    factor::password::PasswordHash,
    identity::{Identity, IdentityId, VerifiableAddress},
    session::TokenHash,
    storage::{
        LinkKind, NewIdentity, NewMail, PendingRegistration, RegistrationRepository, Result, StorageError,
    },
};

#[async_trait]
impl RegistrationRepository for SqliteStorage {
    async fn add_registration(&self, pending: PendingRegistration, mail: NewMail) -> Result<()> {
        let mut write = self.write(pending.created_at).await?;
        if identity::username_taken(write.on(), pending.username.folded(), None, pending.created_at).await? {
            return Err(StorageError::UsernameTaken);
        }
        sqlx::query(
            "INSERT INTO registration (id, username, username_folded, email, email_folded, password, roles, \
             created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&pending.id.0)
        .bind(pending.username.as_str())
        .bind(pending.username.folded())
        .bind(pending.email.as_str())
        .bind(pending.email.folded())
        .bind(&pending.password.0)
        .bind(row::roles_json(&pending.roles)?)
        .bind(pending.created_at.0)
        .bind(pending.expires_at.0)
        .execute(write.on())
        .await?;
        mail::insert(write.on(), &mail).await?;
        write.commit().await
    }

    async fn find_registration(
        &self,
        folded_email: &str,
        now: Timestamp,
    ) -> Result<Option<PendingRegistration>> {
        sqlx::query(
            "SELECT * FROM registration WHERE email_folded = ? AND expires_at > ? \
             ORDER BY created_at DESC, rowid DESC LIMIT 1",
        )
        .bind(folded_email)
        .bind(now.0)
        .fetch_optional(&mut *self.read().await?)
        .await?
        .as_ref()
        .map(pending)
        .transpose()
    }

    async fn complete_registration(&self, hash: TokenHash, now: Timestamp) -> Result<Option<Identity>> {
        let mut write = self.write(now).await?;
        let Some(link) = link::take(write.on(), hash, LinkKind::Verification, now).await? else {
            return Ok(None);
        };
        let Some(id) = link.identity_id else { return Ok(None) };
        let Some(pending) = waiting(write.on(), &id, now).await? else { return Ok(None) };
        let folded = pending.email.folded().to_owned();
        let new = NewIdentity {
            id: pending.id,
            username: pending.username,
            email: Some(VerifiableAddress { address: pending.email, verified_at: Some(now) }),
            roles: pending.roles,
            password: pending.password,
            must_change: false,
            created_at: now,
        };
        let identity = identity::add(&mut write, &new, Some(&id)).await?;
        forget(&mut write, &folded).await?;
        write.commit().await?;
        Ok(Some(identity))
    }
}

/// The address is confirmed: every registration for it goes, with its links and the mails that would bring more.
pub(super) async fn forget(write: &mut Write<'_>, folded_email: &str) -> Result<()> {
    let gone: Vec<String> =
        sqlx::query_scalar("DELETE FROM registration WHERE email_folded = ? RETURNING id")
            .bind(folded_email)
            .fetch_all(write.on())
            .await?;
    for id in gone {
        mail::give_up_verification(write.on(), &id).await?;
    }
    Ok(())
}

/// The operator gave the name away: registrations that wait for it go, as above.
pub(super) async fn forget_name(write: &mut Write<'_>, folded: &str) -> Result<()> {
    let gone: Vec<String> =
        sqlx::query_scalar("DELETE FROM registration WHERE username_folded = ? RETURNING id")
            .bind(folded)
            .fetch_all(write.on())
            .await?;
    for id in gone {
        mail::give_up_verification(write.on(), &id).await?;
    }
    Ok(())
}

async fn waiting(
    connection: &mut SqliteConnection,
    id: &IdentityId,
    now: Timestamp,
) -> Result<Option<PendingRegistration>> {
    sqlx::query("SELECT * FROM registration WHERE id = ? AND expires_at > ?")
        .bind(&id.0)
        .bind(now.0)
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(pending)
        .transpose()
}

fn pending(row: &SqliteRow) -> Result<PendingRegistration> {
    Ok(PendingRegistration {
        id: IdentityId(row.try_get("id")?),
        username: row::username(row.try_get("username")?)?,
        email: row::address(row.try_get("email")?)?,
        password: PasswordHash(row.try_get("password")?),
        roles: row::roles(row.try_get("roles")?)?,
        created_at: Timestamp(row.try_get("created_at")?),
        expires_at: Timestamp(row.try_get("expires_at")?),
    })
}
