//! Sessions.

use async_trait::async_trait;
use sqlx::{Row as _, SqliteConnection};

use super::{SqliteStorage, address, app, factor, limit, row, sweep, ticket, write::Write};
use crate::{
    clock::Timestamp,
    identity::IdentityId,
    session::{AppName, LiveSession, NewTicket, Session, SessionId, StoredTicket, TokenHash},
    storage::{ChangeKind, NewSession, Result, SessionRepository, StorageError},
};

/// Ends every session of an identity but one and the one that came from: the browser stays signed in everywhere.
macro_rules! others {
    () => {
        "DELETE FROM session WHERE identity_id = ?1 AND id IS NOT ?2 \
         AND id IS NOT (SELECT parent_id FROM session WHERE id = ?2)"
    };
}

#[async_trait]
impl SessionRepository for SqliteStorage {
    async fn add_session(&self, new: NewSession) -> Result<()> {
        let mut write = self.write(new.session.created_at).await?;
        add(&mut write, &new).await?;
        write.commit().await
    }

    async fn find_session(&self, hash: TokenHash) -> Result<Option<LiveSession>> {
        sqlx::query(concat!(row::live_session_query!(), "WHERE s.token_hash = ?"))
            .bind(hash.0.as_slice())
            .fetch_optional(&mut *self.read().await?)
            .await?
            .as_ref()
            .map(row::live_session)
            .transpose()
    }

    async fn lookup_session(&self, id: &SessionId) -> Result<Option<LiveSession>> {
        sqlx::query(concat!(row::live_session_query!(), "WHERE s.id = ?"))
            .bind(&id.0)
            .fetch_optional(&mut *self.read().await?)
            .await?
            .as_ref()
            .map(row::live_session)
            .transpose()
    }

    async fn list_sessions(&self, id: &IdentityId) -> Result<Vec<LiveSession>> {
        sqlx::query(concat!(
            row::live_session_query!(),
            "WHERE s.identity_id = ? ORDER BY s.created_at DESC, s.rowid DESC"
        ))
        .bind(&id.0)
        .fetch_all(&mut *self.read().await?)
        .await?
        .iter()
        .map(row::live_session)
        .collect()
    }

    async fn touch_session(&self, id: &SessionId, at: Timestamp) -> Result<()> {
        let mut write = self.write(at).await?;
        sqlx::query(
            "UPDATE session SET last_used_at = ?1 WHERE last_used_at < ?1 \
             AND id IN (?2, (SELECT parent_id FROM session WHERE id = ?2))",
        )
        .bind(at.0)
        .bind(&id.0)
        .execute(write.on())
        .await?;
        write.commit().await
    }

    async fn revoke_session(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        let mut write = self.write(now).await?;
        let ended = end(&mut write, id).await?;
        write.commit().await?;
        Ok(ended)
    }

    async fn revoke_sessions(
        &self,
        id: &IdentityId,
        except: Option<&SessionId>,
        now: Timestamp,
    ) -> Result<u32> {
        let mut write = self.write(now).await?;
        let ended: Vec<String> = sqlx::query_scalar(concat!(others!(), " RETURNING id"))
            .bind(&id.0)
            .bind(except.map(|id| &id.0))
            .fetch_all(write.on())
            .await?;
        let count = row::count(ended.len() as u64);
        told(&mut write, ended).await?;
        address::forget(write.on(), id).await?;
        write.commit().await?;
        Ok(count)
    }

    async fn add_ticket(&self, ticket: NewTicket) -> Result<()> {
        let mut write = self.write(ticket.issued_at).await?;
        ticket::insert(write.on(), &ticket).await?;
        write.commit().await
    }

    async fn find_ticket(&self, hash: TokenHash) -> Result<Option<StoredTicket>> {
        ticket::find(&mut *self.read().await?, hash).await
    }

