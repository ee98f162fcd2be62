//! Counters of failures.

use async_trait::async_trait;
use sqlx::{Row as _, SqliteConnection};

use super::SqliteStorage;
use crate::{
    clock::Timestamp,
    storage::{LimitKey, LimitRepository, LimitState, Result},
};

#[async_trait]
impl LimitRepository for SqliteStorage {
    async fn read_limits(&self, keys: &[LimitKey]) -> Result<Vec<LimitState>> {
        read(&mut *self.read().await?, keys).await
    }

    async fn update_limits(
        &self,
        keys: &[LimitKey],
        update: &(dyn for<'a> Fn(&'a mut [LimitState]) + Send + Sync),
        now: Timestamp,
    ) -> Result<Vec<LimitState>> {
        let mut write = self.write(now).await?;
        let before = read(write.on(), keys).await?;
        let mut after = before.clone();
        update(&mut after);
        for ((key, before), after) in keys.iter().zip(&before).zip(&after) {
            if before != after {
                put(write.on(), key, after).await?;
            }
        }
        // Nothing to write costs no sync of the disk.
        if before != after {
            write.commit().await?;
        }
        Ok(after)
    }
}

/// Resets counters.
pub(super) async fn forget(connection: &mut SqliteConnection, keys: &[LimitKey]) -> Result<()> {
    for key in keys {
        sqlx::query("DELETE FROM limit_state WHERE key = ?").bind(&key.0).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn read(connection: &mut SqliteConnection, keys: &[LimitKey]) -> Result<Vec<LimitState>> {
    let mut states = Vec::with_capacity(keys.len());
    for key in keys {
        let row = sqlx::query("SELECT level, updated_at, locked_until FROM limit_state WHERE key = ?")
            .bind(&key.0)
            .fetch_optional(&mut *connection)
            .await?;
        states.push(match row {
            Some(row) => LimitState {
                level: row.try_get("level")?,
                updated_at: Timestamp(row.try_get("updated_at")?),
                locked_until: Timestamp(row.try_get("locked_until")?),
            },
            None => LimitState::default(),
        });
    }
    Ok(states)
}

async fn put(connection: &mut SqliteConnection, key: &LimitKey, state: &LimitState) -> Result<()> {
    sqlx::query(
        "INSERT INTO limit_state (key, level, updated_at, locked_until) VALUES (?, ?, ?, ?) \
         ON CONFLICT (key) DO UPDATE SET level = excluded.level, updated_at = excluded.updated_at, \
         locked_until = excluded.locked_until",
    )
    .bind(&key.0)
    .bind(state.level)
    .bind(state.updated_at.0)
    .bind(state.locked_until.0)
    .execute(connection)
    .await?;
    Ok(())
}
