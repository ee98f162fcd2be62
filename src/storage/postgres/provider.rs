//! Accounts of somebody else, and sign-ins on their way through a provider.

use async_trait::async_trait;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{
    PostgresStorage,
    error::refers_to_nothing,
    identity, name,
    pool::tried,
    row::{self, text},
    write::Write,
};
use crate::{
    clock::Timestamp,
    identity::{Identity, IdentityId},
    session::{SessionId, TokenHash},
    storage::{
        ChangeKind, Handover, LinkedAccount, NewIdentity, NewProviderFlow, ProviderAccount, ProviderFlow,
        ProviderRepository, Removal, Result, StorageError, WaysIn, value::hash,
    },
};

#[async_trait]
impl ProviderRepository for PostgresStorage {
    async fn add_provider_flow(&self, new: NewProviderFlow) -> Result<()> {
        tried!(self, {
            let added = sqlx::query(
                "INSERT INTO provider_flow (state_hash, browser_hash, provider, return_to, identity_id, session_id, \
                 keep, collect, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            )
            .bind(new.state.0.as_slice())
            .bind(new.browser.0.as_slice())
            .bind(text(&new.flow.provider))
            .bind(text(&new.flow.return_to))
            .bind(new.flow.identity_id.as_ref().map(|id| text(&id.0)))
            .bind(new.flow.session_id.as_ref().map(|id| text(&id.0)))
            .bind(new.flow.keep)
            .bind(new.flow.collect.as_ref().map(|challenge| challenge.0.as_slice()))
            .bind(new.flow.begun_at.0)
            .bind(new.expires_at.0)
            .execute(self.pool())
            .await;
            match added {
                Err(error) if refers_to_nothing(&error) => Err(StorageError::IdentityChanged),
                Err(error) => Err(error.into()),
                Ok(_) => Ok(()),
            }
        })
    }

    async fn consume_provider_flow(
        &self,
        state: TokenHash,
        browser: TokenHash,
        now: Timestamp,
    ) -> Result<Option<ProviderFlow>> {
        tried!(self, {
            let mut write = self.write(now).await?;
            let found = sqlx::query(
                "DELETE FROM provider_flow WHERE state_hash = $1 AND browser_hash = $2 AND expires_at > $3 \
                 RETURNING provider, return_to, identity_id, session_id, keep, collect, created_at",
            )
            .bind(state.0.as_slice())
            .bind(browser.0.as_slice())
            .bind(now.0)
            .fetch_optional(write.on())
            .await?;
            write.commit().await?;
            let Some(row) = found else { return Ok(None) };
            Ok(Some(ProviderFlow {
                provider: row.try_get("provider")?,
                return_to: row.try_get("return_to")?,
                identity_id: row.try_get::<Option<String>, _>("identity_id")?.map(IdentityId),
                session_id: row.try_get::<Option<String>, _>("session_id")?.map(SessionId),
                begun_at: Timestamp(row.try_get("created_at")?),
                keep: row.try_get("keep")?,
                collect: row.try_get::<Option<&[u8]>, _>("collect")?.map(hash).transpose()?,
            }))
        })
    }

    async fn add_handover(
        &self,
        challenge: TokenHash,
        left: &Handover,
        created_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        let (identity_id, refused) = left.stored();
        tried!(self, {
            let added = sqlx::query(
                "INSERT INTO handover (challenge, identity_id, refused, created_at, expires_at) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (challenge) DO UPDATE SET identity_id = EXCLUDED.identity_id, \
                 refused = EXCLUDED.refused, created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at",
            )
            .bind(challenge.0.as_slice())
            .bind(identity_id.map(text))
            .bind(refused.map(text))
            .bind(created_at.0)
            .bind(expires_at.0)
            .execute(self.pool())
            .await;
            match added {
                Err(error) if refers_to_nothing(&error) => Err(StorageError::IdentityChanged),
                Err(error) => Err(error.into()),
                Ok(_) => Ok(()),
            }
        })
    }

    async fn consume_handover(&self, challenge: TokenHash, now: Timestamp) -> Result<Option<Handover>> {
        tried!(self, {
            let found = sqlx::query(
                "DELETE FROM handover WHERE challenge = $1 AND expires_at > $2 RETURNING identity_id, refused",
            )
            .bind(challenge.0.as_slice())
            .bind(now.0)
            .fetch_optional(self.pool())
            .await?;
            let Some(row) = found else { return Ok(None) };
            Ok(Handover::read(row.try_get("identity_id")?, row.try_get("refused")?))
        })
    }

    async fn find_by_account(&self, issuer: &str, subject: &str) -> Result<Option<Identity>> {
        let found = tried!(self, {
            Ok(sqlx::query(concat!(
                "SELECT ",
                row::identity_columns!(),
                " FROM linked_account l JOIN identity i ON i.id = l.identity_id \
                 WHERE l.issuer = $1 AND l.subject = $2"
            ))
            .bind(text(issuer))
            .bind(text(subject))
            .fetch_optional(self.pool())
            .await?)
        });
        found?.as_ref().map(row::identity).transpose()
    }

    async fn list_linked_accounts(&self, id: &IdentityId) -> Result<Vec<LinkedAccount>> {
        let found = tried!(self, {
            Ok(sqlx::query(
                "SELECT identity_id, provider, issuer, subject, created_at, last_used_at FROM linked_account \
                 WHERE identity_id = $1 ORDER BY created_at, issuer, subject",
            )
            .bind(text(&id.0))
            .fetch_all(self.pool())
            .await?)
        });
        found?.iter().map(linked).collect()
    }

    async fn add_linked_account(
        &self,
        id: &IdentityId,
        account: &ProviderAccount,
        now: Timestamp,
    ) -> Result<bool> {
        tried!(self, {
            let mut write = self.write(now).await?;
            // Locked first, as everywhere.
            if !identity::lock(&mut write, id).await? {
                return Err(StorageError::IdentityChanged);
            }
            if !insert(&mut write, id, account).await? {
                return Ok(false);
            }
            write.append(ChangeKind::IdentityChanged(id.clone()));
            write.commit().await?;
            Ok(true)
        })
    }

    async fn add_linked_identity(
        &self,
        new: NewIdentity,
        account: &ProviderAccount,
    ) -> Result<Option<Identity>> {
        tried!(self, {
            let mut write = self.write(new.created_at).await?;
            write.hold(name::of(&new)).await?;
            identity::add(&mut write, &new, None).await?;
            sqlx::query("UPDATE identity SET password = NULL WHERE id = $1")
                .bind(&new.id.0)
                .execute(write.on())
                .await?;
            if !insert(&mut write, &new.id, account).await? {
                return Ok(None);
            }
            let identity = identity::reread(write.on(), &new.id).await?;
            write.commit().await?;
            Ok(Some(identity))
        })
    }

    async fn touch_linked_account(&self, issuer: &str, subject: &str, now: Timestamp) -> Result<()> {
        tried!(self, {
            sqlx::query(
                "UPDATE linked_account SET last_used_at = greatest(last_used_at, $1) \
                 WHERE issuer = $2 AND subject = $3",
            )
            .bind(now.0)
            .bind(text(issuer))
            .bind(text(subject))
            .execute(self.pool())
            .await?;
            Ok(())
        })
    }

    async fn remove_linked_account(
        &self,
        id: &IdentityId,
        account: &ProviderAccount,
        ways: &WaysIn,
        now: Timestamp,
    ) -> Result<Removal> {
        tried!(self, {
            let mut write = self.write(now).await?;
            // Two that unlink at once must not each count on what the other takes away.
            if !identity::lock(&mut write, id).await? {
                return Ok(Removal::Unknown);
            }
            let gone = sqlx::query(
                "DELETE FROM linked_account WHERE identity_id = $1 AND issuer = $2 AND subject = $3",
            )
            .bind(text(&id.0))
            .bind(text(&account.issuer))
            .bind(text(&account.subject))
            .execute(write.on())
            .await?;
            if gone.rows_affected() == 0 {
                return Ok(Removal::Unknown);
            }
            if !has_way_in(write.on(), id, ways).await? {
                return Ok(Removal::LastWayIn);
            }
            write.append(ChangeKind::IdentityChanged(id.clone()));
            write.commit().await?;
            Ok(Removal::Done)
        })
    }
}

/// Whether anything opens the identity: a password, or one of `ways`.
pub(super) async fn has_way_in(
    connection: &mut PgConnection,
    id: &IdentityId,
    ways: &WaysIn,
) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM identity WHERE id = $1 AND password IS NOT NULL) \
         OR EXISTS (SELECT 1 FROM factor WHERE identity_id = $1 AND kind = 'passkey' AND $3) \
         OR EXISTS (SELECT 1 FROM linked_account WHERE identity_id = $1 AND issuer = ANY($2))",
    )
    .bind(&id.0)
    .bind(&ways.issuers)
    .bind(ways.passkeys)
    .fetch_one(connection)
    .await?)
}

/// False if the account is somebody's already.
async fn insert(write: &mut Write<'_>, id: &IdentityId, account: &ProviderAccount) -> Result<bool> {
    let now = write.now();
    let added = sqlx::query(
        "INSERT INTO linked_account (identity_id, provider, issuer, subject, created_at, last_used_at) \
         VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING",
    )
    .bind(text(&id.0))
    .bind(text(&account.provider))
    .bind(text(&account.issuer))
    .bind(text(&account.subject))
    .bind(now.0)
    .execute(write.on())
    .await?;
    Ok(added.rows_affected() == 1)
}

fn linked(row: &PgRow) -> Result<LinkedAccount> {
    Ok(LinkedAccount {
        identity_id: IdentityId(row.try_get("identity_id")?),
        account: ProviderAccount {
            provider: row.try_get("provider")?,
            issuer: row.try_get("issuer")?,
            subject: row.try_get("subject")?,
        },
        created_at: Timestamp(row.try_get("created_at")?),
        last_used_at: Timestamp(row.try_get("last_used_at")?),
    })
}
