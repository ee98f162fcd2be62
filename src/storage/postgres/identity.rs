//! Identities and their passwords.

use async_trait::async_trait;
use sqlx::{Executor, PgConnection, Postgres};

use super::{
    PostgresStorage, factor, legacy, name,
    pool::tried,
    role,
    row::{self, text},
    session,
    write::Write,
};
use crate::{
    clock::Timestamp,
    factor::password::PasswordHash,
    identity::{Identity, IdentityId, Role},
    session::SessionId,
    storage::{
        ChangeKind, IdentityFilter, IdentityRepository, LegacyHashes, NewIdentity, Result, SignInRecord,
        StorageError,
    },
};

#[async_trait]
impl IdentityRepository for PostgresStorage {
    async fn add_identity(&self, new: NewIdentity) -> Result<Identity> {
        tried!(self, {
            let mut write = self.write(new.created_at).await?;
            write.hold(name::of(&new)).await?;
            let identity = add(&mut write, &new, None).await?;
            write.commit().await?;
            Ok(identity)
        })
    }

    async fn lookup_identity(&self, id: &IdentityId) -> Result<Option<Identity>> {
        tried!(self, { lookup(self.pool(), id).await })
    }

    async fn find_by_username(&self, folded: &str) -> Result<Option<SignInRecord>> {
        let found = tried!(self, {
            Ok(sqlx::query(concat!(
                "SELECT i.password, ",
                row::identity_columns!(),
                " FROM identity i WHERE i.username_folded = $1"
            ))
            .bind(text(folded))
            .fetch_optional(self.pool())
            .await?)
        });
        found?.as_ref().map(row::sign_in_record).transpose()
    }

    async fn find_by_email(&self, folded: &str) -> Result<Option<SignInRecord>> {
        // Who confirmed the address comes before who only claims it.
        let found = tried!(self, {
            Ok(sqlx::query(concat!(
                "SELECT i.password, ",
                row::identity_columns!(),
                " FROM identity i WHERE i.email_folded = $1 \
                 ORDER BY i.email_verified_at IS NULL, i.created_at, i.id LIMIT 1"
            ))
            .bind(text(folded))
            .fetch_optional(self.pool())
            .await?)
        });
        found?.as_ref().map(row::sign_in_record).transpose()
    }

    async fn list_identities(&self, filter: &IdentityFilter) -> Result<Vec<Identity>> {
        let found = tried!(self, {
            Ok(sqlx::query(concat!(
                "SELECT ",
                row::identity_columns!(),
                " FROM identity i WHERE ($1::TEXT IS NULL OR i.username_folded > $1) AND ($2::TEXT IS NULL OR EXISTS \
                 (SELECT 1 FROM identity_role f WHERE f.identity_id = i.id AND f.role = $2)) \
                 ORDER BY i.username_folded LIMIT $3"
            ))
            .bind(filter.after.as_deref().map(text))
            .bind(filter.role.as_ref().map(Role::as_str))
            // A limit of NULL is none.
            .bind((filter.limit > 0).then_some(i64::from(filter.limit)))
            .fetch_all(self.pool())
            .await?)
        });
        found?.iter().map(row::identity).collect()
    }

    async fn any_with_role(&self, role: &Role) -> Result<bool> {
        tried!(self, { role::anybody_with(self.pool(), role.as_str()).await })
    }

    async fn set_password(
        &self,
        id: &IdentityId,
        hash: &PasswordHash,
        must_change: bool,
        except: Option<&SessionId>,
        now: Timestamp,
    ) -> Result<u32> {
        tried!(self, {
            let mut write = self.write(now).await?;
            let ended = set_password(&mut write, id, hash, must_change, except).await?;
            write.commit().await?;
            Ok(ended)
        })
    }

    async fn upgrade_hash(&self, id: &IdentityId, old: &PasswordHash, new: &PasswordHash) -> Result<()> {
        tried!(self, {
            sqlx::query("UPDATE identity SET password = $1 WHERE id = $2 AND password = $3")
                .bind(&new.0)
                .bind(text(&id.0))
                .bind(&old.0)
                .execute(self.pool())
                .await?;
            Ok(())
        })
    }

    async fn legacy_hashes(&self) -> Result<LegacyHashes> {
        tried!(self, { legacy::count(self.pool()).await })
    }

    async fn set_roles(&self, id: &IdentityId, roles: &[Role], now: Timestamp) -> Result<bool> {
        tried!(self, {
            let mut write = self.write(now).await?;
            if !lock(&mut write, id).await? {
                return Ok(false);
            }
            role::replace(write.on(), id, roles).await?;
            session::end_silently(write.on(), id, None).await?;
            write.append(ChangeKind::IdentityChanged(id.clone()));
            write.commit().await?;
            Ok(true)
        })
    }

    async fn set_disabled(&self, id: &IdentityId, disabled: bool, now: Timestamp) -> Result<bool> {
        tried!(self, {
            let mut write = self.write(now).await?;
            let known = sqlx::query("UPDATE identity SET disabled = $1 WHERE id = $2")
                .bind(disabled)
                .bind(text(&id.0))
                .execute(write.on())
                .await?
                .rows_affected();
            if known == 0 {
                return Ok(false);
            }
            if disabled {
                session::end_silently(write.on(), id, None).await?;
                drop_links(write.on(), id).await?;
            }
            write.append(ChangeKind::IdentityChanged(id.clone()));
            write.commit().await?;
            Ok(true)
        })
    }

