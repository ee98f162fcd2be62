//! Events for the operator, and facts about the database.

use std::{fs, io, path::Path};

use async_trait::async_trait;
use sqlx::{Connection as _, Row as _, sqlite::SqliteRow};

use super::{SqliteStorage, error::unavailable, factor, file};
use crate::{
    clock::Timestamp,
    identity::IdentityId,
    session::SessionId,
    storage::{AuditRecord, Connections, MetaRepository, Reseal, Result, StorageError},
};

#[async_trait]
impl MetaRepository for SqliteStorage {
    async fn add_audit(&self, record: AuditRecord) -> Result<()> {
        let mut write = self.write(record.at).await?;
        sqlx::query(
            "INSERT INTO audit (at, event, identity_id, session_id, address, detail) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(record.at.0)
        .bind(record.event)
        .bind(record.identity_id.map(|id| id.0))
        .bind(record.session_id.map(|id| id.0))
        .bind(record.address)
        .bind(record.detail)
        .execute(write.on())
        .await?;
        write.commit().await
    }

    async fn list_audit(&self, limit: u32) -> Result<Vec<AuditRecord>> {
        let rows = sqlx::query(
            "SELECT at, event, identity_id, session_id, address, detail FROM audit ORDER BY id DESC LIMIT ?",
        )
        .bind(limit)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(audit_record).collect()
    }

    async fn list_audit_of(&self, id: &IdentityId, limit: u32) -> Result<Vec<AuditRecord>> {
        let rows = sqlx::query(
            "SELECT at, event, identity_id, session_id, address, detail FROM audit WHERE identity_id = ? \
             ORDER BY id DESC LIMIT ?",
        )
        .bind(&id.0)
        .bind(limit)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(audit_record).collect()
    }

    async fn latest_audit(&self, event: &str) -> Result<Option<AuditRecord>> {
        sqlx::query(
            "SELECT at, event, identity_id, session_id, address, detail FROM audit WHERE event = ? \
             ORDER BY id DESC LIMIT 1",
        )
        .bind(event)
        .fetch_optional(&mut *self.read().await?)
        .await?
        .as_ref()
        .map(audit_record)
        .transpose()
    }

    async fn instance(&self) -> Result<String> {
        Ok(sqlx::query_scalar("SELECT instance FROM meta").fetch_one(&mut *self.read().await?).await?)
    }

    async fn claim_key(&self, mark: [u8; 32], now: Timestamp) -> Result<[u8; 32]> {
        let stored: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT key_mark FROM meta").fetch_one(&mut *self.read().await?).await?;
        if let Some(stored) = stored {
            return known(&stored);
        }
        let mut write = self.write(now).await?;
        let stored: Vec<u8> =
            sqlx::query_scalar("UPDATE meta SET key_mark = coalesce(key_mark, ?) RETURNING key_mark")
                .bind(mark.as_slice())
                .fetch_one(write.on())
                .await?;
        write.commit().await?;
        known(&stored)
    }

    async fn replace_key(&self, mark: [u8; 32], reseal: &Reseal<'_>, now: Timestamp) -> Result<u32> {
        let mut write = self.write(now).await?;
        sqlx::query("UPDATE meta SET key_mark = ?").bind(mark.as_slice()).execute(write.on()).await?;
        let count = factor::reseal(write.on(), reseal).await?;
        write.commit().await?;
        Ok(count)
    }

    async fn high_water_mark(&self) -> Result<Timestamp> {
        let mark: i64 = sqlx::query_scalar("SELECT high_water_mark FROM meta")
            .fetch_one(&mut *self.read().await?)
            .await?;
        Ok(Timestamp(mark))
    }

    async fn raise_high_water_mark(&self, now: Timestamp) -> Result<()> {
        let mut write = self.write(now).await?;
        sqlx::query("UPDATE meta SET high_water_mark = max(high_water_mark, ?)")
            .bind(now.0)
            .execute(write.on())
            .await?;
        write.commit().await
    }

    async fn check(&self) -> Result<()> {
        self.instance().await?;
        // A write that is taken back asks for every lock and permission, and spares the disk: this may be asked often.
        let mut write = self.write(Timestamp::default()).await?;
        sqlx::query("UPDATE meta SET instance = instance").execute(write.on()).await?;
        Ok(())
    }

    fn connections(&self) -> Option<Connections> {
        let (readers, writer) = (&self.readers, self.writer.connections());
        let readers = Connections::of(readers.size(), readers.num_idle());
        Some(Connections { busy: readers.busy + writer.busy, idle: readers.idle + writer.idle })
    }

    async fn close(&self) {
        Self::close(self).await;
    }

    async fn backup(&self, to: &Path) -> Result<()> {
        let name = to.to_str().ok_or_else(|| unavailable("the backup's path is not UTF-8"))?;
        let about = |error: io::Error| unavailable(format!("{}: {error}", to.display()));
        self.file.still_there()?;
        // SQLite takes an empty file, and this one is private before anything is in it.
        file::create_private(to).map_err(about)?;
        let copied = async {
            let mut connection = self.connect_apart().await?;
            sqlx::query("VACUUM INTO ?").bind(name).execute(&mut connection).await?;
            connection.close().await?;
            // VACUUM INTO leaves it to the caller to bring the copy to the disk.
            fs::File::open(to).and_then(|file| file.sync_all()).map_err(about)?;
            fs::File::open(file::folder(to)).and_then(|folder| folder.sync_all()).map_err(about)
        }
        .await;
        if copied.is_err() {
            // Half a backup is worse than none.
            drop(fs::remove_file(to));
        }
        copied
    }
}

fn known(mark: &[u8]) -> Result<[u8; 32]> {
    mark.try_into().map_err(|_| StorageError::Corrupt("the key's mark has another length".into()))
}

fn audit_record(row: &SqliteRow) -> Result<AuditRecord> {
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
