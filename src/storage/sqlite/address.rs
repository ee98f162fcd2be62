//! Changes of an address that wait.

use async_trait::async_trait;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteStorage, factor, identity, mail, registration, row, write::Write};
use crate::{
    clock::Timestamp,
    identity::{EmailAddress, Identity, IdentityId},
    session::{SessionId, TokenHash},
    storage::{
        AddressChange, AddressRepository, AddressSide, ChangeKind, Followed, NewMail, Result, StorageError,
    },
};

#[async_trait]
impl AddressRepository for SqliteStorage {
    async fn add_address_change(
        &self,
        change: AddressChange,
        session: &SessionId,
        mails: Vec<NewMail>,
    ) -> Result<()> {
        let mut write = self.write(change.created_at).await?;
        let live: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM session WHERE id = ? AND identity_id = ?)")
                .bind(&session.0)
                .bind(&change.identity_id.0)
                .fetch_one(write.on())
                .await?;
        if !live {
            return Err(StorageError::IdentityChanged);
        }
        forget(write.on(), &change.identity_id).await?;
        sqlx::query(
            "INSERT INTO address_change (id, identity_id, email, former, created_at, expires_at) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&change.id)
        .bind(&change.identity_id.0)
        .bind(change.email.as_str())
        .bind(change.former.as_ref().map(EmailAddress::as_str))
        .bind(change.created_at.0)
        .bind(change.expires_at.0)
        .execute(write.on())
        .await?;
        for mail in &mails {
            mail::insert(write.on(), mail).await?;
        }
        write.commit().await
    }

    async fn find_address_change(&self, id: &IdentityId, now: Timestamp) -> Result<Option<AddressChange>> {
        sqlx::query("SELECT * FROM address_change WHERE identity_id = ? AND expires_at > ?")
            .bind(&id.0)
            .bind(now.0)
            .fetch_optional(&mut *self.read().await?)
            .await?
            .as_ref()
            .map(stored)
            .transpose()
    }

    async fn add_address_link(
        &self,
        change: &str,
        side: AddressSide,
        hash: TokenHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let mut write = self.write(now).await?;
        let noted = sqlx::query(match side {
            AddressSide::Present => {
                "UPDATE address_change SET approve_hash = ?, approve_until = ? \
                 WHERE id = ? AND expires_at > ? AND former IS NOT NULL AND approved_at IS NULL"
            }
            AddressSide::New => {
                "UPDATE address_change SET confirm_hash = ?, confirm_until = ? \
                 WHERE id = ? AND expires_at > ? AND confirmed_at IS NULL"
            }
        })
        .bind(hash.0.as_slice())
        .bind(expires_at.0)
        .bind(change)
        .bind(now.0)
        .execute(write.on())
        .await?;
        write.commit().await?;
        Ok(noted.rows_affected() > 0)
    }

    async fn follow_address_link(
        &self,
        hash: TokenHash,
        side: AddressSide,
        now: Timestamp,
    ) -> Result<Option<Followed>> {
        let mut write = self.write(now).await?;
        // Its hash is gone from here on: a link is followed once.
        let taken = sqlx::query(match side {
            AddressSide::Present => {
                "UPDATE address_change SET approve_hash = NULL, approve_until = NULL, approved_at = ?1 \
                 WHERE approve_hash = ?2 AND approve_until > ?1 AND expires_at > ?1 RETURNING *"
            }
            AddressSide::New => {
                "UPDATE address_change SET confirm_hash = NULL, confirm_until = NULL, confirmed_at = ?1 \
                 WHERE confirm_hash = ?2 AND confirm_until > ?1 AND expires_at > ?1 RETURNING *"
            }
        })
        .bind(now.0)
        .bind(hash.0.as_slice())
        .fetch_optional(write.on())
        .await?;
        let Some(change) = taken.as_ref().map(stored).transpose()? else { return Ok(None) };
        let owner = identity::lookup(write.on(), &change.identity_id).await?;
        let followed = match owner.filter(|owner| change.is_about(owner)) {
            None => None,
            Some(_) if !change.is_complete() => {
                write.commit().await?;
                return Ok(Some(Followed::Waits(change)));
            }
            Some(owner) => Some(complete(&mut write, change.clone(), &owner).await?),
        };
        forget(write.on(), &change.identity_id).await?;
        write.commit().await?;
        Ok(followed)
    }

    async fn set_address(
        &self,
        id: &IdentityId,
        email: &EmailAddress,
        verified: bool,
        now: Timestamp,
    ) -> Result<bool> {
        let mut write = self.write(now).await?;
        if identity::lookup(write.on(), id).await?.is_none() {
            return Ok(false);
        }
        if !give(&mut write, id, email, verified).await? {
            return Err(StorageError::EmailTaken);
        }
        forget(write.on(), id).await?;
        write.commit().await?;
        Ok(true)
    }

    async fn cancel_address_change(&self, id: &IdentityId, now: Timestamp) -> Result<bool> {
        let mut write = self.write(now).await?;
        let gone = forget(write.on(), id).await?;
        write.commit().await?;
        Ok(gone)
    }
}

/// Both sides said yes: the address is changed, unless somebody else was faster.
async fn complete(write: &mut Write<'_>, change: AddressChange, owner: &Identity) -> Result<Followed> {
    if !give(write, &owner.id, &change.email, true).await? {
        return Ok(Followed::Taken);
    }
    let identity = Box::new(identity::reread(write.on(), &owner.id).await?);
    Ok(Followed::Done { identity, former: change.former })
}

/// Gives the identity the address. False, and nothing is changed, if somebody else has confirmed it.
async fn give(write: &mut Write<'_>, id: &IdentityId, email: &EmailAddress, verified: bool) -> Result<bool> {
    let now = write.now();
    if identity::confirmed_owner(write.on(), email.folded()).await?.is_some_and(|other| other != *id) {
        return Ok(false);
    }
    sqlx::query("UPDATE identity SET email = ?, email_folded = ?, email_verified_at = ? WHERE id = ?")
        .bind(email.as_str())
        .bind(email.folded())
        .bind(verified.then_some(now.0))
        .bind(&id.0)
        .execute(write.on())
        .await?;
    if verified {
        registration::forget(write, email.folded()).await?;
        identity::disown(write, email.folded(), id).await?;
    }
    // A code that is on its way to the address before this one opens nothing any more.
    factor::forget_flows(write.on(), id).await?;
    write.append(&ChangeKind::IdentityChanged(id.clone())).await?;
    Ok(true)
}

/// Ends the change that waits. False if none does.
pub(super) async fn forget(connection: &mut SqliteConnection, id: &IdentityId) -> Result<bool> {
    let gone = sqlx::query("DELETE FROM address_change WHERE identity_id = ?")
        .bind(&id.0)
        .execute(connection)
        .await?;
    Ok(gone.rows_affected() > 0)
}

fn stored(found: &SqliteRow) -> Result<AddressChange> {
    let former: Option<&str> = found.try_get("former")?;
    let moment = |name: &str| Ok::<_, StorageError>(found.try_get::<Option<i64>, _>(name)?.map(Timestamp));
    Ok(AddressChange {
        id: found.try_get("id")?,
        identity_id: IdentityId(found.try_get("identity_id")?),
        email: row::address(found.try_get("email")?)?,
        former: former.map(row::address).transpose()?,
        approved_at: moment("approved_at")?,
        confirmed_at: moment("confirmed_at")?,
        created_at: Timestamp(found.try_get("created_at")?),
        expires_at: Timestamp(found.try_get("expires_at")?),
    })
}
