//! Codes that were asked for. A used one is a deleted row.

use async_trait::async_trait;
use sqlx::{Row as _, postgres::PgRow};

use super::{PostgresStorage, error::refers_to_nothing, pool::tried, row, row::text};
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
impl LoginCodeRepository for PostgresStorage {
    async fn add_login_code(&self, new: NewLoginCode) -> Result<()> {
        tried!(self, {
            let mut write = self.write(new.created_at).await?;
            let added = sqlx::query(
                "INSERT INTO login_code (hash, identity_id, channel, counted, browser_hash, mac, tries, created_at, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8) ON CONFLICT (hash) DO UPDATE SET mac = excluded.mac, tries = 0, \
                 created_at = excluded.created_at, expires_at = excluded.expires_at",
            )
            .bind(new.hash.0.as_slice())
            .bind(new.identity_id.as_ref().map(|id| text(&id.0)))
            .bind(channel_name(new.channel))
            .bind(text(&new.counted.0))
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
        })
    }

    async fn mint_login_code(
        &self,
        hash: TokenHash,
        mac: [u8; 32],
        link: Option<TokenHash>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        tried!(self, {
            let mut write = self.write(now).await?;
            let until: Option<i64> = sqlx::query_scalar(
                "UPDATE login_code SET mac = $1, link_hash = $2 WHERE hash = $3 AND expires_at > $4 AND identity_id IS NOT NULL \
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
        })
    }

    async fn try_login_code(&self, hash: TokenHash, now: Timestamp) -> Result<Option<LoginCode>> {
        tried!(self, {
            let mut write = self.write(now).await?;
            let tried = sqlx::query(
                "UPDATE login_code SET tries = tries + 1 WHERE hash = $1 AND expires_at > $2 AND tries < $3 \
                 RETURNING hash, identity_id, channel, counted, browser_hash, mac",
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
        })
    }

    async fn find_login_link(&self, link: TokenHash, now: Timestamp) -> Result<Option<LoginCode>> {
        tried!(self, {
            sqlx::query(
                "SELECT hash, identity_id, channel, counted, browser_hash, mac FROM login_code \
                 WHERE link_hash = $1 AND expires_at > $2",
            )
            .bind(link.0.as_slice())
            .bind(now.0)
            .fetch_optional(self.pool())
            .await?
            .as_ref()
            .map(found)
            .transpose()
        })
    }

    async fn use_login_code(&self, hash: TokenHash, now: Timestamp) -> Result<bool> {
        tried!(self, {
            let mut write = self.write(now).await?;
            let used = sqlx::query("DELETE FROM login_code WHERE hash = $1 AND expires_at > $2")
                .bind(hash.0.as_slice())
                .bind(now.0)
                .execute(write.on())
                .await?;
            write.commit().await?;
            Ok(used.rows_affected() > 0)
        })
    }
}

fn found(stored: &PgRow) -> Result<LoginCode> {
    Ok(LoginCode {
        hash: row::hash(stored.try_get("hash")?)?,
        identity_id: stored.try_get::<Option<String>, _>("identity_id")?.map(IdentityId),
        channel: row::channel(stored.try_get("channel")?)?,
        counted: LimitKey(stored.try_get("counted")?),
        browser: stored.try_get::<Option<&[u8]>, _>("browser_hash")?.map(row::hash).transpose()?,
        mac: stored.try_get::<Option<&[u8]>, _>("mac")?.map(row::hash).transpose()?.map(|hash| hash.0),
    })
}