    async fn redeem_ticket(&self, hash: TokenHash, handle: TokenHash, now: Timestamp) -> Result<bool> {
        let mut write = self.write(now).await?;
        let first = ticket::redeem(write.on(), hash, handle, now).await?;
        write.commit().await?;
        Ok(first)
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64> {
        sweep::sweep(self.write(now).await?).await
    }
}

/// Adds a session, as the trait says it.
pub(super) async fn add(write: &mut Write<'_>, new: &NewSession) -> Result<()> {
    let row = sqlx::query("SELECT password, disabled FROM identity WHERE id = ?")
        .bind(&new.session.identity_id.0)
        .fetch_optional(write.on())
        .await?
        .ok_or(StorageError::IdentityChanged)?;
    let password: Option<String> = row.try_get("password")?;
    let changed = new.verified.as_ref().is_some_and(|verified| password.as_ref() != Some(&verified.0));
    if changed || row.try_get("disabled")? {
        return Err(StorageError::IdentityChanged);
    }
    if let Some(app) = &new.session.app
        && !app::is_there(write.on(), app).await?
    {
        return Err(StorageError::IdentityChanged);
    }
    if let Some(flow) = new.flow
        && !factor::take_flow(write.on(), flow, new.session.created_at).await?
    {
        return Err(StorageError::IdentityChanged);
    }
    if let Some(id) = &new.replaces {
        end(write, id).await?;
    }
    insert(write.on(), &new.session).await?;
    if let Some(ticket) = &new.ticket {
        ticket::insert(write.on(), ticket).await?;
    }
    limit::forget(write.on(), &new.clear).await?;
    end_others(write, new).await
}

/// Ends every session of the identity but `except` and the one that came from, without a change for each: who calls
/// appends `IdentityChanged`. A change of the address that one of them asked for ends, too.
pub(super) async fn end_silently(
    connection: &mut SqliteConnection,
    id: &IdentityId,
    except: Option<&SessionId>,
) -> Result<u32> {
    let ended =
        sqlx::query(others!()).bind(&id.0).bind(except.map(|id| &id.0)).execute(&mut *connection).await?;
    address::forget(connection, id).await?;
    Ok(row::count(ended.rows_affected()))
}

/// Ends a session, and those of apps that came from it. False if it was not there.
async fn end(write: &mut Write<'_>, id: &SessionId) -> Result<bool> {
    let ended: Vec<String> =
        sqlx::query_scalar("DELETE FROM session WHERE id = ?1 OR parent_id = ?1 RETURNING id")
            .bind(&id.0)
            .fetch_all(write.on())
            .await?;
    let found = ended.contains(&id.0);
    told(write, ended).await?;
    Ok(found)
}

/// Tells everybody of sessions that were deleted.
pub(super) async fn told(write: &mut Write<'_>, ended: Vec<String>) -> Result<()> {
    for id in ended {
        write.append(&ChangeKind::SessionRevoked(SessionId(id))).await?;
    }
    Ok(())
}

/// Ends what the new session takes the place of. A sign-in: the oldest ones over the cap, whatever the cap never the one
/// that was just added. A session of an app that came from one: the app's earlier one of the same.
async fn end_others(write: &mut Write<'_>, new: &NewSession) -> Result<()> {
    let session = &new.session;
    let query = match &session.parent_id {
        Some(parent) => sqlx::query_scalar(
            "SELECT id FROM session WHERE identity_id = ? AND id <> ? AND parent_id = ? AND app IS ?",
        )
        .bind(&session.identity_id.0)
        .bind(&session.id.0)
        .bind(&parent.0)
        .bind(session.app.as_ref().map(AppName::as_str)),
        None => sqlx::query_scalar(
            "SELECT id FROM session WHERE identity_id = ? AND id <> ? AND parent_id IS NULL \
             ORDER BY created_at DESC, rowid DESC LIMIT -1 OFFSET ?",
        )
        .bind(&session.identity_id.0)
        .bind(&session.id.0)
        .bind((i64::from(new.cap) - 1).max(0)),
    };
    let ended: Vec<String> = query.fetch_all(write.on()).await?;
    for id in ended {
        // Those that came from it end, too.
        end(write, &SessionId(id)).await?;
    }
    Ok(())
}

async fn insert(connection: &mut SqliteConnection, session: &Session) -> Result<()> {
    sqlx::query(
        "INSERT INTO session (id, identity_id, token_hash, created_at, authenticated_at, last_used_at, idle_ttl, \
         absolute_ttl, persistent, aal, user_agent, address, app, parent_id, methods) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&session.id.0)
    .bind(&session.identity_id.0)
    .bind(session.token_hash.0.as_slice())
    .bind(session.created_at.0)
    .bind(session.authenticated_at.0)
    .bind(session.last_used_at.0)
    .bind(row::millis(session.lifetime.idle_ttl))
    .bind(row::millis(session.lifetime.absolute_ttl))
    .bind(session.lifetime.persistent)
    .bind(i64::from(session.aal().number()))
    .bind(&session.user_agent)
    .bind(&session.address)
    .bind(session.app.as_ref().map(AppName::as_str))
    .bind(session.parent_id.as_ref().map(|id| &id.0))
    .bind(session.methods.to_text())
    .execute(connection)
    .await?;
    Ok(())
}
