//! Identities and their passwords.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{SqliteStorage, factor, legacy, row, session, write::Write};
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
impl IdentityRepository for SqliteStorage {
    async fn add_identity(&self, new: NewIdentity) -> Result<Identity> {
        let mut write = self.write(new.created_at).await?;
        let identity = add(&mut write, &new, None).await?;
        write.commit().await?;
        Ok(identity)
    }

    async fn lookup_identity(&self, id: &IdentityId) -> Result<Option<Identity>> {
        lookup(&mut *self.read().await?, id).await
    }

    async fn find_by_username(&self, folded: &str) -> Result<Option<SignInRecord>> {
        sqlx::query(concat!(
            "SELECT i.password, ",
            row::identity_columns!(),
            " FROM identity i WHERE i.username_folded = ?"
        ))
        .bind(folded)
        .fetch_optional(&mut *self.read().await?)
        .await?
        .as_ref()
        .map(row::sign_in_record)
        .transpose()
    }

    async fn find_by_email(&self, folded: &str) -> Result<Option<SignInRecord>> {
        // Who confirmed the address comes before who only claims it.
        sqlx::query(concat!(
            "SELECT i.password, ",
            row::identity_columns!(),
            " FROM identity i WHERE i.email_folded = ? \
             ORDER BY i.email_verified_at IS NULL, i.created_at, i.id LIMIT 1"
        ))
        .bind(folded)
        .fetch_optional(&mut *self.read().await?)
        .await?
        .as_ref()
        .map(row::sign_in_record)
        .transpose()
    }

    async fn list_identities(&self, filter: &IdentityFilter) -> Result<Vec<Identity>> {
        sqlx::query(concat!(
            "SELECT ",
            row::identity_columns!(),
            " FROM identity i WHERE (?1 IS NULL OR i.username_folded > ?1) AND (?2 IS NULL OR EXISTS \
             (SELECT 1 FROM identity_role f WHERE f.identity_id = i.id AND f.role = ?2)) \
             ORDER BY i.username_folded LIMIT ?3"
        ))
        .bind(filter.after.as_deref())
        .bind(filter.role.as_ref().map(Role::as_str))
        // To SQLite, a negative limit is none.
        .bind(if filter.limit == 0 { -1 } else { i64::from(filter.limit) })
        .fetch_all(&mut *self.read().await?)
        .await?
        .iter()
        .map(row::identity)
        .collect()
    }

    async fn any_with_role(&self, role: &Role) -> Result<bool> {
        any_with_role(&mut *self.read().await?, role.as_str()).await
    }

    async fn set_password(
        &self,
        id: &IdentityId,
        hash: &PasswordHash,
        must_change: bool,
        except: Option<&SessionId>,
        now: Timestamp,
    ) -> Result<u32> {
        let mut write = self.write(now).await?;
        let ended = set_password(&mut write, id, hash, must_change, except).await?;
        write.commit().await?;
        Ok(ended)
    }

    async fn upgrade_hash(&self, id: &IdentityId, old: &PasswordHash, new: &PasswordHash) -> Result<()> {
        let mut write = self.write(Timestamp::default()).await?;
        sqlx::query("UPDATE identity SET password = ? WHERE id = ? AND password = ?")
            .bind(&new.0)
            .bind(&id.0)
            .bind(&old.0)
            .execute(write.on())
            .await?;
        write.commit().await
    }

    async fn legacy_hashes(&self) -> Result<LegacyHashes> {
        legacy::count(&mut *self.read().await?).await
    }

    async fn set_roles(&self, id: &IdentityId, roles: &[Role], now: Timestamp) -> Result<bool> {
        let mut write = self.write(now).await?;
        if lookup(write.on(), id).await?.is_none() {
            return Ok(false);
        }
        sqlx::query("DELETE FROM identity_role WHERE identity_id = ?")
            .bind(&id.0)
            .execute(write.on())
            .await?;
        add_roles(write.on(), id, roles).await?;
        session::end_silently(write.on(), id, None).await?;
        write.append(&ChangeKind::IdentityChanged(id.clone())).await?;
        write.commit().await?;
        Ok(true)
    }

    async fn set_disabled(&self, id: &IdentityId, disabled: bool, now: Timestamp) -> Result<bool> {
        let mut write = self.write(now).await?;
        let known = sqlx::query("UPDATE identity SET disabled = ? WHERE id = ?")
            .bind(disabled)
            .bind(&id.0)
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
        write.append(&ChangeKind::IdentityChanged(id.clone())).await?;
        write.commit().await?;
        Ok(true)
    }

