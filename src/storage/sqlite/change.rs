//! The change feed, read.

use async_trait::async_trait;
use sqlx::Row as _;

use super::SqliteStorage;
use crate::{
    identity::IdentityId,
    session::SessionId,
    storage::{Change, ChangeFeed, ChangeKind, ChangeSeq, Result, StorageError},
};

#[async_trait]
impl ChangeFeed for SqliteStorage {
    async fn latest_change(&self) -> Result<ChangeSeq> {
        // The table may have been swept empty; the sequence remembers.
        let seq: Option<i64> = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'change'")
            .fetch_optional(&mut *self.read().await?)
            .await?;
        Ok(ChangeSeq(seq.unwrap_or(0)))
    }

    async fn changes_since(&self, seq: ChangeSeq) -> Result<Vec<Change>> {
        self.file.still_there()?;
        // On the feed's own connection: busy readers must not keep a revocation waiting.
        let mut guard = self.feed.connection().await?;
        let looker =
            guard.as_mut().ok_or_else(|| StorageError::Corrupt("the feed has no connection".into()))?;
        let rows = sqlx::query("SELECT seq, session_id, identity_id FROM change WHERE seq > ? ORDER BY seq")
            .bind(seq.0)
            .fetch_all(&mut looker.connection)
            .await;
        let rows = match rows {
            Ok(rows) => rows,
            Err(error) => {
                // A new connection next time.
                *guard = None;
                return Err(error.into());
            }
        };
        rows.iter()
            .map(|row| {
                let session: Option<String> = row.try_get("session_id")?;
                let identity: Option<String> = row.try_get("identity_id")?;
                let kind = match (session, identity) {
                    (Some(id), None) => ChangeKind::SessionRevoked(SessionId(id)),
                    (None, Some(id)) => ChangeKind::IdentityChanged(IdentityId(id)),
                    _ => return Err(StorageError::Corrupt("a change that says nothing".into())),
                };
                Ok(Change { seq: ChangeSeq(row.try_get("seq")?), kind })
            })
            .collect()
    }

    async fn wait_for_change(&self) -> Result<()> {
        self.feed.wait(&self.file).await
    }
}
