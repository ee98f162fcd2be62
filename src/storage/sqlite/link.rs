//! One-time links. A used link is a deleted row.

use async_trait::async_trait;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteStorage, error::refers_to_nothing, identity, row, write::Write};
use crate::{
    clock::Timestamp,
    factor::password::PasswordHash,
    identity::{EmailAddress, Identity, IdentityId, Role},
    session::TokenHash,
    storage::{
        ChangeKind, LinkKind, LinkRepository, NewIdentity, NewLink, Result, SETUP_TOGETHER, StorageError,
        StoredLink,
    },
};

#[async_trait]
impl LinkRepository for SqliteStorage {
    async fn add_link(&self, link: NewLink) -> Result<()> {
        let mut write = self.write(link.created_at).await?;
        if link.kind == LinkKind::Setup {
            let until = link.created_at.before(SETUP_TOGETHER);
            sqlx::query("DELETE FROM link WHERE kind = 'setup' AND created_at <= ?")
                .bind(until.0)
                .execute(write.on())
                .await?;
        }
        let id = link.identity_id.as_ref().map(|id| &id.0);
        let (identity, registration) =
            if link.kind == LinkKind::Verification { (None, id) } else { (id, None) };
        let added = sqlx::query(
            "INSERT INTO link (hash, kind, identity_id, registration_id, email, mailed, roles, created_at, \
             expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(link.hash.0.as_slice())
        .bind(link.kind.stored())
        .bind(identity)
        .bind(registration)
        .bind(link.email.as_ref().map(EmailAddress::as_str))
        .bind(link.mailed)
        .bind(row::roles_json(&link.roles)?)
        .bind(link.created_at.0)
        .bind(link.expires_at.0)
        .execute(write.on())
        .await;
        match added {
            Err(error) if refers_to_nothing(&error) => Err(StorageError::IdentityChanged),
            Err(error) => Err(error.into()),
            Ok(_) => write.commit().await,
        }
    }

    async fn peek_link(&self, hash: TokenHash, kind: LinkKind, now: Timestamp) -> Result<Option<StoredLink>> {
        sqlx::query("SELECT * FROM link WHERE hash = ? AND kind = ? AND expires_at > ?")
            .bind(hash.0.as_slice())
            .bind(kind.stored())
            .bind(now.0)
            .fetch_optional(&mut *self.read().await?)
            .await?
            .as_ref()
            .map(|row| stored(row, hash, kind))
            .transpose()
    }

    async fn consume_for_identity(
        &self,
        hash: TokenHash,
        kind: LinkKind,
        new: NewIdentity,
        now: Timestamp,
    ) -> Result<Option<Identity>> {
        if !matches!(kind, LinkKind::Setup | LinkKind::Invitation) {
            return Err(StorageError::Corrupt(format!("a {} link makes no identity", kind.stored())));
        }
        let mut write = self.write(now).await?;
        if take(write.on(), hash, kind, now).await?.is_none() {
            return Ok(None);
        }
        if kind == LinkKind::Setup && identity::any_with_role(write.on(), Role::ADMIN).await? {
            return Ok(None);
        }
        if kind == LinkKind::Setup {
            sqlx::query("DELETE FROM link WHERE kind = 'setup'").execute(write.on()).await?;
        }
        let identity = identity::add(&mut write, &new, None).await?;
        write.commit().await?;
        Ok(Some(identity))
    }

    async fn consume_for_password(
        &self,
        hash: TokenHash,
        kind: LinkKind,
        password: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<Identity>> {
        if !matches!(kind, LinkKind::Recovery | LinkKind::MustChange) {
            return Err(StorageError::Corrupt(format!("a {} link sets no password", kind.stored())));
        }
        let mut write = self.write(now).await?;
        let Some(link) = take(write.on(), hash, kind, now).await? else { return Ok(None) };
        let Some(id) = link.identity_id else { return Ok(None) };
        let Some(owner) = identity::lookup(write.on(), &id).await? else { return Ok(None) };
        if owner.disabled {
            return Ok(None);
        }
        if let (true, Some(email)) = (link.mailed, &link.email) {
            // Who reads an address that is no longer this identity's has nothing to say here.
            if owner.email.as_ref().map(|own| own.address.folded()) != Some(email.folded()) {
                return Ok(None);
            }
            confirm(&mut write, &id, email, now).await?;
        }
        identity::set_password(&mut write, &id, password, false, None).await?;
        let identity = identity::reread(write.on(), &id).await?;
        write.commit().await?;
        Ok(Some(identity))
    }
}

/// Consumes a link that is not expired, if the transaction commits.
pub(super) async fn take(
    connection: &mut SqliteConnection,
    hash: TokenHash,
    kind: LinkKind,
    now: Timestamp,
) -> Result<Option<StoredLink>> {
    sqlx::query("DELETE FROM link WHERE hash = ? AND kind = ? AND expires_at > ? RETURNING *")
        .bind(hash.0.as_slice())
        .bind(kind.stored())
        .bind(now.0)
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(|row| stored(row, hash, kind))
        .transpose()
}

/// Marks the identity's address as confirmed, unless somebody else confirmed it first.
async fn confirm(write: &mut Write<'_>, id: &IdentityId, email: &EmailAddress, now: Timestamp) -> Result<()> {
    if identity::confirmed_owner(write.on(), email.folded()).await?.is_some() {
        return Ok(());
    }
    sqlx::query("UPDATE identity SET email_verified_at = ? WHERE id = ?")
        .bind(now.0)
        .bind(&id.0)
        .execute(write.on())
        .await?;
    identity::disown(write, email.folded(), id).await?;
    write.append(&ChangeKind::IdentityChanged(id.clone())).await
}

fn stored(row: &SqliteRow, hash: TokenHash, kind: LinkKind) -> Result<StoredLink> {
    let identity: Option<String> = row.try_get("identity_id")?;
    let registration: Option<String> = row.try_get("registration_id")?;
    let email: Option<String> = row.try_get("email")?;
    Ok(NewLink {
        hash,
        kind,
        identity_id: identity.or(registration).map(IdentityId),
        email: email.as_deref().map(row::address).transpose()?,
        mailed: row.try_get("mailed")?,
        roles: row::roles(row.try_get("roles")?)?,
        created_at: Timestamp(row.try_get("created_at")?),
        expires_at: Timestamp(row.try_get("expires_at")?),
    })
}
