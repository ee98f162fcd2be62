//! The mail queue.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteStorage, row};
use crate::{
    clock::Timestamp,
    identity::IdentityId,
    session::AppName,
    storage::{MailId, MailRepository, MailTemplate, NewMail, QueuedMail, Result},
};

#[async_trait]
impl MailRepository for SqliteStorage {
    async fn enqueue_mail(&self, mail: NewMail, cap: u32, window: Duration) -> Result<bool> {
        let mut write = self.write(mail.queued_at).await?;
        let since = mail.queued_at.0.saturating_sub(row::millis(window));
        let queued: i64 =
            sqlx::query_scalar("SELECT count(*) FROM mail WHERE recipient_folded = ? AND queued_at > ?")
                .bind(&mail.to_folded)
                .bind(since)
                .fetch_one(write.on())
                .await?;
        let accepted = queued < i64::from(cap);
        if accepted {
            insert(write.on(), &mail).await?;
        } else {
            pretend(write.on(), &mail).await?;
        }
        write.commit().await?;
        Ok(accepted)
    }

    async fn claim_mail(&self, now: Timestamp, lease: Duration) -> Result<Option<QueuedMail>> {
        // Most looks find nothing, and should cost no lock.
        let due: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM mail WHERE due_at <= ?)")
            .bind(now.0)
            .fetch_one(&mut *self.read().await?)
            .await?;
        if !due {
            return Ok(None);
        }
        let mut write = self.write(now).await?;
        let claimed = sqlx::query(
            "UPDATE mail SET due_at = ? WHERE id = \
             (SELECT id FROM mail WHERE due_at <= ? ORDER BY due_at, rowid LIMIT 1) RETURNING *",
        )
        .bind(now.plus(lease).0)
        .bind(now.0)
        .fetch_optional(write.on())
        .await?
        .as_ref()
        .map(queued)
        .transpose()?;
        write.commit().await?;
        Ok(claimed)
    }

    async fn mail_sent(&self, id: &MailId, now: Timestamp) -> Result<()> {
        let mut write = self.write(now).await?;
        sqlx::query("UPDATE mail SET sent_at = ?, due_at = NULL, error = NULL WHERE id = ?")
            .bind(now.0)
            .bind(&id.0)
            .execute(write.on())
            .await?;
        write.commit().await
    }

    async fn mail_failed(&self, id: &MailId, error: &str, at: Option<Timestamp>) -> Result<()> {
        let mut write = self.write(at.unwrap_or_default()).await?;
        sqlx::query("UPDATE mail SET attempts = attempts + 1, error = ?, due_at = ? WHERE id = ?")
            .bind(error)
            .bind(at.map(|at| at.0))
            .bind(&id.0)
            .execute(write.on())
            .await?;
        write.commit().await
    }

    async fn mail_backlog(&self) -> Result<(u64, Option<Timestamp>)> {
        let row = sqlx::query(
            "SELECT count(*) AS waiting, min(queued_at) AS oldest FROM mail WHERE due_at IS NOT NULL",
        )
        .fetch_one(&mut *self.read().await?)
        .await?;
        let waiting: i64 = row.try_get("waiting")?;
        let oldest: Option<i64> = row.try_get("oldest")?;
        Ok((waiting.unsigned_abs(), oldest.map(Timestamp)))
    }
}

pub(super) async fn insert(connection: &mut SqliteConnection, mail: &NewMail) -> Result<()> {
    sqlx::query(
        "INSERT INTO mail (id, template, recipient, recipient_folded, identity_id, context, locale, queued_at, \
         due_at, attempts, app) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, 0, ?9)",
    )
    .bind(&mail.id.0)
    .bind(mail.template.stored())
    .bind(&mail.to)
    .bind(&mail.to_folded)
    .bind(mail.identity_id.as_ref().map(|id| &id.0))
    .bind(&mail.context)
    .bind(&mail.locale)
    .bind(mail.queued_at.0)
    .bind(mail.app.as_ref().map(AppName::as_str))
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes as much as [`insert`] does, always over the same row, that is never due and says nothing about anybody.
async fn pretend(connection: &mut SqliteConnection, mail: &NewMail) -> Result<()> {
    sqlx::query(
        "INSERT INTO mail (id, template, recipient, recipient_folded, context, locale, queued_at, attempts) \
         VALUES ('nothing', ?1, '', '', '', '', ?2, 0) ON CONFLICT (id) DO UPDATE SET queued_at = ?2",
    )
    .bind(mail.template.stored())
    .bind(mail.queued_at.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// The registration is over: the mail that would confirm it is not sent. It still counts for the cap.
pub(super) async fn give_up_verification(
    connection: &mut SqliteConnection,
    registration: &str,
) -> Result<()> {
    sqlx::query("UPDATE mail SET due_at = NULL WHERE template = ? AND context = ? AND due_at IS NOT NULL")
        .bind(MailTemplate::Verification.stored())
        .bind(registration)
        .execute(connection)
        .await?;
    Ok(())
}

fn queued(row: &SqliteRow) -> Result<QueuedMail> {
    let identity: Option<String> = row.try_get("identity_id")?;
    Ok(QueuedMail {
        mail: NewMail {
            id: MailId(row.try_get("id")?),
            template: MailTemplate::read(row.try_get("template")?)?,
            to: row.try_get("recipient")?,
            to_folded: row.try_get("recipient_folded")?,
            identity_id: identity.map(IdentityId),
            context: row.try_get("context")?,
            locale: row.try_get("locale")?,
            queued_at: Timestamp(row.try_get("queued_at")?),
            app: row.try_get::<Option<&str>, _>("app")?.map(row::app).transpose()?,
        },
        attempts: row.try_get("attempts")?,
    })
}
