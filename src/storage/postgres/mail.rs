//! The mail queue.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{
    PostgresStorage,
    pool::tried,
    row::{self, text},
};
use crate::{
    clock::Timestamp,
    identity::IdentityId,
    session::AppName,
    storage::{MailId, MailRepository, MailTemplate, NewMail, QueuedMail, Result},
};

#[async_trait]
impl MailRepository for PostgresStorage {
    async fn enqueue_mail(&self, mail: NewMail, cap: u32, window: Duration) -> Result<bool> {
        let since = mail.queued_at.0.saturating_sub(row::millis(window));
        tried!(self, {
            let mut write = self.write(mail.queued_at).await?;
            // Two that count at once must not both find room for the last one.
            write.hold([format!("mail {}", text(&mail.to_folded))]).await?;
            let queued: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM mail WHERE recipient_folded = $1 AND queued_at > $2",
            )
            .bind(text(&mail.to_folded))
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
        })
    }

    async fn claim_mail(&self, now: Timestamp, lease: Duration) -> Result<Option<QueuedMail>> {
        // Most looks find nothing, and should cost no transaction.
        let due: bool = tried!(self, {
            Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM mail WHERE due_at <= $1)")
                .bind(now.0)
                .fetch_one(self.pool())
                .await?)
        })?;
        if !due {
            return Ok(None);
        }
        tried!(self, {
            let mut write = self.write(now).await?;
            // Whoever finds one locked takes the next.
            let claimed = sqlx::query(
                "UPDATE mail SET due_at = $1 WHERE id = (SELECT id FROM mail WHERE due_at <= $2 \
                 ORDER BY due_at, queued_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) \
                 RETURNING id, template, recipient, recipient_folded, identity_id, context, locale, queued_at, attempts, app",
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
        })
    }

    async fn mail_sent(&self, id: &MailId, now: Timestamp) -> Result<()> {
        tried!(self, {
            sqlx::query("UPDATE mail SET sent_at = $1, due_at = NULL, error = NULL WHERE id = $2")
                .bind(now.0)
                .bind(text(&id.0))
                .execute(self.pool())
                .await?;
            Ok(())
        })
    }

    async fn mail_failed(&self, id: &MailId, error: &str, at: Option<Timestamp>) -> Result<()> {
        tried!(self, {
            let mut write = self.write(at.unwrap_or_default()).await?;
            sqlx::query("UPDATE mail SET attempts = attempts + 1, error = $1, due_at = $2 WHERE id = $3")
                .bind(text(error))
                .bind(at.map(|at| at.0))
                .bind(text(&id.0))
                .execute(write.on())
                .await?;
            write.commit().await
        })
    }

    async fn mail_backlog(&self) -> Result<(u64, Option<Timestamp>)> {
        let row = tried!(self, {
            Ok(sqlx::query(
                "SELECT count(*) AS waiting, min(queued_at) AS oldest FROM mail WHERE due_at IS NOT NULL",
            )
            .fetch_one(self.pool())
            .await?)
        })?;
        let waiting: i64 = row.try_get("waiting")?;
        let oldest: Option<i64> = row.try_get("oldest")?;
        Ok((waiting.unsigned_abs(), oldest.map(Timestamp)))
    }
}

pub(super) async fn insert(connection: &mut PgConnection, mail: &NewMail) -> Result<()> {
    sqlx::query(
        "INSERT INTO mail (id, template, recipient, recipient_folded, identity_id, context, locale, queued_at, \
         due_at, attempts, app) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 0, $9)",
    )
    .bind(&mail.id.0)
    .bind(mail.template.stored())
    .bind(text(&mail.to))
    .bind(text(&mail.to_folded))
    .bind(mail.identity_id.as_ref().map(|id| text(&id.0)))
    .bind(text(&mail.context))
    .bind(text(&mail.locale))
    .bind(mail.queued_at.0)
    .bind(mail.app.as_ref().map(AppName::as_str))
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes as much as [`insert`] does, over one of a few rows that are never due and say nothing about anybody: over one
/// alone, everybody would wait for everybody.
async fn pretend(connection: &mut PgConnection, mail: &NewMail) -> Result<()> {
    sqlx::query(
        "INSERT INTO mail (id, template, recipient, recipient_folded, context, locale, queued_at, attempts) \
         VALUES ('nothing ' || floor(random() * 64)::BIGINT::TEXT, $1, '', '', '', '', $2, 0) \
         ON CONFLICT (id) DO UPDATE SET queued_at = excluded.queued_at",
    )
    .bind(mail.template.stored())
    .bind(mail.queued_at.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// The registrations are over: the mails that would confirm them are not sent. They still count for the cap.
pub(super) async fn give_up_verification(
    connection: &mut PgConnection,
    registrations: &[String],
) -> Result<()> {
    if registrations.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE mail SET due_at = NULL WHERE template = $1 AND context = ANY($2) AND due_at IS NOT NULL",
    )
    .bind(MailTemplate::Verification.stored())
    .bind(registrations)
    .execute(connection)
    .await?;
    Ok(())
}

fn queued(row: &PgRow) -> Result<QueuedMail> {
    let identity: Option<String> = row.try_get("identity_id")?;
    let attempts: i64 = row.try_get("attempts")?;
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
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
    })
}
