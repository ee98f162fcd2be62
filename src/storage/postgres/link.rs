//! One-time links. A used link is a deleted row.

use async_trait::async_trait;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{
    PostgresStorage, error::refers_to_nothing, identity, name, pool::tried, role, row, write::Write,
};
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

/// The columns of [`stored`]. Never all of them: a later release may add some, and a prepared statement would break.
macro_rules! columns {
    () => {
        "identity_id, registration_id, email, mailed, roles, created_at, expires_at"
    };
}

/// What is held by whoever adds or uses a set-up link, or makes one void.
pub(super) const SETUP_HELD: &str = "setup";

#[async_trait]
impl LinkRepository for PostgresStorage {
    async fn add_link(&self, link: NewLink) -> Result<()> {
        tried!(self, {
            let mut write = self.write(link.created_at).await?;
            if link.kind == LinkKind::Setup {
                write.hold([SETUP_HELD.to_owned()]).await?;
                drop_setup(write.on(), Some(link.created_at.before(SETUP_TOGETHER))).await?;
            }
            insert(write.on(), &link).await?;
            write.commit().await
        })
    }

    async fn peek_link(&self, hash: TokenHash, kind: LinkKind, now: Timestamp) -> Result<Option<StoredLink>> {
        let found = tried!(self, {
            Ok(sqlx::query(concat!(
                "SELECT ",
                columns!(),
                " FROM link WHERE hash = $1 AND kind = $2 AND expires_at > $3"
            ))
            .bind(hash.0.as_slice())
            .bind(kind.stored())
            .bind(now.0)
            .fetch_optional(self.pool())
            .await?)
        });
        found?.as_ref().map(|row| stored(row, hash, kind)).transpose()
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
        tried!(self, {
            let mut write = self.write(now).await?;
            let setup = (kind == LinkKind::Setup).then(|| SETUP_HELD.to_owned());
            write.hold(name::of(&new).into_iter().chain(setup)).await?;
            if take(write.on(), hash, kind, now).await?.is_none() {
                return Ok(None);
            }
            if kind == LinkKind::Setup && role::anybody_with(write.on(), Role::ADMIN).await? {
                return Ok(None);
            }
            if kind == LinkKind::Setup {
                drop_setup(write.on(), None).await?;
            }
            let identity = identity::add(&mut write, &new, None).await?;
            write.commit().await?;
            Ok(Some(identity))
        })
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
        tried!(self, {
            let mut write = self.write(now).await?;
            let identity = replace_password(&mut write, hash, kind, password).await?;
            if identity.is_some() {
                write.commit().await?;
            }
            Ok(identity)
        })
    }
}

async fn replace_password(
    write: &mut Write<'_>,
    hash: TokenHash,
    kind: LinkKind,
    password: &PasswordHash,
) -> Result<Option<Identity>> {
    let now = write.now();
    // Whom it is about, so that everything is locked in its order; a link never changes.
    let about = sqlx::query(concat!("SELECT ", columns!(), " FROM link WHERE hash = $1 AND kind = $2"))
        .bind(hash.0.as_slice())
        .bind(kind.stored())
        .fetch_optional(write.on())
        .await?;
    let Some(about) = about.as_ref().map(|row| stored(row, hash, kind)).transpose()? else { return Ok(None) };
    let Some(id) = &about.identity_id else { return Ok(None) };
    let mailed_to = about.email.as_ref().filter(|_| about.mailed);
    write.hold(mailed_to.map(|email| name::email_held(email.folded()))).await?;
    identity::lock(write, id).await?;
    if take(write.on(), hash, kind, now).await?.is_none() {
        return Ok(None);
    }
    let Some(owner) = identity::lookup(write.on(), id).await? else { return Ok(None) };
    if owner.disabled {
        return Ok(None);
    }
    if let Some(email) = mailed_to {
        // Who reads an address that is no longer this identity's has nothing to say here.
        if owner.email.as_ref().map(|own| own.address.folded()) != Some(email.folded()) {
            return Ok(None);
        }
        confirm(write, id, email, now).await?;
    }
    identity::set_password(write, id, password, false, None).await?;
    identity::reread(write.on(), id).await.map(Some)
}

async fn insert(connection: &mut PgConnection, link: &NewLink) -> Result<()> {
    let id = link.identity_id.as_ref().map(|id| row::text(&id.0));
    let (identity, registration) = if link.kind == LinkKind::Verification { (None, id) } else { (id, None) };
    let added = sqlx::query(
        "INSERT INTO link (hash, kind, identity_id, registration_id, email, mailed, roles, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
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
    .execute(connection)
    .await;
    match added {
        Err(error) if refers_to_nothing(&error) => Err(StorageError::IdentityChanged),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

/// Forgets every set-up link, or those made until then. [`SETUP_HELD`] is held.
pub(super) async fn drop_setup(connection: &mut PgConnection, until: Option<Timestamp>) -> Result<()> {
    sqlx::query("DELETE FROM link WHERE kind = 'setup' AND created_at <= $1")
        .bind(until.map_or(i64::MAX, |at| at.0))
        .execute(connection)
        .await?;
    Ok(())
}

/// Consumes a link that is not expired, if the transaction commits.
pub(super) async fn take(
    connection: &mut PgConnection,
    hash: TokenHash,
    kind: LinkKind,
    now: Timestamp,
) -> Result<Option<StoredLink>> {
    sqlx::query(concat!(
        "DELETE FROM link WHERE hash = $1 AND kind = $2 AND expires_at > $3 RETURNING ",
        columns!()
    ))
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
    if name::confirmed_owner(write.on(), email.folded()).await?.is_some() {
        return Ok(());
    }
    sqlx::query("UPDATE identity SET email_verified_at = $1 WHERE id = $2")
        .bind(now.0)
        .bind(&id.0)
        .execute(write.on())
        .await?;
    name::disown(write, email.folded(), id).await?;
    write.append(ChangeKind::IdentityChanged(id.clone()));
    Ok(())
}

fn stored(row: &PgRow, hash: TokenHash, kind: LinkKind) -> Result<StoredLink> {
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
