//! Accounts of somebody else, and sign-ins on their way through a provider.

use async_trait::async_trait;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteStorage, error::refers_to_nothing, identity, row, write::Write};
use crate::{
    clock::Timestamp,
    identity::{Identity, IdentityId},
    session::{SessionId, TokenHash},
    storage::{
        ChangeKind, Handover, LinkedAccount, NewIdentity, NewProviderFlow, ProviderAccount, ProviderFlow,
        ProviderRepository, Removal, Result, StorageError, WaysIn,
        value::{hash, wrong},
    },
};

#[async_trait]
impl ProviderRepository for SqliteStorage {
    async fn add_provider_flow(&self, new: NewProviderFlow) -> Result<()> {
        let mut write = self.write(new.flow.begun_at).await?;
        let added = sqlx::query(
            "INSERT INTO provider_flow (state_hash, browser_hash, provider, return_to, identity_id, session_id, keep, \
             collect, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(new.state.0.as_slice())
        .bind(new.browser.0.as_slice())
        .bind(&new.flow.provider)
        .bind(&new.flow.return_to)
        .bind(new.flow.identity_id.as_ref().map(|id| &id.0))
        .bind(new.flow.session_id.as_ref().map(|id| &id.0))
        .bind(new.flow.keep)
        .bind(new.flow.collect.as_ref().map(|challenge| challenge.0.as_slice()))
        .bind(new.flow.begun_at.0)
        .bind(new.expires_at.0)
        .execute(write.on())
        .await;
        match added {
            Err(error) if refers_to_nothing(&error) => Err(StorageError::IdentityChanged),
            Err(error) => Err(error.into()),
            Ok(_) => write.commit().await,
        }
    }

    async fn consume_provider_flow(
        &self,
        state: TokenHash,
        browser: TokenHash,
        now: Timestamp,
    ) -> Result<Option<ProviderFlow>> {
        let mut write = self.write(now).await?;
        let found = sqlx::query(
            "DELETE FROM provider_flow WHERE state_hash = ? AND browser_hash = ? AND expires_at > ? \
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
    }

    async fn add_handover(
        &self,
        challenge: TokenHash,
        left: &Handover,
        created_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        let (identity_id, refused) = left.stored();
        let mut write = self.write(created_at).await?;
        let added = sqlx::query(
            "INSERT OR REPLACE INTO handover (challenge, identity_id, refused, created_at, expires_at) \
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(challenge.0.as_slice())
        .bind(identity_id)
        .bind(refused)
        .bind(created_at.0)
        .bind(expires_at.0)
        .execute(write.on())
        .await;
        match added {
            Err(error) if refers_to_nothing(&error) => Err(StorageError::IdentityChanged),
            Err(error) => Err(error.into()),
            Ok(_) => write.commit().await,
        }
    }

    async fn consume_handover(&self, challenge: TokenHash, now: Timestamp) -> Result<Option<Handover>> {
        // A frame asks many times before there is anything.
        let there: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM handover WHERE challenge = ? AND expires_at > ?")
                .bind(challenge.0.as_slice())
                .bind(now.0)
                .fetch_optional(&mut *self.read().await?)
                .await?;
        if there.is_none() {
            return Ok(None);
        }
        let mut write = self.write(now).await?;
        let found = sqlx::query(
            "DELETE FROM handover WHERE challenge = ? AND expires_at > ? RETURNING identity_id, refused",
        )
        .bind(challenge.0.as_slice())
        .bind(now.0)
        .fetch_optional(write.on())
        .await?;
        write.commit().await?;
        let Some(row) = found else { return Ok(None) };
        Ok(Handover::read(row.try_get("identity_id")?, row.try_get("refused")?))
    }

    async fn find_by_account(&self, issuer: &str, subject: &str) -> Result<Option<Identity>> {
        sqlx::query(concat!(
            "SELECT ",
            row::identity_columns!(),
            " FROM linked_account l JOIN identity i ON i.id = l.identity_id WHERE l.issuer = ? AND l.subject = ?"
        ))
        .bind(issuer)
        .bind(subject)
        .fetch_optional(&mut *self.read().await?)
        .await?
        .as_ref()
        .map(row::identity)
        .transpose()
    }

    async fn list_linked_accounts(&self, id: &IdentityId) -> Result<Vec<LinkedAccount>> {
        sqlx::query(
            "SELECT identity_id, provider, issuer, subject, created_at, last_used_at FROM linked_account \
             WHERE identity_id = ? ORDER BY created_at, issuer, subject",
        )
        .bind(&id.0)
        .fetch_all(&mut *self.read().await?)
        .await?
        .iter()
        .map(linked)
        .collect()
    }

    async fn add_linked_account(
        &self,
        id: &IdentityId,
        account: &ProviderAccount,
        now: Timestamp,
    ) -> Result<bool> {
        let mut write = self.write(now).await?;
        let added = match insert(&mut write, id, account).await {
            Err(sqlx) if refers_to_nothing(&sqlx) => return Err(StorageError::IdentityChanged),
            added => added?,
        };
        if added {
            write.append(&ChangeKind::IdentityChanged(id.clone())).await?;
            write.commit().await?;
        }
        Ok(added)
    }

    async fn add_linked_identity(
        &self,
        new: NewIdentity,
        account: &ProviderAccount,
    ) -> Result<Option<Identity>> {
        let mut write = self.write(new.created_at).await?;
        identity::add(&mut write, &new, None).await?;
        sqlx::query("UPDATE identity SET password = NULL WHERE id = ?")
            .bind(&new.id.0)
            .execute(write.on())
            .await?;
        if !insert(&mut write, &new.id, account).await? {
            return Ok(None);
        }
        let identity = identity::reread(write.on(), &new.id).await?;
        write.commit().await?;
        Ok(Some(identity))
    }

    async fn touch_linked_account(&self, issuer: &str, subject: &str, now: Timestamp) -> Result<()> {
        let mut write = self.write(now).await?;
        sqlx::query(
            "UPDATE linked_account SET last_used_at = max(last_used_at, ?) WHERE issuer = ? AND subject = ?",
        )
        .bind(now.0)
        .bind(issuer)
        .bind(subject)
        .execute(write.on())
        .await?;
        write.commit().await
    }

    async fn remove_linked_account(
        &self,
        id: &IdentityId,
        account: &ProviderAccount,
        ways: &WaysIn,
        now: Timestamp,
    ) -> Result<Removal> {
        let mut write = self.write(now).await?;
        let gone =
            sqlx::query("DELETE FROM linked_account WHERE identity_id = ? AND issuer = ? AND subject = ?")
                .bind(&id.0)
                .bind(&account.issuer)
                .bind(&account.subject)
                .execute(write.on())
                .await?;
        if gone.rows_affected() == 0 {
            return Ok(Removal::Unknown);
        }
        if !has_way_in(write.on(), id, ways).await? {
            return Ok(Removal::LastWayIn);
        }
        write.append(&ChangeKind::IdentityChanged(id.clone())).await?;
        write.commit().await?;
        Ok(Removal::Done)
    }
}

/// Whether anything opens the identity: a password, or one of `ways`.
pub(super) async fn has_way_in(
    connection: &mut SqliteConnection,
    id: &IdentityId,
    ways: &WaysIn,
) -> Result<bool> {
    let issuers = serde_json::to_string(&ways.issuers).map_err(|error| wrong("list of issuers", &error))?;
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM identity WHERE id = ?1 AND password IS NOT NULL) \
         OR EXISTS (SELECT 1 FROM factor WHERE identity_id = ?1 AND kind = 'passkey' AND ?3) \
         OR EXISTS (SELECT 1 FROM linked_account WHERE identity_id = ?1 AND issuer IN (SELECT value FROM json_each(?2)))",
    )
    .bind(&id.0)
    .bind(issuers)
    .bind(ways.passkeys)
    .fetch_one(connection)
    .await?)
}

/// False if the account is somebody's already.
async fn insert(
    write: &mut Write<'_>,
    id: &IdentityId,
    account: &ProviderAccount,
) -> std::result::Result<bool, sqlx::Error> {
    let now = write.now();
    let added = sqlx::query(
        "INSERT INTO linked_account (identity_id, provider, issuer, subject, created_at, last_used_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT DO NOTHING",
    )
    .bind(&id.0)
    .bind(&account.provider)
    .bind(&account.issuer)
    .bind(&account.subject)
    .bind(now.0)
    .execute(write.on())
    .await?;
    Ok(added.rows_affected() == 1)
}

fn linked(row: &SqliteRow) -> Result<LinkedAccount> {
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
