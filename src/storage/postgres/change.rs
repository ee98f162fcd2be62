//! The change feed, read.

use async_trait::async_trait;
use sqlx::{Row as _, postgres::PgRow};

use super::{PostgresStorage, pool::tried};
use crate::{
    identity::IdentityId,
    session::SessionId,
    storage::{Change, ChangeFeed, ChangeKind, ChangeSeq, Result, StorageError},
};

#[async_trait]
impl ChangeFeed for PostgresStorage {
    async fn latest_change(&self) -> Result<ChangeSeq> {
        // The table may have been swept empty; the head remembers.
        let head: i64 = tried!(self, {
            Ok(sqlx::query_scalar("SELECT seq FROM change_head WHERE id = 1").fetch_one(self.pool()).await?)
        })?;
        Ok(ChangeSeq(head))
    }

    async fn changes_since(&self, seq: ChangeSeq) -> Result<Vec<Change>> {
        self.feed.changes_since(seq).await
    }

    async fn wait_for_change(&self) -> Result<()> {
        self.feed.wait().await;
        Ok(())
    }
}

pub(super) fn read(row: &PgRow) -> Result<Change> {
    let session: Option<String> = row.try_get("session_id")?;
    let identity: Option<String> = row.try_get("identity_id")?;
    let kind = match (session, identity) {
        (Some(id), None) => ChangeKind::SessionRevoked(SessionId(id)),
        (None, Some(id)) => ChangeKind::IdentityChanged(IdentityId(id)),
        _ => return Err(StorageError::Corrupt("a change that says nothing".into())),
    };
    Ok(Change { seq: ChangeSeq(row.try_get("seq")?), kind })
}
