//! People that settings declare.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sqlx::Row as _;

use super::{SqliteStorage, identity, registration, row, session, write::Write};
use crate::{
    clock::Timestamp,
    identity::{EmailAddress, IdentityId, Source, VerifiableAddress},
    storage::{
        ChangeKind, Conflict, Declaration, Declared, DeclaredRecord, DeclaredRepository, NewDeclared,
        NewIdentity, NewUpheld, Result, Upheld,
    },
};

const OF_SOURCE: &str = concat!(
    "SELECT i.password, i.fingerprint, ",
    row::identity_columns!(),
    " FROM identity i WHERE i.source = ? ORDER BY i.username_folded"
);

#[async_trait]
impl DeclaredRepository for SqliteStorage {
    async fn list_declared(&self, source: &Source) -> Result<Vec<DeclaredRecord>> {
        sqlx::query(OF_SOURCE)
            .bind(&source.0)
            .fetch_all(&mut *self.read().await?)
            .await?
            .iter()
            .map(row::declared_record)
            .collect()
    }

    async fn uphold(&self, person: &NewUpheld, now: Timestamp) -> Result<Upheld> {
        self.uphold_one(person, now).await
    }

    async fn declare(&self, declaration: &Declaration, now: Timestamp) -> Result<Declared> {
        let mut write = self.write(now).await?;
        let mut before = there(&mut write, &declaration.source).await?;
        let mut done = Declared::default();
        let mut wished = Vec::new();
        for new in &declaration.people {
            let record = before.remove(new.username.folded());
            if record.as_ref().is_none_or(|record| record.differs(new)) {
                wished.push((new, record));
            }
        }
        // First what is given up, so that an address may go from one to the other.
        for gone in before.into_values().filter(|record| !record.identity.disabled) {
            remove(&mut write, &gone.identity.id).await?;
            done.removed.push(gone.identity.id);
        }
        for record in wished.iter().filter_map(|(_, record)| record.as_ref()) {
            disown(&mut write, &record.identity.id).await?;
        }
        for (new, record) in wished {
            if let Some(conflict) = conflict(&mut write, new, record.as_ref()).await? {
                done.conflicts.push(conflict);
                if let Some(record) = record.filter(|record| !record.identity.disabled) {
                    // What the settings no longer say must not hold, also where what they say can't.
                    remove(&mut write, &record.identity.id).await?;
                    done.removed.push(record.identity.id);
                }
                continue;
            }
            if let Some(record) = record {
                replace(&mut write, new, &record).await?;
                done.changed.push(record.identity.id);
            } else {
                add(&mut write, new, &declaration.source).await?;
                done.added.push(new.id.clone());
            }
        }
        if !declaration.people.is_empty() {
            sqlx::query("DELETE FROM link WHERE kind = 'setup'").execute(write.on()).await?;
        }
        if done.conflicts.is_empty() || !declaration.all_or_nothing {
            write.commit().await?;
        }
        Ok(done)
    }
}

/// Everybody whom the source ever declared, by folded username.
async fn there(write: &mut Write<'_>, source: &Source) -> Result<BTreeMap<String, DeclaredRecord>> {
    let rows = sqlx::query(OF_SOURCE).bind(&source.0).fetch_all(write.on()).await?;
    let records = rows.iter().map(row::declared_record);
    records
        .map(|record| record.map(|record| (record.identity.username.folded().to_owned(), record)))
        .collect()
}

/// Who stands in the way.
async fn conflict(
    write: &mut Write<'_>,
    new: &NewDeclared,
    record: Option<&DeclaredRecord>,
) -> Result<Option<Conflict>> {
    let username = new.username.as_str().to_owned();
    if record.is_none() {
        let other = sqlx::query("SELECT source FROM identity WHERE username_folded = ?")
            .bind(new.username.folded())
            .fetch_optional(write.on())
            .await?;
        if let Some(row) = other {
            let source = row.try_get::<Option<String>, _>("source")?.map(Source);
            return Ok(Some(Conflict::Username { username, source }));
        }
    }
    let Some(email) = &new.email else { return Ok(None) };
    let owner = identity::confirmed_owner(write.on(), email.folded()).await?;
    Ok(owner.map(|_| Conflict::Email { username }))
}

async fn add(write: &mut Write<'_>, new: &NewDeclared, source: &Source) -> Result<()> {
    registration::forget_name(write, new.username.folded()).await?;
    claim(write, new).await?;
    let now = write.now();
    let person = NewIdentity {
        id: new.id.clone(),
        username: new.username.clone(),
        email: new.email.clone().map(|address| VerifiableAddress { address, verified_at: Some(now) }),
        roles: new.roles.clone(),
        password: new.password.clone(),
        must_change: false,
        created_at: now,
    };
    identity::add(write, &person, None).await?;
    sqlx::query("UPDATE identity SET source = ?, fingerprint = ? WHERE id = ?")
        .bind(&source.0)
        .bind(&new.fingerprint.0[..])
        .bind(&new.id.0)
        .execute(write.on())
        .await?;
    Ok(())
}

/// Replaces everything but the id. The stored hash stays where it is one of the same password: a login may have raised
/// its parameters, or another process may have made it a moment ago.
async fn replace(write: &mut Write<'_>, new: &NewDeclared, record: &DeclaredRecord) -> Result<()> {
    let id = &record.identity.id;
    claim(write, new).await?;
    let kept = record.fingerprint == new.fingerprint;
    let now = write.now();
    sqlx::query(
        "UPDATE identity SET username = ?, email = ?, email_folded = ?, email_verified_at = ?, password = ?, \
         fingerprint = ?, disabled = 0 WHERE id = ?",
    )
    .bind(new.username.as_str())
    .bind(new.email.as_ref().map(EmailAddress::as_str))
    .bind(new.email.as_ref().map(EmailAddress::folded))
    .bind(new.email.as_ref().map(|_| now.0))
    .bind(if kept { &record.password.0 } else { &new.password.0 })
    .bind(&new.fingerprint.0[..])
    .bind(&id.0)
    .execute(write.on())
    .await?;
    sqlx::query("DELETE FROM identity_role WHERE identity_id = ?").bind(&id.0).execute(write.on()).await?;
    identity::add_roles(write.on(), id, &new.roles).await?;
    end(write, id).await
}

/// The address counts as confirmed: whoever else only claimed it has it no more.
async fn claim(write: &mut Write<'_>, new: &NewDeclared) -> Result<()> {
    let Some(email) = &new.email else { return Ok(()) };
    registration::forget(write, email.folded()).await?;
    identity::disown(write, email.folded(), &new.id).await
}

async fn disown(write: &mut Write<'_>, id: &IdentityId) -> Result<()> {
    sqlx::query(
        "UPDATE identity SET email = NULL, email_folded = NULL, email_verified_at = NULL WHERE id = ?",
    )
    .bind(&id.0)
    .execute(write.on())
    .await?;
    Ok(())
}

async fn remove(write: &mut Write<'_>, id: &IdentityId) -> Result<()> {
    disown(write, id).await?;
    sqlx::query("UPDATE identity SET disabled = 1 WHERE id = ?").bind(&id.0).execute(write.on()).await?;
    end(write, id).await
}

async fn end(write: &mut Write<'_>, id: &IdentityId) -> Result<()> {
    session::end_silently(write.on(), id, None).await?;
    identity::drop_links(write.on(), id).await?;
    write.append(&ChangeKind::IdentityChanged(id.clone())).await
}
