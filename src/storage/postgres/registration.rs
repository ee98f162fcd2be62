//! Registrations that wait for their address.

use async_trait::async_trait;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{
    PostgresStorage, identity, link, mail, name,
    pool::tried,
    row::{self, text},
    write::Write,
};
use crate::{
    clock::Timestamp,
    factor::password::PasswordHash,
    identity::{Identity, IdentityId, VerifiableAddress},
    session::TokenHash,
    storage::{
        LinkKind, NewIdentity, NewMail, PendingRegistration, RegistrationRepository, Result, StorageError,
    },
};

/// The columns of [`pending`]. Never all of them: a later release may add some, and a prepared statement would break.
macro_rules! columns {
    () => {
        "id, username, email, password, roles, created_at, expires_at"
    };
}

#[async_trait]
impl RegistrationRepository for PostgresStorage {
    async fn add_registration(&self, pending: PendingRegistration, mail: NewMail) -> Result<()> {
        tried!(self, {
            let mut write = self.write(pending.created_at).await?;
            let folded = pending.username.folded();
            write.hold([name::username_held(folded)]).await?;
            if name::username_taken(write.on(), folded, None, pending.created_at).await? {
                return Err(StorageError::UsernameTaken);
            }
            insert(write.on(), &pending).await?;
            mail::insert(write.on(), &mail).await?;
            write.commit().await
        })
    }

    async fn find_registration(
        &self,
        folded_email: &str,
        now: Timestamp,
    ) -> Result<Option<PendingRegistration>> {
        let found = tried!(self, {
            Ok(sqlx::query(concat!(
                "SELECT ",
                columns!(),
                " FROM registration WHERE email_folded = $1 AND expires_at > $2 \
                 ORDER BY created_at DESC, id DESC LIMIT 1"
            ))
            .bind(text(folded_email))
            .bind(now.0)
            .fetch_optional(self.pool())
            .await?)
        });
        found?.as_ref().map(pending).transpose()
    }

    async fn complete_registration(&self, hash: TokenHash, now: Timestamp) -> Result<Option<Identity>> {
        tried!(self, {
            let mut write = self.write(now).await?;
            // What it is about, so that its names are held before anything is locked; both can't change.
            let about: Option<(String, String)> = sqlx::query_as(
                "SELECT r.username_folded, r.email_folded FROM link l JOIN registration r ON r.id = l.registration_id \
                 WHERE l.hash = $1",
            )
            .bind(hash.0.as_slice())
            .fetch_optional(write.on())
            .await?;
            let Some((username, email)) = about else { return Ok(None) };
            write.hold([name::username_held(&username), name::email_held(&email)]).await?;
            let Some(link) = link::take(write.on(), hash, LinkKind::Verification, now).await? else {
                return Ok(None);
            };
            let Some(id) = link.identity_id else { return Ok(None) };
            let Some(pending) = waiting(write.on(), &id, now).await? else { return Ok(None) };
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
            forget(&mut write, &email).await?;
            write.commit().await?;
            Ok(Some(identity))
        })
    }
}

/// The address is confirmed: every registration for it goes, with its links and the mails that would bring more.
pub(super) async fn forget(write: &mut Write<'_>, folded_email: &str) -> Result<()> {
    let gone: Vec<String> =
        sqlx::query_scalar("DELETE FROM registration WHERE email_folded = $1 RETURNING id")
            .bind(folded_email)
            .fetch_all(write.on())
            .await?;
    mail::give_up_verification(write.on(), &gone).await
}

/// The operator gave the name away: registrations that wait for it go, as above.
pub(super) async fn forget_name(write: &mut Write<'_>, folded: &str) -> Result<()> {
    let gone: Vec<String> =
        sqlx::query_scalar("DELETE FROM registration WHERE username_folded = $1 RETURNING id")
            .bind(folded)
            .fetch_all(write.on())
            .await?;
    mail::give_up_verification(write.on(), &gone).await
}

async fn insert(connection: &mut PgConnection, pending: &PendingRegistration) -> Result<()> {
    sqlx::query(
        "INSERT INTO registration (id, username, username_folded, email, email_folded, password, roles, \
         created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
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
    .execute(connection)
    .await?;
    Ok(())
}

async fn waiting(
    connection: &mut PgConnection,
    id: &IdentityId,
    now: Timestamp,
) -> Result<Option<PendingRegistration>> {
    sqlx::query(concat!("SELECT ", columns!(), " FROM registration WHERE id = $1 AND expires_at > $2"))
        .bind(&id.0)
        .bind(now.0)
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(pending)
        .transpose()
}

fn pending(row: &PgRow) -> Result<PendingRegistration> {
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
