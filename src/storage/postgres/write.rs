//! One transaction.

use std::collections::BTreeSet;

use sqlx::{PgConnection, Postgres, Transaction};
use tokio::time::Instant;

use super::{PostgresStorage, error::at_the_end, feed::CHANNEL};
use crate::{
    clock::Timestamp,
    identity::IdentityId,
    session::SessionId,
    storage::{ChangeKind, Result, connections::waited},
};

/// Takes as many numbers as there are changes, appends them, and goes on with the end that is given.
macro_rules! append {
    ($end:literal) => {
        concat!(
            "WITH head AS (UPDATE change_head SET seq = seq + $1 WHERE id = 1 RETURNING seq), \
             added AS (INSERT INTO change (seq, at, session_id, identity_id) \
             SELECT head.seq - $1 + n.position, $2, n.session_id, n.identity_id FROM head, \
             unnest($3::TEXT[], $4::TEXT[]) WITH ORDINALITY AS n (session_id, identity_id, position) \
             RETURNING seq) ",
            $end
        )
    };
}

/// A transaction. Dropped without `commit`, it leaves nothing.
///
/// Locks are taken in one order: held names, identities, sessions, tickets and links, counters, and the head of the
/// change feed, which the commit takes last and keeps for a moment only.
pub(super) struct Write<'s> {
    tx: Transaction<'static, Postgres>,
    storage: &'s PostgresStorage,
    now: Timestamp,
    held: BTreeSet<String>,
    changes: Vec<ChangeKind>,
}

impl<'s> Write<'s> {
    pub(super) async fn begin(storage: &'s PostgresStorage, now: Timestamp) -> Result<Self> {
        let began = Instant::now();
        let tx = storage.connections.pool.begin().await?;
        waited(began.elapsed());
        Ok(Self { tx, storage, now, held: BTreeSet::new(), changes: Vec::new() })
    }

    pub(super) fn on(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Waits until no other transaction holds one of the names, and holds them. First thing in a transaction.
    pub(super) async fn hold(&mut self, names: impl IntoIterator<Item = String>) -> Result<()> {
        let new: BTreeSet<String> = names.into_iter().filter(|name| !self.held.contains(name)).collect();
        if new.is_empty() {
            return Ok(());
        }
        // In their order, so that no two wait for each other.
        sqlx::query("INSERT INTO held (name) SELECT name FROM unnest($1::TEXT[]) AS n (name) ORDER BY name COLLATE \"C\"")
            .bind(new.iter().cloned().collect::<Vec<_>>())
            .execute(&mut *self.tx)
            .await?;
        self.held.extend(new);
        Ok(())
    }

    /// Appends to the change feed, at the commit.
    pub(super) fn append(&mut self, kind: ChangeKind) {
        self.changes.push(kind);
    }

    /// Makes it last, and tells who waits for changes.
    pub(super) async fn commit(mut self) -> Result<()> {
        if !self.held.is_empty() {
            sqlx::query("DELETE FROM held WHERE name = ANY($1)")
                .bind(self.held.iter().cloned().collect::<Vec<_>>())
                .execute(&mut *self.tx)
                .await?;
        }
        if !self.changes.is_empty() {
            self.number_changes().await?;
        }
        self.tx.commit().await.map_err(at_the_end)?;
        if !self.changes.is_empty() {
            self.storage.feed.poke();
        }
        Ok(())
    }

    /// Gives the changes their numbers. The row lock on the head is held from here to the commit, so that whoever sees a
    /// number sees every smaller one, too.
    async fn number_changes(&mut self) -> Result<()> {
        let (mut sessions, mut identities) = (Vec::new(), Vec::new());
        for change in &self.changes {
            match change {
                ChangeKind::SessionRevoked(SessionId(id)) => {
                    sessions.push(Some(id.clone()));
                    identities.push(None);
                }
                ChangeKind::IdentityChanged(IdentityId(id)) => {
                    sessions.push(None);
                    identities.push(Some(id.clone()));
                }
            }
        }
        let statement = if self.storage.feed.has_notices() {
            append!("SELECT pg_notify($5, max(seq)::TEXT) FROM added")
        } else {
            append!("SELECT $5::TEXT || max(seq)::TEXT FROM added")
        };
        sqlx::query(statement)
            .bind(i64::try_from(self.changes.len()).unwrap_or(i64::MAX))
            .bind(self.now.0)
            .bind(sessions)
            .bind(identities)
            .bind(CHANNEL)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}