    async fn delete_identity(&self, id: &IdentityId, now: Timestamp) -> Result<bool> {
        tried!(self, {
            let mut write = self.write(now).await?;
            // Roles, sessions, tickets and links go with it by their foreign keys.
            let known = sqlx::query("DELETE FROM identity WHERE id = $1")
                .bind(text(&id.0))
                .execute(write.on())
                .await?
                .rows_affected();
            if known == 0 {
                return Ok(false);
            }
            sqlx::query("DELETE FROM mail WHERE identity_id = $1").bind(&id.0).execute(write.on()).await?;
            write.append(ChangeKind::IdentityChanged(id.clone()));
            write.commit().await?;
            Ok(true)
        })
    }
}

/// Adds an identity whose [`name::of`] are held. `from` is the registration it is made of, whose own reservation does not
/// stand in its way.
pub(super) async fn add(
    write: &mut Write<'_>,
    new: &NewIdentity,
    from: Option<&IdentityId>,
) -> Result<Identity> {
    if name::username_taken(write.on(), new.username.folded(), from, new.created_at).await? {
        return Err(StorageError::UsernameTaken);
    }
    if let Some(email) = &new.email {
        if name::confirmed_owner(write.on(), email.address.folded()).await?.is_some() {
            return Err(StorageError::EmailTaken);
        }
        if email.verified_at.is_some() {
            name::disown(write, email.address.folded(), &new.id).await?;
        }
    }
    sqlx::query(
        "INSERT INTO identity (id, username, username_folded, email, email_folded, email_verified_at, password, \
         must_change, disabled, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE, $9)",
    )
    .bind(&new.id.0)
    .bind(new.username.as_str())
    .bind(new.username.folded())
    .bind(new.email.as_ref().map(|email| email.address.as_str()))
    .bind(new.email.as_ref().map(|email| email.address.folded()))
    .bind(new.email.as_ref().and_then(|email| email.verified_at).map(|at| at.0))
    .bind(&new.password.0)
    .bind(new.must_change)
    .bind(new.created_at.0)
    .execute(write.on())
    .await
    .map_err(name::taken)?;
    role::add(write.on(), &new.id, &new.roles).await?;
    reread(write.on(), &new.id).await
}

pub(super) async fn lookup<'c>(
    on: impl Executor<'c, Database = Postgres>,
    id: &IdentityId,
) -> Result<Option<Identity>> {
    sqlx::query(concat!("SELECT ", row::identity_columns!(), " FROM identity i WHERE i.id = $1"))
        .bind(text(&id.0))
        .fetch_optional(on)
        .await?
        .as_ref()
        .map(row::identity)
        .transpose()
}

/// The identity that this transaction just wrote.
pub(super) async fn reread(connection: &mut PgConnection, id: &IdentityId) -> Result<Identity> {
    lookup(connection, id).await?.ok_or(StorageError::IdentityChanged)
}

/// Waits until nobody else changes the identity, and keeps everybody from it. False if unknown.
pub(super) async fn lock(write: &mut Write<'_>, id: &IdentityId) -> Result<bool> {
    let found = sqlx::query("SELECT 1 FROM identity WHERE id = $1 FOR NO KEY UPDATE")
        .bind(text(&id.0))
        .fetch_optional(write.on())
        .await?;
    Ok(found.is_some())
}

/// Replaces the password, unless the session that asked for it is over. What could still replace it by an older proof
/// is gone with the old one.
pub(super) async fn set_password(
    write: &mut Write<'_>,
    id: &IdentityId,
    hash: &PasswordHash,
    must_change: bool,
    except: Option<&SessionId>,
) -> Result<u32> {
    // First the lock, then the look: a condition in the update would be judged by what was there before it waited.
    if !lock(write, id).await? {
        return Err(StorageError::IdentityChanged);
    }
    if let Some(session) = except {
        let live = sqlx::query("SELECT 1 FROM session WHERE id = $1 AND identity_id = $2 FOR UPDATE")
            .bind(text(&session.0))
            .bind(&id.0)
            .fetch_optional(write.on())
            .await?;
        if live.is_none() {
            return Err(StorageError::IdentityChanged);
        }
    }
    sqlx::query("UPDATE identity SET password = $1, must_change = $2 WHERE id = $3")
        .bind(&hash.0)
        .bind(must_change)
        .bind(&id.0)
        .execute(write.on())
        .await?;
    drop_links(write.on(), id).await?;
    let ended = session::end_silently(write.on(), id, except).await?;
    write.append(ChangeKind::IdentityChanged(id.clone()));
    Ok(ended)
}

/// Forgets every link that could set the identity's password, and every login of it that waits for a step.
pub(super) async fn drop_links(connection: &mut PgConnection, id: &IdentityId) -> Result<()> {
    sqlx::query("DELETE FROM link WHERE identity_id = $1").bind(&id.0).execute(&mut *connection).await?;
    factor::forget_flows(connection, id).await
}
