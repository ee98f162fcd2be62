//! Roles.

use sqlx::{Executor, PgConnection, Postgres};

use crate::{
    identity::{IdentityId, Role},
    storage::Result,
};

pub(super) async fn anybody_with<'c>(on: impl Executor<'c, Database = Postgres>, role: &str) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM identity_role r JOIN identity i ON i.id = r.identity_id \
         WHERE r.role = $1 AND NOT i.disabled)",
    )
    .bind(role)
    .fetch_one(on)
    .await?)
}

pub(super) async fn add(connection: &mut PgConnection, id: &IdentityId, roles: &[Role]) -> Result<()> {
    if roles.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO identity_role (identity_id, role) SELECT $1, role FROM unnest($2::TEXT[]) AS n (role) \
         ON CONFLICT DO NOTHING",
    )
    .bind(&id.0)
    .bind(roles.iter().map(Role::as_str).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn replace(connection: &mut PgConnection, id: &IdentityId, roles: &[Role]) -> Result<()> {
    sqlx::query("DELETE FROM identity_role WHERE identity_id = $1")
        .bind(&id.0)
        .execute(&mut *connection)
        .await?;
    add(connection, id, roles).await
}
