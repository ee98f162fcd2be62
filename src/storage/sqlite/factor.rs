//! Second factors, recovery codes, and the flows that ask for them. What is used up is a deleted row.

use async_trait::async_trait;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteStorage, error::refers_to_nothing, limit, provider::has_way_in, row, write::Write};
use crate::{
    clock::Timestamp,
    factor::{FactorId, FactorKind, FactorName, NewFactor, StoredFactor},
    identity::IdentityId,
    session::{SessionId, TokenHash},
    storage::{
        ChangeKind, FactorRepository, FlowAim, LimitKey, PendingFlow, RaisedSession, Removal, Reseal, Result,
        StorageError, WaysIn, value::wrong,
    },
};

#[async_trait]
impl FactorRepository for SqliteStorage {
    async fn list_factors(&self, owner: &IdentityId) -> Result<Vec<StoredFactor>> {
        sqlx::query("SELECT * FROM factor WHERE identity_id = ? ORDER BY created_at, id")
            .bind(&owner.0)
            .fetch_all(&mut *self.read().await?)
            .await?
            .iter()
            .map(stored)
            .collect()
    }

    async fn count_recovery_codes(&self, owner: &IdentityId) -> Result<u32> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM recovery_code WHERE identity_id = ?")
            .bind(&owner.0)
            .fetch_one(&mut *self.read().await?)
            .await?;
        Ok(row::count(count.unsigned_abs()))
    }

    async fn add_factor(
        &self,
        new: NewFactor,
        codes: &[TokenHash],
        flow: TokenHash,
        first: bool,
    ) -> Result<bool> {
        let (owner, now) = (&new.identity_id, new.created_at);
        let mut write = self.write(now).await?;
        if !take_flow(write.on(), flow, now).await? || !has_room(write.on(), &new, first).await? {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO factor (id, identity_id, kind, name, sealed, last_step, created_at, last_used_at, credential_id) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&new.id.0)
        .bind(&owner.0)
        .bind(new.kind.name())
        .bind(new.name.as_str())
        .bind(&new.sealed)
        .bind(new.last_step)
        .bind(now.0)
        .bind(now.0)
        .bind(&new.credential_id)
        .execute(write.on())
        .await
        .map_err(taken)?;
        if !codes.is_empty() {
            replace_codes(write.on(), owner, codes, now).await?;
        }
        changed(write, owner).await?;
        Ok(true)
    }

    async fn rename_factor(
        &self,
        owner: &IdentityId,
        id: &FactorId,
        name: &FactorName,
        now: Timestamp,
    ) -> Result<bool> {
        let mut write = self.write(now).await?;
        let renamed = sqlx::query("UPDATE factor SET name = ? WHERE id = ? AND identity_id = ?")
            .bind(name.as_str())
            .bind(&id.0)
            .bind(&owner.0)
            .execute(write.on())
            .await?;
        write.commit().await?;
        Ok(renamed.rows_affected() > 0)
    }

    async fn remove_factor(
        &self,
        owner: &IdentityId,
        id: &FactorId,
        keep_one: bool,
        ways: &WaysIn,
        now: Timestamp,
    ) -> Result<Removal> {
        let mut write = self.write(now).await?;
        let removed =
            sqlx::query_scalar("DELETE FROM factor WHERE id = ? AND identity_id = ? RETURNING kind")
                .bind(&id.0)
                .bind(&owner.0)
                .fetch_optional(write.on())
                .await?;
        let Some(kind): Option<String> = removed else { return Ok(Removal::Unknown) };
        let left = count(write.on(), owner).await?;
        if keep_one && left == 0 {
            return Ok(Removal::Required);
        }
        if kind == FactorKind::Passkey.name() && !has_way_in(write.on(), owner, ways).await? {
            return Ok(Removal::LastWayIn);
        }
        if left == 0 {
            replace_codes(write.on(), owner, &[], now).await?;
        }
        // A code that is on its way to what is gone opens nothing any more.
        forget_flows(write.on(), owner).await?;
        changed(write, owner).await?;
        Ok(Removal::Done)
    }

    async fn remove_factors(&self, owner: &IdentityId, now: Timestamp) -> Result<u32> {
        let mut write = self.write(now).await?;
        let removed = sqlx::query("DELETE FROM factor WHERE identity_id = ?")
            .bind(&owner.0)
            .execute(write.on())
            .await?;
        replace_codes(write.on(), owner, &[], now).await?;
        super::session::end_silently(write.on(), owner, None).await?;
        forget_flows(write.on(), owner).await?;
        changed(write, owner).await?;
        Ok(row::count(removed.rows_affected()))
    }

    async fn accept_step(&self, id: &FactorId, step: i64, now: Timestamp) -> Result<bool> {
        let mut write = self.write(now).await?;
        let accepted = sqlx::query(
            "UPDATE factor SET last_step = ?1, last_used_at = ?2 WHERE id = ?3 AND last_step < ?1",
        )
        .bind(step)
        .bind(now.0)
        .bind(&id.0)
        .execute(write.on())
        .await?;
        write.commit().await?;
        Ok(accepted.rows_affected() > 0)
    }

    async fn replace_recovery_codes(
        &self,
        owner: &IdentityId,
        codes: &[TokenHash],
        now: Timestamp,
    ) -> Result<()> {
        let mut write = self.write(now).await?;
        replace_codes(write.on(), owner, codes, now).await?;
        changed(write, owner).await
    }

    async fn use_recovery_code(&self, owner: &IdentityId, code: TokenHash, now: Timestamp) -> Result<bool> {
        let mut write = self.write(now).await?;
        let used = sqlx::query("DELETE FROM recovery_code WHERE hash = ? AND identity_id = ?")
            .bind(code.0.as_slice())
            .bind(&owner.0)
            .execute(write.on())
            .await?;
        write.commit().await?;
        Ok(used.rows_affected() > 0)
    }

    async fn add_flow(&self, flow: PendingFlow, clear: &[LimitKey]) -> Result<()> {
        let mut write = self.write(flow.created_at).await?;
        let added = sqlx::query(
            "INSERT INTO pending_flow (hash, identity_id, session_id, methods, aim, sealed, keep, created_at, expires_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(flow.hash.0.as_slice())
        .bind(&flow.identity_id.0)
        .bind(flow.session_id.as_ref().map(|id| &id.0))
        .bind(flow.methods.to_text())
        .bind(flow.aim.stored())
        .bind(flow.aim.sealed())
        .bind(flow.keep)
        .bind(flow.created_at.0)
        .bind(flow.expires_at.0)
        .execute(write.on())
        .await;
        match added {
            Err(error) if refers_to_nothing(&error) => return Err(StorageError::IdentityChanged),
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        limit::forget(write.on(), clear).await?;
        write.commit().await
    }

    async fn find_flow(&self, hash: TokenHash, now: Timestamp) -> Result<Option<PendingFlow>> {
        sqlx::query("SELECT * FROM pending_flow WHERE hash = ? AND expires_at > ?")
            .bind(hash.0.as_slice())
            .bind(now.0)
            .fetch_optional(&mut *self.read().await?)
            .await?
            .as_ref()
            .map(|row| pending(row, hash))
            .transpose()
    }

    async fn raise_session(&self, raised: RaisedSession) -> Result<bool> {
        let mut write = self.write(raised.at).await?;
        if let Some(flow) = raised.flow
            && !take_flow(write.on(), flow, raised.at).await?
        {
            return Ok(false);
        }
        let owner: Option<String> = sqlx::query_scalar(
            "UPDATE session SET token_hash = ?, methods = ?, aal = ?, authenticated_at = ? WHERE id = ? \
             RETURNING identity_id",
        )
        .bind(raised.token_hash.0.as_slice())
        .bind(raised.methods.to_text())
        .bind(i64::from(raised.methods.assurance().number()))
        .bind(raised.at.0)
        .bind(&raised.id.0)
        .fetch_optional(write.on())
        .await?;
        let Some(owner) = owner else { return Ok(false) };
        changed(write, &IdentityId(owner)).await?;
        Ok(true)
    }
}

/// Appends the change and commits.
async fn changed(mut write: Write<'_>, owner: &IdentityId) -> Result<()> {
    write.append(&ChangeKind::IdentityChanged(owner.clone())).await?;
    write.commit().await
}

/// Uses a flow up, if the transaction commits. False if it is gone.
pub(super) async fn take_flow(
    connection: &mut SqliteConnection,
    hash: TokenHash,
    now: Timestamp,
) -> Result<bool> {
    let taken = sqlx::query("DELETE FROM pending_flow WHERE hash = ? AND expires_at > ?")
        .bind(hash.0.as_slice())
        .bind(now.0)
        .execute(connection)
        .await?;
    Ok(taken.rows_affected() > 0)
}

/// Forgets every flow of the identity that waits, and every code that was asked for.
pub(super) async fn forget_flows(connection: &mut SqliteConnection, owner: &IdentityId) -> Result<()> {
    for forget in
        ["DELETE FROM pending_flow WHERE identity_id = ?", "DELETE FROM login_code WHERE identity_id = ?"]
    {
        sqlx::query(forget).bind(&owner.0).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Seals every secret anew and forgets every flow. Returns how many secrets there were.
pub(super) async fn reseal(connection: &mut SqliteConnection, reseal: &Reseal<'_>) -> Result<u32> {
    sqlx::query("DELETE FROM pending_flow").execute(&mut *connection).await?;
    sqlx::query("DELETE FROM login_code").execute(&mut *connection).await?;
    let kept: Vec<(String, String, Vec<u8>)> =
        sqlx::query_as("SELECT id, identity_id, sealed FROM factor ORDER BY id")
            .fetch_all(&mut *connection)
            .await?;
    let count = row::count(kept.len() as u64);
    for (id, owner, sealed) in kept {
        let anew = reseal(&owner, &sealed).ok_or_else(|| wrong("sealed secret", &id))?;
        sqlx::query("UPDATE factor SET sealed = ? WHERE id = ?")
            .bind(anew)
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(count)
}

async fn count(connection: &mut SqliteConnection, owner: &IdentityId) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT count(*) FROM factor WHERE identity_id = ?")
        .bind(&owner.0)
        .fetch_one(connection)
        .await?)
}

/// Whether there may be one more: of its kind, or at all where it is to be the first.
async fn has_room(connection: &mut SqliteConnection, new: &NewFactor, first: bool) -> Result<bool> {
    let (all, alike): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(CASE WHEN kind = ? THEN 1 END) FROM factor WHERE identity_id = ?",
    )
    .bind(new.kind.name())
    .bind(&new.identity_id.0)
    .fetch_one(connection)
    .await?;
    Ok((!first || all == 0) && usize::try_from(alike).is_ok_and(|alike| alike < new.kind.most()))
}

async fn replace_codes(
    connection: &mut SqliteConnection,
    owner: &IdentityId,
    codes: &[TokenHash],
    now: Timestamp,
) -> Result<()> {
    sqlx::query("DELETE FROM recovery_code WHERE identity_id = ?")
        .bind(&owner.0)
        .execute(&mut *connection)
        .await?;
    for code in codes {
        sqlx::query("INSERT INTO recovery_code (hash, identity_id, created_at) VALUES (?, ?, ?)")
            .bind(code.0.as_slice())
            .bind(&owner.0)
            .bind(now.0)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Of what is unique about a factor, only the id of a passkey is not drawn.
fn taken(error: sqlx::Error) -> StorageError {
    let unique = error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation);
    if unique { StorageError::CredentialTaken } else { error.into() }
}

pub(super) fn stored(found: &SqliteRow) -> Result<StoredFactor> {
    let factor = NewFactor {
        id: FactorId(found.try_get("id")?),
        identity_id: IdentityId(found.try_get("identity_id")?),
        kind: row::factor_kind(found.try_get("kind")?)?,
        name: row::factor_name(found.try_get("name")?)?,
        sealed: found.try_get("sealed")?,
        last_step: found.try_get("last_step")?,
        credential_id: found.try_get("credential_id")?,
        created_at: Timestamp(found.try_get("created_at")?),
    };
    let last_used_at = found.try_get::<Option<i64>, _>("last_used_at")?.map(Timestamp);
    Ok(StoredFactor { factor, last_used_at })
}

fn pending(found: &SqliteRow, hash: TokenHash) -> Result<PendingFlow> {
    let aim: &str = found.try_get("aim")?;
    Ok(PendingFlow {
        hash,
        identity_id: IdentityId(found.try_get("identity_id")?),
        session_id: found.try_get::<Option<String>, _>("session_id")?.map(SessionId),
        methods: row::methods(found.try_get("methods")?)?,
        aim: FlowAim::read(aim, found.try_get("sealed")?).ok_or_else(|| wrong("flow", &aim))?,
        keep: found.try_get("keep")?,
        created_at: Timestamp(found.try_get("created_at")?),
        expires_at: Timestamp(found.try_get("expires_at")?),
    })
}
