//! One exclusive transaction.

use sqlx::{Sqlite, SqliteConnection, Transaction};

use super::{feed::Feed, pool::Writer};
use crate::{
    clock::Timestamp,
    identity::IdentityId,
    session::SessionId,
    storage::{ChangeKind, Result},
};

/// A transaction that nobody else writes beside. Dropped without `commit`, it leaves nothing.
pub(super) struct Write<'s> {
    tx: Transaction<'static, Sqlite>,
    writer: &'s Writer,
    feed: &'s Feed,
    now: Timestamp,
    appended: bool,
}

impl<'s> Write<'s> {
    pub(super) async fn begin(writer: &'s Writer, feed: &'s Feed, now: Timestamp) -> Result<Self> {
        Ok(Self { tx: writer.begin().await?, writer, feed, now, appended: false })
    }

    pub(super) fn on(&mut self) -> &mut SqliteConnection {
        &mut self.tx
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Appends to the change feed.
    pub(super) async fn append(&mut self, kind: &ChangeKind) -> Result<()> {
        let (session, identity) = match kind {
            ChangeKind::SessionRevoked(SessionId(id)) => (Some(id), None),
            ChangeKind::IdentityChanged(IdentityId(id)) => (None, Some(id)),
        };
        sqlx::query("INSERT INTO change (at, session_id, identity_id) VALUES (?, ?, ?)")
            .bind(self.now.0)
            .bind(session)
            .bind(identity)
            .execute(&mut *self.tx)
            .await?;
        self.appended = true;
        Ok(())
    }

    /// Makes it last, and tells who waits for changes in this process.
    pub(super) async fn commit(self) -> Result<()> {
        if let Err(error) = self.tx.commit().await {
            self.writer.distrust();
            return Err(error.into());
        }
        if self.appended {
            self.feed.poke();
        }
        Ok(())
    }
}
