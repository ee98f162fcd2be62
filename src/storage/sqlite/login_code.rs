//! Codes that were asked for. A used one is a deleted row.

use async_trait::async_trait;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{SqliteStorage, error::refers_to_nothing, row};
use crate::{
    clock::Timestamp,
    identity::IdentityId,
    session::TokenHash,
    storage::{
        CODE_TRIES, LimitKey, LoginCode, LoginCodeRepository, NewLoginCode, Result, StorageError,
        login_code::channel_name,
    },
};

#[async_trait]
impl LoginCodeRepository for SqliteStorage {
    async fn add_login_code(&self, new: NewLoginCode) -> Result<()> {
        let mut write = self.write(new.created_at).await?;
        let added = sqlx::query(
            "INSERT INTO login_code (hash, identity_id, channel, counted, browser_hash, mac, tries, created_at, expires_at) \
             VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?) ON CONFLICT (hash) DO UPDATE SET mac = excluded.mac, tries = 0, \
             created_at = excluded.created_at, expires_at = excluded.expires_at",
        )
        .bind(new.hash.0.as_slice())
        .bind(new.identity_id.as_ref().map(|id| &id.0))
        .bind(channel_name(new.channel))
        .bind(&new.counted.0)
        .bind(new.browser.as_ref().map(|hash| hash.0.as_slice()))
        .bind(new.mac.as_ref().map(<[u8; 32]>::as_slice))
        .bind(new.created_at.0)
        .bind(new.expires_at.0)
        .execute(write.on())
        .await;
        match added {
            Err(error) if refers_to_nothing(&error) => Err(StorageError::IdentityChanged),
            Err(error) => Err(error.into()),
            Ok(_) => write.commit().await,
        }
    }

    async fn mint_login_code(
        &self,
        hash: TokenHash,
        mac: [u8; 32],
        link: Option<TokenHash>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        let mut write = self.write(now).await?;
        let until: Option<i64> = sqlx::query_scalar(
            "UPDATE login_code SET mac = ?, link_hash = ? WHERE hash = ? AND expires_at > ? AND identity_id IS NOT NULL \
             RETURNING expires_at",
        )
        .bind(mac.as_slice())
        .bind(link.as_ref().map(|hash| hash.0.as_slice()))
        .bind(hash.0.as_slice())
        .bind(now.0)
        .fetch_optional(write.on())
        .await?;
        write.commit().await?;
        Ok(until.map(Timestamp))
    }

    async fn try_login_code(&self, hash: TokenHash, now: Timestamp) -> Result<Option<LoginCode>> {
        let mut write = self.write(now).await?;
        let tried = sqlx::query(
            "UPDATE login_code SET tries = tries + 1 WHERE hash = ? AND expires_at > ? AND tries < ? RETURNING *",
        )
        .bind(hash.0.as_slice())
        .bind(now.0)
        .bind(i64::from(CODE_TRIES))
        .fetch_optional(write.on())
        .await?
        .as_ref()
        .map(found)
        .transpose()?;
        write.commit().await?;
        Ok(tried)
    }

    async fn find_login_link(&self, link: TokenHash, now: Timestamp) -> Result<Option<LoginCode>> {
        sqlx::query("SELECT * FROM login_code WHERE link_hash = ? AND expires_at > ?")
            .bind(link.0.as_slice())
            .bind(now.0)
            .fetch_optional(&mut *self.read().await?)
            .await?
            .as_ref()
            .map(found)
            .transpose()
    }

    async fn use_login_code(&self, hash: TokenHash, now: Timestamp) -> Result<bool> {
        let mut write = self.write(now).await?;
        let used = sqlx::query("DELETE FROM login_code WHERE hash = ? AND expires_at > ?")
            .bind(hash.0.as_slice())
            .bind(now.0)
            .execute(write.on())
            .await?;
        write.commit().await?;
        Ok(used.rows_affected() > 0)
    }
}

fn found(stored: &SqliteRow) -> Result<LoginCode> {
    Ok(LoginCode {
        hash: row::hash(stored.try_get("hash")?)?,
        identity_id: stored.try_get::<Option<String>, _>("identity_id")?.map(IdentityId),
        channel: row::channel(stored.try_get("channel")?)?,
        counted: LimitKey(stored.try_get("counted")?),
        browser: stored.try_get::<Option<&[u8]>, _>("browser_hash")?.map(row::hash).transpose()?,
        mac: stored.try_get::<Option<&[u8]>, _>("mac")?.map(row::hash).transpose()?.map(|hash| hash.0),
    })
}
