//! People that settings declare.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sqlx::Row as _;

use super::{
    PostgresStorage, identity, link, name, pool::tried, registration, role, row, session, write::Write,
};
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
    " FROM identity i WHERE i.source = $1 ORDER BY i.username_folded"
);

#[async_trait]
impl DeclaredRepository for PostgresStorage {
    async fn list_declared(&self, source: &Source) -> Result<Vec<DeclaredRecord>> {
        let found =
            tried!(self, { Ok(sqlx::query(OF_SOURCE).bind(&source.0).fetch_all(self.pool()).await?) });
        found?.iter().map(row::declared_record).collect()
    }

    async fn uphold(&self, person: &NewUpheld, now: Timestamp) -> Result<Upheld> {
        self.uphold_one(person, now).await
    }

    async fn declare(&self, declaration: &Declaration, now: Timestamp) -> Result<Declared> {
        tried!(self, {
            let mut write = self.write(now).await?;
            hold(&mut write, declaration).await?;
            let done = declare(&mut write, declaration).await?;
            if done.conflicts.is_empty() || !declaration.all_or_nothing {
                write.commit().await?;
            }
            Ok(done)
        })
    }
}

/// Replicas that start at once declare the same: one after the other, and every name is looked at undisturbed.
async fn hold(write: &mut Write<'_>, declaration: &Declaration) -> Result<()> {
    let people = &declaration.people;
    let usernames = people.iter().map(|new| name::username_held(new.username.folded()));
    let emails = people.iter().filter_map(|new| new.email.as_ref());
    let emails = emails.map(|email| name::email_held(email.folded()));
    let setup = (!people.is_empty()).then(|| link::SETUP_HELD.to_owned());
    let source = format!("source {}", declaration.source.0);
    write.hold(usernames.chain(emails).chain(setup).chain([source])).await
}

async fn declare(write: &mut Write<'_>, declaration: &Declaration) -> Result<Declared> {
    let mut before = there(write, &declaration.source).await?;
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
        remove(write, &gone.identity.id).await?;
        done.removed.push(gone.identity.id);
    }
    for record in wished.iter().filter_map(|(_, record)| record.as_ref()) {
        disown(write, &record.identity.id).await?;
    }
    for (new, record) in wished {
        if let Some(conflict) = conflict(write, new, record.as_ref()).await? {
            done.conflicts.push(conflict);
            if let Some(record) = record.filter(|record| !record.identity.disabled) {
                // What the settings no longer say must not hold, also where what they say can't.
                remove(write, &record.identity.id).await?;
                done.removed.push(record.identity.id);
            }
            continue;
        }
        if let Some(record) = record {
            replace(write, new, &record).await?;
            done.changed.push(record.identity.id);
        } else {
            add(write, new, &declaration.source).await?;
            done.added.push(new.id.clone());
        }
    }
    if !declaration.people.is_empty() {
        link::drop_setup(write.on(), None).await?;
    }
    Ok(done)
}

/// Everybody whom the source ever declared, by folded username. First the lock, then the look: roles belong to no row that
/// is locked.
async fn there(write: &mut Write<'_>, source: &Source) -> Result<BTreeMap<String, DeclaredRecord>> {
    sqlx::query("SELECT 1 FROM identity WHERE source = $1 ORDER BY id FOR NO KEY UPDATE")
        .bind(&source.0)
        .fetch_all(write.on())
        .await?;
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
        let other = sqlx::query("SELECT source FROM identity WHERE username_folded = $1")
            .bind(new.username.folded())
            .fetch_optional(write.on())
            .await?;
        if let Some(row) = other {
            let source = row.try_get::<Option<String>, _>("source")?.map(Source);
            return Ok(Some(Conflict::Username { username, source }));
        }
    }
    let Some(email) = &new.email else { return Ok(None) };
    let owner = name::confirmed_owner(write.on(), email.folded()).await?;
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
    sqlx::query("UPDATE identity SET source = $1, fingerprint = $2 WHERE id = $3")
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
        "UPDATE identity SET username = $1, email = $2, email_folded = $3, email_verified_at = $4, password = $5, \
         fingerprint = $6, disabled = FALSE WHERE id = $7",
    )
    .bind(new.username.as_str())
    .bind(new.email.as_ref().map(EmailAddress::as_str))
    .bind(new.email.as_ref().map(EmailAddress::folded))
    .bind(new.email.as_ref().map(|_| now.0))
    .bind(if kept { &record.password.0 } else { &new.password.0 })
    .bind(&new.fingerprint.0[..])
    .bind(&id.0)
    .execute(write.on())
    .await
    .map_err(name::taken)?;
    role::replace(write.on(), id, &new.roles).await?;
    end(write, id).await
}

/// The address counts as confirmed: whoever else only claimed it has it no more.
async fn claim(write: &mut Write<'_>, new: &NewDeclared) -> Result<()> {
    let Some(email) = &new.email else { return Ok(()) };
    registration::forget(write, email.folded()).await?;
    name::disown(write, email.folded(), &new.id).await
}

async fn disown(write: &mut Write<'_>, id: &IdentityId) -> Result<()> {
    sqlx::query(
        "UPDATE identity SET email = NULL, email_folded = NULL, email_verified_at = NULL WHERE id = $1",
    )
    .bind(&id.0)
    .execute(write.on())
    .await?;
    Ok(())
}

async fn remove(write: &mut Write<'_>, id: &IdentityId) -> Result<()> {
    disown(write, id).await?;
    sqlx::query("UPDATE identity SET disabled = TRUE WHERE id = $1").bind(&id.0).execute(write.on()).await?;
    end(write, id).await
}

async fn end(write: &mut Write<'_>, id: &IdentityId) -> Result<()> {
    session::end_silently(write.on(), id, None).await?;
    identity::drop_links(write.on(), id).await?;
    write.append(ChangeKind::IdentityChanged(id.clone()));
    Ok(())
}
