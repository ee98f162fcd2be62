//! Events for the operator, and facts about the database.

use std::path::Path;

use async_trait::async_trait;
use sqlx::{Row as _, postgres::PgRow};

use super::{PostgresStorage, factor, pool::tried, row::text};
use crate::{
    clock::Timestamp,
    identity::IdentityId,
    session::SessionId,
    storage::{AuditRecord, Connections, MetaRepository, Reseal, Result, StorageError},
};

#[async_trait]
impl MetaRepository for PostgresStorage {
    async fn add_audit(&self, record: AuditRecord) -> Result<()> {
        tried!(self, {
            let mut write = self.write(record.at).await?;
            sqlx::query(
                "INSERT INTO audit (at, event, identity_id, session_id, address, detail) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(record.at.0)
            .bind(text(&record.event))
            .bind(record.identity_id.as_ref().map(|id| text(&id.0)))
            .bind(record.session_id.as_ref().map(|id| text(&id.0)))
            .bind(text(&record.address))
            .bind(text(&record.detail))
            .execute(write.on())
            .await?;
            write.commit().await
        })
    }

    async fn list_audit(&self, limit: u32) -> Result<Vec<AuditRecord>> {
        let found = tried!(self, {
            Ok(sqlx::query(
                "SELECT at, event, identity_id, session_id, address, detail FROM audit ORDER BY id DESC LIMIT $1",
            )
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await?)
        });
        found?.iter().map(audit_record).collect()
    }

    async fn list_audit_of(&self, id: &IdentityId, limit: u32) -> Result<Vec<AuditRecord>> {
        let found = tried!(self, {
            Ok(sqlx::query(
                "SELECT at, event, identity_id, session_id, address, detail FROM audit WHERE identity_id = $1 \
                 ORDER BY id DESC LIMIT $2",
            )
            .bind(text(&id.0))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await?)
        });
        found?.iter().map(audit_record).collect()
    }

    async fn latest_audit(&self, event: &str) -> Result<Option<AuditRecord>> {
        let found = tried!(self, {
            Ok(sqlx::query(
                "SELECT at, event, identity_id, session_id, address, detail FROM audit WHERE event = $1 \
                 ORDER BY id DESC LIMIT 1",
            )
            .bind(text(event))
            .fetch_optional(self.pool())
            .await?)
        });
        found?.as_ref().map(audit_record).transpose()
    }

    async fn instance(&self) -> Result<String> {
        tried!(self, { Ok(sqlx::query_scalar("SELECT instance FROM meta").fetch_one(self.pool()).await?) })
    }

    async fn claim_key(&self, mark: [u8; 32], _now: Timestamp) -> Result<[u8; 32]> {
        let stored: Vec<u8> = tried!(self, {
            // Written only where none is: replicas that start take no lock, and may be allowed to read alone.
            let stored: Option<Vec<u8>> =
                sqlx::query_scalar("SELECT key_mark FROM meta").fetch_one(self.pool()).await?;
            match stored {
                Some(stored) => Ok(stored),
                None => Ok(sqlx::query_scalar(
                    "UPDATE meta SET key_mark = coalesce(key_mark, $1) WHERE id = 1 RETURNING key_mark",
                )
                .bind(mark.as_slice())
                .fetch_one(self.pool())
                .await?),
            }
        })?;
        let stored = stored.as_slice().try_into();
        stored.map_err(|_| StorageError::Corrupt("the key's mark has another length".into()))
    }

    async fn replace_key(&self, mark: [u8; 32], reseal: &Reseal<'_>, now: Timestamp) -> Result<u32> {
        tried!(self, {
            let mut write = self.write(now).await?;
            sqlx::query("UPDATE meta SET key_mark = $1 WHERE id = 1")
                .bind(mark.as_slice())
                .execute(write.on())
                .await?;
            let count = factor::reseal(write.on(), reseal).await?;
            write.commit().await?;
            Ok(count)
        })
    }

    async fn high_water_mark(&self) -> Result<Timestamp> {
        let mark: i64 = tried!(self, {
            Ok(sqlx::query_scalar("SELECT high_water_mark FROM meta").fetch_one(self.pool()).await?)
        })?;
        Ok(Timestamp(mark))
    }

    async fn raise_high_water_mark(&self, now: Timestamp) -> Result<()> {
        tried!(self, {
            sqlx::query("UPDATE meta SET high_water_mark = $1 WHERE high_water_mark < $1")
                .bind(now.0)
                .execute(self.pool())
                .await?;
            Ok(())
        })
    }

    async fn check(&self) -> Result<()> {
        tried!(self, {
            let mut write = self.write(Timestamp::default()).await?;
            sqlx::query("SELECT instance FROM meta").fetch_one(write.on()).await?;
            // A write that is taken back asks for every right and for room, and nobody waits for a row of its own: this
            // may be asked often, by many.
            sqlx::query("INSERT INTO held (name) VALUES ('check ' || random()::TEXT)")
                .execute(write.on())
                .await?;
            Ok(())
        })
    }

    fn connections(&self) -> Option<Connections> {
        Some(Connections::of(self.pool().size(), self.pool().num_idle()))
    }

    async fn close(&self) {
        Self::close(self).await;
    }

    async fn backup(&self, _to: &Path) -> Result<()> {
        Err(StorageError::Unsupported(
            "PostgreSQL is backed up by its own means: `pg_dump --format=custom --file=FILE URL`, continuous archiving, or \
             your provider's snapshots",
        ))
    }
}

fn audit_record(row: &PgRow) -> Result<AuditRecord> {
    let identity: Option<String> = row.try_get("identity_id")?;
    let session: Option<String> = row.try_get("session_id")?;
    Ok(AuditRecord {
        at: Timestamp(row.try_get("at")?),
        event: row.try_get("event")?,
        identity_id: identity.map(IdentityId),
        session_id: session.map(SessionId),
        address: row.try_get("address")?,
        detail: row.try_get("detail")?,
    })
}
