//! Counters of failures.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{PostgresStorage, pool::tried};
use crate::{
    clock::Timestamp,
    storage::{LimitKey, LimitRepository, LimitState, Result},
};

#[async_trait]
impl LimitRepository for PostgresStorage {
    async fn read_limits(&self, keys: &[LimitKey]) -> Result<Vec<LimitState>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let rows = tried!(self, {
            Ok(sqlx::query(
                "SELECT key, level, updated_at, locked_until FROM limit_state WHERE key = ANY($1)",
            )
            .bind(sorted(keys))
            .fetch_all(self.pool())
            .await?)
        });
        Ok(in_order(keys, &read(&rows?)?))
    }

    async fn update_limits(
        &self,
        keys: &[LimitKey],
        update: &(dyn for<'a> Fn(&'a mut [LimitState]) + Send + Sync),
        now: Timestamp,
    ) -> Result<Vec<LimitState>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        tried!(self, {
            let mut write = self.write(now).await?;
            let before = in_order(keys, &claim(write.on(), keys).await?);
            let mut after = before.clone();
            update(&mut after);
            // Nothing to write costs no sync of the disk, and leaves no row that was made for the lock.
            if before != after {
                put(write.on(), keys, &after).await?;
                write.commit().await?;
            }
            Ok(after)
        })
    }
}

/// Resets counters, in the order of [`claim`].
pub(super) async fn forget(connection: &mut PgConnection, keys: &[LimitKey]) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "DELETE FROM limit_state WHERE key IN \
         (SELECT key FROM limit_state WHERE key = ANY($1) ORDER BY key FOR UPDATE)",
    )
    .bind(sorted(keys))
    .execute(connection)
    .await?;
    Ok(())
}

/// Locks the counters in the order of their keys, so that no two wait for each other, and makes those that are not there:
/// what is not there can't be locked.
async fn claim(connection: &mut PgConnection, keys: &[LimitKey]) -> Result<BTreeMap<String, LimitState>> {
    let rows = sqlx::query(
        "INSERT INTO limit_state (key, level, updated_at, locked_until) \
         SELECT key, 0, 0, 0 FROM unnest($1::TEXT[]) AS n (key) ORDER BY key COLLATE \"C\" \
         ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING key, level, updated_at, locked_until",
    )
    .bind(sorted(keys))
    .fetch_all(connection)
    .await?;
    read(&rows)
}

async fn put(connection: &mut PgConnection, keys: &[LimitKey], states: &[LimitState]) -> Result<()> {
    // Of a key that is named twice, the last counts.
    let last: BTreeMap<&str, &LimitState> = keys.iter().map(|key| key.0.as_str()).zip(states).collect();
    sqlx::query(
        "UPDATE limit_state l SET level = n.level, updated_at = n.updated_at, locked_until = n.locked_until \
         FROM unnest($1::TEXT[], $2::DOUBLE PRECISION[], $3::BIGINT[], $4::BIGINT[]) \
         AS n (key, level, updated_at, locked_until) WHERE l.key = n.key",
    )
    .bind(last.keys().copied().collect::<Vec<_>>())
    .bind(last.values().map(|state| state.level).collect::<Vec<_>>())
    .bind(last.values().map(|state| state.updated_at.0).collect::<Vec<_>>())
    .bind(last.values().map(|state| state.locked_until.0).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Each key once.
fn sorted(keys: &[LimitKey]) -> Vec<&str> {
    keys.iter().map(|key| key.0.as_str()).collect::<BTreeSet<_>>().into_iter().collect()
}

fn in_order(keys: &[LimitKey], states: &BTreeMap<String, LimitState>) -> Vec<LimitState> {
    keys.iter().map(|key| states.get(&key.0).copied().unwrap_or_default()).collect()
}

fn read(rows: &[PgRow]) -> Result<BTreeMap<String, LimitState>> {
    rows.iter()
        .map(|row| {
            let state = LimitState {
                level: row.try_get("level")?,
                updated_at: Timestamp(row.try_get("updated_at")?),
                locked_until: Timestamp(row.try_get("locked_until")?),
            };
            Ok((row.try_get("key")?, state))
        })
        .collect()
}