    async fn delete_identity(&self, id: &IdentityId, now: Timestamp) -> Result<bool> {
        let mut write = self.write(now).await?;
        // Roles, sessions, tickets and links go with it by their foreign keys.
        let known = sqlx::query("DELETE FROM identity WHERE id = ?")
            .bind(&id.0)
            .execute(write.on())
            .await?
            .rows_affected();
        if known == 0 {
            return Ok(false);
        }
        sqlx::query("DELETE FROM mail WHERE identity_id = ?").bind(&id.0).execute(write.on()).await?;
        write.append(&ChangeKind::IdentityChanged(id.clone())).await?;
        write.commit().await?;
        Ok(true)
    }
}

/// Adds an identity. `from` is the registration it is made of, whose own reservation does not stand in its way.
pub(super) async fn add(
    write: &mut Write<'_>,
    new: &NewIdentity,
    from: Option<&IdentityId>,
) -> Result<Identity> {
    if username_taken(write.on(), new.username.folded(), from, new.created_at).await? {
        return Err(StorageError::UsernameTaken);
    }
    if let Some(email) = &new.email {
        if confirmed_owner(write.on(), email.address.folded()).await?.is_some() {
            return Err(StorageError::EmailTaken);
        }
        if email.verified_at.is_some() {
            disown(write, email.address.folded(), &new.id).await?;
        }
    }
    sqlx::query(
        "INSERT INTO identity (id, username, username_folded, email, email_folded, email_verified_at, password, \
         must_change, disabled, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
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
    .await?;
    add_roles(write.on(), &new.id, &new.roles).await?;
    reread(write.on(), &new.id).await
}

pub(super) async fn lookup(connection: &mut SqliteConnection, id: &IdentityId) -> Result<Option<Identity>> {
    sqlx::query(concat!("SELECT ", row::identity_columns!(), " FROM identity i WHERE i.id = ?"))
        .bind(&id.0)
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(row::identity)
        .transpose()
}

/// The identity that this transaction just wrote.
pub(super) async fn reread(connection: &mut SqliteConnection, id: &IdentityId) -> Result<Identity> {
    lookup(connection, id).await?.ok_or(StorageError::IdentityChanged)
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
    let known = sqlx::query(
        "UPDATE identity SET password = ?1, must_change = ?2 WHERE id = ?3 AND (?4 IS NULL OR EXISTS \
         (SELECT 1 FROM session s WHERE s.id = ?4 AND s.identity_id = ?3))",
    )
    .bind(&hash.0)
    .bind(must_change)
    .bind(&id.0)
    .bind(except.map(|id| &id.0))
    .execute(write.on())
    .await?
    .rows_affected();
    if known == 0 {
        return Err(StorageError::IdentityChanged);
    }
    drop_links(write.on(), id).await?;
    let ended = session::end_silently(write.on(), id, except).await?;
    write.append(&ChangeKind::IdentityChanged(id.clone())).await?;
    Ok(ended)
}

/// Whether an identity, or a registration that still waits, has the name.
pub(super) async fn username_taken(
    connection: &mut SqliteConnection,
    folded: &str,
    except: Option<&IdentityId>,
    now: Timestamp,
) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM identity WHERE username_folded = ?1) OR EXISTS \
         (SELECT 1 FROM registration WHERE username_folded = ?1 AND expires_at > ?2 AND id IS NOT ?3)",
    )
    .bind(folded)
    .bind(now.0)
    .bind(except.map(|id| &id.0))
    .fetch_one(connection)
    .await?)
}

/// Who confirmed the address.
pub(super) async fn confirmed_owner(
    connection: &mut SqliteConnection,
    folded: &str,
) -> Result<Option<IdentityId>> {
    let id: Option<String> = sqlx::query_scalar(
        "SELECT id FROM identity WHERE email_folded = ? AND email_verified_at IS NOT NULL",
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
         WHERE email_folded = ? AND email_verified_at IS NULL AND id <> ? RETURNING id",
    )
    .bind(folded)
    .bind(&owner.0)
    .fetch_all(write.on())
    .await?;
    for id in others {
        write.append(&ChangeKind::IdentityChanged(IdentityId(id))).await?;
    }
    Ok(())
}

pub(super) async fn any_with_role(connection: &mut SqliteConnection, role: &str) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM identity_role r JOIN identity i ON i.id = r.identity_id \
         WHERE r.role = ? AND i.disabled = 0)",
    )
    .bind(role)
    .fetch_one(connection)
    .await?)
}

pub(super) async fn add_roles(
    connection: &mut SqliteConnection,
    id: &IdentityId,
    roles: &[Role],
) -> Result<()> {
    for role in roles {
        sqlx::query("INSERT INTO identity_role (identity_id, role) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(&id.0)
            .bind(role.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Forgets every link that could set the identity's password, and every login of it that waits for a step.
pub(super) async fn drop_links(connection: &mut SqliteConnection, id: &IdentityId) -> Result<()> {
    sqlx::query("DELETE FROM link WHERE identity_id = ?").bind(&id.0).execute(&mut *connection).await?;
    factor::forget_flows(connection, id).await
}
