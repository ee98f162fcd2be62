//! Passkeys as they are found and used, and the challenges that were answered.

use async_trait::async_trait;

use super::{PostgresStorage, factor::stored, pool::tried, row::text};
use crate::{
    clock::Timestamp,
    factor::{FactorId, StoredFactor},
    session::TokenHash,
    storage::{PasskeyRepository, Result},
};

#[async_trait]
impl PasskeyRepository for PostgresStorage {
    async fn find_passkey(&self, credential_id: &[u8]) -> Result<Option<StoredFactor>> {
        tried!(self, {
            sqlx::query("SELECT id, identity_id, kind, name, sealed, last_step, created_at, last_used_at, credential_id FROM factor WHERE credential_id = $1")
                .bind(credential_id)
                .fetch_optional(self.pool())
                .await?
                .as_ref()
                .map(stored)
                .transpose()
        })
    }

    async fn use_passkey(&self, id: &FactorId, counter: u32, now: Timestamp) -> Result<bool> {
        tried!(self, {
            let mut write = self.write(now).await?;
            let used = sqlx::query(
                "UPDATE factor SET last_step = $1, last_used_at = $2 \
                 WHERE id = $3 AND (last_step < $1 OR (last_step = 0 AND $1 = 0))",
            )
            .bind(i64::from(counter))
            .bind(now.0)
            .bind(text(&id.0))
            .execute(write.on())
            .await?;
            write.commit().await?;
            Ok(used.rows_affected() > 0)
        })
    }

    async fn use_challenge(&self, hash: TokenHash, expires_at: Timestamp, now: Timestamp) -> Result<bool> {
        tried!(self, {
            let mut write = self.write(now).await?;
            let used = sqlx::query(
                "INSERT INTO used_challenge (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
            )
            .bind(hash.0.as_slice())
            .bind(expires_at.0)
            .execute(write.on())
            .await?;
            write.commit().await?;
            Ok(used.rows_affected() > 0)
        })
    }
}
