//! Tickets, on a connection that the caller chose.

use sqlx::{Executor, PgConnection, Postgres, Row as _};

use super::{error::refers_to_nothing, row};
use crate::{
    clock::Timestamp,
    session::{NewTicket, SessionId, StoredTicket, TokenHash},
    storage::{Result, StorageError},
};

/// Adds a ticket; its session has to be there.
pub(super) async fn insert(connection: &mut PgConnection, ticket: &NewTicket) -> Result<()> {
    let added =
        sqlx::query("INSERT INTO ticket (hash, session_id, challenge, issued_at) VALUES ($1, $2, $3, $4)")
            .bind(ticket.hash.0.as_slice())
            .bind(row::text(&ticket.session_id.0))
            .bind(row::text(&ticket.challenge))
            .bind(ticket.issued_at.0)
            .execute(connection)
            .await;
    match added {
        Err(error) if refers_to_nothing(&error) => Err(StorageError::IdentityChanged),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

pub(super) async fn find<'c>(
    on: impl Executor<'c, Database = Postgres>,
    hash: TokenHash,
) -> Result<Option<StoredTicket>> {
    let row = sqlx::query(
        "SELECT session_id, challenge, issued_at, redeemed_by, redeemed_at FROM ticket WHERE hash = $1",
    )
    .bind(hash.0.as_slice())
    .fetch_optional(on)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let by: Option<Vec<u8>> = row.try_get("redeemed_by")?;
    let at: Option<i64> = row.try_get("redeemed_at")?;
    let redeemed = match (by, at) {
        (Some(by), Some(at)) => Some((row::hash(&by)?, Timestamp(at))),
        _ => None,
    };
    let ticket = NewTicket {
        hash,
        session_id: SessionId(row.try_get("session_id")?),
        challenge: row.try_get("challenge")?,
        issued_at: Timestamp(row.try_get("issued_at")?),
    };
    Ok(Some(StoredTicket { ticket, redeemed }))
}

/// Marks a ticket; false when it is marked already, or not there.
pub(super) async fn redeem(
    connection: &mut PgConnection,
    hash: TokenHash,
    handle: TokenHash,
    now: Timestamp,
) -> Result<bool> {
    let marked = sqlx::query(
        "UPDATE ticket SET redeemed_by = $1, redeemed_at = $2 WHERE hash = $3 AND redeemed_at IS NULL",
    )
    .bind(handle.0.as_slice())
    .bind(now.0)
    .bind(hash.0.as_slice())
    .execute(connection)
    .await?;
    Ok(marked.rows_affected() == 1)
}
