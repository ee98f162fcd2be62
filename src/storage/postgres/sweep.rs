//! What has expired, deleted: a few rows at a time, and none that somebody else holds, so that nobody waits and several
//! processes may sweep at once.

use std::time::Duration;

use super::{PostgresStorage, pool::tried, row::millis};
use crate::{clock::Timestamp, session::TICKET_TTL, storage::Result};

/// How many rows a statement deletes.
const BATCH: u64 = 1000;
/// How many rows a statement looks at that has no index to go by.
const PAGE: i64 = 5000;
const DAY: Duration = Duration::from_hours(24);
/// Last use is written at most once a minute, so that storage sees an idle session end earlier than it does.
const LAG: Duration = Duration::from_mins(2);
/// Events are kept for a season: enough to look into, not enough to fill the disk.
const AUDIT: Duration = Duration::from_hours(90 * 24);

/// Deletes by the primary key what is over: `$1` is the moment before which a row is.
///
/// The rows are chosen into an array, which PostgreSQL does once. It may choose them anew for every row of the table where
/// they are a subquery and the statistics still say that the table is empty: no bound then, and the square of the work.
macro_rules! delete {
    ($table:literal, $key:literal, $over:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE ",
            $key,
            " = ANY (ARRAY(SELECT ",
            $key,
            " FROM ",
            $table,
            " WHERE ",
            $over,
            " LIMIT $2 FOR UPDATE SKIP LOCKED))"
        )
    };
}

/// One statement per table and reason.
const STATEMENTS: [(&str, Duration); 17] = [
    (delete!("session", "id", "created_at + absolute_ttl <= $1"), Duration::ZERO),
    // A redeemed ticket stays for a day, because its second use says that somebody stole it.
    (delete!("ticket", "hash", "issued_at <= $1 AND redeemed_at IS NULL"), TICKET_TTL),
    (delete!("ticket", "hash", "issued_at <= $1"), DAY),
    // A used code stays as long, for the same reason.
    (delete!("code", "hash", "issued_at <= $1"), DAY),
    (delete!("app_key", "hash", "retires_at <= $1"), Duration::ZERO),
    (delete!("provider_flow", "state_hash", "expires_at <= $1"), Duration::ZERO),
    (delete!("handover", "challenge", "expires_at <= $1"), Duration::ZERO),
    (delete!("link", "hash", "expires_at <= $1"), Duration::ZERO),
    (delete!("pending_flow", "hash", "expires_at <= $1"), Duration::ZERO),
    (delete!("login_code", "hash", "expires_at <= $1"), Duration::ZERO),
    (delete!("used_challenge", "hash", "expires_at <= $1"), Duration::ZERO),
    (delete!("registration", "id", "expires_at <= $1"), Duration::ZERO),
    (delete!("address_change", "id", "expires_at <= $1"), Duration::ZERO),
    // A counter that nobody moved for a day has drained, unless it still locks.
    (delete!("limit_state", "key", "updated_at <= $1 AND locked_until <= $1"), DAY),
    (delete!("change", "seq", "at <= $1"), DAY),
    (delete!("mail", "id", "due_at IS NULL AND queued_at <= $1"), DAY),
    (delete!("audit", "id", "at <= $1"), AUDIT),
];

/// Idle sessions, a page of the table at a time. An index would find them, and be written at every use of every session.
const IDLE: &str = "WITH page AS (SELECT id FROM session WHERE id > $2 ORDER BY id LIMIT $3), \
     gone AS (DELETE FROM session WHERE id = ANY (ARRAY(SELECT id FROM session WHERE id > $2 \
     AND id <= (SELECT max(id) FROM page) AND last_used_at + idle_ttl <= $1 FOR UPDATE SKIP LOCKED)) RETURNING id) \
     SELECT (SELECT max(id) FROM page), (SELECT count(*) FROM gone)";

pub(super) async fn sweep(storage: &PostgresStorage, now: Timestamp) -> Result<u64> {
    let mut gone = 0;
    for (statement, kept) in STATEMENTS {
        let before = now.0.saturating_sub(millis(kept));
        loop {
            let swept = tried!(storage, {
                let done = sqlx::query(statement)
                    .bind(before)
                    .bind(BATCH.cast_signed())
                    .execute(storage.pool())
                    .await?;
                Ok(done.rows_affected())
            })?;
            gone += swept;
            if swept < BATCH {
                break;
            }
        }
    }
    Ok(gone + sweep_idle(storage, now).await?)
}

async fn sweep_idle(storage: &PostgresStorage, now: Timestamp) -> Result<u64> {
    let before = now.0.saturating_sub(millis(LAG));
    let (mut gone, mut at) = (0, String::new());
    loop {
        let (last, swept): (Option<String>, i64) = tried!(storage, {
            Ok(sqlx::query_as(IDLE).bind(before).bind(&at).bind(PAGE).fetch_one(storage.pool()).await?)
        })?;
        gone += swept.unsigned_abs();
        match last {
            Some(last) => at = last,
            None => return Ok(gone),
        }
    }
}
