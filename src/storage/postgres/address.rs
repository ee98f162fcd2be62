//! Changes of an address that wait.

use async_trait::async_trait;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{
    PostgresStorage, factor, identity, mail, name,
    pool::tried,
    registration,
    row::{self, text},
    write::Write,
};
use crate::{
    clock::Timestamp,
    identity::{EmailAddress, Identity, IdentityId},
    session::{SessionId, TokenHash},
    storage::{
        AddressChange, AddressRepository, AddressSide, ChangeKind, Followed, NewMail, Result, StorageError,
    },
};

/// The columns of [`stored`]. Never all of them: a later release may add some, and a prepared statement would break.
macro_rules! columns {
    () => {
        "id, identity_id, email, former, approved_at, confirmed_at, created_at, expires_at"
    };
}

#[async_trait]
impl AddressRepository for PostgresStorage {
    async fn add_address_change(
        &self,
        change: AddressChange,
        session: &SessionId,
        mails: Vec<NewMail>,
    ) -> Result<()> {
        tried!(self, {
            let mut write = self.write(change.created_at).await?;
            let id = &change.identity_id;
            // Locked first: whoever ends every session holds the identity, too.
            if !identity::lock(&mut write, id).await? || !is_live(write.on(), session, id).await? {
                return Err(StorageError::IdentityChanged);
            }
            forget(write.on(), id).await?;
            sqlx::query(
                "INSERT INTO address_change (id, identity_id, email, former, created_at, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(&change.id)
            .bind(text(&id.0))
            .bind(text(change.email.as_str()))
            .bind(change.former.as_ref().map(|former| text(former.as_str())))
            .bind(change.created_at.0)
            .bind(change.expires_at.0)
            .execute(write.on())
            .await?;
            for mail in &mails {
                mail::insert(write.on(), mail).await?;
            }
            write.commit().await
        })
    }

    async fn find_address_change(&self, id: &IdentityId, now: Timestamp) -> Result<Option<AddressChange>> {
        let found = tried!(self, {
            Ok(sqlx::query(concat!(
                "SELECT ",
                columns!(),
                " FROM address_change WHERE identity_id = $1 AND expires_at > $2"
            ))
            .bind(text(&id.0))
            .bind(now.0)
            .fetch_optional(self.pool())
            .await?)
        });
        found?.as_ref().map(stored).transpose()
    }

    async fn add_address_link(
        &self,
        change: &str,
        side: AddressSide,
        hash: TokenHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        tried!(self, {
            let noted = sqlx::query(match side {
                AddressSide::Present => {
                    "UPDATE address_change SET approve_hash = $1, approve_until = $2 \
                     WHERE id = $3 AND expires_at > $4 AND former IS NOT NULL AND approved_at IS NULL"
                }
                AddressSide::New => {
                    "UPDATE address_change SET confirm_hash = $1, confirm_until = $2 \
                     WHERE id = $3 AND expires_at > $4 AND confirmed_at IS NULL"
                }
            })
            .bind(hash.0.as_slice())
            .bind(expires_at.0)
            .bind(text(change))
            .bind(now.0)
            .execute(self.pool())
            .await?;
            Ok(noted.rows_affected() > 0)
        })
    }

    async fn follow_address_link(
        &self,
        hash: TokenHash,
        side: AddressSide,
        now: Timestamp,
    ) -> Result<Option<Followed>> {
        tried!(self, {
            let mut write = self.write(now).await?;
            // What it is about, so that everything is held and locked in its order; both never change.
            let Some(about) = look(write.on(), hash, side).await? else { return Ok(None) };
            write.hold([name::email_held(about.email.folded())]).await?;
            identity::lock(&mut write, &about.identity_id).await?;
            let Some(change) = take(write.on(), hash, side, now).await? else { return Ok(None) };
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
        })
    }

    async fn set_address(
        &self,
        id: &IdentityId,
        email: &EmailAddress,
        verified: bool,
        now: Timestamp,
    ) -> Result<bool> {
        tried!(self, {
            let mut write = self.write(now).await?;
            write.hold([name::email_held(email.folded())]).await?;
            if !identity::lock(&mut write, id).await? {
                return Ok(false);
            }
            if !give(&mut write, id, email, verified).await? {
                return Err(StorageError::EmailTaken);
            }
            forget(write.on(), id).await?;
            write.commit().await?;
            Ok(true)
        })
    }

    async fn cancel_address_change(&self, id: &IdentityId, now: Timestamp) -> Result<bool> {
        tried!(self, {
            let mut write = self.write(now).await?;
            identity::lock(&mut write, id).await?;
            let gone = forget(write.on(), id).await?;
            write.commit().await?;
            Ok(gone)
        })
    }
}

async fn is_live(connection: &mut PgConnection, session: &SessionId, id: &IdentityId) -> Result<bool> {
    let live = sqlx::query("SELECT 1 FROM session WHERE id = $1 AND identity_id = $2 FOR UPDATE")
        .bind(text(&session.0))
        .bind(text(&id.0))
        .fetch_optional(connection)
        .await?;
    Ok(live.is_some())
}

async fn look(
    connection: &mut PgConnection,
    hash: TokenHash,
    side: AddressSide,
) -> Result<Option<AddressChange>> {
    sqlx::query(match side {
        AddressSide::Present => {
            concat!("SELECT ", columns!(), " FROM address_change WHERE approve_hash = $1")
        }
        AddressSide::New => concat!("SELECT ", columns!(), " FROM address_change WHERE confirm_hash = $1"),
    })
    .bind(hash.0.as_slice())
    .fetch_optional(connection)
    .await?
    .as_ref()
    .map(stored)
    .transpose()
}

/// Uses a link up: its hash is gone from here on.
async fn take(
    connection: &mut PgConnection,
    hash: TokenHash,
    side: AddressSide,
    now: Timestamp,
) -> Result<Option<AddressChange>> {
    sqlx::query(match side {
        AddressSide::Present => concat!(
            "UPDATE address_change SET approve_hash = NULL, approve_until = NULL, approved_at = $1 \
             WHERE approve_hash = $2 AND approve_until > $1 AND expires_at > $1 RETURNING ",
            columns!()
        ),
        AddressSide::New => concat!(
            "UPDATE address_change SET confirm_hash = NULL, confirm_until = NULL, confirmed_at = $1 \
             WHERE confirm_hash = $2 AND confirm_until > $1 AND expires_at > $1 RETURNING ",
            columns!()
        ),
    })
    .bind(now.0)
    .bind(hash.0.as_slice())
    .fetch_optional(connection)
    .await?
    .as_ref()
    .map(stored)
    .transpose()
}

/// Both sides said yes: the address is changed, unless somebody else was faster. It is held.
async fn complete(write: &mut Write<'_>, change: AddressChange, owner: &Identity) -> Result<Followed> {
    if !give(write, &owner.id, &change.email, true).await? {
        return Ok(Followed::Taken);
    }
    let identity = Box::new(identity::reread(write.on(), &owner.id).await?);
    Ok(Followed::Done { identity, former: change.former })
}

/// Gives the identity, which is locked, the address, which is held. False, and nothing is changed, if somebody else has
/// confirmed it.
async fn give(write: &mut Write<'_>, id: &IdentityId, email: &EmailAddress, verified: bool) -> Result<bool> {
    let now = write.now();
    if name::confirmed_owner(write.on(), email.folded()).await?.is_some_and(|other| other != *id) {
        return Ok(false);
    }
    sqlx::query("UPDATE identity SET email = $1, email_folded = $2, email_verified_at = $3 WHERE id = $4")
        .bind(text(email.as_str()))
        .bind(text(email.folded()))
        .bind(verified.then_some(now.0))
        .bind(text(&id.0))
        .execute(write.on())
        .await
        .map_err(name::taken)?;
    if verified {
        registration::forget(write, email.folded()).await?;
        name::disown(write, email.folded(), id).await?;
    }
    // A code that is on its way to the address before this one opens nothing any more.
    factor::forget_flows(write.on(), id).await?;
    write.append(ChangeKind::IdentityChanged(id.clone()));
    Ok(true)
}

/// Ends the change that waits. False if none does.
pub(super) async fn forget(connection: &mut PgConnection, id: &IdentityId) -> Result<bool> {
    let gone = sqlx::query("DELETE FROM address_change WHERE identity_id = $1")
        .bind(text(&id.0))
        .execute(connection)
        .await?;
    Ok(gone.rows_affected() > 0)
}

fn stored(found: &PgRow) -> Result<AddressChange> {
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
