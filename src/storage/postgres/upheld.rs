//! People whom a proxy names.

use sqlx::{Executor, Postgres};

use super::{PostgresStorage, identity, name, pool::tried, registration, role, row, session, write::Write};
use crate::{
    clock::Timestamp,
    factor::password::PasswordHash,
    identity::{EmailAddress, Identity, IdentityId, Source, VerifiableAddress},
    storage::{ChangeKind, NewIdentity, NewUpheld, Result, Upheld, Verdict},
};

impl PostgresStorage {
    pub(super) async fn uphold_one(&self, person: &NewUpheld, now: Timestamp) -> Result<Upheld> {
        if let Some(known) = tried!(self, { find(self.pool(), person).await })? {
            // Nothing is written for who comes back unchanged.
            match person.judge(&known) {
                Verdict::Taken => return Ok(Upheld::Taken),
                Verdict::Same => return Ok(Upheld::Kept(Box::new(known))),
                Verdict::Differs => {}
            }
        }
        tried!(self, {
            let mut write = self.write(now).await?;
            let email = person.email.as_ref().and_then(Option::as_ref);
            let email = email.map(|email| name::email_held(email.folded()));
            write.hold(email.into_iter().chain([name::username_held(person.username.folded())])).await?;
            let upheld = match find_locked(&mut write, person).await? {
                None => Upheld::Added(Box::new(add(&mut write, person).await?)),
                Some(known) => match person.judge(&known) {
                    Verdict::Taken => return Ok(Upheld::Taken),
                    Verdict::Same => return Ok(Upheld::Kept(Box::new(known))),
                    Verdict::Differs => match replace(&mut write, person, &known).await? {
                        Some(changed) => Upheld::Changed(Box::new(changed)),
                        // What differs is an address that is somebody else's.
                        None => return Ok(Upheld::Kept(Box::new(known))),
                    },
                },
            };
            write.commit().await?;
            Ok(upheld)
        })
    }
}

async fn find<'c>(
    on: impl Executor<'c, Database = Postgres>,
    person: &NewUpheld,
) -> Result<Option<Identity>> {
    sqlx::query(concat!("SELECT ", row::identity_columns!(), " FROM identity i WHERE i.username_folded = $1"))
        .bind(person.username.folded())
        .fetch_optional(on)
        .await?
        .as_ref()
        .map(row::identity)
        .transpose()
}

/// First the lock, then the look: roles belong to no row that is locked.
async fn find_locked(write: &mut Write<'_>, person: &NewUpheld) -> Result<Option<Identity>> {
    sqlx::query("SELECT 1 FROM identity WHERE username_folded = $1 FOR NO KEY UPDATE")
        .bind(person.username.folded())
        .fetch_optional(write.on())
        .await?;
    find(write.on(), person).await
}

async fn add(write: &mut Write<'_>, person: &NewUpheld) -> Result<Identity> {
    registration::forget_name(write, person.username.folded()).await?;
    let now = write.now();
    let email = free(write, person, &person.id).await?;
    let new = NewIdentity {
        id: person.id.clone(),
        username: person.username.clone(),
        email: email.map(|address| VerifiableAddress { address, verified_at: Some(now) }),
        roles: person.roles.clone().unwrap_or_default(),
        password: PasswordHash(String::new()),
        must_change: false,
        created_at: now,
    };
    identity::add(write, &new, None).await?;
    sqlx::query("UPDATE identity SET source = $1, password = NULL WHERE id = $2")
        .bind(&Source::proxy().0)
        .bind(&new.id.0)
        .execute(write.on())
        .await?;
    identity::reread(write.on(), &new.id).await
}

/// Brings the address and the roles up to what the proxy says. The app may have acted on the old ones: sessions end.
/// `None` where there is nothing to change.
async fn replace(write: &mut Write<'_>, person: &NewUpheld, known: &Identity) -> Result<Option<Identity>> {
    let (id, now) = (&known.id, write.now());
    let email = match person.email {
        Some(_) => free(write, person, id).await?,
        None => known.email.as_ref().map(|email| email.address.clone()),
    };
    let moved = email.as_ref() != known.email.as_ref().map(|email| &email.address);
    if !moved && person.roles.as_ref().is_none_or(|roles| *roles == known.roles) {
        return Ok(None);
    }
    if moved {
        sqlx::query(
            "UPDATE identity SET email = $1, email_folded = $2, email_verified_at = $3 WHERE id = $4",
        )
        .bind(email.as_ref().map(|email| email.as_str().to_owned()))
        .bind(email.as_ref().map(|email| email.folded().to_owned()))
        .bind(email.as_ref().map(|_| now.0))
        .bind(&id.0)
        .execute(write.on())
        .await
        .map_err(name::taken)?;
    }
    if let Some(roles) = &person.roles {
        role::replace(write.on(), id, roles).await?;
    }
    session::end_silently(write.on(), id, None).await?;
    write.append(ChangeKind::IdentityChanged(id.clone()));
    identity::reread(write.on(), id).await.map(Some)
}

/// The address, unless somebody else has confirmed it: then the person has none here.
async fn free(write: &mut Write<'_>, person: &NewUpheld, id: &IdentityId) -> Result<Option<EmailAddress>> {
    let Some(Some(email)) = &person.email else { return Ok(None) };
    match name::confirmed_owner(write.on(), email.folded()).await? {
        Some(owner) if owner != *id => Ok(None),
        _ => {
            registration::forget(write, email.folded()).await?;
            name::disown(write, email.folded(), id).await?;
            Ok(Some(email.clone()))
        }
    }
}
