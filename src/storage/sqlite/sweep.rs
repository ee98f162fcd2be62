//! What has expired, deleted.

use std::time::Duration;

use super::{row::millis, write::Write};
use crate::{session::TICKET_TTL, storage::Result};

const DAY: Duration = Duration::from_hours(24);
/// Last use is written at most once a minute, so that storage sees an idle session end earlier than it does.
const LAG: Duration = Duration::from_mins(2);
/// Events are kept for a season: enough to look into, not enough to fill the disk.
const AUDIT: Duration = Duration::from_hours(90 * 24);

/// One statement per table; `?1` is the moment before which a row is over.
const STATEMENTS: [(&str, Duration); 18] = [
    ("DELETE FROM session WHERE created_at + absolute_ttl <= ?1", Duration::ZERO),
    ("DELETE FROM session WHERE last_used_at + idle_ttl <= ?1", LAG),
    // A redeemed ticket stays for a day, because its second use says that somebody stole it.
    ("DELETE FROM ticket WHERE issued_at <= ?1 AND redeemed_at IS NULL", TICKET_TTL),
    ("DELETE FROM ticket WHERE issued_at <= ?1", DAY),
    // A used code stays as long, for the same reason.
    ("DELETE FROM code WHERE issued_at <= ?1", DAY),
    ("DELETE FROM app_key WHERE retires_at <= ?1", Duration::ZERO),
    ("DELETE FROM provider_flow WHERE expires_at <= ?1", Duration::ZERO),
    ("DELETE FROM handover WHERE expires_at <= ?1", Duration::ZERO),
    ("DELETE FROM link WHERE expires_at <= ?1", Duration::ZERO),
    ("DELETE FROM pending_flow WHERE expires_at <= ?1", Duration::ZERO),
    ("DELETE FROM login_code WHERE expires_at <= ?1", Duration::ZERO),
    ("DELETE FROM used_challenge WHERE expires_at <= ?1", Duration::ZERO),
    ("DELETE FROM registration WHERE expires_at <= ?1", Duration::ZERO),
    ("DELETE FROM address_change WHERE expires_at <= ?1", Duration::ZERO),
    // A counter that nobody moved for a day has drained, unless it still locks.
    ("DELETE FROM limit_state WHERE updated_at <= ?1 AND locked_until <= ?1", DAY),
    ("DELETE FROM change WHERE at <= ?1", DAY),
    ("DELETE FROM mail WHERE due_at IS NULL AND queued_at <= ?1", DAY),
    ("DELETE FROM audit WHERE at <= ?1", AUDIT),
];

pub(super) async fn sweep(mut write: Write<'_>) -> Result<u64> {
    let now = write.now();
    let mut gone = 0;
    for (statement, kept) in STATEMENTS {
        let before = now.0.saturating_sub(millis(kept));
        gone += sqlx::query(statement).bind(before).execute(write.on()).await?.rows_affected();
    }
    write.commit().await?;
    Ok(gone)
}
