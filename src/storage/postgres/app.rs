//! Apps, their keys, and the codes that carry a sign-in to them.

use async_trait::async_trait;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{
    PostgresStorage,
    error::refers_to_nothing,
    pool::tried,
    row::{self, text},
    session,
    write::Write,
};
use crate::{
    clock::Timestamp,
    session::{AppName, NewCode, SessionId, StoredCode, TokenHash},
    storage::{App, AppKey, AppRepository, NewSession, Result, StorageError},
};

/// Whether the app was not removed meanwhile. From here on it is not, before this is committed.
pub(super) async fn held(connection: &mut PgConnection, name: &AppName) -> Result<bool> {
    let found = sqlx::query("SELECT 1 FROM app WHERE name = $1 FOR KEY SHARE").bind(name.as_str());
    Ok(found.fetch_optional(connection).await?.is_some())
}

#[async_trait]
impl AppRepository for PostgresStorage {
    async fn add_app(&self, app: &App, key: TokenHash) -> Result<bool> {
        tried!(self, {
            let mut write = self.write(app.created_at).await?;
            let added = sqlx::query(
                "INSERT INTO app (name, url, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            )
            .bind(app.name.as_str())
            .bind(text(&app.url))
            .bind(app.created_at.0)
            .execute(write.on())
            .await?;
            if added.rows_affected() == 0 {
                return Ok(false);
            }
            add_key(&mut write, &app.name, key).await?;
            write.commit().await?;
            Ok(true)
        })
    }

    async fn list_apps(&self) -> Result<Vec<(App, Vec<AppKey>)>> {
        let rows = tried!(self, {
            Ok(sqlx::query("SELECT name, url, created_at FROM app ORDER BY name")
                .fetch_all(self.pool())
                .await?)
        })?;
        let mut apps = Vec::new();
        for found in &rows {
            let app = app(found)?;
            let keys = tried!(self, {
                Ok(sqlx::query(
                    "SELECT hash, created_at, retires_at FROM app_key WHERE app = $1 ORDER BY created_at, hash",
                )
                .bind(app.name.as_str())
                .fetch_all(self.pool())
                .await?)
            })?;
            apps.push((app, keys.iter().map(key).collect::<Result<_>>()?));
        }
        Ok(apps)
    }

    async fn find_app(&self, name: &AppName) -> Result<Option<App>> {
        let found = tried!(self, {
            Ok(sqlx::query("SELECT name, url, created_at FROM app WHERE name = $1")
                .bind(name.as_str())
                .fetch_optional(self.pool())
                .await?)
        })?;
        found.as_ref().map(app).transpose()
    }

    async fn find_app_by_key(&self, hash: TokenHash, now: Timestamp) -> Result<Option<App>> {
        let found = tried!(self, {
            Ok(sqlx::query(
                "SELECT a.name, a.url, a.created_at FROM app_key k JOIN app a ON a.name = k.app \
                 WHERE k.hash = $1 AND (k.retires_at IS NULL OR k.retires_at > $2)",
            )
            .bind(hash.0.as_slice())
            .bind(now.0)
            .fetch_optional(self.pool())
            .await?)
        })?;
        found.as_ref().map(app).transpose()
    }

    async fn rotate_app_key(
        &self,
        name: &AppName,
        key: TokenHash,
        retires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        tried!(self, {
            let mut write = self.write(now).await?;
            // A key that ends sooner already does not end later.
            let old = sqlx::query(
                "UPDATE app_key SET retires_at = least(coalesce(retires_at, $1), $1) WHERE app = $2",
            )
            .bind(retires_at.0)
            .bind(name.as_str())
            .execute(write.on())
            .await?;
            if old.rows_affected() == 0 {
                return Ok(false);
            }
            sqlx::query("DELETE FROM app_key WHERE app = $1 AND retires_at <= $2")
                .bind(name.as_str())
                .bind(now.0)
                .execute(write.on())
                .await?;
            add_key(&mut write, name, key).await?;
            write.commit().await?;
            Ok(true)
        })
    }

    async fn remove_app(&self, name: &AppName, now: Timestamp) -> Result<bool> {
        tried!(self, {
            let mut write = self.write(now).await?;
            // First the app: who signs in to it right now is waited for, and their session is seen by what follows.
            let removed = sqlx::query("DELETE FROM app WHERE name = $1")
                .bind(name.as_str())
                .execute(write.on())
                .await?;
            let ended: Vec<String> = sqlx::query_scalar("DELETE FROM session WHERE app = $1 RETURNING id")
                .bind(name.as_str())
                .fetch_all(write.on())
                .await?;
            session::told(&mut write, ended);
            write.commit().await?;
            Ok(removed.rows_affected() == 1)
        })
    }

    async fn add_code(&self, code: NewCode) -> Result<()> {
        tried!(self, {
            let mut write = self.write(code.issued_at).await?;
            let added = sqlx::query(
                "INSERT INTO code (hash, app, session_id, challenge, issued_at) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(code.hash.0.as_slice())
            .bind(code.app.as_str())
            .bind(text(&code.session_id.0))
            .bind(text(&code.challenge))
            .bind(code.issued_at.0)
            .execute(write.on())
            .await;
            match added {
                Err(error) if refers_to_nothing(&error) => Err(StorageError::IdentityChanged),
                Err(error) => Err(error.into()),
                Ok(_) => write.commit().await,
            }
        })
    }

    async fn find_code(&self, hash: TokenHash) -> Result<Option<StoredCode>> {
        let found = tried!(self, {
            Ok(sqlx::query("SELECT app, session_id, challenge, issued_at, made FROM code WHERE hash = $1")
                .bind(hash.0.as_slice())
                .fetch_optional(self.pool())
                .await?)
        })?;
        let Some(row) = found else { return Ok(None) };
        let code = NewCode {
            hash,
            app: row::app(row.try_get("app")?)?,
            session_id: SessionId(row.try_get("session_id")?),
            challenge: row.try_get("challenge")?,
            issued_at: Timestamp(row.try_get("issued_at")?),
        };
        Ok(Some(StoredCode { code, made: row.try_get::<Option<String>, _>("made")?.map(SessionId) }))
    }

    async fn exchange_code(&self, hash: TokenHash, new: NewSession) -> Result<bool> {
        tried!(self, {
            let mut write = self.write(new.session.created_at).await?;
            // The identity is locked first, as everywhere; the code decides who was first.
            session::add(&mut write, &new).await?;
            let marked = sqlx::query("UPDATE code SET made = $1 WHERE hash = $2 AND made IS NULL")
                .bind(text(&new.session.id.0))
                .bind(hash.0.as_slice())
                .execute(write.on())
                .await?;
            if marked.rows_affected() == 0 {
                return Ok(false);
            }
            write.commit().await?;
            Ok(true)
        })
    }
}

async fn add_key(write: &mut Write<'_>, name: &AppName, key: TokenHash) -> Result<()> {
    let now = write.now();
    sqlx::query("INSERT INTO app_key (hash, app, created_at) VALUES ($1, $2, $3)")
        .bind(key.0.as_slice())
        .bind(name.as_str())
        .bind(now.0)
        .execute(write.on())
        .await?;
    Ok(())
}

fn app(row: &PgRow) -> Result<App> {
    Ok(App {
        name: row::app(row.try_get("name")?)?,
        url: row.try_get("url")?,
        created_at: Timestamp(row.try_get("created_at")?),
    })
}

fn key(row: &PgRow) -> Result<AppKey> {
    Ok(AppKey {
        hash: row::hash(row.try_get("hash")?)?,
        created_at: Timestamp(row.try_get("created_at")?),
        retires_at: row.try_get::<Option<i64>, _>("retires_at")?.map(Timestamp),
    })
}
